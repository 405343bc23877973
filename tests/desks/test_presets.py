"""Desks that are settings of the generic kind: their pages run as they stand, beside small fakes."""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from standardwebhooks import Webhook

from hercules import library
from hercules.desks.desk import CallLimits
from hercules.desks.generic import GenericDesk, read_settings
from hercules.desks.generic.presets import PRESETS
from hercules.events import CommentAdded, Event, TicketClosed, TicketOpened, TicketReopened, TicketUpdated
from hercules.model import BadDelivery, Delivery, DeskError, Refused, Reply, SettingsError, TicketRef
from hercules.outbound import OutboundClient
from hercules.settings import DeskSettings, load_settings
from hercules.web.service import Service, bind
from hercules.wiring import build, close, first_token, sources
from hercules.worker import Worker

from ..commands import run
from ..serving import wait_for
from .fakes.presets import tables
from .servers import Asked, FakeDesk, fake_desk
from .servers import Reply as Said

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TROUBLE = "2026/10/03 11:20:31 [alert] 1403#1403: 1024 worker_connections are not enough"
Plain = dict[str, Any]


def block(name: str) -> str:
    """The settings as they stand in a page."""
    page = (ROOT / "docs" / "desks" / f"{name}.md").read_text(encoding="utf-8")
    within = page.split("<!-- example: begin -->")[1].split("<!-- example: end -->")[0]
    (found,) = re.findall(r"^```toml\n(.*?)^```$", within, re.M | re.S)
    return str(found)


def told(name: str) -> Plain:
    """The settings of the desk in a page."""
    return dict(tomllib.loads(block(name))["desks"]["acme"])


def flat(table: Mapping[str, Any], before: str = "") -> Plain:
    """A table with dotted keys, lists as tuples."""
    found: Plain = {}
    for key, value in table.items():
        inner = flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
        found |= {name: tuple(each) if isinstance(each, list) else each for name, each in inner.items()}
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_page_and_preset_say_the_same(name: str) -> None:
    setup, page = PRESETS[name], flat(told(name))
    asked = {question.key for question in setup.questions} | {"kind", "policy", "secrets"}
    assert {key: value for key, value in page.items() if key not in asked} == dict(setup.fixed)
    assert asked - {"proof"} <= set(page)
    assert setup.docs == f"docs/desks/{name}.md"
    assert (ROOT / setup.docs).is_file()


@pytest.mark.parametrize("name", PRESETS)
def test_answers_and_preset_make_a_desk(name: str) -> None:
    setup = PRESETS[name]
    answers = {"base_url": told(name)["base_url"], "bot_ids": ["77"], "headers": told(name)["headers"]}
    secrets = {
        "standard": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "basic": "hercules:secret",
    }
    (proof,) = (question for question in setup.questions if question.key == "proof")
    for kind in proof.choices:
        secret = secrets.get(kind, "5e0b7c4d91f2a83c6b7d5e0b7c4d91f2")
        values = {**tables(setup.fixed), **answers, "proof": kind, "secrets": [{"value": secret}]}
        assert read_settings("acme", DeskSettings(**values)).secrets
        assert kind in setup.secret_forms


# --- reading --------------------------------------------------------------------------------------


def desk(name: str, **changes: Any) -> GenericDesk:
    common = DeskSettings(**{**told(name), **changes})
    return GenericDesk("acme", common, OutboundClient([]), limits=CallLimits(deadline_s=2.0))


def read(name: str, body: object) -> list[Event]:
    return desk(name).read(Delivery("acme", "d-1", {}, json.dumps(body).encode(), NOW))


def gitlab_issue(action: str, **more: Any) -> Plain:
    """An issue event as GitLab's documentation shows it."""
    return {
        "object_kind": "issue",
        "event_type": "issue",
        "user": {"id": 51, "name": "A customer", "username": "customer-9", "email": "[REDACTED]"},
        "project": {"id": 42, "name": "shop", "path_with_namespace": "acme/shop"},
        "object_attributes": {
            "id": 301,
            "iid": 23,
            "title": "The shop turns customers away",
            "description": f"It says\n\n```\n{TROUBLE}\n```",
            "author_id": 51,
            "project_id": 42,
            "created_at": "2026-01-02T03:00:00Z",
            "updated_at": "2026-01-02T03:00:00Z",
            "state": "opened",
            "action": action,
            "type": "Issue",
            "url": "https://gitlab.example.com/acme/shop/-/issues/23",
            **more,
        },
        "labels": [{"id": 206, "title": "API"}, {"id": 207, "title": "shop"}],
    }


