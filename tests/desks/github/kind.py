"""GitHub as the contract tests know it: HMAC-SHA256 of the body, one repository."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from ..fakes.github import BOT, REPOSITORY, TOKEN, GitHubFake, issue, person
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        "base_url": base_url,
        "repositories": [REPOSITORY],
        "bot_ids": [BOT],
        "token": TOKEN,
        **loopback(base_url),
    }


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Sent(
        {
            "x-hub-signature-256": f"sha256={digest}",
            "x-hub-signature": "sha1=" + "0" * 40,
            "x-github-event": "issues",
            "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        }
    )


KIND = Kind(
    name="github",
    desk="github",
    settings=settings,
    secrets=("test-secret", "another-secret-of-twenty"),
    sign=sign,
    opened={
        "action": "opened",
        "issue": issue(1),
        "repository": {"full_name": REPOSITORY},
        "sender": person("customer-9"),
    },
    signature="x-hub-signature-256",
    signed=frozenset(("body",)),
    id_header="x-github-delivery",
    canaries=(TOKEN,),
    fake=GitHubFake,
)
