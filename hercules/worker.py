"""The threads that work off inbox, outbox and timers: take one, do it, say how it ended."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from hercules import flow, posting
from hercules.house import House
from hercules.model import BadDelivery, DeskError, NotYet, Overloaded, StoreError
from hercules.redact import redact
from hercules.store import inbox, outbox
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.store.outbox import OutboxRow
from hercules.text import cut, one_line
from hercules.wiring import TIMERS

log = structlog.get_logger("hercules.worker")

IDLE_S = 1.0
BACKOFF_FIRST_S = 5.0
BACKOFF_MOST_S = 900.0
UNKNOWN_RETRY_S = 2.0
NOT_YET_S = 1.0
INSIST_TRIES = 600
INSIST_PAUSE_S = 1.0


def backoff_s(attempt: int, draw: Callable[[], float] = random.random) -> float:
    """How long to wait after failed attempt number `attempt` (from 1): doubling up to 15 min, full jitter."""
    return draw() * min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** (min(attempt, 20) - 1))


def why_of(error: BaseException) -> str:
    """An error as one redacted line for the page."""
    return cut(redact(one_line(f"{type(error).__name__}: {error}")), 500)


class Worker:
    """The worker threads of one process. `start` takes up what an earlier process had in hand."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Put back what was in hand when an earlier process ended, and start the threads."""
        self._house.db.do(inbox.recover)
        self._house.db.do(outbox.recover)
        jobs = [("read", read_one)] * self._house.settings.work.threads + [("post", post_one)]
        for number, (name, job) in enumerate(jobs):
            self._spawn(f"hercules-{name}-{number}", partial(self._drain, job))
        self._spawn("hercules-timers", self._tick)

    def _spawn(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask all threads to end after what they have in hand, and wait for them."""
        self._stop.set()
        self._house.bell.ring()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _drain(self, job: Callable[[House], bool]) -> None:
        seen = 0
        while not self._stop.is_set():
            heard = self._house.bell.count
            if not _guarded(job, self._house):
                seen = self._house.bell.wait(max(seen, heard), IDLE_S)

    def _tick(self) -> None:
        due = dict.fromkeys(TIMERS, 0.0)
        while not self._stop.wait(0.25):
            now = time.monotonic()
            for name, (every_s, timer) in TIMERS.items():
                if now >= due[name]:
                    due[name] = now + every_s
                    _guarded(timer, self._house)


def _guarded(job: Callable[[House], object], house: House) -> bool:
    """Run a job; an error of the database or a timer is logged and the thread lives on, after a pause."""
    try:
        return bool(job(house))
    except Exception as error:
        log.error("worker", job=getattr(job, "__name__", "timer"), why=why_of(error))
        time.sleep(0.5)
        return False


def read_one(house: House) -> bool:
    """Take one delivery and work it off; False when there is none."""
    row = house.db.do(lambda conn: inbox.take(conn, house.clock()))
    if row is None:
        return False
    house.step("taken")
    try:
        flow.handle(house, row)
    except NotYet as error:
        why, later = str(error), house.clock() + timedelta(seconds=NOT_YET_S)
        house.db.do(lambda conn: inbox.retry(conn, row.desk_id, row.row_id, later, why))
    except BadDelivery as error:
        house.metrics.deliveries.labels(row.desk_id, "unreadable").inc()
        why = why_of(error)
        house.db.do(lambda conn: inbox.unreadable(conn, row.desk_id, row.row_id, why))
    except Exception as error:
        _put_back(house, row, error)
    return True


def _put_back(house: House, row: InboxRow, error: Exception) -> None:
    """A failed delivery is tried again later, and after the last attempt kept as dead for a person."""
    why = why_of(error)
    log.error("delivery failed", desk_id=row.desk_id, delivery_id=row.delivery_id, why=why)
    if row.attempts >= house.settings.work.attempts_max:
        _insist(house, lambda conn: inbox.dead(conn, row.desk_id, row.row_id, why))
        return
    later = house.clock() + timedelta(seconds=_wait_s(error, row.attempts))
    _insist(house, lambda conn: inbox.retry(conn, row.desk_id, row.row_id, later, why))


def _insist(house: House, job: Callable[[Connection], object]) -> None:
    """Write how a job ended, also when the disk is full for a while: else it would stay in hand for ever."""
    for _ in range(INSIST_TRIES):
        try:
            house.db.do(job)
            return
        except (Overloaded, StoreError) as error:
            log.error("cannot store how a job ended", why=why_of(error))
            time.sleep(INSIST_PAUSE_S)
    house.db.do(job)


def _wait_s(error: Exception, attempts: int) -> float:
    asked = error.retry_after_s if isinstance(error, DeskError) else None
    return asked if asked is not None else backoff_s(attempts)


def post_one(house: House) -> bool:
    """Take one note or reply and post it; False when there is none."""
    row = house.db.do(lambda conn: outbox.take(conn, house.clock()))
    if row is None:
        return False
    house.step("marked")
    try:
        posting.reply(house, row)
    except DeskError as error:
        _not_posted(house, row, error)
    return True


def _not_posted(house: House, row: OutboxRow, error: DeskError) -> None:
    why = why_of(error)
    log.warning("not posted", desk_id=row.desk_id, ticket_id=row.subject, kind=row.kind, why=why)
    house.metrics.replies.labels(row.desk_id, row.kind, "failed").inc()
    in_doubt = error.outcome == "unknown"
    if in_doubt and not house.desks[row.desk_id].can_find:
        _insist(house, lambda conn: outbox.unknown(conn, row.desk_id, row.row_id, why))
    elif error.permanent or row.attempts >= house.settings.work.attempts_max:
        _insist(house, lambda conn: outbox.dead(conn, row.desk_id, row.row_id, why))
    else:
        wait = UNKNOWN_RETRY_S if in_doubt and row.attempts == 1 else _wait_s(error, row.attempts)
        later = house.clock() + timedelta(seconds=wait)
        _insist(house, lambda conn: outbox.retry(conn, row.desk_id, row.row_id, later, why, in_doubt))
