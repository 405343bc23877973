"""Proving a desk: its settings, what it lets us do, its clock, a signed delivery through the real door."""

from __future__ import annotations

import hashlib
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from hercules.calling import Answer, Client
from hercules.desks.desk import CallLimits, Desk, Finding, SignedTest, check_body
from hercules.model import DeskError, HerculesError, Refused, SettingsError
from hercules.outbound import Breaker, BreakerLimits, OutboundClient
from hercules.settings import DeskSettings, Settings
from hercules.store.db import Connection
from hercules.wiring import make_desk, utc_now

SKEW_SOON_S, SKEW_MOST_S = 60.0, 240.0
RECORDED_WITHIN_S = 10.0
SOON = timedelta(days=2)
NO_PAUSES = BreakerLimits(pause_s=0.0, pause_max_s=0.0)  # one refused step must not hide the next
_TIME = "%Y-%m-%d %H:%M UTC"


class Watched:
    """A client that remembers how far the desk's clock is from ours, by the `Date` of its answers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.skew_s: float | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline_s: float,
        answer_max_bytes: int,
    ) -> Answer:
        """One request, its answer looked at."""
        answer = self._client.send(
            method, url, headers=headers, body=body, deadline_s=deadline_s, answer_max_bytes=answer_max_bytes
        )
        self.skew_s = skew_s(answer.headers.get("date", ""), utc_now(), self.skew_s)
        return answer

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """A file, as it is."""
        return self._client.stream(url, headers=headers, limit_bytes=limit_bytes, deadline_s=deadline_s)


def skew_s(date: str, now: datetime, otherwise: float | None) -> float | None:
    """How many seconds a `Date` header is ahead of `now`; `otherwise` when it tells no time."""
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, IndexError, OverflowError):
        return otherwise
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def findings(settings: Settings, config: Path, name: str) -> Iterator[Finding]:
    """Each thing that can be proven of a desk, one after the other. Raises SettingsError."""
    watched: list[Watched] = []

    def seen(client: Client) -> Client:
        watched.append(Watched(client))
        return watched[-1]

    desk = make_desk(name, settings, utc_now, Breaker(name, utc_now, NO_PAUSES), seen)
    common = settings.desks[name]
    yield Finding("settings", True, f"kind {common.kind}, policy {common.policy}")
    yield _file(config)
    yield _secrets(name, common, utc_now())
    yield from desk.probe()
    yield _clock(watched[-1].skew_s)
    yield from _door(settings, desk)
    yield _heard(settings, name)


def worst(found: Iterable[Finding]) -> int:
    """The exit code: 1 when anything failed."""
    return int(any(each.ok is False for each in found))


def _file(config: Path) -> Finding:
    mode = stat.S_IMODE(config.stat().st_mode)
    if mode & 0o077:
        return Finding("file", False, f"others can read the secrets in {config}: chmod 600 {config}")
    return Finding("file", True, f"{config} is readable by its owner only")


def _secrets(name: str, common: DeskSettings, now: datetime) -> Finding:
    """How many secrets are active, and whether any will be soon when the last one ends."""
    if common.unsigned:
        return Finding("secrets", False, f"anyone can send to desks.{name}: give it secrets, drop unsigned")
    ends = [_utc(each.not_after) for each in common.secrets]
    active = [end for end in ends if end is None or end > now]
    rotate = f"run `hercules desk rotate {name}`"
    if not active:
        return Finding("secrets", False, f"none is active, every delivery is refused; {rotate}")
    if None not in active and max(end for end in active if end) < now + SOON:
        return Finding("secrets", False, f"the last one ends within two days; {rotate}")
    ending = sorted(end for end in active if end)
    until = f"; the old one ends {ending[0]:%Y-%m-%d %H:%M} UTC" if ending else ""
    return Finding("secrets", True, f"{len(active)} active{until}")


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _clock(skew: float | None) -> Finding:
    if skew is None:
        return Finding("clock", None, "the desk told no time")
    ahead = f"the desk's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ours"
    if abs(skew) > SKEW_MOST_S:
        return Finding("clock", False, f"{ahead}: signed deliveries will be refused; set both by NTP")
    if abs(skew) > SKEW_SOON_S:
        return Finding("clock", True, f"{ahead}; deliveries are refused from 300 s on")
    return Finding("clock", True, f"{ahead}" if abs(skew) >= 1 else "both clocks agree")


# --- the door -----------------------------------------------------------------------------------------


def _door(settings: Settings, desk: Desk) -> Iterator[Finding]:
    """A signed test delivery through the running service; it is recorded and opens no ticket."""
    url = settings.public_url()
    body = check_body(secrets.token_hex(16))
    try:
        signed = desk.test_delivery(body, utc_now())
        delivery_id = _id_of(desk, signed, body)
        status = deliver(settings, f"{url}/hooks/{tail(desk, signed)}", signed, body)
    except (SettingsError, Refused) as error:
        yield Finding("door", False, str(error))
        yield Finding("recorded", None, "not tried")
        return
    except DeskError as error:
        yield Finding("door", False, f"{error}; is the service running at {url}? `hercules serve` starts it")
        yield Finding("recorded", None, "not tried")
        return
    yield let_in(status, desk.desk_id, url)
    if status == 202:
        yield _recorded(settings, desk.desk_id, delivery_id)
    else:
        yield Finding("recorded", None, "not tried")


def _id_of(desk: Desk, signed: SignedTest, body: bytes) -> str:
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    proof = desk.verify(headers, body, utc_now(), signed.url_secret)
    return proof.delivery_id or hashlib.sha256(body).hexdigest()


def tail(desk: Desk, signed: SignedTest) -> str:
    """What stands behind `/hooks/` in the address of a delivery signed like this."""
    return "/".join(part for part in (desk.desk_id, signed.url_secret, signed.tail) if part)


def deliver(settings: Settings, url: str, signed: SignedTest, body: bytes) -> int:
    """Send a delivery to our own door; the status it answers. Raises DeskError when nothing answers."""
    host = urlsplit(url).netloc
    client = OutboundClient([host], credential_hosts=[host], private_hosts=[host], plain_hosts=[host])
    limits = CallLimits(deadline_s=settings.fetch.deadline)
    headers = {"content-type": "application/json", **signed.headers}
    answer = client.send(
        "POST", url, headers=headers, body=body, deadline_s=limits.deadline_s, answer_max_bytes=1 << 16
    )
    return answer.status


def let_in(status: int, name: str, url: str) -> Finding:
    """What the door's answer to a signed delivery means."""
    told = {
        202: f"a signed test delivery was taken at {url}",
        401: "the running service refused the test delivery; it has other secrets: restart it",
        404: f"the running service does not know the desk {name}; restart it",
        503: "the service is overloaded or its disk is full; see /readyz",
    }
    return Finding("door", status == 202, told.get(status, f"{url} answered {status}; is it Hercules?"))


