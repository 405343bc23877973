"""Connections to the SQLite file, set up for durability, and what its errors mean to us."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from hercules.model import HerculesError, Overloaded, StoreError

BUSY_TIMEOUT_MS = 5_000
READERS_MAX = 32
# Pages in the write-ahead log before they are moved into the file: 16 MiB at 4 KiB a page.
_CHECKPOINT_PAGES = 4_000
_RETRY_AFTER_S = 5.0
# Primary result codes of SQLite that pass by themselves or once there is room again, and what they say.
_PASSING = {
    5: "another process is writing to the database",
    6: "the database is locked",
    7: "the database ran out of memory",
    9: "the database was interrupted",
    10: "the disk refused to write or read (input/output error)",
    13: "the disk is full",
    14: "the database file cannot be opened",
}
_LASTING = {
    8: "the database file is read-only; give its owner the right to write",
    11: "the database file is damaged; restore a backup",
    26: "the file is not a database; move it away or restore a backup",
}


def write_engine(file: Path) -> sa.Engine:
    """An engine whose transactions begin with the write lock; each connection is made anew."""
    engine = sa.create_engine(_url(file), poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_writing)
    return engine


def read_engine(file: Path) -> sa.Engine:
    """An engine with pooled connections that cannot write; a transaction sees one snapshot."""
    engine = sa.create_engine(
        _url(file), poolclass=QueuePool, pool_size=8, max_overflow=READERS_MAX - 8, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "connect", _refuse_writes)
    event.listen(engine, "begin", _begin_reading)
    return engine


def _url(file: Path) -> sa.URL:
    return sa.URL.create("sqlite", database=str(file))


def _prepare(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    driver = cast(sqlite3.Connection, connection)
    driver.isolation_level = None  # the driver's own idea of when to begin is not ours
    driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _keep_a_log(driver)
    driver.execute("PRAGMA synchronous=FULL")
    driver.execute("PRAGMA foreign_keys=ON")
    driver.execute("PRAGMA secure_delete=ON")
    driver.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")


def _keep_a_log(driver: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. On a new file others may be at it too, and then SQLite does not wait."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            mode = driver.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not is_trouble(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise StoreError("The data folder cannot hold a write-ahead log; put it on a local disk.")
        return


def _refuse_writes(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    cast(sqlite3.Connection, connection).execute("PRAGMA query_only=ON")


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def driver_of(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def checkpoint(engine: sa.Engine) -> None:
    """Move the write-ahead log into the file and empty it, as far as readers let us within a second."""
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=1000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
    except sqlite3.Error as error:
        raise ours(error) from error


def is_trouble(error: BaseException) -> bool:
    """True when the disk or file failed, so that the whole transaction is lost and not one statement."""
    return _code(error) in _PASSING.keys() | _LASTING.keys()


def ours(error: BaseException) -> BaseException:
    """A database error as one of our own classes, Overloaded or StoreError; any other error as it is."""
    if isinstance(error, PoolTimeout):
        return Overloaded("Too many read the database at once; try again soon.", _RETRY_AFTER_S)
    if not isinstance(error, SQLAlchemyError | sqlite3.Error):
        return error
    code = _code(error)
    if code in _PASSING:
        mine: HerculesError = Overloaded(f"The database does not answer: {_PASSING[code]}.", _RETRY_AFTER_S)
    elif code in _LASTING:
        mine = StoreError(f"The database cannot be used: {_LASTING[code]}.")
    else:
        mine = StoreError(f"The database refused a statement: {getattr(error, 'orig', error)}")
    mine.__cause__ = error
    return mine


def _code(error: BaseException) -> int:
    """SQLite's primary result code, 0 where the driver or SQLAlchemy itself refused."""
    driver_error = error.orig if isinstance(error, DBAPIError) else error
    return int(getattr(driver_error, "sqlite_errorcode", 0) or 0) & 0xFF
