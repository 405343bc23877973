"""Signature schemes: known answers, every flipped bit, and shapes that no honest sender sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from hercules.desks import proof
from hercules.desks.desk import Headers, Secret
from hercules.model import Proof, Refused, SettingsError

BODY = b'{"a":1}'
NOW = datetime.fromtimestamp(1767323045, UTC)
WHSEC = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
KEY = proof.standard_key(WHSEC, "here")
KNOWN = b"v1,2AV5a/rt7u2dR1gX4dMyQGqwPnbYFQlvYOuCGmJS4nU="
HUB = b"sha256=179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"
PLAIN = (Secret(b"test-secret"),)
STANDARD = (Secret(KEY),)

Check = Callable[[Headers, bytes], Proof]


def standard(headers: Headers, raw: bytes, now: datetime = NOW) -> Proof:
    return proof.verify_standard(headers, raw, now, STANDARD)


def hub(headers: Headers, raw: bytes) -> Proof:
    return proof.verify_hub_sha256(headers, raw, NOW, PLAIN)


def three(signature: bytes = KNOWN, timestamp: bytes = b"1767323045", id_: bytes = b"msg_1") -> Headers:
    return [(b"webhook-id", id_), (b"webhook-timestamp", timestamp), (b"webhook-signature", signature)]


def test_known_answers() -> None:
    assert standard(three(), BODY) == Proof("msg_1", True, NOW)
    assert proof.standard_signature(KEY, b"msg_1", b"1767323045", BODY) == KNOWN
    assert hub([(b"x-hub-signature-256", HUB)], BODY) == Proof(None, False)
    assert hub([(b"x-hub-signature", HUB)], BODY) == Proof(None, False)
    zendesk_style = proof.body_signature(b"test-secret", b"2026-01-02T03:04:05Z" + BODY, "base64")
    assert zendesk_style == b"OG3zFpLNZlfgDNHFi3FQqHTgSvFj5RQ5aIutsshK/k8="
    chat_style = proof.body_signature(b"test-secret", b"1767323045." + BODY)
    assert chat_style == b"b1b585748ff9fccb7898d443f40b3334f6af54618b8ea28281b51999ec70e75b"


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=200).filter(lambda raw: _is_text(raw)), key=st.binary(min_size=24, max_size=64))
def test_an_independent_signer_agrees(raw: bytes, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    signature = Webhook(secret).sign("msg_x", NOW, raw.decode())
    headers = three(signature.encode(), id_=b"msg_x")
    found = proof.verify_standard(headers, raw, NOW, [Secret(proof.standard_key(secret, "here"))])
    assert found.delivery_id == "msg_x"
    ours = proof.sign_standard([proof.standard_key(secret, "here")], "msg_x", NOW, raw)
    assert ours["webhook-signature"] == signature


def test_an_independent_reader_takes_what_we_sign() -> None:
    now = datetime.now(UTC)
    assert Webhook(WHSEC).verify(
        BODY.decode(), proof.sign_standard([b"other" * 6, KEY], "H-1", now, BODY)
    ) == {"a": 1}


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- flips ----------------------------------------------------------------------------------------


def flips(value: bytes) -> Iterator[bytes]:
    for bit in range(len(value) * 8):
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


SCHEMES: dict[str, tuple[list[tuple[bytes, bytes]], Check]] = {
    "standard": (list(three()), standard),
    "hub": ([(b"x-hub-signature-256", HUB)], hub),
    "base64": (
        [(b"x-sig", b"t=" + proof.body_signature(b"test-secret", BODY, "base64"))],
        lambda headers, raw: proof.verify_hmac(
            headers, raw, NOW, PLAIN, name="X-Sig", encoding="base64", prefix="t="
        ),
    ),
    "token": (
        [(b"x-token", b"test-secret")],
        lambda headers, raw: proof.verify_token(headers, NOW, PLAIN, name="X-Token"),
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_flipped_bit_of_a_header_is_refused(scheme: str) -> None:
    headers, check = SCHEMES[scheme]
    assert check(headers, BODY)
    for at, (name, value) in enumerate(headers):
        for changed in flips(value):
            altered = [*headers[:at], (name, changed), *headers[at + 1 :]]
            with pytest.raises(Refused):
                check(altered, BODY)


@pytest.mark.parametrize("scheme", ["standard", "hub", "base64"])
def test_every_flipped_bit_of_the_body_is_refused(scheme: str) -> None:
    headers, check = SCHEMES[scheme]
    for changed in flips(BODY):
        with pytest.raises(Refused):
            check(headers, changed)


# --- shapes ---------------------------------------------------------------------------------------

_B64 = KNOWN[3:]
MALFORMED_SIGNATURES = [
    b"",
    b" ",
    b"v1",
    b"v1,",
    b",",
    b"v1" + _B64,
    b"v2," + _B64,
    b"v1a," + _B64,
    b"V1," + _B64,
    b"v1;" + _B64,
    b"v1," + _B64.rstrip(b"="),
    b"v1," + _B64 + b"=",
    b"v1," + _B64[:-4] + b"\xff\xfe==",
    b"v1,\n" + _B64,
    b"v1," + _B64.replace(b"/", b"_"),
    KNOWN + b",v1",
    b"\t" + KNOWN,
    b"v1," + base64.b64decode(_B64).hex().encode(),
    b"v1,AAAA " * 9 + KNOWN,
    KNOWN + b" " + b"v1,AAAA " * 600,
    KNOWN.decode().replace("v", "\uff56").encode(),
]
MALFORMED_TIMES = [
    b"",
    b" 1767323045",
    b"1767323045 ",
    b"+1767323045",
    b"-1767323045",
    b"1_767_323_045",
    b"1767323045.0",
    b"1.767323045e9",
    b"0x69573225",
    b"9" * 13,
    b"999999999999",
    "\u0661\u0667\u0666\u0667\u0663\u0662\u0663\u0660\u0664\u0665".encode(),
    b"2026-01-02T03:04:05Z",
    b"1767323045\x00",
    b"nan",
    b"1767323045000",
]


@pytest.mark.parametrize("signature", MALFORMED_SIGNATURES)
def test_malformed_signatures_are_refused(signature: bytes) -> None:
    with pytest.raises(Refused):
        standard(three(signature), BODY)


@pytest.mark.parametrize("timestamp", MALFORMED_TIMES)
def test_malformed_times_are_refused(timestamp: bytes) -> None:
    """Each is signed well, so that only its shape can be the reason."""
    signature = proof.standard_signature(KEY, b"msg_1", timestamp, BODY)
    with pytest.raises(Refused):
        standard(three(signature, timestamp), BODY)


@pytest.mark.parametrize("id_", [b"", b"a b", b"x" * 201, b"\xc3\xa9", b"a\x00", b"a\n"])
def test_malformed_ids_are_refused(id_: bytes) -> None:
    signature = proof.standard_signature(KEY, id_, b"1767323045", BODY)
    with pytest.raises(Refused):
        standard(three(signature, id_=id_), BODY)


@pytest.mark.parametrize("left_out", range(3))
def test_missing_and_doubled_headers_are_refused(left_out: int) -> None:
    headers = list(three())
    with pytest.raises(Refused, match="missing"):
        standard(headers[:left_out] + headers[left_out + 1 :], BODY)
    with pytest.raises(Refused, match="twice"):
        standard([*headers, (headers[left_out][0].upper(), headers[left_out][1])], BODY)


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_the_window(seconds: int, taken: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if taken:
        assert standard(three(), BODY, now)
    else:
        with pytest.raises(Refused):
            standard(three(), BODY, now)


def test_a_good_signature_counts_among_others_up_to_the_eighth() -> None:
    assert standard(three(b"v1a,xx v9,yy v1,AAAA " + KNOWN), BODY)
    assert standard(three(b"v1,AAAA " * 7 + KNOWN), BODY)
    with pytest.raises(Refused):
        standard(three(b"v1,AAAA " * 8 + KNOWN), BODY)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"webhook-id", b"webhook-timestamp", b"webhook-signature", b"authorization", b"x"]
            ),
            st.binary(max_size=40) | st.sampled_from([KNOWN, b"1767323045", b"Basic "]),
        ),
        max_size=5,
    ),
    st.binary(max_size=20),
)
def test_nothing_but_refused_is_raised(headers: list[tuple[bytes, bytes]], raw: bytes) -> None:
    checks: list[Callable[[], Proof]] = [
        lambda: standard(headers, raw),
        lambda: hub(headers, raw),
        lambda: proof.verify_basic(headers, NOW, PLAIN),
        lambda: proof.verify_token(headers, NOW, PLAIN, name="x"),
        lambda: proof.verify_url_secret("x\ud800", headers, NOW, PLAIN),
    ]
    for check in checks:
        with pytest.raises(Refused):
            check()


# --- rotation, basic, url -------------------------------------------------------------------------


def test_every_active_secret_counts_and_expired_ones_do_not() -> None:
    expired = Secret(b"test-secret", not_after=NOW)
    running = Secret(b"test-secret", not_after=NOW + timedelta(seconds=1))
    headers = [(b"x-hub-signature-256", HUB)]
    assert proof.verify_hub_sha256(headers, BODY, NOW, [Secret(b"new"), running])
    for secrets in ([expired], [expired, Secret(b"new")], []):
        with pytest.raises(Refused):
            proof.verify_hub_sha256(headers, BODY, NOW, secrets)


def test_all_secrets_are_tried_without_early_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    real = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        tried.append(other)
        return real(one, other)

    monkeypatch.setattr("hercules.desks.proof.hmac.compare_digest", counting)
    secrets = [Secret(b"test-secret"), Secret(b"b"), Secret(b"c")]
    assert proof.verify_token([(b"x", b"test-secret")], NOW, secrets, name="x")
    assert tried == [b"test-secret", b"b", b"c"]


def test_basic() -> None:
    secrets = [Secret("hook:pä:ss".encode())]
    given_ = b"Basic " + base64.b64encode("hook:pä:ss".encode())
    assert proof.verify_basic([(b"authorization", given_)], NOW, secrets)
    for wrong in (b"Bearer " + given_[6:], given_[:-1], given_ + b"=", b"Basic  " + given_[6:], b"Basic"):
        with pytest.raises(Refused):
            proof.verify_basic([(b"authorization", wrong)], NOW, secrets)


def test_url_secret_and_unsigned_ids() -> None:
    secrets = [Secret(b"s" * 32)]
    headers = [(b"x-id", b"d-1")]
    assert proof.verify_url_secret("s" * 32, headers, NOW, secrets, id_header="X-Id") == Proof("d-1", False)
    assert (
        proof.verify_url_secret("s" * 32, [(b"x-id", b"")], NOW, secrets, id_header="x-id").delivery_id
        is None
    )
    for wrong in ("", "s" * 31, "s" * 33, "S" * 32):
        with pytest.raises(Refused):
            proof.verify_url_secret(wrong, headers, NOW, secrets)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_%%%",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        base64.b64encode(b"x" * 32).decode(),
        "whsec_\u00e9",
    ],
)
def test_secrets_that_are_no_standard_keys(text: str) -> None:
    with pytest.raises(SettingsError, match=r"desks\.a") as caught:
        proof.standard_key(text, "desks.a.secrets[0].value")
    assert not text or text.removeprefix("whsec_") == "" or text not in str(caught.value)


def test_hub_refuses_the_sha1_header_and_other_lengths() -> None:
    sha1 = b"sha1=" + hmac.digest(b"test-secret", BODY, hashlib.sha1).hex().encode()
    for wrong in (sha1, HUB[7:], HUB.upper(), HUB + b"0", HUB[:-1], b"sha256=", b"sha256=" + b"\xff" * 64):
        with pytest.raises(Refused):
            hub([(b"x-hub-signature", wrong)], BODY)


@pytest.mark.parametrize(
    ("scheme", "timestamp", "signature"),
    [
        (
            proof.TimedScheme("x-sig", "x-time", joint=b"", encoding="base64", iso=True),
            b"2026-01-02T03:04:05Z",
            b"OG3zFpLNZlfgDNHFi3FQqHTgSvFj5RQ5aIutsshK/k8=",
        ),
        (
            proof.TimedScheme("x-sig", "x-time", prefix="sha256="),
            b"1767323045",
            b"sha256=b1b585748ff9fccb7898d443f40b3334f6af54618b8ea28281b51999ec70e75b",
        ),
    ],
)
def test_schemes_that_sign_a_time_with_the_body(
    scheme: proof.TimedScheme, timestamp: bytes, signature: bytes
) -> None:
    headers = [(b"x-time", timestamp), (b"x-sig", signature)]
    taken = proof.verify_timed(scheme, headers, BODY, NOW, PLAIN)
    assert taken == Proof(None, id_is_signed=False, sent_at=NOW)
    assert scheme.sign(b"test-secret", NOW, BODY) == {
        "x-time": timestamp.decode(),
        "x-sig": signature.decode(),
    }
    for late in (NOW + timedelta(seconds=301), NOW - timedelta(seconds=301)):
        with pytest.raises(Refused):
            proof.verify_timed(scheme, headers, BODY, late, PLAIN)
    with pytest.raises(Refused):
        proof.verify_timed(scheme, headers, BODY + b" ", NOW, PLAIN)