def gitlab_note(author: int, kind: str = "Issue", **more: Any) -> Plain:
    """A comment event as GitLab's documentation shows it."""
    about = {"iid": 23, "title": "The shop turns customers away", "author_id": 51, "state": "opened"}
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": {"id": author, "username": "somebody"},
        "project_id": 42,
        "object_attributes": {
            "id": 1241,
            "note": "We **look** at it.",
            "noteable_type": kind,
            "author_id": author,
            "created_at": "2026-01-02 03:02:00 UTC",
            "updated_at": "2026-01-02 03:02:00 UTC",
            "system": False,
            "action": "create",
            **more,
        },
        "issue" if kind == "Issue" else "merge_request": about,
    }


def test_gitlab_issues_are_read() -> None:
    (opened,) = read("gitlab", gitlab_issue("open"))
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    assert (opened.natural_key, opened.at) == ("opened:23", datetime(2026, 1, 2, 3, 0, tzinfo=UTC))
    assert (opened.ticket.requester.id, opened.ticket.tags) == ("51", ("API", "shop"))
    assert TROUBLE in opened.ticket.description
    later = "2026-01-02 03:03:00 UTC"
    kinds: dict[str, type[Event]] = {
        "close": TicketClosed,
        "reopen": TicketReopened,
        "update": TicketUpdated,
    }
    for action, kind in kinds.items():
        (event,) = read("gitlab", gitlab_issue(action, updated_at=later))
        assert type(event) is kind
        assert event.natural_key.endswith(":23:2026-01-02T03:03:00+00:00")
        assert event.actor == "51"


@pytest.mark.parametrize(
    ("author", "more", "kind", "public"),
    [
        (51, {}, "customer", True),
        (8, {}, "human", True),
        (8, {"internal": True}, "human", False),
        (8, {"confidential": True}, "human", False),
        (77, {"internal": True, "note": "Reference H-ABCDEFGH"}, "bot", False),
        (8, {"action": None}, "human", True),
    ],
)
def test_gitlab_comments_are_read(author: int, more: Plain, kind: str, public: bool) -> None:
    (event,) = read("gitlab", gitlab_note(author, **more))
    assert isinstance(event, CommentAdded)
    assert (event.author_kind, event.public, event.natural_key) == (kind, public, "comment:23:1241")
    assert desk("gitlab").own_comment(event) is (author == 77)


@pytest.mark.parametrize(
    "body",
    [
        gitlab_note(8, "MergeRequest"),
        gitlab_note(8, "Commit"),
        {**gitlab_issue("open"), "object_kind": "merge_request"},
        {**gitlab_issue("open"), "object_kind": "work_item"},
        {"object_kind": "push", "ref": "refs/heads/main"},
    ],
)
def test_other_news_of_gitlab_are_passed_over(body: Plain) -> None:
    assert read("gitlab", body) == []


def test_an_edited_comment_of_gitlab_is_news_of_the_issue_with_its_own_words() -> None:
    (event,) = read("gitlab", gitlab_note(8, action="update"))
    assert isinstance(event, TicketUpdated)
    assert event.ticket is not None
    assert event.ticket.subject == "The shop turns customers away"


def test_gitlabs_signing_token_is_standard_webhooks_and_the_plain_token_is_then_refused() -> None:
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    signing = desk("gitlab", proof="standard", secrets=[{"value": secret}])
    plain = [(b"x-gitlab-token", secret.encode()), (b"idempotency-key", b"i-1")]
    signed = [
        (b"webhook-id", b"i-1"),
        (b"webhook-timestamp", str(int(NOW.timestamp())).encode()),
        (b"webhook-signature", Webhook(secret).sign("i-1", NOW, "{}").encode()),
    ]
    assert signing.verify([*plain, *signed], b"{}", NOW).delivery_id == "i-1"
    with pytest.raises(Refused):
        signing.verify(plain, b"{}", NOW)
    token = told("gitlab")["secrets"][0]["value"].encode()
    usual = desk("gitlab")
    assert usual.verify([(b"x-gitlab-token", token), plain[1]], b"{}", NOW).delivery_id == "i-1"
    with pytest.raises(Refused):
        usual.verify([(b"x-gitlab-token", token + b"x")], b"{}", NOW)


def freshdesk_ticket(ticket_id: int = 17) -> Plain:
    """A `Simple` webhook of Freshdesk."""
    return {
        "freshdesk_webhook": {
            "ticket_id": ticket_id,
            "ticket_subject": 'The shop says "no"',
            "ticket_description": f"<div>It says</div><pre>{TROUBLE}</pre>",
            "ticket_url": f"https://acme.freshdesk.com/helpdesk/tickets/{ticket_id}",
            "ticket_status": "Open",
            "ticket_tags": "shop, nginx",
            "ticket_contact_name": "A customer",
            "ticket_contact_email": "c9@example.com",
        }
    }


