"""One generation of a Whoosh index as it is read: terms to postings, postings to hits that say why."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from whoosh.index import open_dir
from whoosh.query import And, Every, Or, Query
from whoosh.query import Term as WhooshTerm
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from hercules.kb.backends.documents import unpacked
from hercules.kb.backends.generations import Manifest
from hercules.kb.confidence import rarity, with_shares
from hercules.kb.contract import ASKED_EXACT, TEXT_FIELDS, IndexOptions, asked_fields
from hercules.model import Filters, Hit, IndexBroken, KbQuery, Term

_CANDIDATES_MIN = 20
_FILTERS_KEPT = 64
_COUNTS_KEPT = 200_000
_LEXICON_ARTICLES = 2

Ranked = list[tuple[int, float]]
"""Document numbers with their scores, best first."""


class Statistics:
    """How common words are in one generation; every answer is kept, since a generation never changes."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def articles(self) -> int:
        """How many articles there are."""
        return self._served.manifest.articles

    def found_in(self, text: str, exact: bool) -> int:
        """The articles of the field that holds the term most often: a lower bound of all that hold it."""
        return max((self.count(field, text) for field in asked_fields(exact)), default=0)

    def postings(self, text: str, exact: bool) -> int:
        """Entries a search for the term reads."""
        return sum(self.count(field, text) for field in asked_fields(exact))

    def leaves(self, filters: Filters) -> int:
        """How many articles a filter leaves."""
        with self._served.reading() as reading:
            return len(reading.allowed(filters))

    def count(self, field: str, text: str) -> int:
        """In how many articles one field holds a term."""
        known = self._counts.get((field, text))
        if known is None:
            if len(self._counts) > _COUNTS_KEPT:
                self._counts.clear()
            with self._served.reading() as reading:
                known = self._counts[(field, text)] = reading.doc_frequency(field, text)
        return known


class Scoring(BM25F):  # type: ignore[misc]  # whoosh has no types
    """BM25F whose idf is that of the word in the whole article, not in the one field."""

    def __init__(self, statistics: Statistics, b: float) -> None:
        super().__init__(B=b)
        self._statistics = statistics

    def idf(self, searcher: Searcher, fieldname: str, text: bytes | str) -> float:
        """The rarity of a term over all fields."""
        word = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return rarity(self._statistics.articles, self._statistics.found_in(word, fieldname == "exact"))


