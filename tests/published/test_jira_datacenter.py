"""Two client libraries of others ask our imitation of a Jira Data Center, and our desk asks it the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hercules.model import Reply, TicketRef, Visibility
from tests.desks.fakes.jira import BOT, TOKEN, JiraFake, issue
from tests.desks.fakes.server import path_of
from tests.desks.kinds import DESK, NOW, Kind, all_kinds, desk_of
from tests.desks.servers import Asked

from .packages import ask
from .recorded import Told, recorded

pytestmark = pytest.mark.published
Plain = dict[str, Any]
LOG = b"ERROR disk quota of vol17 exceeded\n"
SAID = "h1. Try this"


@pytest.fixture
def site() -> Iterator[tuple[JiraFake, Told]]:
    """Two issues, one of them closed, with a file and comments."""
    fake = JiraFake("datacenter", page=50)
    with recorded(fake) as (_, told):
        places = {
            "self": f"{fake.url}/rest/api/2/attachment/70",
            "content": f"{fake.url}/secure/attachment/70/a.log",
        }
        file = {"id": "70", "filename": "a.log", "size": len(LOG), **places}
        people = {"reporter": fake.user("customer-9")}
        fake.issues["10002"] = issue("10002", "SUP-3", attachment=[file], **people)
        done = {"id": "5", "name": "Done", "statusCategory": {"key": "done"}}
        fake.issues["10003"] = issue("10003", "SUP-4", status=done, **people)
        fake.issues["10003"]["changelog"]["histories"] = [CLOSED | {"author": fake.user("engineer")}]
        fake.files["70"] = LOG
        fake.say("10002", "still so")
        yield fake, told


CLOSED: Plain = {
    "id": "11",
    "created": "2026-01-02T03:02:00.000+0000",
    "items": [{"field": "status", "fromString": "Open", "toString": "Done"}],
}


def kind(service_desk: bool) -> tuple[Kind, Plain]:
    more = {} if service_desk else {"service_desk": False, "note_role": "Developers"}
    return all_kinds()["jira-datacenter"], more


def ours(fake: JiraFake, told: Told, service_desk: bool) -> list[Asked]:
    """What our desk asks: all its calls."""
    told.take()
    made, more = kind(service_desk)
    desk = desk_of(made, fake.url, projects=["SUP"], **more)
    assert all(each.ok is not False for each in desk.probe())
    assert len(list(desk.list_recent(NOW.replace(hour=0)))) == 4
    ticket = TicketRef(DESK, "10002")
    opened, _ = desk.read_ticket(ticket)
    ways: tuple[Visibility, ...] = ("note", "reply")
    for visibility in ways:
        desk.post(Reply(ticket, visibility, "wiki", SAID, "H-ABCDEFGH"), "H-ABCDEFGH")
    desk.find_marker(ticket, "H-NOWHERE0")
    (file,) = opened.ticket.attachments  # type: ignore[attr-defined]  # a ticket's opening
    assert b"".join(desk.fetch(file, 1 << 20)) == LOG
    return told.take()


def queried(asked: Asked) -> Plain:
    """A query but for its JQL; lists are written with commas or by naming the parameter again."""
    found = parse_qs(urlsplit(asked.path).query)
    return {name: ",".join(values).lower() for name, values in found.items() if name != "jql"}


def theirs(fake: JiraFake, told: Told, example: Asked) -> tuple[Plain, list[Asked]]:
    """What the libraries read and ask, with the query and the fields of our own search."""
    query = parse_qs(urlsplit(example.path).query)
    told.take()
    given = {"url": fake.url, "token": TOKEN, "issue": "10002", "said": SAID}
    read = ask("jira_datacenter", {**given, "jql": query["jql"][0], "fields": query["fields"][0]})
    return dict(read), told.take()


@pytest.mark.parametrize("service_desk", [True, False])
def test_they_understand_our_fake_and_ask_as_our_desk_does(
    site: tuple[JiraFake, Told], service_desk: bool
) -> None:
    fake, told = site
    before = fake.comments["10002"][:]
    we = ours(fake, told, service_desk)
    fake.comments["10002"] = before
    read, they = theirs(fake, told, next(asked for asked in we if path_of(asked).endswith("/search")))
    known = {"subject": "Cannot start", "reporter": "customer-9"}
    assert read["listed"] == [
        {"id": "10002", "key": "SUP-3", **known, "status": "new", "changes": []},
        {"id": "10003", "key": "SUP-4", **known, "status": "done", "changes": ["status"]},
    ]
    assert (read["me"], read["may"], read["desks"]) == (BOT, True, ["SUP"])
    assert (read["description"], read["file"]) == ("It says\nERROR boom", ["a.log", len(LOG), LOG.decode()])
    assert read["comments"] == [["customer-9", "still so", False]]
    assert read["requests"] == [["customer-9", "still so", True]]
    assert (read["public"], read["internal"], read["replied"]) == (SAID, False, True)
    assert [] == [
        f"{asked.method} {asked.path}" for asked in we if not any(same(asked, each) for each in they)
    ]
    written = [asked for asked in we if asked.body]
    assert [words(asked) for asked in written] == [
        words(asked) for asked in they if path_of(asked) == path_of(written[0]) and asked.body
    ]


OURS_ALONE = {"properties"}  # our hidden marker: any application may keep properties at a comment


def words(asked: Asked) -> Plain:
    """What is written, in the order of writing: the note, then the reply."""
    return {name: value for name, value in asked.json.items() if name not in OURS_ALONE}


def same(ours: Asked, other: Asked) -> bool:
    """One request, whatever is written, but for what the libraries ask beside it."""
    if (ours.method, path_of(ours)) != (other.method, path_of(other)):
        return False
    return set(queried(ours).items()) <= set(queried(other).items())
