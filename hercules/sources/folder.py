"""Markdown files of a folder and the folders below it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hercules.sources.source import Deleted, Problem, SourcePage

_PAGE_MAX_BYTES = 1 << 20
_DEPTH_MAX = 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""No last link is followed, and a named pipe without a writer is not waited for."""


class FolderSource:
    """The source `folder`: every `*.md` below a folder, hidden files and folders left out.

    A symbolic link is followed only to a file inside the folder; linked folders are not entered.
    """

    name = "folder"
    complete = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """Pages and Problems by path. A missing folder is one Problem."""
        try:
            root = self._folder.resolve(strict=True)
            names = sorted(self._names(root, root))
        except OSError as error:
            yield Problem(str(self._folder), f"The folder of articles cannot be read: {error.strerror}.")
            return
        for name in names:
            yield self._page(root, name)

    def _names(self, root: Path, folder: Path) -> Iterator[str]:
        """Paths below the root, with forward slashes; a folder that cannot be read is kept to be named."""
        for entry in os.scandir(folder):
            if entry.name.startswith("."):
                continue
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if len(path.relative_to(root).parts) <= _DEPTH_MAX:
                    yield from self._names_of(root, path)
            elif entry.name.endswith(".md"):
                yield path.relative_to(root).as_posix()

    def _names_of(self, root: Path, folder: Path) -> list[str]:
        try:
            return list(self._names(root, folder))
        except OSError:
            return [folder.relative_to(root).as_posix()]

    def _page(self, root: Path, name: str) -> SourcePage | Problem:
        path = root / name
        shown = name.encode("utf-8", "replace").decode()
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(root):
                return Problem(shown, "The page is a link to a file outside of the folder; it is not read.")
            return self._opened(real, shown)
        except (OSError, RuntimeError) as error:
            return Problem(shown, f"The page cannot be read: {error}.")

    def _opened(self, real: Path, shown: str) -> SourcePage | Problem:
        with os.fdopen(os.open(real, _READ), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                return Problem(shown, "The page is no plain file.")
            data = file.read(_PAGE_MAX_BYTES + 1)
        if len(data) > _PAGE_MAX_BYTES:
            return Problem(shown, f"The page is larger than {_PAGE_MAX_BYTES} bytes.")
        return SourcePage(shown.removesuffix(".md"), shown, data)
