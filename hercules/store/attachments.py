"""Attachments kept on disk by content hash, readable only by the owner, compressed once they were read."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"(\xb5/\xfd", b"7z\xbc\xaf\x27\x1c")


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment on disk: its SHA-256 in hex and its size as it came."""

    digest: str
    size_bytes: int


class Attachments:
    """A folder of files named by the SHA-256 of their content; the same content is kept once.

    Nothing of a customer's ever becomes a path: the name is only the hash.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)

    def put(self, chunks: Iterable[bytes]) -> Kept:
        """Keep what the chunks hold. Raises OSError when the disk refuses; then nothing is left behind."""
        digest = hashlib.sha256()
        size = 0
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="in-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
            return self._settle(Path(name), digest.hexdigest(), size)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _settle(self, path: Path, digest: str, size: int) -> Kept:
        packed = self._packed(digest)
        if packed.exists():
            os.utime(packed)
            path.unlink()
        else:
            path.replace(self._plain(digest))
        return Kept(digest, size)

    @contextmanager
    def open(self, digest: str) -> Iterator[Path]:
        """A path with the content as it came, for as long as the context lasts.

        Raises FileNotFoundError when it was never kept or is pruned.
        """
        plain = self._plain(digest)
        if plain.exists():
            yield plain
            return
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="out-") as unpacked:
            with gzip.open(self._packed(digest), "rb") as file:
                shutil.copyfileobj(file, unpacked, 1 << 20)
            unpacked.flush()
            yield Path(unpacked.name)

    def compress(self, before: float) -> int:
        """Compress what was kept before this epoch time (seconds) and still lies plain; how many were done.

        Files that carry a compressed format stay as they are: packing them again gains nothing.
        """
        done = 0
        for plain in self._folder.glob("*.raw"):
            if plain.stat().st_mtime >= before:
                continue
            with plain.open("rb") as file:
                if file.read(8).startswith(_PACKED):
                    continue
                file.seek(0)
                self._pack(plain, file)
            done += 1
        return done

    def _pack(self, plain: Path, file: BinaryIO) -> None:
        packed = self._packed(plain.stem)
        part = packed.with_suffix(".part")
        with open(part, "wb", opener=_private) as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as out:
            shutil.copyfileobj(file, out, 1 << 20)
        part.replace(packed)
        plain.unlink()

    def prune(self, before: float) -> int:
        """Remove what was last kept before this epoch time in seconds; how many files went."""
        gone = 0
        for path in self._folder.iterdir():
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _plain(self, digest: str) -> Path:
        return self._folder / f"{digest}.raw"

    def _packed(self, digest: str) -> Path:
        return self._folder / f"{digest}.gz"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
