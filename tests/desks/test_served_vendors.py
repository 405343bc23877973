"""Tickets of vendors through the whole service: signed webhook, files, one note, one approved reply."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.serving import TROUBLE, Served, serving, utc_now, wait_for

from .fakes import chatwoot as chatwoot_fake
from .fakes import zendesk as zendesk_fake
from .fakes.server import Answered, VendorFake, running
from .kinds import Kind, all_kinds

Plain = dict[str, Any]
# A delivery told again may come under another id, which no signature covers.
INVOCATIONS = ("X-Zendesk-Webhook-Invocation-Id", "X-Chatwoot-Delivery")
LOG = TROUBLE.format(word="vol17").encode()


def zendesk() -> tuple[VendorFake, Plain, Callable[[str, str], Plain]]:
    """A ticket with a log, its webhook, and the webhook of a comment (by whom, what)."""
    fake, now = zendesk_fake.ZendeskFake(), utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")
    fake.tickets[1] = zendesk_fake.ticket(1, created_at=now, updated_at=now, subject="Shop does not start")
    fake.files["/attachments/token/1/"] = lambda: Answered(200, LOG)
    file = {"file_name": "app.log", "content_url": "/attachments/token/1/?name=app.log", "size": len(LOG)}
    fake.comments[1][0] |= {"attachments": [file], "created_at": now}

    def hook(name: str, event: Plain) -> Plain:
        detail = {"id": "1", "requester_id": "7", "created_at": now, "updated_at": now}
        return {
            "type": f"zen:event-type:ticket.{name}",
            "id": "e",
            "time": now,
            "detail": detail,
            "event": event,
        }

    def said(who: str, text: str) -> Plain:
        author = {"id": who, "is_staff": who != "7"}
        comment = {"id": f"9{len(text)}", "body": text, "is_public": True, "author": author}
        return hook("comment_added", {"comment": comment})

    return fake, hook("created", {}), said


def chatwoot() -> tuple[VendorFake, Plain, Callable[[str, str], Plain]]:
    """The same as a conversation."""
    fake, now = chatwoot_fake.ChatwootFake(), utc_now()
    fake.files["/rails/blobs/x/app.log"] = lambda: Answered(200, LOG)
    file = {"id": 5, "file_type": "file", "data_url": "/rails/blobs/x/app.log", "file_size": len(LOG)}
    began = int((now - timedelta(seconds=1)).timestamp())
    conversation = chatwoot_fake.conversation(1, created_at=began, last_activity_at=began)
    fake.conversations[1] = conversation
    fake.messages[1][0] |= {"created_at": began, "attachments": [file]}

    def hook(number: int, kind: str, sender: Plain, text: str, **more: Any) -> Plain:
        return {
            "event": "message_created",
            "id": number,
            "content": text,
            "message_type": kind,
            "private": False,
            "created_at": now.isoformat(),
            "account": {"id": chatwoot_fake.ACCOUNT},
            "sender": sender,
            "conversation": conversation,
            **more,
        }

    def said(who: str, text: str) -> Plain:
        kind = "incoming" if who == "7" else "outgoing"
        return hook(900 + len(text), kind, {"id": int(who), "type": "user"}, text)

    asked = hook(100, "incoming", chatwoot_fake.PEOPLE[7], "Shop does not start", attachments=[file])
    return fake, asked, said


Made = Callable[[], tuple[VendorFake, Plain, Callable[[str, str], Plain]]]
over_vendors = pytest.mark.parametrize(("name", "make"), [("zendesk", zendesk), ("chatwoot", chatwoot)])


def settings(kind: Kind, fake: VendorFake, **more: object) -> Plain:
    secrets = [{"value": kind.secrets[0]}]
    return {"vendor": {"kind": kind.desk, "secrets": secrets, **kind.settings(fake.url), **more}}


@over_vendors
def test_a_ticket_whose_webhook_never_came_gets_its_note(tmp_path: Path, name: str, make: Made) -> None:
    kind, (fake, _, _) = all_kinds()[name], make()
    with running(fake), serving(tmp_path, more_desks=settings(kind, fake)):
        assert wait_for(lambda: bool(fake.posts))
    [note] = fake.posts
    assert not note.public
    assert "vol17" in note.text


@over_vendors
def test_one_note_and_after_approval_one_reply(tmp_path: Path, name: str, make: Made) -> None:
    kind, (fake, asked, said) = all_kinds()[name], make()
    with running(fake):
        with serving(tmp_path, more_desks=settings(kind, fake, reconcile_every=0)) as served:
            send(served, kind, asked)
            assert wait_for(lambda: bool(fake.posts))
            send(served, kind, asked, said("900", fake.posts[0].text), said("7", "H-ABCDEFGH and now?"))
            told = served.client.get(
                "/api/tickets", params={"desk_id": "vendor", "ticket_id": "1"}, headers=served.api()
            ).json()
            path = f"/api/suggestions/{told['suggestion_id']}/review"
            verdict = {"verdict": "approve", "version": told["version"]}
            assert served.client.post(path, json=verdict, headers=served.api()).status_code < 300
            assert wait_for(lambda: len(fake.posts) == 2)
            send(served, kind, said("900", fake.posts[1].text))
            assert wait_for(lambda: served.states()["done"] == 4), served.states()
            assert served.states()["unreadable"] + served.states()["dead"] == 0
    note, reply = fake.posts
    assert (note.public, reply.public) == (False, True)
    assert "vol17" in note.text
    assert note.text.count("H-") >= 1
    assert len(fake.writes()) == 2
    assert "Volume.java" not in reply.text


def send(served: Served, kind: Kind, *bodies: Plain) -> None:
    """Deliveries signed by the kind's own signer."""
    for body in bodies:
        raw = json.dumps(body).encode()
        sent = kind.sign(kind.secrets[0], raw, utc_now())
        again = {name: uuid.uuid4().hex for name in sent.headers if name in INVOCATIONS}
        answer = served.client.post("/hooks/vendor", content=raw, headers={**sent.headers, **again})
        assert answer.status_code == 202, answer.text
