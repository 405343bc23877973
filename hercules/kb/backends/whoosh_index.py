"""The search index on Whoosh: own tokens in, weighted terms asked, never a query parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from whoosh.fields import ID, KEYWORD, STORED, TEXT, Schema
from whoosh.index import FileIndex, create_in, open_dir
from whoosh.system import pack_uint
from whoosh.writing import IndexWriter

from hercules.kb.backends.documents import Document, Documents
from hercules.kb.backends.generation_index import GenerationIndex
from hercules.kb.backends.generations import Manifest
from hercules.kb.backends.serving import Served
from hercules.kb.backends.whoosh_reader import WhooshServed
from hercules.kb.contract import ASKED_EXACT, ASKED_TEXT, FieldWeights
from hercules.model import Article
from hercules.text import whole

_SEGMENTS_MAX = 8
_WRITER_MB = 256
_ONCE = pack_uint(1)

Posting = tuple[bytes, int, float, bytes]


class WhooshIndex(GenerationIndex):
    """A SearchIndex on Whoosh."""

    engine = "whoosh"

    def _serve(self, folder: Path, manifest: Manifest) -> Served:
        return WhooshServed(folder, manifest, self._options)

    def _fill(self, folder: Path, documents: Documents, deleted: Iterable[str], *, new: bool) -> int:
        index = create_in(str(folder), _schema()) if new else open_dir(str(folder))
        try:
            _fill(index, documents, deleted, self._options.weights)
            return int(index.doc_count())
        finally:
            index.close()


class Words(TEXT):  # type: ignore[misc]  # whoosh has no types
    """A field given as its words, each with how often it counts: no analyser runs, for it would take a third
    of all time spent on building."""

    def index(self, value: Sequence[tuple[str, float]], **kwargs: object) -> Iterator[Posting]:
        """Whoosh's form of postings: bytes, frequency, weight, and the frequency packed."""
        for word, weight in value:
            yield word.encode("utf-8", "replace"), 1, weight, _ONCE


def _schema() -> Schema:
    """Fields of tokens made by us and joined by spaces; no positions, nothing of the body stored."""
    fields: dict[str, object] = {
        "id": ID(unique=True, stored=True),
        "shown": STORED(),
        "packed": STORED(),
        "tags": KEYWORD(commas=True, scorable=False),
    }
    for name in (*ASKED_TEXT, *ASKED_EXACT):
        fields[name] = Words(phrase=False, stored=False)
    for name in ("desk_id", "product", "language", "audience", "status"):
        fields[name] = ID()
    return Schema(**fields)


def _fill(index: FileIndex, documents: Documents, deleted: Iterable[str], weights: FieldWeights) -> None:
    """One commit: all or, when anything raises, nothing."""
    merged = len(index._segments()) > _SEGMENTS_MAX
    writer: IndexWriter = index.writer(limitmb=_WRITER_MB)
    try:
        for article_id in deleted:
            writer.delete_by_term("id", article_id)
        for article, parsed in documents:
            _put(writer, article, parsed, weights)
        writer.commit(optimize=merged)
    except BaseException:
        if not writer.is_closed:
            writer.cancel()
        raise


def _put(writer: IndexWriter, article: Article, parsed: Document, weights: FieldWeights) -> None:
    id_, desk_id, product = (
        whole(text) for text in (article.id, article.desk_id, article.product.casefold())
    )
    writer.update_document(
        id=id_,
        shown=(article.title, article.url, article.audience, article.product),
        packed=parsed.packed(),
        tags=whole(",".join(islice(article.tags, 100))),
        desk_id=f"={desk_id}",
        product=f"={product}",
        language=f"={whole(article.language.partition('-')[0].casefold())}",
        audience=article.audience,
        status=whole(article.status),
        title=_counted(parsed.fields["title"]),
        text=list(parsed.text(weights).items()),
        exact=_counted(parsed.fields["exact"]),
    )


def _counted(words: Iterable[str]) -> list[tuple[str, float]]:
    return [(word, float(count)) for word, count in Counter(words).items()]