def advanced(rule: str, ticket_id: int = 17) -> Plain:
    """The `Advanced` body of a rule as the page says it, with the placeholders filled in."""
    page = (ROOT / "docs" / "desks" / "freshdesk.md").read_text(encoding="utf-8")
    bodies = [json.loads(found) for found in re.findall(r'`(\{"event".*?\})`', page)]
    (body,) = [each for each in bodies if each["event"] == rule]
    return {**body, "id": str(ticket_id), "changed": "2026-01-02 03:04:00 UTC"}


def test_freshdesk_is_read_by_the_rules_of_the_page() -> None:
    (opened,) = read("freshdesk", freshdesk_ticket())
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    assert (opened.natural_key, opened.time_is_ours) == ("opened:17", True)
    assert (opened.ticket.subject, opened.ticket.tags) == ('The shop says "no"', ("shop", "nginx"))
    assert opened.ticket.requester.email == "c9@example.com"
    assert TROUBLE in opened.ticket.description
    (closed,) = read("freshdesk", advanced("ticket.closed"))
    (reopened,) = read("freshdesk", advanced("ticket.reopened"))
    (comment,) = read("freshdesk", advanced("comment.created"))
    assert {each.ticket_id for each in (closed, reopened, comment)} == {"17"}
    assert isinstance(closed, TicketClosed)
    assert isinstance(reopened, TicketReopened)
    assert isinstance(comment, CommentAdded)
    assert (comment.author_kind, comment.public) == ("human", True)
    assert read("freshdesk", {"event": "survey", "id": 17}) == []
    with pytest.raises(BadDelivery, match=r"freshdesk_webhook\.ticket_id"):
        read("freshdesk", {"freshdesk_webhook": {}})


# --- the whole way --------------------------------------------------------------------------------


@dataclass
class Vendor:
    """Comments of a vendor, as its API takes and lists them."""

    name: str
    server: FakeDesk
    comments: list[Plain] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lookups: int = 0
    lose_answers: int = 0
    paths: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "gitlab": ("/api/v4/projects/42/issues/23/notes",),
            "freshdesk": (
                "/api/v2/tickets/17/notes",
                "/api/v2/tickets/17/reply",
                "/api/v2/tickets/17/conversations",
            ),
        }
    )

    def answer(self, asked: Asked) -> Said:
        ((header, value),) = told(self.name)["headers"].items()
        path = urlsplit(asked.path).path
        if asked.headers.get(header.lower()) != value or path not in self.paths[self.name]:
            self.refused.append(asked.path)
            return 401, {"message": "401 Unauthorized"}, {}
        if asked.method == "GET":
            self.lookups += 1
            return 200, self.comments, {}
        by = {"author": {"id": 77}} if self.name == "gitlab" else {"user_id": 77001}
        said = {"internal": False} if self.name == "gitlab" else {"private": path.endswith("/notes")}
        self.comments.append({"id": 900 + len(self.comments), **said, **asked.json, **by})
        if self.lose_answers:
            self.lose_answers -= 1
            return 502, {"message": "the proxy lost the answer"}, {}
        return 201, self.comments[-1], {}

    @property
    def internal(self) -> list[bool]:
        """Which comments the customer does not see."""
        return [bool(each.get("internal") or each.get("private")) for each in self.comments]


@dataclass(slots=True)
class Running:
    """The service with the settings of a page, beside the vendor."""

    vendor: Vendor
    client: httpx.Client
    token: str

    def send(self, body: Plain) -> int:
        found = told(self.vendor.name)
        headers = {found["header"]: found["secrets"][0]["value"]}
        return self.client.post("/hooks/acme", json=body, headers=headers).status_code

    def ticket(self, ticket_id: str) -> Plain:
        def ask() -> Plain | None:
            asked = {"desk_id": "acme", "ticket_id": ticket_id}
            response = self.client.get("/api/tickets", params=asked, headers=self.bearer)
            return dict(response.json()) if response.status_code == 200 else None

        found: Plain | None = wait_for(ask)
        assert found is not None
        return found

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def approve(self, ticket_id: str) -> int:
        path = f"/api/suggestions/{self.ticket(ticket_id)['suggestion_id']}/review"
        return self.client.post(path, json={"verdict": "approve"}, headers=self.bearer).status_code


@contextmanager
def running(name: str, folder: Path) -> Iterator[Running]:
    """The settings of a page with nothing changed but the vendor's address."""
    with fake_desk() as server:
        address = urlsplit(told(name)["base_url"])
        text = block(name).replace(f"{address.scheme}://{address.netloc}", server.url)
        config = folder / "hercules.toml"
        inside = f'private_hosts = ["{server.host}"]\n'
        config.write_text(text.replace("dialect = ", inside + "dialect = ", 1), encoding="utf-8")
        sock, settings = bind(load_settings(config, server={"port": 0}))
        house = build(settings, exclusive=True)
        token = first_token(house) or ""
        for source in sources(house.folders):
            library.pull(house, source)
        library.sync(house)
        worker, service = Worker(house), Service(house, sock)
        vendor = Vendor(name, server)
        server.answer = vendor.answer
        worker.start()
        service.start()
        client = httpx.Client(base_url=house.base_url, timeout=20, trust_env=False)
        try:
            yield Running(vendor, client, token)
        finally:
            client.close()
            service.stop()
            worker.stop()
            close(house)


