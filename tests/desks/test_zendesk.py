"""Zendesk: proof by time and body, what a slip in the settings is told, and the page for admins."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hercules.desks.zendesk.config import ZendeskSettings, read_settings
from hercules.events import (
    Knocked,
    TicketClosed,
    TicketReopened,
)
from hercules.model import (
    Delivery,
    Proof,
    Refused,
    SettingsError,
)
from hercules.settings import DeskSettings

from .kinds import DESK, NOW, desk_of
from .zendesk.kind import KINDS, sign

KIND = KINDS[0]
SECRET, OLDER = KIND.secrets
TIME = "x-zendesk-webhook-signature-timestamp"
SIGNATURE = "x-zendesk-webhook-signature"


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


# --- proof ----------------------------------------------------------------------------------------


def test_the_known_answer() -> None:
    desk = desk_of(KIND, secrets=[{"value": "test-secret"}])
    headers = pairs({TIME: "2026-01-02T03:04:05Z", SIGNATURE: "OG3zFpLNZlfgDNHFi3FQqHTgSvFj5RQ5aIutsshK/k8="})
    assert desk.verify(headers, b'{"a":1}', NOW) == Proof(None, id_is_signed=False, sent_at=NOW)


@pytest.mark.parametrize("secret", [SECRET, OLDER])
def test_a_signed_delivery_is_taken_by_any_active_secret(secret: str) -> None:
    desk = desk_of(KIND, secrets=[{"value": SECRET}, {"value": OLDER}])
    proof = desk.verify(sign(secret, b"{}", NOW).raw_headers, b"{}", NOW)
    assert proof == Proof("8350205582", id_is_signed=False, sent_at=NOW)


def test_the_webhook_id_is_not_the_delivery() -> None:
    headers = [pair for pair in sign(SECRET, b"", NOW).raw_headers if b"invocation" not in pair[0]]
    assert desk_of(KIND).verify(headers, b"", NOW).delivery_id is None


def test_a_secret_past_its_end_is_refused() -> None:
    ended = {"value": OLDER, "not_after": "2026-01-02T03:00:00Z"}
    desk = desk_of(KIND, secrets=[{"value": SECRET}, ended])
    with pytest.raises(Refused):
        desk.verify(sign(OLDER, b"{}", NOW).raw_headers, b"{}", NOW)


@pytest.mark.parametrize(
    ("off_s", "window_s", "taken"), [(299, 300, True), (301, 300, False), (301, 900, True)]
)
@pytest.mark.parametrize("way", [1, -1])
def test_the_window(off_s: int, window_s: int, taken: bool, way: int) -> None:
    desk = desk_of(KIND, window_s=window_s)
    headers = sign(SECRET, b"{}", NOW + way * timedelta(seconds=off_s)).raw_headers
    if taken:
        assert desk.verify(headers, b"{}", NOW).sent_at is not None
    else:
        with pytest.raises(Refused):
            desk.verify(headers, b"{}", NOW)


SHAPES = (
    "", " ", "AAAA", "=", "sha256=abc", "v1,abc", "\u00e9", "a" * 5000, "OG3z FpLN", "\x00", "null", "-",
    "{}", "OG3zFpLNZlfgDNHFi3FQqHTgSvFj5RQ5aIutsshK/k8", "og3zfplnzlfgdnhfi3fqqhtgsvfj5rq5aiutsshk/k8=",
    "=" * 44,
)  # fmt: skip
TIMES = (
    "", "1767323045", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00",
    "2026-13-02T03:04:05Z", "2026-01-02 03:04:05Z", " 2026-01-02T03:04:05Z", "2026-01-02T03:04:05z",
    "\u0662026-01-02T03:04:05Z",
    "2026-01-02T25:04:05Z", "9999-99-99T99:99:99Z", "2026-01-02T03:04:05.Z", "0000-01-01T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_malformed_signatures_are_refused(shape: str) -> None:
    headers = [(name, shape.encode() if name == SIGNATURE.encode() else value) for name, value in _signed()]
    with pytest.raises(Refused):
        desk_of(KIND).verify(headers, b'{"a":1}', NOW)


@pytest.mark.parametrize("shape", TIMES)
def test_malformed_times_are_refused_even_when_they_are_signed(shape: str) -> None:
    made = hmac.new(SECRET.encode(), shape.encode() + b"{}", hashlib.sha256).digest()
    headers = [(TIME.encode(), shape.encode()), (SIGNATURE.encode(), base64.b64encode(made))]
    with pytest.raises(Refused):
        desk_of(KIND).verify(headers, b"{}", NOW)


@pytest.mark.parametrize("name", [SIGNATURE, TIME])
def test_a_header_that_is_missing_or_doubled_is_refused(name: str) -> None:
    desk, headers = desk_of(KIND), _signed()
    without = [pair for pair in headers if pair[0] != name.encode()]
    for wrong in (without, [*headers, *(pair for pair in headers if pair[0] == name.encode())]):
        with pytest.raises(Refused):
            desk.verify(wrong, b'{"a":1}', NOW)


def _signed(body: bytes = b'{"a":1}') -> list[tuple[bytes, bytes]]:
    return sign(SECRET, body, NOW).raw_headers


def test_a_flipped_bit_is_refused() -> None:
    desk, body = desk_of(KIND), b'{"a":1}'
    assert desk.verify(_signed(), body, NOW)
    for at in range(len(body) * 8):
        with pytest.raises(Refused):
            desk.verify(_signed(), _flipped(body, at), NOW)
    for name in (SIGNATURE, TIME):
        value = dict(_signed())[name.encode()]
        for at in range(0, len(value) * 8, 3):
            headers = [
                (key, _flipped(value, at) if key == name.encode() else said) for key, said in _signed()
            ]
            with pytest.raises(Refused):
                desk.verify(headers, body, NOW)


def _flipped(text: bytes, at: int) -> bytes:
    return text[: at // 8] + bytes([text[at // 8] ^ (1 << at % 8)]) + text[at // 8 + 1 :]


def test_a_test_delivery_passes_our_own_door_and_a_path_secret_does_not() -> None:
    desk = desk_of(KIND, secrets=[{"value": OLDER, "not_after": "2026-02-01T00:00:00Z"}, {"value": SECRET}])
    made = desk.test_delivery(b'{"hercules_check":"x"}', NOW)
    assert desk.verify(pairs(dict(made.headers)), b'{"hercules_check":"x"}', NOW).sent_at == NOW
    with pytest.raises(Refused):
        desk.verify(_signed(), b'{"a":1}', NOW, url_secret="x" * 40)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof is refused"),
        ({"base_url": ""}, "desks.acme.base_url: write the desk's own address"),
        ({"base_url": "http://acme.zendesk.com"}, "desks.acme.base_url: http is not safe"),
        ({"bot_ids": []}, "desks.acme.bot_ids: write the user id"),
        ({"api_token": None}, "desks.acme.api_token: write an API token"),
        ({"email": ""}, "desks.acme.email: write the address"),
        ({"api_token": "can\nary"}, "desks.acme.api_token: a token is visible ASCII"),
        ({"hook": "both"}, "desks.acme.hook: Input should be 'event' or 'trigger'"),
        ({"map": {"id": "x"}}, 'desks.acme.map: event webhooks have a fixed body; set hook = "trigger"'),
        ({"hook": "trigger", "map": {"id": "a..b"}}, "desks.acme.map.id: "),
        ({"window_s": 0}, "desks.acme.window_s: "),
        ({"file_hosts": ["https://x.example/"]}, "desks.acme.file_hosts: an entry is a host"),
        ({"oath_token": "canary"}, "desks.acme.oath_token: no such setting; did you mean oauth_token?"),
    ],
)
def test_slips_in_the_settings(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings("acme", KIND.common(**changes))
    assert message in str(caught.value)
    assert "canary" not in str(caught.value).replace(message, "")


def test_no_secret_is_shown() -> None:
    common: DeskSettings = KIND.common(oauth_token="canary-of-oauth")
    shown = repr(read_settings("acme", common)) + repr(desk_of(KIND))
    for secret in (*KIND.canaries, *KIND.secrets, "canary-of-oauth"):
        assert secret not in shown


def test_an_oauth_token_is_sent_as_bearer() -> None:
    config = read_settings("acme", KIND.common(oauth_token="canary", api_token=None))
    assert config.headers == {"authorization": "Bearer canary"}


# --- the page for admins --------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "desks" / "zendesk.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first block of code of the page in a language."""
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_settings_on_the_page_are_taken() -> None:
    desk = tomllib.loads(block("toml"))["desks"]["acme"]
    assert read_settings("acme", DeskSettings(**desk)).base_url == "https://acme.zendesk.com"
    for name in (*DeskSettings.model_fields, *ZendeskSettings.model_fields):
        assert f"`{name}`" in PAGE or name in desk or name in DeskSettings.model_fields, name


def test_the_triggers_body_on_the_page_is_read() -> None:
    values = {
        "ticket.updated_at_with_timestamp": "2026-01-02T03:00:00Z",
        "ticket.id": "1",
        "current_user.id": "7",
    }
    body = block("json")
    for name, value in values.items():
        body = body.replace("{{" + name + "}}", value)
    desk = desk_of(KINDS[1])
    kinds = {"ticket.created": Knocked, "comment.created": Knocked, "ticket.updated": Knocked}
    for name, kind in {**kinds, "ticket.closed": TicketClosed, "ticket.reopened": TicketReopened}.items():
        assert f"| `{name}` |" in PAGE
        said = {**json.loads(body), "type": name}
        [event] = desk.read(Delivery(DESK, "d", {}, json.dumps(said).encode(), NOW))
        assert type(event) is kind
