"""The folder source: every page once, a bad one as a Problem, nothing from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hercules.sources.folder import FolderSource
from hercules.sources.source import Deleted, Problem, Source, SourcePage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "articles"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "b.md").write_bytes(b"# B\n")
    (root / "a.md").write_bytes(b"# A\xff\n")
    (root / "sub" / "deep" / "c.md").write_bytes(b"# C\n")
    (root / "notes.txt").write_bytes(b"no page")
    (root / ".hidden.md").write_bytes(b"# hidden")
    (root / ".git").mkdir()
    (root / ".git" / "d.md").write_bytes(b"# hidden")
    return root


def read(folder: Path) -> list[SourcePage | Deleted | Problem]:
    source: Source = FolderSource(folder)
    assert (source.name, source.complete) == ("folder", True)
    return list(source.read())


def test_pages_come_by_path_with_their_very_bytes(folder: Path) -> None:
    assert read(folder) == [
        SourcePage("a", "a.md", b"# A\xff\n"),
        SourcePage("b", "b.md", b"# B\n"),
        SourcePage("sub/deep/c", "sub/deep/c.md", b"# C\n"),
    ]


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_bytes(b"# secret")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "inside.md").symlink_to(folder / "b.md")
    (folder / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "e.md").write_bytes(b"# outer")
    (folder / "outer").symlink_to(tmp_path / "outer")
    found = read(folder)
    assert sorted(one.name for one in found if isinstance(one, Problem)) == ["gone.md", "link.md", "loop.md"]
    assert not any(
        b"secret" in one.data or b"outer" in one.data for one in found if isinstance(one, SourcePage)
    )
    assert SourcePage("inside", "inside.md", b"# B\n") in found


@pytest.mark.parametrize("kind", ["large", "pipe", "folder"])
def test_a_bad_page_is_one_problem(folder: Path, kind: str) -> None:
    bad = folder / "bad.md"
    if kind == "large":
        bad.write_bytes(b"x" * ((1 << 20) + 1))
    elif kind == "pipe":
        os.mkfifo(bad)
    else:
        bad.mkdir()
    found = read(folder)
    assert len([one for one in found if isinstance(one, SourcePage)]) == 3
    assert len([one for one in found if isinstance(one, Problem)]) == (0 if kind == "folder" else 1)


def test_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    found = read(tmp_path / "nowhere")
    assert len(found) == 1
    assert isinstance(found[0], Problem)
    assert "cannot be read" in found[0].message


def test_names_that_are_no_text_do_not_end_the_pass(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.md")).write_bytes(b"# odd")
    found = read(folder)
    assert len(found) == 4
    assert all(one.name.encode() for one in found if not isinstance(one, Deleted))
