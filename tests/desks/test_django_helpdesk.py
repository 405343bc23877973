"""django-helpdesk: settings, and every call against a fake API on the loopback."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hercules.desks.desk import Desk
from hercules.desks.django_helpdesk.adapter import PAGE, tamed
from hercules.desks.django_helpdesk.config import DjangoHelpdeskSettings, read_settings
from hercules.desks.django_helpdesk.reading import whole_url
from hercules.desks.django_helpdesk.setting_up import SETUP
from hercules.events import CommentAdded, Event, TicketClosed, TicketOpened, TicketReopened
from hercules.model import (
    Attachment,
    BadDelivery,
    Delivery,
    DeskError,
    Posted,
    Refused,
    Reply,
    SettingsError,
    TicketRef,
)
from hercules.settings import DeskSettings

from .django_helpdesk.kind import KIND
from .fakes.django_helpdesk import ENGINEER, OPENED, PASSWORD, DjangoHelpdeskFake
from .fakes.server import FAULTS, always, in_turn, on_writes, running
from .kinds import ADDRESS, DESK, NOW, desk_of
from .servers import fake_desk

KEY = "H-ABCDEFGH"
TICKET = TicketRef(DESK, "1")
BREAK = "\u200b"
PAGE_OF_DOCS = Path(__file__).parent.parent.parent / "docs" / "desks" / "django-helpdesk.md"


@pytest.fixture
def fake() -> Iterator[DjangoHelpdeskFake]:
    with running(DjangoHelpdeskFake()) as found:
        yield found


def at(fake: DjangoHelpdeskFake, **settings: Any) -> Desk:
    return desk_of(KIND, fake.url, deadline_s=2.0, **settings)


def reply(body: str = "Try this. Reference H-ABCDEFGH") -> Reply:
    return Reply(TICKET, "reply", "plain", body, KEY)


def hook(fake: DjangoHelpdeskFake, number: int) -> bytes:
    """The webhook of a new ticket, with addresses as the desk writes them there."""
    return json.dumps({"ticket": fake.tickets[number], "queue_slug": "help"}).encode()


# --- settings and proof ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": ""}, "desks.acme.base_url: write the desk's own address"),
        ({"base_url": "http://desk.example.com"}, "desks.acme.base_url: http is not safe"),
        ({"password": ""}, "desks.acme.password: write the password of the account 'hercules'"),
        ({"user": "a:b"}, "desks.acme.user: write the name of our own account"),
        ({"bot_ids": ()}, "desks.acme.bot_ids: write the number of the account 'hercules'"),
        ({"secrets": ()}, "desks.acme.secrets: a desk without any proof is refused"),
        ({"secrets": [{"value": "short"}]}, "desks.acme.secrets[0].value has 5 characters"),
        ({"secrets": [{"value": "with/slash" * 4}]}, "a secret in a path holds letters"),
        ({"file_host": "x"}, "desks.acme.file_host: no such setting; did you mean file_hosts?"),
        ({"timezone": "Nowhere/Land"}, "desks.acme.timezone"),
    ],
)
def test_settings_that_cannot_work(changes: dict[str, Any], said: str) -> None:
    changes = dict(changes)
    with pytest.raises(SettingsError) as told:
        read_settings(DESK, KIND.common(changes.pop("base_url", ADDRESS), **changes))
    assert said in str(told.value)
    assert PASSWORD not in str(told.value)


def test_the_page_shows_settings_that_work() -> None:
    """The block of the page is a desk, and its table names what this kind has of its own."""
    page = PAGE_OF_DOCS.read_text(encoding="utf-8")
    block = re.search(r"<!-- example: begin -->\n```toml\n(.*?)```", page, re.DOTALL)
    assert block
    settings = tomllib.loads(block.group(1))["desks"]["help"]
    assert read_settings("help", DeskSettings(**settings)).root == "https://desk.example.com/helpdesk/"
    told = set(re.findall(r"`(\w+)`", page.partition("## Settings of its own")[2].partition("## Limits")[0]))
    assert set(DjangoHelpdeskSettings.model_fields) <= told
    for line in "\n".join(SETUP.steps).splitlines():
        if line.startswith("HELPDESK_"):
            assert line.replace("{hook_url}", "https://hercules.example.com/hooks/help/SECRET") in page


def test_the_password_is_in_no_repr() -> None:
    desk = desk_of(KIND)
    assert PASSWORD not in repr(read_settings(DESK, KIND.common())) + repr(vars(desk))


def test_the_secret_in_the_path_is_the_proof() -> None:
    desk = desk_of(KIND, secrets=[{"value": value} for value in KIND.secrets])
    for secret in KIND.secrets:
        proof = desk.verify([], b"{}", NOW, secret)
        assert proof.delivery_id is None
        assert not proof.id_is_signed
    for wrong in ("", KIND.secrets[0][:-1], KIND.secrets[0] + "x", KIND.secrets[0].upper(), "\udcff"):
        with pytest.raises(Refused):
            desk.verify([], b"{}", NOW, wrong)


def test_a_test_delivery_is_taken() -> None:
    desk = desk_of(KIND)
    sent = desk.test_delivery(b"{}", NOW)
    desk.verify([], b"{}", NOW, sent.url_secret)
    assert sent.tail == "new"
    assert KIND.secrets[0] not in repr(sent)


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "url", "whole"),
    [
        ("https://d.example/", "/media/a%20b.log", "https://d.example/media/a%20b.log"),
        ("https://d.example/help/", "/media/a.log", "https://d.example/media/a.log"),
        ("https://d.example/help/", "media/a.log", "https://d.example/help/media/a.log"),
        ("https://d.example/", "https://d.example/media/a.log", "https://d.example/media/a.log"),
        # Behind a proxy that ends TLS the API may believe in http.
        ("https://d.example/", "http://d.example/media/a.log", "https://d.example/media/a.log"),
        ("https://d.example/", "https://D.Example/media/a.log", "https://d.example/media/a.log"),
        ("https://d.example/", "//evil/x", "https://evil/x"),
        ("https://d.example/", "http://evil/x", "http://evil/x"),
        ("https://d.example/", "https://d.example@evil/x", "https://d.example@evil/x"),
        ("https://d.example/", "https://d.example:444/x", "https://d.example:444/x"),
        ("https://d.example/", "http://[evil/x", "http://[evil/x"),
        ("https://d.example/", "file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_one_address_for_one_file(root: str, url: str, whole: str) -> None:
    assert whole_url(root, url) == whole


def test_webhook_and_api_tell_the_same(fake: DjangoHelpdeskFake) -> None:
    fake.add(1, "Did you try to restart?", user=ENGINEER, new_status=3)
    desk = at(fake)
    told = desk.read(Delivery(DESK, "d", {}, hook(fake, 1), NOW, "new"))
    asked = desk.read_ticket(TICKET)
    assert keys(told) == keys(asked)
    assert files_of(told) == files_of(asked) != ()
    assert b"".join(desk.fetch(files_of(told)[0], 100)) == b"ERROR boom\n"


def keys(events: list[Event]) -> list[str]:
    return [event.natural_key for event in events]


def files_of(events: list[Event]) -> tuple[Attachment, ...]:
    opened = events[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket
    return opened.ticket.attachments


@pytest.mark.parametrize(
    "url", ["//evil.example/x", "http://evil.example/x", "http://[evil/x", "file:///etc/x"]
)
def test_files_from_elsewhere_are_refused(fake: DjangoHelpdeskFake, url: str) -> None:
    desk = at(fake)
    fake.tickets[1]["followup_set"][0]["followupattachment_set"][0]["file"] = url
    (file,) = files_of(desk.read(Delivery(DESK, "d", {}, hook(fake, 1), NOW, "new")))
    with pytest.raises(DeskError) as told:
        list(desk.fetch(file, 100))
    assert told.value.permanent
    assert fake.asked == []


def test_credentials_go_to_the_desk_only(fake: DjangoHelpdeskFake) -> None:
    with fake_desk() as other:
        other.answer = lambda asked: (200, b"a log", {})
        desk = at(fake, file_hosts=[other.host], private_hosts=[fake.host, other.host])
        list(desk.fetch(Attachment("a.log", url=f"{other.url}/a.log"), 100))
        fake.elsewhere = f"{other.url}/b.log"
        fake.plan = always(FAULTS["redirect"])
        with pytest.raises(DeskError):
            desk.read_ticket(TICKET)
        assert all("authorization" not in asked.headers for asked in other.asked)
        assert len(other.asked) == 1


# --- posts ----------------------------------------------------------------------------------------


def test_a_reply_is_one_public_comment_and_nothing_else(fake: DjangoHelpdeskFake) -> None:
    assert at(fake).post(reply(), KEY) == Posted("2")
    (asked,) = fake.asked
    assert (asked.method, asked.path) == ("POST", "/api/followups/")
    assert asked.json == {"ticket": "1", "comment": reply().body, "public": True}
    assert fake.tickets[1]["title"] == "Cannot start"


def test_a_note_is_internal(fake: DjangoHelpdeskFake) -> None:
    at(fake).post(Reply(TICKET, "note", "plain", "For us", KEY), KEY)
    assert [post.public for post in fake.posts] == [False]


@pytest.mark.parametrize(
    ("text", "posted"),
    [
        ("{{ ticket.secret_key }}", f"{{{BREAK}{{ ticket.secret_key }}}}"),
        ("{% load x %}", f"{{{BREAK}% load x %{BREAK}}}"),
        ("a lone %} or {# gone #}", f"a lone %{BREAK}}} or {{{BREAK}# gone #}}"),
        ("[alert] 1403#1403: x", f"[alert] 1403#{BREAK}1403: x"),
        ("[x](http://evil)", f"[x]{BREAK}(http://evil)"),
        ("![x][1] and [1]: http://evil", f"!{BREAK}[x]{BREAK}[1] and [1]{BREAK}: http://evil"),
        (
            "<http://evil> <img src=x> </p> <!-- a < b",
            "<~http://evil> <~img src=x> <~/p> <~!-- a < b".replace("~", BREAK),
        ),
        ("&lt;b&gt; &#x3c; a && b", "&~lt;b&~gt; &~#x3c; a && b".replace("~", BREAK)),
        (
            "H-ABCDEFGH https://desk.example.com/kb/a-b?c=1&d=2 C#",
            "H-ABCDEFGH https://desk.example.com/kb/a-b?c=1&d=2 C#",
        ),
    ],
)
def test_words_that_the_desk_would_act_upon(text: str, posted: str) -> None:
    assert tamed(text) == posted


@given(st.text(alphabet="{}%#![]()<:/&;a1 \n", max_size=40))
def test_taming_changes_nothing_that_is_seen(text: str) -> None:
    done = tamed(text)
    assert done.replace(BREAK, "") == text
    assert not any(
        mark in done for mark in ("{{", "{%", "{#", "%}", "](", "][", "]:", "![", "#1", "<a", "</", "&a;")
    )


@pytest.mark.parametrize("fault", ["500 after accept", "reset after accept", "half JSON", "garbage"])
def test_a_post_in_doubt_is_found(fake: DjangoHelpdeskFake, fault: str) -> None:
    desk = at(fake)
    fake.plan = on_writes(FAULTS[fault])
    if fault in ("half JSON", "garbage"):  # a 2xx that cannot be read: it was posted
        assert desk.post(reply(), KEY) == Posted(KEY)
    else:
        with pytest.raises(DeskError) as told:
            desk.post(reply(), KEY)
        assert told.value.outcome == "unknown"
    assert desk.find_marker(TICKET, KEY) == Posted("2", found=True)
    assert len(fake.posts) == 1


@pytest.mark.parametrize(("fault", "outcome"), [("500", "unknown"), ("429", "no"), ("redirect", "unknown")])
def test_a_post_that_failed(fake: DjangoHelpdeskFake, fault: str, outcome: str) -> None:
    fake.plan = on_writes(FAULTS[fault])
    with pytest.raises(DeskError) as told:
        at(fake).post(reply(), KEY)
    assert told.value.outcome == outcome
    assert told.value.retry_after_s == (7.0 if fault == "429" else None)
    assert len(fake.writes()) == 1
    assert at(fake).find_marker(TICKET, KEY) is None


def test_only_our_own_account_counts_when_a_post_is_looked_for(fake: DjangoHelpdeskFake) -> None:
    fake.say("1", f"You wrote Reference {KEY}")
    fake.add(1, f"See Reference {KEY}", user=ENGINEER)
    assert at(fake).find_marker(TICKET, KEY) is None


@pytest.mark.parametrize("ticket_id", ["99", "../followups"])
def test_a_ticket_that_is_gone_tells_nothing(fake: DjangoHelpdeskFake, ticket_id: str) -> None:
    with pytest.raises(DeskError):
        at(fake).find_marker(TicketRef(DESK, ticket_id), KEY)
    assert at(fake).read_ticket(TicketRef(DESK, ticket_id)) == []


@pytest.mark.parametrize("fault", ["half JSON", "garbage", "429", "500", "reset", "gzip bomb"])
def test_a_look_that_failed_does_not_say_no(fake: DjangoHelpdeskFake, fault: str) -> None:
    fake.plan = always(FAULTS[fault])
    with pytest.raises(DeskError):
        at(fake).find_marker(TICKET, KEY)


# --- listing --------------------------------------------------------------------------------------


def listed(desk: Desk, after_min: float) -> list[str]:
    return keys(list(desk.list_recent(OPENED + timedelta(minutes=after_min))))


def test_tickets_that_changed_since(fake: DjangoHelpdeskFake) -> None:
    fake.ask("Second", "It is slow")  # minute 1
    fake.ask("Third", "It is slow")  # minute 2
    fake.add(1, "done", user=ENGINEER, new_status=4)  # minute 3
    fake.add(2, "These answers. Reference H-ABCDEFGH", user=2, public=False)  # minute 4
    assert listed(at(fake), 2.0) == ["opened:3", "opened:1", "comment:1:4", "closed:1:4", "opened:2"]
    assert listed(at(fake), 9.0) == []


def test_listing_goes_back_page_by_page_and_no_further(fake: DjangoHelpdeskFake) -> None:
    for number in range(2, 2 * PAGE + 20):
        fake.ask(f"Ticket {number}", "It is slow")
    since = fake.clock - timedelta(minutes=PAGE + 40)
    found = [event for event in at(fake).list_recent(since) if isinstance(event, TicketOpened)]
    assert [int(event.ticket_id) for event in found] == list(range(PAGE - 20, 2 * PAGE + 20))
    pages = [asked.path for asked in fake.asked if "/followups/" in asked.path]
    assert len(pages) == 3  # the last one holds the rest, and the oldest nothing new


def test_nothing_at_all_is_listed() -> None:
    empty = DjangoHelpdeskFake()
    empty.tickets.clear()
    with running(empty):
        assert listed(at(empty), 0) == []


def test_what_cannot_be_read_is_named_and_passed_over(fake: DjangoHelpdeskFake) -> None:
    fake.ask("Second", "It is slow")
    fake.tickets[1]["followup_set"][0]["date"] = "yesterday"
    found: list[str] = []
    with pytest.raises(BadDelivery, match=r"1 listed tickets could not be read.*followup_set\[0\]\.date"):
        found.extend(event.natural_key for event in _kept(at(fake), found))
    assert found == ["opened:2"]


def _kept(desk: Desk, found: list[str]) -> Iterator[Event]:
    for event in desk.list_recent(OPENED):
        found.append(event.natural_key)
    yield from ()


def test_a_deleted_ticket_is_passed_over(fake: DjangoHelpdeskFake) -> None:
    fake.ask("Second", "It is slow")
    desk = at(fake)
    events = desk.list_recent(OPENED)
    assert next(events).natural_key == "opened:1"
    del fake.tickets[2]
    assert list(events) == []


def test_listing_stops_at_a_failure(fake: DjangoHelpdeskFake) -> None:
    fake.plan = in_turn(None, FAULTS["429"])
    with pytest.raises(DeskError) as told:
        listed(at(fake), 0)
    assert told.value.retry_after_s == 7.0


def test_closes_and_reopenings_keep_their_keys(fake: DjangoHelpdeskFake) -> None:
    fake.add(1, "done", user=ENGINEER, new_status=3)
    fake.add(1, "no", user=None, new_status=2)
    events = at(fake).read_ticket(TICKET)
    assert [type(event) for event in events] == [
        TicketOpened,
        CommentAdded,
        TicketClosed,
        CommentAdded,
        TicketReopened,
    ]
    assert keys(events)[2::2] == ["closed:1:2", "reopened:1:3"]


# --- trying it out --------------------------------------------------------------------------------


def findings(desk: Desk) -> list[tuple[str, bool | None]]:
    return [(finding.name, finding.ok) for finding in desk.probe()]


def test_a_probe_writes_nothing(fake: DjangoHelpdeskFake) -> None:
    assert findings(at(fake)) == [("reads tickets", True), ("writes comments", True), ("bot_ids", True)]
    assert fake.writes() == []


def test_a_wrong_password_ends_the_probe(fake: DjangoHelpdeskFake) -> None:
    finding, *others = at(fake, password="another").probe()
    assert finding.ok is False
    assert "403" in finding.detail
    assert "user and password of desks.acme" in finding.detail
    assert "base_url" not in finding.detail
    assert [(each.name, each.ok, each.detail) for each in others] == [
        ("writes comments", None, "not tried"),
        ("bot_ids", None, "not tried"),
    ]
    assert "another" not in finding.detail


def test_a_wrong_number_of_our_account_is_told(fake: DjangoHelpdeskFake) -> None:
    finding = list(at(fake, bot_ids=["1"]).probe())[-1]
    assert finding.ok is False
    assert finding.detail == "the account 'hercules' has the number 2; set desks.acme.bot_ids = [\"2\"]"


@pytest.mark.parametrize(
    ("page", "last"),
    [
        ("<p>no form</p>", ("bot_ids", None)),
        ("<textarea name=comment></textarea>", ("bot_ids", None)),
    ],
)
def test_what_the_desk_does_not_tell_is_no_failure(
    fake: DjangoHelpdeskFake, page: str, last: tuple[str, None]
) -> None:
    fake.users = page
    assert findings(at(fake))[-1] == last


def test_a_desk_that_fails_in_the_middle_of_a_probe(fake: DjangoHelpdeskFake) -> None:
    fake.plan = in_turn(None, FAULTS["reset"])
    assert findings(at(fake)) == [
        ("reads tickets", True),
        ("writes comments", None),
        ("bot_ids", None),
    ]


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        ((401, {}, {}), "user and password of desks.acme; the account 'hercules' must be active and staff"),
        ((404, {}, {}), "HELPDESK_API_ENABLED"),
        ((500, {}, {}), "its own log"),
    ],
)
def test_each_failure_of_a_probe_has_its_own_hint(
    fault: tuple[int, object, dict[str, str]], hint: str
) -> None:
    with fake_desk() as other:
        other.answer = lambda asked: fault
        first = next(iter(desk_of(KIND, other.url).probe()))
    assert first.ok is False
    assert hint in first.detail


def test_a_desk_that_does_not_run_is_told_as_such() -> None:
    with fake_desk() as other:
        url = other.url
    first = next(iter(desk_of(KIND, url).probe()))
    assert "is the desk running" in first.detail
    assert "http or https" in first.detail


def test_another_server_is_no_desk() -> None:
    with fake_desk() as other:
        other.answer = lambda asked: (200, {"hello": "world"}, {})
        finding = next(iter(desk_of(KIND, other.url).probe()))
        assert finding.ok is False
        assert "not the API of django-helpdesk" in finding.detail
