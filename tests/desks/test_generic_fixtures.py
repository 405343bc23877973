"""Deliveries as files: `NAME.json` (settings, body or raw, headers) gives what `NAME.expected.json` says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hercules.codec import to_plain
from hercules.desks.desk import Answer
from hercules.desks.generic import GenericDesk
from hercules.events import CommentAdded, Event
from hercules.model import BadDelivery, Delivery, Refused
from hercules.settings import DeskSettings

FOLDER = Path(__file__).parent / "generic"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".expected"))
RECEIVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class NoClient:
    """Reading a delivery asks nobody."""

    def send(self, method: str, url: str, **_: object) -> Answer:
        raise AssertionError(f"{method} {url}")

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        raise AssertionError(url)


@pytest.mark.parametrize("name", NAMES)
def test_delivery(name: str) -> None:
    case = json.loads((FOLDER / f"{name}.json").read_text())
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text())
    assert outcome(case) == expected


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    desk = GenericDesk("acme", DeskSettings(**{"unsigned": True, **case.get("settings", {})}), NoClient())
    raw = case["raw"].encode("latin-1") if "raw" in case else json.dumps(case["body"]).encode()
    if "headers" in case:
        headers = [(name.encode(), value.encode()) for name, value in case["headers"].items()]
        try:
            proof = desk.verify(headers, raw, datetime.fromisoformat(case["now"]), case.get("url_secret", ""))
        except Refused:
            return {"refused": True}
        delivery_id = proof.delivery_id or "sha"
    else:
        delivery_id = "d-1"
    try:
        events = desk.read(Delivery("acme", delivery_id, {}, raw, RECEIVED))
    except BadDelivery as error:
        return {"unreadable": str(error)}
    return {"events": [shown(desk, event) for event in events]}


def shown(desk: GenericDesk, event: Event) -> dict[str, Any]:
    plain = to_plain(event)
    assert isinstance(plain, dict)
    own = {"own": desk.own_comment(event)} if isinstance(event, CommentAdded) else {}
    return {"type": type(event).__name__, **plain, **own}
