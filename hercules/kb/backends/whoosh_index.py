"""The search index on Whoosh: own tokens in, weighted terms asked, never a query parser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA
from whoosh.analysis import Token, Tokenizer
from whoosh.fields import ID, KEYWORD, STORED, TEXT, Schema
from whoosh.index import FileIndex, create_in, open_dir
from whoosh.writing import IndexWriter

from hercules.kb.backends.documents import document
from hercules.kb.backends.generations import Generations, Manifest
from hercules.kb.backends.whoosh_reader import Reading, Served
from hercules.kb.contract import ASKED_EXACT, ASKED_TEXT, FieldWeights, IndexOptions, NoWords, WordStats
from hercules.model import Article, Hit, IndexBroken, IndexStats, KbQuery
from hercules.text import whole

ENGINE = "whoosh"
_SEGMENTS_MAX = 8
_WRITER_MB = 64
_PROBES = 3
_SUGGESTIONS = 5
_LONG_WORD = 8
_WEIGHT = "|"

T = TypeVar("T")


class WhooshIndex:
    """A SearchIndex on Whoosh. Threads may search while one builds; a broken folder is an empty index."""

    def __init__(self, folder: Path, options: IndexOptions) -> None:
        self._options = options
        self._generations = Generations(folder)
        self._building = threading.Lock()
        self._served: Served | None = None
        self._pointer = ""
        self._broken = ""
        self._open_newest()

    # --- reading ---

    @property
    def words(self) -> WordStats:
        """The statistics of the generation now served."""
        served = self._served
        return served.words if served else NoWords()

    @property
    def broken(self) -> str:
        """Why a rebuild is needed, empty when it is not."""
        return self._broken

    @property
    def mark(self) -> str:
        """What the builder of the served generation handed over."""
        served = self._served
        return served.manifest.mark if served else ""

    def search(self, query: KbQuery, limit: int = 10) -> list[Hit]:
        """Hits, best first, equal scores by id; none from an index without articles. Raises IndexBroken."""
        return self._read(lambda reading: reading.search(query, limit), [])

    def suggest(self, word: str) -> list[str]:
        """Words of at least two articles within one letter's change of this one, two from eight letters."""
        folded = word.strip().casefold()
        if len(folded) < 5 or not folded.isalpha():
            return []
        nothing: tuple[str, ...] = ()
        known = self._read(lambda reading: reading.lexicon(), nothing)
        if folded in known:
            return []
        far = 2 if len(folded) >= _LONG_WORD else 1
        near = process.extract(folded, known, scorer=OSA.distance, score_cutoff=far, limit=_SUGGESTIONS)
        return [str(found) for found, _, _ in near]

    def stats(self) -> IndexStats:
        """What is served now."""
        served = self._served
        if served is None:
            return IndexStats(0, 0, "", ENGINE, self._options.schema)
        manifest = served.manifest
        return IndexStats(
            manifest.articles,
            manifest.generation,
            manifest.built_at,
            ENGINE,
            manifest.schema,
            manifest.size_bytes,
        )

    def _read(self, ask: Callable[[Reading], T], nothing: T) -> T:
        """Asks the served generation; once more when another process has swapped and removed it meanwhile."""
        for attempt in (1, 2):
            served = self._served
            if served is None:
                return nothing
            try:
                with served.reading() as reading:
                    return ask(reading)
            except Exception as error:
                # Whoosh raises anything from KeyError to struct.error on a damaged file: all mean the same.
                if attempt == 1 and (self.refresh() or self._served is not served):
                    continue
                self._broken = f"The search index failed while reading: {type(error).__name__}: {error}."
                raise IndexBroken(self._broken) from error
        return nothing

    # --- following and opening ---

    def refresh(self) -> bool:
        """Swaps to a newer generation built by another process; True when it did."""
        try:
            pointer = self._generations.current()
        except IndexBroken as error:
            self._broken = str(error)
            return False
        return pointer != self._pointer and self._open_newest()

    def close(self) -> None:
        """Lets go of all files."""
        self._swap(None)

    def _open_newest(self) -> bool:
        """Serves the newest sound generation. An unsound one is remembered as the reason for a rebuild."""
        faults: list[str] = []
        with suppress(IndexBroken):
            self._pointer = self._generations.current()
        for folder in self._generations.newest_first():
            try:
                manifest = self._generations.verified(folder, ENGINE, self._options.schema)
                self._swap(self._opened(folder, manifest))
            except IndexBroken as error:
                faults.append(str(error))
            else:
                break
        lost = bool(self._pointer) and self._served is None
        self._broken = " ".join(faults) or ("The generation that CURRENT names is gone." if lost else "")
        return self._served is not None and self._pointer.startswith(self._served.folder.name)

    def _opened(self, folder: Path, manifest: Manifest) -> Served:
        served = Served(folder, manifest, self._options)
        try:
            _probe(served)
        except Exception as error:
            served.retire()
            raise IndexBroken(f"{folder.name} of the search index cannot be opened: {error!r}.") from error
        return served

    def _swap(self, served: Served | None) -> None:
        former, self._served = self._served, served
        if former is not None:
            former.retire()

    # --- building ---

    def rebuild(self, articles: Iterable[Article], built_at: str = "", mark: str = "") -> int:
        """A generation of exactly these articles, built aside and swapped to; gives its number."""
        with self._alone():
            return self._build(None, articles, (), built_at, mark)

    def write(
        self, articles: Iterable[Article], deleted: Iterable[str] = (), built_at: str = "", mark: str = ""
    ) -> int:
        """A generation of the newest one with articles put and ids removed. Raises IndexBroken."""
        with self._alone():
            self.refresh()
            if self._served is not None and not self._served.folder.is_dir():
                self._broken = "The generation that is served was deleted."
            if self._broken:
                raise IndexBroken(f"{self._broken} It must be rebuilt.")
            return self._build(self._served, articles, deleted, built_at, mark)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Building, while no other thread or process does; what the disk refuses becomes IndexBroken."""
        try:
            with self._building, self._generations.building():
                yield
        except OSError as error:
            raise IndexBroken(f"The search index cannot be written: {error}.") from error

    def _build(
        self,
        base: Served | None,
        articles: Iterable[Article],
        deleted: Iterable[str],
        built_at: str,
        mark: str,
    ) -> int:
        number, aside = self._generations.begin(base.folder if base else None)
        index = open_dir(str(aside)) if base else create_in(str(aside), _schema())
        _fill(index, articles, deleted, self._options.weights)
        count = int(index.doc_count())
        index.close()
        manifest = Manifest(number, ENGINE, self._options.schema, count, built_at, mark)
        self._opened(aside, manifest).retire()
        self._generations.publish(aside, manifest)
        if not self._open_newest():
            raise IndexBroken(
                f"The new generation {number} of the search index cannot be served. {self._broken}"
            )
        return number


def _probe(served: Served) -> None:
    """Counts the articles and asks for some of them, so that damage shows here and not in a search."""
    with served.reading() as reading:
        found = reading.probe(_PROBES)
        if found != served.manifest.articles:
            raise IndexBroken(f"{found} articles instead of {served.manifest.articles}")


class WeightedTokens(Tokenizer):  # type: ignore[misc]  # whoosh has no types
    """Tokens made by us: parted by spaces, each alone or with its weight behind a separator."""

    def __call__(self, value: str, **kwargs: object) -> Iterator[Token]:
        """Whoosh's form of tokens: one object that changes."""
        token = Token(boosts=True)
        for part in value.split(" "):
            if not part:
                continue
            word, _, weight = part.partition(_WEIGHT)
            token.text, token.boost = word, float(weight or 1.0)
            yield token


