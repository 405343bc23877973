"""The search box of people: words, "phrases", -words and product:x; and snippets that show the hits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

import re2

from hercules.kb.contract import WordStats
from hercules.kb.languages import LANGUAGES, language
from hercules.kb.query import QueryOptions
from hercules.kb.synonyms import read_synonyms
from hercules.kb.words import codes, plain, raw_words, shingles, word_tokens, words, written, written_words
from hercules.model import Article, Filters, KbQuery, Term, TermOrigin, TermSource
from hercules.text import clean, one_line

BOX_CHARS_MAX = 200
_PHRASE_WEIGHT = 2.0
_SNIPPET_BODY_MAX = 100_000
_ELLIPSIS = "\u2026"
_ELLIPSES_MIN = 3
_LEAD = 5  # the part of a snippet that stands before its first word found, as a divisor
_PART = re2.compile(r"(-?)(?:\"([^\"]*)\"?|(\S+))")


@dataclass(frozen=True, slots=True)
class BoxQuery:
    """What was typed: words to find, phrases to find, words that no hit may hold, and a product."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    product: str = ""


def read_box(text: str) -> BoxQuery:
    """Reads the first 200 characters of what was typed. Everything means something; nothing is an error."""
    found: dict[str, list[str]] = {"words": [], "phrases": [], "without": []}
    product = ""
    for minus, phrase, word in _PART.findall(one_line(text[: 4 * BOX_CHARS_MAX])[:BOX_CHARS_MAX]):
        name, colon, value = (word or "").partition(":")
        if minus and (phrase or word):
            found["without"].append(phrase or word)
        elif phrase:
            found["phrases"].append(phrase)
        elif colon and value and name.casefold() == "product":
            product = value.casefold()
        elif word:
            found["words"].append(word)
    return BoxQuery(tuple(found["words"]), tuple(found["phrases"]), tuple(found["without"]), product)


def box_query(
    box: BoxQuery, stats: WordStats, options: QueryOptions, filters: Filters | None = None
) -> KbQuery:
    """The query of a search box. Words asked away become terms of weight -1, which no hit may hold.

    `filters` are those of the asking person, the box adds its product; without any only articles of all
    desks are found.
    """
    typed = " ".join((*box.words, *box.phrases))
    reader = _Reader(stats, _spoken(typed, stats))
    terms = list(reader.terms(" ".join(box.words), 1.0, "prose"))
    terms += [Term(code, options.weights.code, "code", exact=True) for code in codes(typed)]
    for phrase in box.phrases:
        terms += reader.terms(phrase, _PHRASE_WEIGHT, "quote")
        terms += [Term(run, _PHRASE_WEIGHT, "quote", exact=True) for run in shingles(phrase)]
    for other in read_synonyms(options.synonyms)[0].of(" ".join(box.words)):
        terms += reader.terms(other, options.synonym_factor, "prose", "near")
    asked = [term for term in dict.fromkeys(terms) if stats.found_in(term.text, term.exact)]
    away = [run for text in box.without for run in _away(text)]
    base = filters or Filters()
    narrowed = replace(base, product=box.product or base.product)
    return KbQuery(
        (*asked[: options.terms_max], *(Term(run[0], -1.0, "prose") for run in away if len(run) == 1)),
        narrowed,
        raw=typed,
        tokens=tuple(words(typed, reader.tag)),
        away=tuple(run for run in away if len(run) > 1),
    )


def _spoken(text: str, stats: WordStats) -> str:
    """The language whose stems the articles hold the most of: a few words tell no other way."""
    stops = frozenset[str]().union(*(each.stop_words for each in LANGUAGES.values()))
    counts = {
        tag: sum(
            plain(told).casefold() not in stops and bool(stats.found_in(word, False))
            for word, told in written_words(text, tag)
        )
        for tag in LANGUAGES
    }
    return max(counts, key=lambda tag: counts[tag])


