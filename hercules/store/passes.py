"""What is known of each source of articles: which page made which articles, and how its last pass went.

Articles may be for one desk or all of them, sources are for the whole house: their rows are those of `*`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hercules.store.schema import articles, source_pages, source_passes
from hercules.store.upsert import insert_or

ArticleKey = tuple[str, str]
"""Desk id and article id."""

_ALL = "*"


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as it was read last: its fingerprint and the articles it made."""

    mark: str
    articles: tuple[ArticleKey, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """How the last pass over a source went: times in aware UTC, counts of articles.

    `failed` counts the pages that could not be read; `problems` are sentences about the first of them.
    """

    begun_at: datetime
    ended_at: datetime
    seen: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()


def pages(conn: sa.Connection, source: str) -> dict[str, KnownPage]:
    """The pages of a source by their keys."""
    query = sa.select(source_pages).where(*_of(source_pages, source))
    return {
        row.page_key: KnownPage(row.mark, tuple((desk, key) for desk, key in json.loads(row.articles)))
        for row in conn.execute(query)
    }


def put_pages(conn: sa.Connection, source: str, found: Mapping[str, KnownPage]) -> None:
    """Remember pages as they are now."""
    statement = insert_or(conn, source_pages, ("desk_id", "source", "page_key"))
    for key, page in found.items():
        row = {"desk_id": _ALL, "source": source, "page_key": key}
        conn.execute(statement, {**row, "mark": page.mark, "articles": json.dumps(page.articles)})


def drop_pages(conn: sa.Connection, source: str, keys: Iterable[str]) -> None:
    """Forget pages, so that they are read anew when they come again."""
    for key in keys:
        conn.execute(
            sa.delete(source_pages).where(*_of(source_pages, source), source_pages.c.page_key == key)
        )


def put_pass(conn: sa.Connection, source: str, last: Pass) -> None:
    """Remember how the newest pass went."""
    values = {
        "desk_id": _ALL,
        "source": source,
        "begun_at": last.begun_at,
        "ended_at": last.ended_at,
        "seen": last.seen,
        "changed": last.changed,
        "removed": last.removed,
        "failed": last.failed,
        "problems": json.dumps(last.problems),
    }
    conn.execute(insert_or(conn, source_passes, ("desk_id", "source")), values)


def last_passes(conn: sa.Connection) -> dict[str, Pass]:
    """The newest pass of each source that had one."""
    query = sa.select(source_passes).where(source_passes.c.desk_id == _ALL)
    return {
        row.source: Pass(
            begun_at=row.begun_at,
            ended_at=row.ended_at,
            seen=row.seen,
            changed=row.changed,
            removed=row.removed,
            failed=row.failed,
            problems=tuple(json.loads(row.problems)),
        )
        for row in conn.execute(query.order_by(source_passes.c.source))
    }


def forget(conn: sa.Connection, source: str) -> None:
    """Forget all that is known of a source but its articles."""
    for table in (source_pages, source_passes):
        conn.execute(sa.delete(table).where(*_of(table, source)))


def counts(conn: sa.Connection) -> dict[str, int]:
    """How many articles came from each source."""
    query = sa.select(articles.c.source, sa.func.count()).group_by(articles.c.source)
    return {source: count for source, count in conn.execute(query)}


def _of(table: sa.Table, source: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.desk_id == _ALL, table.c.source == source
