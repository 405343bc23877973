"""Zip archives of the unpacking child: the directory is checked before any entry is read."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hercules.logs.streams import (
    XZ_MEMORY,
    Budget,
    Decompressor,
    Expanded,
    Slice,
    Stop,
    Stream,
    Summed,
    Zlib,
    kind_of,
    shown,
)


@dataclass
class Entry:
    """One entry of a zip's directory; `end` is where the next one begins, at the latest."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    end: int = 0

    def refusal(self) -> str:
        if stat.S_ISLNK(self.mode):
            return "link"
        if self.flags & 0x2041:
            return "encrypted"
        return "" if self.method in (0, 8, 12, 14) else "unknown-type"

    def stream(self, base: Slice, budget: Budget) -> Stream:
        """The entry's bytes. Of the sizes only the packed one counts, and only if it overlaps nothing."""
        magic, name, extra = struct.unpack("<4s22x2H", base.at(self.offset, 30))
        start = self.offset + 30 + name + extra
        if magic != b"PK\x03\x04" or start + self.packed > self.end:
            raise ValueError("entries overlap")
        packed = base.part(start, self.packed)
        if self.method == 0:
            return packed if kind_of(packed.peek()) == "zip" else Summed(packed, self.crc)
        return Summed(Expanded(packed, self._maker(packed), budget), self.crc)

    def _maker(self, packed: Slice) -> Callable[[], Decompressor]:
        if self.method == 8:
            return lambda: Zlib(-15)
        if self.method == 12:
            return bz2.BZ2Decompressor
        properties = packed.exactly(9)[4:]
        size = b"\xff" * 8 if self.flags & 2 else struct.pack("<Q", self.size)
        return lambda: lzma_alone(properties + size)


def lzma_alone(header: bytes) -> lzma.LZMADecompressor:
    """zip's lzma is the old .lzma format with another header."""
    made = lzma.LZMADecompressor(lzma.FORMAT_ALONE, XZ_MEMORY)
    made.decompress(header)
    return made


def directory(base: Slice, members_max: int) -> list[Entry]:
    """The entries in order of their place; too many, overlapping or unreadable ones refuse the whole."""
    end, count, size, offset = end_record(base)
    if count > members_max:
        raise Stop("members")
    shift = end - size - offset  # bytes before the archive's own first byte
    entries: list[Entry] = []
    at = end - size
    while at < end:
        if len(entries) >= members_max:
            raise Stop("members")
        entry, at = directory_entry(base, at)
        entry.offset += shift
        entries.append(entry)
    entries.sort(key=lambda entry: entry.offset)
    for entry, following in zip(entries, [*(e.offset for e in entries[1:]), end - size], strict=False):
        entry.end = following
        if entry.offset + 30 + entry.packed > following:
            raise ValueError("entries overlap")
    return entries


def end_record(base: Slice) -> tuple[int, int, int, int]:
    """Where the directory ends, its number of entries, its size and its offset."""
    tail_at = max(0, base.size - 65_557)
    tail = base.at(tail_at, base.size - tail_at)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0:
        raise ValueError("no end of directory")
    count, size, offset = struct.unpack("<10xH2L2x", tail[found : found + 22])
    end = tail_at + found
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        locator = base.at(end - 20, 20) if end >= 20 else b""
        if locator.startswith(b"PK\x06\x07"):
            end = end - 20 - 56
            record = base.at(end, 56)
            if record.startswith(b"PK\x06\x06"):
                count, size, offset = struct.unpack("<32x3Q", record)
    if size > end:
        raise ValueError("the directory is cut")
    if not size:
        raise Stop("empty")
    return end, count, size, offset


def directory_entry(base: Slice, at: int) -> tuple[Entry, int]:
    fixed = base.at(at, 46)
    magic, flags, method, crc, packed, size, name, extra, comment, mode, offset = struct.unpack(
        "<4s4x2H4x3L3H6xHL", fixed
    )
    if magic != b"PK\x01\x02":
        raise ValueError("the directory is broken")
    raw = base.at(at + 46, name + extra)
    packed, size, offset = wide_sizes(raw[name:], packed, size, offset)
    label = shown(raw[:name])
    return Entry(label, flags, method, crc, packed, size, offset, mode), at + 46 + name + extra + comment


def wide_sizes(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """The three numbers, each taken from the zip64 field where the short one is full."""
    wide: Iterator[int] = iter(())
    while len(extra) >= 4:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == 1:
            length -= length % 8
            wide = iter(struct.unpack(f"<{length // 8}Q", extra[4 : 4 + length]))
            break
        extra = extra[4 + length :]
    full = 0xFFFFFFFF
    size = next(wide, size) if size == full else size
    packed = next(wide, packed) if packed == full else packed
    offset = next(wide, offset) if offset == full else offset
    return packed, size, offset
