"""Builds archives, honest and hostile, in memory."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, LogFile, NotScanned, Part

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
LOG = b"".join(b"2026-01-01 00:%02d:%02d INFO line %d\n" % (i // 60, i % 60, i) for i in range(900))
LIMITS = replace(Limits(), wall_s=20.0)

Files = Iterable[tuple[str, bytes]]


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: Files, compression: str = "", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}", format=form) as archive:  # type: ignore[call-overload]  # the mode is put together
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_of(*infos: tarfile.TarInfo, then: Files = ()) -> bytes:
    """Entries without a body, such as links, then ordinary files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info in infos:
            archive.addfile(info)
        for name, data in then:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def overlapping_zip(entries: int) -> bytes:
    """A zip whose entries all name the same bytes."""
    data = LOG * 10
    packed = zlib.compress(data, 9)[2:-4]
    crc = zlib.crc32(data)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(packed), len(data), 1, 0)
    body = local + b"a" + packed
    fields = (b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(packed), len(data), 1, 0, 0, 0, 0, 0, 0)
    directory = (struct.pack("<4s6H3L5H2L", *fields) + b"a") * entries
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), len(body), 0)
    return body + directory + end


def patched(data: bytes, magic: bytes, at: int, value: bytes) -> bytes:
    """Bytes written over at an offset behind every place where `magic` stands."""
    out = bytearray(data)
    place = out.find(magic)
    while place >= 0:
        out[place + at : place + at + len(value)] = value
        place = out.find(magic, place + 4)
    return bytes(out)


def opened(
    *parts: tuple[str, bytes], limits: Limits = LIMITS
) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """What was read, name to text, and what was not, name and reason."""
    read: dict[str, bytes] = {}
    refused: list[tuple[str, str]] = []
    for item in open_bundle([Part(name, data=data) for name, data in parts], limits, AS_OF):
        if isinstance(item, LogFile):
            assert item.name not in read
            read[item.name] = b"".join(item.chunks)
        else:
            assert isinstance(item, NotScanned)
            assert item.detail
            refused.append((item.name, item.reason))
    return read, refused
