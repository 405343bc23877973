"""Zendesk: posts and look-ups at a fake of its API, files, lists, what a probe tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hercules.desks.desk import Desk, Finding
from hercules.events import (
    CommentAdded,
    Event,
    FileAdded,
    TicketClosed,
    TicketOpened,
    TicketReopened,
)
from hercules.model import (
    Attachment,
    BadDelivery,
    Delivery,
    DeskError,
    Posted,
    Reply,
    TicketRef,
    Visibility,
)

from .fakes.server import FAULTS, Answered, always, basic, on_writes, query_of, running
from .fakes.zendesk import (
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
from .kinds import DESK, NOW, desk_of
from .servers import Asked
from .zendesk.kind import KINDS

KIND = KINDS[0]
KEY = "H-ABCDEFGH"
TICKET = TicketRef(DESK, "1")
HTML = f"<p>These answers might help {{\u200b{{ticket.id}}}}: &lt;b&gt;</p><p>{KEY}</p>"


@pytest.fixture
def fake() -> Iterator[ZendeskFake]:
    with running(ZendeskFake()) as server:
        yield server


def words(visibility: Visibility = "note") -> Reply:
    return Reply(TICKET, visibility, "html", HTML, KEY)


def desk_at(fake: ZendeskFake, **changes: Any) -> Desk:
    return desk_of(KIND, fake.url, **changes)


# --- posts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("visibility", "public"), [("note", False), ("reply", True)])
def test_a_post_is_one_put_with_the_comment_and_nothing_else(
    fake: ZendeskFake, visibility: Visibility, public: bool
) -> None:
    assert desk_at(fake).post(words(visibility), KEY) == Posted("1001")
    [asked] = fake.asked
    assert (asked.method, asked.path) == ("PUT", "/api/v2/tickets/1")
    assert asked.json == {"ticket": {"comment": {"html_body": HTML, "public": public}}}
    assert asked.headers["authorization"] == basic(f"{EMAIL}/token", TOKEN)


def test_a_post_that_is_answered_with_anything_readable_or_not_was_posted(fake: ZendeskFake) -> None:
    fake.plan = on_writes(FAULTS["garbage"])
    assert desk_at(fake).post(words(), KEY) == Posted(KEY)


@pytest.mark.parametrize(
    ("fault", "outcome", "wait_s", "found"),
    [
        ("429", "no", 7.0, False),
        ("500", "unknown", None, False),
        ("500 after accept", "unknown", None, True),
        ("reset", "unknown", None, False),
        ("reset after accept", "unknown", None, True),
        ("slow drip", "unknown", None, True),
        ("short body", "unknown", None, True),
        ("gzip bomb", None, None, True),
        ("half JSON", None, None, True),
    ],
)
def test_after_a_fault_the_marker_tells_whether_it_was_posted(
    fake: ZendeskFake, fault: str, outcome: str | None, wait_s: float | None, found: bool
) -> None:
    fake.plan = on_writes(FAULTS[fault])
    desk = desk_at(fake, deadline_s=0.7, answer_max_bytes=64 << 10)
    if outcome:
        with pytest.raises(DeskError) as caught:
            desk.post(words(), KEY)
        assert (caught.value.outcome, caught.value.retry_after_s) == (outcome, wait_s)
        assert not caught.value.permanent
    else:
        assert desk.post(words(), KEY).remote_id == KEY
    assert len(fake.writes()) == 1
    assert desk.find_marker(TICKET, KEY) == (Posted("1001", found=True) if found else None)


def test_a_closed_ticket_takes_no_post_for_good(fake: ZendeskFake) -> None:
    fake.tickets[1]["status"] = "closed"
    with pytest.raises(DeskError) as caught:
        desk_at(fake).post(words(), KEY)
    assert (caught.value.outcome, caught.value.permanent) == ("no", True)


def test_only_our_own_account_leaves_a_marker(fake: ZendeskFake) -> None:
    fake.page_most = 1
    fake.say("1", f"you said {KEY}")
    desk = desk_at(fake)
    assert desk.find_marker(TICKET, KEY) is None
    desk.post(words(), KEY)
    for _ in range(3):
        fake.say("1", "and then?")
    assert desk.find_marker(TICKET, KEY, "note") == Posted("1002", found=True)
    assert desk.find_marker(TICKET, "H-OTHERKEY") is None


@pytest.mark.parametrize("fault", ["garbage", "half JSON", "500", "429", "redirect", "gzip bomb"])
def test_an_answer_that_tells_nothing_is_no_none(fake: ZendeskFake, fault: str) -> None:
    fake.plan = always(FAULTS[fault])
    with pytest.raises(DeskError):
        desk_at(fake, answer_max_bytes=64 << 10).find_marker(TICKET, KEY)


def test_an_answer_without_comments_is_no_none() -> None:
    class Proxy(ZendeskFake):
        def handle(self, asked: Asked) -> Answered:
            return Answered(200, {"error": "maintenance"})

    with running(Proxy()) as proxy, pytest.raises(DeskError, match="holds no comments"):
        desk_at(proxy).find_marker(TICKET, KEY)


def test_an_id_cannot_leave_its_place_in_the_path(fake: ZendeskFake) -> None:
    with pytest.raises(DeskError):
        desk_at(fake).post(Reply(TicketRef(DESK, "1/../2?x#y"), "note", "html", HTML, KEY), KEY)
    assert fake.asked[0].path == "/api/v2/tickets/1%2F..%2F2%3Fx%23y"


# --- files ----------------------------------------------------------------------------------------


def test_files_come_with_credentials_from_the_account_only(fake: ZendeskFake) -> None:
    with running(ZendeskFake()) as outside:
        fake.files["/attachments/token/b"] = lambda: Answered(
            302, b"", {"location": f"{outside.url}/attachments/b"}
        )
        desk = desk_at(fake, file_hosts=[outside.host], private_hosts=[fake.host, outside.host])
        for url in (f"{fake.url}/attachments/a", "/attachments/token/b", f"{outside.url}/attachments/c"):
            assert b"".join(desk.fetch(Attachment("app.log", url), 1000)) == LOG
        assert [asked.path for asked in outside.asked] == ["/attachments/b", "/attachments/c"]
        for asked in outside.asked:
            assert not any(canary in str(asked) for canary in KIND.canaries)
        assert all("authorization" in asked.headers for asked in fake.asked)


def test_a_file_elsewhere_is_not_fetched(fake: ZendeskFake) -> None:
    with running(ZendeskFake()) as outside:
        fake.plan, fake.elsewhere = always(FAULTS["redirect"]), f"{outside.url}/steal"
        for url in (f"{outside.url}/attachments/c", f"{fake.url}/attachments/a", "//evil.example/x"):
            with pytest.raises(DeskError) as caught:
                list(desk_at(fake).fetch(Attachment("app.log", url), 1000))
            assert caught.value.permanent
        assert outside.asked == []


def test_a_large_file_is_cut(fake: ZendeskFake) -> None:
    got: list[bytes] = []
    with pytest.raises(DeskError, match="larger than 10 bytes"):
        got.extend(desk_at(fake).fetch(Attachment("app.log", "/attachments/a"), 10))
    assert b"".join(got) == LOG[:10]


# --- lists ----------------------------------------------------------------------------------------


def by_key(events: list[Event]) -> dict[str, Event]:
    return {event.natural_key: event for event in events}


def test_recent_tickets_come_whole_with_the_keys_of_the_webhooks(fake: ZendeskFake) -> None:
    fake.page_most = 1
    file = {"file_name": "app.log", "content_url": f"{fake.url}/attachments/a", "size": 9}
    fake.comments[1][0]["attachments"] = [file]
    fake.comments[1] += [comment(101, AGENT, "Try this"), comment(102, CUSTOMER, "No", attachments=[file])]
    fake.tickets[2] = ticket(2, status="deleted")
    fake.tickets[3] = ticket(3, status="solved", updated_at="2026-01-02T03:02:07Z")
    fake.audits[3] = [status_change("open", "solved", "2026-01-02T03:02:07Z")]
    desk = desk_at(fake)
    found = list(desk.list_recent(NOW - timedelta(hours=1)))
    keys = by_key(found)
    opened = keys["opened:1"]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket
    assert [each.name for each in opened.ticket.attachments] == ["app.log", "app.log"]
    assert isinstance(keys["comment:1:101"], CommentAdded)
    assert any(isinstance(event, FileAdded) for event in found)
    assert "opened:2" not in keys
    closed = keys["closed:3:2026-01-02T03:02:07+00:00"]
    assert isinstance(closed, TicketClosed)
    assert closed.by_kind == "human"
    body = {
        "type": "zen:event-type:ticket.status_changed",
        "time": "2026-01-02T03:02:09.5Z",
        "detail": {"id": "3", "updated_at": "2026-01-02T03:02:07Z"},
        "event": {"current": "SOLVED", "previous": "OPEN"},
    }
    [told] = desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))
    assert told.natural_key == closed.natural_key


def test_of_an_older_ticket_only_what_was_changed_since_is_told(fake: ZendeskFake) -> None:
    fake.tickets[1] = ticket(
        1, created_at="2025-12-01T00:00:00Z", updated_at="2026-01-02T03:00:40Z", status="open"
    )
    said = comment(300, AGENT, "Try this", created_at=None)
    fake.audits[1] = [
        status_change("open", "solved", "2025-12-24T00:00:20Z"),
        status_change("solved", "closed", "2026-01-02T03:00:10Z"),
        status_change("closed", "open", "2026-01-02T03:00:30Z", CUSTOMER),
        {"id": 9, "created_at": "2026-01-02T03:00:40Z", "author_id": AGENT, "events": [said]},
    ]
    keys = by_key(list(desk_at(fake).list_recent(NOW - timedelta(hours=1))))
    assert list(keys) == ["opened:1", "reopened:1:2026-01-02T03:00:30+00:00", "comment:1:300"]
    reopened, answered = list(keys.values())[1:]
    assert isinstance(reopened, TicketReopened)
    assert isinstance(answered, CommentAdded)
    assert (answered.author_kind, answered.at) == ("human", datetime(2026, 1, 2, 3, 0, 40, tzinfo=UTC))


def test_the_export_is_asked_for_a_time_it_takes(fake: ZendeskFake) -> None:
    list(desk_at(fake).list_recent(NOW))
    assert query_of(fake.asked[0])["start_time"] == str(int(NOW.timestamp()) - 61)


def test_a_listed_ticket_that_cannot_be_read_is_told_after_the_others(fake: ZendeskFake) -> None:
    fake.tickets = {2: ticket(2, created_at="soon"), 1: ticket(1)}
    found = desk_at(fake).list_recent(NOW - timedelta(hours=1))
    assert next(found).natural_key == "opened:1"
    with pytest.raises(
        BadDelivery, match=r"1 listed tickets could not be read; the first: ticket\.created_at"
    ):
        list(found)


def test_a_listing_says_how_long_to_wait(fake: ZendeskFake) -> None:
    fake.plan = always(FAULTS["429"])
    with pytest.raises(DeskError) as caught:
        list(desk_at(fake).list_recent(NOW))
    assert caught.value.retry_after_s == 7.0


# --- the probe ------------------------------------------------------------------------------------


def probed(desk: Desk) -> dict[str, Finding]:
    return {finding.name: finding for finding in desk.probe()}


def test_a_probe_asks_and_writes_nothing(fake: ZendeskFake) -> None:
    found = probed(desk_at(fake))
    names = ["credentials", "own account", "role", "reads tickets", "finds missed tickets", "writes"]
    assert [(name, each.ok) for name, each in found.items()] == [
        (name, None if name == "writes" else True) for name in names
    ]
    assert fake.writes() == []


def test_a_probe_tells_what_is_wrong(fake: ZendeskFake) -> None:
    wrong = probed(desk_at(fake, api_token="other"))
    assert list(wrong) == ["credentials"]
    assert "does not take the credentials; look at desks.acme.email" in wrong["credentials"].detail
    fake.me = {"id": 5, "role": "end-user", "name": "Eve", "only_private_comments": True}
    found = probed(desk_at(fake))
    assert "id 5, which is not in bot_ids" in found["own account"].detail
    assert not found["role"].ok
    assert not found["writes"].ok
    fake.plan = always(FAULTS["500"])
    assert not any(each.ok for each in probed(desk_at(fake)).values())


def test_our_own_words_are_known_by_their_author_only() -> None:
    desk = desk_of(KIND)
    body = {
        "type": "zen:event-type:ticket.comment_added",
        "detail": {"id": 1},
        "event": {"comment": {"id": 5, "body": KEY, "author": {"id": BOT, "is_staff": True}}},
    }
    for author, own in ((BOT, True), (CUSTOMER, False), (AGENT, False)):
        body["event"]["comment"]["author"]["id"] = author  # type: ignore[index]  # a nested JSON value
        [event] = desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))
        assert isinstance(event, CommentAdded)
        assert desk.own_comment(event) is own
