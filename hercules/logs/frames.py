"""Reads the frames of the unpacking child and trusts none: type, length, order and sizes are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import get_args

from hercules.model import HerculesError, Limits, NotScanned, NotScannedReason

FRAME_MAX_BYTES = 256 << 10
_HEADER_BYTES = 5
_KINDS = b"MDESZ"
_PART_MAX_BYTES = 255

Why = tuple[NotScannedReason, str]
"""A reason and a sentence for a person."""

Frames = Generator[tuple[bytes, bytes], None, None]
"""Pairs of a type byte and a payload."""


class BrokenFrames(HerculesError):
    """The child wrote something that is no frame, or a frame that cannot stand there."""


class Budget:
    """What one ticket's files may still cost; `clock` gives seconds that only ever rise."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.bytes = 0
        self.members = 0
        self._clock = clock
        self.deadline_s = clock() + limits.wall_s

    @property
    def left_s(self) -> float:
        """Seconds until the wall limit, never below 0."""
        return max(0.0, self.deadline_s - self._clock())

    def spend(self, size_bytes: int) -> Why | None:
        """Counts bytes that were read; the limit they broke, if any."""
        self.bytes += size_bytes
        return self.spent()

    def exhaust(self) -> None:
        """Leaves no room for more bytes: those that broke the limit were not handed on."""
        self.bytes = max(self.bytes, self.limits.expanded_max_bytes + 1)

    def spent(self) -> Why | None:
        """The limit that leaves no room for more, if any."""
        if self.bytes > self.limits.expanded_max_bytes:
            return why("size", self.limits.expanded_max_bytes, self.limits)
        if self.members > self.limits.members_max:
            return why("members", self.bytes, self.limits)
        if not self.left_s:
            return why("time", self.bytes, self.limits)
        return None


@dataclass(slots=True)
class Member:
    """A file to read: its raw bytes, and after them why they stopped before their end, if they did."""

    name: str
    blocks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    stop: Why | None = None


def why(reason: NotScannedReason, read_bytes: int, limits: Limits) -> Why:
    """The sentence for a limit that was hit after so many bytes."""
    read = f"read {in_words(read_bytes)}"
    sentences: dict[NotScannedReason, str] = {
        "size": f"{read}: size limit",
        "ratio": f"{read}: it grows more than {limits.ratio_max}-fold, ratio limit",
        "members": f"more than {limits.members_max:,} members: members limit",
        "depth": f"an archive more than {limits.depth_max} deep is not opened: depth limit",
        "time": f"{read} within {limits.wall_s:g} s: time limit",
        "memory": f"{read}: needs more memory than allowed to unpack",
        "crash": f"{read}: the unpacker ended unexpectedly",
        "corrupt": f"{read}: the archive is damaged or cut here",
        "encrypted": "encrypted, so it was not read",
        "link": "a link, so there is nothing to read",
        "empty": "an archive without members",
        "unknown-type": "packed in a way that is not opened",
    }
    return reason, sentences.get(reason, read)


