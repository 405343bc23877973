"""The search index on tantivy: the same tokens and terms as with Whoosh, for larger collections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import tantivy
from tantivy import DocAddress, Document, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from hercules.kb.backends.documents import Document as Parsed
from hercules.kb.backends.documents import Documents, unpacked
from hercules.kb.backends.generation_index import GenerationIndex
from hercules.kb.backends.generations import Manifest
from hercules.kb.backends.serving import Ranked, Reading, Served, Stored
from hercules.kb.confidence import rarity
from hercules.kb.contract import ASKED_EXACT, ASKED_TEXT, FieldWeights, IndexOptions, asked_fields
from hercules.model import Article, Filters, IndexBroken, KbQuery, Term
from hercules.text import whole

_HEAP_BYTES = 64 << 20
_SPACES = "spaces"
_KEYS = ("id", "desk_id", "product", "language", "audience", "status", "tags")
_SEGMENT_BITS = 32
_SEGMENT_NAME_CHARS = 32
_COUNTS_KEPT = 64


class TantivyIndex(GenerationIndex):
    """A SearchIndex on tantivy (extra `tantivy`)."""

    engine = "tantivy"

    def _serve(self, folder: Path, manifest: Manifest) -> Served:
        return TantivyServed(folder, manifest, self._options)

    def _fill(self, folder: Path, documents: Documents, deleted: Iterable[str], *, new: bool) -> int:
        index = tantivy.Index(_schema(), path=str(folder)) if new else tantivy.Index.open(str(folder))
        _register(index)
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        try:
            for article_id in deleted:
                writer.delete_documents_by_term("id", _key(article_id))
            for article, parsed in documents:
                _put(writer, article, parsed, self._options.weights)
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        writer.wait_merging_threads()
        _drop_unused(folder)
        index.reload()
        return int(index.searcher().num_docs)


class TantivyServed(Served):
    """A generation of a tantivy index; its one searcher is for all threads."""

    def __init__(self, folder: Path, manifest: Manifest, options: IndexOptions) -> None:
        super().__init__(folder, manifest, options)
        self.leaving: dict[Filters, int] = {}
        index = tantivy.Index.open(str(folder))
        _register(index)
        self._schema, self._searcher = index.schema, index.searcher()

    def _open_reading(self) -> Reading:
        return TantivyReading(self, self._schema, self._searcher)


class TantivyReading(Reading):
    """The view of one thread on a generation."""

    def __init__(self, served: TantivyServed, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        super().__init__(served)
        self._schema, self._searcher, self._leaving = schema, searcher, served.leaving

    def close(self) -> None:
        """Nothing to let go of: the files are mapped as long as anyone searches."""

    def doc_frequency(self, field: str, text: str) -> int:
        """In how many articles a field holds a term."""
        return int(self._searcher.doc_freq(field, text))

    def probe(self, some: int) -> int:
        """The number of articles. Reads a few of them with their terms; raises when that fails."""
        for _, address in self._searcher.search(Query.all_query(), some).hits:
            stored = self._stored(address)
            titled = sorted(unpacked(stored.packed).get("title", ()))[:4]
            asked = [self._part("title", word, 1.0) for word in titled]
            this = self._one_of("id", [stored.id])
            if asked and not self._searcher.search(Query.boolean_query([*asked, _must(this)]), 1).hits:
                raise IndexBroken("an article cannot be found by its title")
        return int(self._searcher.num_docs)

    def leaves(self, filters: Filters) -> int:
        """How many articles a filter leaves."""
        known = self._leaving.get(filters)
        if known is None:
            if len(self._leaving) >= _COUNTS_KEPT:
                self._leaving.clear()
            asked = Query.boolean_query([_must(part) for part in self._passing(filters)])
            found = self._searcher.search(asked, 1, count=True)
            known = self._leaving[filters] = int(found.count)  # type: ignore[attr-defined]  # tantivy's types lack it
        return known

    def stored(self, number: int) -> Stored:
        """What is kept of a document."""
        return self._stored(DocAddress(number >> _SEGMENT_BITS, number & ((1 << _SEGMENT_BITS) - 1)))

    def _stored(self, address: DocAddress) -> Stored:
        found = self._searcher.doc(address)
        article_id, title, url, audience, product = json.loads(str(found.get_first("shown")))
        packed = found.get_first("packed")
        return Stored(article_id, title, url, audience, product, bytes(packed or b""))

    # --- searching ---

    def ranked(self, terms: Iterable[Term], query: KbQuery, limit: int) -> Ranked:
        """The best documents for these terms, of those that the query lets through."""
        parts = list(self._parts(terms))
        left = self.leaves(query.filters)
        if not parts or not left:
            return []
        clauses = [_must(Query.boolean_query(parts)), *self._away(query)]
        if left < self.served.words.articles:
            clauses += [_must(Query.const_score_query(part, 0.0)) for part in self._passing(query.filters)]
        found = self._searcher.search(Query.boolean_query(clauses), limit, count=False)
        return [(_number(address), float(score)) for score, address in found.hits]

    def _parts(self, terms: Iterable[Term]) -> Iterator[Part]:
        weights, counts = self.served.options.weights, self.served.words.count
        for term in terms:
            for field in asked_fields(term.exact):
                if term.weight > 0 and counts(field, term.text):
                    yield self._part(field, whole(term.text), term.weight * weights.of(field))

    def _part(self, field: str, text: str, weight: float) -> Part:
        """One word. Its rarity is that in the whole article, not in the one field, as with every engine."""
        words = self.served.words
        ours = rarity(words.articles, words.found_in(text, field in ASKED_EXACT))
        its = rarity(words.articles, words.count(field, text))
        return (Occur.Should, Query.boost_query(self._term(field, text), weight * ours / its))

    def _term(self, field: str, text: str) -> Query:
        return Query.term_query(self._schema, field, text, "freq")

    def _away(self, query: KbQuery) -> Iterator[Part]:
        for term in query.terms:
            if term.weight < 0:
                for field in asked_fields(term.exact):
                    yield (Occur.MustNot, self._term(field, whole(term.text)))

    def _passing(self, filters: Filters) -> list[Query]:
        """The filter. A product or language also lets articles through that name none."""
        parts = [
            self._one_of("status", ["published"]),
            self._one_of("desk_id", sorted(filters.desk_ids)),
        ]
        for field, value in (("product", filters.product), ("language", filters.language.partition("-")[0])):
            if value:
                parts.append(self._one_of(field, [value.casefold(), ""]))
        if filters.audience is not None:
            parts.append(self._one_of("audience", [filters.audience]))
        if filters.tags_any:
            parts.append(self._one_of("tags", sorted(tag.casefold() for tag in filters.tags_any)))
        return parts

    def _one_of(self, field: str, values: list[str]) -> Query:
        return Query.term_set_query(self._schema, field, [_key(value) for value in values])


Part = tuple[Occur, Query]


def _must(query: Query) -> Part:
    return (Occur.Must, query)


def _number(address: DocAddress) -> int:
    return (address.segment_ord << _SEGMENT_BITS) | address.doc


def _key(value: str) -> str:
    """A value of a key field; the mark keeps an empty one from being none."""
    return f"={whole(value)}"


def _schema() -> tantivy.Schema:
    """Fields of tokens made by us and joined by spaces; no positions, nothing of the body stored."""
    builder = SchemaBuilder()
    for name in _KEYS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*ASKED_TEXT, *ASKED_EXACT):
        builder.add_text_field(name, tokenizer_name=_SPACES, index_option="freq")
    builder.add_text_field("shown", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("packed", stored=True)
    return builder.build()


def _register(index: tantivy.Index) -> None:
    index.register_tokenizer(_SPACES, TextAnalyzerBuilder(Tokenizer.whitespace()).build())


def _drop_unused(folder: Path) -> None:
    """Remove the files of segments that were merged away.

    tantivy does so itself with files it made; those linked in from the former generation it does not know.
    """
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    used = {str(segment["segment_id"]).replace("-", "") for segment in meta["segments"]}
    for path in folder.iterdir():
        stem = path.name.split(".")[0]
        if len(stem) == _SEGMENT_NAME_CHARS and stem not in used:
            path.unlink()


def _put(writer: tantivy.IndexWriter, article: Article, parsed: Parsed, weights: FieldWeights) -> None:
    shown = (article.id, article.title, article.url, article.audience, article.product)
    keys: dict[str, list[str]] = {
        "id": [article.id],
        "desk_id": [article.desk_id],
        "product": [article.product.casefold()],
        "language": [article.language.partition("-")[0].casefold()],
        "audience": [article.audience],
        "status": [article.status],
        "tags": [tag.casefold() for tag in islice(article.tags, 100)],
    }
    added = Document()
    for name, values in keys.items():
        for value in values:
            added.add_text(name, _key(value))
    added.add_text("title", " ".join(parsed.fields["title"]))
    added.add_text("text", " ".join(_repeated(parsed.text(weights))))
    added.add_text("exact", " ".join(parsed.fields["exact"]))
    added.add_text("shown", json.dumps([whole(text) for text in shown]))
    added.add_bytes("packed", parsed.packed())
    writer.delete_documents_by_term("id", _key(article.id))
    writer.add_document(added)


def _repeated(weights: dict[str, float]) -> Iterator[str]:
    """Each word as often as it weighs, in halves: tantivy counts words in whole numbers only."""
    for word, weight in weights.items():
        yield from [word] * max(round(2 * weight), 1)