def _recorded(settings: Settings, name: str, delivery_id: str) -> Finding:
    """Whether the service worked the test delivery off."""
    from hercules.folders import find_folders
    from hercules.store import inbox
    from hercules.store.db import open_database

    db = open_database(find_folders(settings).data, exclusive=False)
    try:
        deadline = time.monotonic() + RECORDED_WITHIN_S
        while True:
            with db.read() as conn:
                row = inbox.get(conn, name, delivery_id)
            if row is not None and row.state == "done":
                return Finding("recorded", True, "it is recorded and opened no ticket")
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
    finally:
        db.close()
    if row is None:
        return Finding(
            "recorded", False, "another service answered: its data folder is not that of this file"
        )
    return Finding("recorded", False, f"it is {row.state} and not worked off; does the service have a queue?")


# --- what came ----------------------------------------------------------------------------------------


def _heard(settings: Settings, name: str) -> Finding:
    """When the desk itself last sent something, and what was refused in its name."""
    from hercules.folders import find_folders
    from hercules.store.db import DB_NAME, open_database

    data = find_folders(settings).data
    if not (data / DB_NAME).is_file():
        return Finding("webhooks", None, "the last real one from the desk: never")
    try:
        db = open_database(data, exclusive=False)
    except HerculesError as error:
        return Finding("webhooks", None, f"not known: {error}")
    try:
        with db.read() as conn:
            told = heard(conn, frozenset((name,)))[name]
    finally:
        db.close()
    refused = f"; {told.refused}" if told.refused else ""
    return Finding("webhooks", None, f"the last real one from the desk: {told.last or 'never'}{refused}")


@dataclass(frozen=True, slots=True)
class Heard:
    """In words when the desk last sent a valid delivery, and what was refused; '' for neither."""

    last: str
    refused: str


def heard(conn: Connection, desk_ids: frozenset[str]) -> dict[str, Heard]:
    """What was heard of each of these desks."""
    from hercules.recording import FOUND_HEADER
    from hercules.store import desks, inbox

    refusals, told = desks.refusals(conn, desk_ids), {}
    for desk_id in desk_ids:
        at = inbox.last_from_desk(conn, desk_id, FOUND_HEADER)
        known = refusals.get(desk_id)
        refused = known and (
            f"{known.refused} refused since {known.first_at:{_TIME}}, the last {known.last_at:{_TIME}}: "
            "wrong or missing secret"
        )
        told[desk_id] = Heard(f"{at:{_TIME}}" if at else "", refused or "")
    return told
