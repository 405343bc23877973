"""Each request of our Jira desk at the Cloud is one that jira.js makes: method, path, query and body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hercules.desks.desk import Desk
from hercules.events import TicketOpened
from hercules.model import Posted, Reply, TicketRef, Visibility
from tests.desks.fakes.jira import BOT, TOKEN, USER, JiraFake, issue
from tests.desks.fakes.server import path_of
from tests.desks.kinds import DESK, NOW, all_kinds, desk_of
from tests.desks.servers import Asked

from .packages import ask_node
from .recorded import Told, recorded

pytestmark = pytest.mark.published
PACKAGE = "jira.js@5.4.0"
Plain = dict[str, Any]
TICKET, KEYS_OF_OURS = TicketRef(DESK, "10002"), ("H-ABCDEFGH", "H-BCDEFGHI")
DOCUMENT = (
    '{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"Hi"}]}]}'
)
LOG = b"ERROR disk quota of vol17 exceeded\n"


@dataclass(frozen=True, slots=True)
class Method:
    """The method of jira.js for a request; `slots` name what stands in the path, `lists` are parameters."""

    client: str
    name: str
    asks: str
    slots: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    body: Mapping[str, str] | None = None

    def call(self, asked: Asked) -> Plain | None:
        """The call that should make this request, None for another request."""
        method, _, path = self.asks.partition(" ")
        found = re.fullmatch(path, path_of(asked)) if asked.method == method else None
        if found is None:
            return None
        group, _, name = self.name.partition(".")
        given: Plain = {**queried(asked), **dict(zip(self.slots, found.groups(), strict=True))}
        for each in self.lists:
            given[each] = given[each].split(",")
        for each, value in (asked.json if self.body is not None else {}).items():
            given[(self.body or {}).get(each, each)] = value
        return {"client": self.client, "group": group, "method": name, "parameters": given}


ISSUE, REQUEST = r"/rest/api/3/issue/([^/]+)", r"/rest/servicedeskapi/request/([^/]+)"
FILE = r"/rest/api/3/attachment/content/([0-9]+)"
SEARCH = "issueSearch.searchForIssuesUsingJqlEnhancedSearch"
ID, KEYS = ("issueIdOrKey",), ("fields",)
METHODS = (
    Method("platform", "myself.getCurrentUser", "GET /rest/api/3/myself"),
    Method("platform", "permissions.getMyPermissions", "GET /rest/api/3/mypermissions"),
    Method("platform", SEARCH, "GET /rest/api/3/search/jql", lists=KEYS),
    Method("platform", "issues.getIssue", f"GET {ISSUE}", ID, KEYS),
    Method("platform", "issueComments.getComments", f"GET {ISSUE}/comment", ID),
    Method("platform", "issueComments.addComment", f"POST {ISSUE}/comment", ID, body={"body": "comment"}),
    Method("platform", "issueAttachments.getAttachmentContent", f"GET {FILE}", ("id",)),
    Method("desk", "serviceDesk.getServiceDesks", "GET /rest/servicedeskapi/servicedesk"),
    Method("desk", "request.getRequestComments", f"GET {REQUEST}/comment", ID),
    Method("desk", "request.createRequestComment", f"POST {REQUEST}/comment", ID, body={}),
    Method("desk", "request.getFeedback", f"GET {REQUEST}/feedback", ("requestIdOrKey",)),
)  # fmt: skip


def queried(asked: Asked) -> Plain:
    """The parameters of a request; a list is written with commas or by naming the parameter again."""
    found = parse_qs(urlsplit(asked.path).query)
    return {name: ",".join(values) for name, values in found.items()}


def shown(asked: Asked) -> Plain:
    """All of a request that says what it is about."""
    return {
        "does": f"{asked.method} {path_of(asked)}",
        "query": queried(asked),
        "body": asked.json if asked.body else None,
        "opts in": asked.headers.get("x-experimentalapi", ""),
        "signs in": asked.headers.get("authorization", ""),
    }


def filled() -> JiraFake:
    """A site with something of everything that is asked for."""
    fake = JiraFake()
    done = {"id": "5", "name": "Done", "statusCategory": {"key": "done"}}
    file = {"id": "70", "filename": "a.log", "size": len(LOG), "content": "https://acme.atlassian.net/x"}
    fake.issues["10002"] = issue("10002", "SUP-3", attachment=[file])
    fake.issues["10003"] = issue("10003", "SUP-4", status=done)
    fake.issues["10004"] = issue("10004", "SUP-5")
    fake.ratings["10003"] = 4
    fake.files["70"] = LOG
    for text in ("still so", "again", "and again"):
        fake.say("10002", text)
    return fake


def everything(desk: Desk) -> None:
    """All the calls of a desk."""
    assert all(each.ok is not False for each in desk.probe())
    assert list(desk.list_recent(NOW.replace(hour=0)))
    opened = desk.read_ticket(TICKET)[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    (file,) = opened.ticket.attachments
    assert b"".join(desk.fetch(file, 1 << 20)) == LOG
    ways: list[Visibility] = ["note", "reply"]
    for visibility, key in zip(ways, KEYS_OF_OURS, strict=True):
        body = DOCUMENT if desk.dialect == "adf" else f"h1. Hi\n{key}"
        posted = desk.post(Reply(TICKET, visibility, desk.dialect, body, key), key)
        assert desk.find_marker(TICKET, key) == Posted(posted.remote_id, found=True)


@pytest.fixture(scope="module", params=["jira", "jira-platform"])
def told(request: pytest.FixtureRequest) -> Iterator[tuple[JiraFake, Told]]:
    """A site, and what our desk asked it; once with a service desk, once with the platform alone."""
    with recorded(filled()) as (fake, told):
        everything(desk_of(all_kinds()[request.param], fake.url, ratings=True, projects=["SUP"]))
        yield fake, told


def test_jira_js_makes_the_same_requests_and_reads_our_answers(told: tuple[JiraFake, Told]) -> None:
    fake, kept = told
    ours = [asked for asked, _ in kept.pairs]
    calls = [next(filter(None, (method.call(asked) for method in METHODS)), None) for asked in ours]
    assert None not in calls, "a request that jira.js does not know"
    kept.pairs.clear()
    read = ask_node(PACKAGE, "jira_cloud", {"url": fake.url, "user": USER, "token": TOKEN, "calls": calls})
    theirs = [asked for asked, _ in kept.pairs]
    assert [shown(asked) for asked in ours] == [shown(asked) for asked in theirs]
    assert len({shown(asked)["does"] for asked in ours}) > 6
    assert read[0]["accountId"] == BOT
    assert LOG.decode() in read
