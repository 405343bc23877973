"""Jira: settings, the API of each edition as its fake knows it, and the keys that news have on every way."""

from __future__ import annotations

import doctest
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hercules.desks.calls import within
from hercules.desks.desk import Desk
from hercules.desks.jira import JiraDesk, reading
from hercules.desks.jira.config import read_settings
from hercules.events import CommentAdded, Event, FileAdded, TicketClosed, TicketOpened, TicketRated
from hercules.model import Attachment, BadDelivery, Delivery, DeskError, Refused, SettingsError, TicketRef
from hercules.settings import DeskSettings

from .fakes.jira import BOT, TOKEN, USER, JiraFake, Plain, account, issue
from .fakes.server import Answered, Fault, always, path_of, query_of, running
from .faulty import reply_for
from .kinds import DESK, NOW, Kind, NoClient, all_kinds, desk_of
from .servers import fake_desk

CLOUD, PLATFORM, DATACENTER = (all_kinds()[name] for name in ("jira", "jira-platform", "jira-datacenter"))
TICKET = TicketRef(DESK, "10002")
DONE = {"id": "5", "name": "Resolved", "statusCategory": {"key": "done"}}
FILE = {"id": "10200", "filename": "app #1.log", "size": 7, "content": "https://elsewhere.example/x"}
RESOLVED = {"field": "status", "from": "1", "fromString": "Open", "to": "5", "toString": "Resolved"}
ATTACHED = {"field": "Attachment", "from": None, "to": "10200", "toString": "app #1.log"}


def common(**changes: Any) -> DeskSettings:
    own = {"base_url": "https://acme.atlassian.net", "user": USER, "token": TOKEN, "bot_ids": [BOT]}
    return DeskSettings(**{"kind": "jira", "secrets": [{"value": "s"}], **own, **changes})


