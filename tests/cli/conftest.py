"""Folders as an admin has them: a desk in hercules.toml, history in the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.demo import new_secret
from tests.processes import toml


@pytest.fixture
def admin(tmp_path: Path) -> Path:
    """A folder with settings for one desk and nothing else: rules and articles are the starter set."""
    folder = tmp_path / "admin"
    folder.mkdir()
    desk = {"kind": "generic", "policy": "note", "secrets": [{"value": new_secret()}]}
    (folder / "hercules.toml").write_text(toml({"data": "data", "desks": {"shop": desk}}))
    return folder
