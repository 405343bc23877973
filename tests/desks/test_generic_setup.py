"""A test delivery carries whatever proof is set, and the probe tells what can be told without writing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hercules.demo import new_secret
from hercules.desks.desk import check_body, is_check
from hercules.desks.generic import GenericDesk
from hercules.model import Refused, SettingsError
from hercules.outbound import OutboundClient
from hercules.settings import DeskSettings
from tests.desks.servers import FakeDesk, fake_desk

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BODY = check_body("0a1b")
PLAIN = "x" * 40
PROOFS: list[dict[str, Any]] = [
    {"proof": "standard", "secrets": [{"value": new_secret()}]},
    {"proof": "hmac", "secrets": [{"value": PLAIN}]},
    {"proof": "hmac", "encoding": "base64", "prefix": "v=", "header": "x-sig", "secrets": [{"value": PLAIN}]},
    {"proof": "hub-sha256", "secrets": [{"value": PLAIN}]},
    {"proof": "header-token", "secrets": [{"value": PLAIN}]},
    {"proof": "header-token", "prefix": "Bearer ", "header": "authorization", "secrets": [{"value": PLAIN}]},
    {"proof": "basic", "secrets": [{"value": f"user:{PLAIN}"}]},
    {"proof": "url-secret", "secrets": [{"value": PLAIN}]},
    {"unsigned": True},
]


def desk_of(**settings: Any) -> GenericDesk:
    return GenericDesk("acme", DeskSettings(**settings), OutboundClient([]))


@pytest.mark.parametrize("settings", PROOFS)
def test_a_test_delivery_is_taken_and_one_bit_less_is_not(settings: dict[str, Any]) -> None:
    desk = desk_of(**settings)
    signed = desk.test_delivery(BODY, NOW)
    headers = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
    proof = desk.verify(headers, BODY, NOW, signed.url_secret)
    if settings.get("proof") == "standard":
        again = desk.test_delivery(check_body("0a1c"), NOW).headers["webhook-id"]
        assert proof.delivery_id != again, "each is another delivery"
    if settings.get("proof") in ("standard", "hmac", "hub-sha256"):
        with pytest.raises(Refused):
            desk.verify(headers, BODY[:-1] + b"~", NOW, signed.url_secret)
    assert is_check(BODY)
    assert not is_check(b'{"type": "ticket.created"}')


def test_the_secret_that_lasts_longest_signs() -> None:
    ends = [NOW + timedelta(days=1), None, NOW - timedelta(days=1)]
    keys = [f"{number}" * 40 for number in range(3)]
    secrets = [{"value": key, "not_after": end} for key, end in zip(keys, ends, strict=True)]
    desk = desk_of(proof="url-secret", secrets=secrets)
    assert desk.test_delivery(BODY, NOW).url_secret == keys[1]
    ended = desk_of(proof="url-secret", secrets=secrets[2:])
    with pytest.raises(SettingsError, match="desk rotate acme"):
        ended.test_delivery(BODY, NOW)


def probing(server: FakeDesk, **settings: Any) -> dict[str, bool | None]:
    common = DeskSettings(
        unsigned=True, **{"base_url": server.url, "private_hosts": [server.host], **settings}
    )
    client = OutboundClient([server.host], private_hosts=[server.host], plain_hosts=[server.host])
    return {each.name: each.ok for each in GenericDesk("acme", common, client).probe()}


def test_the_probe_asks_what_it_can_and_writes_nothing() -> None:
    with fake_desk() as server:
        server.answer = lambda asked: (404, {}, {}) if "key=" in asked.path else (200, [], {})
        full = {"list_url": "/tickets", "reply_url": "/comments"}
        assert probing(server, **full) == {"reads tickets": True, "finds its posts": True, "writes": None}
        assert probing(server) == {"reads tickets": None, "finds its posts": None, "writes": None}
        server.answer = lambda _: (401, {}, {})
        assert probing(server, **full) == {"reads tickets": False, "finds its posts": False, "writes": None}
        assert {asked.method for asked in server.asked} == {"GET"}
