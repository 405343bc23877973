"""Keys the installation makes for itself."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hercules.model import StoreError
from hercules.store.keys import KEY_BYTES, own_key


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    key = own_key(tmp_path, "pepper")
    assert len(key) == KEY_BYTES
    assert own_key(tmp_path, "pepper") == key
    assert own_key(tmp_path, "forms") != key
    assert (tmp_path / "pepper.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forms.key", "pepper.key"]


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    own_key(tmp_path, "pepper")
    (tmp_path / "pepper.key").chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        own_key(tmp_path, "pepper")


def test_half_a_key_is_refused(tmp_path: Path) -> None:
    own_key(tmp_path, "pepper")
    (tmp_path / "pepper.key").write_bytes(b"half")
    with pytest.raises(StoreError, match="backup"):
        own_key(tmp_path, "pepper")


def test_many_at_once_get_the_same_key(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(own_key(tmp_path, "k"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1
