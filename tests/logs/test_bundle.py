"""Honest attachments open whole, by magic bytes alone, and text comes out clean."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import random
import tarfile
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.logs import clean
from hercules.logs.bundle import open_bundle, text_file
from hercules.logs.lines import events
from hercules.model import Limits, LogFile, NotScanned, Part

from .archives import AS_OF, LIMITS, LOG, opened, tarred, zipped

LONG_NAME = "b!" + "p" * 90 + "/" + "n" * 90
DEEP_NAME = "b.zip!n.tgz!i.zip!a"
OTHER = b"2026-01-02 00:00:00 WARN other\n"


def first(name: str, data: bytes, limits: Limits = LIMITS) -> LogFile:
    """The only file of an attachment, its chunks read already."""
    [file] = [held(item) for item in open_bundle([Part(name, data=data)], limits, AS_OF)]
    return file


def held(item: LogFile | NotScanned) -> LogFile:
    assert isinstance(item, LogFile)
    item.chunks = iter(list(item.chunks))
    return item


@pytest.mark.parametrize(
    ("name", "data", "inner"),
    [
        ("a.log", LOG, "a.log"),
        ("no-suffix", gzip.compress(LOG), "no-suffix!no-suffix"),
        ("a.log.gz", gzip.compress(LOG), "a.log.gz!a.log"),
        ("a.log.gz", gzip.compress(LOG[:700]) + gzip.compress(LOG[700:]) + bytes(50), "a.log.gz!a.log"),
        ("a.log.bz2", bz2.compress(LOG), "a.log.bz2!a.log"),
        ("a.log.xz", lzma.compress(LOG), "a.log.xz!a.log"),
        ("b.zip", zipped([("logs/a.log", LOG)]), "b.zip!logs/a.log"),
        ("b.zip", zipped([("a.log", LOG)], zipfile.ZIP_STORED), "b.zip!a.log"),
        ("b.zip", zipped([("a.log", LOG)], zipfile.ZIP_BZIP2), "b.zip!a.log"),
        ("b.zip", zipped([("a.log", LOG)], zipfile.ZIP_LZMA), "b.zip!a.log"),
        ("b.tar", tarred([("a.log", LOG)]), "b.tar!a.log"),
        ("b.tgz", tarred([("x/a.log", LOG)], "gz"), "b.tgz!x/a.log"),
        ("b.tar.bz2", tarred([("a.log", LOG)], "bz2"), "b.tar.bz2!a.log"),
        ("b.tar.xz", tarred([("a.log", LOG)], "xz"), "b.tar.xz!a.log"),
        ("b", tarred([("n" * 150, LOG)], form=tarfile.GNU_FORMAT), "b!" + "n" * 150),
        ("b", tarred([("ö" * 90 + "/" + "n" * 120, LOG)]), "b!" + "ö" * 90 + "/" + "n" * 120),
        ("b", tarred([("p" * 90 + "/" + "n" * 90, LOG)], form=tarfile.USTAR_FORMAT), LONG_NAME),
        ("b.zip", zipped([("n.tgz", tarred([("i.zip", zipped([("a", LOG)]))], "gz"))]), DEEP_NAME),
        ("b.zip", zipped([("n.zip", zipped([("a", LOG)]))], zipfile.ZIP_STORED), "b.zip!n.zip!a"),
        ("b.zip", zipped([("a.log.1.gz", gzip.compress(LOG))]), "b.zip!a.log.1.gz!a.log.1"),
    ],
)  # fmt: skip
def test_a_good_file_is_read_whole(name: str, data: bytes, inner: str) -> None:
    assert opened((name, data)) == ({inner: LOG}, [])


def test_every_member_of_every_part_comes_in_order() -> None:
    bundle = zipped([("one.log", LOG), ("d/", b""), ("two.log", OTHER), ("empty.log", b"")])
    read, refused = opened(("b.zip", bundle), ("a.log", LOG), ("c.tar", tarred([("x", OTHER)])))
    assert list(read.items()) == [
        ("b.zip!one.log", LOG),
        ("b.zip!two.log", OTHER),
        ("a.log", LOG),
        ("c.tar!x", OTHER),
    ]
    assert refused == [("b.zip!empty.log", "empty")]


def test_a_stored_file_is_read_in_place(tmp_path: Path) -> None:
    stored = tmp_path / "x"
    stored.write_bytes(LOG)
    [item] = map(held, open_bundle([Part("a.log", path=stored)], LIMITS, AS_OF))
    assert (item.name, item.encoding, item.shape.stamped) == ("a.log", "utf-8", True)
    assert b"".join(item.chunks) == LOG


def test_a_member_that_is_not_read_to_its_end_does_not_disturb_the_next() -> None:
    bundle = zipped([("one.log", LOG * 200), ("two.log", OTHER)])
    names = [item.name for item in open_bundle([Part("b.zip", data=bundle)], LIMITS, AS_OF)]
    assert names == ["b.zip!one.log", "b.zip!two.log"]


def test_large_members_arrive_whole_in_chunks_of_whole_lines() -> None:
    data = LOG * 100
    for file in (first("a.log", data), first("a.gz", gzip.compress(data))):
        chunks = list(file.chunks)
        assert b"".join(chunks) == data
        assert len(chunks) > 2
        assert all(chunk.endswith(b"\n") and len(chunk) <= LIMITS.chunk_bytes + 65_536 for chunk in chunks)


# --- encodings -------------------------------------------------------------------------------------

TEXT = LOG.decode() + "2026-01-01 01:00:00 ERROR größer 日本 \N{GRINNING FACE}\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32-le"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "utf-32-be"),
    ],
)
def test_every_unicode_encoding_gives_the_same_events(data: bytes, encoding: str) -> None:
    file = first("a.log", data)
    expected = list(events([TEXT.encode()], file.shape, LIMITS))
    assert file.encoding == encoding
    assert list(events(file.chunks, file.shape, LIMITS)) == expected
    assert expected[-1][1].endswith("größer 日本 \N{GRINNING FACE}".encode())


def test_utf16_without_a_mark_is_carried_over_chunk_edges() -> None:
    data = TEXT.encode("utf-16-le") * 20
    small = replace(LIMITS, chunk_bytes=70_001)
    assert b"".join(first("a.log", data, small).chunks) == (TEXT * 20).encode()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe — ü: voll", "cp1252"),
        ("Größe - ü: voll", "latin-1"),
        ("Échec de la connexion à la base de données", "latin-1"),
        ("Não foi possível abrir a ligação à base de dados", "latin-1"),
        ("Åtkomst nekad för användare", "latin-1"),
        ("Größe überschritten", "cp850"),
        ("Ошибка подключения к базе данных", "cp1251"),
        ("Ошибка подключения к базе данных", "koi8-r"),
        ("Αποτυχία σύνδεσης στη βάση δεδομένων", "cp1253"),
        ("データベースへの接続が拒否されました", "shift_jis"),
        ("データベースへの接続が拒否されました", "euc-jp"),
    ],
)
@pytest.mark.parametrize("lines", [1, 3, 20])
def test_a_few_words_in_an_old_encoding_are_shown_as_they_were(text: str, encoding: str, lines: int) -> None:
    data = f"2026-01-01 00:00:00 ERROR {text}\n".encode(encoding) * lines
    assert text in data.decode(first("a.log", data).encoding)


def test_old_encodings_are_read_byte_for_byte() -> None:
    data = (
        "2026-01-01 00:00:00 Fehler: Datei größer als möglich, Prüfung übersprungen\n".encode("cp1252") * 50
    )
    file = first("a.log", data)
    assert b"".join(file.chunks) == data
    assert "größer" in data.decode(file.encoding)


def test_a_multibyte_character_at_the_sample_edge_is_still_utf8() -> None:
    assert first("a.log", b"x" * 65_535 + "é\n".encode() * 9).encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (random.Random(1).randbytes(70_000), "binary"),
        (bytes(5_000), "binary"),
        (b"\x7fELF plain enough otherwise", "binary"),
        (b"%PDF-1.7 plain enough otherwise", "binary"),
        (b"7z\xbc\xaf\x27\x1c....", "unknown-type"),
        (b"\x28\xb5\x2f\xfd....", "unknown-type"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8" * 400, "unreadable-encoding"),
        (b"", "empty"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, reason: str) -> None:
    assert opened(("a.log", data)) == ({}, [("a.log", reason)])
    assert opened(("b.zip", zipped([("a.log", data)]))) == ({}, [("b.zip!a.log", reason)])


def test_a_few_nuls_do_not_make_a_log_binary() -> None:
    data = LOG + bytes(500) + LOG
    assert opened(("a.log", data)) == ({"a.log": data}, [])


# --- cleaning --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x1b[31mred\x1b[0m 12", b"red 12"),
        (b"\x1b[38;5;12;1mx\x1b[m", b"x"),
        (b"\x1b]0;title\x07x\x1b]8;;http://a\x1b\\link", b"xlink"),
        (b"a\x1b[2Kb\x1b[1;1Hc", b"abc"),
        (b"\x1b]never ends\nnext", b"\nnext"),
        (b"\x1b[31\nnext", b"\nnext"),
        (b"x\x1b", b"x"),
        (b"\x1bMx\x1b(", b"x("),
    ],
)
def test_terminal_sequences_go_and_newlines_stay(raw: bytes, expected: bytes) -> None:
    assert clean.without_ansi(raw) == expected


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.sampled_from([b"text ", b"\n", b"\r\n", b"\x1b[31m", b"\x1b[0m", b"\xc3\xa9", b"1"])),
    size=st.sampled_from([1, 7, 64, 16 << 10]),
)
def test_chunks_are_the_same_text_whatever_the_sizes(parts: list[bytes], size: int) -> None:
    raw = b"".join(parts)
    blocks = [raw[at : at + size] for at in range(0, len(raw), size)]
    for chunk_bytes in (1, 7, 64):
        limits = replace(LIMITS, chunk_bytes=chunk_bytes, event_bytes=16)
        assert b"".join(clean.chunks(blocks, limits)) == raw.replace(b"\x1b[31m", b"").replace(
            b"\x1b[0m", b""
        )


def test_kubernetes_lines_are_unwrapped_and_keep_their_numbers() -> None:
    stamp = b"2026-01-01T00:00:00.123456789Z"
    wrapped = [
        b"stdout F 2026-01-01 00:00:00 ERROR first",
        b"stdout F \tat a.B",
        b"stdout P 2026-01-01 00:00:01 a long ",
        b"stderr F 2026-01-01 00:00:01 between",
        b"stdout F line",
    ]
    data = b"".join(stamp + b" " + line + b"\n" for line in wrapped)
    file = first("0.log", data)
    assert list(events(file.chunks, file.shape, LIMITS)) == [
        (1, b"2026-01-01 00:00:00 ERROR first\n\tat a.B"),
        (4, b"2026-01-01 00:00:01 between"),
        (5, b"2026-01-01 00:00:01 a long line"),
    ]


def test_docker_lines_are_unwrapped_and_keep_their_numbers() -> None:
    def line(log: str, stream: str = "stdout") -> bytes:
        return json.dumps({"log": log, "stream": stream, "time": "2026-01-01T00:00:00Z"}).encode() + b"\n"

    data = line("2026-01-01 00:00:00 é\n") + line("\tat a.B\n") + line("2026-01-01 00:00:01 x ") + line("y\n")
    file = first("0-json.log", data + b'{"log":"cut')
    assert list(events(file.chunks, file.shape, LIMITS)) == [
        (1, "2026-01-01 00:00:00 é\n\tat a.B".encode()),
        (4, b'2026-01-01 00:00:01 x y\n{"log":"cut'),
    ]


@pytest.mark.parametrize("kind", ["cri", "docker"])
def test_a_program_without_stamps_has_those_of_its_container(kind: str) -> None:
    """Windows are measured by them, and what continues an event still belongs to it."""
    bodies = ["begin", "ERROR torn", "\tat a.B", "Caused by: x", "", '{"level": "info"}']
    stamps = [f"2026-10-05T10:0{number}:00.123456789Z" for number in range(6)]
    data = b""
    for stamp, body in zip(stamps, bodies, strict=True):
        line = f"{stamp} stdout F {body}"
        if kind == "docker":
            line = json.dumps({"log": f"{body}\n", "stream": "stdout", "time": stamp})
        data += line.encode() + b"\n"
    file = first("0.log", data)
    found = list(events(file.chunks, file.shape, LIMITS))
    assert found == [
        (1, f"{stamps[0]} begin".encode()),
        (2, f"{stamps[1]} ERROR torn\n\tat a.B\nCaused by: x".encode()),
        (6, f'{stamps[5]} {{"level": "info"}}'.encode()),
    ]
    assert file.shape.time(found[1][1]) == datetime(2026, 10, 5, 10, 1, 0, 123456, UTC)


def test_a_container_time_that_is_none_is_left_out() -> None:
    data = b"".join(
        json.dumps({"log": f"line {number}\n", "stream": "stdout", "time": "soon\n2026"}).encode() + b"\n"
        for number in range(3)
    )
    assert b"".join(first("0-json.log", data).chunks) == b"line 0\nline 1\nline 2\n"


def test_a_text_of_the_ticket_is_a_file() -> None:
    file = text_file(
        "ticket/description.txt", "Hello\r\n\x1b[1m2026-01-01 00:00:00 ERROR\n\tat a \ud800", AS_OF
    )
    assert file.name == "ticket/description.txt"
    assert list(events(file.chunks, file.shape, LIMITS)) == [
        (1, b"Hello"),
        (2, b"2026-01-01 00:00:00 ERROR\n\tat a ?"),
    ]
    assert list(text_file("ticket/subject.txt", "", AS_OF).chunks) == []


# --- budgets of plain files ------------------------------------------------------------------------


def test_a_plain_file_stops_at_the_ticket_budget_and_says_so() -> None:
    limits = replace(LIMITS, expanded_max_bytes=1 << 20)
    items: list[int | NotScanned] = []
    for item in open_bundle([Part("a.log", data=LOG * 100), Part("b.log", data=LOG)], limits, AS_OF):
        items.append(len(b"".join(item.chunks)) if isinstance(item, LogFile) else item)
    assert items[0] == 1 << 20
    assert items[1:] == [
        NotScanned("a.log", "size", "read 1.0 MiB: size limit"),
        NotScanned("b.log", "size", "read 1.0 MiB: size limit"),
    ]


def test_a_plain_file_stops_at_the_wall() -> None:
    _, refused = opened(("a.log", LOG), ("b.zip", zipped([("a", LOG)])), limits=replace(LIMITS, wall_s=0.0))
    assert refused == [("a.log", "time"), ("b.zip", "time")]
