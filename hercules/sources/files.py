"""Files of a folder and the folders below it, read without following a link out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hercules.sources.source import Problem

_DEPTH_MAX = 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""No last link is followed, and a named pipe without a writer is not waited for."""


def read_folder(
    folder: Path, endings: tuple[str, ...], page_max_bytes: int
) -> Iterator[tuple[str, bytes] | Problem]:
    """(path below the folder, bytes) of every file with one of these endings, by path.

    Hidden files and folders are left out. A symbolic link is followed only to a file inside the folder;
    linked folders are not entered. A file that cannot be read is one Problem, a missing folder ends the pass.
    """
    try:
        root = folder.resolve(strict=True)
        names = sorted(_names(root, root, endings))
    except OSError as error:
        why = f"The folder of articles cannot be read: {error.strerror}."
        yield Problem(str(folder), why, ended=True)
        return
    for name in names:
        yield _file(root, name, page_max_bytes)


def read_file(path: Path, shown: str, max_bytes: int) -> bytes | Problem:
    """The bytes of one plain file, or why there are none."""
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Problem(shown, "The page is no plain file.")
            data = file.read(max_bytes + 1)
    except OSError as error:
        return Problem(shown, f"The page cannot be read: {error}.")
    if len(data) > max_bytes:
        return Problem(shown, f"The page is larger than {max_bytes} bytes.")
    return data


def _names(root: Path, folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Paths below the root, with forward slashes; a folder that cannot be read is kept to be named."""
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if len(path.relative_to(root).parts) <= _DEPTH_MAX:
                yield from _names_of(root, path, endings)
        elif entry.name.endswith(endings):
            yield path.relative_to(root).as_posix()


def _names_of(root: Path, folder: Path, endings: tuple[str, ...]) -> list[str]:
    try:
        return list(_names(root, folder, endings))
    except OSError:
        return [folder.relative_to(root).as_posix()]


def _file(root: Path, name: str, page_max_bytes: int) -> tuple[str, bytes] | Problem:
    shown = name.encode("utf-8", "replace").decode()
    try:
        real = (root / name).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        return Problem(shown, f"The page cannot be read: {error}.")
    if not real.is_relative_to(root):
        return Problem(shown, "The page is a link to a file outside of the folder; it is not read.")
    data = read_file(real, shown, page_max_bytes)
    return data if isinstance(data, Problem) else (shown, data)
