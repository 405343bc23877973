"""Generations of an index in its folder: built aside, verified, swapped by one pointer file."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hercules.model import IndexBroken

_CURRENT, _MANIFEST, _LOCK = "CURRENT", "MANIFEST.json", "BUILD.lock"
_KEPT = 2
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one generation is. `files` holds (name, size in bytes, SHA-256) of every file it was built of."""

    generation: int
    engine: str
    schema: str
    articles: int
    built_at: str = ""
    mark: str = ""
    files: tuple[tuple[str, int, str], ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes of all its files."""
        return sum(size for _, size, _ in self.files)


def engine_of(root: Path) -> str:
    """The engine of the generation that an index folder serves; empty when it cannot be told."""
    try:
        parts = Generations(root).current().split(" ")
    except IndexBroken:
        return ""
    return parts[1] if len(parts) > 1 else ""


class Generations:
    """The folder `root` with its generations `gen-000001/`... and the pointer `CURRENT`.

    Only one process or thread builds at a time; readers need no lock, since a published generation is
    never changed, only removed when two newer ones are there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def current(self) -> str:
        """The pointer's line, empty when there is none: a cheap way to see that something changed."""
        try:
            return (self._root / _CURRENT).read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise IndexBroken(
                f"The pointer {_CURRENT} of the search index cannot be read: {error}."
            ) from error

    def newest_first(self) -> list[Path]:
        """Folders to try: the one the pointer names, then the others by number, newest first."""
        others = sorted(self._finished(), reverse=True)
        try:
            named = self._root / (self.current().split(" ")[0] or "-")
        except IndexBroken:
            return others
        return [named, *(other for other in others if other != named)] if named in others else others

    def verified(self, folder: Path, engine: str, schema: str) -> Manifest:
        """The manifest of a generation, checked against its files. Raises IndexBroken with the reason."""
        try:
            manifest = _read_manifest(folder)
            whole = all(_measure(folder / name) == (size, digest) for name, size, digest in manifest.files)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexBroken(f"{folder.name} of the search index cannot be read: {error}.") from error
        if not whole or not manifest.files:
            raise IndexBroken(f"{folder.name} of the search index was changed after it was built.")
        if (manifest.engine, manifest.schema) != (engine, schema):
            raise IndexBroken(f"{folder.name} of the search index was built with other settings.")
        return manifest

    @contextmanager
    def building(self) -> Iterator[None]:
        """Holds the folder for building; waits while another process or thread does."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._root / _LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def begin(self, base: Path | None) -> tuple[int, Path]:
        """The next number and an empty folder to build it in, or one with the base's files linked into it.

        Left-overs of builds that were killed are removed.
        """
        for stray in self._root.glob("gen-*.tmp"):
            shutil.rmtree(stray)
        number = max((_number(folder) for folder in self._finished()), default=0) + 1
        aside = self._root / f"gen-{number:06d}.tmp"
        aside.mkdir(mode=0o700)
        if base is not None:
            for name, _, _ in _read_manifest(base).files:
                _link(base / name, aside / name)
        return number, aside

    def publish(self, aside: Path, manifest: Manifest) -> Path:
        """Seals a finished build and points to it. Before the last step readers see nothing of it."""
        names = sorted(path.name for path in aside.iterdir() if path.is_file() and not _passing(path.name))
        measured = tuple((name, *_measure(aside / name)) for name in names)
        _write_synced(aside / _MANIFEST, _to_json(replace(manifest, files=measured)))
        for name in names:
            _sync(aside / name)
        _sync(aside)
        folder = aside.with_suffix("")
        aside.rename(folder)
        line = f"{folder.name} {manifest.engine} {manifest.schema} {manifest.articles} {manifest.built_at}"
        _write_synced(self._root / f"{_CURRENT}.tmp", line.strip() + "\n")
        os.replace(self._root / f"{_CURRENT}.tmp", self._root / _CURRENT)
        _sync(self._root)
        self._prune(folder)
        return folder

    def _finished(self) -> list[Path]:
        return [folder for folder in self._root.glob("gen-*") if _number(folder) and folder.is_dir()]

    def _prune(self, current: Path) -> None:
        """Removes all but the newest two; readers keep the files they have open."""
        for folder in sorted(self._finished(), reverse=True)[_KEPT:]:
            if folder != current:
                shutil.rmtree(folder)


def _passing(name: str) -> bool:
    """True for locks and lists that an engine keeps for itself while it writes."""
    return name.endswith("LOCK") or name.startswith(".")


def _number(folder: Path) -> int:
    """The number of a generation's folder, 0 for anything else."""
    digits = folder.name.removeprefix("gen-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0


def _to_json(manifest: Manifest) -> str:
    fields = {name: getattr(manifest, name) for name in Manifest.__slots__}
    return json.dumps(fields, indent=1) + "\n"


def _read_manifest(folder: Path) -> Manifest:
    """Raises OSError, ValueError, KeyError or TypeError for one that is not ours."""
    data = json.loads((folder / _MANIFEST).read_text("utf-8"))
    files = tuple((str(name), int(size), str(digest)) for name, size, digest in data["files"])
    if any("/" in name or name.startswith(".") for name, _, _ in files):
        raise ValueError("a file outside of the generation is named")
    return Manifest(
        int(data["generation"]), str(data["engine"]), str(data["schema"]), int(data["articles"]),
        str(data["built_at"]), str(data["mark"]), files,
    )  # fmt: skip


def _measure(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _link(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_synced(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
