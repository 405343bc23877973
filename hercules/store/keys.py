"""Keys the installation makes for itself, kept in the data folder, readable only by the owner."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from hercules.model import StoreError

KEY_BYTES = 32


def own_key(folder: Path, name: str) -> bytes:
    """The key of this name: 32 random bytes, made at first use.

    Raises StoreError when the file is there but was cut short or can be read by others.
    """
    path = folder / f"{name}.key"
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise StoreError(f"{path} can be read by others; run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path} is not a key of ours; restore it from a backup")
    return key


def _make(path: Path) -> None:
    """Written whole under another name first: a second process never reads half a key."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(name, path)
    except FileExistsError:
        pass  # another process was quicker; its key counts
    finally:
        os.unlink(name)