def in_words(size_bytes: int) -> str:
    """A size as people write it: `1.0 GiB`."""
    size, unit = float(size_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def frames(blocks: Iterable[bytes]) -> Frames:
    """Frames out of raw bytes; raises BrokenFrames. Bytes that end within a frame just end."""
    held = bytearray()
    for block in blocks:
        held += block
        at = 0
        while len(held) - at >= _HEADER_BYTES:
            size = int.from_bytes(held[at + 1 : at + _HEADER_BYTES], "big")
            if held[at] not in _KINDS or size > FRAME_MAX_BYTES:
                raise BrokenFrames("the unpacker wrote something that is no frame")
            end = at + _HEADER_BYTES + size
            if end > len(held):
                break
            with memoryview(held) as view:  # a slice of the array itself would be one more copy
                kind, payload = bytes(view[at : at + 1]), bytes(view[at + _HEADER_BYTES : end])
            yield kind, payload
            at = end
        del held[:at]


def members(
    name: str, told: Frames, budget: Budget, ended: Callable[[], Why]
) -> Iterator[Member | NotScanned]:
    """The members of one archive, each to be read before the next; `ended` tells why frames stopped early."""
    over = False
    try:
        for kind, payload in told:
            over = kind == b"Z"
            if over:
                yield from _rest(name, payload, budget)
                return
            budget.members += 1
            if budget.spent():
                break
            if kind == b"S":
                reason = _reason(_record(payload).get("reason"))
                yield NotScanned(_name(payload, budget.limits), *why(reason or "corrupt", 0, budget.limits))
            else:
                yield from _one(kind, payload, told, budget, ended)
    except BrokenFrames as broken:
        yield NotScanned(name, "crash", str(broken))
        return
    if not over:
        yield NotScanned(name, *(budget.spent() or ended()))


def _rest(name: str, payload: bytes, budget: Budget) -> Iterator[NotScanned]:
    reason = _reason(_record(payload).get("stopped"))
    if reason is not None:
        found, sentence = why(reason, budget.bytes, budget.limits)
        yield NotScanned(name, found, f"{sentence}; the rest of the archive was not read")
        if reason == "size":  # the child was told what is left for the ticket, and it is gone
            budget.exhaust()


def _one(
    kind: bytes, payload: bytes, told: Frames, budget: Budget, ended: Callable[[], Why]
) -> Iterator[Member]:
    if kind != b"M":
        raise BrokenFrames("the unpacker wrote a frame that cannot stand there")
    member = Member(_name(payload, budget.limits))
    member.blocks = _data(member, told, budget, ended)
    yield member
    for _ in member.blocks:
        pass  # what the reader left: the next member begins behind it


def _data(member: Member, told: Frames, budget: Budget, ended: Callable[[], Why]) -> Iterator[bytes]:
    """The member's bytes; whatever the child does, they just end, and `member.stop` tells why."""
    size = 0
    try:
        for kind, payload in told:
            if kind == b"E":
                reason = _reason(_record(payload).get("stopped"))
                member.stop = why(reason, size, budget.limits) if reason else None
                return
            if kind != b"D":
                raise BrokenFrames("the unpacker wrote a frame that cannot stand there")
            size += len(payload)
            member.stop = budget.spend(len(payload))
            if member.stop is not None:
                return
            yield payload
        member.stop = ended()
    except BrokenFrames as broken:
        told.close()
        member.stop = ("crash", str(broken))


def _record(payload: bytes) -> dict[str, object]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BrokenFrames("the unpacker wrote a frame that cannot be read") from error
    if not isinstance(found, dict):
        raise BrokenFrames("the unpacker wrote a frame that cannot be read")
    return found


def _reason(found: object) -> NotScannedReason | None:
    """A reason of the closed list; anything else that is not null counts as a crash."""
    if found is None:
        return None
    for reason in get_args(NotScannedReason):
        if reason == found:
            return reason  # type: ignore[no-any-return]  # get_args is untyped, the list is ours
    return "crash"


# --- names ------------------------------------------------------------------------------------------


def _name(payload: bytes, limits: Limits) -> str:
    names = _record(payload).get("names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise BrokenFrames("the unpacker wrote a member without a name")
    return shown_name(names, limits.name_max_bytes)


def shown_name(names: Iterable[str], max_bytes: int) -> str:
    """`outer.zip!folder/inner.log`, harmless to show: no control or bidi characters, parts and whole cut.

    What is cut keeps its end (it tells the kind of file) and a hash, so that two long names stay two.
    """
    parts = ("/".join(_cut(_visible(part), _PART_MAX_BYTES) for part in name.split("/")) for name in names)
    return _cut("!".join(parts), max_bytes)


def _visible(text: str) -> str:
    """Characters that do not show, or change how others show, as `\\uXXXX`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _cut(text: str, max_bytes: int) -> str:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= max_bytes:
        return raw.decode()
    half = max_bytes // 2 - 6
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return f"{raw[:half].decode('utf-8', 'ignore')}~{digest}~{raw[-half:].decode('utf-8', 'ignore')}"