def _away(text: str) -> list[tuple[str, ...]]:
    """What no hit may hold, as whole words in each language: `-read-only` says nothing against `read`."""
    runs = [[word_tokens(raw, tag)[:1] for raw in written(plain(text))] for tag in LANGUAGES]
    found = (tuple(token for tokens in run for token in tokens) for run in runs)
    return [run for run in dict.fromkeys(found) if run]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads typed words in their language; those that no article holds in it, in the others."""

    stats: WordStats
    tag: str

    def terms(
        self, text: str, weight: float, source: TermSource, origin: TermOrigin | None = None
    ) -> Iterator[Term]:
        """The terms of a text, one for each word and part of a word that some article holds."""
        stops, known = language(self.tag).stop_words, set[str]()
        for tag in (self.tag, *(other for other in LANGUAGES if other != self.tag)):
            pairs = [pair for pair in written_words(text, tag) if pair[1] not in known]
            held = [(word, told) for word, told in pairs if self.stats.found_in(word, False)]
            known.update(told for _, told in held)
            for word, told in held:
                if plain(told).casefold() not in stops:
                    yield Term(word, weight, source, shown=told, origin=origin)


def snippet(article: Article, terms: Iterable[Term], chars: int = 200) -> list[tuple[str, bool]]:
    """The window of an article's body that holds the most of the terms' weight, as (text, marked) pieces.

    The pieces joined are at most `chars` characters, or the body's beginning when no term is found. It
    begins and ends between words, an ellipsis where text was left out.
    """
    body = one_line(clean(article.body[:_SNIPPET_BODY_MAX]))
    weights = {term.text: term.weight for term in terms if term.weight > 0 and not term.exact}
    found = _places(body, weights, article.language)
    start, end = _window(body, _best_start(found, chars) if found else 0, chars)
    pieces = _pieces(body, start, end, found)
    before = [(_ELLIPSIS, False)] if start > 0 else []
    after = [(_ELLIPSIS, False)] if end < len(body) else []
    return _merged([*before, *pieces, *after])


def _window(body: str, start: int, chars: int) -> tuple[int, int]:
    """Start and end (characters) of a window of whole words from about `start` on, with room for ellipses.

    A word longer than the window, or than what leads to the first word found, is cut.
    """
    if chars < _ELLIPSES_MIN:
        start = 0
    if start > 0:
        space = body.find(" ", start - 1, start + chars // _LEAD)
        start = start if space < 0 else space + 1
    room = chars - (start > 0)
    if start + room >= len(body):
        return start, len(body)
    end = start + max(room - 1, 0)
    space = body.rfind(" ", start, end + 1)
    return start, space if space > start else end


def _merged(pieces: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The pieces with neighbours of one kind joined."""
    merged: list[tuple[str, bool]] = []
    for text, marked in pieces:
        if merged and merged[-1][1] == marked:
            merged[-1] = (merged[-1][0] + text, marked)
        else:
            merged.append((text, marked))
    return merged


def snippet_html(pieces: Iterable[tuple[str, bool]]) -> str:
    """A snippet as HTML: all text escaped, the marked pieces in `<mark>`."""
    return "".join(f"<mark>{escape(text)}</mark>" if marked else escape(text) for text, marked in pieces)


@dataclass(frozen=True, slots=True)
class _Place:
    """A word of the body that a term means: from `start` up to `end`, characters."""

    start: int
    end: int
    token: str
    weight: float


def _places(body: str, weights: Mapping[str, float], language: str) -> list[_Place]:
    found: list[_Place] = []
    for raw, start, end in raw_words(body):
        for token in word_tokens(plain(raw), language):
            if token in weights:
                found.append(_Place(start, end, token, weights[token]))
                break
    return found


def _best_start(found: list[_Place], chars: int) -> int:
    """Where the best window begins: a little before its first word, so that it can be read."""
    lead = chars // _LEAD
    best, best_value = 0, -1.0
    for at, first in enumerate(found[:500]):
        inside: dict[str, float] = {}
        for place in found[at : at + 50]:
            if place.end > first.start - lead + chars:
                break
            inside[place.token] = place.weight
        value = sum(inside.values())
        if value > best_value:
            best, best_value = max(first.start - lead, 0), value
    return best


def _pieces(body: str, start: int, end: int, found: list[_Place]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    at = start
    for place in found:
        if at <= place.start and place.end <= end:
            pieces += [(body[at : place.start], False), (body[place.start : place.end], True)]
            at = place.end
    pieces.append((body[at:end], False))
    return [(text, marked) for text, marked in pieces if text]
