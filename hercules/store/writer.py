"""The one writer: a thread that commits all jobs that wait together, so that they share one flush to disk."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from hercules.model import Overloaded, StoreError
from hercules.store.engine import driver_of, is_trouble, ours

T = TypeVar("T")
R = TypeVar("R")
BATCH_JOBS = 512
BATCH_BYTES = 8 << 20
# A disk with little room takes small rows and refuses large ones; it is in order again once it takes as
# much as it refused, or when nothing was refused for so long.
TROUBLE_TOLD_S = 30.0
_STOPPING = "Hercules is stopping and takes nothing more."


@dataclass(slots=True, frozen=True)
class _Waiting:
    """A job that waits for its turn; `result` is told once it is durable or has failed.

    With `together` it is a row, which that one job can do beside other rows.
    """

    job: Callable[[sa.Connection], Any]
    result: Future[Any]
    size_bytes: int
    together: Callable[[sa.Connection, Sequence[Any]], Sequence[Any]] | None = None
    row: object = None


@dataclass(slots=True, frozen=True)
class _Ended:
    """How one job ended inside its transaction: with a value, or with an error of its own."""

    waiting: _Waiting
    value: object = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Tell whoever waits."""
        if self.error is None:
            self.waiting.result.set_result(self.value)
        else:
            self.waiting.result.set_exception(self.error)


