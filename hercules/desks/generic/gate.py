"""Which proof a delivery of a generic desk must carry, as its settings say."""

from __future__ import annotations

from datetime import datetime

from hercules.desks.desk import Headers
from hercules.desks.generic.config import Config
from hercules.desks.proof import (
    verify_basic,
    verify_hmac,
    verify_hub_sha256,
    verify_standard,
    verify_token,
    verify_url_secret,
)
from hercules.model import Proof, Refused


def verify(config: Config, headers: Headers, raw: bytes, now: datetime, url_secret: str) -> Proof:
    """The proof the settings ask for. Raises Refused."""
    set_ = config.settings
    secrets = config.secrets
    if url_secret and set_.proof != "url-secret":
        raise Refused("this desk takes no secret in the path")
    if not secrets:
        return Proof(None, id_is_signed=False)
    id_header = set_.id_header
    match set_.proof:
        case "standard":
            most = set_.signatures_max
            return verify_standard(headers, raw, now, secrets, window_s=set_.window_s, signatures_max=most)
        case "hmac":
            return verify_hmac(
                headers,
                raw,
                now,
                secrets,
                name=set_.header or "x-signature",
                encoding=set_.encoding,
                prefix=set_.prefix,
                id_header=id_header,
            )
        case "hub-sha256":
            return verify_hub_sha256(headers, raw, now, secrets, id_header=id_header)
        case "header-token":
            name = set_.header or "x-hercules-token"
            return verify_token(headers, now, secrets, name=name, prefix=set_.prefix, id_header=id_header)
        case "basic":
            return verify_basic(headers, now, secrets, id_header=id_header)
        case "url-secret":
            return verify_url_secret(url_secret, headers, now, secrets, id_header=id_header)
