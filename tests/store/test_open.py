"""Opening and migrating the data folder."""

from __future__ import annotations

import importlib.util
import re
import sqlite3
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hercules.model import Locked, StoreError
from hercules.store import inbox, migrate, outbox, tickets
from hercules.store.db import DB_NAME, LOCK_NAME, open_database
from hercules.store.engine import write_engine
from hercules.store.schema import METADATA

ANY_DESK = {"tokens", "sessions"}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def execute(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / DB_NAME)) as connection:
        connection.execute(sql)
        connection.commit()


# --- files ----------------------------------------------------------------------------------------


def test_the_files_are_their_owners(tmp_path: Path) -> None:
    folder = tmp_path / "x" / "100% data?#"
    db = open_database(folder, exclusive=True)
    db.do(lambda conn: inbox.recover(conn))
    assert mode_of(folder) == 0o700
    assert {path.name for path in folder.iterdir()} >= {DB_NAME, LOCK_NAME, f"{DB_NAME}-wal"}
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}
    db.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        open_database(tmp_path / "file" / "data", exclusive=True)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / DB_NAME).write_bytes(b"hello " * 1000)
    with pytest.raises(StoreError, match="not a database"):
        open_database(tmp_path, exclusive=True)


def test_the_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    execute(tmp_path, "CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="another program"):
        open_database(tmp_path, exclusive=True)


# --- the lock -------------------------------------------------------------------------------------


def test_a_second_service_is_refused(folder: Path) -> None:
    first = open_database(folder, exclusive=True)
    with pytest.raises(Locked, match=r"in use by another Hercules \(process \d+\); stop that one first"):
        open_database(folder, exclusive=True)
    first.close()
    open_database(folder, exclusive=True).close()


def test_a_refused_opening_gives_the_lock_back(tmp_path: Path) -> None:
    execute(tmp_path, "CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="another program"):
        open_database(tmp_path, exclusive=True)
    (tmp_path / DB_NAME).unlink()
    open_database(tmp_path, exclusive=True).close()


def test_the_lock_ends_with_its_process(folder: Path) -> None:
    program = """
        import os, sys
        from pathlib import Path
        from hercules.store.db import open_database
        open_database(Path(sys.argv[1]), exclusive=True)
        os._exit(9)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(folder)], check=False)
    assert done.returncode == 9
    open_database(folder, exclusive=True).close()


# --- the tables -----------------------------------------------------------------------------------


def test_a_newer_database_is_refused(folder: Path) -> None:
    execute(folder, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer Hercules.*9999"):
        open_database(folder, exclusive=True)
    execute(folder, f"UPDATE alembic_version SET version_num = '{migrate.REVISIONS[-1]}'")
    open_database(folder, exclusive=True).close()


def test_short_commands_make_the_tables_when_no_service_does(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_database(tmp_path, exclusive=False), range(4)))
    for db in opened:
        db.do(lambda conn: inbox.recover(conn))
        db.close()


def test_a_short_command_does_not_migrate_under_a_service(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_database(folder, exclusive=True)
    execute(folder, "DELETE FROM alembic_version")
    monkeypatch.setattr("hercules.store.db.MIGRATION_WAIT_S", 0.1)
    with pytest.raises(Locked):
        open_database(folder, exclusive=False)
    service.close()


def test_a_current_file_opens_without_alembic(folder: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from hercules.store.db import open_database
        open_database(Path(sys.argv[1]), exclusive=True).close()
        assert "alembic" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(folder)], check=True)


def test_every_migration_is_known_and_the_last_one_is_current() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == migrate.REVISIONS
    assert scripts.get_heads() == [migrate.REVISIONS[-1]]


def test_the_migrations_make_the_tables_that_the_code_knows(conn: sa.Connection) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as fresh:
        METADATA.create_all(fresh)
        wanted = _definitions(fresh)
    engine.dispose()
    found = _definitions(conn)
    assert found.pop("alembic_version")
    assert found == wanted


def _definitions(conn: sa.Connection) -> dict[str, list[str]]:
    """The parts of each table's and index' definition, in any order."""
    rows = conn.exec_driver_sql(
        "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql > ''"
    )
    # A column that was added later stands on the line of the one before it.
    return {
        name: sorted(part.strip(" ,\t") for part in re.split(r"\n|, (?=\w+ [A-Z])", sql))
        for name, sql in rows
    }


def test_every_row_belongs_to_a_desk() -> None:
    for table in METADATA.sorted_tables:
        if table.name in ANY_DESK:
            continue
        assert not table.c.desk_id.nullable, table.name
        keys = [
            [column.name for column in each.columns]
            for each in (*table.constraints, *table.indexes)
            if isinstance(each, sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.Index)
        ]
        for names in keys:
            assert names[0] == "desk_id" or names in (["id"], ["seq"]), f"{table.name}: {names}"


def test_importing_the_room_opens_nothing(tmp_path: Path) -> None:
    assert importlib.util.find_spec("hercules.store.db") is not None
    program = "import os, hercules.store.db; print(len(os.listdir('/proc/self/fd')))"
    bare = "import os; print(len(os.listdir('/proc/self/fd')))"
    counts = [
        subprocess.run([sys.executable, "-c", each], capture_output=True, check=True, text=True).stdout
        for each in (bare, program)
    ]
    assert counts[0] == counts[1]


def test_an_old_database_keeps_its_rows(tmp_path: Path) -> None:
    """From the first tables on, with something in each place that was changed since."""
    engine = write_engine(tmp_path / DB_NAME)
    with engine.begin() as old:
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        config.attributes["connection"] = old
        command.upgrade(config, "0001")
        for table in ("outbox", "tickets", "journal"):
            columns = sa.inspect(old).get_columns(table)
            row = {each["name"]: _some(each) for each in columns}
            names = ", ".join(row)
            old.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(row)})"), row)
    engine.dispose()
    with closing(open_database(tmp_path, exclusive=True)) as db, db.read() as conn:
        assert conn.scalar(sa.text("SELECT version_num FROM alembic_version")) == migrate.REVISIONS[-1]
        assert [row.refusals for row in outbox.list_some(conn, frozenset({"acme"}))] == [0]
        assert tickets.get(conn, "acme", "x") is not None
        assert conn.scalar(sa.text("SELECT count(*) FROM journal")) == 1


def _some(column: Any) -> object:
    """A value that a column takes."""
    if column["name"] == "desk_id":
        return "acme"
    if isinstance(column["type"], sa.Text):
        return "[]" if column["name"] == "tags" else "waiting" if column["name"] == "state" else "x"
    return 1
