"""Cuts text into events: a first line and the lines that continue it, at most 200 lines and 64 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from hercules.logs import stamps
from hercules.model import Limits, Shape

ONE_VALUE_BYTES = 1 << 20
"""A file of no more than this that is one JSON value is one event."""

_SAMPLE_BYTES = 64 << 10
_SPACES = b" \t\r\n\f\v"
_BLANKS = b" \t"
_WALK = 16
_DENSE_BYTES = 1024
_SHORT_LINE = 16
_WINDOW_BYTES = 16 << 10
_CONTINUES = (b"at ", b"Caused by", b"... ", b"Traceback", b"goroutine ", b"}")


@dataclass(frozen=True, slots=True)
class Unstamped:
    """The shape of a file without time stamps: a line is an event unless it reads like the rest of one."""

    @property
    def stamped(self) -> bool:
        """Always false."""
        return False

    def starts(self, line: bytes) -> bool:
        """False for blank and indented lines and for the well-known lines of stack traces."""
        return begins(line)

    def time(self, line: bytes) -> datetime | None:
        """Always None."""
        return None


@dataclass(frozen=True, slots=True)
class OneValue:
    """The shape of a small file that is one JSON value: the whole file is one event, however long it is."""

    @property
    def stamped(self) -> bool:
        """Always false."""
        return False

    def starts(self, line: bytes) -> bool:
        """Always false: only the file's first line begins an event."""
        return False

    def time(self, line: bytes) -> datetime | None:
        """Always None."""
        return None


def begins(line: bytes) -> bool:
    """True for a line that reads like the first one of an event: see `Unstamped`."""
    return bool(line) and line[0] not in _SPACES and not line.startswith(_CONTINUES)


def shape_of(sample: bytes, as_of: datetime) -> Shape:
    """How the lines of a file begin, told from its first bytes (whole lines but for the last).

    64 KiB are enough, but for a file that `may_be_one_value`: that one is told by all of its bytes.
    """
    if _is_one_value(sample):
        return OneValue()
    return stamps.detect(sample[:_SAMPLE_BYTES].split(b"\n"), as_of) or Unstamped()


def may_be_one_value(sample: bytes) -> bool:
    """True when a file that begins like this may be one JSON value, so that more of it is worth reading."""
    text = sample.lstrip()
    if text[:1] not in (b"{", b"[") or len(sample) < _SAMPLE_BYTES:
        return False
    first, newline, _ = text.partition(b"\n")
    return not newline or not _is_json(first)  # the other way round it is a file of JSON lines


def _is_one_value(sample: bytes) -> bool:
    text = sample.strip()
    if text[:1] + text[-1:] not in (b"{}", b"[]") or len(sample) > ONE_VALUE_BYTES:
        return False
    return (b"\n" in text or len(text) > _SAMPLE_BYTES) and _is_json(text)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False  # JSON lines, something else in brackets, or nested too deep to be a record
    return True


