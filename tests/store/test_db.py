"""Writing together, reading in peace, and a disk that does not play along."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from hercules.model import Conflict, Overloaded, StoreError
from hercules.store import inbox
from hercules.store.db import DB_NAME, Connection, Database, open_database

from .samples import delivery


def putting(name: str, body: bytes = b"{}", desk_id: str = "a") -> Callable[[Connection], bool]:
    """A job that stores one delivery."""
    one = delivery(name, body, desk_id)
    return lambda conn: inbox.put(conn, desk_id, one, "0" * 64, False)


def names(db: Database) -> set[str]:
    """The ids of all deliveries of desk a."""
    with db.read() as conn:
        return {row.delivery_id for row in inbox.list_some(conn, frozenset({"a"}), limit=100_000)}


@contextmanager
def writer_busy(db: Database) -> Iterator[None]:
    """Keeps the writer in a job of its own, so that what is written meanwhile waits together."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(conn: Connection) -> None:
        begun.set()
        go_on.wait(10)

    busy = db.write(wait)
    begun.wait(10)
    try:
        yield
    finally:
        go_on.set()
        busy.result(10)


# --- group commit ---------------------------------------------------------------------------------


def test_jobs_that_wait_share_a_commit(db: Database) -> None:
    before = db.commits()
    with writer_busy(db):
        futures = [db.write(putting(str(n))) for n in range(300)]
        assert not any(future.done() for future in futures)
        assert db.waiting()[0] == 301
    assert all(future.result(10) for future in futures)
    assert db.commits() - before == 2
    assert len(names(db)) == 300
    assert db.waiting() == (0, 0)


def test_a_batch_ends_at_its_limits(db: Database) -> None:
    before = db.commits()
    with writer_busy(db):
        futures = [db.write(putting(str(n))) for n in range(600)]
        futures += [db.write(putting(f"big{n}"), size_bytes=5 << 20) for n in range(3)]
    assert all(future.result(10) for future in futures)
    assert db.commits() - before == 1 + 2 + 2  # 512 jobs, then 88 and a big one, then one big one each


def test_a_failing_job_fails_alone(db: Database) -> None:
    def fail(conn: Connection) -> bool:
        putting("half")(conn)
        raise Conflict("no")

    def refused(conn: Connection) -> None:
        conn.execute(sa.text("INSERT INTO inbox (desk_id) VALUES (NULL)"))

    with writer_busy(db):
        first, bad, wrong, last = (db.write(job) for job in (putting("1"), fail, refused, putting("2")))
    assert first.result(10)
    assert last.result(10)
    with pytest.raises(Conflict, match="no"):
        bad.result(10)
    with pytest.raises(StoreError, match="NOT NULL"):
        wrong.result(10)
    assert names(db) == {"1", "2"}
    assert db.trouble() is None


def test_a_failing_job_by_itself_is_undone(db: Database) -> None:
    def fail(conn: Connection) -> None:
        putting("half")(conn)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        db.do(fail)
    assert db.do(putting("1"))
    assert names(db) == {"1"}


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_a_job_that_ends_the_transaction_is_refused(db: Database, ending: str) -> None:
    with pytest.raises(StoreError, match="only the writer may commit"):
        db.do(lambda conn: conn.exec_driver_sql(ending))
    assert db.do(putting("1"))


def test_a_job_may_not_wait_for_a_job(db: Database) -> None:
    with pytest.raises(StoreError, match="must not wait"):
        db.do(lambda conn: db.do(putting("1")))


def test_a_cancelled_job_is_left_out(db: Database) -> None:
    with writer_busy(db):
        kept, dropped = db.write(putting("1")), db.write(putting("2"))
        assert dropped.cancel()
    assert kept.result(10)
    with pytest.raises(CancelledError):
        dropped.result()
    assert names(db) == {"1"}


def test_eight_threads_write_and_read(db: Database) -> None:
    def work(thread: int) -> None:
        for n in range(50):
            assert db.write(putting(f"{thread}-{n}")).result(30)
            assert f"{thread}-{n}" in names(db)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(names(db)) == 400


# --- when too much waits --------------------------------------------------------------------------


