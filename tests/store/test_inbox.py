"""Deliveries: stored once, taken in turn, never lost."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hercules.model import Conflict, Delivery
from hercules.store import inbox
from hercules.store.db import DB_NAME, open_database
from hercules.store.engine import write_engine
from hercules.store.inbox import InboxRow
from hercules.store.schema import METADATA

from .samples import CLEANED, NASTY, NOW, delivery, later

DESKS = frozenset({"a", "b"})


def put(conn: sa.Connection, one: Delivery, body_sha256: str = "00", dedupe_body: bool = False) -> bool:
    return inbox.put(conn, one.desk_id, one, body_sha256, dedupe_body)


def take(conn: sa.Connection, now: datetime = NOW) -> InboxRow:
    row = inbox.take(conn, now)
    assert row is not None
    return row


# --- put ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 2000, inbox.INLINE_BYTES, inbox.INLINE_BYTES + 1, 3_000_000])
def test_a_delivery_comes_back_byte_for_byte(conn: sa.Connection, size: int) -> None:
    one = delivery("1", bytes(range(256)) * (size // 256) + b"\x00" * (size % 256))
    assert put(conn, one, "ab")
    row = inbox.get(conn, "a", "1")
    assert row is not None
    assert row.delivery == one
    assert (row.state, row.attempts, row.size_bytes, row.body_sha256) == ("new", 0, size, "ab")
    assert take(conn) == inbox.get(conn, "a", "1")


def test_an_id_is_known_for_ever_and_by_desk(conn: sa.Connection) -> None:
    assert put(conn, delivery("1"))
    assert not put(conn, delivery("1", b"other"))
    assert put(conn, delivery("1", desk_id="b"))
    row = take(conn)
    inbox.done(conn, "a", row.row_id, NOW, b"", "")
    inbox.prune(conn, "a", later(1))
    assert not put(conn, delivery("1", b"again"))


def test_a_large_body_of_a_known_id_changes_nothing(conn: sa.Connection) -> None:
    large = b"x" * (inbox.INLINE_BYTES + 1)
    assert put(conn, delivery("1", large))
    assert not put(conn, delivery("1", large + b"y"))
    assert take(conn).body == large


def test_a_body_is_known_for_ever_where_the_id_is_not_proved(conn: sa.Connection) -> None:
    assert put(conn, delivery("1"), "h1", dedupe_body=True)
    assert not put(conn, delivery("2"), "h1", dedupe_body=True)
    assert put(conn, delivery("3"), "h2", dedupe_body=True)
    assert put(conn, delivery("4", desk_id="b"), "h1", dedupe_body=True)
    assert put(conn, delivery("5"), "h1")
    assert put(conn, delivery("6"), "h1")


def test_hostile_text_is_stored_and_found(conn: sa.Connection) -> None:
    one = Delivery("a", NASTY, {NASTY: NASTY}, b"\x00", NOW, NASTY)
    assert inbox.put(conn, "a", one, "00", False)
    assert not inbox.put(conn, "a", one, "00", False)
    row = inbox.get(conn, "a", NASTY)
    assert row is not None
    assert (row.delivery_id, row.tail, row.body) == (CLEANED, CLEANED, b"\x00")
    assert inbox.get(conn, "a", CLEANED) == row


# --- take -----------------------------------------------------------------------------------------


def test_first_in_first_out_within_a_desk(conn: sa.Connection) -> None:
    for name, seconds in (("2", 1), ("1", 0), ("3", 2)):
        put(conn, delivery(name, at=later(seconds)))
    assert [take(conn, later(5)).delivery_id for _ in range(3)] == ["1", "2", "3"]
    assert inbox.take(conn, later(5)) is None


def test_desks_come_in_turn(conn: sa.Connection) -> None:
    for name in range(3):
        for desk_id in ("a", "b", "c"):
            put(conn, delivery(str(name), desk_id=desk_id))
    put(conn, delivery("flood", desk_id="a"))
    assert "".join(take(conn).desk_id for _ in range(10)) == "abcabcabca"


def test_busy_desks_come_last(conn: sa.Connection) -> None:
    for desk_id in ("a", "b"):
        put(conn, delivery("1", desk_id=desk_id))
    taken = [inbox.take(conn, NOW, busy_desks={"a"}) for _ in range(2)]
    assert [row.desk_id for row in taken if row] == ["b", "a"]


def test_a_clock_set_back_holds_nothing_up(conn: sa.Connection) -> None:
    put(conn, delivery("1", at=later(3600)))
    assert take(conn, NOW).delivery_id == "1"


def test_a_retry_waits_for_its_time_and_for_older_ones(conn: sa.Connection) -> None:
    put(conn, delivery("1"))
    row = take(conn)
    inbox.retry(conn, "a", row.row_id, later(10), "desk down")
    assert inbox.take(conn, later(9)) is None
    put(conn, delivery("2", at=later(5)))
    put(conn, delivery("3", at=later(11)))
    assert [take(conn, later(20)).delivery_id for _ in range(3)] == ["2", "1", "3"]
    found = inbox.get(conn, "a", "1")
    assert found is not None
    assert (found.attempts, found.why) == (2, "desk down")


def test_taking_uses_the_index_over_open_rows(conn: sa.Connection) -> None:
    steps: list[str] = []

    def explain(
        connection: sa.Connection, cursor: object, sql: str, parameters: Sequence[object], *rest: object
    ) -> None:
        if sql.startswith("SELECT") and "inbox.body" not in sql:
            plan = connection.connection.cursor()
            plan.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            steps.extend(row[3] for row in plan.fetchall())

    sa.event.listen(conn, "before_cursor_execute", explain)
    put(conn, delivery("1"))
    inbox.retry(conn, "a", take(conn).row_id, NOW, "")
    put(conn, delivery("2"))
    assert [take(conn).delivery_id for _ in range(2)] == ["1", "2"]
    inbox.pending(conn)
    searches = [step for step in steps if "inbox" in step]
    assert searches
    assert all("ix_inbox_open" in step or "PRIMARY KEY" in step for step in searches), searches
    assert not [step for step in steps if "TEMP B-TREE" in step]


# --- endings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, inbox.INLINE_BYTES + 1])
def test_done_keeps_the_redacted_body_until_it_is_pruned(conn: sa.Connection, size: int) -> None:
    put(conn, delivery("1", b"S" * size))
    inbox.done(conn, "a", take(conn).row_id, later(1), b"r" * size, "ignored")
    row = inbox.get(conn, "a", "1")
    assert row is not None
    assert (row.state, row.why, row.done_at, row.body) == ("done", "ignored", later(1), b"r" * size)
    assert inbox.prune(conn, "a", later(1)) == 0
    assert inbox.prune(conn, "b", later(2)) == 0
    assert inbox.prune(conn, "a", later(2)) == 1
    assert inbox.prune(conn, "a", later(2)) == 0
    row = inbox.get(conn, "a", "1")
    assert row is not None
    assert (row.body, row.size_bytes, row.headers, row.state) == (b"", 0, {}, "done")
    assert conn.scalar(sa.select(sa.func.count()).select_from(METADATA.tables["inbox_bodies"])) == 0


def test_what_is_not_in_hand_cannot_be_ended(conn: sa.Connection) -> None:
    put(conn, delivery("1"))
    row = take(conn)
    inbox.done(conn, "a", row.row_id, NOW, b"", "")
    for desk_id in ("a", "b"):
        with pytest.raises(Conflict, match="no longer in hand"):
            inbox.done(conn, desk_id, row.row_id, NOW, b"x", "")
        with pytest.raises(Conflict, match="no longer in hand"):
            inbox.retry(conn, desk_id, row.row_id, NOW, "")
        with pytest.raises(Conflict, match="no longer in hand"):
            inbox.dead(conn, desk_id, row.row_id, "")
        with pytest.raises(Conflict, match="no longer in hand"):
            inbox.unreadable(conn, desk_id, row.row_id, "")
    found = inbox.get(conn, "a", "1")
    assert found is not None
    assert (found.state, found.body) == ("done", b"")


def test_parked_ones_wait_for_a_person(conn: sa.Connection) -> None:
    for name in ("1", "2", "3"):
        put(conn, delivery(name, b"raw"))
    inbox.unreadable(conn, "a", take(conn).row_id, "not JSON")
    inbox.dead(conn, "a", take(conn).row_id, "8 attempts")
    inbox.done(conn, "a", take(conn).row_id, NOW, b"", "")
    assert inbox.take(conn, later(10**6)) is None
    assert not inbox.again(conn, "a", "3")
    assert not inbox.again(conn, "b", "1")
    assert inbox.again(conn, "a", "1")
    assert inbox.again(conn, "a", "2")
    assert not inbox.again(conn, "a", "2")
    row = take(conn)
    assert (row.delivery_id, row.attempts, row.why, row.body) == ("1", 1, "", b"raw")


def test_a_restart_takes_up_what_was_in_hand(conn: sa.Connection) -> None:
    for name in ("1", "2"):
        put(conn, delivery(name))
    take(conn)
    assert inbox.recover(conn) == 1
    assert inbox.recover(conn) == 0
    row = take(conn)
    assert (row.delivery_id, row.attempts) == ("1", 2)


# --- looking --------------------------------------------------------------------------------------


def test_counts_and_lists_see_only_their_desks(conn: sa.Connection) -> None:
    assert inbox.oldest(conn) is None
    for name, desk_id in (("1", "a"), ("2", "a"), ("3", "a"), ("1", "b")):
        put(conn, delivery(name, b"body", desk_id, later(int(name))))
    inbox.dead(conn, "a", take(conn, later(9)).row_id, "why")
    inbox.done(conn, "b", take(conn, later(9)).row_id, NOW, b"", "")
    assert inbox.pending(conn) == 2
    assert inbox.oldest(conn) == later(2)
    none = dict.fromkeys(inbox.STATES, 0)
    assert inbox.states(conn, frozenset({"a"})) == none | {"new": 2, "dead": 1}
    assert inbox.states(conn, DESKS) == none | {"new": 2, "dead": 1, "done": 1}
    assert inbox.states(conn, frozenset()) == none
    rows = inbox.list_some(conn, frozenset({"a"}))
    assert [(row.delivery_id, row.state, row.body, row.size_bytes) for row in rows] == [
        ("3", "new", b"", 4),
        ("2", "new", b"", 4),
        ("1", "dead", b"", 4),
    ]
    assert [row.delivery_id for row in inbox.list_some(conn, DESKS, ("new",), limit=1)] == ["3"]
    assert [row.desk_id for row in inbox.list_some(conn, DESKS, ("done",))] == ["b"]
    assert inbox.list_some(conn, frozenset()) == []
    assert inbox.get(conn, "b", "3") is None


# --- the whole life -------------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Random acts against a model in plain Python: the states, the attempts, and who comes next."""

    @initialize()
    def begin(self) -> None:
        self.tmp = tempfile.TemporaryDirectory()
        folder = Path(self.tmp.name)
        open_database(folder, exclusive=True).close()
        self.engine = write_engine(folder / DB_NAME)
        self.conn = self.engine.connect()
        self.now = NOW
        self.model: dict[tuple[str, str], tuple[str, int]] = {}
        self.received: dict[tuple[str, str], datetime] = {}
        self.due: dict[tuple[str, str], datetime] = {}
        self.ids: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.conn.close()
            self.engine.dispose()
            self.tmp.cleanup()

    def in_state(self, *states: str) -> list[tuple[str, str]]:
        return sorted(key for key, (state, _) in self.model.items() if state in states)

    @rule(desk_id=st.sampled_from("ab"), name=st.sampled_from("12345"), large=st.booleans())
    def deliver(self, desk_id: str, name: str, large: bool) -> None:
        self.now += timedelta(seconds=1)
        body = name.encode() * (40_000 if large else 1)
        key = (desk_id, name)
        assert put(self.conn, delivery(name, body, desk_id, self.now)) == (key not in self.model)
        if key not in self.model:
            self.model[key] = ("new", 0)
            self.received[key] = self.due[key] = self.now

    @rule(seconds=st.integers(0, 30))
    def take(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        row = inbox.take(self.conn, self.now)
        new, waiting = self.in_state("new"), self.in_state("retry")
        ready = new + [key for key in waiting if self.due[key] <= self.now]
        assert (row is None) == (not ready)
        if row is not None:
            key = (row.desk_id, row.delivery_id)
            assert key == min(
                (each for each in ready if each[0] == row.desk_id), key=lambda each: self.due[each]
            )
            self.model[key] = ("leased", self.model[key][1] + 1)
            self.ids[key] = row.row_id
            assert row.body[:1] == row.delivery_id.encode()

    @precondition(lambda self: self.in_state("leased"))
    @rule(data=st.data(), how=st.sampled_from(["done", "retry", "unreadable", "dead"]))
    def end(self, data: st.DataObject, how: str) -> None:
        key = data.draw(st.sampled_from(self.in_state("leased")))
        desk_id, row_id = key[0], self.ids[key]
        self.model[key] = (how, self.model[key][1])
        if how == "done":
            inbox.done(self.conn, desk_id, row_id, self.now, b"redacted", "")
        elif how == "retry":
            self.due[key] = self.now + timedelta(seconds=10, microseconds=len(self.model))
            inbox.retry(self.conn, desk_id, row_id, self.due[key], "why")
        elif how == "unreadable":
            inbox.unreadable(self.conn, desk_id, row_id, "why")
        else:
            inbox.dead(self.conn, desk_id, row_id, "why")

    @rule(desk_id=st.sampled_from("ab"), name=st.sampled_from("12345"))
    def again(self, desk_id: str, name: str) -> None:
        key = (desk_id, name)
        parked = self.model.get(key, ("", 0))[0] in ("unreadable", "dead")
        assert inbox.again(self.conn, desk_id, name) == parked
        if parked:
            self.model[key], self.due[key] = ("new", 0), self.received[key]

    @rule()
    def restart(self) -> None:
        self.conn.commit()
        in_hand = self.in_state("leased")
        assert inbox.recover(self.conn) == len(in_hand)
        for key in in_hand:
            self.model[key], self.due[key] = ("new", self.model[key][1]), self.received[key]

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "conn"):
            return
        rows = inbox.list_some(self.conn, DESKS)
        assert {(row.desk_id, row.delivery_id): (row.state, row.attempts) for row in rows} == self.model
        assert inbox.pending(self.conn) == len(self.in_state("new", "leased", "retry"))
        assert sum(inbox.states(self.conn, DESKS).values()) == len(self.model)


Life.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


def test_what_was_given_up_is_kept_no_longer_than_the_rest(conn: sa.Connection) -> None:
    sizes = {"1": 3, "2": inbox.INLINE_BYTES + 1, "3": 3}
    for name, size in sizes.items():
        put(conn, delivery(name, b"x" * size))
    inbox.unreadable(conn, "a", take(conn).row_id, "not JSON")
    inbox.dead(conn, "a", take(conn).row_id, "8 attempts")
    assert inbox.prune(conn, "a", NOW) == 0
    assert inbox.prune(conn, "a", later(1)) == 2
    found = {name: inbox.get(conn, "a", name) for name in sizes}
    told = [(row.state, row.body, row.why) for row in found.values() if row is not None]
    assert told == [
        ("done", b"", inbox.TOO_OLD + "not JSON"),
        ("done", b"", inbox.TOO_OLD + "8 attempts"),
        ("new", b"xxx", ""),
    ]
    assert not inbox.again(conn, "a", "1"), "without its body it cannot be read again"
    assert inbox.states(conn, DESKS)["done"] == 2
