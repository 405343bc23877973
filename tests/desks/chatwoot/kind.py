"""Chatwoot as the contract tests know it: with a signature, and with a secret in the path."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from ..fakes.chatwoot import ACCOUNT, BOT, START, TOKEN, ChatwootFake
from ..kinds import Kind, Plain, Sent, loopback


def settings(base_url: str) -> Plain:
    return {
        "base_url": base_url,
        "account_id": ACCOUNT,
        "api_token": TOKEN,
        "bot_ids": [str(BOT)],
        **loopback(base_url),
    }


def older_settings(base_url: str) -> Plain:
    return {**settings(base_url), "proof": "url-secret"}


def sign(secret: str, body: bytes, now: datetime) -> Sent:
    """As the sender's own code does: hex of HMAC-SHA256 over time, a dot and the body."""
    stamp = str(int(now.timestamp()))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Sent(
        {
            "X-Chatwoot-Delivery": "7f1c3f6e-0a4e-4a52-9a54-1f0d2b7a5a11",
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": f"sha256={made}",
        }
    )


def put_in_path(secret: str, body: bytes, now: datetime) -> Sent:
    return Sent({}, url_secret=secret)


OPENED = {
    "event": "message_created",
    "id": 100,
    "content": "It says ERROR boom.",
    "message_type": "incoming",
    "private": False,
    "created_at": "2026-01-02T03:00:00.123Z",
    "account": {"id": ACCOUNT, "name": "Acme"},
    "sender": {"id": 7, "name": "Ada", "email": "ada@customer.example"},
    "conversation": {"id": 1, "status": "open", "created_at": START},
}
KINDS = (
    Kind(
        name="chatwoot",
        desk="chatwoot",
        settings=settings,
        secrets=("qWw3n1secretOfTheWebhook0001", "qWw3n1secretOfTheWebhook0002"),
        sign=sign,
        opened=OPENED,
        signature="x-chatwoot-signature",
        signed=frozenset(("body", "time")),
        time_header="x-chatwoot-timestamp",
        canaries=(TOKEN,),
        fake=ChatwootFake,
    ),
    Kind(
        name="chatwoot-older",
        desk="chatwoot",
        settings=older_settings,
        secrets=("a" * 31 + "1", "b" * 31 + "2"),
        sign=put_in_path,
        opened=OPENED,
        canaries=(TOKEN,),
        fake=ChatwootFake,
        fixtures="chatwoot/older",
    ),
)
