"""A whole service for tests: real house, real server on a free port, real demo desk on loopback."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from hercules import library
from hercules.demo import DemoDesk, Post, new_secret
from hercules.desks.proof import sign_standard, standard_key
from hercules.house import House, no_step
from hercules.settings import Settings
from hercules.web.service import Service, bind
from hercules.wiring import build, close, first_token, sources
from hercules.worker import Worker
from tests.patience import PATIENCE_S

Plain = dict[str, Any]
T = TypeVar("T")
DESK = "acme"


def utc_now() -> datetime:
    return datetime.now(UTC)


def ticket_body(ticket_id: str, subject: str = "Help", **fields: object) -> Plain:
    """A ticket.created body in our own shape."""
    ticket = {
        "id": ticket_id,
        "subject": subject,
        "description": "",
        "requester": {"id": "c9", "email": "c9@example.com", "name": "A customer"},
        "created_at": utc_now().isoformat(),
        **fields,
    }
    return {"type": "ticket.created", "ticket": ticket}


def inline(name: str, data: bytes) -> Plain:
    """An attachment that travels inside the body."""
    return {"name": name, "content_base64": base64.b64encode(data).decode("ascii")}


TROUBLE = (
    "2026-10-03 11:22:31,001 INFO  [main] starting up\n"
    "2026-10-03 11:22:32,500 ERROR [pool-3-thread-7] disk quota of {word} exceeded for volume\n"
    "\tat com.example.Volume.write(Volume.java:77)\n"
    "2026-10-03 11:22:33,001 INFO  [main] retrying\n"
)
RULE = """\
id: acme-quota-exceeded
title: The disk quota of a volume is exceeded
status: test
severity: high
set:
  match:
    - regex: 'disk quota of (?P<volume>\\w+) exceeded for volume'
answer:
  kb: acme-quota
"""
ARTICLE = """\
---
id: acme-quota
title: A volume has reached its disk quota
tags: [disk, quota]
product: acme
---
## Symptoms
Writes fail and the log says that a disk quota is exceeded.
## Resolution
Raise the quota or remove old snapshots.
"""


@dataclass(slots=True)
class Served:
    """A running service and how to talk to it."""

    house: House
    desk: DemoDesk
    secret: str
    token: str
    url: str
    client: httpx.Client
    worker: Worker | None = None
    counter: list[int] = field(default_factory=lambda: [0])

    def post(
        self, body: Mapping[str, object] | bytes, delivery_id: str = "", desk: str = DESK, **headers: str
    ) -> httpx.Response:
        """A delivery signed by the desk's secret."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.counter[0] += 1
        signed = sign_standard(
            [standard_key(self.secret, "test")], delivery_id or f"msg-{self.counter[0]}", utc_now(), raw
        )
        return self.client.post(f"/hooks/{desk}", content=raw, headers={**signed, **headers})

    def api(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def ticket(self, ticket_id: str, timeout_s: float = PATIENCE_S) -> Plain:
        """The ticket as the API tells it, once it was looked at."""
        found: Plain | None = wait_for(lambda: self._ticket(ticket_id), timeout_s)
        assert found is not None, f"no suggestion for {ticket_id}; deliveries: {self.states()}"
        return found

    def _ticket(self, ticket_id: str) -> Plain | None:
        asked = {"desk_id": DESK, "ticket_id": ticket_id}
        response = self.client.get("/api/tickets", params=asked, headers=self.api())
        return cast(Plain, response.json()) if response.status_code == 200 else None

    def states(self) -> dict[str, int]:
        from hercules.store import inbox

        with self.house.db.read() as conn:
            return {str(name): count for name, count in inbox.states(conn, self.house.desk_ids).items()}

    def note(self, ticket_id: str, timeout_s: float = PATIENCE_S) -> Post | None:
        return self.desk.wait_for(ticket_id, "note", timeout_s)


def wait_for(ask: Callable[[], T | None], timeout_s: float = PATIENCE_S) -> T | None:
    """Ask until there is an answer that is not None or False, for so long."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = ask()
        if found or time.monotonic() > deadline:
            return found or None
        time.sleep(0.01)


def write_content(folder: Path) -> None:
    """A rules folder and an articles folder of our own, so that tests do not hang on the starter set."""
    (folder / "rules" / "acme").mkdir(parents=True)
    (folder / "rules" / "acme" / "acme-quota-exceeded.yaml").write_text(RULE)
    (folder / "articles").mkdir()
    (folder / "articles" / "acme-quota.md").write_text(ARTICLE)


def settings_for(folder: Path, desk: DemoDesk, secret: str, **changes: object) -> Settings:
    """Settings of a service in a folder, with one desk that is the demo desk."""
    values: Plain = {
        "data": folder / "data",
        "server": {"port": 0},
        "rules": {"folder": folder / "rules", "samples": folder / "samples"},
        "kb": {"folder": folder / "articles", "index": folder / "index"},
        "desks": {DESK: desk.settings(secret) | {"demo": False}},
    }
    return Settings.model_validate(values | changes)


@contextmanager
def serving(
    folder: Path,
    *,
    work: bool = True,
    step: Callable[[str], None] = no_step,
    desk_changes: Mapping[str, object] | None = None,
    more_desks: Mapping[str, object] | None = None,
    **changes: object,
) -> Iterator[Served]:
    """A service in a folder, up for as long as the context lasts."""
    desk, secret = DemoDesk(), new_secret()
    desk.start()
    if not (folder / "rules").exists():
        write_content(folder)
    if more_desks:
        changes["desks"] = {DESK: desk.settings(secret) | {"demo": False}, **more_desks}
    settings = settings_for(folder, desk, secret, **changes)
    if desk_changes:
        common = settings.desks[DESK].model_copy(update=dict(desk_changes))
        settings = settings.model_copy(update={"desks": {**settings.desks, DESK: common}})
    sock, settings = bind(settings)
    house = build(settings, exclusive=True, step=step)
    token = first_token(house) or ""
    for source in sources(house.folders):
        library.pull(house, source)
    library.sync(house)
    worker = Worker(house) if work else None
    service = Service(house, sock)
    if worker:
        worker.start()
    service.start()
    client = httpx.Client(base_url=house.base_url, timeout=20, trust_env=False)
    try:
        yield Served(house, desk, secret, token, house.base_url, client, worker)
    finally:
        client.close()
        service.stop()
        if worker:
            worker.stop()
        close(house)
        desk.stop()
