"""Error events that no rule explains: masked, so that equal errors compare equal, and counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import re2

from hercules.model import ErrorEvent
from hercules.rules.evidence import Redact, decoded
from hercules.rules.patterns import byte_options
from hercules.text import cut

ERROR_WORDS = (
    *(b"ERROR", b"FATAL", b"SEVERE", b"CRITICAL", b"Exception", b"Traceback", b"panic"),
    # As other programs write their level; in small letters only with the signs around it, since it is a word.
    *(b"| E |", b"[E]", b" ERR ", b"[ERR]", b"|Error|", b"[Error]", b"[error]", b"[crit]", b"[alert]"),
    *(b"[emerg]", b"level=error", b"level=fatal", b'"level":"error"', b'"level": "error"', b"]: error: "),
)
"""What tells an event that is an error, whatever the rules look for."""

_PLACES_MAX = 1_000
_LINES = 3
_LINE_BYTES = 600
_TEXT_CHARS = 500
_MASKS_MAX = 5_000  # masking is slow; a file with more forms of errors than this is a flood
_LOOKS_MAX = 5_000
_LOOKS_A_BUFFER = 64
_EVERY_BUFFER = 8
_LOOKS_WHEN_FULL = 200
_DIGITS = bytes.maketrans(b"0123456789", b"##########")
# A code before a colon (ORA-00600:) names the error; all other numbers only tell one occurrence from another.
_VARIABLE = re2.compile(
    rb"\b[A-Z]{2,10}-?[0-9]{3,6}:"
    rb"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    rb"|\b0x[0-9a-fA-F]+\b|\b[0-9A-F]{8,}\b|\b[a-z0-9]{6,}\b|[0-9]+",
    byte_options(),
)
_STAMP = re2.compile(rb"^(?:[\[(]?#(?:[-:.,/+T]#)*Z?[\])]?[ ,:]*)+", byte_options())
_BAD = re2.compile(rb"\b(?:WARN|ERR|FATAL|SEVERE|CRITICAL|PANIC)", byte_options())
_FINE = re2.compile(rb"\b(?:INFO|DEBUG|TRACE|NOTICE)\b", byte_options())
_TRACEBACK = b"Traceback "
_CAUSES = (b"Caused by:", b"Exception", b"Error")


@dataclass(slots=True)
class _Kind:
    """One masked error: where it occurred (byte offset, line), the first ones, and how often in all."""

    places: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class ErrorBook:
    """The error events of one file; `full` when there were more of them than are told apart.

    `left`: how many more may be looked at; who takes events stops at 0 and sets `full`.
    """

    file: str
    encoding: str
    kinds_max: int
    full: bool = False
    left: int = _LOOKS_MAX
    _buffers: int = 0
    _kinds: dict[bytes, _Kind] = field(default_factory=dict)
    _masks: dict[bytes, bytes] = field(default_factory=dict)

    def begin_buffer(self) -> bool:
        """The next piece of the file; false when no error in it will be looked at.

        A flood of errors may have used up what may be looked at, but some pieces show others nevertheless.
        """
        self._buffers += 1
        if self.left <= 0 and len(self._kinds) < self.kinds_max and self._buffers % _EVERY_BUFFER == 0:
            self.left = _LOOKS_A_BUFFER
        return self.left > 0

    def take(self, event: bytes, offset: int, line: int) -> None:
        """Note one error event."""
        if self.left <= 0:
            self.full = True
            return
        self.left -= 1
        rough = event[:_LINE_BYTES].translate(_DIGITS)
        mask = self._masks.get(rough)
        if mask is None and len(self._kinds) < self.kinds_max and len(self._masks) < _MASKS_MAX:
            mask = self._masks[rough] = masked(event)
        if mask is None:
            self.full = True  # its kind may be known, but masking each of them to see costs too much
            return
        kind = self._kinds.get(mask)
        if kind is None:
            kind = self._kinds[mask] = _Kind()
            if len(self._kinds) >= self.kinds_max:
                self.left = min(self.left, _LOOKS_WHEN_FULL)  # no new kind is told: more looks only count
        kind.count += 1
        if len(kind.places) < _PLACES_MAX:
            kind.places.append((offset, line))

    def unexplained(self, claimed: Collection[int], redact: Redact) -> Iterator[ErrorEvent]:
        """The errors at none of the claimed byte offsets, in the order of the file."""
        for mask, kind in self._kinds.items():
            left = [line for offset, line in kind.places if offset not in claimed]
            explained = len(kind.places) - len(left)
            if not left or (explained and kind.count > _PLACES_MAX):
                continue  # a rule that stops after a thousand hits explains the rest of its kind too
            text = cut(redact(decoded(mask, self.encoding)), _TEXT_CHARS)
            yield ErrorEvent(self.file, left[0], text, kind.count - explained)


def masked(event: bytes) -> bytes:
    """The telling lines of an error event, without its stamp and with every number as `#`."""
    lines = event.split(b"\n")
    telling = [_beneath(lines) or lines[0]]
    for sign in _CAUSES:
        found = [line for line in lines[1:] if sign in line]
        if found and found[-1] not in telling:
            telling.append(found[-1])
    kept = [_hidden(line[:_LINE_BYTES]).strip() for line in telling[:_LINES]]
    kept[0] = _STAMP.sub(b"", kept[0])
    return b"\n".join(line for line in kept if line)


def _beneath(lines: list[bytes]) -> bytes | None:
    """The error below a first line that is none, else None: the last exception of Python, or the first error.

    What nobody caught, and what another program wrote into the same log, stands behind whatever line was
    logged last, and would be told as that line.
    """
    if _BAD.search(lines[0]) or (_has_word(lines[0]) and not lines[0].startswith(_TRACEBACK)):
        return None
    starts = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if starts:
        return next((line for line in lines[starts[-1] + 1 :] if line[:1].strip()), None)
    return next((line for line in lines[1:] if _has_word(line)), None) if _FINE.search(lines[0]) else None


def _has_word(line: bytes) -> bool:
    return any(word in line for word in ERROR_WORDS)


def _hidden(line: bytes) -> bytes:
    """A line with `#` for what varies; done by hand, since `sub` of re2 takes twice as long."""
    parts, done = [], 0
    for match in _VARIABLE.finditer(line):
        start, end = match.span()
        found = line[start:end]
        if found.endswith(b":") or (found.islower() and found.isalpha()):
            continue  # a code, or a plain word
        parts += [line[done:start], b"#"]
        done = end
    return b"".join([*parts, line[done:]])
