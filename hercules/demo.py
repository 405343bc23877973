"""The support desk of `make demo`: sends the sample tickets as real webhooks, takes notes and replies."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx

from hercules.desks.proof import sign_standard, standard_key
from hercules.model import HerculesError

INLINE_MAX_BYTES = 64 << 10
WAIT_S = 20.0
SECRET_BYTES = 32


class DemoFailed(HerculesError):
    """The demo did not show what it should; the message says what was missing."""


@dataclass(frozen=True, slots=True)
class Post:
    """A note or reply that arrived at the desk."""

    ticket_id: str
    key: str
    visibility: str
    body: str


@dataclass(slots=True)
class _Board:
    """What the desk holds: posts by marker and visibility, all that ever arrived, and files to be fetched."""

    posts: dict[tuple[str, str], Post] = field(default_factory=dict)
    arrived: list[Post] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    came: threading.Condition = field(default_factory=threading.Condition)


def new_secret() -> str:
    """A fresh Standard Webhooks secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


class DemoDesk:
    """A small support desk on loopback: it serves attachments and takes notes and replies."""

    def __init__(self) -> None:
        self.board = _Board()
        handler = type("Handler", (_Handler,), {"board": self.board})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo-desk", daemon=True)

    @property
    def host(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Take requests."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()

    def settings(self, secret: str, policy: str = "note") -> dict[str, object]:
        """How Hercules is told of this desk: what stands in `[desks.demo]`."""
        return {
            "kind": "generic",
            "policy": policy,
            "demo": True,
            "secrets": [{"value": secret}],
            "base_url": f"http://{self.host}",
            "reply_url": "/comments",
            "hosts": [self.host],
            "private_hosts": [self.host],
            "plain_hosts": [self.host],
            "dialect": "plain",
        }

    def offer(self, path: Path) -> str:
        """A URL (below the desk's own) under which this file can be fetched."""
        name = f"{len(self.board.files) + 1}/{path.name}"
        self.board.files[name] = path
        return f"/files/{quote(name)}"

    def wait_for(self, ticket_id: str, visibility: str, timeout_s: float = WAIT_S) -> Post | None:
        """The note or reply of a ticket, None when none came in time."""
        with self.board.came:
            self.board.came.wait_for(lambda: self.posted(ticket_id, visibility), timeout_s)
            found = self.posted(ticket_id, visibility)
        return found[0] if found else None

    def posted(self, ticket_id: str, visibility: str) -> list[Post]:
        """All posts of a kind on a ticket."""
        return [
            post
            for post in list(self.board.posts.values())
            if post.ticket_id == ticket_id and post.visibility == visibility
        ]


class _Handler(BaseHTTPRequestHandler):
    board: _Board
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """A note or reply arrives; the same marker twice is one post."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))))
        post = Post(body["ticket_id"], body["key"], body["visibility"], body["body"])
        with self.board.came:
            self.board.arrived.append(post)
            self.board.posts.setdefault((post.key, post.visibility), post)
            self.board.came.notify_all()
        self._answer(201, json.dumps({"id": post.key}).encode(), "application/json")

    def do_GET(self) -> None:
        """A look-up by marker, or a file."""
        url = urlsplit(self.path)
        if url.path == "/comments":
            asked = parse_qs(url.query)
            key = (asked.get("key", [""])[0], asked.get("visibility", [""])[0])
            post = self.board.posts.get(key)
            told = json.dumps({"id": post.key}).encode() if post else b"{}"
            self._answer(200 if post else 404, told, "application/json")
            return
        path = self.board.files.get(unquote(url.path.removeprefix("/files/")))
        if path is None:
            self._answer(404, b"{}", "application/json")
        else:
            self._answer(200, path.read_bytes(), "application/octet-stream")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the demo prints what matters."""


# --- playing the sample tickets -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample ticket: its webhook body, its files, and what should come first."""

    name: str
    body: dict[str, object]
    files: tuple[Path, ...]
    rule: str | None
    article: str | None
    silent: bool

    @property
    def ticket(self) -> dict[str, object]:
        """The ticket within the body."""
        return cast(dict[str, object], self.body["ticket"])


def read_samples(folder: Path) -> list[Sample]:
    """The sample tickets of a folder, by their ticket numbers. Raises DemoFailed naming what is amiss."""
    samples = [_read_sample(path) for path in sorted(folder.glob("*.json"))]
    if not samples:
        raise DemoFailed(f"there are no sample tickets in {folder}")
    return sorted(samples, key=lambda sample: str(sample.ticket["id"]))


def _read_sample(path: Path) -> Sample:
    files = tuple(sorted(each for each in path.with_suffix("").glob("*") if each.is_file()))
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        expect = body.pop("expect")
        rule, article, silent = expect.get("rule"), expect.get("article"), bool(expect.get("silent"))
        sample = Sample(path.stem, body, files, rule, article, silent)
        str(sample.ticket["id"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DemoFailed(f"{path}: this is no sample ticket: {type(error).__name__}: {error}") from None
    return sample


@dataclass(frozen=True, slots=True)
class Played:
    """What Hercules made of one sample, and `wrong`: what was not as expected, '' when all was."""

    sample: Sample
    told: Mapping[str, object]
    note: Post | None
    wrong: str


class Player:
    """Sends samples to a service as the demo desk would, and reads back what became of them."""

    def __init__(self, desk: DemoDesk, base_url: str, desk_id: str, secret: str, token: str) -> None:
        self._desk = desk
        self._desk_id = desk_id
        self._key = standard_key(secret, "demo secret")
        headers = {"authorization": f"Bearer {token}", "x-hercules-reviewer": "Demo engineer"}
        self._client = httpx.Client(base_url=base_url, timeout=WAIT_S, headers=headers, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def play(self, samples: list[Sample], now: Callable[[], datetime]) -> Iterator[Played]:
        """Send each sample and wait for what becomes of it."""
        for sample in samples:
            self._send(sample, now())
            told = self._wait(str(sample.ticket["id"]))
            decision = cast(Mapping[str, str], told["decision"])
            noted = decision["verdict"] == "NOTE"
            note = self._desk.wait_for(str(sample.ticket["id"]), "note") if noted else None
            yield Played(sample, told, note, wrong_of(sample, told, noted, note))

    def _send(self, sample: Sample, now: datetime) -> None:
        ticket = dict(sample.ticket)
        ticket["created_at"] = now.isoformat()
        ticket["attachments"] = [self._attachment(path) for path in sample.files]
        raw = json.dumps({**sample.body, "ticket": ticket}).encode()
        headers = sign_standard([self._key], f"demo-{sample.name}", now, raw)
        response = self._client.post(
            f"/hooks/{self._desk_id}", content=raw, headers=headers | {"content-type": "application/json"}
        )
        if response.status_code != 202:
            raise DemoFailed(f"ticket {ticket['id']}: the door answered {response.status_code}")

    def _attachment(self, path: Path) -> dict[str, object]:
        """Small files travel inside the webhook, larger ones by URL, as desks do."""
        if path.suffix == ".zip" or path.stat().st_size > INLINE_MAX_BYTES:
            return {"name": path.name, "url": self._desk.offer(path)}
        return {"name": path.name, "content_base64": base64.b64encode(path.read_bytes()).decode("ascii")}

    def _wait(self, ticket_id: str) -> Mapping[str, object]:
        deadline = time.monotonic() + WAIT_S
        asked = {"desk_id": self._desk_id, "ticket_id": ticket_id}
        while time.monotonic() < deadline:
            response = self._client.get("/api/tickets", params=asked)
            if response.status_code == 200:
                return cast(Mapping[str, object], response.json())
            time.sleep(0.05)
        raise DemoFailed(f"ticket {ticket_id}: no suggestion within {WAIT_S:.0f} s")

    def approve(self, played: Played) -> Post | None:
        """Approve a suggestion by the API; the public reply that arrives at the desk."""
        path = f"/api/suggestions/{played.told['suggestion_id']}/review"
        response = self._client.post(path, json={"verdict": "approve"})
        if response.status_code != 200:
            raise DemoFailed(f"approving answered {response.status_code}: {response.text[:200]}")
        return self._desk.wait_for(str(played.told["ticket_id"]), "reply")


def wrong_of(sample: Sample, told: Mapping[str, object], noted: bool, note: Post | None) -> str:
    """What was not as the sample expects, '' when all was."""
    items = cast(list[Mapping[str, object]], told["suggestions"])
    if sample.silent:
        return f"expected silence, got {items[0]['title']!r}" if items else ""
    if not items:
        return "expected an answer, got silence"
    first = items[0]
    if sample.rule and first["rule_id"] != sample.rule:
        return f"expected rule {sample.rule} first, got {first['rule_id'] or first['article_id']}"
    if sample.article and str(first["article_id"]).partition(":")[2] != sample.article:
        return f"expected article {sample.article} first, got {first['article_id']}"
    if noted and note is None:
        return "the internal note did not arrive at the desk"
    return ""
