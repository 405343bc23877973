"""Zammad: its SHA-1 signature, settings, and every call against a fake API on the loopback."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hercules.desks.desk import Desk
from hercules.desks.zammad import ZammadDesk
from hercules.desks.zammad.config import ZammadSettings, read_settings
from hercules.events import CommentAdded, FileAdded, TicketClosed, TicketOpened, TicketReopened
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

from ..serving import serving, wait_for
from .fakes.server import FAULTS, Answered, Fault, always, in_turn, on_writes, path_of, query_of, running
from .fakes.zammad import BOT, BOT_ID, LOG, TOKEN, ZammadFake, article, ticket
from .kinds import DESK, NOW, desk_of
from .servers import fake_desk
from .zammad.kind import KIND

KEY = "H-ABCDEFGH"
TICKET = TicketRef(DESK, "1")
SINCE = datetime(2026, 1, 2, 2, 0, tzinfo=UTC)
GOOD = "d9a014d66df1a07cce236dab2de28e4880a5edca"


@pytest.fixture
def fake() -> Iterator[ZammadFake]:
    with running(ZammadFake()) as found:
        yield found


def at(fake: ZammadFake, **settings: Any) -> Desk:
    return desk_of(KIND, fake.url, deadline_s=2.0, **settings)


def note(body: str = "<p>Try this. Reference <strong>H-ABCDEFGH</strong></p>") -> Reply:
    return Reply(TICKET, "note", "html", body, KEY)


def delivery(body: object) -> Delivery:
    return Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW)


# --- signatures -----------------------------------------------------------------------------------


def hmac_sha1(key: bytes, message: bytes) -> str:
    """RFC 2104 written out, sharing nothing with the house."""
    block = (key if len(key) <= 64 else hashlib.sha1(key).digest()).ljust(64, b"\0")
    inner = hashlib.sha1(bytes(byte ^ 0x36 for byte in block) + message)
    return hashlib.sha1(bytes(byte ^ 0x5C for byte in block) + inner.digest()).hexdigest()


def test_the_signature_written_out_is_taken_by_every_active_secret() -> None:
    assert hmac_sha1(b"test-secret", b'{"a":1}') == GOOD
    older, newer = KIND.secrets
    secrets = [{"value": older, "not_after": "2026-01-02T03:04:06"}, {"value": newer}]
    desk = desk_of(KIND, secrets=secrets)
    body = json.dumps(KIND.opened).encode() + "\u00e4\u2028".encode()
    for secret, now, taken in [(older, NOW, True), (newer, NOW, True), (older, NOW.replace(second=7), False)]:
        signed = f"sha1={hmac_sha1(secret.encode(), body)}".encode()
        headers = [(b"x-hub-signature", signed), (b"x-zammad-delivery", b"job-7")]
        if taken:
            proof = desk.verify(headers, body, now)
            assert (proof.delivery_id, proof.id_is_signed, proof.sent_at) == ("job-7", False, None)
        else:
            with pytest.raises(Refused):
                desk.verify(headers, body, now)


@pytest.mark.parametrize(
    "value",
    [
        "", "sha1=", GOOD, f"sha1={GOOD.upper()}", f"SHA1={GOOD}", f"sha1={GOOD[:-1]}", f"sha1={GOOD}0",
        f"sha1= {GOOD}", f" sha1={GOOD}", f"sha1={GOOD},sha1={GOOD}", f"sha256={GOOD}",
        "sha256=179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d", "sha1=" + "g" * 40,
        "sha1=" + "\u00e4" * 40, "sha1=" + "0" * 5000, "v1,abc",
    ],
)  # fmt: skip
def test_malformed_signatures_are_refused_and_nothing_else(value: str) -> None:
    with pytest.raises(Refused):
        desk_of(KIND).verify([(b"x-hub-signature", value.encode())], b'{"a":1}', NOW)


def test_flipped_doubled_and_missing_signatures() -> None:
    desk = desk_of(KIND)
    good = f"sha1={GOOD}".encode()
    desk.verify([(b"x-hub-signature", good)], b'{"a":1}', NOW)
    for position in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[position] ^= 1 << bit
            with pytest.raises(Refused):
                desk.verify([(b"x-hub-signature", bytes(bad))], b'{"a":1}', NOW)
    for headers in ([], [(b"x-hub-signature", good)] * 2, [(b"x-hub-signature-256", good)]):
        with pytest.raises(Refused):
            desk.verify(headers, b'{"a":1}', NOW)
    with pytest.raises(Refused):
        desk.verify([(b"x-hub-signature", good)], b'{"a":1}', NOW, "a-secret-in-the-path")


def test_the_test_delivery_is_taken() -> None:
    desk = desk_of(KIND)
    sent = desk.test_delivery(b'{"hercules_check":"x"}', NOW)
    headers = [(name.encode(), value.encode()) for name, value in sent.headers.items()]
    assert desk.verify(headers, b'{"hercules_check":"x"}', NOW).delivery_id is None
    assert KIND.secrets[0] not in repr(sent)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": ""}, "desks.acme.base_url: write the desk's own address"),
        ({"base_url": "http://zammad.example.com"}, "desks.acme.base_url: http is not safe"),
        ({"token": ""}, "desks.acme.token: write the access token"),
        ({"token": "a b"}, "desks.acme.token: a token is visible ASCII"),
        ({"bot_ids": []}, "desks.acme.bot_ids: write the e-mail address"),
        ({"closed_state": ["done"]}, "desks.acme.closed_state: no such setting; did you mean closed_states?"),
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof"),
        ({"timezone": "Mars"}, "desks.acme.timezone"),
    ],
)
def test_slips_in_the_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(DESK, KIND.common(**settings))
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_what_it_can_do() -> None:
    desk = desk_of(KIND)
    assert (desk.notes, desk.replies, desk.can_find, desk.can_list) == (True, True, True, True)
    assert desk.dialect == "html"
    assert desk.hosts == {"desk.example.com"}
    assert not desk.file_hosts
    assert TOKEN not in repr(read_settings(DESK, KIND.common()))


# --- posting and finding --------------------------------------------------------------------------


def test_a_note_and_a_reply_are_articles_of_type_note_and_mail_nobody(fake: ZammadFake) -> None:
    desk = at(fake)
    assert desk.post(note(), KEY) == Posted("2")
    assert desk.post(replace(note(), visibility="reply"), KEY) == Posted("3")
    first, second = fake.writes()
    assert first.path == "/api/v1/ticket_articles"
    assert first.json == {
        "ticket_id": 1,
        "body": note().body,
        "content_type": "text/html",
        "type": "note",
        "internal": True,
    }
    assert second.json == {**first.json, "internal": False}
    assert [post.public for post in fake.posts] == [False, True]
    assert fake.mails == []


def test_a_reference_counts_only_by_our_own_account(fake: ZammadFake) -> None:
    desk = at(fake)
    fake.say("1", f"I read Reference {KEY} somewhere")
    assert desk.find_marker(TICKET, KEY) is None
    desk.post(note(), KEY)
    assert desk.find_marker(TICKET, KEY) == Posted("3", found=True)
    assert desk.find_marker(TICKET, "H-OTHERONE") is None
    assert at(fake, bot_ids=[str(BOT_ID)]).find_marker(TICKET, KEY) == Posted("3", found=True)


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_goes_wrong_a_note_stands_there_once(fake: ZammadFake, name: str) -> None:
    fake.plan = on_writes(FAULTS[name])
    desk = at(fake)
    try:
        desk.post(note(), KEY)
    except DeskError as error:
        if not (error.outcome == "unknown" and desk.find_marker(TICKET, KEY)):
            assert not fake.posts
            desk.post(note(), KEY)
    assert len(fake.posts) == 1


def test_an_unreadable_answer_after_a_write_is_a_post(fake: ZammadFake) -> None:
    fake.plan = on_writes(Fault("half", acts=True))
    assert at(fake).post(note(), KEY) == Posted(KEY)


@pytest.mark.parametrize(
    ("said", "outcome", "wait_s", "permanent"),
    [
        (Answered(422, b"{}"), "no", None, True),
        (Answered(429, b"{}", {"retry-after": "5"}), "no", 5.0, False),
        (Answered(302, b"{}", {"location": "/login"}), "unknown", None, False),
        (Answered(503, b"{}", {"retry-after": "9"}), "unknown", 9.0, False),
    ],
)
def test_what_an_answer_to_a_write_means(
    fake: ZammadFake, said: Answered, outcome: str, wait_s: float | None, permanent: bool
) -> None:
    fake.handle = lambda asked: said  # type: ignore[method-assign]  # the fake answers so
    with pytest.raises(DeskError) as caught:
        at(fake).post(note(), KEY)
    error = caught.value
    assert (error.outcome, error.retry_after_s, error.permanent) == (outcome, wait_s, permanent)


def test_an_odd_ticket_id_is_not_asked_for(fake: ZammadFake) -> None:
    desk = at(fake)
    for ticket_id in ("1/../../users/me", "", "x", "-1", "1?x"):
        with pytest.raises(DeskError, match="no ticket id of Zammad"):
            desk.find_marker(TicketRef(DESK, ticket_id), KEY)
    assert fake.asked == []


# --- lists ----------------------------------------------------------------------------------------


def test_recent_tickets_with_articles_files_and_states(fake: ZammadFake) -> None:
    closed = {"last_close_at": "2026-01-02T03:02:00.000Z", "close_at": "2026-01-02T03:01:00.000Z"}
    fake.tickets = [
        ticket(1),
        ticket(2, state="closed", updated_by="e5@example.com", **closed),
        ticket(3, **closed),
        ticket(4, updated_at="2026-01-01T00:00:00.000Z"),
    ]
    fake.articles = [article(number, number) for number in (1, 2, 3, 4)]
    files = [{"id": 9, "filename": "more.log", "size": "46"}]
    fake.articles += [
        article(6, 1, body="third", sender="Agent", created_by="e5@example.com", created_by_id=5),
        article(5, 1, body="second", attachments=files),
    ]
    found = list(at(fake).list_recent(SINCE))
    assert [(type(event), event.ticket_id) for event in found] == [
        (TicketOpened, "1"),
        (CommentAdded, "1"),
        (FileAdded, "1"),
        (CommentAdded, "1"),
        (TicketOpened, "2"),
        (TicketClosed, "2"),
        (TicketOpened, "3"),
        (TicketReopened, "3"),
    ]
    assert found[5].natural_key == "closed:2:2026-01-02T03:02:00+00:00"
    assert found[7].natural_key == "reopened:3:2026-01-02T03:02:00+00:00"
    opened, third = found[0], found[3]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    assert (opened.ticket.description, opened.ticket.requester.email) == (
        "It says ERROR boom.",
        "c8@example.com",
    )
    assert isinstance(third, CommentAdded)
    assert (third.text, third.author_kind, third.author_id) == ("third", "human", "5")
    asked = query_of(fake.asked[0])
    assert asked["query"] == "updated_at:[2026-01-02T02:00:00Z TO *]"
    assert (asked["sort_by"], asked["order_by"], asked["expand"]) == ("created_at", "asc", "true")


def test_every_page_is_asked_for_lazily(fake: ZammadFake) -> None:
    fake.tickets = [ticket(number) for number in range(1, 251)]
    fake.articles = [article(number, number) for number in range(1, 251)]
    told = at(fake).list_recent(SINCE)
    assert next(told).ticket_id == "1"
    assert len(fake.asked) == 2
    assert len(list(told)) == 249
    pages = [query_of(asked)["page"] for asked in fake.asked if path_of(asked).endswith("/search")]
    assert pages == ["1", "2", "3"]


def whole(ticket_: dict[str, Any], article_: dict[str, Any] | None, ids: list[int]) -> dict[str, Any]:
    """A delivery of what the API shows in short: whole records in the place of names."""
    customer = {"id": 8, "login": "c8@example.com", "email": "c8@example.com"}
    records = {"customer": customer, "article_ids": ids, "updated_by": customer}
    return {"ticket": {**ticket_, **records}, "article": article_ and {**article_, "created_by": customer}}


def test_what_a_list_tells_has_the_keys_of_deliveries(fake: ZammadFake) -> None:
    files = [{"id": 9, "filename": "more.log", "size": "46", "url": "http://internal/9"}]
    fake.tickets = [ticket(1, state="closed", last_close_at="2026-01-02T03:02:00.000Z")]
    fake.articles = [article(1, 1), article(2, 1, attachments=files)]
    desk = at(fake)
    listed = {event.natural_key for event in desk.list_recent(SINCE)}
    told: set[str] = set()
    for body in (
        whole(ticket(1), fake.articles[0], [1]),
        whole(ticket(1), fake.articles[1], [1, 2]),
        whole(fake.tickets[0], None, [1, 2]),
    ):
        told |= {event.natural_key for event in desk.read(delivery(body))}
    assert listed == {key for key in told if not key.startswith("updated:")}
    assert len(listed) == 4
    assert {event.natural_key for event in desk.read_ticket(TICKET)} == listed


def test_an_unreadable_ticket_is_told_after_the_others(fake: ZammadFake) -> None:
    fake.tickets = [ticket(1), {**ticket(2), "created_at": "2026-01-02T03:00:00.000Z", "id": True}, ticket(3)]
    fake.articles = [article(1, 1), article(3, 3)]
    told = at(fake).list_recent(SINCE)
    assert [next(told).ticket_id for _ in range(2)] == ["1", "3"]
    with pytest.raises(BadDelivery, match=r"1 listed tickets could not be read; the first: ticket\.id"):
        list(told)


@pytest.mark.parametrize("name", ["429", "500", "half JSON", "gzip bomb", "garbage"])
def test_a_list_that_cannot_be_read_is_an_error(fake: ZammadFake, name: str) -> None:
    fake.plan = in_turn(None, FAULTS[name])
    with pytest.raises(DeskError):
        list(at(fake).list_recent(SINCE))


# --- files and credentials ------------------------------------------------------------------------


def test_a_file_of_a_delivery_is_fetched_with_the_token(fake: ZammadFake) -> None:
    desk = at(fake)
    files = [{"id": 9, "filename": "a.log", "size": "46", "url": "http://internal-name/9"}]
    (event,) = desk.read(delivery(whole(ticket(1), article(1, 1, attachments=files), [1])))
    assert isinstance(event, TicketOpened)
    assert event.ticket is not None
    (file,) = event.ticket.attachments
    assert (file.name, file.size_bytes) == ("a.log", 46)
    assert b"".join(desk.fetch(file, 1 << 20)) == LOG
    got: list[bytes] = []
    with pytest.raises(DeskError) as caught:
        got.extend(desk.fetch(file, 10))
    assert (b"".join(got), caught.value.permanent) == (LOG[:10], True)
    with pytest.raises(DeskError, match="not allowed"):
        list(desk.fetch(Attachment("a.log", "https://evil.example/a.log"), 10))


@pytest.mark.parametrize("name", ["redirect", "redirect, same method"])
def test_the_token_follows_no_redirect(fake: ZammadFake, name: str) -> None:
    with fake_desk() as other:
        fake.elsewhere = f"{other.url}/x"
        fake.plan = always(FAULTS[name])
        desk = at(fake, private_hosts=[fake.host, other.host], file_hosts=[other.host])
        file = Attachment("a.log", f"{fake.url}/api/v1/ticket_attachment/1/1/9")
        calls: list[Callable[[], object]] = [
            lambda: desk.post(note(), KEY),
            lambda: desk.find_marker(TICKET, KEY),
            lambda: list(desk.list_recent(SINCE)),
            lambda: list(desk.fetch(file, 100)),
        ]
        for call in calls:
            try:
                call()
            except DeskError:
                continue
        assert all(TOKEN not in str(asked.headers) for asked in other.asked)
        assert {asked.method for asked in other.asked} <= {"GET"}


def test_the_probe_writes_nothing(fake: ZammadFake) -> None:
    found = list(at(fake).probe())
    assert [(each.name, each.ok) for each in found] == [
        ("account", True),
        ("reads tickets", True),
        ("finds missed tickets", True),
        ("writes", None),
    ]
    assert BOT in found[0].detail
    assert fake.writes() == []


def test_what_the_probe_finds_wrong(fake: ZammadFake) -> None:
    (found,) = at(fake, token="wrong").probe()
    assert (found.ok, "make a new token and set desks.acme.token" in found.detail) == (False, True)
    (found,) = at(fake, bot_ids=["somebody"]).probe()
    assert (found.ok, "who is not in bot_ids" in found.detail) == (False, True)
    fake.searches = False
    told = list(at(fake).probe())
    assert [each.ok for each in told] == [True, True, False, None]
    assert "connect Zammad to Elasticsearch" in told[2].detail


# --- the whole way --------------------------------------------------------------------------------


def test_a_ticket_gets_one_note_and_after_approval_one_article(fake: ZammadFake, tmp_path: Path) -> None:
    settings = {**KIND.settings(fake.url), "kind": "zammad", "secrets": [{"value": KIND.secrets[0]}]}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    files = [{"id": 9, "filename": "app.log", "size": "46"}]
    body = whole(ticket(1, created_at=now, updated_at=now), article(1, 1, attachments=files), [1])
    with serving(tmp_path, more_desks={"help": settings}) as run:

        def send(said: dict[str, Any], delivery_id: str) -> int:
            raw = json.dumps(said).encode()
            headers = {**KIND.sign(KIND.secrets[0], raw, NOW).headers, "x-zammad-delivery": delivery_id}
            return run.client.post("/hooks/help", content=raw, headers=headers).status_code

        def ask() -> dict[str, Any] | None:
            asked = {"desk_id": "help", "ticket_id": "1"}
            found = run.client.get("/api/tickets", params=asked, headers=run.api())
            return dict(found.json()) if found.status_code == 200 else None

        fake.plan = on_writes(FAULTS["reset after accept"])
        assert [send(body, delivery_id) for delivery_id in ("a", "a", "b")] == [202, 202, 202]
        told = wait_for(ask)
        assert told is not None
        assert told["suggestions"][0]["rule_id"] == "acme-quota-exceeded"
        assert wait_for(lambda: [post["state"] for post in (ask() or {})["posts"]] == ["sent"])
        assert [post.public for post in fake.posts] == [False]
        ours = {**fake.articles[-1], "created_by": {"id": BOT_ID, "email": BOT}}
        again = whole(body["ticket"], ours, [1, ours["id"]])
        again["article"]["created_by"] = ours["created_by"]
        assert send(again, "c") == 202
        assert wait_for(lambda: 'hercules_loops_total{desk="help"} 1.0' in run.client.get("/metrics").text)
        path = f"/api/suggestions/{told['suggestion_id']}/review"
        assert run.client.post(path, json={"verdict": "approve"}, headers=run.api()).status_code == 200
        assert wait_for(lambda: len(fake.posts) == 2)
        assert [post.public for post in fake.posts] == [False, True]
        assert fake.mails == []


def test_the_page_shows_settings_that_work() -> None:
    page = (Path(__file__).parents[2] / "docs" / "desks" / "zammad.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    settings = tomllib.loads(block)["desks"]["acme"]
    assert read_settings("acme", DeskSettings(**settings)).base == settings["base_url"]
    asked = {question.key for question in ZammadDesk.setup.questions}
    assert asked <= set(settings), "what is asked stands in the page"
    missing = [name for name in ZammadSettings.model_fields if f"`{name}`" not in page]
    assert missing == []
