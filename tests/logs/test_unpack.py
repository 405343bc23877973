"""Hostile archives: every limit is hit by name, nothing hangs or is written, and the rest is still read."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from hercules.logs import frames
from tests.patience import ending

from .archives import (
    LIMITS,
    LOG,
    opened,
    overlapping_zip,
    patched,
    tar_of,
    tarred,
    zipped,
)

CENTRAL = b"PK\x01\x02"
LINES = b"2026-01-01 00:00:00 the same line\n"


# --- limits ----------------------------------------------------------------------------------------


def test_a_bomb_in_gzip_is_stopped_by_its_ratio_and_the_next_part_is_read() -> None:
    bomb = gzip.compress(LINES * 1_000_000)
    read, refused = opened(("bomb.gz", bomb), ("a.log", LOG))
    assert refused == [("bomb.gz!bomb", "ratio")]
    assert len(read["bomb.gz!bomb"]) < 24 << 20
    assert read["a.log"] == LOG


def test_a_bomb_in_a_tar_stops_the_archive() -> None:
    _, refused = opened(("b.tgz", tarred([("a", LINES * 1_000_000), ("b", LOG)], "gz")))
    assert refused == [("b.tgz!a", "ratio"), ("b.tgz", "ratio")]


def test_a_bomb_in_a_zip_stops_the_member_only() -> None:
    read, refused = opened(("b.zip", zipped([("a", LINES * 1_000_000), ("b", LOG)])))
    assert refused == [("b.zip!a", "ratio")]
    assert read["b.zip!b"] == LOG


def test_a_member_over_its_size_is_cut_and_the_others_are_read() -> None:
    limits = replace(LIMITS, member_max_bytes=100_000)
    for name, data in (
        ("b.zip", zipped([("a", LOG * 9), ("b", LOG)])),
        ("b.tar", tarred([("a", LOG * 9), ("b", LOG)])),
    ):
        read, refused = opened((name, data), limits=limits)
        assert refused == [(f"{name}!a", "size")]
        assert len(read[f"{name}!a"]) <= 100_000
        assert read[f"{name}!b"] == LOG


def test_one_budget_of_bytes_holds_for_all_parts() -> None:
    limits = replace(LIMITS, expanded_max_bytes=300_000, ratio_max=10_000)
    read, refused = opened(
        ("a.gz", gzip.compress(LOG * 5)), ("b.zip", zipped([("b", LOG * 9)])), ("c.log", LOG), limits=limits
    )
    assert read["a.gz!a"] == LOG * 5
    assert refused == [("b.zip!b", "size"), ("b.zip", "size"), ("c.log", "size")]
    assert sum(map(len, read.values())) <= 300_000


def test_a_zip_of_too_many_members_is_refused_before_it_is_opened() -> None:
    data = zipped([(f"{n}.log", LINES) for n in range(60)])
    limits = replace(LIMITS, members_max=50)
    assert opened(("b.zip", data), limits=limits) == ({}, [("b.zip", "members")])
    lying = patched(data, b"PK\x05\x06", 8, struct.pack("<2H", 5, 5))
    assert opened(("b.zip", lying), limits=limits) == ({}, [("b.zip", "members")])


def test_a_tar_of_too_many_members_is_stopped_there() -> None:
    data = tarred([(f"{n}.log", LINES) for n in range(60)])
    read, refused = opened(("b.tar", data), ("a.tar", data), limits=replace(LIMITS, members_max=50))
    assert len(read) == 50
    assert refused == [("b.tar", "members"), ("a.tar", "members")]


def test_archives_deeper_than_allowed_are_listed() -> None:
    data = zipped([("deep.log", LOG)])
    for level in range(6):
        data = zipped([(f"{level}.zip", data), (f"{level}.log", LOG)])
    read, refused = opened(("b.zip", data))
    assert sorted(name.count("!") for name in read) == [1, 2, 3]
    assert refused == [("b.zip!5.zip!4.zip!3.zip", "depth")]


def test_inner_archives_that_need_seeking_are_held_within_a_limit() -> None:
    noise = random.Random(1).randbytes(50_000).hex().encode()
    data = zipped([("inner.zip", zipped([("a", noise)])), ("b", LOG)])
    read, refused = opened(("b.zip", data), limits=replace(LIMITS, nested_buffer_bytes=20_000))
    assert refused == [("b.zip!inner.zip", "memory")]
    assert read == {"b.zip!b": LOG}


def test_a_dictionary_larger_than_the_memory_allowed_is_named() -> None:
    data = bytearray(zipped([("a", LOG)], zipfile.ZIP_LZMA))
    properties = 30 + 1 + 4 + 1  # local header, name, zip's lzma header, lc/lp/pb
    data[properties : properties + 4] = b"\xff\xff\xff\x7f"
    assert opened(("b.zip", bytes(data)))[1] == [("b.zip!a", "memory")]


def test_overlapping_entries_refuse_the_zip_at_once() -> None:
    with ending():
        assert opened(("b.zip", overlapping_zip(5_000))) == ({}, [("b.zip", "corrupt")])


# --- what is not read ------------------------------------------------------------------------------


def test_encrypted_and_unknown_methods_are_named_and_the_rest_is_read() -> None:
    whole = zipped([("a", LOG)])
    assert opened(("b.zip", patched(whole, CENTRAL, 8, b"\x01\x00"))) == ({}, [("b.zip!a", "encrypted")])
    assert opened(("b.zip", patched(whole, CENTRAL, 10, b"\x63\x00"))) == ({}, [("b.zip!a", "unknown-type")])


@pytest.mark.parametrize("size", [0, 1, 0xFFFFFFF0])
def test_the_size_a_zip_declares_is_not_believed(size: int) -> None:
    data = patched(zipped([("a", LOG)]), CENTRAL, 24, struct.pack("<L", size))
    assert opened(("b.zip", data)) == ({"b.zip!a": LOG}, [])


def test_a_wrong_checksum_is_told_after_the_text() -> None:
    data = patched(zipped([("a", LOG), ("b", LOG)]), CENTRAL, 16, b"\0\0\0\0")
    read, refused = opened(("b.zip", data))
    assert read == {"b.zip!a": LOG, "b.zip!b": LOG}
    assert refused == [("b.zip!a", "corrupt"), ("b.zip!b", "corrupt")]


def test_a_zip64_directory_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(LOG)
    assert opened(("b.zip", out.getvalue())) == ({"b.zip!a": LOG}, [])


def test_an_empty_zip_is_named() -> None:
    assert opened(("b.zip", zipped([]))) == ({}, [("b.zip", "empty")])


def test_links_devices_and_sparse_files_are_skipped() -> None:
    def entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        return info

    data = tar_of(
        entry("soft", tarfile.SYMTYPE, "/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, "soft"),
        entry("dev", tarfile.CHRTYPE),
        entry("pipe", tarfile.FIFOTYPE),
        entry("dir", tarfile.DIRTYPE),
        then=[("soft/through.log", LOG)],
    )
    read, refused = opened(("b.tar", data))
    assert read == {"b.tar!soft/through.log": LOG}
    assert refused == [
        ("b.tar!soft", "link"),
        ("b.tar!hard", "link"),
        ("b.tar!dev", "unknown-type"),
        ("b.tar!pipe", "unknown-type"),
    ]


def test_a_link_in_a_zip_is_skipped() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("l")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert opened(("b.zip", out.getvalue())) == ({}, [("b.zip!l", "link")])


@pytest.mark.parametrize("name", ["../../etc/x.log", "/etc/x.log", "C:\\x.log", "\\\\host\\x.log"])
def test_names_that_lead_elsewhere_are_only_shown(name: str, tmp_path: Path) -> None:
    for form, data in (("b.zip", zipped([(name, LOG)])), ("b.tar", tarred([(name, LOG)]))):
        assert opened((form, data)) == ({f"{form}!{name}": LOG}, [])


def test_names_cannot_play_tricks_when_shown() -> None:
    nasty = "a\x1b[31m\u202egol.exe\nb\x00c"
    shown = frames.shown_name(["b.zip", nasty], 1024)
    assert shown == "b.zip!a\\u001b[31m\\u202egol.exe\\u000ab\\u0000c"
    one, two = (frames.shown_name(["x" * 5_000 + end + ".log"], 1024) for end in "12")
    assert one != two
    assert len(one) <= 255
    assert one.endswith(".log")
    assert len(frames.shown_name(["ö/" * 3_000], 1024).encode()) <= 1024


def test_a_name_of_64_kib_is_shortened() -> None:
    [(name, _)] = opened(("b.zip", zipped([("n" * 60_000, LOG)])))[0].items()
    assert len(name) <= 1024


# --- damage ----------------------------------------------------------------------------------------

MEMBERS = [("one.log", LOG), ("two.log", LOG[::-1]), ("in.zip", zipped([("three.log", LOG)]))]
GOOD: dict[str, bytes] = {
    "b.zip": zipped(MEMBERS),
    "b.tgz": tarred(MEMBERS, "gz"),
    "b.tar": tarred(MEMBERS),
    "b.gz": gzip.compress(LOG),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_cut_archive_gives_what_came_before_the_cut_and_says_so(name: str) -> None:
    data = GOOD[name]
    whole, _ = opened((name, data))
    end = len(data.rstrip(b"\0")) if name == "b.tar" else len(data)
    for cut in sorted({600, end - 1, *random.Random(7).sample(range(600, end), 12)}):
        read, refused = opened((name, data[:cut]))
        assert refused, cut
        assert all(whole[member].startswith(text) for member, text in read.items())


def test_a_tar_cut_at_every_block_is_told() -> None:
    data = tarred([("one.log", LINES), ("two.log", LINES)])
    for cut in range(512, 2_560, 512):
        read, refused = opened(("b.tar", data[:cut]))
        assert ("b.tar", "corrupt") in refused
        assert len(read) == cut // 1_024


@pytest.mark.parametrize("name", GOOD)
def test_flipped_bytes_never_raise(name: str) -> None:
    rng = random.Random(name)
    for _ in range(15):
        data = bytearray(GOOD[name])
        for _ in range(rng.choice([1, 1, 4])):
            data[rng.randrange(4, len(data))] ^= 1 << rng.randrange(8)
        opened((name, bytes(data)))


def tar_header(**fields: bytes) -> bytes:
    """One ustar header with a valid checksum; `size` and `kind` as given."""
    head = bytearray(512)
    head[:1] = b"a"
    head[124 : 124 + len(fields.get("size", b""))] = fields.get("size", b"")
    head[156:157] = fields.get("kind", b"0")
    head[257:265] = b"ustar\x0000"
    head[148:156] = b"%06o\0 " % (sum(head) + 256)
    return bytes(head)


@pytest.mark.parametrize(
    "data",
    [
        tar_header(size=b"\xff" * 12),
        tar_header(size=b"-0000000017"),
        tar_header(size=b"garbage"),
        tar_header(size=b"\x80" + b"\xff" * 11),
        tar_header(size=b"10000000000\0", kind=b"x"),
        tar_header(size=b"10000000000\0", kind=b"L"),
        tar_header(size=b"00000000012\0", kind=b"x") + b"99999 a=b\n".ljust(512, b"\0"),
        tar_header(size=b"00000000007\0")[:148] + b"0000000\0" + tar_header()[156:],
    ],
)
def test_impossible_tar_headers_end_the_archive(data: bytes) -> None:
    read, refused = opened(
        ("b.tar", tarred([("one.log", LOG)]).rstrip(b"\0").ljust(512 * 122, b"\0") + data + bytes(1024))
    )
    assert ("b.tar", "corrupt") in refused or read == {"b.tar!one.log": LOG}
    _, refused = opened(("b.tar", data + bytes(1024)))
    assert refused
