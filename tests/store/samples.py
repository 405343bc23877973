"""Small values of our own for the tests of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hercules.model import Decision, Delivery, Evidence, Item, Review, ReviewVerdict, Suggestion
from hercules.store.tickets import TicketRow

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
# Every kind of text that one database or the other refuses, or that looks like part of a query.
NASTY = "a\x00b \ud800 % _ \\ ' \" ; -- \U0001f41b \u0130"
CLEANED = "ab \ufffd % _ \\ ' \" ; -- \U0001f41b \u0130"


def later(seconds: float) -> datetime:
    """`NOW` and so many seconds."""
    return NOW + timedelta(seconds=seconds)


def delivery(delivery_id: str, body: bytes = b"{}", desk_id: str = "a", at: datetime = NOW) -> Delivery:
    """A delivery with one header."""
    return Delivery(desk_id, delivery_id, {"content-type": "application/json"}, body, at, "tail")


def item(rule_id: str = "r1", confidence: float = 0.9, text: str = "boom") -> Item:
    """An answer that a rule led to, with one evidence line."""
    proof = Evidence("app.log", 7, NOW, text, ((0, 4),), {"code": "17"}, ("before",), ("after",))
    return Item(
        "Free the disk",
        "rule r1 matched",
        confidence,
        "folder:disk",
        "https://kb/disk",
        rule_id,
        "stable",
        "high",
        evidence=(proof,),
        count=3,
    )


def suggestion(ticket_id: str = "1", desk_id: str = "a", *items: Item) -> Suggestion:
    """A suggestion of a ticket, with the answer of rule r1 unless others are given."""
    return Suggestion(f"s-{desk_id}-{ticket_id}", desk_id, ticket_id, items or (item(),), rules_hash="abc")


def review(verdict: ReviewVerdict = "approve", reviewer: str = "Ada", reason: str = "") -> Review:
    """An engineer's verdict."""
    return Review(verdict, reviewer, NOW, "my words" if verdict == "edit" else "", reason)


def ticket(
    ticket_id: str = "1", desk_id: str = "a", at: datetime = NOW, subject: str = "Disk full"
) -> TicketRow:
    """A ticket of customer c1."""
    return TicketRow(
        desk_id,
        ticket_id,
        at,
        subject,
        customer_key="c1",
        product="jira",
        version="9.4",
        tags=("disk", "urgent"),
        url="https://desk/1",
        likeness="x",
    )


HOLD = Decision("HOLD", "not sure enough")
NOTE = Decision("NOTE", "policy is note")
SILENT = Decision("SILENT", "nothing found")
