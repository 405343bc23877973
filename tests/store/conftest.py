"""A migrated database for each test, copied from one made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hercules.store.db import DB_NAME, Database, open_database
from hercules.store.engine import write_engine


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all tables and no rows; not to be written to."""
    folder = tmp_path_factory.mktemp("made") / "data"
    open_database(folder, exclusive=True).close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def db(folder: Path) -> Iterator[Database]:
    """The data folder, open as the service opens it."""
    database = open_database(folder, exclusive=True)
    yield database
    database.close()


@pytest.fixture
def conn(folder: Path) -> Iterator[sa.Connection]:
    """A connection in a writing transaction of the test's own."""
    engine = write_engine(folder / DB_NAME)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
