"""Chatwoot: proof by signature or path, slips in the settings, first messages, and the page for admins."""

from __future__ import annotations

import hashlib
import hmac
import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hercules.desks.chatwoot.config import ChatwootSettings, read_settings
from hercules.desks.desk import Desk
from hercules.events import CommentAdded, Event
from hercules.model import (
    Delivery,
    Proof,
    Refused,
    SettingsError,
)
from hercules.settings import DeskSettings

from .chatwoot.kind import KINDS, OPENED, sign
from .fakes.chatwoot import (
    BOT,
    TOKEN,
)
from .kinds import DESK, NOW, desk_of

KIND, OLDER = KINDS
SECRET, SECOND = KIND.secrets
KEY = "H-ABCDEFGH"
TIME, SIGNATURE = "x-chatwoot-timestamp", "x-chatwoot-signature"
BODY = b'{"a":1}'


def signed(body: bytes = BODY) -> list[tuple[bytes, bytes]]:
    return sign(SECRET, body, NOW).raw_headers


def read(desk: Desk, body: Any) -> list[Event]:
    return desk.read(Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW))


# --- proof ----------------------------------------------------------------------------------------


def test_the_known_answer() -> None:
    desk = desk_of(KIND, secrets=[{"value": "test-secret"}])
    signature = b"sha256=b1b585748ff9fccb7898d443f40b3334f6af54618b8ea28281b51999ec70e75b"
    headers = [(TIME.encode(), b"1767323045"), (SIGNATURE.encode(), signature)]
    assert desk.verify(headers, BODY, NOW) == Proof(None, id_is_signed=False, sent_at=NOW)


@pytest.mark.parametrize("secret", [SECRET, SECOND])
def test_a_signed_delivery_is_taken_by_any_active_secret(secret: str) -> None:
    desk = desk_of(KIND, secrets=[{"value": SECRET}, {"value": SECOND}])
    proof = desk.verify(sign(secret, BODY, NOW).raw_headers, BODY, NOW)
    assert proof == Proof("7f1c3f6e-0a4e-4a52-9a54-1f0d2b7a5a11", id_is_signed=False, sent_at=NOW)


def test_a_secret_past_its_end_is_refused() -> None:
    desk = desk_of(KIND, secrets=[{"value": SECOND}, {"value": SECRET, "not_after": "2026-01-02T03:00:00Z"}])
    with pytest.raises(Refused):
        desk.verify(signed(), BODY, NOW)


