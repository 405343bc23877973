"""GitHub's own examples of all its webhook events, read by our desk and taken at our door."""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hercules.desks.desk import Desk
from hercules.events import (
    CommentAdded,
    Event,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketUpdated,
)
from hercules.model import Delivery
from tests.desks.github.kind import KIND
from tests.desks.kinds import ADDRESS, DESK, NOW, desk_of
from tests.serving import serving, wait_for

from .description import complaints, github
from .packages import Tarball, files_of, or_skip

pytestmark = pytest.mark.published
Plain = dict[str, Any]
PACKAGE = Tarball(
    "@octokit/webhooks-examples",
    "7.6.1",
    "sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
)
FILES = ("api.github.com/index.json", "ghes-35/index.json")
# What each action means for us; every other one, and every other kind of event, means nothing.
ISSUES: dict[str, type[Event]] = {
    "opened": TicketOpened,
    "edited": TicketUpdated,
    "closed": TicketClosed,
    "reopened": TicketReopened,
}


@dataclass(frozen=True, slots=True)
class Example:
    """One published payload of an event."""

    event: str
    body: dict[str, Any]

    @property
    def action(self) -> str:
        """What happened, '' for events that do not say."""
        return str(self.body.get("action", ""))

    @property
    def repository(self) -> str:
        """Where it happened."""
        return str(self.body.get("repository", {}).get("full_name") or "octo-org/shop")

    def desk(self) -> Desk:
        """A desk that is configured for it."""
        return desk_of(KIND, repositories=[self.repository], web_url="https://github.com")

    def events(self) -> list[Event]:
        """Our events of it."""
        raw = json.dumps(self.body).encode()
        return self.desk().read(Delivery(DESK, "d", {"x-github-event": self.event}, raw, NOW))

    def wanted(self) -> type[Event] | None:
        """The event it should become."""
        issue = self.body.get("issue") or {}
        if issue.get("pull_request") or (issue.get("user") or {}).get("type") == "Bot":
            return None
        if self.event == "issue_comment" and self.action == "created":
            return CommentAdded
        return ISSUES.get(self.action) if self.event == "issues" else None


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """All of them, of github.com and of GitHub Enterprise Server."""
    folder = or_skip(lambda: files_of(PACKAGE, *FILES))
    return [
        Example(event["name"], body)
        for name in FILES
        for event in json.loads((folder / name).read_bytes())
        for body in event["examples"]
    ]


def test_every_example_is_read_and_becomes_what_it_is(examples: list[Example]) -> None:
    read: Counter[str] = Counter()
    for example in examples:
        wanted, found = example.wanted(), example.events()
        what = f"{example.event} {example.action}"
        if wanted is None:
            assert found == [], what
            continue
        assert [type(event) for event in found[:1]] == [wanted], what
        assert all(event.ticket_id.startswith(f"{example.repository}#") for event in found), what
        read[what] += 1
    assert set(read) == {"issue_comment created", "issues opened", "issues edited", "issues reopened"}
    assert len({example.event for example in examples}) > 40


# --- what they hold no example of -----------------------------------------------------------------

LINKS = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), "https://github.com/x")
REACTIONS = dict.fromkeys(
    ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes", "total_count"), 0
)


def changed(example: Example, action: str, issue: Plain, comment: Plain | None) -> Example:
    """An example with other values, and with what GitHub has added to its payloads since it was made."""
    body = copy.deepcopy(example.body)
    body["action"] = action
    body["issue"] |= {"active_lock_reason": None, "reactions": {**REACTIONS, "url": LINKS["url"]}, **issue}
    for label in body["issue"]["labels"]:
        label.setdefault("description", None)
    if comment is not None:
        newer = {"performed_via_github_app": None, "reactions": body["issue"]["reactions"]}
        body["comment"] |= {**newer, **comment}
    return Example(example.event, body)


CLOSED = {"state": "closed", "state_reason": "completed", "closed_at": "2026-01-02T03:04:05Z"}
MADE: list[tuple[str, str, Plain, Plain | None, type[Event] | None]] = [
    ("issues", "closed", CLOSED, None, TicketClosed),
    ("issues", "opened", {"body": None}, None, TicketOpened),
    ("issues", "opened", {"user": None}, None, TicketOpened),  # the account was deleted since
    ("issues", "opened", {"pull_request": LINKS}, None, None),
    ("issues", "typed", {}, None, None),
    ("issue_comment", "created", {}, {}, CommentAdded),
    ("issue_comment", "created", {}, {"user": None, "author_association": "NONE"}, CommentAdded),
    ("issue_comment", "created", {"pull_request": LINKS}, {}, None),
    ("issue_comment", "created", CLOSED, {}, CommentAdded),
    ("issue_comment", "edited", {}, {}, None),
    ("issue_comment", "deleted", {}, {}, None),
]


def test_what_the_description_allows_beside_them(examples: list[Example]) -> None:
    cases = []
    for event, action, issue, comment, wanted in MADE:
        one = next(each for each in examples if each.event == event and each.action in ("opened", "created"))
        made = changed(one, action, issue, comment)
        if action not in ("typed", "edited"):  # these tell more, which we do not look at
            cases.append(github().webhook(f"{event.replace('_', '-')}-{action}", made.body))
        assert [type(each) for each in made.events()] == ([wanted] if wanted else []), (event, action, issue)
    assert complaints(github(), cases) == []


def test_who_wrote_is_told_by_the_association(examples: list[Example]) -> None:
    first = next(each for each in examples if each.event == "issue_comment")
    for login, association, kind in [
        ("Codertocat", "OWNER", "customer"),  # it is the account that opened the issue
        ("somebody", "OWNER", "human"),
        ("somebody", "NONE", "customer"),
        ("somebody", "CONTRIBUTOR", "customer"),
    ]:
        by = {**first.body["comment"]["user"], "login": login}
        (event,) = changed(first, "created", {}, {"user": by, "author_association": association}).events()
        assert isinstance(event, CommentAdded)
        assert event.author_kind == kind


# --- through the door -----------------------------------------------------------------------------


def test_the_door_takes_one_of_each_event(examples: list[Example], tmp_path: Path) -> None:
    """Every one is answered 202, and only issues become tickets."""
    settings = {**KIND.settings(ADDRESS), "kind": "github", "secrets": [{"value": KIND.secrets[0]}]}
    settings["repositories"] = sorted({each.repository for each in examples if each.wanted()})
    one_each = {(each.event, each.action): each for each in examples}
    with serving(tmp_path, more_desks={"shop": settings}) as run:
        for number, ((event, _), example) in enumerate(sorted(one_each.items(), key=lambda item: item[0])):
            raw = json.dumps(example.body).encode()
            headers = dict(KIND.sign(KIND.secrets[0], raw, NOW).headers)
            headers |= {"x-github-event": event, "x-github-delivery": f"delivery-{number}"}
            assert run.client.post("/hooks/shop", content=raw, headers=headers).status_code == 202, event
        asked = {"desk_id": "shop", "ticket_id": "Codertocat/Hello-World#1"}
        assert wait_for(
            lambda: run.client.get("/api/tickets", params=asked, headers=run.api()).status_code == 200
        )
        assert wait_for(lambda: "hercules_inbox_depth 0.0" in run.client.get("/metrics").text)
        assert 'desk="shop",outcome="unreadable"' not in run.client.get("/metrics").text
