"""Keys the installation makes for itself, kept in the data folder, readable only by the owner."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from hercules.model import StoreError

KEY_BYTES = 32


def own_key(folder: Path, name: str) -> bytes:
    """The key of this name: 32 random bytes, made at first use.

    Raises StoreError when the file is there but was cut short or can be read by others.
    """
    path = folder / f"{name}.key"
    try:
        with open(path, "xb", opener=_private) as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass  # made at an earlier start; read below
    if path.stat().st_mode & 0o077:
        raise StoreError(f"{path} can be read by others; run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path} is not a key of ours; restore it from a backup")
    return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
