"""From a ticket and what its logs said to the weighted terms that the index is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from hercules.kb.confidence import rarity
from hercules.kb.contract import WordStats
from hercules.kb.cut import Kept, cut_event, cut_ticket
from hercules.kb.languages import detect, language, unaccented
from hercules.kb.synonyms import Synonyms, read_synonyms
from hercules.kb.words import RUN, codes, plain, shingles, version_names, words, written_words
from hercules.model import (
    Audience,
    ErrorEvent,
    Filters,
    KbQuery,
    Match,
    Term,
    TermOrigin,
    TermSource,
    Ticket,
)
from hercules.text import clean, one_line

_ELSE = "en"
"""The language of a ticket that names none and says too little; also the second one of all others."""

_NOBODYS = "\n"
"""A product that no article has, being one line: it leaves the articles that name no product."""

_OUTSIDE: dict[TermOrigin, int] = {"rule": 1, "near": 2}
"""How far off the ticket a word stands; where two are equal, the nearer one is named."""

_FIRST: frozenset[TermSource] = frozenset({"code", "exception", "subject"})
_ELSE_FACTOR = 0.6
_GUESSED: frozenset[TermSource] = frozenset({"subject", "prose"})
_GUESSED_LETTERS = 6
_EVENT_CHARS_MAX = 8_000
_RAW_CHARS_MAX = 4_000
_TOKENS_MAX = 600
_RAW_TERMS_MAX = 1_000
_COMMON_MIN = 5  # articles; below that a share says nothing


@dataclass(frozen=True, slots=True)
class SourceWeights:
    """How much a word counts by where in the ticket it stands; `environment` lines count as weak prose."""

    subject: float = 2.0
    rule: float = 2.5
    code: float = 3.0
    exception: float = 2.5
    quote: float = 2.0
    prose: float = 1.0
    log: float = 1.0
    environment: float = 0.3

    def of(self, source: TermSource) -> float:
        """The weight of a source by its name."""
        return float(getattr(self, source))


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """How a query is made. `common_share`: terms in more of the articles are dropped while `keep_min` remain.

    Of the words that no article holds `guesses_max` are asked as the nearest known word too, at
    `guess_factor` of their weight; `unknown_max` of them are kept behind the others: they find nothing, but
    tell how much of the ticket the articles do not speak of. `product_min`: a product that leaves fewer
    articles, or that no article has, is asked as a word of weight `product_weight` and does not filter; a
    language then filters nothing. Articles that name the ticket's version gain by `version_weight`.
    """

    weights: SourceWeights = SourceWeights()
    terms_max: int = 32
    log_terms_max: int = 16
    unknown_max: int = 32
    shingles_max: int = 8
    postings_max: int = 20_000
    common_share: float = 0.30
    keep_min: int = 8
    synonyms: str = ""
    synonym_factor: float = 0.6
    guesses_max: int = 4
    guess_factor: float = 0.7
    product_min: int = 5
    product_weight: float = 1.5
    version_weight: float = 1.5
    text_chars_max: int = 60_000
    errors_max: int = 40
    audience: Audience | None = None


@dataclass(slots=True)
class _Collected:
    """Terms on their way: the heaviest of equal ones, in the order of their first coming."""

    tag: str
    weights: SourceWeights
    synonyms: Synonyms
    synonym_factor: float
    stats: WordStats
    terms: dict[tuple[str, bool, bool], Term] = field(default_factory=dict)

    def add(
        self,
        text: str,
        weight: float,
        source: TermSource,
        *,
        exact: bool = False,
        shown: str = "",
        origin: TermOrigin | None = None,
    ) -> None:
        """One term; words of the log lines are kept apart from equal words of the ticket.

        Of equal ones the heaviest counts, and the one that stands nearest to the ticket is named.
        """
        key = (text, exact, source == "log")
        term = Term(text, weight, source, exact, shown, origin)
        known = self.terms.get(key)
        if known is not None:
            named = min(known, term, key=lambda each: _OUTSIDE.get(each.stands, 0))
            heavy = term if known.weight < weight else known
            term = replace(heavy, shown=named.shown, origin=named.stands)
        self.terms[key] = term

    def add_text(self, text: str, source: TermSource, weight: float | None = None) -> None:
        """The words of a text, its codes, and what its words mean in other words."""
        given = self.weights.of(source) if weight is None else weight
        for word, written in written_words(text, self.tag):
            if word not in self._courtesy:
                self.add(word, given, source, shown=written)
        if self.tag != _ELSE:
            self._add_else(text, given * _ELSE_FACTOR, source)
        named: TermSource = "log" if source == "log" else "code"
        for code in codes(text):
            told: TermOrigin = "rule" if source == "rule" else named
            self.add(code, self.weights.code if weight is None else weight, named, exact=True, origin=told)
        for other in self.synonyms.of(text):
            for word, written in written_words(other, self.tag):
                self.add(word, given * self.synonym_factor, source, shown=written, origin="near")

    def _add_else(self, text: str, weight: float, source: TermSource) -> None:
        """What English articles hold of a text in another language."""
        plain_words = words(text, self.tag)
        for word, written in written_words(text, _ELSE):
            known = word not in plain_words and self.stats.found_in(word, False)
            if known and unaccented(written).casefold() not in language(self.tag).stop_words:
                self.add(word, weight, source, shown=written)

    def add_shown(self, text: str, source: TermSource) -> None:
        """A text that was copied: its words, and its runs of three words."""
        self.add_text(text, source)
        for run in shingles(text):
            self.add(run, self.weights.of(source), source, exact=True)

    @property
    def _courtesy(self) -> frozenset[str]:
        return _stemmed_courtesy(self.tag)


def build(
    ticket: Ticket,
    matches: Sequence[Match],
    errors: Sequence[ErrorEvent],
    stats: WordStats,
    options: QueryOptions,
) -> KbQuery:
    """The query of a ticket. `matches` and `errors` are what the scan of its logs found.

    The text is cut first and only then weighed: the rarest words of a whole ticket are its noise. A ticket
    of another language is also read as English, the language of most codes and many articles.
    """
    kept = kept_of(ticket, options)
    subject = one_line(ticket.subject[:1_000])
    tag = ticket.language or detect("\n".join((subject, *kept.prose))) or _ELSE
    synonyms, _ = read_synonyms(options.synonyms)
    found = _Collected(tag, options.weights, synonyms, options.synonym_factor, stats)
    found.add_text(subject, "subject")
    _take_kept(kept, found)
    _take_matches(matches, found)
    _take_errors(errors[: options.errors_max], found, kept)
    filters = _filters(ticket, stats, options, found)
    for name, shown in version_names(ticket.version):
        found.add(name, options.version_weight, "prose", exact=True, shown=shown, origin="near")
    _guess(found, options)
    return KbQuery(
        terms=choose(found.terms.values(), stats, options),
        filters=filters,
        raw=f"{subject}\n{' '.join((*kept.prose, *kept.quotes))}"[:_RAW_CHARS_MAX],
        dropped=tuple(kept.dropped),
        tokens=_tokens(subject, kept, tag),
    )


def kept_of(ticket: Ticket, options: QueryOptions) -> Kept:
    """What cutting leaves of a ticket's description."""
    return cut_ticket(_both_ends(ticket.description, options.text_chars_max))


