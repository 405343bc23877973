"""Whose turn it is: the next due row of a queue table, round robin by desk, first in first out within one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa


class Turns:
    """Finds due rows of `table`, which has desk_id, state, not_before and id, by its index over open rows.

    Rows in the state `fresh` are always due, so that a clock set back holds nothing up; rows in `retry`
    are due from their not_before on.
    """

    def __init__(self, table: sa.Table, still_open: sa.ColumnElement[bool], fresh: str) -> None:
        c = table.c
        self._memory = f"hercules.turn.{table.name}"
        # States are written into the text of a query: with bound ones the partial index cannot be used.
        is_fresh = c.state == sa.literal_column(f"'{fresh}'")
        is_retry = c.state == sa.literal_column("'retry'")
        after, desk = sa.bindparam("after", type_=c.desk_id.type), sa.bindparam("desk", type_=c.desk_id.type)
        now = sa.bindparam("now", type_=c.not_before.type)
        self._next_desk = sa.select(sa.func.min(c.desk_id)).where(still_open, c.desk_id > after)
        order = (c.not_before, c.id)
        first = sa.select(c.not_before, c.id).where(still_open, c.desk_id == desk)
        self._fresh = first.where(is_fresh).order_by(*order).limit(1)
        self._retry = first.where(is_retry, c.not_before <= now).order_by(*order).limit(1)

    def next(
        self, conn: sa.Connection, now: datetime, last: Collection[str], never: Collection[str] = ()
    ) -> int | None:
        """The id of the row whose turn it is, None when nothing is due.

        Desks come in the order of their ids, beginning behind the one served last; those in `last` come last,
        those in `never` not at all.
        The connection remembers who that was: there is one that writes, and a new round does no harm.
        """
        for desk_id in (each for each in self._round(conn, last) if each not in never):
            found = self._first_of(conn, desk_id, now)
            if found is not None:
                conn.info[self._memory] = desk_id
                return found
        return None

    def _round(self, conn: sa.Connection, last: Collection[str]) -> Iterator[str]:
        waiting = list(self._desks(conn))
        after_desk = conn.info.get(self._memory, "")
        waiting = [each for each in waiting if each > after_desk] + [
            each for each in waiting if each <= after_desk
        ]
        yield from (each for each in waiting if each not in last)
        yield from (each for each in waiting if each in last)

    def _desks(self, conn: sa.Connection) -> Iterator[str]:
        """The desks with open rows, one look into the index for each."""
        desk_id = conn.scalar(self._next_desk, {"after": ""})
        while desk_id is not None:
            yield desk_id
            desk_id = conn.scalar(self._next_desk, {"after": desk_id})

    def _first_of(self, conn: sa.Connection, desk_id: str, now: datetime) -> int | None:
        found = [
            row
            for query in (self._fresh, self._retry)
            if (row := conn.execute(query, {"desk": desk_id, "now": now}).first()) is not None
        ]
        return min(found).id if found else None
