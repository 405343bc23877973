"""The final order of hits: the engine's best weighed anew by titles, pairs of words and openings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from math import log

from hercules.kb.confidence import rarity, with_shares
from hercules.kb.contract import ASKED_EXACT, TEXT_FIELDS, IndexOptions, WordStats
from hercules.kb.words import RUN
from hercules.model import Audience, Hit, KbQuery, Term

CANDIDATES = 30
"""How many of the engine's hits are weighed anew. An engine hands over at least that many if it has them."""

_K1, _B = 1.2, 0.75
_OPENING = 30
_PAIRED = 300  # tokens of a body whose neighbours are looked at

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that an engine found, with its score there and the tokens of each of its fields.

    The tokens of title and body are in the order of the article. `closeness` is how near (-1..1) it is to
    the ticket in meaning, 0 without a model.
    """

    article_id: str
    title: str
    url: str
    audience: Audience
    product: str
    score: float
    held: Mapping[str, Sequence[str]]
    closeness: float = 0.0


def ranked_hits(
    query: KbQuery, candidates: Sequence[Candidate], stats: WordStats, options: IndexOptions, limit: int
) -> list[Hit]:
    """At most `limit` hits, best first, with shares and what they matched.

    `candidates` come best first; the first 30 are ordered anew, the others stay behind them in their order.
    A hit's place and share do not depend on `limit`. Closeness in meaning orders, but makes nobody surer:
    shares are fitted on words, and a model finds something close to every ticket.
    """
    asked = Asked(query, stats)
    pages = [Page(each) for each in candidates[:CANDIDATES]]
    counted = features(asked, pages)
    scored = [(points(each, options), page.of) for each, page in zip(counted, pages, strict=True)]
    scored.sort(key=lambda pair: (-pair[0], pair[1].article_id))
    scored += _tail(scored, candidates)
    nearness = options.ranking.meaning
    hits = [_hit(query, score - nearness * of.closeness, of) for score, of in scored[: max(limit, 2)]]
    shared = with_shares(query, hits, stats.found_in, stats.articles, options.confidence)[:limit]
    ranked = (replace(hit, score=score) for hit, (score, _) in zip(shared, scored, strict=False))
    return [_as_written(query, hit) for hit in ranked]


def _tail(
    scored: Sequence[tuple[float, Candidate]], candidates: Sequence[Candidate]
) -> list[tuple[float, Candidate]]:
    """The candidates behind, with scores below all others that fall as the engine's do."""
    rest = candidates[CANDIDATES:]
    if not rest:
        return []
    last, top = scored[-1][0], rest[0].score or 1.0
    return [(last * (each.score / top), each) for each in rest]


# --- what is asked and what is held -----------------------------------------------------------------


class Asked:
    """A query as the ranking needs it: every word of the ticket, not only those the engine was asked."""

    def __init__(self, query: KbQuery, stats: WordStats) -> None:
        spoken = [term for term in query.terms if term.weight > 0 and term.source != "log"]
        logged = [term for term in query.terms if term.weight > 0 and term.source == "log"]
        weights = _heaviest(term for term in spoken if not term.exact)
        weights |= {word: 1.0 for word in query.tokens if word not in weights}
        self.rare = _rare(weights, stats, exact=False)
        self.words = {word: weights[word] * rare for word, rare in self.rare.items()}
        self.total = sum(self.words.values()) or 1.0
        self.opening = frozenset(query.tokens[:_OPENING])
        neighbours = set(pairwise(query.tokens))
        self.pairs = {
            (one, other): min(self.rare[one], self.rare[other])
            for one, other in neighbours
            if one != other and one in self.rare and other in self.rare
        }
        self.names = _weighed([term for term in spoken if term.exact], stats)
        self.logs = _weighed(logged, stats)
        self._stats = stats
        self._worth = dict(self.rare)

    def worth(self, word: str) -> float:
        """The rarity of a word of an article, asked or not."""
        known = self._worth.get(word)
        if known is None:
            known = rarity(self._stats.articles, self._stats.found_in(word, False))
            self._worth[word] = known
        return known


