"""One generation of a Whoosh index as it is read: terms to postings, postings to ranked documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whoosh.index import open_dir
from whoosh.query import And, Every, Or, Query
from whoosh.query import Term as WhooshTerm
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from hercules.kb.backends.documents import unpacked
from hercules.kb.backends.generations import Manifest
from hercules.kb.backends.serving import Ranked, Reading, Served, Statistics, Stored
from hercules.kb.confidence import rarity
from hercules.kb.contract import IndexOptions, asked_fields
from hercules.model import Filters, IndexBroken, KbQuery, Term

_FILTERS_KEPT = 64


class Scoring(BM25F):  # type: ignore[misc]  # whoosh has no types
    """BM25F whose idf is that of the word in the whole article, not in the one field."""

    def __init__(self, statistics: Statistics, b: float) -> None:
        super().__init__(B=b)
        self._statistics = statistics

    def idf(self, searcher: Searcher, fieldname: str, text: bytes | str) -> float:
        """The rarity of a term over all fields."""
        word = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return rarity(self._statistics.articles, self._statistics.found_in(word, fieldname == "exact"))


class WhooshServed(Served):
    """A generation of a Whoosh index. The documents that pass a filter are kept: desks ask the same again."""

    def __init__(self, folder: Path, manifest: Manifest, options: IndexOptions) -> None:
        super().__init__(folder, manifest, options)
        self.filters: dict[Filters, frozenset[int]] = {}
        self._index = open_dir(str(folder), readonly=True)

    def _open_reading(self) -> Reading:
        scoring = Scoring(self.words, self.options.b)
        return WhooshReading(self, self._index.searcher(weighting=scoring))


class WhooshReading(Reading):
    """One Whoosh searcher."""

    def __init__(self, served: WhooshServed, searcher: Searcher) -> None:
        super().__init__(served)
        self._kept, self._searcher = served.filters, searcher

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
            if asked and not self._best(asked, frozenset((number,)), 1):
                raise IndexBroken("an article cannot be found by its title")
        return int(self._searcher.doc_count())

    # --- searching ---

    def stored(self, number: int) -> Stored:
        """What is kept of a document."""
        fields = self._searcher.stored_fields(number)
        title, url, audience, product = fields["shown"]
        return Stored(fields["id"], title, url, audience, product, fields["packed"])

    def leaves(self, filters: Filters) -> int:
        """How many articles a filter leaves."""
        return len(self.allowed(filters))

    def _allowed(self, query: KbQuery) -> frozenset[int]:
        """Documents that pass the filters and hold no word asked away (a term of negative weight)."""
        allowed = self.allowed(query.filters)
        away = [WhooshTerm(f, t.text) for t in query.terms if t.weight < 0 for f in asked_fields(t.exact)]
        return allowed - frozenset(self._searcher.docs_for_query(Or(away))) if away else allowed

    def ranked(self, terms: Sequence[Term], query: KbQuery, limit: int) -> Ranked:
        """The best documents for these terms, of those that the query lets through."""
        allowed = self._allowed(query)
        return self._best(terms, allowed, limit) if allowed else []

    def _best(self, terms: Sequence[Term], allowed: frozenset[int], limit: int) -> Ranked:
        query = self.any_of(terms)
        if query is None:
            return []
        everything = len(allowed) == self._searcher.doc_count_all()
        results = self._searcher.search(query, limit=limit, filter=None if everything else set(allowed))
        return [(int(number), float(score)) for score, number in results.top_n]

    def any_of(self, terms: Sequence[Term]) -> Or | None:
        """The query for terms: one array of scores, never a tree; words nowhere found are left out."""
        weights, counts = self.served.options.weights, self.served.words.count
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
        kept = self._kept
        found = kept.get(filters)
        if found is None:
            if len(kept) >= _FILTERS_KEPT:
                kept.clear()
            found = kept[filters] = frozenset(self._searcher.docs_for_query(_filter_query(filters)))
        return found


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
