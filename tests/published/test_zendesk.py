"""Two clients of others, one made from Zendesk's own description, ask our fake as our desk asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.desks.fakes.server import path_of
from tests.desks.fakes.zendesk import (
    AGENT,
    BOT,
    CUSTOMER,
    EMAIL,
    LOG,
    TOKEN,
    ZendeskFake,
    comment,
    status_change,
    ticket,
)
from tests.desks.kinds import NOW, all_kinds, desk_of
from tests.desks.servers import Asked

from .packages import ask
from .recorded import Told, recorded, used

pytestmark = pytest.mark.published
Plain = dict[str, Any]
SAID = "<p>Try <b>this</b>.</p>"
# What we ask beyond the description: the documentation of side-loading and of the export name them.
BEYOND = {("audits", "include"), ("cursor", "per_page")}


@pytest.fixture
def account() -> Iterator[tuple[ZendeskFake, Told]]:
    """Three tickets, one of them solved, with comments, a file and a rating."""
    with recorded(ZendeskFake()) as (fake, told):
        path = "/attachments/token/x/?name=a.log"
        file = {"id": 5, "file_name": "a.log", "content_url": fake.url + path, "size": len(LOG)}
        fake.comments[1] += [
            comment(200, CUSTOMER, "a file", attachments=[file]),
            comment(201, AGENT, "seen"),
        ]
        solved = {"status": "solved", "updated_at": "2026-01-02T03:02:30Z"}
        fake.tickets[2] = ticket(2, **solved, satisfaction_rating={"score": "good", "id": 9})
        fake.tickets[3] = ticket(3, status="hold")
        fake.audits[2] = [status_change("open", "solved", "2026-01-02T03:02:00Z")]
        fake.audits[1] = [status_change("new", "open", "2026-01-02T03:01:00Z")]
        yield fake, told


def given(fake: ZendeskFake) -> Plain:
    """What a client has to know."""
    start = int(NOW.replace(hour=0).timestamp())
    return {"url": fake.url, "email": EMAIL, "token": TOKEN, "ticket": 1, "start": start, "said": SAID}


def ours(fake: ZendeskFake, told: Told) -> list[Asked]:
    """All the requests of a desk."""
    desk = desk_of(all_kinds()["zendesk"], fake.url)
    assert all(each.ok is not False for each in desk.probe())
    kinds = Counter(type(event).__name__ for event in desk.list_recent(NOW.replace(hour=0)))
    once = ("FileAdded", "TicketClosed", "TicketRated")
    assert kinds == {"TicketOpened": 3, "CommentAdded": 2, **dict.fromkeys(once, 1)}
    return used(desk, told, LOG, "html", SAID)


def place(asked: Asked) -> str:
    """Method and path; an address ends with `.json` or does not."""
    return f"{asked.method} {path_of(asked).removesuffix('.json')}"


def names(asked: Asked) -> set[str]:
    return {name for name, _ in parse_qsl(urlsplit(asked.path).query)}


def test_the_client_of_the_description_understands_our_fake(account: tuple[ZendeskFake, Told]) -> None:
    fake, told = account
    fake.page_most = 2  # so that it has to turn pages
    read = ask("zendesk_description", given(fake))
    assert (read["me"]["id"], read["me"]["role"]) == (BOT, "agent")
    states = [(1, "new"), (2, "solved"), (3, "hold")]
    assert [(each["id"], each["status"]) for each in read["exported"]] == states
    assert [(each["id"], each["status"]) for each in read["listed"]] == states
    assert (read["ticket"]["subject"], read["ticket"]["requester_id"]) == (ticket(1)["subject"], CUSTOMER)
    assert [(each["author_id"], each["public"], each["body"]) for each in read["comments"]] == [
        (CUSTOMER, True, "It says ERROR boom."),
        (CUSTOMER, True, "a file"),
        (AGENT, True, "seen"),
    ]
    (file,) = read["comments"][1]["attachments"]
    assert (file["file_name"], file["size"]) == ("a.log", len(LOG))
    assert read["newest"] == [201, 200, 100]
    assert [event["value"] for audit in read["audits"] for event in audit["events"]] == ["open"]
    assert [read[each]["audit"]["events"][0]["public"] for each in ("note", "reply")] == [False, True]
    assert [post.public for post in fake.posts] == [False, True]
    assert told.take()


def test_our_desk_asks_as_the_description_has_it(account: tuple[ZendeskFake, Told]) -> None:
    fake, told = account
    we = ours(fake, told)
    ask("zendesk_description", given(fake))
    they = told.take()
    known: dict[str, set[str]] = {}
    for asked in they:
        known.setdefault(place(asked), set()).update(names(asked))
    for asked in we:
        where = place(asked)
        of_ticket_1 = where.replace("/tickets/2", "/tickets/1").replace("/tickets/3", "/tickets/1")
        last = of_ticket_1.rpartition("/")[2]
        beyond = {name for each, name in BEYOND if each == last}
        assert names(asked) <= known[of_ticket_1] | beyond, f"{asked.method} {asked.path}"
    sign = {asked.headers["authorization"] for asked in (*we, *they)}
    assert len(sign) == 1
    bodies = [[asked.json for asked in each if asked.method == "PUT"] for each in (we, they)]
    assert bodies[0] == bodies[1]
    assert bodies[0] == [
        {"ticket": {"comment": {"html_body": SAID, "public": public}}} for public in (False, True)
    ]


def test_a_client_in_wide_use_understands_our_fake_and_asks_the_same(
    account: tuple[ZendeskFake, Told],
) -> None:
    fake, told = account
    we = ours(fake, told)
    read = ask("zendesk_zenpy", given(fake))
    they = told.take()
    assert read["me"] == "agent"
    subject = ticket(1)["subject"]
    assert read["changed"] == [
        [1, subject, "new", CUSTOMER],
        [2, subject, "solved", CUSTOMER],
        [3, subject, "hold", CUSTOMER],
    ]
    assert read["comments"][1:3] == [
        [CUSTOMER, True, "a file", [["a.log", len(LOG), LOG.decode()]]],
        [AGENT, True, "seen", []],
    ]
    assert read["changes"] == [[AGENT, "status", "new", "open"]]
    assert read["written"] == [[False], [True]]
    export = {name for asked in we if "cursor" in asked.path for name in names(asked)}
    assert export == {name for asked in they if "cursor" in asked.path for name in names(asked)}
    for ours_said, said in zip(
        *([asked.json for asked in each if asked.method == "PUT"] for each in (we, they)), strict=True
    ):
        assert ours_said["ticket"]["comment"] == said["ticket"]["comment"]


def test_an_answer_that_is_not_as_described_is_not_understood(account: tuple[ZendeskFake, Told]) -> None:
    """Were the client to take anything, the tests above would prove little."""
    fake, _ = account
    fake.tickets[3]["status"] = "resolved"
    with pytest.raises(AssertionError, match="validation"):
        ask("zendesk_description", given(fake))