def _heaviest(terms: Iterable[Term]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for term in terms:
        weights[term.text] = max(weights.get(term.text, 0.0), term.weight)
    return weights


def _rare(words: Iterable[str], stats: WordStats, exact: bool) -> dict[str, float]:
    """The rarity of the words that some article holds."""
    counted = ((word, stats.found_in(word, exact)) for word in words)
    return {word: rarity(stats.articles, count) for word, count in counted if count}


def _weighed(terms: Iterable[Term], stats: WordStats) -> dict[tuple[str, bool], float]:
    """Weight x rarity of terms that some article holds, by text and whether they are exact."""
    counted = ((term, stats.found_in(term.text, term.exact)) for term in terms)
    return {(t.text, t.exact): t.weight * rarity(stats.articles, count) for t, count in counted if count}


class Page:
    """A candidate's tokens, ready to be asked."""

    def __init__(self, of: Candidate) -> None:
        self.of = of
        self._title = tuple(of.held.get("title", ()))
        self.title = frozenset(self._title)
        self.counts = Counter(of.held.get("body", ()))
        self.counts.update(self.title)
        self.length = float(self.counts.total())

    @cached_property
    def title_pairs(self) -> frozenset[Pair]:
        """Neighbours in the title."""
        return frozenset(pairwise(self._title))

    @cached_property
    def pairs(self) -> frozenset[Pair]:
        """Neighbours in the beginning of the body."""
        return frozenset(pairwise(self.of.held.get("body", ())[:_PAIRED]))

    @cached_property
    def symptoms(self) -> frozenset[str]:
        """The words of what the article gives as symptoms."""
        return frozenset(self.of.held.get("symptoms", ()))

    @cached_property
    def exact(self) -> frozenset[str]:
        """Codes, names and runs of three words."""
        return frozenset(self.of.held.get("exact", ()))

    def holds(self, text: str, exact: bool) -> bool:
        """True when a term stands anywhere in the article."""
        return text in self.exact if exact else text in self.counts


# --- weighing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Features:
    """What is counted of one page, under the names of `RankWeights`, which says what each is."""

    words: float
    symptoms: float
    title: float
    title_words: float
    title_pairs: float
    pairs: float
    opening: float
    codes: float
    copied: float
    logs: float
    meaning: float


TITLE_FEATURES = frozenset({"title", "title_words", "title_pairs", "opening"})
EXACT_FEATURES = frozenset({"codes", "copied"})


def features(asked: Asked, pages: Sequence[Page]) -> list[Features]:
    """What is counted of each page; the length of a page counts in relation to the others'."""
    average = sum(page.length for page in pages) / max(len(pages), 1) or 1.0  # pages may all be empty
    return [_features(asked, page, average) for page in pages]


def _features(asked: Asked, page: Page, average: float) -> Features:
    held = sum(asked.worth(word) for word in page.title) or 1.0
    said = sum(asked.rare.get(word, 0.0) for word in page.title)
    opened = sum(asked.rare.get(word, 0.0) for word in page.title & asked.opening)
    told = sum(asked.words.get(word, 0.0) for word in page.symptoms)
    codes = copied = 0.0
    for (text, _), worth in asked.names.items():
        if text in page.exact:
            codes, copied = (codes, copied + worth) if RUN in text else (codes + worth, copied)
    logged = sum(worth for (text, exact), worth in asked.logs.items() if page.holds(text, exact))
    return Features(
        words=_bm25(asked, page, average),
        symptoms=told / asked.total,
        title=said / held,
        title_words=said,
        title_pairs=sum(asked.pairs.get(pair, 0.0) for pair in page.title_pairs),
        pairs=log(1 + sum(asked.pairs[pair] for pair in asked.pairs.keys() & page.pairs)),
        opening=opened / held,
        codes=log(1 + codes),
        copied=log(1 + copied),
        logs=log(1 + logged),
        meaning=page.of.closeness,
    )


def points(counted: Features, options: IndexOptions) -> float:
    """The mix that orders the pages."""
    mix, given, total = options.ranking, options.weights, 0.0
    for name in FEATURE_NAMES:
        value = getattr(mix, name) * getattr(counted, name)
        factor = given.title if name in TITLE_FEATURES else given.exact if name in EXACT_FEATURES else 1.0
        total += value * factor
    return total


FEATURE_NAMES = tuple(field.name for field in fields(Features))


def _bm25(asked: Asked, page: Page, average: float) -> float:
    """BM25 over all words of the ticket. Source: Robertson and Zaragoza (2009)."""
    norm = _K1 * (1 - _B + _B * page.length / average)
    counts = page.counts
    return sum(
        worth * counts[word] * (_K1 + 1) / (counts[word] + norm)
        for word, worth in asked.words.items()
        if word in counts
    )


# --- showing ----------------------------------------------------------------------------------------


def _hit(query: KbQuery, score: float, candidate: Candidate) -> Hit:
    """A hit with the places of its terms; its share is still 0."""
    held = {field: frozenset(candidate.held.get(field, ())) for field in (*TEXT_FIELDS, *ASKED_EXACT)}
    matched = tuple(
        (term.text, term.stands, field)
        for term in query.terms
        if term.weight > 0
        for field in (ASKED_EXACT if term.exact else TEXT_FIELDS)
        if term.text in held[field]
    )
    return Hit(
        candidate.article_id,
        candidate.title,
        candidate.url,
        score,
        0.0,
        matched,
        candidate.audience,
        candidate.product,
    )


def _as_written(query: KbQuery, hit: Hit) -> Hit:
    """The hit with its matched words as the ticket wrote them: a stem is no word for people."""
    written: dict[tuple[str, str], str] = {
        (term.text, term.stands): term.shown for term in query.terms if term.shown
    }
    named = ((written.get((text, stands), text), stands, field) for text, stands, field in hit.matched)
    return replace(hit, matched=tuple(named))
