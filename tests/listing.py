"""A support desk for tests that lists its tickets, takes notes and replies, and can be in trouble."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hercules.demo import new_secret
from hercules.house import House
from hercules.settings import Settings
from hercules.wiring import build, close
from tests.desks.servers import Asked, FakeDesk, Reply, fake_desk
from tests.serving import write_content

Plain = dict[str, Any]


@dataclass
class ListingDesk:
    """`items` is what it lists, as bodies of deliveries; `posts` what arrived, by (ticket, visibility)."""

    server: FakeDesk
    secret: str = field(default_factory=new_secret)
    items: list[object] = field(default_factory=list)
    posts: list[tuple[str, str]] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    trouble: Reply | None = None
    after_post: Reply | None = None
    page: int = 1000
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self, **changes: object) -> Plain:
        """What stands in `[desks.NAME]`."""
        return {
            "kind": "generic",
            "secrets": [{"value": self.secret}],
            "base_url": self.server.url,
            "reply_url": "/comments",
            "list_url": "/tickets",
            "private_hosts": [self.server.host],
            "bot_ids": ["hercules"],
            **changes,
        }

    def answer(self, asked: Asked) -> Reply:
        """What it says to one request."""
        with self.lock:
            return self._answer(asked)

    def _answer(self, asked: Asked) -> Reply:
        url = urlsplit(asked.path)
        if self.trouble is not None:
            return self.trouble
        if url.path == "/tickets":
            return 200, self._listed(parse_qs(url.query)), {}
        if asked.method == "POST":
            body = asked.json
            self.posts.append((body["ticket_id"], body["visibility"]))
            return self.after_post or (201, {"id": body["key"]}, {})
        query = parse_qs(url.query)
        there = (query["ticket_id"][0], query["visibility"][0]) in self.posts
        return (200, {"id": query["key"][0]}, {}) if there else (404, {}, {})

    def _listed(self, query: dict[str, list[str]]) -> object:
        start = int(query.get("from", ["0"])[0])
        if not start:
            self.listed.append(query["since"][0])
        end = start + self.page
        more = {"next": f"/tickets?from={end}"} if end < len(self.items) else {}
        return {"items": self.items[start:end], **more}


@contextmanager
def listing_desk() -> Iterator[ListingDesk]:
    """A running desk."""
    with fake_desk() as server:
        desk = ListingDesk(server)
        server.answer = desk.answer
        yield desk


@contextmanager
def housed(folder: Path, desks: Mapping[str, object]) -> Iterator[House]:
    """A house without server and worker."""
    if not (folder / "rules").exists():
        write_content(folder)
    settings = Settings.model_validate(
        {
            "data": folder / "data",
            "rules": {"folder": folder / "rules", "samples": folder / "samples"},
            "kb": {"folder": folder / "articles", "index": folder / "index"},
            "desks": desks,
        }
    )
    house = build(settings, exclusive=True)
    try:
        yield house
    finally:
        close(house)
