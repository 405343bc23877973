"""Tickets, the list of them with what became of each, and what is known of desks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from hercules.model import Decision
from hercules.store import desks, outbox, suggestions, tickets
from hercules.store.tickets import ListedTicket, TicketFilter
from hercules.text import fold

from .samples import CLEANED, HOLD, NASTY, NOTE, NOW, SILENT, later, review, suggestion, ticket

A = frozenset({"a"})
AB = frozenset({"a", "b"})


def test_a_ticket_comes_back(conn: sa.Connection) -> None:
    assert tickets.put(conn, ticket())
    assert tickets.get(conn, "a", "1") == replace(ticket(), state_at=NOW)
    assert tickets.get(conn, "b", "1") is None


def test_a_newer_description_leaves_what_events_told(conn: sa.Connection) -> None:
    tickets.put(conn, replace(ticket(), backfilled=True, demo=True))
    assert tickets.close(conn, "a", "1", later(5))
    assert tickets.human_replied(conn, "a", "1")
    newer = replace(ticket(at=later(99), subject="Heap"), tags=(NASTY,), assignee="Ada")
    assert not tickets.put(conn, newer)
    assert tickets.get(conn, "a", "1") == replace(
        newer,
        tags=(CLEANED,),
        opened_at=NOW,
        state="closed",
        state_at=later(5),
        human_replied=True,
        backfilled=True,
        demo=True,
    )


def test_the_latest_news_of_the_desk_count(conn: sa.Connection) -> None:
    tickets.put(conn, ticket())
    assert tickets.reopen(conn, "a", "1", later(10))
    assert not tickets.close(conn, "a", "1", later(9))
    row = tickets.get(conn, "a", "1")
    assert row is not None
    assert row.state == "open"
    assert tickets.close(conn, "a", "1", later(10))
    row = tickets.get(conn, "a", "1")
    assert row is not None
    assert row.state == "closed"


def test_news_of_an_unknown_ticket_change_nothing(conn: sa.Connection) -> None:
    tickets.put(conn, ticket(desk_id="b"))
    assert not tickets.close(conn, "a", "1", NOW)
    assert not tickets.reopen(conn, "a", "1", NOW)
    assert not tickets.human_replied(conn, "a", "1")
    row = tickets.get(conn, "b", "1")
    assert row is not None
    assert not row.human_replied


def test_twins_are_of_the_same_customer_and_desk(conn: sa.Connection) -> None:
    for row in (
        ticket("1", at=later(-700)),
        ticket("3", at=later(0)),
        ticket("2", at=later(-100)),
        ticket("4", desk_id="b"),
        replace(ticket("5"), customer_key="c2"),
        replace(ticket("6"), customer_key=""),
    ):
        tickets.put(conn, row)
    assert [row.ticket_id for row in tickets.twins(conn, "a", "c1", later(-600))] == ["2", "3"]
    assert tickets.twins(conn, "a", "", later(-600)) == []


# --- the list -------------------------------------------------------------------------------------


def ids(rows: list[ListedTicket]) -> list[str]:
    return [row.ticket.ticket_id for row in rows]


@pytest.fixture
def many(conn: sa.Connection) -> sa.Connection:
    """Seven tickets of desk a, one for each thing that can become of a ticket, and one of desk b."""
    decisions: dict[str, Decision] = {
        "held": HOLD,
        "noted": NOTE,
        "silent": SILENT,
        "approved": HOLD,
        "rejected": NOTE,
        "posted": Decision("POST", "proven"),
    }
    for age, ticket_id in enumerate([*decisions, "none"]):
        tickets.put(conn, ticket(ticket_id, at=later(-age), subject=f"{ticket_id} 100% Größe"))
        if ticket_id in decisions:
            suggestions.put(conn, suggestion(ticket_id), decisions[ticket_id], "treated", NOW)
    suggestions.add_review(conn, suggestion("approved"), review(), "correct")
    suggestions.add_review(conn, suggestion("rejected"), review("reject"), "wrong")
    outbox.put(conn, "a", "note", "noted", "H-1", "s", NOW)
    outbox.put(conn, "a", "reply", "posted", "H-2", "s", NOW)
    outbox.put(conn, "b", "reply", "held", "H-3", "s", NOW)
    row = outbox.take(conn, NOW)
    assert row is not None
    outbox.unknown(conn, "a", row.row_id, "no answer")
    row = outbox.get(conn, "a", "reply", "posted")
    assert row is not None
    conn.execute(sa.text("UPDATE outbox SET state = 'sent' WHERE id = :id"), {"id": row.row_id})
    tickets.put(conn, ticket("theirs", desk_id="b", at=later(5)))
    return conn


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("all", ["held", "noted", "silent", "approved", "rejected", "posted", "none"]),
        ("waiting", ["held", "noted"]),
        ("reviewed", ["approved", "rejected"]),
        ("replied", ["posted"]),
        ("silent", ["silent"]),
        ("trouble", ["noted"]),
        ("unanswered", ["none"]),
    ],
)
def test_each_filter(many: sa.Connection, which: TicketFilter, expected: list[str]) -> None:
    assert ids(tickets.list_some(many, A, which)) == expected
    assert tickets.count_some(many, A, which) == len(expected)


def test_the_list_tells_what_became_of_each(many: sa.Connection) -> None:
    found = {row.ticket.ticket_id: row for row in tickets.list_some(many, A)}
    held = found["held"]
    assert (held.suggestion_id, held.verdict, held.reason) == ("s-a-held", "HOLD", "not sure enough")
    assert (held.state, held.title, held.confidence) == ("open", "Free the disk", 0.9)
    assert (held.note, held.reply) == (None, None)
    assert (found["noted"].note, found["posted"].reply) == ("unknown", "sent")
    none = found["none"]
    assert (none.suggestion_id, none.verdict, none.state) == (None, None, None)
    assert (none.title, none.confidence) == ("", 0.0)
    assert held.ticket == tickets.get(many, "a", "held")


def test_pages_and_desks(many: sa.Connection) -> None:
    assert ids(tickets.list_some(many, A, limit=2, offset=1)) == ["noted", "silent"]
    assert ids(tickets.list_some(many, AB, limit=1)) == ["theirs"]
    assert tickets.list_some(many, frozenset()) == []
    assert tickets.count_some(many, AB) == 8


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("HELD", 1),
        ("grösse", 7),
        ("100%", 7),
        ("1%0", 0),
        ("_", 0),
        ("  ", 7),
        ("urgent", 7),
        (NASTY, 0),
    ],
)
def test_words_are_looked_for_as_they_stand(many: sa.Connection, words: str, expected: int) -> None:
    found = tickets.list_some(many, A, words=words)
    assert len(found) == tickets.count_some(many, A, words=words) == expected
    assert all(fold(words) in fold(f"{row.ticket.subject} urgent") for row in found)


def test_a_list_needs_no_answers(conn: sa.Connection) -> None:
    tickets.put(conn, ticket())
    suggestions.put(conn, replace(suggestion(), items=()), SILENT, "treated", NOW)
    (row,) = tickets.list_some(conn, A)
    assert (row.title, row.confidence, row.state) == ("", 0.0, "silent")


# --- desks ----------------------------------------------------------------------------------------


def test_a_desk_is_live_since_it_was_first_seen(conn: sa.Connection) -> None:
    assert desks.known_since(conn, "a") is None
    assert desks.live_since(conn, "a", NOW) == NOW
    assert desks.live_since(conn, "a", later(9)) == NOW
    assert desks.live_since(conn, "b", later(9)) == later(9)
    assert desks.known_since(conn, "a") == NOW
