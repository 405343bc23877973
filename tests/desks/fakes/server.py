"""What the fake APIs of all vendors share: a server on the loopback, what it was asked, and its faults."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from ..servers import Asked

FaultName = Literal["status", "reset", "drip", "redirect", "bomb", "half", "short", "garbage"]
DRIP_S = 0.05


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request. With `acts` the request is carried out all the same.

    `status` answers `status` (with `retry_after`); `reset` cuts the connection; `drip` sends the answer byte
    by byte; `redirect` sends the client to `VendorFake.elsewhere`; `bomb` answers much gzip, `half` one half
    of the JSON, `short` less than announced, `garbage` bytes that are no JSON.
    """

    name: FaultName
    acts: bool = False
    status: int = 500
    retry_after: str = ""


FAULTS: Mapping[str, Fault] = {
    "429": Fault("status", status=429, retry_after="7"),
    "429 until a date": Fault("status", status=429, retry_after="Wed, 21 Oct 2071 07:28:00 GMT"),
    "503": Fault("status", status=503, retry_after="3"),
    "500": Fault("status"),
    "500 after accept": Fault("status", acts=True),
    "reset": Fault("reset"),
    "reset after accept": Fault("reset", acts=True),
    "slow drip": Fault("drip", acts=True),
    "redirect": Fault("redirect", status=302),
    "redirect, same method": Fault("redirect", status=307),
    "gzip bomb": Fault("bomb", acts=True, status=200),
    "half JSON": Fault("half", acts=True),
    "short body": Fault("short", acts=True),
    "garbage": Fault("garbage", acts=True, status=200),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the vendor answers: `body` is sent as it is when it is bytes, else as JSON."""

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def told(self) -> Mapping[str, str]:
        """The headers: what is no file is JSON, and clients of others look at that."""
        kind = {} if isinstance(self.body, bytes) else {"content-type": "application/json"}
        return {**kind, **self.headers}


@dataclass(frozen=True, slots=True)
class Written:
    """A comment that stands at the fake: what any reader would see of it, and by whom."""

    ticket_id: str
    text: str
    public: bool
    author: str
    id: str = ""


Plan = Callable[[Asked], Fault | None]


class VendorFake:
    """A vendor's API kept in memory. A kind's own fake says what a request does (`handle`).

    The contract tests need: `ticket_id` (a ticket that is there from the start), `posts` (all comments that
    were written through the API by our account, oldest first) and `say` (somebody else comments).
    `plan` names the fault of a request, None for none; `lock` is held while a request is carried out.
    """

    ticket_id: ClassVar[str] = "1"

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Asked] = []
        self.posts: list[Written] = []
        self.plan: Plan = no_fault
        self.elsewhere = "http://127.0.0.1:9/elsewhere"
        self.lock = threading.Lock()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address without a slash at the end."""
        return f"http://{self.host}"

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        raise NotImplementedError

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment."""
        raise NotImplementedError

    def writes(self) -> list[Asked]:
        """The requests that were no GET and no HEAD."""
        return [asked for asked in self.asked if asked.method not in ("GET", "HEAD")]


def path_of(asked: Asked) -> str:
    """The path of a request without its query."""
    return urlsplit(asked.path).path


def query_of(asked: Asked) -> dict[str, str]:
    """The query of a request, the first value of each name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def basic(user: str, password: str) -> str:
    """The header value of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# --- plans ----------------------------------------------------------------------------------------


def no_fault(_: Asked) -> Fault | None:
    """All goes well."""
    return None


def always(fault: Fault) -> Plan:
    """Every request has this fault."""
    return lambda _: fault


def on_writes(fault: Fault, times: int = 1) -> Plan:
    """The first so many writes have this fault; everything else goes well."""
    left = [times]

    def plan(asked: Asked) -> Fault | None:
        if asked.method in ("GET", "HEAD") or not left[0]:
            return None
        left[0] -= 1
        return fault

    return plan


def in_turn(*faults: Fault | None) -> Plan:
    """The requests have these faults in their order, those after the last have none."""
    waiting = deque(faults)
    return lambda _: waiting.popleft() if waiting else None


@cache
def bomb() -> bytes:
    """A thousand times smaller than what is in it."""
    return gzip.compress(b'{"id": "' + b"0" * (32 << 20), 9)


# --- the server -----------------------------------------------------------------------------------

F = TypeVar("F", bound=VendorFake)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle of an answer is what faults are for."""


@contextmanager
def running(fake: F) -> Iterator[F]:
    """The fake with a port, for as long as the context lasts."""

    class Handler(_Handler):
        vendor = fake

    with _Server(("127.0.0.1", 0), Handler) as server:
        fake.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.002,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    vendor: VendorFake

    def take(self) -> None:
        fake = self.vendor
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        with fake.lock:
            fake.asked.append(asked)
            fault = fake.plan(asked)
            said = fake.handle(asked) if fault is None or fault.acts else Answered(500)
        if fault is None:
            self.say(said.status, said.raw, said.told)
        else:
            self.go_wrong(fault, said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = take

    def go_wrong(self, fault: Fault, said: Answered) -> None:
        raw, headers = said.raw, dict(said.told)
        match fault.name:
            case "status":
                more = {"retry-after": fault.retry_after} if fault.retry_after else {}
                self.say(fault.status, b'{"error": "try again"}', more)
            case "reset":
                self.reset()
            case "drip":
                self.drip(said.status, raw.ljust(2_000))
            case "redirect":
                self.say(fault.status, b"", {"location": self.vendor.elsewhere})
            case "bomb":
                more = {"content-encoding": "gzip", "content-type": "application/json"}
                self.say(fault.status, bomb(), more)
            case "half":
                self.say(said.status, raw[: len(raw) // 2], headers)
            case "short":
                self.say(said.status, raw[: len(raw) // 2], {"content-length": str(len(raw) + 7)})
            case "garbage":
                self.say(fault.status, b"<html>\xff not JSON", {"content-type": "text/html"})

    def say(self, status: int, raw: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def drip(self, status: int, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        for at in range(len(raw)):
            self.wfile.write(raw[at : at + 1])
            self.wfile.flush()
            time.sleep(DRIP_S)

    def reset(self) -> None:
        """Close with RST, so that the client sees a broken connection and no end of the answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""
