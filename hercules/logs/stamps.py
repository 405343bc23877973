"""Time stamps: finds which of the known formats a file's lines carry, and reads them as aware UTC times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import re2

from hercules.logs.formats import CLOCKS, EPOCHS, FIELD, FORMATS, H24, PLAIN, VALUES, WORD, Format

HEAD_BYTES = 4096
"""A line's stamp is looked for in this many of its first bytes."""

_SAMPLE_LINES = 200
_NEAR_LINES = 16
_WINDOW_BYTES = 16 << 10
_SEEN_MAX = 1024
_LEARNT_MAX = 10_000
_ALL_DIGITS = b"0123456789"
_ZONE_BEGINS = (b"Z", b"+", b"-", b"U", b"G")
_MORE_FOLLOWS = frozenset(("android", "dotted", "clock"))
_SECONDS = frozenset(b"%02d" % second for second in range(60))
_DIGITS = frozenset(bytes((digit,)) for digit in b"0123456789")
_PLACE_BYTES = 60
_PLACED_BYTES = 160
_SET_MEMORY_BYTES = 32 << 20
_MONTHS = {name: n for n, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_CONTINUES = (b" ", b"\t", b"at ", b"Caused by", b"... ", b"}")
_EPOCH_SCALE = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = _SET_MEMORY_BYTES
    return options


@lru_cache(maxsize=256)
def _regex(pattern: bytes) -> re2._Regexp:
    return re2.compile(pattern, _options())


@lru_cache(maxsize=256)
def _starter(pattern: bytes) -> re2.Set:
    """A set of one pattern: it only says yes or no, four times as fast as a match."""
    ready = re2.Set.MatchSet(_options())
    ready.Add(pattern)
    ready.Compile()
    return ready


@dataclass(frozen=True, slots=True)
class _Place:
    """A format at a place of the line: after so many fields, indented, or in a bracket behind a word."""

    format: Format
    column: int
    indented: bool = False
    worded: bool = False

    def pattern(self) -> bytes:
        """The RE2 pattern of a line that carries this stamp here."""
        if not self.format.columns:
            return self.format.pattern
        indent = rb"[ \t]+" if self.indented else b""
        before = WORD if self.worded else indent + FIELD * self.column + self.format.open
        return before + self.format.pattern + self.format.end

    def rank(self) -> tuple[bool, bool, int, bool]:
        """Among equals the least wins: a date first, then what is nearest to the line's start."""
        return (not self.format.dated, self.worded, self.column, self.indented)


_PLACES = sorted(
    [_Place(f, c) for f in FORMATS for c in f.columns]
    + [_Place(f, 0, indented=True) for f in FORMATS if f.columns and f.dated]
    + [_Place(f, 0, worded=True) for f in PLAIN + CLOCKS],
    key=_Place.rank,
)
_MARKED = ((b"{", _Place(VALUES[0], 0)), (b"=", _Place(VALUES[1], 0)), (b"/Date(", _Place(VALUES[2], 0)))
_CANDIDATES = (*_PLACES, *(place for _, place in _MARKED))


@lru_cache(maxsize=1)
def _place_set() -> re2.Set:
    """One automaton over `_PLACES`: a single pass tells which of them fit a line."""
    ready = re2.Set.MatchSet(_options())
    for place in _PLACES:
        ready.Add(place.pattern())
    ready.Compile()
    return ready


def _fitting(line: bytes) -> list[int]:
    """Indexes in `_CANDIDATES` of the stamps that fit a line."""
    fits = _place_set().Match(line[:_PLACED_BYTES]) or ()  # None when nothing fits
    marked = [i for i, (mark, _) in enumerate(_MARKED, len(_PLACES)) if mark in line]
    return [*fits, *(i for i in marked if _regex(_CANDIDATES[i].pattern()).match(line))]


class Seen:
    """What stood before the seconds of lines that start an event: the next ones of that minute are known.

    It is for formats where nothing has to follow the seconds. A line with the same bytes before them, other
    seconds and then no digit fits the pattern as well.
    """

    __slots__ = ("_before", "_left", "_place")

    def __init__(self) -> None:
        self._place = 0
        self._before: dict[bytes, datetime | None] = {}
        self._left = _LEARNT_MAX

    def starts(self, text: bytes, begin: int) -> bool:
        """True when the line at `begin` is known to start an event; false says nothing."""
        seconds = begin + self._place
        return (
            text[begin:seconds] in self._before
            and text[seconds : seconds + 2] in _SECONDS
            and text[seconds + 2 : seconds + 3] not in _DIGITS
        )

    def time(self, shape: Stamped, line: bytes) -> datetime | None:
        """The time of a line that is known to start an event, None when it has to be read in full."""
        minute = self._before.get(line[: self._place])
        if minute is None or not self.starts(line, 0):
            return None
        second, rest = line[self._place : self._place + 2], line[self._place + 2 : self._place + 20]
        micros = 0
        if "f" in shape.fields and rest[:1] in (b",", b"."):
            digits = rest[1:11]
            fraction = digits[: len(digits) - len(digits.lstrip(_ALL_DIGITS))]
            if len(fraction) > 9:
                return None
            micros, rest = _micros(fraction), rest[1 + len(fraction) :]
        if "z" in shape.fields and rest.removeprefix(b" ")[:1] in _ZONE_BEGINS:
            return None
        return minute.replace(second=int(second), microsecond=micros)

    def learn(self, shape: Stamped, line: bytes) -> None:
        """A line that starts an event; looked at for as long as that may pay."""
        group = shape.fields.find("S") + 1
        if not group or self._left <= 0 or shape.name in _MORE_FOLLOWS or shape.fields[group:].strip("fuzp"):
            return
        self._left -= 1
        found = _regex(shape.pattern).match(line)
        if found is None or found.end(group) - found.start(group) != 2:
            return
        if len(self._before) >= _SEEN_MAX:
            self._before.clear()
        if not self._before:
            self._place = found.start(group)
        if found.start(group) == self._place:
            self._before[line[: self._place]] = self._minute(shape, found)

    def _minute(self, shape: Stamped, found: re2._Match) -> datetime | None:
        """The time up to the minute, for formats whose rest is easy to read."""
        groups = list(found.groups())
        for place, name in enumerate(shape.fields):
            if name in "Sfz":
                groups[place] = b"00" if name == "S" else None
            elif name in "up":
                return None
        at = _read(shape.fields, groups, shape.as_of)
        latest = shape.as_of + timedelta(days=1)
        if at is None or ("Y" not in shape.fields and at + timedelta(minutes=1) > latest):
            return None  # within the minute the year may change
        return at


class SeenJson(Seen):
    """The same for JSON lines: each line that opens an object starts an event."""

    __slots__ = ()

    def starts(self, text: bytes, begin: int) -> bool:
        """True when the line at `begin` opens an object."""
        return text.startswith(b"{", begin)


@dataclass(frozen=True, slots=True)
class Stamped:
    """The shape of a file whose events begin with a time stamp: its format and its place in the line.

    `solid`: no line that begins with white space carries it; most lines that continue an event begin so.
    `example`: such a stamp as people know it. Not `dated`: it tells the time of day alone.
    """

    name: str
    pattern: bytes
    fields: str
    as_of: datetime
    solid: bool = False
    example: str = ""
    dated: bool = True
    seen: Seen = field(default_factory=Seen, compare=False, repr=False)

    @property
    def stamped(self) -> bool:
        """Always true."""
        return True

    def starts(self, line: bytes) -> bool:
        """True when the stamp is at its place; in a file of JSON lines, when the line opens an object."""
        if self.seen.starts(line, 0):
            return True
        if self.name == "json":
            return False
        if self.solid and line[:1] in (b" ", b"\t"):
            return False
        if _starter(self.pattern).Match(line[:HEAD_BYTES]) is None:
            return False
        self.seen.learn(self, line[:HEAD_BYTES])
        return True

    def likely_starts(self, text: bytes) -> Iterator[int]:
        """Offsets of the lines of a text that may start an event, in order; `starts` has the last word."""
        pattern = rb"\{" if self.name == "json" else self.pattern
        for found in _regex(rb"(?m)^(?:" + pattern + rb")").finditer(text):
            yield found.start()

    def lines_back(self, text: bytes, begin: int, end: int) -> Iterator[int]:
        """Offsets of the lines in `text[begin:end]` that may start an event, the last one first.

        The nearest lines are all told, those further away are looked for by windows: quick in any text.
        """
        for _ in range(_NEAR_LINES):
            if end <= begin:
                return
            end = max(text.rfind(b"\n", begin, end - 1) + 1, begin)
            yield end
        while end > begin:
            low = max(text.rfind(b"\n", begin, max(end - _WINDOW_BYTES, begin)) + 1, begin)
            yield from reversed([low + at for at in self.likely_starts(text[low:end])])
            end = low

    def other_hour(self, text: bytes, begin: int, end: int, hour: int | None) -> int:
        """Offset of the first line in `text[begin:end]` with a stamp of another hour, -1 when there is none.

        Only for stamps that begin with the hour; with `hour` None any stamp will do.
        """
        hours = b"|".join(b"0?%d" % other for other in range(24) if other != hour)
        found = _regex(rb"(?m)^" + self.pattern.replace(H24, b"(" + hours + b")", 1)).search(text, begin, end)
        return -1 if found is None else found.start()

    def time(self, line: bytes) -> datetime | None:
        """The line's time as aware UTC; a stamp without zone is read as UTC, None when there is none.

        A time of day without a date is on the day of `as_of`; `days.Days` knows which day it really is.
        """
        if (known := self.seen.time(self, line)) is not None:
            return known
        found = _regex(self.pattern).match(line[:HEAD_BYTES])
        return None if found is None else _read(self.fields, found.groups(), self.as_of)


def detect(lines: Sequence[bytes], as_of: datetime) -> Stamped | None:
    """The stamp that most of the first 200 non-empty lines carry, None when no line carries one.

    Among equals the one nearest the line's start wins, then the order of the formats. A stamp without a
    year gets the latest year that puts it no later than a day after `as_of` (aware UTC). A time of day
    alone counts only when most lines that could carry one do, and half as much as one with a date.
    """
    filled = [line[:HEAD_BYTES] for line in lines if line and not line.isspace()]
    for first in range(0, len(filled), _SAMPLE_LINES):
        found = _detect(filled[first : first + _SAMPLE_LINES], as_of)
        if found is not None:
            return found
    return None


def _detect(lines: Sequence[bytes], as_of: datetime) -> Stamped | None:
    fits: dict[int, list[bytes]] = {}
    for line in lines:
        for index in _fitting(line):
            fits.setdefault(index, []).append(line)
    firsts = sum(not line.startswith(_CONTINUES) for line in lines)
    weights = {
        index: len(found) if _CANDIDATES[index].format.dated else len(found) // 2
        for index, found in fits.items()
        if _CANDIDATES[index].format.dated or len(found) * 2 > firsts
    }
    for index in sorted(weights, key=lambda i: (-weights[i], i)):
        shape = _shape(_CANDIDATES[index], as_of)
        if any(_near(shape, line) and shape.time(line) is not None for line in fits[index][:20]):
            return shape
    return None


def _shape(place: _Place, as_of: datetime) -> Stamped:
    made = place.format
    return Stamped(
        made.name,
        place.pattern(),
        made.fields,
        as_of,
        solid=bool(made.columns) and not place.indented,
        example=made.example,
        dated=made.dated,
        seen=SeenJson() if made.name == "json" else Seen(),
    )


def _near(shape: Stamped, line: bytes) -> bool:
    """True when the stamp begins within the first 60 bytes; formats found by their key may stand anywhere."""
    found = _regex(shape.pattern).match(line)
    return shape.fields.startswith("v") or (found is not None and found.start(1) <= _PLACE_BYTES)


def _read(fields: str, groups: Sequence[bytes | None], as_of: datetime) -> datetime | None:
    found = {name: text for name, text in zip(fields, groups, strict=True) if text is not None}
    try:
        if "v" in found:
            return _read_value(found["v"], as_of)
        if "e" in found:
            return _from_epoch(found["e"], found.get("f", b""))
        return _from_fields(found, as_of)
    except (ValueError, OverflowError):
        return None  # the 31st of February, an offset of 99 hours: text that only looks like a time


def _read_value(text: bytes, as_of: datetime) -> datetime | None:
    """The time in a value that stands alone, as in JSON or logfmt."""
    for known in EPOCHS + PLAIN:
        found = _regex(known.pattern + b"$").match(text)
        if found is not None:
            return _read(known.fields, found.groups(), as_of)
    return None


def _from_epoch(digits: bytes, fraction: bytes) -> datetime:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by the number of digits."""
    scale = _EPOCH_SCALE[len(digits)]
    seconds, rest = divmod(int(digits), scale)
    micros = rest * 10**6 // scale if scale > 1 else _micros(fraction)
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


def _micros(fraction: bytes) -> int:
    return int(fraction[:6].ljust(6, b"0")) if fraction else 0


def _from_fields(found: Mapping[str, bytes], as_of: datetime) -> datetime:
    clock = (_hour(found), int(found["M"]), min(int(found["S"]), 59))
    micros = int(found["u"]) * 1000 if "u" in found else _micros(found.get("f", b""))
    year = int(found["Y"]) if "Y" in found else 2000 + int(found["y"]) if "y" in found else None
    rest = (*_day(found, year, as_of), *clock, micros)
    if year is None and "d" in found:
        return _without_year(rest, as_of)
    year = as_of.year if year is None else year
    return datetime(year, *rest, tzinfo=_zone(found.get("z", b""))).astimezone(UTC)


def _day(found: Mapping[str, bytes], year: int | None, as_of: datetime) -> tuple[int, int]:
    """Month and day; those of `as_of` when the stamp tells none."""
    if "j" in found and year is not None:
        day = datetime(year, 1, 1) + timedelta(days=int(found["j"]) - 1)
        if day.year != year:
            raise ValueError(f"{year} has no day {int(found['j'])}")
        return day.month, day.day
    if "d" not in found:
        return as_of.month, as_of.day
    return (_MONTHS[found["b"].lower()] if "b" in found else int(found["m"])), int(found["d"])


def _hour(found: Mapping[str, bytes]) -> int:
    hour = int(found["H"])
    if "p" not in found:
        return hour
    return hour % 12 + (12 if found["p"] in b"pP" else 0)


def _without_year(rest: tuple[int, int, int, int, int, int], as_of: datetime) -> datetime:
    """The latest such moment no later than a day after `as_of`, so that 31 Dec stays before 1 Jan.

    Eight years back reach a 29 February from everywhere, 1900 aside.
    """
    newest = as_of + timedelta(days=1)
    for year in range(newest.year, newest.year - 9, -1):
        try:
            moment = datetime(year, *rest, tzinfo=UTC)
        except ValueError:
            continue  # no 29 February in this year
        if moment <= newest:
            return moment
    raise ValueError(f"no year has the day {rest[1]} in month {rest[0]}")


def _zone(text: bytes) -> timezone:
    digits = text.strip().replace(b":", b"")
    if not digits or digits[:1] not in b"+-":
        return UTC
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5] or b"0"))
    return timezone(-offset if digits[:1] == b"-" else offset)
