"""The threads that work off inbox, outbox and timers: take one, do it, say how it ended."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

import structlog

from hercules import flow, posting
from hercules.house import House
from hercules.model import (
    BadDelivery,
    CredentialsRefused,
    DeskError,
    DeskPaused,
    NotYet,
    Overloaded,
    StoreError,
)
from hercules.outbound import PatientClient
from hercules.reconcile import Rounds, listed
from hercules.recording import why_of
from hercules.store import inbox, outbox
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.store.outbox import OutboxRow
from hercules.wiring import TIMERS, make_desk

Row = TypeVar("Row", InboxRow, OutboxRow)

log = structlog.get_logger("hercules.worker")

POSTERS = 3
IDLE_S = 1.0
BACKOFF_FIRST_S = 5.0
BACKOFF_MOST_S = 900.0
UNKNOWN_RETRY_S = 2.0
NOT_YET_S = 1.0
RECONCILE_LOOK_S = 1.0
GIVE_UP_S = 72 * 3600.0  # how long a post waits for a desk that is away
REFUSALS_MAX = 12  # by then over an hour after the first, so what the desk took since speaks for our account
REFUSED_LOOK_S = 3600.0
INSIST_TRIES = 600
INSIST_PAUSE_S = 1.0


def backoff_s(attempt: int, draw: Callable[[], float] = random.random) -> float:
    """How long to wait after failed attempt number `attempt` (from 1): doubling up to 15 min, full jitter."""
    return draw() * min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** (min(attempt, 20) - 1))


class InHand:
    """The desks that the threads of one kind are at, so that a slow desk holds up nobody but itself."""

    def __init__(self) -> None:
        self._desks: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taking(self, take: Callable[[frozenset[str]], Row | None]) -> Iterator[Row | None]:
        """What `take` gives when told the desks in hand; its own desk is in hand while this lasts."""
        with self._lock:
            row = take(frozenset(+self._desks))
            desk_ids = [row.desk_id] if row else []
            self._desks.update(desk_ids)
        try:
            yield row
        finally:
            with self._lock:
                self._desks.subtract(desk_ids)


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
        for job, threads in ((read_one, self._house.settings.work.threads), (post_one, POSTERS)):
            hands = InHand()
            for number in range(threads):
                name = f"hercules-{job.__name__}-{number}"
                self._spawn(name, partial(self._drain, partial(job, hands=hands)))
        self._spawn("hercules-timers", self._tick)
        for desk_id in listed(self._house):  # a slow one, or one that has us wait, holds up nobody else
            self._spawn(f"hercules-reconcile-{desk_id}", partial(self._reconcile, desk_id))

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

    def _reconcile(self, desk_id: str) -> None:
        house = self._house
        desk = make_desk(
            desk_id,
            house.settings,
            house.clock,
            house.breakers[desk_id],
            lambda client: PatientClient(client, self._stop.wait),
        )
        rounds = Rounds(replace(house, desks={desk_id: desk}))
        while not self._stop.is_set():
            _guarded(lambda _: rounds.next(self._stop.is_set), self._house)
            self._stop.wait(RECONCILE_LOOK_S)


def _guarded(job: Callable[[House], object], house: House) -> bool:
    """Run a job; an error of the database or a timer is logged and the thread lives on, after a pause."""
    try:
        return bool(job(house))
    except Exception as error:
        log.error("worker", job=threading.current_thread().name, why=why_of(error))
        time.sleep(0.5)
        return False


def read_one(house: House, hands: InHand) -> bool:
    """Take one delivery and work it off; False when there is none. Desks in hand come last."""
    with hands.taking(
        lambda busy: house.db.do(lambda conn: inbox.take(conn, house.clock(), busy_desks=busy))
    ) as row:
        if row is not None:
            _read(house, row)
    return row is not None


def _read(house: House, row: InboxRow) -> None:
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


def _put_back(house: House, row: InboxRow, error: Exception) -> None:
    """A failed delivery is tried again later, and after the last attempt kept as dead for a person."""
    why = why_of(error)
    log.error("delivery failed", desk_id=row.desk_id, delivery_id=row.delivery_id, why=why)
    away = _away(house, row.desk_id, error)
    if row.attempts >= house.settings.work.attempts_max and not away:
        _insist(house, lambda conn: inbox.dead(conn, row.desk_id, row.row_id, why))
        return
    later = house.clock() + timedelta(seconds=_wait_s(house, row.desk_id, error, row.attempts))
    _insist(house, lambda conn: inbox.retry(conn, row.desk_id, row.row_id, later, why, counted=not away))


def _away(house: House, desk_id: str, error: Exception) -> bool:
    """True when the desk fails whatever it is asked: then this attempt says nothing of what was tried."""
    if not isinstance(error, DeskError) or error.permanent or isinstance(error, CredentialsRefused):
        return False
    return isinstance(error, DeskPaused) or desk_id in house.paused()


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


def _wait_s(house: House, desk_id: str, error: Exception, attempts: int) -> float:
    """How long to wait (seconds): as the desk says, else as long as it is left alone, else ever longer."""
    if isinstance(error, DeskError) and error.retry_after_s is not None:
        return error.retry_after_s
    breaker = house.breakers.get(desk_id)
    paused_s = breaker.wait_s() if breaker and _away(house, desk_id, error) else None
    return backoff_s(attempts) if paused_s is None else paused_s


def post_one(house: House, hands: InHand) -> bool:
    """Take one note or reply and post it; False when there is none. A desk gets one post at a time."""
    with hands.taking(
        lambda busy: house.db.do(
            lambda conn: outbox.take(conn, house.clock(), paused_desks=house.paused() | busy)
        )
    ) as row:
        if row is not None:
            _post(house, row)
    return row is not None


def _post(house: House, row: OutboxRow) -> None:
    house.step("marked")
    try:
        posting.reply(house, row)
    except DeskError as error:
        _not_posted(house, row, error)
    except Exception as error:  # left in hand, it would wait for a restart: it may be at the desk
        _not_posted(house, row, DeskError(why_of(error), "unknown"))


def _not_posted(house: House, row: OutboxRow, error: DeskError) -> None:
    why = why_of(error)
    log.warning("not posted", desk_id=row.desk_id, ticket_id=row.subject, kind=row.kind, why=why)
    house.metrics.replies.labels(row.desk_id, row.kind, "failed").inc()
    in_doubt = error.outcome == "unknown"
    if isinstance(error, CredentialsRefused):
        _refused(house, row, error, why)
    elif in_doubt and not house.desks[row.desk_id].can_find:
        _insist(house, lambda conn: outbox.unknown(conn, row.desk_id, row.row_id, why))
    elif error.permanent or _tried_enough(house, row, error):
        _insist(house, lambda conn: outbox.dead(conn, row.desk_id, row.row_id, why))
    else:
        counted = not _away(house, row.desk_id, error)
        soon = in_doubt and counted and row.attempts == 1
        wait = UNKNOWN_RETRY_S if soon else _wait_s(house, row.desk_id, error, row.attempts)
        later = house.clock() + timedelta(seconds=wait)
        _insist(
            house,
            lambda conn: outbox.retry(conn, row.desk_id, row.row_id, later, why, in_doubt, counted=counted),
        )


def _refused(house: House, row: OutboxRow, error: CredentialsRefused, why: str) -> None:
    """The desk refused our account: the post waits, ever longer, until that is mended."""
    now = house.clock()
    aged = (now - row.created_at).total_seconds() > GIVE_UP_S
    if aged or (row.refusals + 1 >= REFUSALS_MAX and _takes_others(house, row)):
        _insist(house, lambda conn: outbox.dead(conn, row.desk_id, row.row_id, why))
        return
    breaker = house.breakers.get(row.desk_id)
    paused_s = (breaker.wait_s() if breaker else None) or 0.0
    later = now + timedelta(
        seconds=max(paused_s, error.retry_after_s or 0.0, backoff_s(row.refusals + 1, lambda: 1.0))
    )
    _insist(
        house,
        lambda conn: outbox.retry(conn, row.desk_id, row.row_id, later, why, counted=False, refused=True),
    )


def _takes_others(house: House, row: OutboxRow) -> bool:
    """True when the desk took another post lately: then it is this post that is refused, not our account."""
    since = house.clock() - timedelta(seconds=REFUSED_LOOK_S)
    with house.db.read() as conn:
        return outbox.sent_since(conn, row.desk_id, since)


def _tried_enough(house: House, row: OutboxRow, error: DeskError) -> bool:
    """True when a person must look: too many attempts, or the desk was away for days."""
    if _away(house, row.desk_id, error):
        return (house.clock() - row.created_at).total_seconds() > GIVE_UP_S
    return row.attempts >= house.settings.work.attempts_max
