"""The generic desk: settings told apart at start, and what it sends to a real server on the loopback."""

from __future__ import annotations

import doctest
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from hercules.desks.desk import CallLimits, Desk
from hercules.desks.generic import GenericDesk, adapter, read_settings
from hercules.events import CommentAdded, TicketClosed, TicketOpened
from hercules.model import (
    Attachment,
    BadDelivery,
    Delivery,
    DeskError,
    Posted,
    Proof,
    Refused,
    Reply,
    SettingsError,
    TicketRef,
    Visibility,
)
from hercules.outbound import OutboundClient, resolve
from hercules.settings import DeskSettings

from .servers import Asked, FakeDesk, fake_desk
from .servers import Reply as Said

Resolver = Callable[[str, int], Sequence[str]]
WHSEC = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OLDER = "whsec_" + "QUFB" * 10
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = "H-ABCDEFGH"
TICKET = TicketRef("acme", "A/7 ä?")
HOSTILE = 'say "x"}\n{ticket_id} {{key}} \\ ä </pre>\x07'


@pytest.fixture
def server() -> Iterator[FakeDesk]:
    with fake_desk() as desk:
        yield desk


def common(**settings: Any) -> DeskSettings:
    return DeskSettings(**{"secrets": [{"value": WHSEC}], **settings})


def bound(settings: DeskSettings, resolver: Resolver = resolve) -> OutboundClient:
    """A client bound to the desk's hosts as wiring binds it."""
    reach = GenericDesk.reach("acme", settings)
    return OutboundClient(
        reach.hosts | reach.file_hosts,
        credential_hosts=reach.hosts,
        private_hosts=reach.private_hosts,
        plain_hosts=reach.plain_hosts,
        resolver=resolver,
    )


def desk_for(server: FakeDesk, **settings: Any) -> GenericDesk:
    found = common(private_hosts=[server.host], **settings)
    client = bound(found)
    return GenericDesk("acme", found, client, limits=CallLimits(deadline_s=5.0))


def words(visibility: Visibility = "note", body: str = HOSTILE) -> Reply:
    return Reply(TICKET, visibility, "plain", body, KEY)


def says(status: int, said: object = b"", **headers: str) -> Any:
    def answer(_: Asked) -> Said:
        return status, said, {name.replace("_", "-"): value for name, value in headers.items()}

    return answer


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof is refused"),
        ({"unsigned": True}, "desks.acme.unsigned: a desk with secrets is not unsigned"),
        ({"secrets": [{"value": "abc"}]}, "desks.acme.secrets[0].value is not whsec_"),
        ({"secrets": [{"value": ""}], "proof": "hmac"}, "desks.acme.secrets[0].value is empty"),
        ({"secrets": [{"value": "x" * 31}], "proof": "url-secret"}, "31 characters; this proof needs 32"),
        ({"secrets": [{"value": "x/" * 16}], "proof": "url-secret"}, "letters, digits"),
        ({"secrets": [{"value": "nobody"}], "proof": "basic"}, "user:password"),
        ({"secrets": [{"value": "a\nb"}], "proof": "header-token"}, "visible ASCII"),
        ({"proof": "sha1"}, "desks.acme.proof: Input should be 'standard'"),
        ({"replyurl": "https://x.example"}, "desks.acme.replyurl: no such setting; did you mean reply_url?"),
        ({"reply_url": "http://desk.example/x"}, "desks.acme.reply_url: http is not safe"),
        ({"reply_url": "https://u:p@desk.example/x"}, "desks.acme.reply_url: user and password"),
        ({"reply_url": "ftp://desk.example/x"}, "no http or https URL"),
        ({"note": {"url": "https://{ticket_id}.example/x"}}, "a slot may stand in the path"),
        ({"note": {"url": "https://x.example/{id}"}}, "desks.acme.note.url: {id} is no slot"),
        (
            {"note": {"url": "https://x.example/", "body": {"a": ["{bod}"]}}},
            "desks.acme.note.body: {bod} is no",
        ),
        ({"note": {"url": "https://x.example/", "body": {"a": "{"}}}, "desks.acme.note.body: "),
        ({"note": {"url": "https://x.example/", "body": {"a": "{body!r}"}}}, "is no slot"),
        ({"note": {"url": "https://x.example/", "body": {"a": "{body.__class__}"}}}, "is no slot"),
        ({"note": {"url": "https://x.example/", "headers": {"X": "{body}"}}}, "does not fit into a header"),
        ({"note": {"url": "https://x.example/", "method": "GET"}}, "desks.acme.note.method"),
        ({"headers": {"Host": "x"}}, "desks.acme.headers.Host: this header cannot be set"),
        ({"headers": {"X-A": "a\nb"}}, "visible ASCII"),
        ({"lookup": {"url": "https://x.example/{ticket_id}"}}, "put {key} into it"),
        ({"lookup": {"url": "https://x.example/{body}{key}"}}, "{body} is not known"),
        ({"lookup": True}, "desks.acme.lookup: write a table or false"),
        ({"lookup": {"found": "id"}}, "desks.acme.lookup.url: this is needed"),
        (
            {"lookup": {"url": "https://x.example/{key}", "fond": "id"}},
            "lookup.fond: no such setting",
        ),
        ({"lookup": {"url": "https://x.example/{key}", "found": 3}}, "lookup.found: write a text or a table"),
        (
            {"lookup": {"url": "https://x.example/", "found": {"path": "a[]", "text": "b", "author": "c"}}},
            "bot_ids",
        ),
        ({"hosts": ["https://x.example"]}, "desks.acme.hosts: an entry is a host"),
        ({"timezone": "Mars/Base"}, "desks.acme.timezone: 'Mars/Base' is not known"),
        ({"map": {"id": "a..b"}}, "desks.acme.map.id: "),
        ({"sign_secret": "abc"}, "desks.acme.sign_secret is not whsec_"),
    ],
)
def test_slips_in_the_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings("acme", common(**settings))
    assert message in str(caught.value)


