"""GitLab as the contract tests know it: the generic desk with the shipped settings, by token or signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from hercules.desks.generic.presets import PRESETS

from ..fakes.presets import BOT, GITLAB_TOKEN, GitLabFake, tables
from ..kinds import Kind, Plain, Sent, loopback

WHSEC = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OPENED: dict[str, Any] = {
    "object_kind": "issue",
    "user": {"id": 51, "username": "customer-9"},
    "project": {"id": 42},
    "object_attributes": {
        "id": 301,
        "iid": 23,
        "title": "Cannot start",
        "description": "ERROR boom",
        "author_id": 51,
        "created_at": "2026-01-02T03:00:00Z",
        "updated_at": "2026-01-02T03:00:00Z",
        "state": "opened",
        "action": "open",
    },
    "labels": [{"id": 1, "title": "shop"}],
}


def settings(base_url: str) -> Plain:
    return {
        **tables(PRESETS["gitlab"].fixed),
        "proof": "header-token",
        "base_url": f"{base_url}/api/v4/projects/42/",
        "bot_ids": [str(BOT)],
        "headers": {"PRIVATE-TOKEN": GITLAB_TOKEN},
        **loopback(base_url),
    }


def signing(base_url: str) -> Plain:
    return {**settings(base_url), "proof": "standard"}


def token(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent({"x-gitlab-token": secret, "idempotency-key": "i-7", "x-gitlab-event": "Issue Hook"})


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent(
        {
            "webhook-id": "i-7",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("i-7", now, body.decode()),
        }
    )


KINDS = (
    Kind(
        name="gitlab",
        desk="generic",
        settings=settings,
        secrets=("a-token-of-gitlab-5e0b7c4d", "another-token-91f2a83c6b7d"),
        sign=token,
        opened=OPENED,
        signature="x-gitlab-token",
        id_header="idempotency-key",
        canaries=(GITLAB_TOKEN,),
        fake=GitLabFake,
    ),
    Kind(
        name="gitlab-signed",
        desk="generic",
        settings=signing,
        secrets=(WHSEC, "whsec_" + "QUFB" * 10),
        sign=sign,
        opened=OPENED,
        signature="webhook-signature",
        signed=frozenset(("body", "id", "time")),
        id_header="webhook-id",
        time_header="webhook-timestamp",
        canaries=(GITLAB_TOKEN,),
        fake=GitLabFake,
        fixtures="gitlab",
    ),
)
