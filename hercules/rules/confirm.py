"""The final yes to one event and one term, with the place of the match and what it captures."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import re2

from hercules.rules import jq
from hercules.rules.jqvalues import Json, as_text
from hercules.rules.literals import Literal, all_of_regex
from hercules.rules.nouns import Capture, CaptureType, Term
from hercules.rules.patterns import compile_bytes

_TEXT_MAX = 80
_TYPES: dict[CaptureType, re2._Regexp] = {
    "class": re2.compile(r"[A-Za-z_$][\w$.]{0,199}"),
    "code": re2.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}"),
    "version": re2.compile(r"v?\d+(\.[0-9A-Za-z]+){0,5}"),
    "number": re2.compile(r"-?\d{1,18}(\.\d{1,6})?"),
}
_VERSION_MAX = 32

Captured = tuple[tuple[str, CaptureType, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A match within an event: byte offsets, and (name, type, value) of each capture that fits its type."""

    start: int
    end: int
    captures: Captured = ()


class Record:
    """The JSON in an event, read when the first term asks for it."""

    __slots__ = ("_event", "_is_json", "_value")

    def __init__(self, event: bytes) -> None:
        self._event: bytes | None = event
        self._value: Json = None
        self._is_json = False

    @property
    def is_json(self) -> bool:
        """True when the event, or all of it from its first brace on, is JSON."""
        if self._event is not None:
            event, self._event = self._event, None
            with contextlib.suppress(ValueError):
                self._value, self._is_json = jq.parsed(event), True
        return self._is_json

    @property
    def value(self) -> Json:
        """The value, None when there is none."""
        return self._value if self.is_json else None


class Matcher:
    """Asks events for one term. What it compiles it keeps; it may be used by several threads."""

    def __init__(self, term: Term) -> None:
        self._term = term
        self._captures = [_Extract(capture) for capture in term.captures]
        self._literal = term.text.encode("utf-8") if term.kind == "value" else b""
        self._path = tuple(term.field.split(".")) if term.field else ()
        self._reads_json = term.kind == "jq" or bool(term.field) or any(one.is_jq for one in term.captures)
        self._regex: re2._Regexp | None = None
        self._groups: tuple[tuple[Literal, ...], ...] | None = None
        self._query: jq.Query | None = None

    def find(self, event: bytes, record: Record | None = None) -> Found | None:
        """Where the term is in an event, None when it is not; terms of one event share its `record`."""
        if self._literal and not self._path:
            start = event.find(self._literal)
            if start < 0:
                return None
            end = start + len(self._literal)
            return Found(start, end, self._captured(event, None, record) if self._captures else ())
        if self._term.kind == "jq":
            return self._queried(event, record or Record(event))
        if self._path:
            return self._in_field(event, record or Record(event))
        return self._matched(event, event, record)

    @property
    def groups(self) -> tuple[tuple[Literal, ...], ...]:
        """Groups of literals: of each group one is in every text that the pattern matches."""
        if self._groups is None:
            self._groups = all_of_regex(self._term.text) if self._term.kind == "regex" else ()
        return self._groups

    @property
    def has_field(self) -> bool:
        """True when it is asked in one value, which JSON may write in another way."""
        return bool(self._path)

    @property
    def reads_json(self) -> bool:
        """True when it asks for the JSON in an event, so that the terms of one event should share it."""
        return self._reads_json

    def _matched(self, text: bytes, event: bytes, record: Record | None) -> Found | None:
        """The literal or pattern in a text, which is the event or a value in it."""
        if self._literal:
            start = text.find(self._literal)
            return (
                None
                if start < 0
                else Found(start, start + len(self._literal), self._captured(event, None, record))
            )
        if self._regex is None:
            self._regex = compile_bytes(self._term.text)
        for group in self.groups:
            if not _holds(text, group):
                return None  # asking the pattern takes longer than looking for what it needs
        match = self._regex.search(text)
        if match is None:
            return None
        start, end = match.span()
        return Found(start, end, self._captured(event, match, record))

    def _queried(self, event: bytes, record: Record) -> Found | None:
        if self._query is None:
            self._query = jq.parse(self._term.text)
        if not record.is_json or not self._query.holds(record.value, len(event)):
            return None
        return Found(*_whole(event), self._captured(event, None, record))

    def _in_field(self, event: bytes, record: Record) -> Found | None:
        if not record.is_json or not isinstance(record.value, dict):
            return self._matched(event, event, record)
        value = _under(record.value, self._path)
        if value is None:
            return None
        text = as_text(value).encode("utf-8", "replace")
        found = self._matched(text, event, record)
        if found is None:
            return None
        start = event.find(text[found.start : found.end])
        place = (start, start + found.end - found.start) if start >= 0 else _whole(event)
        return Found(*place, found.captures)

    def _captured(self, event: bytes, match: re2._Match | None, record: Record | None) -> Captured:
        if not self._captures:
            return ()
        record = record or Record(event)
        found = ((one.name, one.type, one.value(event, match, record)) for one in self._captures)
        return tuple((name, kind, value) for name, kind, value in found if value is not None)


def _holds(text: bytes, group: tuple[Literal, ...]) -> bool:
    """True when one of the literals is in a text."""
    for one in group:
        if one.text in (text.lower() if one.caseless else text):
            return True
    return False


def _whole(event: bytes) -> tuple[int, int]:
    """Where the JSON of an event stands."""
    return max(event.find(b"{"), 0), len(event)


def _under(value: Json, path: tuple[str, ...]) -> Json:
    """The value at a path, None when there is none; a key may itself hold dots, as in `log.level`."""
    if not path:
        return value
    if isinstance(value, list):
        return _under(value[int(path[0])], path[1:]) if _is_index(path[0], value) else None
    if not isinstance(value, dict):
        return None
    whole = value.get(".".join(path))
    return whole if whole is not None else _under(value.get(path[0]), path[1:])


def _is_index(text: str, items: list[Json]) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9 and int(text) < len(items)


class _Extract:
    """Takes one value out of an event."""

    def __init__(self, capture: Capture) -> None:
        self.name = capture.name
        self.type: CaptureType = capture.type
        self._pattern = capture.pattern
        self._query = jq.parse(capture.pattern) if capture.is_jq else None
        self._regex: re2._Regexp | None = None

    def value(self, event: bytes, match: re2._Match | None, record: Record) -> str | None:
        """The value, None when it is not there or does not fit its type."""
        if self._query is not None:
            found = self._query.first(record.value, len(event)) if record.is_json else None
            return None if found is None else typed(as_text(found), self.type)
        raw = self._own(match) if not self._pattern else self._searched(event)
        if raw is None:
            return None
        return typed(raw.decode("utf-8", "replace"), self.type)

    def _own(self, match: re2._Match | None) -> bytes | None:
        return None if match is None else match[self.name.encode()]

    def _searched(self, event: bytes) -> bytes | None:
        if self._regex is None:
            self._regex = compile_bytes(self._pattern)
        match = self._regex.search(event)
        if match is None:
            return None
        value: bytes | None = match[1 if self._regex.groups else 0]
        return value


def typed(value: str, kind: CaptureType) -> str | None:
    """A captured value as its type allows it: text cut to 80 characters, other types whole or not at all."""
    if kind == "text":
        return value[:_TEXT_MAX] if value.strip() else None
    if kind == "version" and len(value) > _VERSION_MAX:
        return None
    return value if _TYPES[kind].fullmatch(value) else None
