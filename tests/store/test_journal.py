"""The journal: each event once, in order, and never touched again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.events import CommentAdded, Event, Recorded, Suggested, TicketClosed, TicketOpened
from hercules.model import StoreError, Ticket
from hercules.store import journal
from hercules.store.db import DB_NAME, Database
from hercules.store.schema import EPOCH, bindable, from_us, of_json, to_json, to_us

from .samples import CLEANED, NASTY, NOW, later

BOTH = frozenset({"a", "b"})


def closed(key: str, desk_id: str = "a", ticket_id: str = "1") -> TicketClosed:
    return TicketClosed(desk_id=desk_id, ticket_id=ticket_id, natural_key=key, at=NOW, actor="Ada")


def opened(ticket_id: str = "1") -> TicketOpened:
    whole = Ticket("a", ticket_id, "subject", "secret words", NOW)
    return TicketOpened(
        desk_id="a",
        ticket_id=ticket_id,
        natural_key=f"opened:{ticket_id}",
        at=NOW,
        time_is_ours=True,
        customer_key="c1",
        ticket=whole,
    )


def read(conn: sa.Connection, desk_ids: frozenset[str] = BOTH, after_seq: int = 0) -> list[Recorded]:
    return list(journal.read(conn, desk_ids, after_seq=after_seq))


def test_events_come_back_without_what_is_not_kept(conn: sa.Connection) -> None:
    suggested = Suggested(
        desk_id="a", ticket_id="1", natural_key="s", at=later(1), rule_ids=("r1", "r2"), scores=(0.9, 0.1)
    )
    recorded = journal.append(conn, [opened(), suggested], later(5))
    assert [each.event for each in recorded] == [opened(), suggested]
    found = read(conn)
    assert [each.event for each in found] == [replace(opened(), ticket=None), suggested]
    assert [each.seq for each in found] == [each.seq for each in recorded]
    assert {each.seen_at for each in found} == {later(5)}
    assert "secret words" not in str(conn.execute(sa.text("SELECT * FROM journal")).all())


def test_known_keys_are_passed_over(conn: sa.Connection) -> None:
    first = journal.append(conn, [closed("k1")], NOW)
    again = journal.append(conn, [closed("k1"), closed("k2"), closed("k1", "b"), closed("k2")], later(1))
    assert [(each.event.natural_key, each.event.desk_id) for each in again] == [("k2", "a"), ("k1", "b")]
    assert journal.append(conn, [closed("k1")], NOW) == []
    assert journal.append(conn, [], NOW) == []
    assert journal.last_seq(conn) == again[-1].seq > first[0].seq


def test_reading_by_desk_type_and_place(conn: sa.Connection) -> None:
    assert journal.last_seq(conn) == 0
    comment = CommentAdded(desk_id="a", ticket_id="2", natural_key="c", at=NOW, text="not kept")
    journal.append(conn, [opened(), closed("k"), closed("k", "b"), comment], NOW)
    assert [each.seq for each in read(conn)] == [1, 2, 3, 4]
    assert [each.event.desk_id for each in read(conn, frozenset({"b"}))] == ["b"]
    assert read(conn, frozenset()) == []
    assert [each.seq for each in read(conn, after_seq=2)] == [3, 4]
    kinds = list(journal.read(conn, BOTH, [TicketOpened, CommentAdded]))
    assert [type(each.event) for each in kinds] == [TicketOpened, CommentAdded]
    assert list(journal.read(conn, BOTH, [])) == []
    assert [each.seq for each in journal.of_ticket(conn, "a", "1")] == [1, 2]
    assert journal.of_ticket(conn, "b", "2") == []


def test_long_journals_are_read_in_order(conn: sa.Connection) -> None:
    journal.append(conn, [closed(str(n)) for n in range(1_200)], NOW)
    assert [each.seq for each in read(conn)] == list(range(1, 1_201))


@pytest.mark.parametrize("statement", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal"])
def test_nobody_changes_what_is_written(db: Database, folder: Path, statement: str) -> None:
    db.do(lambda conn: journal.append(conn, [closed("k")], NOW))
    with pytest.raises(StoreError, match="append-only"):
        db.do(lambda conn: conn.exec_driver_sql(statement))
    with closing(sqlite3.connect(folder / DB_NAME)) as by_hand, pytest.raises(sqlite3.IntegrityError):
        by_hand.execute(statement)
    with db.read() as conn:
        assert [each.event for each in read(conn)] == [closed("k")]


@pytest.mark.parametrize(("column", "value"), [("type", "Unheard"), ("data", "{}"), ("data", "{not json")])
def test_an_event_that_cannot_be_read_is_named(conn: sa.Connection, column: str, value: str) -> None:
    journal.append(conn, [closed("k")], NOW)
    conn.exec_driver_sql("DROP TRIGGER journal_no_update")
    conn.exec_driver_sql(f"UPDATE journal SET {column} = ?", (value,))
    with pytest.raises(StoreError, match=r"event 1 .* cannot be read"):
        read(conn)


def test_hostile_text_is_stored(conn: sa.Connection) -> None:
    bad: Event = replace(closed(NASTY), actor=NASTY, ticket_id=NASTY)
    assert len(journal.append(conn, [bad], NOW)) == 1
    assert journal.append(conn, [bad], NOW) == []
    (found,) = journal.of_ticket(conn, "a", NASTY)
    assert (found.event.natural_key, found.event.actor) == (CLEANED, CLEANED)


# --- what every table relies on -------------------------------------------------------------------


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))
@settings(max_examples=50, deadline=None)
def test_times_are_exact(at: datetime) -> None:
    assert from_us(to_us(at)) == at.astimezone(UTC)
    assert from_us(to_us(at)).tzinfo is EPOCH.tzinfo


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_us(datetime(2026, 1, 1))


@given(st.text(st.characters(exclude_categories=()), max_size=20))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_bound_and_kept_as_json(text: str) -> None:
    bound = bindable(text)
    assert bound.encode().decode() == bound
    assert "\x00" not in bound
    kept = of_json(TicketClosed, to_json(replace(closed(text), actor=text)))
    assert (kept.natural_key, kept.actor) == (bound, bound)


def test_json_keeps_what_only_looks_like_an_escape() -> None:
    kept = of_json(TicketClosed, to_json(closed("\\u0000 \\ud800")))
    assert kept.natural_key == "\\u0000 \\ud800"
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"x": float("nan")})