@pytest.mark.parametrize(("off_s", "taken"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_the_window(off_s: int, taken: bool) -> None:
    headers = sign(SECRET, BODY, NOW + timedelta(seconds=off_s)).raw_headers
    if taken:
        assert desk_of(KIND).verify(headers, BODY, NOW).sent_at is not None
    else:
        with pytest.raises(Refused):
            desk_of(KIND).verify(headers, BODY, NOW)


SHAPES = (
    "", " ", "sha256=", "sha256", "sha256=zz", "SHA256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=" + "0" * 63,
    "sha256=" + "0" * 65, "sha256=" + "0" * 5000, "sha256=\u00e9", "v1,abc", "\x00", "null", "{}", "=",
)  # fmt: skip
TIMES = (
    "", " ", "-1", "+1767323045", "1_767_323_045", "1767323045.0", "1767323045 ", "1e9", "0x69",
    "999999999999", "1767323045999", "\u0661767323045", "2026-01-02T03:04:05Z", "NaN",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_malformed_signatures_are_refused(shape: str) -> None:
    headers = [(name, shape.encode() if name == SIGNATURE.encode() else said) for name, said in signed()]
    with pytest.raises(Refused):
        desk_of(KIND).verify(headers, BODY, NOW)


@pytest.mark.parametrize("shape", TIMES)
def test_malformed_times_are_refused_even_when_they_are_signed(shape: str) -> None:
    made = hmac.new(SECRET.encode(), shape.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    headers = [(TIME.encode(), shape.encode()), (SIGNATURE.encode(), f"sha256={made}".encode())]
    with pytest.raises(Refused):
        desk_of(KIND).verify(headers, BODY, NOW)


@pytest.mark.parametrize("name", [SIGNATURE, TIME])
def test_a_header_that_is_missing_or_doubled_is_refused(name: str) -> None:
    desk, own = desk_of(KIND), [pair for pair in signed() if pair[0] == name.encode()]
    for wrong in ([pair for pair in signed() if pair not in own], [*signed(), *own]):
        with pytest.raises(Refused):
            desk.verify(wrong, BODY, NOW)


def test_a_flipped_bit_is_refused() -> None:
    desk = desk_of(KIND)
    assert desk.verify(signed(), BODY, NOW)
    for at in range(len(BODY) * 8):
        with pytest.raises(Refused):
            desk.verify(signed(), _flipped(BODY, at), NOW)
    for name in (SIGNATURE, TIME):
        value = dict(signed())[name.encode()]
        for at in range(0, len(value) * 8, 3):
            changed = [(key, _flipped(value, at) if key == name.encode() else said) for key, said in signed()]
            with pytest.raises(Refused):
                desk.verify(changed, BODY, NOW)


def _flipped(text: bytes, at: int) -> bytes:
    return text[: at // 8] + bytes([text[at // 8] ^ (1 << at % 8)]) + text[at // 8 + 1 :]


def test_an_older_version_is_proved_by_the_path_alone() -> None:
    desk = desk_of(OLDER)
    headers = [(b"x-chatwoot-delivery", b"d-7")]
    assert desk.verify(headers, BODY, NOW, url_secret=OLDER.secrets[0]).delivery_id == "d-7"
    for wrong in ("", "a" * 32, OLDER.secrets[0] + "x", "\udc80"):
        with pytest.raises(Refused):
            desk.verify(signed(), BODY, NOW, url_secret=wrong)


def test_a_signed_delivery_with_a_secret_in_its_path_is_refused() -> None:
    with pytest.raises(Refused):
        desk_of(KIND).verify(signed(), BODY, NOW, url_secret="x" * 40)


@pytest.mark.parametrize("kind", KINDS, ids=["signed", "older"])
def test_a_test_delivery_passes_our_own_door(kind: Any) -> None:
    desk = desk_of(kind)
    made = desk.test_delivery(BODY, NOW)
    headers = [(name.encode(), value.encode()) for name, value in made.headers.items()]
    assert desk.verify(headers, BODY, NOW, made.url_secret)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof is refused"),
        ({"proof": "url-secret", "secrets": [{"value": "x" * 31}]}, "31 characters; this proof needs 32"),
        ({"proof": "basic"}, "desks.acme.proof: Input should be 'signature' or 'url-secret'"),
        ({"base_url": ""}, "desks.acme.base_url: write the desk's own address"),
        ({"bot_ids": []}, "desks.acme.bot_ids: write the id of the agent"),
        ({"account_id": 0}, "desks.acme.account_id: "),
        ({"api_token": "can ary"}, "desks.acme.api_token: a token is visible ASCII"),
        ({"api_tokn": "canary"}, "desks.acme.api_tokn: no such setting; did you mean api_token?"),
    ],
)
def test_slips_in_the_settings(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings("acme", KIND.common(**changes))
    assert message in str(caught.value)
    assert "can ary" not in str(caught.value)


def test_no_secret_is_shown() -> None:
    shown = repr(read_settings("acme", KIND.common())) + repr(desk_of(KIND))
    for secret in (TOKEN, *KIND.secrets):
        assert secret not in shown


# --- reading --------------------------------------------------------------------------------------


def test_the_first_message_opens_and_the_later_ones_do_not() -> None:
    desk = desk_of(KIND)
    later = {**OPENED, "id": 101, "created_at": "2026-01-02T03:20:00Z"}
    assert [type(event).__name__ for event in read(desk, OPENED)] == ["TicketOpened", "CommentAdded"]
    assert [type(event).__name__ for event in read(desk, later)] == ["CommentAdded"]


def test_the_bots_number_at_a_customer_is_no_bot() -> None:
    sender = {"id": BOT, "name": "Eve"}
    [_, said] = read(desk_of(KIND), {**OPENED, "sender": sender, "content": KEY})
    assert isinstance(said, CommentAdded)
    assert said.author_kind == "customer"
    assert not desk_of(KIND).own_comment(said)


# --- the page for admins --------------------------------------------------------------------------


def test_the_settings_on_the_page_are_taken() -> None:
    page = (Path(__file__).parents[2] / "docs" / "desks" / "chatwoot.md").read_text(encoding="utf-8")
    first, older = (part.partition("```")[0] for part in page.split("```toml\n")[1:])
    desk = tomllib.loads(first)["desks"]["acme"]
    assert read_settings("acme", DeskSettings(**desk)).account_id == "1"
    assert read_settings("acme", DeskSettings(**{**desk, **tomllib.loads(older)})).secrets
    for name in ChatwootSettings.model_fields:
        assert f"`{name}`" in page, name