def test_too_many_jobs_are_refused_at_once(folder: Path) -> None:
    db = open_database(folder, exclusive=True, waiting_max=3)
    with ThreadPoolExecutor(1) as pool:
        with writer_busy(db):
            futures = [db.write(putting(str(n))) for n in range(3)]
            with pytest.raises(Overloaded, match="3 writes wait") as caught:
                db.write(putting("3"))
            assert caught.value.retry_after_s == 5.0
            futures.append(pool.submit(db.do, putting("4")))
            while db.waiting()[0] < 5:  # one that waits for its own result is never refused
                pass
        assert all(future.result(10) for future in futures)
    assert names(db) == {"0", "1", "2", "4"}
    db.close()


def test_too_many_bytes_are_refused_at_once(folder: Path) -> None:
    db = open_database(folder, exclusive=True, memory_max_bytes=1000)
    with writer_busy(db):
        alone = db.write(putting("1"), size_bytes=5000)
        with pytest.raises(Overloaded, match="5000 bytes wait"):
            db.write(putting("2"), size_bytes=1)
    assert alone.result(10)
    assert db.waiting() == (0, 0)
    assert db.write(putting("3"), size_bytes=1000).result(10)
    db.close()


# --- closing --------------------------------------------------------------------------------------


def test_close_commits_what_waits_and_takes_nothing_more(folder: Path) -> None:
    db = open_database(folder, exclusive=True)
    with writer_busy(db):
        futures = [db.write(putting(str(n))) for n in range(50)]
        closing = threading.Thread(target=db.close)
        closing.start()
        closing.join(0.05)  # it is waiting for the writer now
        with pytest.raises(Overloaded, match="stopping"):
            db.write(putting("late"))
    closing.join(10)
    assert all(future.result(0) for future in futures)
    with pytest.raises(Overloaded, match="stopping"):
        db.do(putting("late"))
    db.close()
    reopened = open_database(folder, exclusive=True)
    assert len(names(reopened)) == len(futures)
    reopened.close()


def test_a_checkpoint_empties_the_log(db: Database, folder: Path) -> None:
    db.do(putting("1", b"x" * 20_000))
    log = folder / f"{DB_NAME}-wal"
    assert log.stat().st_size > 20_000
    db.checkpoint()
    assert log.stat().st_size == 0
    assert names(db) == {"1"}


def _done(row_id: int, conn: Connection) -> None:
    inbox.done(conn, "a", row_id, delivery("x").received_at, b"", "")


def test_a_replaced_body_is_gone_from_the_files(db: Database, folder: Path) -> None:
    db.do(putting("small", b"SECRET-small" * 10))
    db.do(putting("large", b"SECRET-large" * 10_000))
    for _ in range(2):
        row = db.do(lambda conn: inbox.take(conn, delivery("x").received_at))
        assert row is not None
        assert b"SECRET" in row.body
        db.do(partial(_done, row.row_id))
    db.checkpoint()
    for path in folder.iterdir():
        assert b"SECRET" not in path.read_bytes(), path.name


# --- reading --------------------------------------------------------------------------------------


def test_a_reader_sees_one_moment(db: Database) -> None:
    db.do(putting("1"))
    with db.read() as conn:
        assert inbox.pending(conn) == 1
        db.do(putting("2"))
        assert inbox.pending(conn) == 1
    with db.read() as conn:
        assert inbox.pending(conn) == 2


def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(StoreError, match="read-only"), db.read() as conn:
        putting("1")(conn)
    assert names(db) == set()


def test_an_error_of_the_reader_itself_is_left_as_it_is(db: Database) -> None:
    with pytest.raises(KeyError, match="mine"), db.read() as conn:
        conn.info["mine"]


def test_error_texts_hold_no_values(db: Database) -> None:
    def fail(conn: Connection) -> None:
        conn.execute(
            sa.text("INSERT INTO inbox (desk_id, tail) VALUES (NULL, :tail)"), {"tail": "customer words"}
        )

    with pytest.raises(StoreError) as caught:
        db.do(fail)
    assert "customer words" not in f"{caught.value} {caught.value.__cause__}"


# --- settings of the connections ------------------------------------------------------------------