class Writer:
    """Takes jobs from any thread and runs them on the one write connection, as many to a commit as wait."""

    def __init__(self, engine: sa.Engine, *, waiting_max: int, memory_max_bytes: int) -> None:
        self._engine = engine
        self._waiting_max = waiting_max
        self._memory_max_bytes = memory_max_bytes
        self._jobs: deque[_Waiting] = deque()
        self._bytes = 0
        self._in_hand = 0
        self._closing = False
        self._changed = threading.Condition()
        self._connection: sa.Connection | None = None
        self._trouble: BaseException | None = None
        self._refused_bytes = 0
        self._refused_at_s = 0.0
        self._commits = 0
        self._thread = threading.Thread(target=self._run, name="hercules-writer", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> BaseException | None:
        """Why a batch failed as a whole; None once as large a one went through, or after TROUBLE_TOLD_S."""
        return self._trouble

    @property
    def commits(self) -> int:
        """How many batches were committed."""
        return self._commits

    def waiting(self) -> tuple[int, int]:
        """(jobs, bytes) that are not committed yet."""
        with self._changed:
            return len(self._jobs) + self._in_hand, self._bytes

    def put(self, job: Callable[[sa.Connection], T], size_bytes: int, *, patient: bool) -> Future[T]:
        """Add a job. Unless `patient`, Overloaded when too many or too large ones wait already.

        A patient caller waits for its own result before it asks again, so such jobs are bounded by threads.
        """
        if patient and threading.current_thread() is self._thread:
            raise StoreError("A job must not wait for another job; use the connection it was given.")
        result: Future[T] = Future()
        self._add(_Waiting(job, result, size_bytes), patient)
        return result

    def put_row(
        self, together: Callable[[sa.Connection, Sequence[R]], Sequence[T]], row: R, size_bytes: int
    ) -> Future[T]:
        """Add a row for a job that does many rows at once and gives a result for each, in their order.

        When the job fails for many, it is run again for each row alone. Overloaded as for `put`.
        """
        result: Future[T] = Future()
        alone = partial(_first, together, row)
        self._add(_Waiting(alone, result, size_bytes, together, row), patient=False)
        return result

    def _add(self, waiting: _Waiting, patient: bool) -> None:
        with self._changed:
            if self._closing:
                raise Overloaded(_STOPPING, 30.0)
            if not patient:
                self._refuse_when_full(waiting.size_bytes)
            self._jobs.append(waiting)
            self._bytes += waiting.size_bytes
            self._changed.notify()

    def _refuse_when_full(self, size_bytes: int) -> None:
        if len(self._jobs) >= self._waiting_max:
            raise Overloaded(f"{len(self._jobs)} writes wait already; try again soon.")
        if self._bytes and self._bytes + size_bytes > self._memory_max_bytes:
            raise Overloaded(f"{self._bytes} bytes wait to be written already; try again soon.")

    def close(self) -> None:
        """Commit what waits, then end the thread and its connection."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            ended = self._commit([each for each in batch if each.result.set_running_or_notify_cancel()])
            self._settle(batch)
            for each in ended:
                each.tell()
        self._drop_connection()

    def _next_batch(self) -> list[_Waiting]:
        """The first job that waits and all that already wait behind it; empty when closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            batch: list[_Waiting] = []
            size = 0
            while self._jobs and len(batch) < BATCH_JOBS:
                size += self._jobs[0].size_bytes
                if batch and size > BATCH_BYTES:
                    break
                batch.append(self._jobs.popleft())
            self._in_hand = len(batch)
            return batch

    def _settle(self, batch: list[_Waiting]) -> None:
        with self._changed:
            self._bytes -= sum(each.size_bytes for each in batch)
            self._in_hand = 0

    def _commit(self, batch: list[_Waiting]) -> list[_Ended]:
        """Run and commit a batch; when that fails as a whole, each job of it fails."""
        if not batch:
            return []
        largest_bytes = max(each.size_bytes for each in batch)
        try:
            ended = self._run_batch(batch)
        except BaseException as error:  # recorded: every job of the batch is told, and the thread lives on
            trouble = self._note_trouble(ours(error), largest_bytes)
            self._drop_connection()
            return [_Ended(each, error=_copy(trouble)) for each in batch]
        self._note_success(largest_bytes)
        return ended

    def _note_trouble(self, trouble: BaseException, size_bytes: int) -> BaseException:
        self._refused_bytes = max(size_bytes, self._refused_bytes if self._trouble else 0)
        self._refused_at_s = time.monotonic()
        self._trouble = trouble
        return trouble

    def _note_success(self, size_bytes: int) -> None:
        self._commits += 1
        long_ago = time.monotonic() - self._refused_at_s > TROUBLE_TOLD_S
        if long_ago or size_bytes >= self._refused_bytes:
            self._trouble = None

    def _run_batch(self, batch: list[_Waiting]) -> list[_Ended]:
        connection = self._connected()
        with connection.begin() as transaction:
            ended: list[_Ended] = []
            for together, group in groupby(batch, key=attrgetter("together")):
                ended += _run_group(connection, together, list(group), len(batch) > 1)
            if len(ended) == 1 and ended[0].error is not None:
                transaction.rollback()
        return ended

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        """A connection that saw trouble is not used again: what it holds in memory is not to be trusted."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _first(
    together: Callable[[sa.Connection, Sequence[R]], Sequence[T]], row: R, connection: sa.Connection
) -> T:
    return together(connection, (row,))[0]


def _run_group(
    connection: sa.Connection,
    together: Callable[[sa.Connection, Sequence[Any]], Sequence[Any]] | None,
    group: Sequence[_Waiting],
    among_others: bool,
) -> list[_Ended]:
    """Rows of one job by one call of it; where that fails, and for other jobs, each by itself."""
    if together is not None and len(group) > 1:
        rows = [each.row for each in group]
        asked = _Waiting(lambda conn: together(conn, rows), Future(), 0)
        done = _run_alone(connection, asked, among_others)
        if done.error is None:
            values = cast(Sequence[Any], done.value)
            return [_Ended(each, value) for each, value in zip(group, values, strict=True)]
    return [_run_alone(connection, each, among_others) for each in group]


def _run_alone(connection: sa.Connection, waiting: _Waiting, among_others: bool) -> _Ended:
    """One job, undone by itself when it fails. Raises only what the whole transaction cannot outlive."""
    # The driver is spoken to directly: a savepoint costs 1 microsecond so, a lookup in SQLAlchemy 20.
    driver = driver_of(connection)
    if among_others:
        driver.execute("SAVEPOINT job")
    try:
        ended = _Ended(waiting, value=waiting.job(connection))
    except BaseException as error:  # recorded: it is the job's own outcome
        if is_trouble(error) or not driver.in_transaction:
            raise
        ended = _Ended(waiting, error=ours(error))
        if among_others:
            driver.execute("ROLLBACK TO job")
    if not driver.in_transaction:
        raise StoreError("A job ended the transaction; only the writer may commit.")
    if among_others:
        driver.execute("RELEASE job")
    return ended


def _copy(error: BaseException) -> BaseException:
    """Each waiter gets an exception of its own, since raising one in many threads mixes their tracebacks."""
    if isinstance(error, Overloaded):
        mine: BaseException = Overloaded(str(error), error.retry_after_s)
    elif isinstance(error, StoreError):
        mine = type(error)(str(error))
    else:
        mine = StoreError(f"Nothing was stored: {type(error).__name__}: {error}")
    mine.__cause__ = cast(BaseException, error.__cause__)
    return mine
