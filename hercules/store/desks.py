"""What we know of a desk by ourselves: since when it is live."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hercules.store.schema import desk_state, insert_new


def live_since(conn: sa.Connection, desk_id: str, now: datetime) -> datetime:
    """When this desk was first seen; `now` when that is now, which is then kept. Writes: not for `read`."""
    conn.execute(insert_new(conn, desk_state), {"desk_id": desk_id, "live_since": now})
    found = known_since(conn, desk_id)
    return now if found is None else found


def known_since(conn: sa.Connection, desk_id: str) -> datetime | None:
    """When this desk was first seen, None when it never was."""
    return conn.scalar(sa.select(desk_state.c.live_since).where(desk_state.c.desk_id == desk_id))
