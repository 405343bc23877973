"""Cleans the text of one file and cuts it into chunks of whole lines, one line out for each line in."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

import re2

from hercules.logs.encodings import SAMPLE_BYTES
from hercules.logs.lines import begins
from hercules.logs.stamps import detect
from hercules.model import Limits

_ESCAPE = b"\x1b"
_ESCAPE_BYTES = 64
_PARAMETERS = bytes(range(0x30, 0x40))
_INTERMEDIATES = bytes(range(0x20, 0x30))
_CRI = re2.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2}) (?:stdout|stderr) [FP](?::\S*)? "
)
_TIME = re2.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,20}(?:Z|[+-][0-9]{2}:?[0-9]{2})")
_CRI_HEAD_BYTES = 80
_PROBE_LINES = 20
_BODIES = 200
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # whether there are stamps does not depend on it
_CACHED_BYTES = 256 << 10  # what fits the processor's cache is copied and searched a third faster

Unwrap = Callable[[bytes], bytes]


def chunks(blocks: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    """Clean chunks of about 256 KiB or `chunk_bytes`, each ending at a line's end but for the last.

    A line longer than a chunk and than an event is cut; the pieces follow each other without a newline.
    """
    plain = (without_ansi(whole) for whole in _lines(blocks, limits))
    sample, rest = peek(plain)
    unwrap = _wrapping(sample, limits)
    return map(unwrap, rest) if unwrap else rest


def peek(blocks: Iterator[bytes], most: int = SAMPLE_BYTES) -> tuple[bytes, Iterator[bytes]]:
    """The first `most` bytes (less when there are less), and all blocks as if they had not been looked at."""
    seen: list[bytes] = []
    size = 0
    for block in blocks:
        seen.append(block)
        size += len(block)
        if size >= most:
            break
    return b"".join(seen)[:most], chain(seen, blocks)


def _lines(blocks: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    """Blocks joined and cut at their last newline; what follows it is carried over."""
    wanted = min(limits.chunk_bytes, _CACHED_BYTES)
    forced = max(wanted, limits.event_bytes)
    parts: list[bytes] = []
    size, ends = 0, False
    for block in blocks:
        parts.append(block)
        size += len(block)
        last = block.rfind(b"\n") + 1
        ends = ends or last > 0
        if size < (wanted if ends else forced):
            continue
        if last:  # the usual case: joined with a single copy
            yield b"".join([*parts[:-1], memoryview(block)[:last]])
            parts = [block[last:]]
        else:
            text = b"".join(parts)
            cut = text.rfind(b"\n") + 1 or _forced_cut(text)
            if cut:
                yield text[:cut]
            parts = [text[cut:]]
        size, ends = len(parts[0]), False
    rest = b"".join(parts)
    if rest:
        yield rest


def _forced_cut(text: bytes) -> int:
    """The end of the text, or the place before an ANSI sequence or `\\r` that may go on in the next block."""
    if text.endswith(b"\r"):
        return len(text) - 1
    escape = text.rfind(_ESCAPE, max(0, len(text) - _ESCAPE_BYTES))
    return escape if escape >= 0 else len(text)


def without_ansi(text: bytes) -> bytes:
    """The text without terminal sequences: colours, cursor moves, window titles. Newlines always stay."""
    if _ESCAPE not in text:
        return text
    head, *rest = text.split(_ESCAPE)
    return head + b"".join(map(_after_escape, rest))


def _after_escape(text: bytes) -> bytes:
    """What follows ESC, without the sequence it began."""
    if text.startswith(b"["):
        rest = text[1:].lstrip(_PARAMETERS).lstrip(_INTERMEDIATES)
        return rest[1:] if rest[:1] and 0x40 <= rest[0] <= 0x7E else rest
    if text.startswith(b"]"):
        end, newline = text.find(b"\x07"), text.find(b"\n")
        if end >= 0 and (newline < 0 or end < newline):
            return text[end + 1 :]
        return text[newline:] if newline >= 0 else b""
    return text[1:] if text[:1] and 0x40 <= text[0] <= 0x5F else text


# --- lines that wrap another log's lines ------------------------------------------------------------


def _wrapping(sample: bytes, limits: Limits) -> Unwrap | None:
    """What unwraps the file's lines, told from its first ones: container runtimes write two such forms."""
    lines = [line for line in sample.split(b"\n", _PROBE_LINES)[:_PROBE_LINES] if line]
    kind: type[_Joiner]
    if lines and all(_CRI.match(line) for line in lines):
        kind = _Cri
    elif lines and all(line.startswith(b'{"log":') for line in lines):
        kind = _Docker
    else:
        return None
    bodies = kind(limits.event_bytes, stamped=False)(sample)
    return kind(limits.event_bytes, stamped=not _tells_times(bodies.split(b"\n")[:_BODIES]))


def _tells_times(bodies: list[bytes]) -> bool:
    """True when most of what a program wrote has stamps of its own that tell date and time."""
    found = detect(bodies, _ANY_DAY)
    begun = [line for line in bodies if begins(line)]
    return found is not None and found.dated and 2 * sum(map(found.starts, begun)) >= len(begun)


class _Joiner(ABC):
    """Joins the parts of long lines; each part but the last leaves an empty line, so line numbers hold.

    `stamped`: what begins an event gets the stamp that the runtime wrote, since the program wrote none.
    """

    def __init__(self, part_max_bytes: int, *, stamped: bool) -> None:
        self._held: dict[bytes, bytes] = {}
        self._max = part_max_bytes
        self._stamped = stamped

    def __call__(self, chunk: bytes) -> bytes:
        return b"\n".join([self._line(line) if line else line for line in chunk.split(b"\n")])

    @abstractmethod
    def _line(self, line: bytes) -> bytes:
        """What is shown in the place of a line."""

    def _joined(self, time: bytes, stream: bytes, body: bytes, partial: bool) -> bytes:
        text = self._held.pop(stream, b"") + body
        if partial and len(text) < self._max:
            self._held[stream] = text
            return b""
        return time + b" " + text if self._stamped and time and begins(text) else text


class _Cri(_Joiner):
    """Kubernetes: `TIME stdout F message`, `P` for a part of a message."""

    def _line(self, line: bytes) -> bytes:
        if not _CRI.match(line[:_CRI_HEAD_BYTES]):
            return line
        time, stream, tag, body = line.split(b" ", 3)
        return self._joined(time, stream, body, tag.startswith(b"P"))


class _Docker(_Joiner):
    """Docker: `{"log": "message\\n", "stream": "stdout", "time": TIME}`; no newline at its end: a part."""

    def _line(self, line: bytes) -> bytes:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return line  # the file's last line may be cut
        log = record.get("log") if isinstance(record, dict) else None
        if not isinstance(log, str):
            return line
        body = without_ansi(log.removesuffix("\n").replace("\n", " ").encode("utf-8", "replace"))
        time, stream = (str(record.get(key)).encode("utf-8", "replace") for key in ("time", "stream"))
        return self._joined(time if _TIME.fullmatch(time) else b"", stream, body, not log.endswith("\n"))
