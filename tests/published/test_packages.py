"""What is taken from npm is what was pinned; where it cannot be had a test is skipped and says why."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Callable
from hashlib import sha512
from pathlib import Path

import pytest

from . import packages
from .packages import LOCK, NotHad, Tarball, files_of, or_skip

Npm = Callable[[str], None]


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """Makes a program `npm` that does as its lines say, beside an empty cache."""
    monkeypatch.setattr(packages, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(packages, "_not_had", {})
    monkeypatch.delenv("HERCULES_PUBLISHED", raising=False)

    def make(lines: str) -> None:
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return make


def packed(folder: Path) -> tuple[Path, str]:
    """A package with one file, and its integrity."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/a/data.json")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"{}"))
    path = folder / "told.tgz"
    path.write_bytes(content.getvalue())
    return path, "sha512-" + base64.b64encode(sha512(content.getvalue()).digest()).decode()


def test_a_file_of_a_pinned_package_is_had_once(npm: Npm, tmp_path: Path) -> None:
    path, integrity = packed(tmp_path)
    npm(f"cp {path} given-1.0.0.tgz")
    package = Tarball("@x/given", "1.0.0", integrity)
    folder = files_of(package, "a/data.json")
    assert (folder / "a" / "data.json").read_bytes() == b"{}"
    assert list(folder.glob("*.tgz")) == []
    npm("exit 1")
    assert files_of(package, "a/data.json") == folder


def test_another_package_of_that_name_is_an_error_and_not_a_skip(npm: Npm, tmp_path: Path) -> None:
    path, integrity = packed(tmp_path)
    npm(f"cp {path} given-1.0.0.tgz")
    with pytest.raises(AssertionError, match=r"@x/given@1\.0\.0 is not the package it was"):
        or_skip(lambda: files_of(Tarball("@x/given", "1.0.0", "sha512-other"), "a/data.json"))
    with pytest.raises(AssertionError, match=r"has no package/b\.json"):
        or_skip(lambda: files_of(Tarball("@x/given", "1.0.0", integrity), "b.json"))


def test_what_cannot_be_had_is_skipped_by_name_and_asked_for_once(
    npm: Npm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Tarball("@x/given", "1.0.0", "sha512-x")
    npm(f"echo asked >> {tmp_path}/asked; echo npm error code E404 >&2; exit 1")
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match=r"@x/given@1\.0\.0 .*E404"):
            or_skip(lambda: files_of(package, "a/data.json"))
    assert (tmp_path / "asked").read_text() == "asked\n"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotHad, match="npm is not here"):
        files_of(Tarball("@x/other", "1.0.0", "sha512-x"), "a/data.json")
    monkeypatch.setenv("HERCULES_PUBLISHED", "0")
    with pytest.raises(pytest.skip.Exception, match="HERCULES_PUBLISHED is 0"):
        or_skip(lambda: files_of(package, "a/data.json"))


def test_the_lock_pins_what_is_asked_for() -> None:
    asked = LOCK.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    locked = LOCK.read_text(encoding="utf-8")
    assert [line for line in asked if "==" in line and f"{line} " not in locked] == []
