"""Asks every event of a file for every term of one rule: slow, but it forgets nothing that explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hercules.logs.days import Days
from hercules.logs.lines import events
from hercules.logs.stamps import Stamped
from hercules.model import Limits, LogFile
from hercules.rules.confirm import Matcher
from hercules.rules.nearly import Nearly
from hercules.rules.nouns import Node
from hercules.rules.scope import Streams, stream
from hercules.rules.windows import Hits, Key, cap, no_date, no_stamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_UNTIMED = -(1 << 62)
_ROTATION = 1 << 24  # more files than one ticket can bring: keeps the files of one rotation apart


@dataclass(frozen=True, slots=True)
class Seen:
    """An event in which a term was found: its place (line from 1), time (aware UTC) and bytes."""

    key: Key
    file: str
    line: int
    at: datetime | None
    text: bytes


@dataclass(slots=True)
class Trail:
    """The hits of one node in one file and its rotations, by term: positives, then negates.

    `counts` has those too that were not kept since there are so many; `until` is where the first of them
    stands that a negation is about.
    """

    name: str
    by_term: list[list[Seen]]
    counts: list[int]
    events: int = 0
    undated: bool = False
    until: Key | None = None

    @property
    def timed(self) -> bool:
        """True when every hit has a time, and times of different files can be compared."""
        return not self.untold

    @property
    def untold(self) -> str:
        """Why the times say nothing, '' when they do."""
        found = [seen for hits in self.by_term for seen in hits]
        for seen in found:
            if seen.key[0] == _UNTIMED:
                return no_stamp(seen.file)
        many = self.undated and len({seen.key[1] for seen in found}) > 1
        return no_date(self.name) if many else ""

    def hits(self) -> Hits:
        """The hits as the search for frames takes them."""
        timed = self.timed
        keys = [sorted(_plain(seen.key, timed) for seen in hits) for hits in self.by_term]
        return Hits(keys, timed, self.until)

    def seen(self) -> dict[Key, Seen]:
        """The events by the keys that frames are made of."""
        timed = self.timed
        return {_plain(seen.key, timed): seen for hits in self.by_term for seen in hits}


def _plain(key: Key, timed: bool) -> Key:
    return key if timed else (_UNTIMED, key[1], key[2])


@dataclass(slots=True)
class Tracer:
    """Traces one node through the files of a ticket; as many hits a term and file as the scan takes.

    `nearly` is told of the events without a term, for the terms it has.
    """

    node: Node
    limits: Limits
    keep_bytes: int = 1 << 20
    trails: dict[str, Trail] = field(default_factory=dict)
    nearly: dict[int, Nearly] = field(default_factory=dict)
    _matchers: list[Matcher] = field(default_factory=list)
    _logs: Streams = field(default_factory=Streams)
    _files: int = 0

    def read(self, log: LogFile) -> None:
        """Read one file to its end."""
        self._matchers = self._matchers or [Matcher(term) for term in self.node.terms]
        own, rotation = self._logs.key(log.name)
        nothing = Trail(stream(log.name)[0], [[] for _ in self._matchers], [0] * len(self._matchers))
        trail = self.trails.setdefault(own, nothing)
        trail.undated = trail.undated or (isinstance(log.shape, Stamped) and not log.shape.dated)
        order = rotation * _ROTATION + self._files
        self._files += 1
        counts, most = [0] * len(self._matchers), cap(self.node, self.limits.hits_max)
        seen_events = _events(log, self.limits, order)
        for seen in _timed(seen_events) if log.shape.stamped else seen_events:
            trail.events += 1
            for number, matcher in enumerate(self._matchers):
                if matcher.find(seen.text) is None:
                    if number in self.nearly and not counts[number]:
                        self.nearly[number].look(seen.file, seen.line, seen.text)
                    continue
                counts[number] += 1
                if counts[number] <= most:
                    trail.by_term[number].append(replace(seen, text=seen.text[: self.keep_bytes]))
                elif number >= len(self.node.positives):
                    trail.until = min(trail.until or seen.key, seen.key)
        trail.counts = [before + new for before, new in zip(trail.counts, counts, strict=True)]


def trace(node: Node, files: Iterable[LogFile], limits: Limits, takes: Callable[[str], bool]) -> list[Trail]:
    """The hits of a node in the files that `takes` their names, one trail for a file and its rotations."""
    tracer = Tracer(node, limits)
    for log in files:
        if takes(log.name):
            tracer.read(log)
    return list(tracer.trails.values())


def _events(log: LogFile, limits: Limits, order: int) -> Iterator[Seen]:
    """Every event; one without a stamp of its own takes the one before it."""
    last: datetime | None = None
    shape = log.shape
    clock = Days(shape) if isinstance(shape, Stamped) and not shape.dated else shape
    for place, (line, text) in enumerate(events(log.chunks, log.shape, limits)):
        first = text.split(b"\n", 1)[0]
        if shape.stamped and shape.starts(first):
            last = clock.time(first) or last
        micro = _UNTIMED if last is None else (last - _EPOCH) // _MICRO
        yield Seen((micro, order, place), log.name, line, last, text)


def _timed(seen: Iterator[Seen]) -> Iterator[Seen]:
    """The same, where events before the first stamp have its time."""
    waiting: list[Seen] = []
    for one in seen:
        if one.at is None:
            waiting.append(one)
            continue
        for early in waiting:
            yield replace(early, key=(one.key[0], *early.key[1:]), at=one.at)
        waiting = []
        yield one
    yield from waiting


def places(frame: Sequence[Key], seen: Mapping[Key, Seen]) -> tuple[tuple[str, int], ...]:
    """File and line of each event of a frame."""
    return tuple((seen[key].file, seen[key].line) for key in frame)
