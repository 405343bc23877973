"""Keeps the events that hits are in, with the lines around them, and shows them redacted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher

from hercules.model import Evidence, Limits
from hercules.rules.confirm import Captured
from hercules.text import clean, cut

Redact = Callable[[str], str]

_AROUND_BYTES = 32 << 10
_LINE_CHARS = 400
_FULL_BYTES = 12 << 20  # beyond this much is kept, events come without the lines around them
_MOST_BYTES = 24 << 20  # beyond this much only the begin of the first line is kept
_SLIM_BYTES = 1024
_LEAN_LINES = 2


@dataclass(slots=True)
class Kept:
    """One event as it was read; `at` is aware UTC, `line` counts from 1. `slim`: only a part was kept."""

    file: str
    line: int
    at: datetime | None
    encoding: str
    event: bytes
    before: bytes = b""
    after: bytes = b""
    slim: bool = False
    shown: _Shown | None = None

    def lean(self) -> None:
        """Keep but the nearest lines around; a key that may go on from further away keeps them all."""
        if self.shown is None and b"PRIVATE KEY" not in self.before:
            self.before = b"\n".join(self.before.split(b"\n")[-_LEAN_LINES:])
            self.after = b"\n".join(self.after.split(b"\n")[:_LEAN_LINES])


@dataclass(slots=True)
class Keeper:
    """Keeps events of one scan within a budget; told of each buffer, it completes the lines after one."""

    limits: Limits
    used_bytes: int = 0
    _tail: bytes = b""
    _waiting: list[tuple[Kept, int]] = field(default_factory=list)

    def begin(self) -> None:
        """A new file begins: nothing before it, nothing waits for more."""
        self._tail = b""
        self._waiting = []

    def enter(self, buffer: bytes, size: int) -> None:
        """The next `size` bytes of the file: give the events that end near the last ones' end their lines."""
        waiting, self._waiting = self._waiting, []
        for kept, missing in waiting:
            self._follow(kept, buffer, size, 0, missing)

    def leave(self, buffer: bytes, size: int) -> None:
        """The buffer is done: remember its last lines."""
        near = buffer[max(0, size - _AROUND_BYTES) : size]
        self._tail = near if len(near) == _AROUND_BYTES else (self._tail + near)[-_AROUND_BYTES:]

    def keep(self, kept: Kept, buffer: bytes, size: int, start: int, end: int) -> Kept:
        """Fill in the lines around `buffer[start:end]`, as far as the budget goes; `size` bytes are known."""
        if self.used_bytes > _MOST_BYTES:
            line = kept.event.split(b"\n", 1)[0]
            if len(line) > _SLIM_BYTES:
                line = line[:_SLIM_BYTES].rpartition(b" ")[0]  # never half a word: it may be half a secret
            kept.event, kept.slim = line, True
        elif self.used_bytes < _FULL_BYTES:
            kept.before = self._before(buffer, start)
            newline = buffer.find(b"\n", end, size)
            self._follow(kept, buffer, size, newline + 1 if newline >= 0 else size, self.limits.context_lines)
        self.used_bytes += len(kept.event) + len(kept.before) + len(kept.after)
        return kept

    def _before(self, buffer: bytes, start: int) -> bytes:
        low = start - _AROUND_BYTES
        if low < 0:
            buffer = (self._tail + buffer[:start])[-_AROUND_BYTES:]
            low, start = 0, len(buffer)
        end = begin = buffer.rfind(b"\n", low, start)
        for _ in range(self.limits.context_lines):
            if begin < 0:
                break
            begin = buffer.rfind(b"\n", low, begin)
        return buffer[begin + 1 if begin >= 0 else low : max(end, low)]

    def _follow(self, kept: Kept, buffer: bytes, size: int, start: int, missing: int) -> None:
        edge = min(size, start + _AROUND_BYTES - len(kept.after))
        end = start
        while missing and end < edge:
            newline = buffer.find(b"\n", end, edge)
            if newline < 0:
                end = edge
                break
            end, missing = newline + 1, missing - 1
        kept.after += buffer[start:end]
        if missing and end == size:
            self._waiting.append((kept, missing))


@dataclass(frozen=True, slots=True)
class _Shown:
    """An event's text and the lines around it, clean and redacted; `changed` when something was hidden."""

    before: tuple[str, ...]
    text: str
    after: tuple[str, ...]
    changed: bool


