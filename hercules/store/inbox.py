"""Deliveries to do: stored as they came before the desk is answered, and kept by their keys for ever."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

import sqlalchemy as sa

from hercules.model import Conflict, Delivery
from hercules.store.engine import driver_of
from hercules.store.schema import INBOX_KEPT, INBOX_OPEN, bindable, inbox, inbox_bodies, to_us
from hercules.store.turns import Turns

InboxState = Literal["new", "leased", "retry", "done", "unreadable", "dead"]
STATES: tuple[InboxState, ...] = ("new", "leased", "retry", "done", "unreadable", "dead")
PENDING: tuple[InboxState, ...] = ("new", "leased", "retry")
# A larger body lies in a table of its own, since each change of state writes the row anew.
INLINE_BYTES = 32 << 10
# Deliveries are stored by the driver itself: a lookup in SQLAlchemy costs three times what SQLite needs.
_COLUMNS = (
    "desk_id", "delivery_id", "body_key", "body_sha256", "headers", "body", "body_bytes", "tail",
    "received_at", "not_before",
)  # fmt: skip
_ROWS_AT_ONCE = 64
LAST_AMONG = 500
TEST_WHY = "a test delivery"
TOO_OLD = "given up for good: "
_TURNS = Turns(inbox, INBOX_OPEN, "new")
_ROW = sa.select(inbox)
_BODILESS = sa.select(*(column for column in inbox.c if column is not inbox.c.body))
# Built once: making a statement costs the writer ten times what the database needs to run it.
_IS_ROW = inbox.c.id == sa.bindparam("row_id")
_BY_ROW_ID = _ROW.where(_IS_ROW)
_LEASE = sa.update(inbox).where(_IS_ROW).values(state="leased", attempts=inbox.c.attempts + 1)
_IN_HAND = (_IS_ROW, inbox.c.desk_id == sa.bindparam("of_desk"), inbox.c.state == "leased")
_LEAVE = sa.update(inbox).where(*_IN_HAND)
_UNCOUNT = _LEAVE.values(attempts=inbox.c.attempts - 1)
_HELD = sa.select(inbox.c.delivery_id, inbox.c.body.is_(None).label("apart")).where(*_IN_HAND)
_NEWEST_OPEN = (
    _BODILESS.where(
        INBOX_OPEN,
        inbox.c.desk_id == sa.bindparam("of_desk"),
        inbox.c.state == sa.bindparam("in_state"),
    )
    .order_by(inbox.c.not_before.desc(), inbox.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_NEWEST_DONE = (
    _BODILESS.where(INBOX_KEPT, inbox.c.desk_id == sa.bindparam("of_desk"))
    .order_by(inbox.c.body_since.desc(), inbox.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One delivery and how far it came. `body` is empty in lists, and once it was dropped after its time."""

    row_id: int
    desk_id: str
    delivery_id: str
    state: InboxState
    attempts: int
    received_at: datetime
    not_before: datetime
    why: str
    body_sha256: str
    size_bytes: int
    tail: str
    headers: Mapping[str, str]
    done_at: datetime | None
    body: bytes = b""

    @property
    def delivery(self) -> Delivery:
        """The delivery as the desk reads it."""
        return Delivery(
            self.desk_id, self.delivery_id, dict(self.headers), self.body, self.received_at, self.tail
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery to store. `body_sha256` is in hex; `dedupe_body` for proofs that do not cover the id."""

    desk_id: str
    delivery: Delivery
    body_sha256: str
    dedupe_body: bool

    @property
    def inline(self) -> bool:
        """True when the body lies in the row itself."""
        return len(self.delivery.body) <= INLINE_BYTES

    @property
    def values(self) -> tuple[object, ...]:
        """What is bound for the columns of a new row."""
        delivery, received = self.delivery, to_us(self.delivery.received_at)
        return (
            bindable(self.desk_id),
            bindable(delivery.delivery_id),
            self.body_sha256 if self.dedupe_body else None,
            self.body_sha256,
            json.dumps(dict(delivery.headers)),
            delivery.body if self.inline else None,
            len(delivery.body),
            bindable(delivery.tail),
            received,
            received,
        )


def put(conn: sa.Connection, desk_id: str, delivery: Delivery, body_sha256: str, dedupe_body: bool) -> bool:
    """Store a delivery as new; False, and nothing stored, when its id is known.

    With `dedupe_body` also when this very body is known: for proofs that do not cover the id. `body_sha256`
    is in hex.
    """
    return _put_one(conn, Arrival(desk_id, delivery, body_sha256, dedupe_body))


def put_many(conn: sa.Connection, arrivals: Sequence[Arrival]) -> list[bool]:
    """`put` for each of them in their order, with few statements as long as all are new."""
    fresh: list[bool] = []
    for start in range(0, len(arrivals), _ROWS_AT_ONCE):
        some = arrivals[start : start + _ROWS_AT_ONCE]
        all_new = len(some) > 1 and _put_new(conn, some)
        fresh += [True] * len(some) if all_new else [_put_one(conn, each) for each in some]
    return fresh


def _put_new(conn: sa.Connection, arrivals: Sequence[Arrival]) -> bool:
    """All of them by one statement; False, and nothing stored, when one is known: it does not tell which."""
    driver = driver_of(conn)
    driver.execute("SAVEPOINT arrivals")
    values = [value for arrival in arrivals for value in arrival.values]
    all_new = driver.execute(_put_text(len(arrivals)), values).rowcount == len(arrivals)
    if not all_new:
        driver.execute("ROLLBACK TO arrivals")
    driver.execute("RELEASE arrivals")
    for each in arrivals if all_new else ():
        _put_body(conn, each)
    return all_new


def _put_one(conn: sa.Connection, arrival: Arrival) -> bool:
    fresh = driver_of(conn).execute(_put_text(1), arrival.values).rowcount == 1
    if fresh:
        _put_body(conn, arrival)
    return fresh


def _put_body(conn: sa.Connection, arrival: Arrival) -> None:
    if not arrival.inline:
        _put_apart(conn, arrival.desk_id, arrival.delivery.delivery_id, arrival.delivery.body)


@cache
def _put_text(rows: int) -> str:
    row = f"({', '.join('?' for _ in _COLUMNS)})"
    values = ", ".join([row] * rows)
    return f"INSERT INTO {inbox.name} ({', '.join(_COLUMNS)}) VALUES {values} ON CONFLICT DO NOTHING"


def take(conn: sa.Connection, now: datetime, busy_desks: Collection[str] = ()) -> InboxRow | None:
    """Lease the delivery whose turn it is and count the attempt; None when nothing is due.

    Desks come round robin, `busy_desks` at the end.
    """
    row_id = _TURNS.next(conn, now, busy_desks)
    if row_id is None:
        return None
    conn.execute(_LEASE, {"row_id": row_id})
    return _with_body(conn, conn.execute(_BY_ROW_ID, {"row_id": row_id}).one())


def done(
    conn: sa.Connection, desk_id: str, row_id: int, now: datetime, redacted_body: bytes, why: str
) -> None:
    """The leased delivery is worked off: its redacted body takes the place of the raw one.

    Raises Conflict when it is no longer leased, so that the transaction of a late worker is undone.
    """
    held = conn.execute(_HELD, {"row_id": row_id, "of_desk": desk_id}).first()
    inline = len(redacted_body) <= INLINE_BYTES
    kept = {"body": redacted_body if inline else None, "body_bytes": len(redacted_body)}
    _leave(conn, desk_id, row_id, {"state": "done", "why": why, "done_at": now, "body_since": now, **kept})
    if held is not None and held.apart:
        _drop_apart(conn, desk_id, held.delivery_id)
    if held is not None and not inline:
        _put_apart(conn, desk_id, held.delivery_id, redacted_body)


def retry(
    conn: sa.Connection, desk_id: str, row_id: int, not_before: datetime, why: str, *, counted: bool = True
) -> None:
    """Give the leased delivery back until `not_before`. Raises Conflict when it is no longer leased.

    With `counted` false this was no attempt: the desk is away, not the delivery bad.
    """
    if not counted:
        conn.execute(_UNCOUNT, {"row_id": row_id, "of_desk": desk_id})
    _leave(conn, desk_id, row_id, {"state": "retry", "not_before": not_before, "why": why})


def unreadable(conn: sa.Connection, desk_id: str, row_id: int, why: str) -> None:
    """Park the leased delivery: its desk cannot read it. Raises Conflict when it is no longer leased."""
    _leave(conn, desk_id, row_id, {"state": "unreadable", "why": why})


def dead(conn: sa.Connection, desk_id: str, row_id: int, why: str) -> None:
    """Park the leased delivery: all attempts failed. Raises Conflict when it is no longer leased."""
    _leave(conn, desk_id, row_id, {"state": "dead", "why": why})


def again(conn: sa.Connection, desk_id: str, delivery_id: str) -> bool:
    """Make a parked delivery new, its attempts forgotten; False when it is not there or not parked."""
    parked = (inbox.c.desk_id == desk_id, inbox.c.delivery_id == delivery_id)
    values = {"state": "new", "attempts": 0, "not_before": inbox.c.received_at, "why": ""}
    statement = sa.update(inbox).where(*parked, inbox.c.state.in_(("unreadable", "dead")))
    return conn.execute(statement.values(values)).rowcount == 1


def hurry(conn: sa.Connection, desk_id: str, now: datetime) -> int:
    """What waits for another try for this desk is due now; how many there were."""
    theirs = (INBOX_OPEN, inbox.c.desk_id == desk_id, inbox.c.state == "retry", inbox.c.not_before > now)
    return conn.execute(sa.update(inbox).where(*theirs).values(not_before=now)).rowcount


def recover(conn: sa.Connection) -> int:
    """At start: what was leased when the process ended is new again, attempts kept. How many there were."""
    in_hand = (INBOX_OPEN, inbox.c.state == "leased")
    values = {"state": "new", "not_before": inbox.c.received_at}
    return conn.execute(sa.update(inbox).where(*in_hand).values(values)).rowcount


def pending(conn: sa.Connection) -> int:
    """How many deliveries are to be done, those in hand included, at all desks."""
    count = sa.select(sa.func.count()).select_from(inbox).where(INBOX_OPEN, inbox.c.state.in_(PENDING))
    return conn.execute(count).scalar_one()


def oldest(conn: sa.Connection) -> datetime | None:
    """When the oldest delivery to be done was received; None when all are done."""
    # Of new ones the index tells it (not_before is the time of receipt); of the few others the rows do.
    new = sa.select(sa.func.min(inbox.c.not_before)).where(INBOX_OPEN, inbox.c.state == "new")
    begun = sa.select(sa.func.min(inbox.c.received_at)).where(
        INBOX_OPEN, inbox.c.state.in_(("leased", "retry"))
    )
    found: list[datetime | None] = [conn.scalar(new), conn.scalar(begun)]
    return min((each for each in found if each is not None), default=None)


def states(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[InboxState, int]:
    """How many deliveries of these desks stand in each state; every state is there."""
    of_desks = inbox.c.desk_id.in_(sorted(desk_ids))
    grouped = sa.select(inbox.c.state, sa.func.count()).where(of_desks, INBOX_OPEN).group_by(inbox.c.state)
    found: dict[InboxState, int] = dict.fromkeys(STATES, 0)
    for state, count in conn.execute(grouped):
        found[cast(InboxState, state)] = count
    total = conn.execute(sa.select(sa.func.count()).select_from(inbox).where(of_desks)).scalar_one()
    found["done"] = total - sum(found.values())
    return found


def list_some(
    conn: sa.Connection, desk_ids: frozenset[str], states: Sequence[InboxState] = STATES, limit: int = 50
) -> list[InboxRow]:
    """The newest deliveries in these states, without their bodies; done ones until their body is dropped."""
    found: list[InboxRow] = []
    for desk_id in desk_ids:  # one short look into an index each, however long the table is
        for state in states:
            query = _NEWEST_DONE if state == "done" else _NEWEST_OPEN
            asked = {"of_desk": desk_id, "in_state": state, "most": limit}
            found += [_row(each, b"") for each in conn.execute(query, asked)]
    return sorted(found, key=lambda row: row.row_id, reverse=True)[:limit]


def last_from_desk(conn: sa.Connection, desk_id: str, ours: str) -> datetime | None:
    """When the desk itself last sent something that is kept; None when it never did.

    `ours` is the header of what we found by asking; test deliveries are not the desk's either.
    """
    newest = list_some(conn, frozenset((desk_id,)), limit=LAST_AMONG)
    return next((row.received_at for row in newest if ours not in row.headers and row.why != TEST_WHY), None)


def get(conn: sa.Connection, desk_id: str, delivery_id: str) -> InboxRow | None:
    """One delivery with its body."""
    found = conn.execute(_ROW.where(inbox.c.desk_id == desk_id, inbox.c.delivery_id == delivery_id)).first()
    return None if found is None else _with_body(conn, found)


def kept_at(conn: sa.Connection, desk_id: str, at: datetime) -> list[InboxRow]:
    """The deliveries that were worked off at this very time, with what is kept of their bodies."""
    then = (INBOX_KEPT, inbox.c.desk_id == desk_id, inbox.c.body_since == at)
    return [_with_body(conn, found) for found in conn.execute(_ROW.where(*then)).all()]


def prune(conn: sa.Connection, desk_id: str, before: datetime) -> int:
    """Drop body and headers of deliveries done or given up before a time; keys stay. How many there were."""
    given_up = (INBOX_OPEN, inbox.c.desk_id == desk_id, inbox.c.state.in_(("unreadable", "dead")))
    # not_before is about when it was last tried. Without its body it cannot be run again: it is done with.
    over = {"state": "done", "body_since": inbox.c.not_before, "why": sa.literal(TOO_OLD) + inbox.c.why}
    conn.execute(sa.update(inbox).where(*given_up, inbox.c.not_before < before).values(over))
    old = (INBOX_KEPT, inbox.c.desk_id == desk_id, inbox.c.body_since < before)
    apart = sa.select(inbox.c.delivery_id).where(*old, inbox.c.body.is_(None))
    conn.execute(
        sa.delete(inbox_bodies).where(
            inbox_bodies.c.desk_id == desk_id, inbox_bodies.c.delivery_id.in_(apart)
        )
    )
    gone = {"body": b"", "body_bytes": 0, "headers": "{}", "body_since": None}
    return conn.execute(sa.update(inbox).where(*old).values(gone)).rowcount


def _leave(conn: sa.Connection, desk_id: str, row_id: int, values: Mapping[str, object]) -> None:
    """Change the leased row."""
    if conn.execute(_LEAVE, {"row_id": row_id, "of_desk": desk_id, **values}).rowcount != 1:
        raise Conflict(
            "This delivery is no longer in hand: another worker took it, or a person ran it again."
        )


def _put_apart(conn: sa.Connection, desk_id: str, delivery_id: str, body: bytes) -> None:
    values = {"desk_id": desk_id, "delivery_id": delivery_id, "body": body}
    conn.execute(sa.insert(inbox_bodies), values)


def _drop_apart(conn: sa.Connection, desk_id: str, delivery_id: str) -> None:
    theirs = (inbox_bodies.c.desk_id == desk_id, inbox_bodies.c.delivery_id == delivery_id)
    conn.execute(sa.delete(inbox_bodies).where(*theirs))


def _with_body(conn: sa.Connection, found: sa.Row[Any]) -> InboxRow:
    if found.body is not None:
        return _row(found, found.body)
    theirs = (inbox_bodies.c.desk_id == found.desk_id, inbox_bodies.c.delivery_id == found.delivery_id)
    return _row(found, conn.execute(sa.select(inbox_bodies.c.body).where(*theirs)).scalar_one())


def _row(found: sa.Row[Any], body: bytes) -> InboxRow:
    return InboxRow(
        row_id=found.id,
        desk_id=found.desk_id,
        delivery_id=found.delivery_id,
        state=found.state,
        attempts=found.attempts,
        received_at=found.received_at,
        not_before=found.not_before,
        why=found.why,
        body_sha256=found.body_sha256,
        size_bytes=found.body_bytes,
        tail=found.tail,
        headers=json.loads(found.headers),
        done_at=found.done_at,
        body=body,
    )
