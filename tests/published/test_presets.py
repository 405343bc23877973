"""Client libraries of others ask our imitations of GitLab and Freshdesk, as the settings we ship ask them."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hercules.events import CommentAdded, Event, TicketClosed, TicketOpened, TicketReopened, TicketUpdated
from hercules.model import Delivery, Posted, Reply, TicketRef, Visibility
from tests.desks.fakes.presets import CUSTOMER, FRESHDESK_KEY, GITLAB_TOKEN, FreshdeskFake, GitLabFake
from tests.desks.fakes.server import VendorFake, path_of
from tests.desks.kinds import DESK, NOW, all_kinds, desk_of
from tests.desks.servers import Asked
from tests.desks.test_presets import gitlab_issue, gitlab_note

from .packages import ask
from .recorded import Told, recorded

pytestmark = pytest.mark.published
Plain = dict[str, Any]
KEY = "H-ABCDEFGH"
SAID = "Try this."


def ours(name: str, fake: VendorFake, told: Told) -> list[Asked]:
    """All the requests of a desk."""
    desk = desk_of(all_kinds()[name], fake.url)
    ticket, ways = TicketRef(DESK, fake.ticket_id), list[Visibility](("note", "reply"))
    posted = [desk.post(Reply(ticket, way, desk.dialect, f"{SAID} {KEY}", KEY), KEY) for way in ways]
    assert desk.find_marker(ticket, KEY) in [Posted(each.remote_id, found=True) for each in posted]
    return told.take()


def shown(asked: Asked) -> Plain:
    """What a request is about; of a body, which fields but for the words."""
    body = asked.json if asked.body else {}
    return {
        "does": f"{asked.method} {path_of(asked)}",
        "query": dict(parse_qsl(urlsplit(asked.path).query)),
        "body": {name: value for name, value in body.items() if name != "body"},
        "words": isinstance(body.get("body"), str),
    }


def posts_first(requests: list[Asked]) -> list[Plain]:
    return [shown(each) for each in sorted(requests, key=lambda asked: asked.method == "GET")]


def test_gitlab_is_asked_as_python_gitlab_asks_it() -> None:
    with recorded(GitLabFake()) as (fake, told):
        we = ours("gitlab", fake, told)
        fake.comments.clear()
        fake.say(fake.ticket_id, "still so")
        fake.say(fake.ticket_id, "and now")
        read = ask("gitlab", {"url": fake.url, "token": GITLAB_TOKEN, "said": SAID, "deliveries": []})
        they = told.take()
    assert read["listed"] == [[CUSTOMER, False, "and now"], [CUSTOMER, False, "still so"]]
    assert (read["note"], read["reply"]) == (True, False)
    assert posts_first(we) == posts_first(they)
    assert {each.headers["private-token"] for each in (*we, *they)} == {GITLAB_TOKEN}


def test_freshdesk_is_asked_as_python_freshdesk_asks_it() -> None:
    key = base64.b64decode(FRESHDESK_KEY.partition(" ")[2]).decode().partition(":")[0]
    password = base64.b64encode(f"{key}:unused_with_api_key".encode()).decode()
    with recorded(FreshdeskFake()) as (fake, told):
        we = ours("freshdesk", fake, told)
        fake.comments.clear()
        fake.say(fake.ticket_id, "still so")
        fake.credential = ("authorization", f"Basic {password}")  # type: ignore[misc]  # any password does
        read = ask("freshdesk", {"url": fake.url, "key": key, "ticket": 17, "said": SAID})
        they = told.take()
    assert read["listed"] == [[CUSTOMER, False, "still so"]]
    assert (read["note"], read["reply"]) == (True, False)
    assert [{**each, "query": {}} for each in posts_first(we)] == [
        {**each, "query": {}} for each in posts_first(they)
    ]
    assert shown(they[0])["query"] == {**shown(we[-1])["query"], "page": "1"}


# --- GitLab's deliveries --------------------------------------------------------------------------

PROJECT = {
    "id": 42,
    "name": "shop",
    "web_url": "https://gitlab.example.com/acme/shop",
    "git_ssh_url": "git@gitlab.example.com:acme/shop.git",
    "git_http_url": "https://gitlab.example.com/acme/shop.git",
    "namespace": "acme",
    "visibility_level": 20,
    "path_with_namespace": "acme/shop",
    "default_branch": "main",
}
TIMES = dict.fromkeys(("created_at", "updated_at"), "2026-01-02T03:00:00Z")
ISSUE: Plain = {"assignee_ids": [], "assignee_id": None, "milestone_id": None, "labels": []}
NOTE = {"project_id": 42, "line_code": None, "noteable_id": 301, "url": "https://gitlab.example.com/x"}
LABEL = {"color": "#ff0000", "project_id": 42, "template": False, "type": "ProjectLabel", "group_id": None}


def whole(body: Plain) -> Plain:
    """A delivery with all that GitLab sends, as the models want it."""
    issue = body["object_kind"] == "issue"
    body["object_attributes"] |= ISSUE if issue else NOTE
    body["labels"] = [{**LABEL, **TIMES, **label} for label in body.get("labels", [])]
    if "issue" in body:
        body["issue"] |= {**ISSUE, **TIMES}
    return {**body, "project": PROJECT}


def read(body: Plain) -> list[Event]:
    return desk_of(all_kinds()["gitlab"]).read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))


def test_all_that_is_read_of_a_delivery_is_known_to_anothers_models() -> None:
    """A delivery that went through them makes the same events, but for an issue's address and type."""
    sent = [whole(gitlab_issue(action)) for action in ("open", "close", "reopen", "update")]
    sent += [whole(gitlab_note(51)), whole(gitlab_note(8))]
    through = ask("gitlab", {"url": "", "deliveries": sent})["events"]
    kinds = (TicketOpened, TicketClosed, TicketReopened, TicketUpdated, CommentAdded, CommentAdded)
    for kind, before, after in zip(kinds, sent, through, strict=True):
        (event,) = read(before)
        assert type(event) is kind
        dropped = {name: before["object_attributes"].get(name) for name in ("url", "type")}
        assert read({**after, "object_attributes": {**dropped, **after["object_attributes"]}}) == [event]
