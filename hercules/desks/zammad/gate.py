"""Zammad's signature: HMAC-SHA1 of the body, a scheme that no other desk may use."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from hercules.desks.desk import Headers, Secret, one_header
from hercules.desks.proof import SIGNATURE_HEADER_MAX_BYTES, active, any_equal, unsigned_id
from hercules.model import Proof, Refused

SIGNATURE, DELIVERY, TRIGGER = "x-hub-signature", "x-zammad-delivery", "x-zammad-trigger"


def signature(key: bytes, raw: bytes) -> bytes:
    """The header's value, `sha1=<hex>`."""
    return b"sha1=" + hmac.digest(key, raw, hashlib.sha1).hex().encode()


def verify(headers: Headers, raw: bytes, now: datetime, secrets: Sequence[Secret]) -> Proof:
    """Proof by `X-Hub-Signature`. The delivery's id is not signed. Raises Refused."""
    given = one_header(headers, SIGNATURE)
    if given is None or len(given) > SIGNATURE_HEADER_MAX_BYTES:
        raise Refused(f"the header {SIGNATURE} is missing or too long")
    if not any_equal([given], [signature(key, raw) for key in active(secrets, now)]):
        raise Refused("the signature does not match")
    return Proof(unsigned_id(headers, DELIVERY), id_is_signed=False)