class Cutter:
    """Finds the events of one buffer that begins with an event.

    Asked at rising positions it reads every byte about twice, whatever the text. `end`: where the bytes
    end that belong here, if the buffer goes on. `first_line` is the 1-based number of the first line.
    `preamble`: no stamp has been seen in this file yet, so each line up to the first stamp is an event of
    its own. `mid_line`: the buffer begins within a line.
    """

    def __init__(
        self,
        buffer: bytes,
        shape: Shape,
        limits: Limits,
        *,
        first_line: int = 1,
        preamble: bool = True,
        mid_line: bool = False,
    ) -> None:
        self.buffer = buffer
        self.end = len(buffer)
        self._line, self._counted = first_line, 0
        self._shape = shape
        self._one = isinstance(shape, OneValue)
        stamped = shape if isinstance(shape, stamps.Stamped) else None
        self._seen = stamped.seen if stamped else None
        self._solid = stamped is not None and stamped.solid
        self._lines = limits.event_lines
        self.event_bytes = ONE_VALUE_BYTES if self._one else limits.event_bytes
        self._head = min(stamps.HEAD_BYTES, limits.event_bytes)
        self._preamble_at_start = preamble and shape.stamped
        self._mid_line = mid_line
        self._start = self._following = 0  # the event asked for last and the one after it
        self._clear = 0  # no line starts between the event asked for and this place
        self._preamble = self._preamble_at_start

    def line_at(self, position: int) -> int:
        """The number of the line around `position`; positions must not fall, so each byte is counted once."""
        self._line += _newlines(self.buffer[self._counted : position])
        self._counted = position
        return self._line

    def close(self, end: int) -> None:
        """Only the bytes before `end`, where an event ends, belong here; begin at the first of them again."""
        self.end = end
        self._rewind()

    def at(self, position: int) -> tuple[int, int]:
        """Start and end of the event around byte `position`, without its last line end and blank tail."""
        start, following = self.piece(position)
        return start, self.trimmed(start, following)

    def events(self) -> Iterator[tuple[int, int]]:
        """Start and end of each event that is not blank, in order."""
        self._rewind()
        start = 0
        while start < self.end:
            _, following = self.piece(start)
            end = self.trimmed(start, following)
            if end > start:
                yield start, end
            start = following

    def piece(self, position: int) -> tuple[int, int]:
        """Start of the event around `position` and start of the one after it."""
        if self._start <= position < self._following:
            return self._start, self._following
        if position < self._start:
            self._rewind()
        if self._seen is not None and (line := self._single(self._seen, position)) is not None:
            self._start, self._following = line
            self._clear, self._preamble = line[0], False
            return line
        start = self._back(position)
        following = self._next(start)
        while following <= position and following < self.end:
            start, following = following, self._next(following)
        self._start, self._following = start, following
        return start, following

    def _single(self, seen: stamps.Seen, position: int) -> tuple[int, int] | None:
        """The line around `position` when it and the next one are known to start events: the common case."""
        start = self._line_start(position, self._following)
        if self._mid_line if start == 0 else self.buffer[start - 1] != 0x0A:
            return None
        if not seen.starts(self.buffer, start):
            return None
        following = self.buffer.find(b"\n", position, self.end) + 1
        if not following or following - start > self.event_bytes:
            return None
        if following < self.end and not seen.starts(self.buffer, following):
            return None
        return start, following

    @property
    def preamble(self) -> bool:
        """True while no stamp was seen up to the last position asked for."""
        return self._preamble

    def _rewind(self) -> None:
        self._start = self._following = 0
        self._preamble = self._preamble_at_start

    def _back(self, position: int) -> int:
        """The nearest known start at or before `position`: a first line, else the end of the last event."""
        known = self._following
        here = begin = self._line_start(position, known)
        walked = 0
        while begin > known and not self._starts(begin):
            walked += 1
            begin = self._line_start(begin - 1, known) if walked < _WALK else self._far_back(begin, known)
        if self._preamble and (begin > known or self._starts(begin)):
            self._preamble = False
        self._clear = here
        return here if self._preamble else begin

    def _far_back(self, begin: int, known: int) -> int:
        """The last start before `begin`, looked for by windows: quick where starts are rare."""
        while begin > known and isinstance(self._shape, stamps.Stamped):
            low = self._line_start(max(begin - _WINDOW_BYTES, known), known)
            likely = [low + at for at in self._shape.likely_starts(self.buffer[low:begin])]
            for place in reversed(likely):
                if self._starts(place):
                    return place
            begin = low
        return self._line_start(begin - 1, known) if begin > known else known

    def _line_start(self, position: int, known: int) -> int:
        return max(self.buffer.rfind(b"\n", known, position) + 1, known)

    def _starts(self, begin: int) -> bool:
        """True when the line at `begin` starts an event; the rest of a line that was cut never does."""
        if self._mid_line if begin == 0 else self.buffer[begin - 1] != 0x0A:
            return False
        if self._solid and self.buffer[begin] in _BLANKS:
            return False
        if self._seen is not None and self._seen.starts(self.buffer, begin):
            return True
        end = self.buffer.find(b"\n", begin, begin + self._head)
        return self._shape.starts(self.buffer[begin : end if end >= 0 else begin + self._head])

    def _next(self, start: int) -> int:
        """Where the event that begins at `start` is followed by another one."""
        buffer, size, edge = self.buffer, self.end, start + self.event_bytes + 1
        if self._one:
            return min(edge - 1, size)
        position, lines, solid = start, 0, self._solid and not self._preamble
        while position < size and lines < self._lines:
            if lines and not (solid and buffer[position] in _BLANKS) and self._begins(position):
                return position
            newline = buffer.find(b"\n", position, edge)
            if newline < 0 and size < edge:
                return size
            if newline < 0:
                return position if lines else start + self.event_bytes
            position, lines = newline + 1, lines + 1
        return position

    def _begins(self, position: int) -> bool:
        """True when an event begins at this line's start, as far as is known up to the position asked for."""
        return self._preamble or (position > self._clear and self._starts(position))

    def trimmed(self, start: int, following: int) -> int:
        """The end of an event without its last line end and blank tail."""
        while following > start and self.buffer[following - 1] in b"\r\n":
            following -= 1
        return following


