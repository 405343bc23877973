"""Setting up a generic desk: what is asked, a test delivery by its proof, and what can be proven of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from hercules.desks.desk import Question, Setup, SignedTest, lasting
from hercules.desks.generic.config import Config
from hercules.desks.proof import body_signature, sign_standard

SETUP = Setup(
    title="any desk that can send and receive JSON over HTTP",
    questions=(
        Question(
            "proof",
            "How does the desk prove its deliveries?",
            default="standard",
            choices=("standard", "hub-sha256", "hmac", "header-token", "basic", "url-secret"),
        ),
        Question("base_url", "Address of the desk, for example https://desk.example.com", optional=True),
        Question(
            "reply_url",
            "Path or URL that takes notes and replies as {ticket_id, key, visibility, format, body}",
            optional=True,
        ),
        Question("list_url", "Path or URL that lists recent tickets (asked with ?since=)", optional=True),
        Question("headers.Authorization", "Authorization header of our requests", secret=True, optional=True),
        Question("bot_ids", "Id of our own account at the desk", many=True, optional=True),
    ),
    steps=(
        "At the desk, add a webhook for new, changed, closed and reopened tickets and for comments.",
        "Its address: {hook_url}",
        "{by_proof}",
        "If the desk sends another JSON than ours, add [desks.{name}.map]: `hercules delivery show ID` "
        "prints what came.",
        "Without reply_url, or the tables [desks.{name}.note] and [desks.{name}.reply], nothing is posted: "
        "suggestions wait on the review page.",
    ),
    secret="standard",
    secret_forms={
        "standard": "standard",
        "hub-sha256": "text",
        "hmac": "text",
        "header-token": "text",
        "basic": "basic",
        "url-secret": "path",
    },
    by_proof={
        "standard": "Its secret, for signatures as Standard Webhooks describes them: {secret}",
        "hub-sha256": "Its secret, for the header `X-Hub-Signature-256: sha256=...`: {secret}",
        "hmac": "Its secret, for HMAC-SHA256 of the body in hex in the header `X-Signature`, or that set as "
        "`header`: {secret}",
        "header-token": "A fixed header, `X-Hercules-Token` or that set as `header`: {secret}",
        "basic": "User and password, before and after the colon, for HTTP Basic: {secret}",
        "url-secret": "Its end is the secret: show it to nobody.",
    },
    docs="docs/desks/generic.md",
)


def sign_test(config: Config, body: bytes, now: datetime) -> SignedTest:
    """A test delivery with the proof the settings ask for. Raises SettingsError."""
    if not config.secrets:
        return SignedTest({})
    secret, set_ = lasting(config.desk_id, config.secrets, now), config.settings
    if set_.proof == "url-secret":
        return SignedTest({}, url_secret=secret.decode("ascii"))
    return SignedTest(_proof_headers(config, secret, body, now))


def _proof_headers(config: Config, secret: bytes, body: bytes, now: datetime) -> Mapping[str, str]:
    set_ = config.settings
    match set_.proof:
        case "standard":
            message_id = "check-" + body_signature(b"id", body)[:24].decode("ascii")
            return sign_standard([secret], message_id, now, body)
        case "hmac":
            signature = body_signature(secret, body, set_.encoding).decode("ascii")
            return {set_.header or "x-signature": set_.prefix + signature}
        case "hub-sha256":
            return {"x-hub-signature-256": "sha256=" + body_signature(secret, body).decode("ascii")}
        case "header-token":
            return {set_.header or "x-hercules-token": set_.prefix + secret.decode("ascii")}
        case "basic":
            return {"authorization": "Basic " + base64.b64encode(secret).decode("ascii")}
        case "url-secret":
            return {}
