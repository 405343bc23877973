"""Deliveries as files: `<kind>/NAME.json` is read as `NAME.expected.json` says, for every kind.

A case holds `body` (or `raw`), `settings` beside those of its kind, `headers` and `tail` of the delivery.
With `now` its proof is asked first; with `sign` it is signed by the kind's own signer at that time. With
`answers` (`"GET /path?query"` to the JSON there) the desk is asked for tickets that a delivery knocked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hercules.calling import Answer, Client
from hercules.codec import to_plain
from hercules.desks.desk import CallLimits, Desk
from hercules.desks.jsonbody import JsonLimits
from hercules.events import CommentAdded, Event, Knocked
from hercules.model import BadDelivery, Delivery, Refused, TicketRef
from hercules.settings import DeskSettings

from .kinds import DESK, NOW, Kind, NoClient, Plain, Sent, all_kinds, kept

DELIVERY = "d-1"


class Answers(NoClient):
    """A desk that answers what the case says, 404 for everything else."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers

    def send(self, method: str, url: str, **_: object) -> Answer:
        parts = urlsplit(url)
        asked = f"{method} {parts.path}" + (f"?{parts.query}" if parts.query else "")
        if asked not in self.answers:
            return Answer(404, {}, json.dumps({"error": f"no answer to {asked}"}).encode())
        return Answer(200, {}, json.dumps(self.answers[asked]).encode())


def cases() -> list[Any]:
    """Every case of every kind."""
    found = []
    for kind in all_kinds().values():
        for path in sorted(kind.folder.glob("*.json")):
            if not path.stem.endswith(".expected"):
                found.append(pytest.param(kind, path, id=f"{kind.name}-{path.stem}"))
    return found


@pytest.mark.parametrize(("kind", "path"), cases())
def test_delivery(kind: Kind, path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert outcome(kind, case) == expected


def outcome(kind: Kind, case: Plain) -> Plain:
    """What becomes of a delivery, as plain values."""
    desk = desk_for(kind, case)
    raw = raw_of(case)
    sent = sent_of(kind, case, raw)
    delivery_id = DELIVERY
    if "now" in case:
        try:
            proof = desk.verify(sent.raw_headers, raw, datetime.fromisoformat(case["now"]), sent.url_secret)
        except Refused:
            return {"refused": True}
        delivery_id = proof.delivery_id or "sha"
    headers = kept(desk, sent.raw_headers)
    try:
        events = list(
            read(desk, Delivery(DESK, delivery_id, headers, raw, NOW, sent.tail), "answers" in case)
        )
    except BadDelivery as error:
        return {"unreadable": str(error)}
    return {"events": [shown(desk, event) for event in events]}


def desk_for(kind: Kind, case: Plain) -> Desk:
    """The desk of a case. The generic one has no settings but those of the case."""
    own = case.get("settings", {})
    common = DeskSettings(**{"unsigned": True, **own}) if kind.name == "generic" else kind.common(**own)
    client: Client = Answers(case["answers"]) if "answers" in case else NoClient()
    return kind.made(DESK, common, client, limits=CallLimits(), json_limits=JsonLimits(), clock=lambda: NOW)


def raw_of(case: Plain) -> bytes:
    """The body's bytes: `raw` stands for bytes by Latin-1."""
    return case["raw"].encode("latin-1") if "raw" in case else json.dumps(case["body"]).encode()


def sent_of(kind: Kind, case: Plain, raw: bytes) -> Sent:
    """The headers and path of a case."""
    if case.get("sign"):
        signed = kind.sign(kind.secrets[0], raw, datetime.fromisoformat(case["now"]))
        headers = {**signed.headers, **case.get("headers", {})}
        return Sent(headers, signed.url_secret, case.get("tail", signed.tail))
    return Sent(case.get("headers", {}), case.get("url_secret", ""), case.get("tail", ""))


def read(desk: Desk, delivery: Delivery, asks: bool) -> Iterator[Event]:
    """The events of a delivery; when the case has answers, with what the desk tells of knocked tickets."""
    for event in desk.read(delivery):
        if asks and isinstance(event, Knocked):
            yield from desk.read_ticket(TicketRef(DESK, event.ticket_id))
        else:
            yield event


def shown(desk: Desk, event: Event) -> Plain:
    """An event as plain values, a comment with whether it is our own."""
    plain = to_plain(event)
    assert isinstance(plain, dict)
    own = {"own": desk.own_comment(event)} if isinstance(event, CommentAdded) else {}
    return {"type": type(event).__name__, **plain, **own}


ASKED_OF_ALL = ("unknown", "missing_key", "own_comment", "bad_signature")


@pytest.mark.parametrize("kind", [kind for kind in all_kinds().values() if kind.name == kind.desk], ids=str)
def test_every_kind_has_the_cases_that_all_need(kind: Kind) -> None:
    names = {path.stem for path in kind.folder.glob("*.json")}
    assert set(ASKED_OF_ALL) <= names
    assert any("open" in name or "creat" in name for name in names)
