"""Every request of our GitHub desk, and every answer of our fake, held to GitHub's own description."""

from __future__ import annotations

import json

import pytest

from hercules.desks.desk import Desk
from hercules.model import Posted, Reply, TicketRef
from tests.desks.fakes.github import REPOSITORY, GitHubFake, issue, person
from tests.desks.fakes.github_shapes import change
from tests.desks.fakes.server import path_of
from tests.desks.github.kind import KIND
from tests.desks.kinds import DESK, NOW, desk_of

from .description import ENTERPRISE, GITHUB, Case, Description, complaints, github
from .recorded import Told, recorded

pytestmark = pytest.mark.published
TICKET, KEY = TicketRef(DESK, f"{REPOSITORY}#1"), "H-ABCDEFGH"
SINCE = NOW.replace(hour=0)
editions = pytest.mark.parametrize("edition", [GITHUB, ENTERPRISE])


def full(fake: GitHubFake) -> None:
    """Something of everything that is asked for, on several pages."""
    fake.page_most = 2
    pull = dict.fromkeys(("url", "html_url", "diff_url", "patch_url", "merged_at"))
    fake.issues = [
        issue(1, state_reason="reopened"),
        issue(2, pull_request=pull),
        issue(3, user=person("stale[bot]", "Bot")),
        issue(4, state="closed", closed_at="2026-01-02T03:02:00Z", closed_by=person("engineer-1")),
        issue(5, user=None, body=None),
    ]
    fake.changes[1] = [
        change("closed", "2026-01-02T03:01:00Z", "engineer-1"),
        change("reopened", "2026-01-02T03:02:00Z", "customer-9"),
        change("closed", "2026-01-02T03:03:00Z", "engineer-1"),
    ]
    for number in (1, 1, 1, 4):
        fake.say(f"{REPOSITORY}#{number}", "still so")


def everything(desk: Desk) -> None:
    """All the calls of a desk."""
    assert all(each.ok is not False for each in desk.probe())
    assert list(desk.list_recent(SINCE))
    assert desk.read_ticket(TICKET)
    posted = desk.post(Reply(TICKET, "reply", "markdown", "**Try** this.", KEY), KEY)
    assert desk.find_marker(TICKET, KEY) == Posted(posted.remote_id, found=True)
    assert desk.find_marker(TICKET, "H-OTHERONE") is None


@pytest.fixture(scope="module")
def told() -> Told:
    """What a desk asked and our fake answered."""
    fake = GitHubFake()
    full(fake)
    with recorded(fake) as (_, told):
        everything(desk_of(KIND, fake.url))
    return told


@editions
def test_every_request_is_described(told: Told, edition: str) -> None:
    description = github(edition)
    cases = [
        case
        for asked, _ in told.pairs
        for case in description.request(asked.method, asked.path, asked.json if asked.body else None)
    ]
    asked_for = {(asked.method, path_of(asked)) for asked, _ in told.pairs}
    assert {(method, description.operation(method, path)[0]) for method, path in asked_for} == {
        ("GET", "/user"),
        ("GET", "/repos/{owner}/{repo}"),
        ("GET", "/repos/{owner}/{repo}/issues"),
        ("GET", "/repos/{owner}/{repo}/issues/comments"),
        ("GET", "/repos/{owner}/{repo}/issues/{issue_number}"),
        ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
        ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/events"),
        ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    }
    assert len(cases) > 10
    assert complaints(description, cases) == []


@editions
def test_every_answer_of_our_fake_is_as_described(told: Told, edition: str) -> None:
    description = github(edition)
    cases = [
        answer(description, asked.method, asked.path, said.status, said.body) for asked, said in told.pairs
    ]
    assert complaints(description, cases) == []


def answer(description: Description, method: str, path: str, status: int, body: object) -> Case:
    return description.answer(method, path, status, json.loads(json.dumps(body)))


def test_the_description_tells_what_is_wrong() -> None:
    """Were it to take anything, the tests above would prove nothing."""
    place = f"/repos/{REPOSITORY}/issues"
    whole = issue(1)
    wrong = [
        {**whole, "number": "1"},
        {**whole, "invented": True},
        {**whole, "user": {"login": "x"}},
        {**whole, "created_at": "yesterday"},
        {name: value for name, value in whole.items() if name != "title"},
    ]
    for body in wrong:
        assert complaints(github(), [answer(github(), "GET", f"{place}/1", 200, body)]), body
    for query in ("state=every", "since=2026", "per_page=100&newest=1"):
        try:
            cases = list(github().request("GET", f"{place}?{query}", None))
        except AssertionError:
            continue
        assert complaints(github(), cases), query
    assert complaints(github(), list(github().request("POST", f"{place}/1/comments", {"text": "x"})))
    with pytest.raises(KeyError):
        github().operation("GET", f"/repos/{REPOSITORY}/tickets")