def _newlines(text: bytes) -> int:
    """How many newlines there are; where lines are long, leaving them out takes half as long as counting."""
    if text.count(b"\n", 0, _DENSE_BYTES) * _SHORT_LINE > _DENSE_BYTES:
        return text.count(b"\n")
    return len(text) - len(text.replace(b"\n", b""))


def plain_event(raw: bytes) -> bytes:
    """An event's bytes as rules see them: one `\\r` before each line end dropped."""
    return raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw


def cutters(chunks: Iterable[bytes], shape: Shape, limits: Limits) -> Iterator[Cutter]:
    """The same text in buffers that end where an event ends, each with its Cutter, however it was chunked.

    The last event of a chunk may go on in the next one, so it is carried over: at most 64 KiB. Each Cutter
    must be done with before the next one is asked for.
    """
    carry, line, preamble, mid_line = b"", 1, True, False
    for chunk in chunks:
        buffer = carry + chunk if carry else chunk
        cutter = Cutter(buffer, shape, limits, first_line=line, preamble=preamble, mid_line=mid_line)
        cut = _safe_cut(cutter)
        carry, preamble_after = buffer[cut:], cutter.preamble
        if not cut:
            continue
        cutter.close(cut)
        yield cutter
        line = cutter.line_at(cut)
        preamble, mid_line = preamble_after, buffer[cut - 1] != 0x0A
    if carry:
        yield Cutter(carry, shape, limits, first_line=line, preamble=preamble, mid_line=mid_line)


def _safe_cut(probe: Cutter) -> int:
    """Where the last event begins that more text could still change."""
    event_bytes = probe.event_bytes
    whole_lines = probe.buffer.rfind(b"\n") + 1
    tail = len(probe.buffer) - whole_lines
    if tail > event_bytes:
        cut = whole_lines + (tail - 1) // event_bytes * event_bytes
        probe.piece(cut - 1)
        return cut
    return probe.piece(whole_lines - 1)[0] if whole_lines else 0


def event_bounds(buffer: bytes, position: int, shape: Shape, limits: Limits) -> tuple[int, int]:
    """Start and end of the event around byte `position` of a buffer that begins with the file's first line.

    For many positions, or for a file in chunks, use `cutters`: it is linear and carries events over edges.
    """
    return Cutter(buffer, shape, limits).at(position)


def events(chunks: Iterable[bytes], shape: Shape, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """Each event with the 1-based number of its first line; lines joined by newline, none at the end."""
    for cutter in cutters(chunks, shape, limits):
        for start, end in cutter.events():
            yield cutter.line_at(start), plain_event(cutter.buffer[start:end])
