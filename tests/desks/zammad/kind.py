"""Zammad as the contract tests know it: HMAC-SHA1 of the body."""

from __future__ import annotations

import hmac
from datetime import datetime

from ..fakes.zammad import BOT, TOKEN, ZammadFake, article, ticket
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {"base_url": base_url, "bot_ids": [BOT], "token": TOKEN, **loopback(base_url)}


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent(
        {
            "x-hub-signature": "sha1=" + hmac.new(secret.encode(), body, "sha1").hexdigest(),
            "x-zammad-trigger": "Tell Hercules",
            "x-zammad-delivery": "0f9c1a52-7c9b-4f64-9a49-2f1d0a2f7d10",
        }
    )


KIND = Kind(
    name="zammad",
    desk="zammad",
    settings=settings,
    secrets=("test-secret", "another-secret-of-twenty"),
    sign=sign,
    opened={"ticket": ticket(1, article_ids=[1]), "article": article(1, 1)},
    signature="x-hub-signature",
    signed=frozenset(("body",)),
    id_header="x-zammad-delivery",
    canaries=(TOKEN,),
    fake=ZammadFake,
)