def decoded(raw: bytes, encoding: str) -> str:
    """Bytes of a file as text for showing: in its own encoding, without control and escape characters."""
    name = "utf-8" if encoding.lower().startswith("utf") else encoding
    try:
        return clean(raw.decode(name, "replace"))
    except LookupError:  # an encoding this Python does not know
        return clean(raw.decode("latin-1"))


def show(
    kept: Kept, spans: Iterable[tuple[int, int]], captures: Captured, redact: Redact, limits: Limits
) -> Evidence:
    """The event as evidence; `spans` are byte offsets of matches in the event.

    A captured value that redaction changes is left out unless it is plain text, which comes redacted.
    """
    if kept.shown is None:
        kept.shown = _shown(kept, redact)
    shown = kept.shown
    found = [] if kept.slim else [_span(kept, span, shown, redact) for span in sorted(set(spans))]
    placed = [span for span in found if span is not None]
    text, moved = _window(shown.text, placed, limits.line_max_bytes)
    return Evidence(
        file=kept.file,
        line=kept.line,
        time=kept.at,
        text=text,
        spans=moved,
        captures=told(captures, redact),
        before=shown.before,
        after=shown.after,
    )


def told(captures: Captured, redact: Redact) -> dict[str, str]:
    """Captured values by name, redacted."""
    values: dict[str, str] = {}
    for name, kind, value in captures:
        hidden = redact(clean(value))
        if kind == "text" or hidden == value:
            values.setdefault(name, hidden)
    return values


def _shown(kept: Kept, redact: Redact) -> _Shown:
    """Redacted as one text: a secret may begin in the lines before the event and end in it."""
    before, text, after = (decoded(raw, kept.encoding) for raw in (kept.before, kept.event, kept.after))
    whole = f"{before}\n{text}\n{after}"
    hidden = redact(whole)
    if hidden == whole:
        return _Shown(_lines(before), text, _lines(after), False)
    one, two = redact(f"{before}\n"), redact(f"{before}\n{text}\n")
    if hidden.startswith(two) and two.startswith(one):
        return _Shown(_lines(one), two[len(one) :].removesuffix("\n"), _lines(hidden[len(two) :]), True)
    first = before.count("\n") + 1
    parts = _aligned(whole.split("\n"), hidden.split("\n"), first, first + text.count("\n") + 1)
    return _Shown(_lines(parts[0]), parts[1], _lines(parts[2]), True)


def _aligned(whole: list[str], hidden: list[str], first: int, end: int) -> tuple[str, str, str]:
    """The redacted lines cut where lines `first` to `end` of the whole begin and end.

    What was hidden over one of the borders falls to the middle.
    """
    low, high = len(hidden), len(hidden)
    for _, i1, i2, j1, j2 in SequenceMatcher(None, whole, hidden, autojunk=False).get_opcodes():
        same = i2 - i1 == j2 - j1
        if i1 <= first < i2:
            low = j1 + first - i1 if same else j1
        if i1 < end <= i2:
            high = j1 + end - i1 if same else j2
    return "\n".join(hidden[:low]), "\n".join(hidden[low:high]), "\n".join(hidden[high:])


def _lines(text: str) -> tuple[str, ...]:
    lines = text.rstrip("\n").split("\n") if text.strip("\n") else []
    return tuple(cut(line, _LINE_CHARS) for line in lines)


def _span(kept: Kept, span: tuple[int, int], shown: _Shown, redact: Redact) -> tuple[int, int] | None:
    """Character offsets in the shown text, None when redaction took the border away."""
    ends = [decoded(kept.event[:end], kept.encoding) for end in span]
    if shown.changed:
        ends = [redact(end) for end in ends]
    if not all(shown.text.startswith(end) for end in ends):
        return None
    return len(ends[0]), len(ends[1])


def _window(text: str, spans: list[tuple[int, int]], most: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """At most about `most` characters around the first span, with an ellipsis where text was left out."""
    if len(text) <= most:
        return text, tuple(spans)
    start = max(0, min(spans[0][0] - most // 8, len(text) - most)) if spans else 0
    head = "\u2026" if start else ""
    tail = "\u2026" if start + most < len(text) else ""
    shift = len(head) - start
    end = len(head) + min(most, len(text) - start)
    moved = [(one + shift, min(two + shift, end)) for one, two in spans if len(head) <= one + shift < end]
    return head + text[start : start + most] + tail, tuple(moved)
