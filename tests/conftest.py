"""Fixtures that more than one room needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served, serving


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A whole service with one desk, its own rule and article."""
    with serving(tmp_path) as found:
        yield found
