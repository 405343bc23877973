"""Tells text from binary by a file's first 64 KiB, names its encoding, turns UTF-16 and UTF-32 into UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from charset_normalizer import from_bytes

from hercules.model import NotScannedReason

SAMPLE_BYTES = 64 << 10

_BOMS = (  # the longer ones first: UTF-32 LE begins like UTF-16 LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16", "utf-32")
_CONTROLS = bytes({*range(32), 0x7F} - set(b"\t\n\r\x1b"))
_BINARY_SHARE = 0.10
_NUL_SHARE = 0.30
_GUESS_BYTES = 8 << 10
_CLEAR_CHAOS = 0.10

# What logs are written in; among all that there are, a short text looks like many a rare one.
_LIKELY = (
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp866", "cp850", "cp1253"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)

# What begins like this is no log, however few control bytes it holds.
_ARCHIVES = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
    b"LZIP",
    b"MSCF\x00",
    b"\x04\x22\x4d\x18",
)
_BINARIES = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"SQLite format 3\x00",
    b"JAVA PROFILE 1.",
    b"\xd0\xcf\x11\xe0",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a sample tells: the encoding and how many bytes its mark takes, or why the file is not read."""

    encoding: str = ""
    mark_bytes: int = 0
    reason: NotScannedReason | None = None
    detail: str = ""


def sniff(sample: bytes, *, complete: bool) -> Found:
    """What the first 64 KiB of a file are; `complete` when they are all of it."""
    if sample.startswith(_ARCHIVES):
        return Found(reason="unknown-type", detail="an archive of a kind that is not opened")
    if sample.startswith(_BINARIES):
        return Found(reason="binary", detail="the file is no text")
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return _checked(sample, Found(encoding, len(mark)))
    wide = _wide_by_nuls(sample)
    if wide:
        return _checked(sample, Found(wide))
    if _binary(sample):
        return Found(reason="binary", detail="more than a tenth of it is NUL and control bytes")
    return Found(_narrow(sample, complete))


def _checked(sample: bytes, found: Found) -> Found:
    """A file that says it is UTF-16 or UTF-32 must also read like it."""
    if not found.encoding.startswith(_WIDE):
        return found if not _binary(sample) else Found(reason="binary", detail="the file is no text")
    text = sample[found.mark_bytes :].decode(found.encoding, "replace")
    if text.count("\ufffd") > len(text) * _BINARY_SHARE:
        return Found(reason="unreadable-encoding", detail=f"begins like {found.encoding} but is not")
    if _binary(text.encode("utf-8", "replace")):
        return Found(reason="binary", detail="the file is no text")
    return found


def _wide_by_nuls(sample: bytes) -> str:
    """UTF-16 without a mark: the NULs of its ASCII letters stand at odd or at even places only."""
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if odd > _NUL_SHARE and even < _BINARY_SHARE:
        return "utf-16-le"
    if even > _NUL_SHARE and odd < _BINARY_SHARE:
        return "utf-16-be"
    return ""


def _binary(sample: bytes) -> bool:
    return len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) * _BINARY_SHARE


def _narrow(sample: bytes, complete: bool) -> str:
    """utf-8 when it is valid so far, else what the text's statistics clearly say, else latin-1."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, complete)
    except UnicodeDecodeError:
        return _guess(sample)
    return "utf-8"


def _guess(sample: bytes) -> str:
    """The encoding of the lines that are not ASCII; wide ones are left out, they would have shown NULs."""
    lines = b"\n".join(line for line in sample.split(b"\n") if not line.isascii())[:_GUESS_BYTES]
    found = list(from_bytes(lines, steps=4, chunk_size=256, cp_isolation=list(_LIKELY)))
    if not found or found[0].chaos > _CLEAR_CHAOS:
        return "latin-1"
    best = found[0].chaos, -found[0].coherence
    alike = [one.encoding for one in found if (one.chaos, -one.coherence) == best]
    return min(alike, key=_LIKELY.index).replace("_", "-")


def utf8(blocks: Iterable[bytes], found: Found) -> Iterator[bytes]:
    """The same text without its mark; UTF-16 and UTF-32 as UTF-8, all else byte for byte."""
    skip = found.mark_bytes
    decoder = None
    if found.encoding.startswith(_WIDE):
        decoder = codecs.getincrementaldecoder(found.encoding)("replace")
    for block in blocks:
        rest, skip = block[skip:], max(skip - len(block), 0)
        text = decoder.decode(rest).encode("utf-8", "replace") if decoder else rest
        if text:
            yield text
    last = decoder.decode(b"", True).encode("utf-8", "replace") if decoder else b""
    if last:
        yield last
