"""An index of the small knowledge base, built once for the room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hercules.kb.contract import SearchIndex
from hercules.kb.index import IndexOptions, open_index

from .samples import ARTICLES


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    opened = open_index(tmp_path_factory.mktemp("kb") / "index", IndexOptions())
    opened.rebuild(ARTICLES, built_at="2026-11-02T09:00:00+00:00", mark="seq-7")
    yield opened
    opened.close()
