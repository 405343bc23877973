"""Dataclasses to plain JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from hercules.codec import event_from_plain, from_plain, to_plain
from hercules.events import EVENTS, CommentAdded, TicketOpened
from hercules.model import Evidence, Item, NotScanned, Suggestion, Ticket

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_a_suggestion_survives_json() -> None:
    evidence = Evidence("b.zip!a.log", 7, AT, "text", ((0, 4),), {"class": "x.Y"}, ("before",), ("after",))
    item = Item("title", "why", 0.5, rule_id="r", evidence=(evidence,), unverified=("version",))
    whole = Suggestion("s", "d", "t", (item,), not_scanned=(NotScanned("core", "binary", "no text"),))
    assert from_plain(Suggestion, json.loads(json.dumps(to_plain(whole)))) == whole


def test_defaults_are_left_out_and_unknown_keys_passed_over() -> None:
    plain = to_plain(Item("t", "w", 0.5))
    assert plain == {"title": "t", "why": "w", "confidence": 0.5}
    assert isinstance(plain, dict)
    assert from_plain(Item, plain | {"new_field": 1}) == Item("t", "w", 0.5)


def test_the_journal_gets_no_ticket_text() -> None:
    ticket = Ticket("d", "1", "my secret subject", "text", AT)
    event = TicketOpened(
        desk_id="d", ticket_id="1", natural_key="opened:1", at=AT, product="jira", ticket=ticket
    )
    kept = to_plain(event, kept_only=True)
    assert "secret" not in json.dumps(kept)
    assert isinstance(kept, dict)
    back = event_from_plain("TicketOpened", kept)
    assert isinstance(back, TicketOpened)
    assert (back.product, back.ticket, back.at) == ("jira", None, AT)
    said = CommentAdded(desk_id="d", ticket_id="1", natural_key="c", at=AT, text="words", author_id="me")
    assert "words" not in json.dumps(to_plain(said, kept_only=True))


def test_every_event_can_be_written_and_read() -> None:
    for name, kind in EVENTS.items():
        event = kind(desk_id="d", ticket_id="t", natural_key=name, at=AT)
        plain = to_plain(event, kept_only=True)
        assert isinstance(plain, dict)
        assert event_from_plain(name, plain) == event


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        to_plain({"key": object()})
    with pytest.raises(KeyError):
        event_from_plain("NeverHeard", {})
