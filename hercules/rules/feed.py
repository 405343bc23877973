"""Takes one file apart for the scan: which events to look at, for which terms, and when they were written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from hercules.logs.days import Days
from hercules.logs.lines import Cutter, plain_event
from hercules.logs.stamps import HEAD_BYTES, Stamped
from hercules.model import LogFile, Shape
from hercules.rules.database import ERRORS_ONLY, Find, Finder, TermRef
from hercules.rules.errors import ErrorBook
from hercules.rules.search import Search

UNTIMED = -(1 << 62)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_HEAD_BYTES = 1 << 20
_EVERY_BYTES = 1 << 20
_SAMPLE_BYTES = 64 << 10
_HOT = 4  # finds of a literal in one buffer from which on it pays to look whether the rest is there

Wanted = tuple[int, int, Collection[TermRef]]
"""Start and end of an event in its buffer, and the terms to ask of it."""


def micro(at: datetime) -> int:
    """A time as whole microseconds since 1970."""
    return (at - _EPOCH) // _MICRO


def moment(micros: int) -> datetime:
    """The inverse of `micro`, as aware UTC."""
    return _EPOCH + timedelta(microseconds=micros)


class Fingerprint:
    """Tells files apart by their first MiB, 64 KiB of each further one, and their size.

    Reading all of a log for a checksum takes as long as searching it. Two files that agree in this are taken
    for copies only when all that was found in them agrees too.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes) -> None:
        """The next bytes of the file, in pieces of any size."""
        start, end = self.size, self.size + len(data)
        self.size = end
        if start < _HEAD_BYTES:
            self._digest.update(data[: _HEAD_BYTES - start])
        sample = max(start // _EVERY_BYTES, 1) * _EVERY_BYTES
        while sample < end:
            if sample + _SAMPLE_BYTES > start:
                self._digest.update(data[max(sample - start, 0) : max(sample + _SAMPLE_BYTES - start, 0)])
            sample += _EVERY_BYTES

    def digest(self) -> bytes:
        """What files with equal bytes have in common."""
        return self._digest.digest() + self.size.to_bytes(8, "big")


@dataclass(slots=True)
class OpenFile:
    """One file while it is read.

    `order` places it among its rotations and all files of the ticket; `refs` are the terms to ask for each
    literal, `slow` those to ask of each event, `wholes` those to ask of each where lines end with `\\r`;
    `offset` is where the present buffer begins, in bytes; `first` is the file's first stamp, once it was
    seen after lines that have none; `days` tells the day where the stamps do not; `closed` are the terms of
    which enough events were found.
    """

    log: LogFile
    number: int
    order: int
    stream: str
    refs: Sequence[Sequence[TermRef]]
    slow: Sequence[TermRef]
    wholes: Sequence[TermRef]
    search: Search
    errors: ErrorBook
    counts: dict[TermRef, int] = field(default_factory=dict)
    closed: set[TermRef] = field(default_factory=set)
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    lines: int = 0
    offset: int = 0
    first: datetime | None = None
    days: Days | None = None
    _time: datetime | None = None

    def __post_init__(self) -> None:
        """Stamps without a date need every line before them."""
        if isinstance(self.log.shape, Stamped) and not self.log.shape.dated:
            self.days = Days(self.log.shape)

    def chunks(self) -> Iterator[bytes]:
        """The chunks, counted as they pass."""
        for chunk in self.log.chunks:
            self.fingerprint.update(chunk)
            yield chunk

    def leave(self, view: View) -> None:
        """The buffer is done: go on behind it."""
        before_all = self._time is None
        self._time = view.clock.last()
        if before_all and self._time is not None and self.first is None:
            self.first = view.clock.first()
        cutter = view.cutter
        self.lines = cutter.line_at(cutter.end) - (cutter.buffer[cutter.end - 1] == 0x0A)
        self.offset += cutter.end

    def view(self, cutter: Cutter) -> View:
        """The next buffer."""
        return View(cutter, _Clock(self.log.shape, cutter, self._time, self.days), self)


@dataclass(slots=True)
class View:
    """One buffer of a file, asked at rising positions."""

    cutter: Cutter
    clock: _Clock
    file: OpenFile

    def text(self, start: int, end: int) -> bytes:
        """An event's bytes with line ends made equal."""
        return plain_event(self.cutter.buffer[start:end])

    def wanted(self, finds: Sequence[Find] | None) -> Iterator[Wanted]:
        """The events to look at and the terms to ask of each; without finds all terms of every event."""
        slow = self.file.slow
        if self.file.wholes and b"\r" in self.cutter.buffer:
            slow = [*slow, *self.file.wholes]
        if finds is None or slow:
            return self._every(finds, slow)
        return self._found(finds)

    def _found(self, finds: Sequence[Find]) -> Iterator[Wanted]:
        """The events that hold a literal that somebody asked for."""
        all_refs, cutter, errors = self._possible(finds), self.cutter, self.file.errors
        start = following = skipped = 0
        refs: Collection[TermRef] = ()
        for place, literal in finds:
            here = all_refs[literal]
            if not here:
                continue
            if here is ERRORS_ONLY and errors.left <= 0:
                skipped += 1
                continue
            if place > cutter.end:
                break
            if place > following:
                if refs:
                    yield start, cutter.trimmed(start, following), refs
                start, following = cutter.piece(place - 1)
                refs = here
            elif refs is not here:
                refs = {*refs, *here}
        if refs:
            yield start, cutter.trimmed(start, following), refs
        if skipped:
            errors.full = True
            self.file.search.skipped(skipped)

    def _possible(self, finds: Sequence[Find]) -> Sequence[Sequence[TermRef]]:
        """The terms to ask for each literal, without those of hot literals that cannot match here."""
        refs, search = self.file.refs, self.file.search
        if len(finds) < _HOT:
            return refs
        chosen: list[Sequence[TermRef]] = []
        missing, matchers = search.ruleset.presence.missing, search.ruleset.matchers
        buffer, seen = self.cutter.buffer, dict[Finder, bool]()
        for literal, count in Counter(map(itemgetter(1), finds)).items():
            asked = refs[literal]
            if count < _HOT or not asked or asked is ERRORS_ONLY:
                continue
            left = []
            for ref in asked:
                gone = -1 if ref[0] < 0 else missing(matchers[ref[0]][ref[1]], buffer, seen)
                if gone < 0:
                    left.append(ref)
                else:
                    search.idle(ref, gone, count)
            if len(left) < len(asked):
                chosen = chosen or list(refs)
                chosen[literal] = left
        return chosen or refs

    def _every(self, finds: Sequence[Find] | None, slow: Sequence[TermRef]) -> Iterator[Wanted]:
        """All events, since some terms have no literal or there were too many finds."""
        all_refs = self.file.refs
        always = set(slow)
        if finds is None:
            always.update(ref for refs in all_refs for ref in refs)
        waiting = iter(finds or ())
        place, literal = next(waiting, (0, 0))
        for start, end in self.cutter.events():
            refs = always
            while 0 < place <= end:
                refs = refs | set(all_refs[literal])
                place, literal = next(waiting, (0, 0))
            if refs:
                yield start, end, refs


class _Clock:
    """Tells when the events of one buffer were written; asked at rising positions."""

    def __init__(self, shape: Shape, cutter: Cutter, before: datetime | None, days: Days | None) -> None:
        self._shape = shape
        self._days = days
        self._buffer = cutter.buffer
        self._end = cutter.end
        self._time = before
        self._searched = 0
        self._first: datetime | None = None
        self._looked_ahead = False

    def at(self, start: int) -> datetime | None:
        """The event's own time, else that of the stamp before it, else that of the file's first stamp."""
        if not self._shape.stamped:
            return None
        if self._days is not None:
            self._walk(self._days, self._line_end(start))
        else:
            self._time = self._stamp(start) or self._back(start) or self._time
            self._searched = start
        return self._time or self._ahead(start)

    def last(self) -> datetime | None:
        """The last stamp up to the end of the buffer."""
        if self._days is not None:
            self._walk(self._days, self._end)
        elif self._shape.stamped:
            self._time = self._back(self._end) or self._time
        return self._time

    def first(self) -> datetime | None:
        """The first stamp of the buffer."""
        self._looked_ahead = False
        return self._stamp(0) or self._ahead(0)

    def _walk(self, days: Days, end: int) -> None:
        """Read every line up to `end` once: any of them may be the one that passes midnight."""
        if end > self._searched:
            self._time = days.skim(self._buffer, self._searched, end) or self._time
            self._searched = end

    def _line_end(self, start: int) -> int:
        return self._buffer.find(b"\n", start, self._end) + 1 or self._end

    def _stamp(self, start: int) -> datetime | None:
        end = self._buffer.find(b"\n", start, start + HEAD_BYTES)
        line = self._buffer[start : end if end >= 0 else start + HEAD_BYTES]
        return self._shape.time(line) if self._shape.starts(line) else None

    def _back(self, start: int) -> datetime | None:
        """The last stamp before `start` that was not looked at yet."""
        if isinstance(self._shape, Stamped):
            for place in self._shape.lines_back(self._buffer, self._searched, start):
                if (found := self._stamp(place)) is not None:
                    return found
        return None

    def _ahead(self, start: int) -> datetime | None:
        """The file's first stamp, for lines before it; it is looked for once a buffer."""
        if self._looked_ahead:
            return self._first
        self._looked_ahead = True
        while self._first is None and start < self._end:
            newline = self._buffer.find(b"\n", start)
            start = newline + 1 if newline >= 0 else self._end
            self._first = self._stamp(start) if start < self._end else None
        return self._first
