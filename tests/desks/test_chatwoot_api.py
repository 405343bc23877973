"""Chatwoot: posts and look-ups at a fake of its API, files, lists, what a probe tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hercules.desks.desk import Desk, Finding
from hercules.events import Event, TicketClosed, TicketOpened, TicketRated
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

from .chatwoot.kind import KINDS, OPENED
from .fakes.chatwoot import (
    AGENT,
    BOT,
    CONTACT,
    LOG,
    START,
    TOKEN,
    ChatwootFake,
    conversation,
    message,
)
from .fakes.server import FAULTS, Answered, always, on_writes, running
from .kinds import DESK, NOW, desk_of
from .servers import Asked

KIND = KINDS[0]
KEY = "H-ABCDEFGH"
TICKET = TicketRef(DESK, "1")
WORDS = "These answers might help: \\{\u200b\\{ticket\\.id\\}\\}\n\nH-ABCDEFGH"
PATH = "/api/v1/accounts/3/conversations/1/messages"


@pytest.fixture
def fake() -> Iterator[ChatwootFake]:
    with running(ChatwootFake()) as server:
        yield server


def words(visibility: Visibility = "note") -> Reply:
    return Reply(TICKET, visibility, "markdown", WORDS, KEY)


def desk_at(fake: ChatwootFake, **changes: Any) -> Desk:
    return desk_of(KIND, fake.url, **changes)


def read(desk: Desk, body: Any) -> list[Event]:
    return desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))


# --- posts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("visibility", "private"), [("note", True), ("reply", False)])
def test_a_post_is_one_message(fake: ChatwootFake, visibility: Visibility, private: bool) -> None:
    assert desk_at(fake).post(words(visibility), KEY) == Posted("1001")
    [asked] = fake.asked
    assert (asked.method, asked.path) == ("POST", PATH)
    assert asked.json == {"content": WORDS, "message_type": "outgoing", "private": private}
    assert asked.headers["api_access_token"] == TOKEN


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
        ("redirect", "unknown", None, False),
        ("gzip bomb", None, None, True),
        ("half JSON", None, None, True),
        ("garbage", None, None, True),
    ],
)
def test_after_a_fault_the_marker_tells_whether_it_was_posted(
    fake: ChatwootFake, fault: str, outcome: str | None, wait_s: float | None, found: bool
) -> None:
    fake.plan = on_writes(FAULTS[fault])
    desk = desk_at(fake, deadline_s=0.7, answer_max_bytes=64 << 10)
    if outcome:
        with pytest.raises(DeskError) as caught:
            desk.post(words(), KEY)
        assert (caught.value.outcome, caught.value.retry_after_s) == (outcome, wait_s)
    else:
        assert desk.post(words(), KEY).remote_id == KEY
    assert len(fake.writes()) == 1
    assert desk.find_marker(TICKET, KEY) == (Posted("1001", found=True) if found else None)


def test_only_our_own_agent_leaves_a_marker(fake: ChatwootFake) -> None:
    fake.page_most = 2
    fake.say("1", f"you said {KEY}")
    fake.messages[1] += [
        message(1002, 0, KEY, BOT),  # a customer with our number
        message(1003, 1, KEY, AGENT),
        message(1004, 1, KEY, None),
        {**message(1005, 1, KEY, BOT), "sender": {"id": BOT, "type": "contact"}},
    ]
    fake._last_id = 2000
    desk = desk_at(fake)
    assert desk.find_marker(TICKET, KEY) is None
    desk.post(words("reply"), KEY)
    for _ in range(5):
        fake.say("1", "and then?")
    assert desk.find_marker(TICKET, KEY, "reply") == Posted("2001", found=True)
    assert desk.find_marker(TICKET, "H-OTHERKEY") is None


@pytest.mark.parametrize("fault", ["garbage", "half JSON", "500", "429", "redirect", "gzip bomb"])
def test_an_answer_that_tells_nothing_is_no_none(fake: ChatwootFake, fault: str) -> None:
    fake.plan = always(FAULTS[fault])
    with pytest.raises(DeskError):
        desk_at(fake, answer_max_bytes=64 << 10).find_marker(TICKET, KEY)


def test_an_answer_without_messages_is_no_none() -> None:
    class Proxy(ChatwootFake):
        def handle(self, asked: Asked) -> Answered:
            return Answered(200, {"error": "maintenance"})

    with running(Proxy()) as proxy:
        with pytest.raises(DeskError, match="holds no messages"):
            desk_at(proxy).find_marker(TICKET, KEY)
        with pytest.raises(DeskError, match="holds no conversations"):
            list(desk_at(proxy).list_recent(NOW))
        with pytest.raises(DeskError, match="holds no conversation"):
            desk_at(proxy).read_ticket(TICKET)


def test_a_version_that_does_not_page_is_asked_no_third_time() -> None:
    class Flat(ChatwootFake):
        def _messages(self, number: int, query: dict[str, str]) -> Answered:
            return super()._messages(number, {})

    with running(Flat()) as flat:
        assert desk_at(flat).find_marker(TICKET, KEY) is None
        assert len(flat.asked) == 2


def test_an_id_cannot_leave_its_place_in_the_path(fake: ChatwootFake) -> None:
    with pytest.raises(DeskError):
        desk_at(fake).post(Reply(TicketRef(DESK, "1/../2?x#y"), "note", "markdown", WORDS, KEY), KEY)
    assert fake.asked[0].path == "/api/v1/accounts/3/conversations/1%2F..%2F2%3Fx%23y/messages"


# --- files ----------------------------------------------------------------------------------------


def test_files_come_with_the_token_from_the_desk_only(fake: ChatwootFake) -> None:
    with running(ChatwootFake()) as outside:
        away = Answered(302, b"", {"location": f"{outside.url}/rails/b"})
        fake.files["/rails/b"] = lambda: away
        desk = desk_at(fake, file_hosts=[outside.host], private_hosts=[fake.host, outside.host])
        for url in (f"{fake.url}/rails/a", "/rails/b", f"{outside.url}/rails/c"):
            assert b"".join(desk.fetch(Attachment("app.log", url), 1000)) == LOG
        assert [asked.path for asked in outside.asked] == ["/rails/b", "/rails/c"]
        assert not any(TOKEN in str(asked) for asked in outside.asked)
        assert all(asked.headers["api_access_token"] == TOKEN for asked in fake.asked)


def test_a_file_elsewhere_is_not_fetched(fake: ChatwootFake) -> None:
    with running(ChatwootFake()) as outside:
        fake.plan, fake.elsewhere = always(FAULTS["redirect"]), f"{outside.url}/steal"
        for url in (f"{outside.url}/rails/c", f"{fake.url}/rails/a"):
            with pytest.raises(DeskError) as caught:
                list(desk_at(fake).fetch(Attachment("app.log", url), 1000))
            assert caught.value.permanent
        assert outside.asked == []


# --- lists ----------------------------------------------------------------------------------------


def test_a_recent_conversation_comes_whole_with_the_keys_of_the_webhooks(fake: ChatwootFake) -> None:
    fake.page_most = 2
    file = {"id": 5, "file_type": "file", "data_url": f"{fake.url}/rails/app.log", "file_size": 9}
    rating = {"submitted_values": {"csat_survey_response": {"rating": 5}}}
    fake.messages[1] = [
        message(99, 1, "Hello, how can I help?", AGENT),
        message(100, 0, "It says ERROR boom.", CONTACT),
        message(101, 0, None, CONTACT, START + 5, attachments=[file]),
        message(102, 2, "resolved by Grace", None, START + 60),
        message(
            103, 3, "How was it?", None, START + 61, content_type="input_csat", content_attributes=rating
        ),
    ]
    fake.conversations[1] = conversation(1, status="resolved", last_activity_at=START + 61)
    found = list(desk_at(fake).list_recent(NOW - timedelta(hours=1)))
    assert [event.natural_key for event in found if not event.natural_key.startswith("file:")] == [
        "opened:1",
        "comment:1:99",
        "comment:1:100",
        "comment:1:101",
        "rated:1:103:5",
        "closed:1:2026-01-02T03:01:01+00:00",
    ]
    opened = found[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket
    assert opened.ticket.description == "It says ERROR boom."
    assert [each.name for each in opened.ticket.attachments] == ["app.log"]
    assert {event.natural_key for event in read(desk_of(KIND), OPENED)} <= {
        event.natural_key for event in found
    }
    assert [type(event) for event in found[-2:]] == [TicketRated, TicketClosed]
    told = desk_at(fake).read_ticket(TICKET)
    assert [event.natural_key for event in told] == [event.natural_key for event in found]


def test_of_an_older_conversation_only_what_was_said_since_is_told(fake: ChatwootFake) -> None:
    fake.page_most = 2
    fake.messages[1] = [
        message(number, 0, f"line {number}", CONTACT, START - 10**6 + number) for number in range(1, 9)
    ]
    fake.messages[1].append(message(500, 1, "Try this", AGENT, START))
    found = list(desk_at(fake).list_recent(NOW - timedelta(hours=1)))
    assert [event.natural_key for event in found] == ["opened:1", "comment:1:500"]
    assert isinstance(found[0], TicketOpened)
    assert found[0].ticket
    assert found[0].ticket.description == "line 1"
    assert len(fake.asked) < 6


def test_the_list_ends_at_conversations_that_were_not_active_since(fake: ChatwootFake) -> None:
    fake.page_most = 2
    for number in range(2, 12):
        at = START - 10**6 * (number > 3)
        fake.conversations[number] = conversation(number, last_activity_at=at)
        fake.messages[number] = [message(1000 + number, 0, "Help", CONTACT, START)]
    fake.messages[3] = [message(1003, 1, "Buy this", AGENT, START)]  # nobody asked yet
    found = list(desk_at(fake).list_recent(NOW - timedelta(hours=1)))
    assert {event.ticket_id for event in found} == {"1", "2"}
    pages = [asked.path for asked in fake.asked if "&page=" in asked.path]
    assert [path.rpartition("=")[2] for path in pages] == ["1", "2", "3"]


def test_a_listed_conversation_that_cannot_be_read_is_told_after_the_others(fake: ChatwootFake) -> None:
    fake.conversations[2] = conversation(2)
    fake.messages[2] = [{**message(7, 0, "Help", CONTACT), "created_at": "soon"}]
    found: list[Event] = []
    with pytest.raises(
        BadDelivery, match=r"1 listed conversations could not be read; .* message\.created_at"
    ):
        found.extend(desk_at(fake).list_recent(NOW - timedelta(hours=1)))
    assert [event.natural_key for event in desk_at(fake).read_ticket(TICKET)] == ["opened:1", "comment:1:100"]


# --- the probe ------------------------------------------------------------------------------------


def probed(desk: Desk) -> dict[str, Finding]:
    return {finding.name: finding for finding in desk.probe()}


def test_a_probe_asks_and_writes_nothing(fake: ChatwootFake) -> None:
    found = {name: each.ok for name, each in probed(desk_at(fake)).items()}
    assert found == {
        "credentials": True, "own account": True, "account": True, "reads tickets": True, "writes": None
    }  # fmt: skip
    assert fake.writes() == []


def test_a_probe_tells_what_is_wrong(fake: ChatwootFake) -> None:
    wrong = probed(desk_at(fake, api_token="other"))
    assert list(wrong) == ["credentials"]
    assert "(401); look at desks.acme.base_url and api_token" in wrong["credentials"].detail
    fake.profile = {"id": 5, "name": "Eve", "accounts": [{"id": 8}]}
    found = probed(desk_at(fake))
    assert "id 5, which is not in bot_ids" in found["own account"].detail
    assert "the agent is in the accounts 8" in found["account"].detail
