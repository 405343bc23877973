"""The proof of a Chatwoot webhook: a signature of time and body, or a secret in the path."""

from __future__ import annotations

from datetime import datetime

from hercules.desks.chatwoot.config import Config
from hercules.desks.desk import Headers, SignedTest, lasting
from hercules.desks.proof import TimedScheme, verify_timed, verify_url_secret
from hercules.model import Proof, Refused

SCHEME = TimedScheme(
    header="x-chatwoot-signature",
    time_header="x-chatwoot-timestamp",
    prefix="sha256=",
    id_header="x-chatwoot-delivery",
)


def verify(config: Config, headers: Headers, raw: bytes, now: datetime, url_secret: str) -> Proof:
    """The proof of a delivery, as the settings ask for it. Raises Refused."""
    in_path = config.settings.proof == "url-secret"
    if url_secret and not in_path:
        raise Refused("this desk takes no secret in the path")
    if not config.secrets:
        return Proof(None, id_is_signed=False)
    if in_path:
        return verify_url_secret(url_secret, headers, now, config.secrets, id_header=SCHEME.id_header)
    return verify_timed(SCHEME, headers, raw, now, config.secrets, window_s=config.settings.window_s)


def sign_test(config: Config, body: bytes, now: datetime) -> SignedTest:
    """A test delivery as Chatwoot would send it. Raises SettingsError when no secret is active."""
    if not config.secrets:
        return SignedTest({})
    secret = lasting(config.desk_id, config.secrets, now)
    if config.settings.proof == "url-secret":
        return SignedTest({}, url_secret=secret.decode("ascii"))
    return SignedTest(SCHEME.sign(secret, now, body))
