"""Which files of a ticket were read, by where they lie: a desk lists all of them with every change."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from hercules.store.schema import files_read
from hercules.store.upsert import insert_new


def add(conn: sa.Connection, desk_id: str, ticket_id: str, file_keys: Collection[str]) -> None:
    """These files were read."""
    for key in sorted(file_keys):
        conn.execute(
            insert_new(conn, files_read), {"desk_id": desk_id, "ticket_id": ticket_id, "file_key": key}
        )


def known(conn: sa.Connection, desk_id: str, ticket_id: str) -> frozenset[str]:
    """The files of a ticket that were read."""
    theirs = (files_read.c.desk_id == desk_id, files_read.c.ticket_id == ticket_id)
    return frozenset(conn.scalars(sa.select(files_read.c.file_key).where(*theirs)))
