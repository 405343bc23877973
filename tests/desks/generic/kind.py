"""The generic desk as the contract tests know it: Standard Webhooks, and `reply_url`."""

from __future__ import annotations

from datetime import datetime

from standardwebhooks import Webhook

from ..fakes.generic import TOKEN, GenericFake
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        "base_url": base_url,
        "reply_url": "/hercules",
        "list_url": "/recent",
        "bot_ids": ["hercules-bot"],
        "headers": {"Authorization": TOKEN},
        **loopback(base_url),
    }


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    signature = Webhook(secret).sign("msg_7", now, body.decode())
    return Sent(
        {
            "webhook-id": "msg_7",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
    )


KIND = Kind(
    name="generic",
    desk="generic",
    settings=settings,
    secrets=("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "whsec_" + "QUFB" * 10),
    sign=sign,
    opened={
        "type": "ticket.created",
        "ticket": {"id": "1", "subject": "Cannot start", "description": "ERROR boom"},
    },
    signature="webhook-signature",
    signed=frozenset(("body", "id", "time")),
    id_header="webhook-id",
    time_header="webhook-timestamp",
    canaries=(TOKEN, TOKEN.removeprefix("Bearer ")),
    fake=GenericFake,
)
