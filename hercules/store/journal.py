"""The journal: every event once, in the order we heard of them, never changed and never deleted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from hercules.codec import event_from_plain
from hercules.events import Event, Recorded
from hercules.model import StoreError
from hercules.store.schema import journal, to_json
from hercules.store.upsert import insert_new

_ROW = sa.select(journal.c.seq, journal.c.type, journal.c.data, journal.c.seen_at).order_by(journal.c.seq)
_FETCHED_AT_ONCE = 500


def append(conn: sa.Connection, events: Sequence[Event], seen_at: datetime) -> list[Recorded]:
    """Write down the events that are new, in their order, and return those.

    An event whose natural key the desk's journal holds already is passed over. The returned events are
    the ones given, with the fields that are not kept.
    """
    statement = insert_new(conn, journal).returning(journal.c.seq)
    recorded = []
    for event in events:
        seq = conn.execute(statement, _values(event, seen_at)).scalar()
        if seq is not None:
            recorded.append(Recorded(seq, event, seen_at))
    return recorded


def _values(event: Event, seen_at: datetime) -> dict[str, object]:
    return {
        "desk_id": event.desk_id,
        "natural_key": event.natural_key,
        "type": type(event).__name__,
        "schema": event.schema,
        "ticket_id": event.ticket_id,
        "actor": event.actor,
        "at": event.at,
        "time_is_ours": event.time_is_ours,
        "seen_at": seen_at,
        "data": to_json(event, kept_only=True),
    }


def read(
    conn: sa.Connection,
    desk_ids: frozenset[str],
    types: Sequence[type[Event]] | None = None,
    after_seq: int = 0,
) -> Iterator[Recorded]:
    """The events of these desks behind `after_seq` in order, of these types only or of all.

    Raises StoreError at an event that this version cannot read.
    """
    query = _ROW.where(journal.c.desk_id.in_(sorted(desk_ids)), journal.c.seq > after_seq)
    if types is not None:
        query = query.where(journal.c.type.in_([each.__name__ for each in types]))
    for row in conn.execute(query, execution_options={"yield_per": _FETCHED_AT_ONCE}):
        yield _recorded(*row)


def counts(conn: sa.Connection, desk_ids: frozenset[str], type_: type[Event]) -> dict[str, int]:
    """How many events of this type each of these desks has; 0 where there are none."""
    of_type = (journal.c.desk_id.in_(sorted(desk_ids)), journal.c.type == type_.__name__)
    found = sa.select(journal.c.desk_id, sa.func.count()).where(*of_type).group_by(journal.c.desk_id)
    return dict.fromkeys(desk_ids, 0) | {desk_id: count for desk_id, count in conn.execute(found)}


def of_ticket(conn: sa.Connection, desk_id: str, ticket_id: str) -> list[Recorded]:
    """What happened to one ticket, in order. Raises StoreError at an event that cannot be read."""
    query = _ROW.where(journal.c.desk_id == desk_id, journal.c.ticket_id == ticket_id)
    return [_recorded(*row) for row in conn.execute(query)]


def known(conn: sa.Connection, desk_id: str, natural_keys: Collection[str]) -> frozenset[str]:
    """Which of these keys the journal holds already for this desk."""
    query = sa.select(journal.c.natural_key).where(
        journal.c.desk_id == desk_id, journal.c.natural_key.in_(sorted(natural_keys))
    )
    return frozenset(conn.scalars(query))


def last_seq(conn: sa.Connection) -> int:
    """The number of the newest event, 0 when there is none."""
    newest: int | None = conn.scalar(sa.select(sa.func.max(journal.c.seq)))
    return newest or 0


def _recorded(seq: int, name: str, data: str, seen_at: datetime) -> Recorded:
    try:
        event = event_from_plain(name, json.loads(data))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"The journal's event {seq} ({name}) cannot be read by this version.") from error
    return Recorded(seq, event, seen_at)
