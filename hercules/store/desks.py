"""What we know of a desk by ourselves: since when it is live, its breaker, the last pass over its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hercules.store.schema import breakers, desk_state, door_refusals, reconciles
from hercules.store.upsert import insert_new, insert_or


def live_since(conn: sa.Connection, desk_id: str, now: datetime) -> datetime:
    """When this desk was first seen; `now` when that is now, which is then kept. Writes: not for `read`."""
    conn.execute(insert_new(conn, desk_state), {"desk_id": desk_id, "live_since": now})
    found = known_since(conn, desk_id)
    return now if found is None else found


def known_since(conn: sa.Connection, desk_id: str) -> datetime | None:
    """When this desk was first seen, None when it never was."""
    return conn.scalar(sa.select(desk_state.c.live_since).where(desk_state.c.desk_id == desk_id))


def ever_seen(conn: sa.Connection) -> frozenset[str]:
    """All desks that ever were in the settings, gone ones too."""
    return frozenset(conn.scalars(sa.select(desk_state.c.desk_id)))


# --- passes over what a desk lists ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pass:
    """How the last pass over a desk's list ended.

    `good_at` is when the last pass began that saw all of it; `seen` and `found` count tickets of the last
    pass, and those among them with news. `failures` counts failed passes in a row; `why` says what failed or
    was passed over, '' when nothing was.
    """

    desk_id: str
    ended_at: datetime
    next_at: datetime
    good_at: datetime | None = None
    seen: int = 0
    found: int = 0
    failures: int = 0
    why: str = ""


def save_pass(conn: sa.Connection, done: Pass) -> None:
    """Keep how a pass ended, in place of the one before."""
    values = {name: getattr(done, name) for name in reconciles.c.keys()}
    conn.execute(insert_or(conn, reconciles, ("desk_id",)), values)


def passes(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[str, Pass]:
    """The last pass of each of these desks that had one."""
    query = sa.select(reconciles).where(reconciles.c.desk_id.in_(sorted(desk_ids)))
    return {row.desk_id: Pass(**row._mapping) for row in conn.execute(query)}


# --- deliveries that the door refused -------------------------------------------------------------

REFUSALS_APART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many deliveries in a desk's name were refused, from the first of this row of them to the last."""

    desk_id: str
    refused: int
    first_at: datetime
    last_at: datetime


def add_refusals(conn: sa.Connection, fresh: Refusals) -> None:
    """Add to what is known of this desk; after a day without any the count begins anew."""
    known = refusals(conn, frozenset((fresh.desk_id,))).get(fresh.desk_id)
    goes_on = known is not None and fresh.first_at - known.last_at < REFUSALS_APART
    values = {
        "desk_id": fresh.desk_id,
        "refused": fresh.refused + (known.refused if known and goes_on else 0),
        "first_at": known.first_at if known and goes_on else fresh.first_at,
        "last_at": fresh.last_at,
    }
    conn.execute(insert_or(conn, door_refusals, ("desk_id",)), values)


def refusals(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[str, Refusals]:
    """The refused deliveries of these desks that had any."""
    query = sa.select(door_refusals).where(door_refusals.c.desk_id.in_(sorted(desk_ids)))
    return {row.desk_id: Refusals(**row._mapping) for row in conn.execute(query)}


# --- breakers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """How a desk's breaker stood when it last changed, at `changed_at`."""

    desk_id: str
    phase: str
    changed_at: datetime
    failures: int = 0
    pause_s: float = 0.0
    until: datetime | None = None
    why: str = ""


def save_breaker(conn: sa.Connection, row: BreakerRow) -> None:
    """Keep how a breaker stands, so that a restart does not ask a desk that told us to wait."""
    values = {name: getattr(row, name) for name in breakers.c.keys()}
    conn.execute(insert_or(conn, breakers, ("desk_id",)), values)


def breaker_rows(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[str, BreakerRow]:
    """The breakers of these desks that ever changed."""
    query = sa.select(breakers).where(breakers.c.desk_id.in_(sorted(desk_ids)))
    return {row.desk_id: BreakerRow(**row._mapping) for row in conn.execute(query)}