@pytest.fixture(params=[CLOUD, PLATFORM, DATACENTER], ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def fake_of(kind: Kind) -> JiraFake:
    assert kind.fake is not None
    fake = kind.fake()
    assert isinstance(fake, JiraFake)
    return fake


@pytest.fixture
def fake(kind: Kind) -> Iterator[JiraFake]:
    with running(fake_of(kind)) as up:
        yield up


@pytest.fixture
def desk(kind: Kind, fake: JiraFake) -> Desk:
    return desk_of(kind, fake.url, clock=lambda: NOW)


def lived(fake: JiraFake) -> Plain:
    """The fake's ticket after a busy day: a late file, comments, closed."""
    changed = issue(
        "10002", "SUP-3", status=DONE, attachment=[FILE], reporter=fake.user("customer-9", "customer")
    )
    agent = fake.user("agent-1")
    changed["changelog"]["histories"] = [
        {"id": "31", "author": agent, "created": "2026-01-02T05:00:00.000+0000", "items": [RESOLVED]},
        {"id": "30", "author": agent, "created": "2026-01-02T04:00:00.000+0000", "items": [ATTACHED]},
    ]
    fake.issues["10002"] = changed
    fake.say("10002", "It still fails")
    fake.said("10002", "An internal word", agent, public=False)
    return changed


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof is refused"),
        ({"base_url": ""}, "desks.acme.base_url: write the desk's own address"),
        ({"base_url": "http://jira.example"}, "desks.acme.base_url: http is not safe"),
        ({"user": ""}, "desks.acme.user: write the mail address"),
        ({"token": ""}, "desks.acme.token: "),
        ({"token": "a\nb"}, "desks.acme.token: a token is visible ASCII"),
        ({"bot_ids": []}, "acme.atlassian.net/rest/api/2/myself shows it"),
        ({"edition": "server"}, "desks.acme.edition: Input should be 'cloud' or 'datacenter'"),
        ({"projects": ['SUP" OR 1=1']}, "desks.acme.projects: "),
        ({"product": "a..b"}, "desks.acme.product: "),
        ({"proof": "url-secret"}, "1 characters; this proof needs 32"),
        ({"proyects": ["SUP"]}, "no such setting; did you mean projects?"),
    ],
)
def test_slips_in_the_settings(settings: Plain, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(DESK, common(**settings))
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_what_each_edition_can_do() -> None:
    cases: list[tuple[Plain, str, bool]] = [
        ({}, "wiki", True),
        ({"service_desk": False}, "adf", False),
        ({"service_desk": False, "note_role": "Developers"}, "adf", True),
        ({"edition": "datacenter", "user": ""}, "wiki", True),
        ({"edition": "datacenter", "user": "", "service_desk": False}, "wiki", False),
    ]
    for settings, dialect, notes in cases:
        desk = JiraDesk(DESK, common(**settings), NoClient())
        assert (desk.dialect, desk.notes, desk.replies) == (dialect, notes, True)
    assert JiraDesk.reach(DESK, common()).hosts == {"acme.atlassian.net"}


def test_credentials_of_each_edition() -> None:
    cloud = read_settings(DESK, common())
    assert cloud.headers["authorization"].startswith("Basic ")
    personal = read_settings(DESK, common(edition="datacenter", user=""))
    assert personal.headers == {"authorization": f"Bearer {TOKEN}"}
    assert TOKEN not in repr(personal)


def test_a_context_path_is_kept() -> None:
    config = read_settings(DESK, common(edition="datacenter", base_url="https://x.example/jira/"))
    assert config.api == "https://x.example/jira/rest/api/2"
    assert config.requests == "https://x.example/jira/rest/servicedeskapi/request"


def test_the_sample_in_the_docstring() -> None:
    found = doctest.testmod(reading, extraglobs={"within": within})
    assert (found.attempted, found.failed) == (2, 0)


# --- proof ----------------------------------------------------------------------------------------


def test_the_known_answer() -> None:
    desk = JiraDesk(DESK, common(secrets=[{"value": "test-secret"}]), NoClient())
    known = b"sha256=179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"
    proof = desk.verify([(b"x-hub-signature", known)], b'{"a":1}', NOW)
    assert (proof.delivery_id, proof.id_is_signed) == (None, False)
    sha1 = b"sha1=" + hmac.new(b"test-secret", b'{"a":1}', hashlib.sha1).hexdigest().encode()
    newer = [(b"x-hub-signature-256", known)]
    for headers in ([(b"x-hub-signature", sha1)], newer):
        with pytest.raises(Refused):
            desk.verify(headers, b'{"a":1}', NOW)


def test_a_secret_in_the_path_is_not_taken_beside_a_signature() -> None:
    desk = JiraDesk(DESK, common(), NoClient())
    signature = hmac.new(b"s", b"{}", hashlib.sha256).hexdigest()
    with pytest.raises(Refused, match="no secret in the path"):
        desk.verify([(b"x-hub-signature", f"sha256={signature}".encode())], b"{}", NOW, "s" * 40)


# --- the same news on every way -------------------------------------------------------------------


def test_listing_reading_and_delivery_tell_the_same_keys(kind: Kind, desk: Desk, fake: JiraFake) -> None:
    changed = lived(fake)
    listed = {event.natural_key: event for event in desk.list_recent(NOW - timedelta(hours=1))}
    asked = {event.natural_key: event for event in desk.read_ticket(TICKET)}
    assert set(listed) <= set(asked)
    hook = {"webhookEvent": "jira:issue_updated", "timestamp": 1767330000000, "user": fake.user("agent-1")}
    delivered: list[Event] = []
    for change_id, item in (("31", RESOLVED), ("30", ATTACHED)):
        body = {**hook, "issue": changed, "changelog": {"id": change_id, "items": [item]}}
        delivered += desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))
    assert {event.natural_key for event in delivered} < set(asked)
    assert [type(event) for event in delivered] == [TicketClosed, FileAdded]
    told = [event for event in asked.values() if isinstance(event, CommentAdded)]
    assert [(event.author_kind, event.public) for event in told] == [("customer", True), ("human", False)]


