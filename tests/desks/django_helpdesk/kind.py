"""django-helpdesk as the contract tests know it: a secret in the path, two webhooks."""

from __future__ import annotations

from datetime import datetime

from ..fakes.django_helpdesk import BOT, PASSWORD, USER, DjangoHelpdeskFake
from ..fakes.server import basic
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        "base_url": base_url,
        "user": USER,
        "password": PASSWORD,
        "bot_ids": [str(BOT)],
        **loopback(base_url),
    }


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent({}, url_secret=secret, tail="new")


KIND = Kind(
    name="django-helpdesk",
    desk="django-helpdesk",
    settings=settings,
    secrets=("path-secret-of-32-characters.or-more", "another-path-secret-of-36_characters"),
    sign=sign,
    opened={
        "ticket": {
            "id": 1,
            "title": "Cannot start",
            "description": "ERROR boom",
            "submitter_email": "c9@example.com",
            "status": 1,
            "followup_set": [],
        },
        "queue_slug": "help",
    },
    canaries=(PASSWORD, basic(USER, PASSWORD).removeprefix("Basic ")),
    fake=DjangoHelpdeskFake,
    fixtures="django_helpdesk",
)
