"""Listings of missed news: one bad ticket holds up no other, and a ticket comes with all that was said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hercules.desks.calls import readable
from hercules.desks.desk import Desk
from hercules.events import CommentAdded, Event, TicketOpened
from hercules.model import BadDelivery, DeskError, Unreadable

from .fakes.github import GitHubFake, issue, person
from .fakes.server import Answered, Fault, VendorFake, query_of, running
from .fakes.zendesk import ZendeskFake
from .fakes.zendesk import ticket as zendesk_ticket
from .kinds import all_kinds, desk_of
from .servers import Asked

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# What is asked for each listed ticket by itself.
ONE_TICKET = {
    "zendesk": r"/tickets/1/comments",
    "zammad": r"/ticket_articles/by_ticket/",
    "chatwoot": r"/conversations/[0-9]+/messages",
    "django-helpdesk": r"/api/tickets/[0-9]+/",
}


def fake_of(name: str) -> VendorFake:
    made = all_kinds()[name].fake
    assert made is not None
    return made()


def listed(desk: Desk, since: datetime = LONG_AGO) -> list[Event]:
    return list(desk.list_recent(since))


@pytest.mark.parametrize("name", ONE_TICKET)
def test_a_ticket_that_is_gone_when_it_is_asked_for_does_not_end_every_pass(name: str) -> None:
    with running(fake_of(name)) as fake:
        fake.say(fake.ticket_id, "Is anybody there?")
        desk = desk_of(all_kinds()[name], fake.url)
        assert listed(desk)
        fake.plan = lambda asked: (
            Fault("status", status=404) if re.search(ONE_TICKET[name], asked.path) else None
        )
        if name == "django-helpdesk":  # here 404 is an answer: the ticket is gone
            assert listed(desk) == []
            return
        with pytest.raises(BadDelivery, match=r"1 listed .* could not be read; the first: .*404"):
            listed(desk)


@pytest.mark.parametrize("name", [*ONE_TICKET, "jira", "github"])
def test_a_desk_that_is_in_trouble_ends_the_pass(name: str) -> None:
    with running(fake_of(name)) as fake:
        desk = desk_of(all_kinds()[name], fake.url)
        for status in (401, 403, 429, 500):
            fake.plan = lambda _, status=status: Fault("status", status=status)  # type: ignore[misc]  # a default binds it now
            with pytest.raises(DeskError):
                listed(desk)


def test_what_cannot_be_read_is_told_after_the_others_and_whole() -> None:
    def read(number: int) -> Iterator[Event]:
        yield CommentAdded(desk_id="d", ticket_id=str(number), natural_key=f"c{number}", at=LONG_AGO)
        if number == 2:
            raise BadDelivery("comments[1].id is missing")
        if number == 3:
            raise Unreadable("the desk answered 404", permanent=True)

    found: list[Event] = []
    with pytest.raises(BadDelivery, match=r"2 listed things could not be read; the first: comments\[1\]"):
        found.extend(readable([1, 2, 3, 4], read, "things"))
    # Nothing of a ticket that could not be read to its end: a person may have answered there.
    assert [event.ticket_id for event in found] == ["1", "4"]


# --- vendors ----------------------------------------------------------------------------------------


def test_a_large_export_comes_in_parts_that_can_be_read() -> None:
    with running(ZendeskFake()) as fake:
        list(desk_of(all_kinds()["zendesk"], fake.url).list_recent(LONG_AGO))
        asked = next(query_of(each) for each in fake.asked if "incremental" in each.path)
    assert 1 <= int(asked["per_page"]) <= 200  # by itself Zendesk sends 1,000: more than an answer may hold


def test_an_answer_of_many_values_is_read() -> None:
    fields = [{"id": number, "value": None} for number in range(3000)]
    with running(ZendeskFake()) as fake:
        fake.tickets = {
            number: zendesk_ticket(number, custom_fields=fields, created_at="2025-01-02T03:00:00Z")
            for number in range(1, 21)
        }
        desk = desk_of(all_kinds()["zendesk"], fake.url, answer_max_bytes=10 << 20)
        opened = [each for each in listed(desk) if isinstance(each, TicketOpened)]
    assert len(opened) == 20


def test_comments_of_an_issue_stand_beside_its_opening() -> None:
    with running(GitHubFake()) as fake:
        fake.issues = [issue(number) for number in (1, 2, 3)]
        for number in (1, 2, 3):
            fake._add(number, "We are looking into it.", person("maintainer"), "MEMBER")
        events = listed(desk_of(all_kinds()["github"], fake.url))
    tickets = [event.ticket_id.partition("#")[2] for event in events]
    assert tickets == sorted(tickets)
    kinds = [(type(event), event.ticket_id[-1]) for event in events]
    assert kinds == [(kind, number) for number in "123" for kind in (TicketOpened, CommentAdded)]


def test_an_answer_that_is_no_list_is_not_an_empty_one() -> None:
    class Odd(VendorFake):
        def handle(self, asked: Asked) -> Answered:
            return Answered(200, {"detail": "maintenance"})

    for name in ("django-helpdesk", "generic"):
        with running(Odd()) as fake:
            changes: dict[str, Any] = {"list_url": "/tickets"} if name == "generic" else {}
            desk = desk_of(all_kinds()[name], fake.url, **changes)
            with pytest.raises(DeskError, match="tells nothing"):
                list(desk.list_recent(datetime.now(UTC) - timedelta(hours=1)))
