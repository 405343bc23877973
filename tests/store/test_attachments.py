"""Attachments on disk: once by content, private, compressed later, nothing left behind."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules.store.attachments import Attachments


@pytest.fixture
def kept(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "attachments")


def test_what_is_kept_comes_back_whole(kept: Attachments, tmp_path: Path) -> None:
    first = kept.put([b"one\n", b"two\n"])
    assert kept.put([b"one\ntwo\n"]) == first
    assert first.size_bytes == 8
    with kept.open(first.digest) as path:
        assert path.read_bytes() == b"one\ntwo\n"
    folder = tmp_path / "attachments"
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_compressing_changes_no_content(kept: Attachments, tmp_path: Path) -> None:
    text, packed = b"a line of a log\n" * 10_000, gzip.compress(b"x" * 1000)
    plain, zipped = kept.put([text]), kept.put([packed])
    assert kept.compress(before=0.0) == 0, "young files are left alone: they may be being read"
    assert kept.compress(before=time.time() + 1) == 1
    for digest, data in ((plain.digest, text), (zipped.digest, packed)):
        with kept.open(digest) as path:
            assert path.read_bytes() == data
    assert sum(path.stat().st_size for path in (tmp_path / "attachments").iterdir()) < len(text) / 10
    assert kept.put([text]) == plain, "known content is not stored beside its compressed form"
    assert not list((tmp_path / "attachments").glob("*.raw.*"))


def test_a_failing_source_leaves_nothing(kept: Attachments, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        kept.put(broken())
    assert list((tmp_path / "attachments").iterdir()) == []


def test_pruning_by_age(kept: Attachments, tmp_path: Path) -> None:
    old, young = kept.put([b"old"]), kept.put([b"young"])
    os.utime(tmp_path / "attachments" / f"{old.digest}.raw", (1000, 1000))
    assert kept.prune(before=2000) == 1
    with pytest.raises(FileNotFoundError), kept.open(old.digest):
        pass
    with kept.open(young.digest) as path:
        assert path.read_bytes() == b"young"
