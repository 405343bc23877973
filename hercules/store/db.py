"""Opens the data folder, hands out reading connections and passes writes to the one writer."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from hercules.model import Locked, StoreError
from hercules.store import migrate
from hercules.store.engine import checkpoint, ours, read_engine, write_engine
from hercules.store.writer import Writer

T = TypeVar("T")
R = TypeVar("R")
Connection = sa.Connection
DB_NAME = "hercules.db"
LOCK_NAME = "hercules.lock"
# How long a short command waits for a service that is just making or changing the tables.
MIGRATION_WAIT_S = 10.0
_SQLITE_MIN = (3, 35)  # the first with RETURNING


class Database:
    """An open data folder. Any thread may use it; `close` it once."""

    def __init__(
        self, folder: Path, lock: int | None, writer: Writer, engines: tuple[sa.Engine, sa.Engine]
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._writer = writer
        self._write_engine, self._read_engine = engines
        self._closed = False

    def write(self, job: Callable[[Connection], T], *, size_bytes: int = 0) -> Future[T]:
        """Have the writer run `job` and tell its result once it is durable; returns at once.

        `job` may be run beside others in one transaction, must not commit, and is undone alone when it
        raises: the future then raises the same. Cancelling the future before the job's turn leaves it out.
        `size_bytes` is what the job keeps in memory. Raises Overloaded when too much waits already or
        the database is being closed. The future raises Overloaded when the disk is full or fails, and
        StoreError when the file is damaged or a statement was refused.
        """
        return self._writer.put(job, size_bytes, patient=False)

    def write_row(
        self, job: Callable[[Connection, Sequence[R]], Sequence[T]], row: R, *, size_bytes: int = 0
    ) -> Future[T]:
        """`write` for a job that does many rows at once and gives a result for each, in their order.

        Rows that wait for the same `job` are handed to it together, which is cheaper than one by one.
        """
        return self._writer.put_row(job, row, size_bytes)

    def do(self, job: Callable[[Connection], T]) -> T:
        """`write` and wait for the result; a full queue is waited for and never refuses."""
        return self._writer.put(job, 0, patient=True).result()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that only reads and sees one moment of the database from its first query on.

        Keep it short: while it is open the write-ahead log cannot shrink. Raises Overloaded when too
        many are open or the disk fails, StoreError when the file is damaged.
        """
        return _reading(self._read_engine)

    def waiting(self) -> tuple[int, int]:
        """(jobs, bytes) that are not durable yet."""
        return self._writer.waiting()

    def trouble(self) -> str | None:
        """Why a commit failed, None when as large a one went through since: what `/readyz` shows."""
        trouble = self._writer.trouble
        return None if trouble is None else str(trouble)

    def commits(self) -> int:
        """How many commits were made since opening; fewer than jobs, since those that wait share one."""
        return self._writer.commits

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that replaced bodies are gone from it too.

        Does what it can beside readers, for a second at most; meant for a timer. Raises as `read` does.
        """
        checkpoint(self._write_engine)

    def close(self) -> None:
        """Commit what waits, empty the write-ahead log, give the folder free. Again: nothing happens."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._read_engine.dispose()
        try:
            if self._lock is not None:
                self.checkpoint()
        finally:
            self._write_engine.dispose()
            if self._lock is not None:
                os.close(self._lock)


def open_database(
    folder: Path, *, exclusive: bool, waiting_max: int = 1_000, memory_max_bytes: int = 64 << 20
) -> Database:
    """Open the data folder, made if absent, and bring its tables up to date.

    The service opens it `exclusive`; a short command does not and may stand beside it. Raises Locked when
    another process holds the folder, StoreError when it cannot be used or was written by a newer version.
    """
    _make_private(folder)
    lock = _take_lock(folder) if exclusive else None
    file = folder / DB_NAME
    engines = write_engine(file), read_engine(file)
    try:
        _bring_up_to_date(folder, engines, held=exclusive)
    except BaseException as error:
        for engine in engines:
            engine.dispose()
        if lock is not None:
            os.close(lock)
        raise ours(error) from error
    writer = Writer(engines[0], waiting_max=waiting_max, memory_max_bytes=memory_max_bytes)
    return Database(folder, lock, writer, engines)


def _make_private(folder: Path) -> None:
    """The folder and an empty database file, both for their owner only."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Its log and index files take the mode of the database file.
        os.close(os.open(folder / DB_NAME, os.O_RDWR | os.O_CREAT, 0o600))
        (folder / DB_NAME).chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be used ({error.strerror}); choose another."
        ) from error


def _take_lock(folder: Path) -> int:
    """The open lock file; the lock goes with it, even when the process is killed."""
    try:
        lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{folder / LOCK_NAME} cannot be opened ({error.strerror}).") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        os.close(lock)
        by = f" (process {holder})" if holder else ""
        raise Locked(
            f"The data folder {folder} is in use by another Hercules{by}; "
            "stop that one first, or give this one a data folder of its own."
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode("ascii"), 0)
    return lock


def _bring_up_to_date(folder: Path, engines: tuple[sa.Engine, sa.Engine], *, held: bool) -> None:
    """Migrate under the lock. A short command may do so too, or waits for the service that is at it."""
    if sqlite3.sqlite_version_info < _SQLITE_MIN:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old; Hercules needs 3.35 or newer.")
    give_up_at = time.monotonic() + MIGRATION_WAIT_S
    while _is_behind(engines[1]):
        try:
            lock = None if held else _take_lock(folder)
        except Locked:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
            continue
        try:
            _migrate(engines[0])
        finally:
            if lock is not None:
                os.close(lock)


def _is_behind(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return migrate.behind(connection)


def _migrate(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        if migrate.behind(connection):
            migrate.upgrade(connection)


@contextmanager
def _reading(engine: sa.Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except Exception as error:
        if ours(error) is error:
            raise
        raise ours(error) from error
