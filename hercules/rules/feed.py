"""Takes one file apart for the scan: which events to look at, for which terms, and when they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from hercules.logs.lines import Cutter, plain_event
from hercules.logs.stamps import HEAD_BYTES
from hercules.model import LogFile, Shape
from hercules.rules.database import Find, TermRef
from hercules.rules.errors import ErrorBook
from hercules.rules.evidence import Kept

UNTIMED = -(1 << 62)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)

Wanted = tuple[int, int, set[TermRef]]


def micro(at: datetime) -> int:
    """A time as whole microseconds since 1970."""
    return (at - _EPOCH) // _MICRO


class Digest(Protocol):
    """What takes bytes to make a checksum."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its bytes with line ends made equal, its first line from 1, its time as aware UTC."""

    file: str
    encoding: str
    text: bytes
    line: int
    at: datetime | None
    start: int
    end: int

    @property
    def micro(self) -> int:
        """Microseconds since 1970, UNTIMED without a time."""
        return UNTIMED if self.at is None else micro(self.at)

    def kept(self) -> Kept:
        """The event as evidence, still without the lines around it."""
        return Kept(self.file, self.line, self.at, self.encoding, self.text)


@dataclass(slots=True)
class OpenFile:
    """One file while it is read.

    `order` places it among its rotations and all files of the ticket; `refs` are the terms to ask for each
    literal, `slow` those to ask of each event; `offset` is where the present buffer begins, in bytes;
    `first` is the file's first stamp, once it was seen after lines that have none.
    """

    log: LogFile
    number: int
    order: int
    stream: str
    refs: Sequence[Sequence[TermRef]]
    slow: Sequence[TermRef]
    errors: ErrorBook
    counts: dict[int, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    size: int = 0
    lines: int = 0
    offset: int = 0
    first: datetime | None = None
    _partial: bool = False
    _time: datetime | None = None

    @property
    def line_count(self) -> int:
        """All lines, with a last one that has no line end."""
        return self.lines + self._partial

    def chunks(self, digest: Digest) -> Iterator[bytes]:
        """The chunks, counted and hashed as they pass."""
        for chunk in self.log.chunks:
            self.size += len(chunk)
            self.lines += chunk.count(b"\n")
            self._partial = not chunk.endswith(b"\n") if chunk else self._partial
            digest.update(chunk)
            yield chunk

    def events(self, cutter: Cutter, finds: Sequence[Find] | None) -> Iterator[tuple[Event, set[TermRef]]]:
        """The events to look at and the terms to ask of each; without finds all terms of every event."""
        buffer, line, before = cutter.buffer, cutter.first_line, 0
        chosen = self._every(cutter, finds) if finds is None or self.slow else self._found(cutter, finds)
        clock = _Clock(self.log.shape, buffer, self._time)
        for start, end, refs in chosen:
            line += buffer.count(b"\n", before, start)
            text, at = plain_event(buffer[start:end]), clock.at(start)
            yield Event(self.log.name, self.log.encoding, text, line, at, start, end), refs
            before = start
        before_all = self._time is None
        self._time = clock.last()
        if before_all and self._time is not None and self.first is None:
            self.first = clock.first()

    def _found(self, cutter: Cutter, finds: Sequence[Find]) -> Iterator[Wanted]:
        """The events that hold a literal that somebody asked for."""
        start = end = following = 0
        refs: set[TermRef] = set()
        for place, literal in finds:
            if not self.refs[literal]:
                continue
            if place > following:
                if refs:
                    yield start, end, refs
                refs = set()
                start, following = cutter.piece(place - 1)
                end = cutter.at(place - 1)[1]
            refs.update(self.refs[literal])
        if refs:
            yield start, end, refs

    def _every(self, cutter: Cutter, finds: Sequence[Find] | None) -> Iterator[Wanted]:
        """All events, since some terms have no literal or there were too many finds."""
        always = set(self.slow)
        if finds is None:
            always.update(ref for refs in self.refs for ref in refs)
        waiting = iter(finds or ())
        place, literal = next(waiting, (0, 0))
        for start, end in cutter.events():
            refs = set(always)
            while 0 < place <= end:
                refs.update(self.refs[literal])
                place, literal = next(waiting, (0, 0))
            yield start, end, refs


class _Clock:
    """Tells when the events of one buffer were written; asked at rising positions."""

    def __init__(self, shape: Shape, buffer: bytes, before: datetime | None) -> None:
        self._shape = shape
        self._buffer = buffer
        self._time = before
        self._searched = 0
        self._first: datetime | None = None
        self._looked_ahead = False

    def at(self, start: int) -> datetime | None:
        """The event's own time, else that of the stamp before it, else that of the file's first stamp."""
        if not self._shape.stamped:
            return None
        self._time = self._stamp(start) or self._back(start) or self._time
        self._searched = start
        return self._time or self._ahead(start)

    def last(self) -> datetime | None:
        """The last stamp up to the end of the buffer."""
        if self._shape.stamped:
            self._time = self._back(len(self._buffer)) or self._time
        return self._time

    def first(self) -> datetime | None:
        """The first stamp of the buffer."""
        self._looked_ahead = False
        return self._stamp(0) or self._ahead(0)

    def _stamp(self, start: int) -> datetime | None:
        end = self._buffer.find(b"\n", start, start + HEAD_BYTES)
        line = self._buffer[start : end if end >= 0 else start + HEAD_BYTES]
        return self._shape.time(line) if self._shape.starts(line) else None

    def _back(self, start: int) -> datetime | None:
        """The last stamp before `start` that was not looked at yet."""
        end = start
        while end > self._searched:
            end = max(self._buffer.rfind(b"\n", self._searched, end - 1) + 1, self._searched)
            if (found := self._stamp(end)) is not None:
                return found
        return None

    def _ahead(self, start: int) -> datetime | None:
        """The file's first stamp, for lines before it; it is looked for once a buffer."""
        if self._looked_ahead:
            return self._first
        self._looked_ahead = True
        while self._first is None and start < len(self._buffer):
            newline = self._buffer.find(b"\n", start)
            start = newline + 1 if newline >= 0 else len(self._buffer)
            self._first = self._stamp(start)
        return self._first
