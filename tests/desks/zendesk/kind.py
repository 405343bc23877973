"""Zendesk as the contract tests know it: event hooks, and trigger hooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from ..fakes.zendesk import BOT, EMAIL, TOKEN, ZendeskFake
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        "base_url": base_url,
        "email": EMAIL,
        "api_token": TOKEN,
        "bot_ids": [str(BOT)],
        "product_field": 31,
        "version_field": 32,
        **loopback(base_url),
    }


def trigger_settings(base_url: str) -> Plain:
    return {**settings(base_url), "hook": "trigger"}


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    """By Zendesk's own words: base64 of HMAC-SHA256 over the time stamp and the body."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    made.update(stamp.encode())
    made.update(body)
    return Sent(
        {
            "X-Zendesk-Webhook-Id": "01GK8E6BKWMJZD2T8Y5AXJQMG5",
            "X-Zendesk-Webhook-Invocation-Id": "8350205582",
            "X-Zendesk-Account-Id": "12514403",
            "X-Zendesk-Webhook-Signature": base64.b64encode(made.digest()).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        }
    )


_EVENT = Kind(
    name="zendesk",
    desk="zendesk",
    settings=settings,
    secrets=("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "b2xkZXJfc2VjcmV0X3N0aWxsX2FjdGl2ZV9ub3c="),
    sign=sign,
    opened={
        "type": "zen:event-type:ticket.created",
        "id": "e-1",
        "time": "2026-01-02T03:00:00Z",
        "subject": "zen:ticket:1",
        "detail": {"id": "1", "subject": "The shop does not start", "created_at": "2026-01-02T03:00:00Z"},
        "event": {},
    },
    signature="x-zendesk-webhook-signature",
    signed=frozenset(("body", "time")),
    time_header="x-zendesk-webhook-signature-timestamp",
    canaries=(TOKEN, base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()),
    fake=ZendeskFake,
)
KINDS = (
    _EVENT,
    Kind(
        name="zendesk-trigger",
        desk="zendesk",
        settings=trigger_settings,
        secrets=_EVENT.secrets,
        sign=sign,
        opened={"type": "ticket.created", "ticket": {"id": "1"}},
        signature=_EVENT.signature,
        signed=_EVENT.signed,
        time_header=_EVENT.time_header,
        canaries=_EVENT.canaries,
        fake=ZendeskFake,
        fixtures="zendesk/trigger",
    ),
)
