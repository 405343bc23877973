"""The final yes to one event and one term, with the place of the match and what it captures."""

from __future__ import annotations

from dataclasses import dataclass

import re2

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


class Matcher:
    """Asks events for one term. What it compiles it keeps; it may be used by several threads."""

    def __init__(self, term: Term) -> None:
        self._captures = [_Extract(capture) for capture in term.captures]
        self._literal = term.text.encode("utf-8") if term.kind == "value" else b""
        self._pattern = term.text
        self._regex: re2._Regexp | None = None

    def find(self, event: bytes) -> Found | None:
        """Where the term is in an event, None when it is not."""
        if self._literal:
            start = event.find(self._literal)
            if start < 0:
                return None
            return Found(start, start + len(self._literal), self._captured(event, None))
        if self._regex is None:
            self._regex = compile_bytes(self._pattern)
        match = self._regex.search(event)
        if match is None:
            return None
        return Found(match.start(), match.end(), self._captured(event, match))

    def _captured(self, event: bytes, match: re2._Match | None) -> Captured:
        found = ((one.name, one.type, one.value(event, match)) for one in self._captures)
        return tuple((name, kind, value) for name, kind, value in found if value is not None)


class _Extract:
    """Takes one value out of an event."""

    def __init__(self, capture: Capture) -> None:
        self.name = capture.name
        self.type: CaptureType = capture.type
        self._pattern = capture.pattern
        self._regex: re2._Regexp | None = None

    def value(self, event: bytes, match: re2._Match | None) -> str | None:
        """The value, None when it is not there or does not fit its type."""
        raw = self._own(match) if not self._pattern else self._searched(event)
        if raw is None:
            return None
        return typed(raw.decode("utf-8", "replace"), self.type)

    def _own(self, match: re2._Match | None) -> bytes | None:
        return None if match is None else match.group(self.name.encode())

    def _searched(self, event: bytes) -> bytes | None:
        if self._regex is None:
            self._regex = compile_bytes(self._pattern)
        match = self._regex.search(event)
        if match is None:
            return None
        value: bytes | None = match.group(1 if self._regex.groups else 0)
        return value


def typed(value: str, kind: CaptureType) -> str | None:
    """A captured value as its type allows it: text cut to 80 characters, other types whole or not at all."""
    if kind == "text":
        return value[:_TEXT_MAX] if value.strip() else None
    if kind == "version" and len(value) > _VERSION_MAX:
        return None
    return value if _TYPES[kind].fullmatch(value) else None