def _schema() -> Schema:
    """Fields of tokens made by us and joined by spaces; no positions, nothing of the body stored."""
    fields: dict[str, object] = {
        "id": ID(unique=True, stored=True),
        "shown": STORED(),
        "packed": STORED(),
        "surface": KEYWORD(lowercase=False, scorable=False),
        "tags": KEYWORD(commas=True, scorable=False),
    }
    for name in (*ASKED_TEXT, *ASKED_EXACT):
        fields[name] = TEXT(analyzer=WeightedTokens(), phrase=False, stored=False)
    for name in ("desk_id", "product", "language", "audience", "status"):
        fields[name] = ID()
    return Schema(**fields)


def _fill(
    index: FileIndex, articles: Iterable[Article], deleted: Iterable[str], weights: FieldWeights
) -> None:
    """One commit: all or, when anything raises, nothing."""
    merged = len(index._segments()) > _SEGMENTS_MAX
    writer: IndexWriter = index.writer(limitmb=_WRITER_MB)
    try:
        for article_id in deleted:
            writer.delete_by_term("id", article_id)
        for article in articles:
            _put(writer, article, weights)
        writer.commit(optimize=merged)
    except BaseException:
        if not writer.is_closed:
            writer.cancel()
        raise


def _put(writer: IndexWriter, article: Article, weights: FieldWeights) -> None:
    parsed = document(article)
    id_, desk_id, product = (
        whole(text) for text in (article.id, article.desk_id, article.product.casefold())
    )
    writer.update_document(
        id=id_,
        shown=(article.title, article.url, article.audience, article.product),
        packed=parsed.packed(),
        surface=" ".join(parsed.surface),
        tags=whole(",".join(islice(article.tags, 100))),
        desk_id=f"={desk_id}",
        product=f"={product}",
        language=f"={whole(article.language.partition('-')[0].casefold())}",
        audience=article.audience,
        status=whole(article.status),
        title=" ".join(parsed.fields["title"]),
        text=" ".join(f"{word}{_WEIGHT}{weight:.4g}" for word, weight in parsed.text(weights).items()),
        exact=" ".join(parsed.fields["exact"]),
    )
