"""An index of the small knowledge base, built once for the room."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from hercules.kb.contract import SearchIndex
from hercules.kb.index import IndexOptions, open_index

from .samples import ARTICLES


@pytest.fixture(scope="session", params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine keeps the same contract."""
    name = str(request.param)
    if name != "whoosh" and find_spec(name) is None:
        pytest.skip(f"the extra {name} is not installed")
    return name


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Iterator[SearchIndex]:
    opened = open_index(tmp_path_factory.mktemp("kb") / "index", IndexOptions(), engine)
    opened.rebuild(ARTICLES, built_at="2026-11-02T09:00:00+00:00", mark="seq-7")
    yield opened
    opened.close()