def test_no_secret_is_shown() -> None:
    config = read_settings(
        "acme",
        common(
            headers={"Authorization": "Bearer canary"},
            note={"url": "https://x.example/", "headers": {"X": "canary"}},
        ),
    )
    assert "canary" not in repr(config)
    assert WHSEC[6:] not in repr(config)
    assert "0123456789abcdef" not in repr(config)
    with pytest.raises(SettingsError) as caught:
        read_settings("acme", common(headers={"Authorization": ["canary"]}))
    assert "canary" not in str(caught.value)


def test_the_reach_is_read_off_the_addresses() -> None:
    reach = GenericDesk.reach(
        "acme",
        common(
            base_url="https://Desk.example/base/",
            note={"url": "/n/{ticket_id}"},
            reply={"url": "https://api.example:8443/r"},
            lookup={"url": "https://find.example/{key}"},
            reply_url="http://10.0.0.7:8080/x",
            private_hosts=["10.0.0.7:8080"],
            file_hosts=["files.example"],
        ),
    )
    assert reach.hosts == {"desk.example", "api.example:8443", "find.example", "10.0.0.7:8080"}
    assert reach.file_hosts == {"files.example"}
    assert reach.plain_hosts == {"10.0.0.7:8080"}


def test_what_a_desk_can_do(server: FakeDesk) -> None:
    url = f"{server.url}/x"
    desk: Desk = desk_for(server)
    assert (desk.notes, desk.replies, desk.can_find, desk.dialect) == (False, False, False, "plain")
    desk = desk_for(server, reply_url=url, dialect="html", body_max="1 MiB")
    assert (desk.notes, desk.replies, desk.can_find, desk.dialect) == (True, True, True, "html")
    assert desk.body_max_bytes == 1 << 20
    desk = desk_for(server, reply={"url": url}, lookup=False)
    assert (desk.notes, desk.replies, desk.can_find) == (False, True, False)
    assert desk.body_max_bytes == 25 << 20


def test_the_sample_in_the_docstring() -> None:
    found = doctest.testmod(adapter)
    assert (found.attempted, found.failed) == (1, 0)


# --- verify ---------------------------------------------------------------------------------------


