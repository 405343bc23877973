"""What indexes of all engines share: generations opened, swapped, built aside, and asked."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, TypeVar

from hercules.kb.backends.documents import Documents
from hercules.kb.backends.generations import Generations, Manifest
from hercules.kb.backends.lexicon import Lexicon
from hercules.kb.backends.serving import Reading, Served
from hercules.kb.backends.vectors import Learning
from hercules.kb.contract import IndexOptions, NoWords, WordStats
from hercules.model import Article, Hit, IndexBroken, IndexStats, KbQuery

_PROBES = 3

T = TypeVar("T")


class GenerationIndex(ABC):
    """A SearchIndex. Threads may search while one builds; a broken folder is an empty index."""

    engine: ClassVar[str]

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
        return self.words.near(word)

    def stats(self) -> IndexStats:
        """What is served now."""
        served = self._served
        if served is None:
            return IndexStats(0, 0, "", self.engine, self._options.schema)
        manifest = served.manifest
        return IndexStats(
            manifest.articles,
            manifest.generation,
            manifest.built_at,
            self.engine,
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
                # Engines raise anything from KeyError to struct.error on a damaged file: all mean the same.
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
                manifest = self._generations.verified(folder, self.engine, self._options.schema)
                self._swap(self._opened(folder, manifest))
            except IndexBroken as error:
                faults.append(str(error))
            else:
                break
        lost = bool(self._pointer) and self._served is None
        self._broken = " ".join(faults) or ("The generation that CURRENT names is gone." if lost else "")
        return self._served is not None and self._pointer.startswith(self._served.folder.name)

    def _opened(self, folder: Path, manifest: Manifest) -> Served:
        served = self._serve(folder, manifest)
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
        lexicon = Lexicon.read(base.folder) if base else Lexicon()
        gone = tuple(deleted)
        learning = self._learning(base, gone)
        seen = lexicon.seen(articles, learning.see if learning else None)
        count = self._fill(aside, seen, gone, new=base is None)
        lexicon.write(aside)
        if learning:
            learning.write(aside)
        manifest = Manifest(number, self.engine, self._options.schema, count, built_at, mark)
        self._opened(aside, manifest).retire()
        self._generations.publish(aside, manifest)
        if not self._open_newest():
            raise IndexBroken(
                f"The new generation {number} of the search index cannot be served. {self._broken}"
            )
        return number

    def _learning(self, base: Served | None, deleted: Iterable[str]) -> Learning | None:
        meaning, served = self._options.meaning, self._served
        if meaning is None:
            return None
        learning = Learning(meaning, [served.folder] if served else [])
        if base is not None:
            learning.keep_former(deleted)
        return learning

    # --- what an engine brings ---

    @abstractmethod
    def _serve(self, folder: Path, manifest: Manifest) -> Served:
        """A generation opened for reading; raises what the engine raises."""

    @abstractmethod
    def _fill(self, folder: Path, documents: Documents, deleted: Iterable[str], *, new: bool) -> int:
        """Put and remove articles in one commit, in a `new` index or one that is there; gives their number.

        All or, when anything raises, nothing.
        """


def _probe(served: Served) -> None:
    """Counts the articles and asks for some of them, so that damage shows here and not in a search."""
    with served.reading() as reading:
        found = reading.probe(_PROBES)
        if found != served.manifest.articles:
            raise IndexBroken(f"{found} articles instead of {served.manifest.articles}")
