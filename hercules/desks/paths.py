"""Dotted paths into any JSON, and the values found there as the types we use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from hercules.desks.jsonbody import Json
from hercules.model import BadDelivery
from hercules.text import cut, one_line

ID_MAX_CHARS = 200
SHORT_MAX_CHARS = 1000
TIME_MAX_CHARS = 100
_MS_FROM = 100_000_000_000
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_STEP = re.compile(r"[^.|\[\]()\s{}'\"]+(?:\[\])?")
_ALTERNATIVE = re.compile(
    r"\s*(?P<steps>[^\s(|]+)\s*(?:\(split:\s*(?P<quote>['\"])(?P<by>.+?)(?P=quote)\s*\))?\s*"
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT)\s*$")


# --- paths ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Alternative:
    steps: tuple[tuple[str, bool], ...]
    split: str = ""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A checked path such as `ticket.tags[] | tags (split: ' ')`; `text` as it was written."""

    text: str
    alternatives: tuple[_Alternative, ...]

    def found(self, body: Json) -> list[tuple[str, Json]]:
        """All values of the first alternative that leads to any, each with its place; null is no value."""
        for alternative in self.alternatives:
            values = list(_follow(body, alternative))
            if values:
                return values
        return []

    def first(self, body: Json) -> Json:
        """The first value, None when there is none."""
        values = self.found(body)
        return values[0][1] if values else None


def read_path(text: str) -> FieldPath:
    """A path: names joined by dots, `[]` behind a list's name, `|` between fallbacks, `(split: ' ')`.

    Raises ValueError that says what is wrong.
    """
    return FieldPath(text, tuple(_read_alternative(part) for part in _bars(text)))


def _bars(text: str) -> list[str]:
    """The parts between the bars; a bar within quotes belongs to a split."""
    parts, quote = [""], ""
    for letter in text:
        if letter == "|" and not quote:
            parts.append("")
            continue
        if letter in "'\"":
            quote = "" if letter == quote else quote or letter
        parts[-1] += letter
    return parts


def _read_alternative(text: str) -> _Alternative:
    whole = _ALTERNATIVE.fullmatch(text)
    if whole is None:
        raise ValueError(f"{text.strip()!r} is no path; write names joined by dots, for example ticket.id")
    steps = whole["steps"].split(".")
    for step in steps:
        if not _STEP.fullmatch(step):
            raise ValueError(f"{step!r} in {text.strip()!r} is no name; write name or name[] for a list")
    return _Alternative(
        tuple((step.removesuffix("[]"), step.endswith("[]")) for step in steps), whole["by"] or ""
    )


def _follow(body: Json, path: _Alternative) -> Iterator[tuple[str, Json]]:
    level: list[tuple[str, Json]] = [("", body)]
    for name, many in path.steps:
        level = list(_step(level, name, many))
    for place, value in level:
        if path.split and isinstance(value, str):
            yield from ((place, part) for part in value.split(path.split) if part.strip())
        elif value is not None:
            yield place, value


def _step(level: list[tuple[str, Json]], name: str, many: bool) -> Iterator[tuple[str, Json]]:
    for place, value in level:
        if not isinstance(value, dict) or name not in value:
            continue
        here, below = f"{place}.{name}" if place else name, value[name]
        if not many:
            yield here, below
        elif isinstance(below, list):
            yield from ((f"{here}[{at}]", item) for at, item in enumerate(below))


# --- values ---------------------------------------------------------------------------------------


def as_text(value: Json) -> str:
    """A text or a whole number as text; '' for everything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def as_line(value: Json, chars: int = SHORT_MAX_CHARS) -> str:
    """A short text on one line, cleaned and cut."""
    return cut(one_line(as_text(value)), chars)


def as_id(value: Json, place: str) -> str:
    """An id as text, so that 7 and "7" name one thing.

    Raises BadDelivery for what is empty, no text or whole number, longer than 200 or not fit for a URL.
    """
    text = as_text(value).strip()
    if not text:
        raise BadDelivery(f"{place} is {_kind(value)}" + (", not an id" if value is not None else ""))
    if len(text) > ID_MAX_CHARS or one_line(text) != text or text in (".", ".."):
        raise BadDelivery(f"{place} is not a usable id: at most {ID_MAX_CHARS} visible characters")
    return text


def _kind(value: Json) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return "empty"
    names = {bool: "true or false", float: "a fraction", list: "a list", dict: "an object"}
    return names.get(type(value), "of a wrong type")


def as_bool(value: Json, default: bool) -> bool:
    """Truth from true, 1, "true", "yes", "1" and their opposites; `default` for everything else."""
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if word in ("true", "yes", "1"):
        return True
    return False if word in ("false", "no", "0") else default


def as_number(value: Json) -> float | None:
    """A finite number, also from a text; None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else None


def as_size(value: Json) -> int | None:
    """A size in bytes; None for everything else."""
    size = as_number(value)
    return int(size) if size is not None and size >= 0 else None


def as_time(value: Json, place: str, zone: tzinfo) -> datetime | None:
    """A time as aware UTC from ISO-8601 or epoch seconds or milliseconds; None when absent or empty.

    A time without a zone is taken in `zone`. Raises BadDelivery for anything else: an old ticket
    whose date we cannot read must not pass for a new one.
    """
    if value is None or value == "":
        return None
    time = _epoch(value) or (_iso(value, zone) if isinstance(value, str) else None)
    if time is None or not _EARLIEST <= time <= _LATEST:
        raise BadDelivery(f"{place} is not a time (ISO-8601, or seconds or milliseconds since 1970)")
    return time


def _epoch(value: Json) -> datetime | None:
    number = as_number(value)
    if number is None:
        return None
    seconds = number / 1000 if abs(number) >= _MS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < _LATEST.timestamp() else None


def _iso(text: str, zone: tzinfo) -> datetime | None:
    plain = text.strip()
    if len(plain) > TIME_MAX_CHARS:
        return None
    try:
        time = datetime.fromisoformat(_ZONE_NAME.sub("+00:00", plain))
        return (time.replace(tzinfo=zone) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
