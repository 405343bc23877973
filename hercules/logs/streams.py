"""Streams of the unpacking child: files, decompressors and parts of them, read within one budget."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

BLOCK = 256 << 10
_PACKED_BYTES = 64 << 10
XZ_MEMORY = 100 << 20
ERRORS = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RecursionError,
    RuntimeError,
    MemoryError,
)
"""What damaged or hostile archives raise; each ends a member or an archive, never the walk."""

_HEAD = 512


class Stop(Exception):
    """A limit was hit; `whole`: for everything that is left, not only for this member."""

    def __init__(self, reason: str, *, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole = whole


@dataclass
class Budget:
    """What is left for the whole tree: bytes come out of decompressors and files, members are all entries."""

    expanded: int
    members: int
    nested: int
    member_max: int
    ratio_max: int
    ratio_after: int
    depth_max: int

    def spend(self, size: int) -> None:
        self.expanded -= size
        if self.expanded < 0:
            raise Stop("size", whole=True)

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise Stop("members", whole=True)


# --- streams that can be looked into ------------------------------------------------------


class Stream(ABC):
    """Bytes read forward; `fill` gives the next 1 to n bytes, none at the end."""

    def __init__(self) -> None:
        self._ahead = b""

    @abstractmethod
    def fill(self, n: int) -> bytes:
        """The next 1 to n bytes, none at the end."""

    def peek(self) -> bytes:
        """The first 512 bytes. Damage behind some good bytes is left for `read` to meet."""
        try:
            while len(self._ahead) < _HEAD and (more := self.fill(_HEAD - len(self._ahead))):
                self._ahead += more
        except (*ERRORS, Stop):
            if not self._ahead:
                raise
        return self._ahead

    def read(self, n: int) -> bytes:
        if self._ahead:
            out, self._ahead = self._ahead[:n], self._ahead[n:]
            return out
        return self.fill(n)

    def exactly(self, n: int) -> bytes:
        parts = []
        while n > 0 and (part := self.read(min(n, BLOCK))):
            parts.append(part)
            n -= len(part)
        if n > 0:
            raise EOFError("the archive ends early")
        return b"".join(parts)

    def skip(self, n: int) -> None:
        while n > 0:
            part = self.read(min(n, BLOCK))
            if not part:
                raise EOFError("the archive ends early")
            n -= len(part)


class Slice(Stream):
    """A stretch of something that can be read at any place: a file, or an archive held in memory."""

    def __init__(self, pread: Callable[[int, int], bytes], start: int, size: int, budget: Budget) -> None:
        super().__init__()
        self._pread, self._start, self.size, self._budget = pread, start, size, budget
        self._at = 0

    def at(self, offset: int, n: int) -> bytes:
        """Exactly n bytes at an offset, whatever was read before."""
        data = self._pread(self._start + offset, n) if 0 <= offset <= self.size - n else b""
        if len(data) < n:
            raise EOFError("the archive ends early")
        return data

    def part(self, offset: int, size: int) -> Slice:
        return Slice(self._pread, self._start + offset, size, self._budget)

    def fill(self, n: int) -> bytes:
        n = min(n, self.size - self._at)
        data = self._pread(self._start + self._at, n) if n > 0 else b""
        self._at += len(data)
        self._budget.spend(len(data))
        return data

    def skip(self, n: int) -> None:
        jump = max(0, n - len(self._ahead))
        self._ahead = self._ahead[n:]
        self._at += jump
        if self._at > self.size:
            raise EOFError("the archive ends early")


class Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Zlib:
    """zlib's object with the manners of those of bz2 and lzma: it keeps its unread input itself."""

    def __init__(self, wbits: int) -> None:
        self._object = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


class Expanded(Stream):
    """What a decompressor makes of another stream; `magic` begins each further part of the file."""

    def __init__(
        self, stream: Stream, make: Callable[[], Decompressor], budget: Budget, magic: bytes = b""
    ) -> None:
        super().__init__()
        self._stream, self._make, self._budget, self._magic = stream, make, budget, magic
        self._object: Decompressor | None = make()
        self._input = b""
        self._in = self._out = 0
        self._failed: Exception | None = None

    def fill(self, n: int) -> bytes:
        if self._failed is not None:
            raise self._failed
        try:
            return self._more(n)
        except (*ERRORS, Stop) as failed:
            self._failed = failed  # whoever reads on learns the same
            raise

    def _more(self, n: int) -> bytes:
        while self._object is not None:
            hungry = self._object.needs_input and not self._input
            data, self._input = self._feed() if hungry else self._input, b""
            out = self._object.decompress(data, n)
            if self._object.eof:
                self._object = self._following(self._object.unused_data)
            elif hungry and not data and not out:
                raise EOFError("the compressed data ends early")
            if out:
                return self._counted(out)
        return b""

    def _feed(self) -> bytes:
        data = self._stream.read(_PACKED_BYTES)
        self._in += len(data)
        return data

    def _following(self, rest: bytes) -> Decompressor | None:
        """A new object when another stream follows; padding and other trailing bytes end the file."""
        while self._magic and len(rest) < len(self._magic) and (more := self._feed()):
            rest += more
        self._input = rest
        return self._make() if self._magic and rest.startswith(self._magic) else None

    def _counted(self, out: bytes) -> bytes:
        self._out += len(out)
        self._budget.spend(len(out))
        if self._out > self._budget.ratio_after and self._out > self._budget.ratio_max * self._in:
            raise Stop("ratio")
        return out


class Limited(Stream):
    """The next `size` bytes of another stream."""

    def __init__(self, stream: Stream, size: int) -> None:
        super().__init__()
        self._stream, self.left = stream, size

    def fill(self, n: int) -> bytes:
        if not self.left:
            return b""
        data = self._stream.read(min(n, self.left))
        if not data:
            raise EOFError("the archive ends early")
        self.left -= len(data)
        return data


class Summed(Stream):
    """A stream whose bytes must have this CRC-32 when it ends."""

    def __init__(self, stream: Stream, crc: int) -> None:
        super().__init__()
        self._stream, self._want, self._crc = stream, crc, 0

    def fill(self, n: int) -> bytes:
        data = self._stream.read(n)
        self._crc = zlib.crc32(data, self._crc)
        if not data and self._crc != self._want:
            raise ValueError("the checksum is wrong")
        return data


# --- kinds -----------------------------------------------------------------------------------------


def kind_of(head: bytes) -> str:
    """The kind of archive by its magic bytes, '' for none."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return "tar" if head[257:262] == b"ustar" else ""


def expanded(kind: str, stream: Stream, budget: Budget) -> Expanded:
    if kind == "gzip":
        return Expanded(stream, lambda: Zlib(31), budget, b"\x1f\x8b")
    if kind == "bzip2":
        return Expanded(stream, bz2.BZ2Decompressor, budget, b"BZh")
    return Expanded(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY), budget, b"\xfd7zXZ\x00")


def shown(raw: bytes) -> str:
    """A member's name for showing: UTF-8, else cp437; never a path to anything."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp437")
