"""One generation of a Whoosh index as it is read: terms to postings, postings to ranked documents."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from pathlib import Path

from whoosh.index import open_dir
from whoosh.query import And, Every, Or, Query
from whoosh.query import Term as WhooshTerm
from whoosh.searching import Searcher

from hercules.kb.backends.documents import unpacked
from hercules.kb.backends.generations import Manifest
from hercules.kb.backends.serving import Ranked, Reading, Served, Stored
from hercules.kb.confidence import rarity
from hercules.kb.contract import IndexOptions, asked_fields
from hercules.model import Filters, IndexBroken, KbQuery, Term
from hercules.text import whole

_FILTERS_KEPT = 64
_K1 = 1.2


class WhooshServed(Served):
    """A generation of a Whoosh index. The documents that pass a filter are kept: desks ask the same again."""

    def __init__(self, folder: Path, manifest: Manifest, options: IndexOptions) -> None:
        super().__init__(folder, manifest, options)
        self.filters: dict[Filters, frozenset[int]] = {}
        self.norms: dict[tuple[int, str], array[float]] = {}
        self._index = open_dir(str(folder), readonly=True)

    def _open_reading(self) -> Reading:
        return WhooshReading(self, self._index.searcher())


class WhooshReading(Reading):
    """One Whoosh searcher.

    Postings are read and scored here: Whoosh's own matchers ask a dozen questions about each posting, which
    takes three times as long as reading and weighing it.
    """

    def __init__(self, served: WhooshServed, searcher: Searcher) -> None:
        super().__init__(served)
        self._kept, self._norms, self._searcher = served.filters, served.norms, searcher

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
        """The best by BM25, equal scores by number."""
        scores: dict[int, float] = {}
        for field, text, weight in self._asked(terms):
            self._score(scores, field, text, weight)
        everything = len(allowed) == self._searcher.doc_count_all()
        found = scores.items() if everything else [each for each in scores.items() if each[0] in allowed]
        return nsmallest(limit, found, key=lambda pair: (-pair[1], pair[0]))

    def _asked(self, terms: Sequence[Term]) -> Iterator[tuple[str, str, float]]:
        """Field, text and weight x rarity of each term, for every field that holds it.

        The rarity is that of the word in the whole article, not in the one field.
        """
        words, weights = self.served.words, self.served.options.weights
        for term in terms:
            fields = asked_fields(term.exact) if term.weight > 0 else ()
            for field in fields:
                if words.count(field, term.text):
                    rare = rarity(words.articles, words.found_in(term.text, term.exact))
                    yield field, whole(term.text), term.weight * weights.of(field) * rare

    def _score(self, scores: dict[int, float], field: str, text: str, weight: float) -> None:
        """Add BM25's part of one term. Source: Robertson and Zaragoza (2009)."""
        for leaf, offset in self._searcher.leaf_searchers():
            reader = leaf.reader()
            if (field, text) not in reader:
                continue
            norms, matcher = self._norm(leaf, offset, field), reader.postings(field, text)
            read, count, onward, more = matcher.id, matcher.weight, matcher.next, matcher.is_active
            while more():
                number, often = read(), count()
                part = weight * often * (_K1 + 1) / (often + norms[number])
                scores[offset + number] = scores.get(offset + number, 0.0) + part
                onward()

    def _norm(self, leaf: Searcher, offset: int, field: str) -> array[float]:
        """What the length of each document's field adds below BM25's line, made once for a generation."""
        known = self._norms.get((offset, field))
        if known is None:
            b, length = self.served.options.b, leaf.reader().doc_field_length
            average = self._searcher.avg_field_length(field) or 1.0
            lengths = (length(number, field, 0) or 0 for number in range(leaf.doc_count_all()))
            known = array("d", (_K1 * (1 - b + b * each / average) for each in lengths))
            self._norms[(offset, field)] = known
        return known

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