def test_the_listing_skips_changes_from_before(desk: Desk, fake: JiraFake) -> None:
    lived(fake)
    since = datetime(2026, 1, 2, 4, 30, tzinfo=UTC)
    kinds = [type(event) for event in desk.list_recent(since)]
    assert kinds == [TicketOpened, CommentAdded, CommentAdded, TicketClosed]


def test_the_listing_is_paged_and_asks_in_minutes(kind: Kind, fake: JiraFake) -> None:
    for number in range(5):
        fake.issues[str(11_000 + number)] = issue(str(11_000 + number), f"SUP-{number + 10}")
    fake.issues["12000"] = issue("12000", "SUP-90", issuetype={"name": "Sub-task", "subtask": True})
    desk = desk_of(kind, fake.url, projects=["SUP", "OPS"])
    found = list(desk.list_recent(NOW - timedelta(minutes=89, seconds=1)))
    assert [event.ticket_id for event in found] == ["10002", "11000", "11001", "11002", "11003", "11004"]
    asked = [query_of(each) for each in fake.asked if "/search" in path_of(each)]
    assert len(asked) == 4
    assert {each["jql"] for each in asked} == {
        'project in ("SUP", "OPS") AND updated >= "-91m" ORDER BY created ASC'
    }


def test_an_issue_that_cannot_be_read_does_not_hide_the_others(desk: Desk, fake: JiraFake) -> None:
    fake.issues = {"1": issue("1", "SUP-1", created="yesterday"), **fake.issues}
    found: list[Event] = []
    with pytest.raises(BadDelivery, match="1 listed issues could not be read; the first: issues"):
        found.extend(desk.list_recent(NOW))
    assert [event.ticket_id for event in found] == ["10002"]


def test_stars_are_asked_for_where_they_are_wanted() -> None:
    for wanted in (True, False):
        with running(fake_of(CLOUD)) as fake:
            lived(fake)
            fake.ratings["10002"] = 4
            desk = desk_of(CLOUD, fake.url, ratings=wanted)
            rated = [event for event in desk.read_ticket(TICKET) if isinstance(event, TicketRated)]
            assert [(event.score, event.scale) for event in rated] == ([(4.0, 5.0)] if wanted else [])
            fake.ratings.clear()
            assert not [event for event in desk.read_ticket(TICKET) if isinstance(event, TicketRated)]


# --- files ----------------------------------------------------------------------------------------


def test_a_file_comes_from_the_site_itself(kind: Kind, desk: Desk, fake: JiraFake) -> None:
    lived(fake)
    fake.files["10200"] = b"ERROR x"
    (opened,) = [event for event in desk.read_ticket(TICKET) if isinstance(event, TicketOpened)]
    assert opened.ticket is not None
    (file,) = opened.ticket.attachments
    assert file.name == "app #1.log"
    assert b"".join(desk.fetch(file, 100)) == b"ERROR x"
    with pytest.raises(DeskError) as caught:
        b"".join(desk.fetch(file, 3))
    assert caught.value.permanent


def test_a_file_that_is_handed_on_to_a_media_host_goes_there_without_credentials() -> None:
    with running(fake_of(CLOUD)) as fake, fake_desk() as media:
        media.answer = lambda _: (200, b"ERROR x", {})
        desk = desk_of(CLOUD, fake.url, file_hosts=[media.host], private_hosts=[fake.host, media.host])
        fake.elsewhere, fake.plan = f"{media.url}/file/1?token=signed", always(Fault("redirect", status=303))
        file = Attachment("a.log", url=f"{fake.url}/rest/api/3/attachment/content/1")
        assert b"".join(desk.fetch(file, 100)) == b"ERROR x"
        assert "authorization" in fake.asked[0].headers
        assert "authorization" not in media.asked[0].headers


