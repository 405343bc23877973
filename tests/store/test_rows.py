"""Rows that are stored together: the same outcome as one by one, and one bad row hurts only itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hercules.model import Overloaded, StoreError
from hercules.store import inbox
from hercules.store.db import Connection, Database
from hercules.store.schema import METADATA

from .samples import delivery
from .test_db import names, writer_busy


def arrival(name: str, body: bytes = b"{}", desk_id: str = "a", digest: str = "00") -> inbox.Arrival:
    return inbox.Arrival(desk_id, delivery(name, body, desk_id), digest, dedupe_body=digest != "00")


ARRIVALS = st.lists(
    st.builds(
        arrival,
        st.integers(0, 90).map(str),
        st.sampled_from([b"", b"{}", b"x" * (inbox.INLINE_BYTES + 1)]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["00", "11", "22"]),
    ),
    max_size=150,
)


def all_of(conn: sa.Connection, table: str) -> list[tuple[object, ...]]:
    return [
        tuple(row) for row in conn.execute(sa.text(f"SELECT * FROM {table} ORDER BY desk_id, delivery_id"))
    ]


@given(ARRIVALS)
@hypothesis_settings(max_examples=40, deadline=None)
def test_many_at_once_are_what_they_are_one_by_one(arrivals: list[inbox.Arrival]) -> None:
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    with engines[0].begin() as one, engines[1].begin() as other:
        for conn in (one, other):
            METADATA.create_all(conn)
        by_one = [
            inbox.put(one, each.desk_id, each.delivery, each.body_sha256, each.dedupe_body)
            for each in arrivals
        ]
        assert inbox.put_many(other, arrivals) == by_one
        assert len(all_of(one, "inbox")) == sum(by_one)
        for column in (
            "delivery_id",
            "body_key",
            "headers",
            "body",
            "tail",
            "received_at",
            "not_before",
            "state",
        ):
            query = sa.text(f"SELECT desk_id, {column} FROM inbox ORDER BY desk_id, delivery_id")
            assert one.execute(query).all() == other.execute(query).all()
        assert all_of(one, "inbox_bodies") == all_of(other, "inbox_bodies")
    for engine in engines:
        engine.dispose()


def test_rows_that_wait_are_handed_over_together_and_in_order(db: Database) -> None:
    groups: list[list[int]] = []

    def double(conn: Connection, rows: Sequence[int]) -> list[int]:
        groups.append(list(rows))
        return [2 * row for row in rows]

    with writer_busy(db):
        futures = [db.write_row(double, n) for n in range(3)]
        between = db.write(lambda conn: len(groups))
        futures += [db.write_row(double, n) for n in range(3, 5)]
    assert [future.result(10) for future in futures] == [0, 2, 4, 6, 8]
    assert (groups, between.result(10)) == ([[0, 1, 2], [3, 4]], 1)


def test_a_row_that_fails_among_others_fails_alone_and_leaves_nothing(db: Database) -> None:
    def store(conn: Connection, rows: Sequence[str]) -> list[bool]:
        fresh = inbox.put_many(conn, [arrival(row) for row in rows])
        if "bad" in rows:
            raise StoreError("a bad row")
        return fresh

    with writer_busy(db):
        futures = [db.write_row(store, name) for name in ("1", "bad", "2", "1")]
    assert [futures[n].result(10) for n in (0, 2, 3)] == [True, True, False]
    with pytest.raises(StoreError, match="a bad row"):
        futures[1].result(10)
    assert names(db) == {"1", "2"}


def test_rows_count_against_what_may_wait(db: Database) -> None:
    with writer_busy(db):
        for n in range(1000):
            db.write_row(inbox.put_many, arrival(str(n)))
        with pytest.raises(Overloaded):
            db.write_row(inbox.put_many, arrival("one more"))
