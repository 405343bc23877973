"""What the tests of the doors share: raw requests over sockets, sessions in a client, forms of a page."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from hercules.desks.proof import sign_standard, standard_key
from tests.patience import PATIENCE_S
from tests.serving import DESK, TROUBLE, Plain, Served, inline, ticket_body, utc_now

_CSRF = re.compile(
    r'action="(?P<action>[^"]+)"[^>]*>\s*<input type="hidden" name="csrf" value="(?P<token>\w+)"'
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a raw connection gave back: '' and 0 when it was closed without a word."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def raw(url: str, parts: Iterable[bytes], *, pause_s: float = 0.0, wait_s: float = PATIENCE_S) -> Told:
    """Send bytes as they are, a pause between the parts, and read the first answer."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=wait_s) as sock:
        try:
            for part in parts:
                sock.sendall(part)
                time.sleep(pause_s)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was sent: the answer is what counts
        return read_answer(sock)


def read_answer(sock: socket.socket) -> Told:
    """The first answer on a connection, read as a careful client does."""
    came = b""
    while b"\r\n\r\n" not in came:
        more = _some(sock)
        if not more:
            return Told(body=came)
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        more = _some(sock)
        if not more:
            break
        body += more
    return Told(int(first.split(" ")[1]), headers, body)


def _some(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65_536)
    except (ConnectionResetError, TimeoutError):
        return b""


def signed(secret: str, body: bytes, delivery_id: str) -> dict[str, str]:
    """The headers of a delivery that a desk's secret signs."""
    return sign_standard([standard_key(secret, "test")], delivery_id, utc_now(), body)


def request(
    path: str,
    headers: Sequence[tuple[str, str | bytes]] = (),
    body: bytes = b"",
    *,
    method: str = "POST",
    length: bool = True,
) -> bytes:
    """A request as bytes; headers may be doubled, and may hold any bytes."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: hercules.test"]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    lines += [
        name.encode() + b": " + (value.encode() if isinstance(value, str) else value)
        for name, value in headers
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@contextmanager
def log_in(served: Served, name: str = "Ann Tester") -> Iterator[httpx.Client]:
    """A client with a session, as a browser has one."""
    with httpx.Client(base_url=served.url, timeout=20, trust_env=False) as client:
        answer = client.post("/login", data={"token": served.token, "name": name, "next": "/review"})
        assert answer.status_code == 303, answer.text
        yield client


def csrf(client: httpx.Client, path: str, action: str = "") -> str:
    """The form token that a page carries for an action."""
    text = client.get(path).text
    found = {each["action"]: each["token"] for each in _CSRF.finditer(text)}
    return found[action or path]


def path_of(desk_id: str = DESK) -> str:
    """The door of a desk."""
    return f"/hooks/{desk_id}"


def answered(served: Served, ticket_id: str) -> Plain:
    """A ticket with a suggestion that waits for a review."""
    word = "w" + "".join(filter(str.isalnum, ticket_id))
    log = inline("app.log", TROUBLE.format(word=word).encode())
    assert served.post(ticket_body(ticket_id, f"Ticket {ticket_id}", attachments=[log])).status_code == 202
    return served.ticket(ticket_id)