def test_two_secrets_while_one_takes_over() -> None:
    secrets = [{"value": OLDER, "not_after": "2026-01-02T03:04:06"}, {"value": WHSEC}]
    desk = GenericDesk("acme", common(secrets=secrets), OutboundClient([]))
    for secret, now, taken in [(OLDER, NOW, True), (WHSEC, NOW, True), (OLDER, NOW.replace(second=6), False)]:
        headers = [
            (b"webhook-id", b"m"),
            (b"webhook-timestamp", str(int(NOW.timestamp())).encode()),
            (b"webhook-signature", Webhook(secret).sign("m", NOW, "{}").encode()),
        ]
        if taken:
            assert desk.verify(headers, b"{}", now) == Proof("m", True, NOW)
        else:
            with pytest.raises(Refused):
                desk.verify(headers, b"{}", now)


@pytest.mark.parametrize(
    ("settings", "headers", "url_secret"),
    [
        (
            {"proof": "header-token", "prefix": "Bearer ", "header": "Authorization"},
            {"authorization": "Bearer S"},
            "",
        ),
        ({"proof": "header-token"}, {"x-hercules-token": "S"}, ""),
        ({"proof": "basic", "secrets": [{"value": "a:b"}]}, {"authorization": "Basic YTpi"}, ""),
        ({"proof": "url-secret", "secrets": [{"value": "s" * 40}]}, {}, "s" * 40),
        (
            {"proof": "hmac", "header": "X-Sig", "secrets": [{"value": "test-secret"}], "prefix": "sha256="},
            {"x-sig": "sha256=179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"},
            "",
        ),
        (
            {"proof": "hub-sha256", "secrets": [{"value": "test-secret"}]},
            {"x-hub-signature": "sha256=179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"},
            "",
        ),
        ({"unsigned": True, "secrets": []}, {}, ""),
    ],
)
def test_each_proof(settings: dict[str, Any], headers: dict[str, str], url_secret: str) -> None:
    found = common(**{"secrets": [{"value": "S"}], "id_header": "X-Id", **settings})
    desk = GenericDesk("acme", found, OutboundClient([]))
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    proof = desk.verify([*pairs, (b"x-id", b"d-9")], b'{"a":1}', NOW, url_secret)
    assert not proof.id_is_signed
    if found.secrets:
        assert proof.delivery_id == "d-9"
        with pytest.raises(Refused):
            desk.verify([(name, value + b"x") for name, value in pairs], b'{"a":1}', NOW, url_secret[1:])
        with pytest.raises(Refused):
            desk.verify([], b'{"a":1}', NOW)


# --- post -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["note", "reply"])
def test_the_default_post_is_signed(server: FakeDesk, visibility: Visibility) -> None:
    secrets = [{"value": OLDER}, {"value": WHSEC}]
    desk = desk_for(server, reply_url=f"{server.url}/in?a=b", secrets=secrets, headers={"X-Key": "k"})
    assert desk.post(words(visibility), KEY) == Posted("77")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["webhook-id"]) == ("POST", "/in?a=b", KEY)
    assert asked.headers["x-key"] == "k"
    assert asked.json == {
        "ticket_id": TICKET.ticket_id,
        "key": KEY,
        "visibility": visibility,
        "format": "plain",
        "body": HOSTILE,
    }
    for secret in (OLDER, WHSEC):
        assert Webhook(secret).verify(asked.body.decode(), asked.headers)