def test_every_connection_is_durable_and_careful(db: Database) -> None:
    def settings(conn: Connection) -> dict[str, object]:
        asked = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete", "query_only")
        return {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked}

    durable = {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "secure_delete": 1,
        "query_only": 0,
    }
    assert db.do(settings) == durable
    with db.read() as conn:
        assert settings(conn) == durable | {"query_only": 1}


# --- crashes and a full disk ----------------------------------------------------------------------


@contextmanager
def started(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A Python program at work on a data folder, killed at the end at the latest."""
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


WRITES_FOR_EVER = """
    import sys, threading
    from datetime import UTC, datetime
    from pathlib import Path
    from hercules.model import Delivery
    from hercules.store import inbox
    from hercules.store.db import open_database

    db = open_database(Path(sys.argv[1]), exclusive=True)

    def work(thread):
        for n in range(1_000_000):
            name = f"{thread}-{n}"
            one = Delivery("a", name, {}, b"x" * 3000, datetime.now(UTC))
            db.write(lambda conn: inbox.put(conn, "a", one, "0" * 64, False)).result()
            with lock:
                print(name, flush=True)

    lock = threading.Lock()
    for thread in range(4):
        threading.Thread(target=work, args=(thread,)).start()
"""


@pytest.mark.parametrize("acknowledged", [1, 57, 200])
def test_kill_loses_nothing_that_was_acknowledged(folder: Path, acknowledged: int) -> None:
    with started(WRITES_FOR_EVER, folder) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    whole = {line.strip() for line in told if line.endswith("\n")}
    assert len(whole) >= acknowledged
    db = open_database(folder, exclusive=True)
    assert whole <= names(db)
    with db.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    db.close()


FILLS_THE_DISK = """
    import resource, sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from hercules.model import Delivery, Overloaded
    from hercules.store import inbox
    from hercules.store.db import open_database

    db = open_database(Path(sys.argv[1]), exclusive=True)

    def write(name):
        one = Delivery("a", name, {}, b"x" * 30_000, datetime.now(UTC))
        kept = len(one.body)
        return db.write(lambda conn: inbox.put(conn, "a", one, "0" * 64, False), size_bytes=kept)

    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
    stored, refused = [], 0
    for n in range(200):
        batch = [(name, write(name)) for name in (f"{n}-0", f"{n}-1", f"{n}-2")]
        for name, future in batch:
            try:
                assert future.result()
                stored.append(name)
            except Overloaded as error:
                assert error.retry_after_s > 0
                trouble = str(error)
                refused += 1
        if refused > 20:
            break
    assert refused > 20, "the disk was never full"
    assert db.trouble()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_020_000, unlimited[1]))
    db.do(lambda conn: conn.exec_driver_sql("UPDATE inbox SET attempts = 0 WHERE rowid = 1"))
    assert db.trouble(), "room for a small row is not room for a delivery"
    with db.read() as conn:
        assert inbox.pending(conn) == len(stored)
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert write("again").result(timeout=30)
    assert db.trouble() is None
    db.close()
    print(len(stored), trouble)
"""


def test_a_full_disk_is_refused_and_room_is_noticed(folder: Path) -> None:
    with started(FILLS_THE_DISK, folder) as process:
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    stored, trouble = told.split(" ", 1)
    assert "disk" in trouble
    db = open_database(folder, exclusive=True)
    assert len(names(db)) == int(stored) + 1
    with db.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    db.close()


def test_another_writer_for_too_long_is_refused_and_then_goes_on(db: Database, folder: Path) -> None:
    other = sa.create_engine(f"sqlite:///{folder / DB_NAME}")
    db.do(lambda conn: conn.exec_driver_sql("PRAGMA busy_timeout=50"))
    with other.connect() as held:
        held.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Overloaded, match="another process is writing"):
            db.do(putting("1"))
    other.dispose()
    assert db.do(putting("2"))
    assert names(db) == {"2"}


def test_a_short_command_writes_beside_the_service(db: Database, folder: Path) -> None:
    short = open_database(folder, exclusive=False)
    for n in range(20):
        assert short.do(putting(f"short{n}"))
        assert db.do(putting(f"service{n}"))
    short.close()
    assert len(names(db)) == 40
