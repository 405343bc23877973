"""The proof of a Zendesk webhook: a signature of time and body, made with the webhook's signing secret."""

from __future__ import annotations

from datetime import datetime

from hercules.desks.desk import Headers, SignedTest, lasting
from hercules.desks.proof import TimedScheme, verify_timed
from hercules.desks.zendesk.config import Config
from hercules.model import Proof, Refused

# The delivery is told by its invocation; X-Zendesk-Webhook-Id names the webhook and is the same for all.
SCHEME = TimedScheme(
    header="x-zendesk-webhook-signature",
    time_header="x-zendesk-webhook-signature-timestamp",
    joint=b"",
    encoding="base64",
    iso=True,
    id_header="x-zendesk-webhook-invocation-id",
)


def verify(config: Config, headers: Headers, raw: bytes, now: datetime, url_secret: str) -> Proof:
    """The proof of a delivery. Raises Refused."""
    if url_secret:
        raise Refused("this desk takes no secret in the path")
    if not config.secrets:
        return Proof(None, id_is_signed=False)
    return verify_timed(SCHEME, headers, raw, now, config.secrets, window_s=config.settings.window_s)


def sign_test(config: Config, body: bytes, now: datetime) -> SignedTest:
    """A test delivery as Zendesk would sign it. Raises SettingsError when no secret is active."""
    if not config.secrets:
        return SignedTest({})
    return SignedTest(SCHEME.sign(lasting(config.desk_id, config.secrets, now), now, body))