def test_a_template_fills_its_slots_and_nothing_else(server: FakeDesk) -> None:
    desk = desk_for(
        server,
        secrets=[{"value": "S"}],
        proof="header-token",
        base_url=server.url,
        headers={"Authorization": "Bearer {x}"},
        note={
            "method": "PUT",
            "url": "/t/{ticket_id}/notes?ref={key}&{{",
            "headers": {"Idempotency-Key": "{key}-{ticket_id}"},
            "body": {
                "comment": {"text": "{body}", "ref": "-{key}-", "n": 1, "t": True, "l": ["{{{ticket_id}}}"]}
            },
            "remote_id": "comment.number",
        },
    )
    server.answer = says(200, {"comment": {"number": 5}})
    assert desk.post(words(), KEY) == Posted("5")
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PUT", f"/t/A%2F7%20%C3%A4%3F/notes?ref={KEY}&{{")
    assert asked.headers["authorization"] == "Bearer {x}"
    assert asked.headers["idempotency-key"] == f"{KEY}-A%2F7%20%C3%A4%3F"
    assert asked.headers["webhook-id"] == KEY
    assert "webhook-signature" not in asked.headers
    expected = {"text": HOSTILE, "ref": f"-{KEY}-", "n": 1, "t": True, "l": ["{" + TICKET.ticket_id + "}"]}
    assert asked.json == {"comment": expected}


def test_without_a_request_nothing_is_sent(server: FakeDesk) -> None:
    with pytest.raises(DeskError, match="no request for a reply") as caught:
        desk_for(server, note={"url": f"{server.url}/n"}).post(words("reply"), KEY)
    assert (caught.value.outcome, caught.value.permanent, server.asked) == ("no", True, [])


@pytest.mark.parametrize(
    ("status", "outcome", "permanent"),
    [
        (400, "no", True),
        (401, "no", False),
        (404, "no", True),
        (408, "no", False),
        (409, "no", False),
        (425, "no", False),
        (429, "no", False),
        (302, "unknown", False),
        (500, "unknown", False),
        (503, "unknown", False),
        (0, "unknown", False),
    ],
)
def test_what_an_answer_means(server: FakeDesk, status: int, outcome: str, permanent: bool) -> None:
    server.answer = says(status, b"no", Retry_After="7200", Location="/x")
    with pytest.raises(DeskError) as caught:
        desk_for(server, reply_url=f"{server.url}/x").post(words(), KEY)
    assert (caught.value.outcome, caught.value.permanent) == (outcome, permanent)
    assert caught.value.retry_after_s == (3600.0 if status else None)
    assert len(server.asked) == 1


@pytest.mark.parametrize("said", [b"", b"<html>", b"[1]", b'{"id": null}', b'{"id": {"a": 1}}', b"\xff"])
def test_an_answer_without_an_id_is_named_by_our_key(server: FakeDesk, said: bytes) -> None:
    server.answer = says(200, said)
    assert desk_for(server, reply_url=f"{server.url}/x").post(words(), KEY) == Posted(KEY)


def test_a_desk_that_is_down_is_tried_again_until_it_is_up() -> None:
    tries: list[int] = []

    def looking(host: str, port: int) -> list[str]:
        tries.append(port)
        if len(tries) < 3:
            raise socket.gaierror("not yet")
        return ["127.0.0.1"]

    with fake_desk() as server:
        found = common(private_hosts=[server.host], reply_url=f"{server.url}/x")
        client = bound(found, looking)
        assert GenericDesk("acme", found, client).post(words(), KEY) == Posted("77")
        assert (len(tries), len(server.asked)) == (3, 1)


def test_a_desk_that_stays_down() -> None:
    with fake_desk() as server:
        desk = desk_for(server, reply_url=f"{server.url}/x")
    with pytest.raises(DeskError) as caught:
        desk.post(words(), KEY)
    assert (caught.value.outcome, caught.value.permanent) == ("no", False)


def test_an_expired_key_signs_nothing(server: FakeDesk) -> None:
    secrets = [{"value": WHSEC, "not_after": "2020-01-01T00:00:00Z"}]
    with pytest.raises(DeskError, match="active") as caught:
        desk_for(server, reply_url=f"{server.url}/x", secrets=secrets).post(words(), KEY)
    assert (caught.value.outcome, server.asked) == ("no", [])


# --- look up --------------------------------------------------------------------------------------


def test_the_default_look_up(server: FakeDesk) -> None:
    desk = desk_for(server, reply_url=f"{server.url}/in?a=b")
    server.answer = says(404)
    assert desk.find_marker(TICKET, KEY) is None
    server.answer = says(200, {"id": "c-1"})
    assert desk.find_marker(TICKET, KEY, "note") == Posted("c-1", found=True)
    plain, told = server.asked
    assert plain.path == f"/in?a=b&ticket_id=A%2F7+%C3%A4%3F&key={KEY}"
    assert told.path == f"{plain.path}&visibility=note"
    assert plain.headers["webhook-id"] == f"{KEY}-lookup"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"", True),
        (b"{}", False),
        (b"[]", False),
        (b"null", False),
        (b"false", False),
        (b"[1]", True),
        (b'{"a":1}', True),
    ],
)
def test_what_a_look_up_says_without_a_path(server: FakeDesk, said: bytes, found: bool) -> None:
    server.answer = says(200, said)
    posted = desk_for(server, reply_url=f"{server.url}/x").find_marker(TICKET, KEY)
    assert posted == (Posted(KEY, found=True) if found else None)


