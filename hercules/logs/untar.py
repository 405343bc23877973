"""Tar archives of the unpacking child: ustar, GNU long names and PAX headers, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hercules.logs.streams import Budget, Stream, shown

_LONG_HEADER_MAX = 64 << 10


@dataclass
class TarHeader:
    """One entry of a tar: a regular file, something refused, or neither (a folder)."""

    name: str
    size: int
    regular: bool
    refusal: str


def tar_headers(stream: Stream, budget: Budget) -> Iterator[TarHeader]:
    """The entries in order; the caller reads or skips each one's body. Raises at damage or a missing end."""
    longer: dict[str, str] = {}
    while True:
        block = stream.exactly(512)
        if not block.strip(b"\0"):
            return
        budget.member()
        size, kind = tar_size(block), block[156:157]
        if kind in b"LKxg":
            longer.update(tar_extension(kind, stream, size))
            continue
        yield tar_header(block, size, longer)
        longer = {}


def tar_size(block: bytes) -> int:
    if sum(block[:148]) + 256 + sum(block[156:]) != octal(block[148:156]):
        raise ValueError("a header's checksum is wrong")
    return octal(block[124:136])


def octal(field: bytes) -> int:
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if text.strip(b"01234567"):
        raise ValueError("a number is none")
    return int(text or b"0", 8)


def tar_extension(kind: bytes, stream: Stream, size: int) -> dict[str, str]:
    """What a header before the real one adds: GNU's long name or PAX records; global ones tell us nothing."""
    if size > _LONG_HEADER_MAX:
        raise ValueError("an extension header is too long")
    body = stream.exactly(size + -size % 512)[:size]
    if kind == b"L":
        return {"path": shown(body.rstrip(b"\0"))}
    return pax(body) if kind == b"x" else {}


def pax(body: bytes) -> dict[str, str]:
    records: dict[str, str] = {}
    while body:
        digits, _, _ = body.partition(b" ")
        if not digits.isdigit() or not len(digits) < int(digits) <= len(body):
            raise ValueError("a PAX record is broken")
        key, _, value = body[len(digits) + 1 : int(digits)].removesuffix(b"\n").partition(b"=")
        records[shown(key)] = shown(value)
        body = body[int(digits) :]
    return records


def tar_header(block: bytes, size: int, longer: dict[str, str]) -> TarHeader:
    name = block[:100].rstrip(b"\0").partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    label = longer.get("path") or shown(prefix + b"/" + name if prefix else name)
    kind = block[156:157]
    if "size" in longer and kind in b"0\0" + b"7":
        size = int(longer["size"]) if longer["size"].isdecimal() else -1
    if not 0 <= size < 1 << 62:
        raise ValueError("a size is impossible")
    sparse = kind == b"S" or any(key.startswith("GNU.sparse") for key in longer)
    if kind in b"12":
        return TarHeader(label, 0, False, "link")
    if sparse or kind in b"346":
        return TarHeader(label, size if sparse else 0, False, "unknown-type")
    return TarHeader(label, size, kind in b"0\0" + b"7" and not label.endswith("/"), "")