# --- posts ----------------------------------------------------------------------------------------


def test_a_post_says_nothing_but_the_comment(kind: Kind, desk: Desk, fake: JiraFake) -> None:
    before = json.dumps(fake.issues)
    for visibility, number in (("note", 0), ("reply", 1)):
        desk.post(reply_for(desk, "10002", visibility, "H-ABCDEFGH"), "H-ABCDEFGH")  # type: ignore[arg-type]  # literals
        asked = fake.writes()[number]
        if kind is PLATFORM:
            assert path_of(asked) == "/rest/api/3/issue/10002/comment"
            assert asked.json["body"]["type"] == "doc"
            assert asked.json["properties"] == [{"key": "hercules", "value": {"ref": "H-ABCDEFGH"}}]
            role = {"type": "role", "value": "Developers"}
            assert asked.json.get("visibility") == (role if visibility == "note" else None)
        else:
            assert path_of(asked) == "/rest/servicedeskapi/request/10002/comment"
            assert asked.json["public"] is (visibility == "reply")
            assert set(asked.json) == {"body", "public"}
    assert json.dumps(fake.issues) == before


def test_a_platform_without_a_role_takes_no_note() -> None:
    with running(fake_of(PLATFORM)) as fake:
        desk = desk_of(PLATFORM, fake.url, note_role="")
        assert not desk.notes
        with pytest.raises(DeskError) as caught:
            desk.post(reply_for(desk, "10002", "note"), "H-ABCDEFGH")
        assert caught.value.permanent
        assert fake.asked == []


def test_a_mark_by_another_account_is_not_ours(desk: Desk, fake: JiraFake) -> None:
    marked = {"properties": [{"key": "hercules", "value": {"ref": "H-ABCDEFGH"}}]}
    fake.said("10002", "see H-ABCDEFGH", fake.user("agent-1"), True, marked)
    assert desk.find_marker(TICKET, "H-ABCDEFGH") is None
    fake.said("10002", "see H-ABCDEFGH", fake.user(), True, marked)
    assert desk.find_marker(TICKET, "H-ABCDEFGH") is not None


def test_an_answer_without_a_list_does_not_say_that_there_is_no_post(desk: Desk, fake: JiraFake) -> None:
    fake.service_desk = fake.platform = lambda *_: _answered({"message": "maintenance"})  # type: ignore[method-assign]  # the fake answers so
    with pytest.raises(DeskError, match="tells nothing"):
        desk.find_marker(TICKET, "H-ABCDEFGH")


def _answered(body: Plain) -> Answered:
    return Answered(200, body)


# --- the check ------------------------------------------------------------------------------------


def test_the_check_tells_what_is_wrong(kind: Kind, fake: JiraFake) -> None:
    stranger = desk_of(kind, fake.url, bot_ids=["somebody-else"])
    (found,) = stranger.probe()
    assert found.ok is False
    assert f"{BOT!r}, which is not in bot_ids" in found.detail
    fake.permitted = False
    told = {each.name: each for each in desk_of(kind, fake.url).probe()}
    assert told["credentials"].ok
    assert told["reads tickets"].ok
    assert told["writes"].ok is False
    assert "Add comments" in told["writes"].detail


def test_own_comments_are_known_by_any_id_of_the_account() -> None:
    desk = JiraDesk(DESK, common(bot_ids=["hercules"], edition="datacenter", user=""), NoClient())
    body = {
        "webhookEvent": "comment_created",
        "issue": {"id": "1", "key": "SUP-1"},
        "comment": {"id": "7", "author": {"key": "JIRAUSER1", "name": "hercules"}, "body": "x"},
    }
    (event,) = desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))
    assert isinstance(event, CommentAdded)
    assert desk.own_comment(event)
    assert not desk.own_comment(replace(event, author_id=account("agent")["accountId"]))