def test_a_look_up_by_path(server: FakeDesk) -> None:
    desk = desk_for(
        server,
        note={"url": f"{server.url}/n"},
        lookup={
            "url": f"{server.url}/find/{{ticket_id}}/{{key}}",
            "found": "hits[].id",
            "headers": {"A": "b"},
        },
    )
    server.answer = says(200, {"hits": []})
    assert desk.find_marker(TICKET, KEY) is None
    server.answer = says(200, {"hits": [{"id": 9}]})
    assert desk.find_marker(TICKET, KEY) == Posted("9", found=True)
    assert server.asked[0].path == f"/find/A%2F7%20%C3%A4%3F/{KEY}"
    assert server.asked[0].headers["a"] == "b"


def test_a_look_up_in_a_list_believes_our_own_account_only(server: FakeDesk) -> None:
    desk = desk_for(
        server,
        bot_ids=["robot"],
        lookup={
            "url": f"{server.url}/c?ticket={{ticket_id}}",
            "found": {"path": "comments[]", "text": "text", "author": "by.id", "id": "no"},
        },
    )
    pasted = {"no": 1, "by": {"id": "customer"}, "text": f"you said {KEY}"}
    server.answer = says(200, {"comments": [pasted, {"no": 2, "by": {"id": "robot"}, "text": "H-OTHEROTH"}]})
    assert desk.find_marker(TICKET, KEY) is None
    server.answer = says(200, {"comments": [pasted, {"no": 3, "by": {"id": "robot"}, "text": f"… {KEY}"}]})
    assert desk.find_marker(TICKET, KEY) == Posted("3", found=True)


@pytest.mark.parametrize(
    ("status", "said"), [(500, b""), (403, b""), (200, b"<html>log in</html>"), (302, b"")]
)
def test_a_look_up_that_tells_nothing(server: FakeDesk, status: int, said: bytes) -> None:
    server.answer = says(status, said)
    with pytest.raises(DeskError):
        desk_for(server, reply_url=f"{server.url}/x").find_marker(TICKET, KEY)


def test_no_look_up(server: FakeDesk) -> None:
    desk = desk_for(server, reply_url=f"{server.url}/x", lookup=False)
    assert not desk.can_find
    with pytest.raises(DeskError, match="no look-up"):
        desk.find_marker(TICKET, KEY)
    assert server.asked == []


# --- files, lists, comments -----------------------------------------------------------------------


def test_files(server: FakeDesk) -> None:
    with fake_desk() as other:
        server.answer = other.answer = says(200, b"x" * 100)
        desk = desk_for(
            server,
            base_url=f"{server.url}/base/",
            headers={"Authorization": "canary"},
            plain_hosts=[other.host],
        )
        assert b"".join(desk.fetch(Attachment("a", url="/f/1"), 1000)) == b"x" * 100
        assert b"".join(desk.fetch(Attachment("a", url="f/1"), 100)) == b"x" * 100
        assert [asked.path for asked in server.asked] == ["/f/1", "/base/f/1"]
        assert server.asked[0].headers["authorization"] == "canary"
        for url in (f"{other.url}/f", f"//{other.host}/f", "file:///etc/passwd", "http://[::1", ""):
            with pytest.raises(DeskError) as caught:
                list(desk.fetch(Attachment("a", url=url), 1000))
            assert caught.value.permanent
        assert other.asked == []


