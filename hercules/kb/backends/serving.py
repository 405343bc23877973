"""One generation of an index as it is read: an engine ranks documents, here they become hits."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hercules.kb.backends.documents import unpacked
from hercules.kb.backends.generations import Manifest
from hercules.kb.backends.lexicon import Lexicon
from hercules.kb.backends.vectors import Vectors
from hercules.kb.contract import IndexOptions, asked_fields
from hercules.kb.ranking import CANDIDATES, Candidate, ranked_hits
from hercules.kb.spelling import near_words
from hercules.model import Audience, Filters, Hit, KbQuery, Term
from hercules.text import whole

_LOG_CANDIDATES = 10
_COUNTS_KEPT = 200_000

Ranked = list[tuple[int, float]]
"""Document numbers with their scores, best first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What an index keeps of an article; `packed` holds its tokens."""

    id: str
    title: str
    url: str
    audience: Audience
    product: str
    packed: bytes


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
            return reading.leaves(filters)

    def near(self, word: str) -> list[str]:
        """Words of at least two articles that a mistyped word may stand for, nearest first."""
        return near_words(word, self._served.lexicon)

    def count(self, field: str, text: str) -> int:
        """In how many articles one field holds a term."""
        known = self._counts.get((field, text))
        if known is None:
            if len(self._counts) > _COUNTS_KEPT:
                self._counts.clear()
            with self._served.reading() as reading:
                known = self._counts[(field, text)] = reading.doc_frequency(field, whole(text))
        return known


class Served(ABC):
    """A generation that is served. Each thread reads by a searcher of its own: they keep file positions."""

    def __init__(self, folder: Path, manifest: Manifest, options: IndexOptions) -> None:
        self.folder = folder
        self.manifest = manifest
        self.options = options
        self.words = Statistics(self)
        self._lock = threading.Lock()
        self._idle: list[Reading] = []
        self._retired = False
        self._mine = threading.local()

    @abstractmethod
    def _open_reading(self) -> Reading:
        """One more reader."""

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A reader for this thread alone, the same one when asked again inside."""
        held: Reading | None = getattr(self._mine, "held", None)
        if held is not None:
            yield held
            return
        with self._lock:
            reader = self._idle.pop() if self._idle else None
        self._mine.held = reader = reader or self._open_reading()
        try:
            yield reader
        finally:
            self._mine.held = None
            self._give_back(reader)

    @cached_property
    def lexicon(self) -> tuple[str, ...]:
        """Plain words of at least two articles."""
        return Lexicon.read(self.folder).common()

    @cached_property
    def _vectors(self) -> Vectors:
        meaning = self.options.meaning
        return Vectors.read(self.folder, meaning.name) if meaning else Vectors({})

    def with_closeness(self, text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with how near they are to the text in meaning, where a model is installed."""
        if self.options.meaning is None:
            return list(candidates)
        first = candidates[:CANDIDATES]
        close = self._vectors.closeness(self.options.meaning, text, [each.article_id for each in first])
        near = [replace(each, closeness=value) for each, value in zip(first, close, strict=True)]
        return [*near, *candidates[CANDIDATES:]]

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


class Reading(ABC):
    """One searcher over a generation, used by one thread at a time."""

    def __init__(self, served: Served) -> None:
        self.served = served

    @abstractmethod
    def close(self) -> None:
        """Let go of the files."""

    @abstractmethod
    def doc_frequency(self, field: str, text: str) -> int:
        """In how many articles a field holds a term."""

    @abstractmethod
    def probe(self, some: int) -> int:
        """The number of articles. Reads a few of them with their terms; raises when that fails."""

    @abstractmethod
    def leaves(self, filters: Filters) -> int:
        """How many articles a filter leaves."""

    @abstractmethod
    def ranked(self, terms: Sequence[Term], query: KbQuery, limit: int) -> Ranked:
        """The best documents for these terms of a query.

        They pass its filters and hold no word asked away (a term of negative weight).
        """

    @abstractmethod
    def stored(self, number: int) -> Stored:
        """What is kept of a document."""

    # --- searching ---

    def search(self, query: KbQuery, limit: int) -> list[Hit]:
        """Hits, best first, equal scores by id."""
        if limit <= 0:
            return []
        found = self._found(query, max(limit, CANDIDATES))
        candidates = [_candidate(score, self.stored(number)) for number, score in found]
        candidates = [each for each in candidates if not _says(each, query.away)]
        candidates = self.served.with_closeness(query.raw, candidates)
        return ranked_hits(query, candidates, self.served.words, self.served.options, limit)

    def _found(self, query: KbQuery, limit: int) -> Ranked:
        """What the words find; the last of the places that are ordered anew are for what log lines find.

        The two never share a score: a pasted log has more words than the question beside it.
        """
        words = self.ranked([term for term in query.terms if term.source != "log"], query, limit)
        logs = self.ranked([term for term in query.terms if term.source == "log"], query, _LOG_CANDIDATES)
        if not words or not logs:
            return words or logs
        first = words[: CANDIDATES - len(logs)]
        known = {number for number, _ in first}
        added = [(number, first[-1][1]) for number, _ in logs if number not in known]
        taken = known.union(number for number, _ in added)
        rest = [each for each in words[len(first) :] if each[0] not in taken]
        return [*first, *added, *rest][:limit]


def _candidate(score: float, of: Stored) -> Candidate:
    return Candidate(of.id, of.title, of.url, of.audience, of.product, score, unpacked(of.packed))


def _says(page: Candidate, runs: Iterable[Sequence[str]]) -> bool:
    """True when the title or the body of an article holds one of these runs of words."""
    told = [f" {' '.join(page.held.get(field, ()))} " for field in ("title", "body")] if runs else []
    return any(f" {' '.join(run)} " in text for run in runs for text in told)
