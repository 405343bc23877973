"""Asks each desk from time to time what happened, and takes up the news that no delivery told."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from hercules.desks.desk import Desk
from hercules.events import CommentAdded, Event
from hercules.house import House
from hercules.model import BadDelivery, DeskError, DeskPaused
from hercules.recording import found_delivery, why_of
from hercules.store import desks, inbox, journal
from hercules.store.db import Connection
from hercules.store.desks import Pass

log = structlog.get_logger("hercules.reconcile")

OVERLAP_S = 3600.0
RETRY_FIRST_S = 30.0
RETRY_MOST_S = 3600.0


def retry_s(failures: int) -> float:
    """How long to wait after so many failed passes in a row: doubling up to an hour."""
    return min(RETRY_MOST_S, RETRY_FIRST_S * 2.0 ** (min(failures, 20) - 1))


def listed(house: House) -> list[str]:
    """The desks that are asked from time to time."""
    return [
        desk_id
        for desk_id, desk in house.desks.items()
        if desk.can_list and house.desk_settings[desk_id].reconcile_every
    ]


class Rounds:
    """When which desk of a house is asked: all at the start, then each in its own time. For one thread."""

    def __init__(self, house: House, draw: Callable[[], float] = random.random) -> None:
        self._house, self._draw = house, draw
        start = house.clock()
        self._due = dict.fromkeys(listed(house), start)
        for desk_id, known in self._known().items():
            if known.good_at is not None:
                house.metrics.reconcile_good.labels(desk_id).set(known.good_at.timestamp())

    def next(self, stop: Callable[[], bool]) -> bool:
        """Ask the desks whose time has come, one after the other; False when it was nobody's."""
        now = self._house.clock()
        due = [desk_id for desk_id, at in self._due.items() if at <= now]
        for desk_id in sorted(due, key=self._due.__getitem__):
            if not stop():
                self._ask(desk_id, stop)
        return bool(due)

    def _ask(self, desk_id: str, stop: Callable[[], bool]) -> None:
        house = self._house
        breaker = house.breakers.get(desk_id)
        wait_s = breaker.wait_s() if breaker else None
        if wait_s is not None:
            self._due[desk_id] = house.clock() + timedelta(seconds=wait_s)
            return
        before = self._known().get(desk_id)
        done = run_pass(house, desk_id, before, stop)
        if done is None:
            return
        # A little apart, so that fifty desks of one vendor are not asked in the same second.
        spread = timedelta(seconds=self._draw() * 0.05 * house.desk_settings[desk_id].reconcile_every)
        self._due[desk_id] = done.next_at + spread
        house.db.do(lambda conn: desks.save_pass(conn, replace(done, next_at=self._due[desk_id])))

    def _known(self) -> dict[str, Pass]:
        with self._house.db.read() as conn:
            return desks.passes(conn, self._house.desk_ids)


@dataclass(slots=True)
class _Counts:
    seen: int = 0
    found: int = 0


def run_pass(house: House, desk_id: str, before: Pass | None, stop: Callable[[], bool]) -> Pass | None:
    """Ask the desk for all that happened since the last good pass and take up what is news.

    Items that cannot be read are named and passed over; what was found before a failure stays found. None
    when `stop` asked to end.
    """
    desk, began, counts = house.desks[desk_id], house.clock(), _Counts()
    passed_over = ""
    try:
        for events in _by_ticket(desk.list_recent(_since(house, desk_id, before))):
            if stop():
                return None
            counts.seen += 1
            counts.found += _take_up(house, desk, events)
    except BadDelivery as error:  # the list was read to its end
        passed_over = why_of(error)
    except Exception as error:
        return None if stop() else _failed(house, desk_id, before, counts, error)
    _count(house, desk_id, counts, passed_over)
    house.metrics.reconcile_good.labels(desk_id).set(began.timestamp())
    ended = house.clock()
    later = ended + timedelta(seconds=house.desk_settings[desk_id].reconcile_every)
    return Pass(desk_id, ended, later, began, counts.seen, counts.found, 0, passed_over)


def _by_ticket(events: Iterator[Event]) -> Iterator[Sequence[Event]]:
    """Neighbouring events of one ticket together, so that all of them are known when it is looked at.

    The last group comes also before a BadDelivery, which tells of other items. When the desk fails it does
    not come: what a person said on that ticket may not have been listed yet.
    """
    group: list[Event] = []
    unread: BadDelivery | None = None
    try:
        for event in events:
            if group and event.ticket_id != group[0].ticket_id:
                yield group
                group = []
            group.append(event)
    except BadDelivery as error:
        unread = error
    if group:
        yield group
    if unread is not None:
        raise unread


def _since(house: House, desk_id: str, before: Pass | None) -> datetime:
    """With an overlap: clocks differ, and what a desk lists may lag behind."""
    if before is not None and before.good_at is not None:
        return before.good_at - timedelta(seconds=OVERLAP_S)
    with house.db.read() as conn:
        known = desks.known_since(conn, desk_id)
    return (known or house.clock()) - timedelta(seconds=OVERLAP_S)


def _take_up(house: House, desk: Desk, events: Sequence[Event]) -> int:
    """Put the news of one ticket where deliveries wait; 0 when there are none."""
    told = [event for event in events if not (isinstance(event, CommentAdded) and desk.own_comment(event))]
    with house.db.read() as conn:
        known = journal.known(conn, desk.desk_id, {event.natural_key for event in told})
    news = [event for event in told if event.natural_key not in known]
    if not news:
        return 0
    delivery = found_delivery(desk.desk_id, news, house.clock())
    digest = hashlib.sha256(delivery.body).hexdigest()

    def put(conn: Connection) -> bool:
        return inbox.put(conn, desk.desk_id, delivery, digest, dedupe_body=False)

    if not house.db.do(put):
        return 0
    house.bell.ring()
    return 1


def _failed(house: House, desk_id: str, before: Pass | None, counts: _Counts, error: Exception) -> Pass:
    """A pass that did not come to its end; the next one begins where the last good one did."""
    failures = (before.failures if before else 0) + (0 if isinstance(error, DeskPaused) else 1)
    asked = error.retry_after_s if isinstance(error, DeskError) else None
    why = why_of(error)
    _count(house, desk_id, counts, why)
    house.metrics.reconcile_failed.labels(desk_id).inc()
    ended = house.clock()
    later = ended + timedelta(seconds=retry_s(failures) if asked is None else asked)
    good_at = before.good_at if before else None
    return Pass(desk_id, ended, later, good_at, counts.seen, counts.found, failures, why)


def _count(house: House, desk_id: str, counts: _Counts, why: str) -> None:
    if counts.found:
        house.metrics.reconcile_found.labels(desk_id).inc(counts.found)
    if counts.found or why:
        log.warning("reconcile", desk_id=desk_id, seen=counts.seen, found=counts.found, why=why)