def test_a_file_host_gets_no_credentials(server: FakeDesk) -> None:
    with fake_desk() as files:
        files.answer = says(200, b"log")
        desk = desk_for(
            server,
            base_url=server.url,
            headers={"Authorization": "canary"},
            file_hosts=["127.0.0.1:" + str(files.port)],
        )
        with pytest.raises(DeskError):
            list(desk.fetch(Attachment("a", url=f"{files.url}/f"), 1000))  # a private address, not listed so
        both = common(
            private_hosts=[server.host, files.host],
            file_hosts=[files.host],
            base_url=server.url,
            headers={"Authorization": "canary"},
        )
        desk = GenericDesk("acme", both, bound(both))
        assert b"".join(desk.fetch(Attachment("a", url=f"{files.url}/f"), 1000)) == b"log"
        assert "canary" not in str(files.asked)


def test_inline_files_are_cut_too(server: FakeDesk) -> None:
    desk = desk_for(server)
    whole = Attachment("a", content=b"y" * 200_000)
    assert b"".join(desk.fetch(whole, 200_000)) == whole.content
    chunks = desk.fetch(whole, 70_000)
    assert len(next(chunks) + next(chunks)) == 70_000
    with pytest.raises(DeskError, match="larger than 70000"):
        next(chunks)


def test_recent_events_are_listed_page_by_page(server: FakeDesk) -> None:
    def answer(asked: Asked) -> Said:
        if "page=2" in asked.path:
            return 200, [{"type": "ticket.closed", "at": NOW.isoformat(), "ticket": {"id": 1}}], {}
        items = [{"type": "ticket.created", "ticket": {"id": 1}}, {"type": "ticket.created"}, {"type": "x"}]
        return 200, {"items": items, "next": "/list?page=2"}, {}

    server.answer = answer
    desk = desk_for(server, list_url=f"{server.url}/list")
    found = []
    events = desk.list_recent(NOW)
    found += [next(events), next(events)]
    with pytest.raises(BadDelivery, match="1 listed items could not be read"):
        next(events)
    assert [type(event) for event in found] == [TicketOpened, TicketClosed]
    assert server.asked[0].path == "/list?since=2026-01-02T03%3A04%3A05%2B00%3A00"
    assert list(desk_for(server).list_recent(NOW)) == []


@pytest.mark.parametrize(
    ("author_id", "author_kind", "text", "own"),
    [
        ("robot", "human", "hello", True),
        ("e1", "bot", f"… {KEY}", True),
        ("e1", "bot", "another robot", False),
        ("c1", "customer", f"you wrote {KEY}", False),
        ("", "human", "hello", False),
    ],
)
def test_our_own_comments(author_id: str, author_kind: Any, text: str, own: bool) -> None:
    desk = GenericDesk("acme", common(bot_ids=["robot"]), OutboundClient([]))
    event = CommentAdded(
        desk_id="acme",
        ticket_id="1",
        natural_key="comment:1:1",
        at=NOW,
        author_kind=author_kind,
        author_id=author_id,
        text=text,
    )
    assert desk.own_comment(event) is own


def test_a_sender_of_free_form_json_with_a_token(server: FakeDesk) -> None:
    """The whole of it once: token in a header, fields by paths, a templated request back."""
    desk = desk_for(
        server,
        proof="header-token",
        header="X-Acme-Token",
        secrets=[{"value": "s3cret"}],
        base_url=server.url,
        map={
            "event": {"path": "kind", "opened": ["new_case"]},
            "id": "case.number",
            "subject": "case.headline",
            "description": {"path": "case.html", "as": "html"},
        },
        note={"url": "/cases/{ticket_id}/notes", "body": {"text": "{body}", "internal": True}},
    )
    raw = json.dumps({"kind": "new_case", "case": {"number": 12, "headline": "Down", "html": "<p>It is</p>"}})
    assert desk.verify([(b"x-acme-token", b"s3cret")], raw.encode(), NOW)
    (opened,) = desk.read(Delivery("acme", "d", {}, raw.encode(), NOW))
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    assert (opened.ticket.subject, opened.ticket.description) == ("Down", "It is")
    desk.post(Reply(opened.ticket.ref, "note", "plain", "These answers", KEY), KEY)
    assert (server.asked[0].path, server.asked[0].json) == (
        "/cases/12/notes",
        {"text": "These answers", "internal": True},
    )
