"""Gives stamps that tell the time of day alone their day: a file that goes back in time passed midnight."""

from __future__ import annotations

from datetime import datetime, timedelta

from hercules.logs.stamps import HEAD_BYTES, Stamped

_BACK = timedelta(hours=1, minutes=1)  # lines come late by seconds, and clocks are set back by an hour
_EDGE = timedelta(minutes=1)
_CHANGES_MAX = 100_000  # of the hour, in one file: eleven years of them, and hostile text takes no longer
_DAY = timedelta(days=1)


class Days:
    """The days of one file, whose lines must be told in order; the first one is on the day of the ticket.

    A whole day without any line cannot be seen: these times are those of the file, not of the calendar.
    """

    __slots__ = ("_hour", "_last", "_left", "_passed", "_shape")

    def __init__(self, shape: Stamped) -> None:
        self._shape = shape
        self._passed = timedelta(0)
        self._last: datetime | None = None
        self._hour: int | None = None
        self._left = _CHANGES_MAX

    def time(self, line: bytes) -> datetime | None:
        """The time of a line that starts an event as aware UTC, None when it carries none."""
        found = self._shape.time(line)
        if found is None:
            return None
        at, last = found + self._passed, self._last
        self._left -= at.hour != self._hour
        if last is not None and last - at > _BACK and self._left > 0:
            self._passed += _DAY
            at += _DAY
        elif last is not None and self._passed and _is_late(at, last):
            return at - _DAY
        self._last = at
        self._hour = at.hour
        return at

    def skim(self, text: bytes, begin: int, end: int) -> datetime | None:
        """Pass over the lines in `text[begin:end]`; the last time among them, None when there is none.

        Only lines of another hour than the one before are read: no other can have passed midnight.
        """
        found = None
        while self._left > 0 and (place := self._shape.other_hour(text, begin, end, self._hour)) >= 0:
            begin = text.find(b"\n", place, end) + 1 or end
            found = self._read(text, place, begin) or found
        for place in self._shape.lines_back(text, begin, end):
            if (at := self._read(text, place, text.find(b"\n", place, end) + 1 or end)) is not None:
                return at
        return found

    def _read(self, text: bytes, begin: int, end: int) -> datetime | None:
        line = text[begin : min(end, begin + HEAD_BYTES)].rstrip(b"\n")
        return self.time(line) if self._shape.starts(line) else None


def _is_late(at: datetime, last: datetime) -> bool:
    """True for a line of the last minute before midnight that comes after one of the first minute."""
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
    return last - midnight < _EDGE and midnight + _DAY - at <= _EDGE