def build_raw(ticket: Ticket, stats: WordStats, options: QueryOptions) -> KbQuery:
    """Every word of a ticket asked alike, nothing cut: what `build` is compared with."""
    text = f"{ticket.subject}\n{ticket.description}"[: options.text_chars_max]
    tokens = words(text, ticket.language or "en")
    known = [word for word in dict.fromkeys(tokens) if stats.found_in(word, False)]
    filters = Filters(desk_ids=frozenset({ticket.desk_id, "*"}), audience=options.audience)
    terms = tuple(Term(word, 1.0, "prose") for word in known[:_RAW_TERMS_MAX])
    return KbQuery(terms, filters, raw=text[:_RAW_CHARS_MAX], tokens=tuple(tokens[:_TOKENS_MAX]))


def _tokens(subject: str, kept: Kept, tag: str) -> tuple[str, ...]:
    """The words of subject and prose in their order; quotes in prose stand in it already."""
    spoken = (token for line in (subject, *kept.prose, *kept.quotes) for token in words(line, tag))
    return tuple(islice(spoken, _TOKENS_MAX))


def _both_ends(text: str, chars: int) -> str:
    """A long text without its middle: the question stands at the beginning, or after a pasted log."""
    if len(text) <= chars:
        return text
    return f"{text[: chars * 3 // 4]}\n{text[-chars // 4 :]}"


def _stemmed_courtesy(tag: str) -> frozenset[str]:
    found = _COURTESY.get(tag)
    if found is None:
        found = frozenset(token for word in language(tag).courtesy for token in words(word, tag))
        if len(_COURTESY) < 64:
            _COURTESY[tag] = found
    return found


_COURTESY: dict[str, frozenset[str]] = {}


def _take_kept(kept: Kept, found: _Collected) -> None:
    for line in kept.prose:
        found.add_text(line, "prose")
    for line in kept.quotes:
        found.add_shown(line, "quote")
    for line in kept.environment:
        found.add_text(line, "prose", found.weights.environment)
    for line in kept.logs:
        found.add_shown(line, "log")
    for name, message in _ends(kept.exceptions):
        _take_exception(name, message, "exception", found)


