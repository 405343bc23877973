"""Signature schemes on raw bytes: pure functions that give a Proof or raise Refused, and their signers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hercules.desks.desk import Headers, Secret, one_header
from hercules.model import Proof, Refused, SettingsError

SIGNATURE_HEADER_MAX_BYTES = 4096
STANDARD_KEY_MIN_BYTES, STANDARD_KEY_MAX_BYTES = 24, 64
URL_SECRET_MIN_CHARS = 32
Encoding = Literal["hex", "base64"]

_EPOCH = re.compile(rb"[0-9]{1,12}")
_DELIVERY_ID = re.compile(rb"[\x21-\x7e]{1,200}")
_ISO_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")


# --- what all schemes share -----------------------------------------------------------------------


def active(secrets: Sequence[Secret], now: datetime) -> list[bytes]:
    """The secrets that count now. Raises Refused when none does."""
    values = [secret.value for secret in secrets if secret.not_after is None or now < secret.not_after]
    if not values:
        raise Refused("no secret is active")
    return values


def any_equal(given: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """True when any given value equals any expected one; all pairs are compared, each in constant time.

    The texts are compared, not what they decode to: base64 and hex have several spellings of the same bytes.
    """
    equal = False
    for one in given:
        for other in expected:
            equal |= hmac.compare_digest(one, other)
    return equal


def unsigned_id(headers: Headers, name: str) -> str | None:
    """The delivery id from a header that no signature covers; None when absent or not 1-200 visible ASCII."""
    value = one_header(headers, name) if name else None
    return value.decode("ascii") if value is not None and _DELIVERY_ID.fullmatch(value) else None


def _needed(headers: Headers, name: str) -> bytes:
    value = one_header(headers, name)
    if value is None:
        raise Refused(f"the header {name} is missing")
    if len(value) > SIGNATURE_HEADER_MAX_BYTES:
        raise Refused(f"the header {name} is too long")
    return value


# --- Standard Webhooks ----------------------------------------------------------------------------


def standard_key(text: str, where: str) -> bytes:
    """The key of a `whsec_` secret. Raises SettingsError that names `where`, never the secret.

    Source: the Standard Webhooks specification, "Signature scheme": base64 of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(text.removeprefix("whsec_").encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise SettingsError(f"{where} is not whsec_ followed by base64") from None
    if not text.startswith("whsec_") or not STANDARD_KEY_MIN_BYTES <= len(key) <= STANDARD_KEY_MAX_BYTES:
        raise SettingsError(f"{where} must be whsec_ followed by the base64 of 24 to 64 bytes")
    return key


def standard_signature(key: bytes, message_id: bytes, timestamp: bytes, raw: bytes) -> bytes:
    """The header value `v1,<base64>` of HMAC-SHA256 over `id.timestamp.body`."""
    digest = hmac.digest(key, b".".join((message_id, timestamp, raw)), hashlib.sha256)
    return b"v1," + base64.b64encode(digest)


def sign_standard(keys: Sequence[bytes], message_id: str, now: datetime, raw: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks for a request of ours, one signature for each key."""
    timestamp = str(int(now.timestamp()))
    signatures = [standard_signature(key, message_id.encode(), timestamp.encode(), raw) for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": b" ".join(signatures).decode("ascii"),
    }


def verify_standard(
    headers: Headers,
    raw: bytes,
    now: datetime,
    secrets: Sequence[Secret],
    *,
    window_s: float = 300.0,
    signatures_max: int = 8,
) -> Proof:
    """Proof by Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

    The time must lie within `window_s` of `now`; signatures after the first `signatures_max` are unread.
    """
    message_id = _needed(headers, "webhook-id")
    timestamp = _needed(headers, "webhook-timestamp")
    given = _needed(headers, "webhook-signature").split(b" ")[:signatures_max]
    if not _DELIVERY_ID.fullmatch(message_id):
        raise Refused("webhook-id is not 1 to 200 visible ASCII characters")
    sent_at = _within(timestamp, now, window_s)
    expected = [standard_signature(key, message_id, timestamp, raw) for key in active(secrets, now)]
    if not any_equal(given, expected):
        raise Refused("no signature matches")
    return Proof(message_id.decode("ascii"), id_is_signed=True, sent_at=sent_at)


def _within(timestamp: bytes, now: datetime, window_s: float) -> datetime:
    if not _EPOCH.fullmatch(timestamp):
        raise Refused("webhook-timestamp is not a time in seconds")
    seconds = int(timestamp)
    if abs(now.timestamp() - seconds) > window_s:
        raise Refused("webhook-timestamp is too far from now")
    return datetime.fromtimestamp(seconds, UTC)


# --- other schemes --------------------------------------------------------------------------------


def body_signature(key: bytes, raw: bytes, encoding: Encoding = "hex") -> bytes:
    """HMAC-SHA256 of the body as lower-case hex or padded base64."""
    digest = hmac.digest(key, raw, hashlib.sha256)
    return digest.hex().encode() if encoding == "hex" else base64.b64encode(digest)


def verify_hmac(
    headers: Headers,
    raw: bytes,
    now: datetime,
    secrets: Sequence[Secret],
    *,
    name: str,
    encoding: Encoding = "hex",
    prefix: str = "",
    id_header: str = "",
) -> Proof:
    """Proof by HMAC-SHA256 of the body in the header `name`, after an optional prefix such as `sha256=`."""
    given = _needed(headers, name)
    start = prefix.encode()
    expected = [start + body_signature(key, raw, encoding) for key in active(secrets, now)]
    if not any_equal([given], expected):
        raise Refused("the signature does not match")
    return Proof(unsigned_id(headers, id_header), id_is_signed=False)


def verify_hub_sha256(
    headers: Headers, raw: bytes, now: datetime, secrets: Sequence[Secret], *, id_header: str = ""
) -> Proof:
    """Proof by `X-Hub-Signature-256`, else `X-Hub-Signature`: `sha256=<hex>` of the body."""
    newer = one_header(headers, "x-hub-signature-256")
    name = "x-hub-signature" if newer is None else "x-hub-signature-256"
    return verify_hmac(headers, raw, now, secrets, name=name, prefix="sha256=", id_header=id_header)


def verify_token(
    headers: Headers,
    now: datetime,
    secrets: Sequence[Secret],
    *,
    name: str,
    prefix: str = "",
    id_header: str = "",
) -> Proof:
    """Proof by a fixed secret in the header `name`, after an optional prefix such as `Bearer `."""
    expected = [prefix.encode() + secret for secret in active(secrets, now)]
    if not any_equal([_needed(headers, name)], expected):
        raise Refused("the token does not match")
    return Proof(unsigned_id(headers, id_header), id_is_signed=False)


def verify_basic(headers: Headers, now: datetime, secrets: Sequence[Secret], *, id_header: str = "") -> Proof:
    """Proof by HTTP Basic; each secret is `user:password`."""
    scheme, _, given = _needed(headers, "authorization").partition(b" ")
    expected = [base64.b64encode(secret) for secret in active(secrets, now)]
    if not any_equal([given], expected) or scheme.lower() != b"basic":
        raise Refused("user and password do not match")
    return Proof(unsigned_id(headers, id_header), id_is_signed=False)


def verify_url_secret(
    given: str, headers: Headers, now: datetime, secrets: Sequence[Secret], *, id_header: str = ""
) -> Proof:
    """Proof by the secret in the path, for senders that can neither sign nor set a header."""
    if not any_equal([given.encode("utf-8", "surrogatepass")], active(secrets, now)):
        raise Refused("the secret in the path does not match")
    return Proof(unsigned_id(headers, id_header), id_is_signed=False)


# --- a time that is signed with the body ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimedScheme:
    """HMAC-SHA256 of time, `joint` and body, after an optional prefix such as `sha256=`.

    The time stands in a header of its own, as epoch seconds or (`iso`) as `2026-01-02T03:04:05Z`.
    """

    header: str
    time_header: str
    joint: bytes = b"."
    encoding: Encoding = "hex"
    prefix: str = ""
    iso: bool = False
    id_header: str = ""

    def signature(self, key: bytes, timestamp: bytes, raw: bytes) -> bytes:
        """The header value for this time and body."""
        return self.prefix.encode() + body_signature(key, timestamp + self.joint + raw, self.encoding)

    def sign(self, key: bytes, now: datetime, raw: bytes) -> dict[str, str]:
        """The two headers of a delivery of ours."""
        at = now.astimezone(UTC)
        timestamp = at.strftime("%Y-%m-%dT%H:%M:%SZ") if self.iso else str(int(at.timestamp()))
        signature = self.signature(key, timestamp.encode("ascii"), raw).decode("ascii")
        return {self.time_header: timestamp, self.header: signature}


def verify_timed(
    scheme: TimedScheme,
    headers: Headers,
    raw: bytes,
    now: datetime,
    secrets: Sequence[Secret],
    *,
    window_s: float = 300.0,
) -> Proof:
    """Proof by a signature of time and body; the time must lie within `window_s` of `now`."""
    timestamp = _needed(headers, scheme.time_header)
    given = _needed(headers, scheme.header)
    sent_at = (
        _iso_time(scheme.time_header, timestamp) if scheme.iso else _epoch(scheme.time_header, timestamp)
    )
    if abs((now - sent_at).total_seconds()) > window_s:
        raise Refused(f"{scheme.time_header} is too far from now")
    expected = [scheme.signature(key, timestamp, raw) for key in active(secrets, now)]
    if not any_equal([given], expected):
        raise Refused("the signature does not match")
    return Proof(unsigned_id(headers, scheme.id_header), id_is_signed=False, sent_at=sent_at)


def _epoch(name: str, timestamp: bytes) -> datetime:
    if not _EPOCH.fullmatch(timestamp):
        raise Refused(f"{name} is not a time in seconds")
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused(f"{name} is no time of this calendar") from None


def _iso_time(name: str, timestamp: bytes) -> datetime:
    if not _ISO_TIME.fullmatch(timestamp):
        raise Refused(f"{name} is not a time such as 2026-01-02T03:04:05Z")
    try:
        return datetime.fromisoformat(timestamp.decode("ascii"))
    except ValueError:
        raise Refused(f"{name} is no time of this calendar") from None