def fresh(name: str) -> tuple[Plain, str]:
    """A ticket opened just now, and its id."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    issue = gitlab_issue("open", created_at=now, updated_at=now)
    return (issue, "23") if name == "gitlab" else (freshdesk_ticket(), "17")


@pytest.mark.parametrize("name", PRESETS)
def test_a_ticket_gets_one_note_and_after_approval_one_reply(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body, ticket_id = fresh(name)
    with running(name, tmp_path) as run:
        run.vendor.lose_answers = 1
        assert run.send(body) == 202
        assert run.ticket(ticket_id)["suggestions"][0]["rule_id"] == "nginx-worker-connections"
        assert wait_for(lambda: [post["state"] for post in run.ticket(ticket_id)["posts"]] == ["sent"])
        assert run.vendor.lookups == 1
        assert run.vendor.internal == [True]
        assert [run.approve(ticket_id) for _ in range(2)] == [200, 409]
        assert wait_for(lambda: len(run.vendor.comments) == 2)
        time.sleep(0.2)
        assert run.vendor.internal == [True, False]
        assert run.vendor.refused == []
        for comment in run.vendor.comments:
            assert "These answers might be helpful to you" in comment["body"]
            assert re.search(r"\bH-[A-Z2-7]{8}\b", comment["body"])


def test_a_look_up_without_a_list_tells_nothing() -> None:
    with fake_desk() as server:
        common = DeskSettings(
            **{
                **told("gitlab"),
                "base_url": f"{server.url}/api/v4/projects/42/",
                "private_hosts": [server.host],
            }
        )
        reach = GenericDesk.reach("acme", common)
        client = OutboundClient(
            reach.hosts, credential_hosts=reach.hosts, private_hosts=reach.hosts, plain_hosts=reach.hosts
        )
        found = GenericDesk("acme", common, client)
        ticket = TicketRef("acme", "23")
        server.answer = lambda asked: (200, {"message": "maintenance"}, {})
        with pytest.raises(DeskError, match="no list at"):
            found.find_marker(ticket, "H-ABCDEFGH", "note")
        server.answer = lambda asked: (200, [], {})
        assert found.find_marker(ticket, "H-ABCDEFGH", "note") is None
        foreign = {"id": 1, "body": "H-ABCDEFGH", "author": {"id": 51}}
        server.answer = lambda asked: (200, [foreign], {})
        assert found.find_marker(ticket, "H-ABCDEFGH", "note") is None
        server.answer = lambda asked: (200, [foreign, {**foreign, "id": 2, "author": {"id": 77}}], {})
        assert found.find_marker(ticket, "H-ABCDEFGH", "note") is not None
        server.answer = lambda asked: (201, {"id": 5}, {})
        assert found.post(Reply(ticket, "reply", "markdown", "words", "H-ABCDEFGH"), "H-ABCDEFGH")
        assert server.asked[-1].json == {"body": "words\n\n<!-- hercules:H-ABCDEFGH -->"}


def test_slips_in_only() -> None:
    for table, message in (
        ({"path": "type"}, "desks.acme.map.only.is: name what is to be read"),
        ({"path": "a..b", "is": ["x"]}, "desks.acme.map.only.path"),
        ({"as": "x"}, "desks.acme.map.only.as: no such key"),
    ):
        with pytest.raises(SettingsError) as caught:
            desk("gitlab", map={**told("gitlab")["map"], "only": table})
        assert message in str(caught.value)


# --- desk add -------------------------------------------------------------------------------------


def test_desk_add_writes_the_settings_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "hercules.toml").write_text('data = "hercules-data"\n')
    page = told("gitlab")
    given = {
        "base_url": page["base_url"],
        "bot_ids": "77",
        "headers.PRIVATE-TOKEN": page["headers"]["PRIVATE-TOKEN"],
    }
    answers = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    ran = run("desk", "add", "acme", "--kind", "gitlab", "--no-ask", *answers, folder=tmp_path)
    assert ran.code == 0, ran
    written = tomllib.loads((tmp_path / "hercules.toml").read_text())["desks"]["acme"]
    (secret,) = written.pop("secrets")
    assert {**page, "secrets": None} == {**written, "secrets": None}
    assert secret["value"] in ran.out
    assert "/hooks/acme" in ran.out