def _ends(exceptions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The outermost exception and the last cause: the ones between say the same less well."""
    return exceptions if len(exceptions) < 3 else [exceptions[0], exceptions[-1]]


def _take_exception(name: str, message: str, source: TermSource, found: _Collected) -> None:
    for code in codes(name):
        found.add(code, found.weights.of(source), source, exact=True)
    for word, written in written_words(name.rpartition(".")[2], found.tag):
        found.add(word, found.weights.of(source), source, shown=written)
    found.add_shown(message, source)


def _take_matches(matches: Sequence[Match], found: _Collected) -> None:
    for match in matches:
        if match.folded_under is None:
            found.add_text(" \n".join((match.title, " ".join(match.tags), match.search)), "rule")


def _take_errors(errors: Sequence[ErrorEvent], found: _Collected, kept: Kept) -> None:
    for error in errors:
        event = cut_event(error.text[:_EVENT_CHARS_MAX])
        for line in event.logs:
            found.add_shown(line, "log")
        for name, message in _ends(event.exceptions):
            _take_exception(name, message, "log", found)
        kept.dropped.extend(event.dropped[:3])


def _filters(ticket: Ticket, stats: WordStats, options: QueryOptions, found: _Collected) -> Filters:
    """The desk's own articles and those of all; language and product only where enough articles are left.

    Only English filters: a ticket of another language is read as English too, and may find such articles.
    """
    plain = Filters(desk_ids=frozenset({ticket.desk_id, "*"}), audience=options.audience)
    spoken = replace(plain, language=one_line(ticket.language[:40]))
    is_else = spoken.language.partition("-")[0].casefold() == _ELSE
    if is_else and stats.leaves(spoken) >= options.product_min:
        plain = spoken
    product = one_line(clean(ticket.product[:200])).casefold()
    if not product:
        return plain
    narrow = replace(plain, product=product)
    left = stats.leaves(narrow)
    if left >= options.product_min and left > stats.leaves(replace(plain, product=_NOBODYS)):
        return narrow
    for word, written in written_words(product, found.tag):
        found.add(word, options.product_weight, "prose", shown=written)
    return plain


def _guess(found: _Collected, options: QueryOptions) -> None:
    """Asks in addition for what a mistyped word most likely stands for: a word that no article holds."""
    unknown = [
        term
        for term in found.terms.values()
        if term.source in _GUESSED and term.stands != "near" and not term.exact and _is_plain(term.shown)
        if not found.stats.found_in(term.text, False)
    ]
    unknown.sort(key=lambda term: -term.weight)
    for term in unknown[: options.guesses_max]:
        for near in found.stats.near(plain(term.shown))[:1]:
            for word in words(near, found.tag):
                weight = term.weight * options.guess_factor
                found.add(word, weight, term.source, shown=near, origin="near")


def _is_plain(written: str) -> bool:
    """True for a word of prose: no number, no code, no name in capitals or humps."""
    return len(written) >= _GUESSED_LETTERS and written.isalpha() and written[1:].islower()


# --- choosing -------------------------------------------------------------------------------------


def choose(terms: Iterable[Term], stats: WordStats, options: QueryOptions) -> tuple[Term, ...]:
    """At most `terms_max` terms that some article holds, and as many of the log lines as allowed.

    Codes, exceptions and the subject come first, then weight x idf decides.
    """
    known: list[Term] = []
    unknown: list[Term] = []
    for term in terms:
        (known if stats.found_in(term.text, term.exact) else unknown).append(term)
    spoken = _without_common([term for term in known if term.source != "log"], stats, options)
    logged = _without_common([term for term in known if term.source == "log"], stats, options)
    budget = options.postings_max
    first = _spent(_limited(_ordered(spoken, stats), options), stats, options.terms_max, budget)
    second = _spent(_limited(_ordered(logged, stats), options), stats, options.log_terms_max, budget // 4)
    silent = [term for term in unknown if not term.exact and term.source != "log"]
    return (*first, *second, *_ordered(silent, stats)[: options.unknown_max])


def _without_common(terms: list[Term], stats: WordStats, options: QueryOptions) -> list[Term]:
    """Drops terms that too many articles hold, the commonest first, while enough are left."""
    limit = max(options.common_share * stats.articles, _COMMON_MIN)
    common = {term for term in terms if stats.found_in(term.text, term.exact) > limit}
    rare = [term for term in terms if term not in common]
    missing = options.keep_min - len(rare)
    if missing <= 0:
        return rare
    back = sorted(common, key=lambda term: (stats.found_in(term.text, term.exact), term.text))[:missing]
    return [term for term in terms if term not in common or term in back]


def _ordered(terms: list[Term], stats: WordStats) -> list[Term]:
    def value(term: Term) -> float:
        return term.weight * rarity(stats.articles, stats.found_in(term.text, term.exact))

    return sorted(terms, key=lambda term: (term.source not in _FIRST, -value(term), term.text))


def _limited(terms: list[Term], options: QueryOptions) -> Iterator[Term]:
    """The terms with few runs of three words among them: they come in dozens and say the same."""
    runs = 0
    for term in terms:
        if term.exact and RUN in term.text:
            runs += 1
            if runs > options.shingles_max:
                continue
        yield term


def _spent(terms: Iterable[Term], stats: WordStats, count: int, postings: int) -> list[Term]:
    """The first `count` terms whose entries fit the budget; the first one is always taken."""
    taken: list[Term] = []
    for term in terms:
        cost = stats.postings(term.text, term.exact)
        if len(taken) < count and (cost <= postings or not taken):
            taken.append(term)
            postings -= cost
    return taken