class Served:
    """A generation that is served. Each thread reads by a searcher of its own: they keep file positions."""

    def __init__(self, folder: Path, manifest: Manifest, options: IndexOptions) -> None:
        self.folder = folder
        self.manifest = manifest
        self.options = options
        self.words = Statistics(self)
        self.filters: dict[Filters, frozenset[int]] = {}
        self._index = open_dir(str(folder), readonly=True)
        self._lock = threading.Lock()
        self._idle: list[Reading] = []
        self._retired = False
        self._mine = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A reader for this thread alone, the same one when asked again inside."""
        held: Reading | None = getattr(self._mine, "held", None)
        if held is not None:
            yield held
            return
        with self._lock:
            reader = self._idle.pop() if self._idle else None
        self._mine.held = reader = reader or Reading(self, self._index)
        try:
            yield reader
        finally:
            self._mine.held = None
            self._give_back(reader)

    def _give_back(self, reader: Reading) -> None:
        with self._lock:
            if not self._retired:
                self._idle.append(reader)
                return
        reader.close()

    def retire(self) -> None:
        """Closes the searchers that nobody uses; the others close when they are given back."""
        with self._lock:
            idle, self._idle, self._retired = self._idle, [], True
        for reader in idle:
            reader.close()


class Reading:
    """One searcher over a generation, used by one thread at a time."""

    def __init__(self, served: Served, index: object) -> None:
        self._served = served
        self._searcher: Searcher = index.searcher(weighting=Scoring(served.words, served.options.b))  # type: ignore[attr-defined]  # whoosh has no types

    def close(self) -> None:
        """Lets go of the files."""
        self._searcher.close()

    def doc_frequency(self, field: str, text: str) -> int:
        """In how many articles a field holds a term."""
        return int(self._searcher.doc_frequency(field, text))

    def probe(self, some: int) -> int:
        """The number of articles. Reads a few of them with their terms; raises when that fails."""
        for number in list(self._searcher.docs_for_query(Every()))[:some]:
            stored = self._searcher.stored_fields(number)
            titled = sorted(unpacked(stored["packed"]).get("title", ()))
            asked = [Term(word, 1.0, "subject") for word in titled[:4]]
            if asked and not self._ranked(asked, frozenset((number,)), 1):
                raise IndexBroken("an article cannot be found by its title")
        return int(self._searcher.doc_count())

    @cached_property
    def _lexicon(self) -> tuple[str, ...]:
        words = (term.decode() for term in self._searcher.reader().lexicon("surface"))
        return tuple(word for word in words if self.doc_frequency("surface", word) >= _LEXICON_ARTICLES)

    def lexicon(self) -> tuple[str, ...]:
        """Plain words of at least two articles."""
        return self._lexicon

    # --- searching ---

    def search(self, query: KbQuery, limit: int) -> list[Hit]:
        """Hits of the words, fused with the hits of the log lines, best first."""
        allowed = self._allowed(query)
        if not allowed or limit <= 0:
            return []
        ranked = self._fused(query, allowed, max(2 * limit, _CANDIDATES_MIN))
        stored = [(score, self._searcher.stored_fields(number)) for number, score in ranked]
        stored.sort(key=lambda pair: (-pair[0], pair[1]["id"]))
        hits = [_hit(query, score, fields) for score, fields in stored[: max(limit, 2)]]
        statistics = self._served.words
        mix = self._served.options.confidence
        shared = with_shares(query, hits, statistics.found_in, statistics.articles, mix)[:limit]
        return [_as_written(query, hit) for hit in shared]

    def _allowed(self, query: KbQuery) -> frozenset[int]:
        """Documents that pass the filters and hold no word asked away (a term of negative weight)."""
        allowed = self.allowed(query.filters)
        away = [WhooshTerm(f, t.text) for t in query.terms if t.weight < 0 for f in asked_fields(t.exact)]
        return allowed - frozenset(self._searcher.docs_for_query(Or(away))) if away else allowed

    def _fused(self, query: KbQuery, allowed: frozenset[int], limit: int) -> Ranked:
        """Reciprocal rank fusion. Source: Cormack, Clarke and Buettcher (2009).

        With only one of the two kinds of terms the engine's own scores are kept.
        """
        words = self._ranked([t for t in query.terms if t.source != "log"], allowed, limit)
        logs = self._ranked([t for t in query.terms if t.source == "log"], allowed, limit)
        if not words or not logs:
            return words or logs
        options = self._served.options
        fused: dict[int, float] = {}
        for ranked, weight in ((words, 1.0), (logs, options.log_weight)):
            for rank, (number, _) in enumerate(ranked, start=1):
                fused[number] = fused.get(number, 0.0) + weight / (options.rrf_k + rank)
        return sorted(fused.items(), key=lambda pair: -pair[1])[:limit]

    def _ranked(self, terms: Sequence[Term], allowed: frozenset[int], limit: int) -> Ranked:
        query = self.any_of(terms)
        if query is None:
            return []
        everything = len(allowed) == self._searcher.doc_count_all()
        results = self._searcher.search(query, limit=limit, filter=None if everything else set(allowed))
        return [(int(number), float(score)) for score, number in results.top_n]

    def any_of(self, terms: Sequence[Term]) -> Or | None:
        """The query for terms: one array of scores, never a tree; words nowhere found are left out."""
        weights, counts = self._served.options.weights, self._served.words.count
        parts = [
            WhooshTerm(field, term.text, boost=term.weight * weights.of(field))
            for term in terms
            for field in asked_fields(term.exact)
            if term.weight > 0 and counts(field, term.text)
        ]
        if not parts:
            return None
        query = Or(parts)
        query.matcher_type = Or.ARRAY_MATCHER
        return query

    def allowed(self, filters: Filters) -> frozenset[int]:
        """Numbers of the documents that pass; kept, since desks ask with the same filters again and again."""
        kept = self._served.filters
        found = kept.get(filters)
        if found is None:
            if len(kept) >= _FILTERS_KEPT:
                kept.clear()
            found = kept[filters] = frozenset(self._searcher.docs_for_query(_filter_query(filters)))
        return found


def _as_written(query: KbQuery, hit: Hit) -> Hit:
    """The hit with its matched words as the ticket wrote them: a stem is no word for people."""
    written: dict[tuple[str, str], str] = {
        (term.text, term.source): term.shown for term in query.terms if term.shown
    }
    named = ((written.get((text, source), text), source, field) for text, source, field in hit.matched)
    return replace(hit, matched=tuple(named))


def _hit(query: KbQuery, score: float, fields: Mapping[str, Any]) -> Hit:
    """A hit with the places of its terms, looked up in the stored tokens; its share is still 0."""
    title, url, audience, product = fields["shown"]
    held = unpacked(fields["packed"])
    matched = tuple(
        (term.text, term.source, field)
        for term in query.terms
        if term.weight > 0
        for field in (ASKED_EXACT if term.exact else TEXT_FIELDS)
        if term.text in held.get(field, ())
    )
    return Hit(fields["id"], title, url, score, 0.0, matched, audience, product)


def _filter_query(filters: Filters) -> Query:
    """The filter. A product or language also lets articles through that name none."""
    parts: list[Query] = [
        WhooshTerm("status", "published"),
        Or([WhooshTerm("desk_id", f"={desk_id}") for desk_id in sorted(filters.desk_ids)]),
    ]
    for field, value in (("product", filters.product), ("language", filters.language.partition("-")[0])):
        if value:
            parts.append(Or([WhooshTerm(field, f"={value.casefold()}"), WhooshTerm(field, "=")]))
    if filters.audience is not None:
        parts.append(WhooshTerm("audience", filters.audience))
    if filters.tags_any:
        parts.append(Or([WhooshTerm("tags", tag.casefold()) for tag in sorted(filters.tags_any)]))
    return And(parts)
