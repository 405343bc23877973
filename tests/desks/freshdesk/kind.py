"""Freshdesk as the contract tests know it: the generic desk with the shipped settings, by token."""

from __future__ import annotations

from datetime import datetime

from hercules.desks.generic.presets import PRESETS

from ..fakes.presets import BOT, FRESHDESK_KEY, FreshdeskFake, tables
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        **tables(PRESETS["freshdesk"].fixed),
        "proof": "header-token",
        "base_url": base_url,
        "bot_ids": [str(BOT)],
        "headers": {"Authorization": FRESHDESK_KEY},
        **loopback(base_url),
    }


def token(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent({"x-hercules-token": secret})


KIND = Kind(
    name="freshdesk",
    desk="generic",
    settings=settings,
    secrets=("a-token-of-freshdesk-5e0b7c4d", "another-token-91f2a83c6b7d"),
    sign=token,
    opened={
        "freshdesk_webhook": {
            "ticket_id": 17,
            "ticket_subject": "Cannot start",
            "ticket_description": "<div>ERROR boom</div>",
            "ticket_contact_email": "c9@example.com",
        }
    },
    signature="x-hercules-token",
    canaries=(FRESHDESK_KEY,),
    fake=FreshdeskFake,
)
