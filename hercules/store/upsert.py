"""INSERTs that meet a row that is there already, as both databases spell them."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.dml import Insert


def insert_new(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that leaves what is there alone; its `rowcount` is 0 when a unique key was taken."""
    return _insert_new(connection.dialect.name, table)


@cache
def _insert_new(dialect: str, table: sa.Table) -> Insert:
    fresh: Any = _dialect_insert(dialect, table).on_conflict_do_nothing()
    return cast(Insert, fresh.inline().execution_options(preserve_rowcount=True))


def insert_or(
    connection: sa.Connection, table: sa.Table, key: tuple[str, ...], kept: tuple[str, ...] = ()
) -> Insert:
    """An INSERT that overwrites the row of the same `key`, all columns but the key and those `kept`."""
    return _insert_or(connection.dialect.name, table, key, kept)


@cache
def _insert_or(dialect: str, table: sa.Table, key: tuple[str, ...], kept: tuple[str, ...]) -> Insert:
    insert = _dialect_insert(dialect, table)
    spared = {*key, *kept}
    changed = {column.name: insert.excluded[column.name] for column in table.c if column.name not in spared}
    fresh: Any = insert.on_conflict_do_update(index_elements=list(key), set_=changed)
    return cast(Insert, fresh.inline())


def _dialect_insert(dialect: str, table: sa.Table) -> Any:
    """Both databases know ON CONFLICT, but each by a construct of its own."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
