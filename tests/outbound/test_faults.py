"""A desk that breaks in every way while it takes notes: each note is there once in the end."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hercules.demo import new_secret
from hercules.desks.proof import sign_standard, standard_key
from hercules.store import outbox
from tests.serving import TROUBLE, Plain, inline, serving, ticket_body, utc_now, wait_for

FAKE = "fake"
TICKETS = 12
BEFORE = ("busy", "wait", "away", "reset-early")  # the desk has done nothing
AFTER = ("error", "reset", "drip", "half", "bomb", "elsewhere", "silent")  # the desk has the note


@dataclass
class Faulty:
    """Raw answers on a raw socket. Each request but look-ups meets a fault of its own for a while."""

    port: int = 0
    posts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, peer: socket.socket) -> None:
        with peer:
            peer.settimeout(5)
            method, target, body = _request(peer)
            if method == "GET":
                asked = parse_qs(urlsplit(target).query)
                there = self.posts[asked["ticket_id"][0]]
                _say(peer, 200 if there else 404, b'{"id": "x"}' if there else b"{}")
            elif method == "POST":
                self.take(peer, json.loads(body)["ticket_id"])

    def take(self, peer: socket.socket, ticket_id: str) -> None:
        with self.lock:
            left = self.faults.get(ticket_id, [])
            fault = left.pop(0) if left else "good"
            self.met[fault] += 1
            self.posts[ticket_id] += fault not in BEFORE
        self.fail(peer, fault)

    def fail(self, peer: socket.socket, fault: str) -> None:
        match fault:
            case "busy":
                _say(peer, 429, b"{}", "retry-after: 1")
            case "wait":
                _say(peer, 409, b"{}")
            case "away" | "error":
                _say(peer, 408 if fault == "away" else 500, b"{}")
            case "reset-early" | "reset":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            case "drip":
                _drip(peer)
            case "half":
                peer.sendall(b"HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n" + b'{"id": "')
            case "bomb":
                bomb = gzip.compress(b"\0" * (8 << 20))
                _say(peer, 201, bomb, "content-encoding: gzip")
            case "elsewhere":
                _say(peer, 302, b"", f"location: http://127.0.0.1:{self.elsewhere}/comments")
            case "silent":
                time.sleep(0.7)
            case _:
                _say(peer, 201, b'{"id": "x"}')


def _drip(peer: socket.socket) -> None:
    try:
        for letter in b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n":
            peer.sendall(bytes([letter]))
            time.sleep(0.05)
    except OSError:
        return  # they gave up, as they should


def _request(peer: socket.socket) -> tuple[str, str, bytes]:
    came = b""
    while b"\r\n\r\n" not in came:
        more = peer.recv(65_536)
        if not more:
            return "", "", b""
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")), 0)
    while len(body) < length:
        body += peer.recv(65_536)
    method, target, _ = first.split(" ")
    return method, target, body


def _say(peer: socket.socket, status: int, body: bytes, *headers: str) -> None:
    lines = [f"HTTP/1.1 {status} Told", f"content-length: {len(body)}", "connection: close", *headers]
    peer.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


@contextmanager
def listening(faulty: Faulty) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as sock:
        faulty.port = sock.getsockname()[1]
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    peer, _ = sock.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=faulty.serve, args=(peer,)))
                threads[-1].start()

        door = threading.Thread(target=accept)
        door.start()
        try:
            yield
        finally:
            sock.shutdown(socket.SHUT_RDWR)
            for thread in (door, *threads):
                thread.join()


@pytest.mark.parametrize("seed", [5])
def test_each_note_is_there_once_whatever_broke(tmp_path: Path, seed: int) -> None:
    drawn, faulty, other, secret = random.Random(seed), Faulty(), Faulty(), new_secret()
    kinds = [*BEFORE, *AFTER]
    for number in range(TICKETS):
        first = kinds[number % len(kinds)]
        faulty.faults[str(number)] = [first, *drawn.sample(BEFORE, drawn.randint(0, 1))]
    with listening(other), listening(faulty):
        faulty.elsewhere = other.port
        host = f"127.0.0.1:{faulty.port}"
        desk: Plain = {
            "kind": "generic",
            "secrets": [{"value": secret}],
            "base_url": f"http://{host}",
            "reply_url": "/comments",
            "private_hosts": [host],
        }
        quick: Plain = {
            "breaker": {"failures": 3, "pause": 0.05, "pause_max": 0.1},
            "fetch": {"deadline": 0.5},
            "work": {"attempts_max": 30},
        }
        with serving(tmp_path, more_desks={FAKE: desk}, **quick) as served:
            for number in range(TICKETS):
                log = inline("a.log", TROUBLE.format(word="w").encode())
                raw = json.dumps(ticket_body(str(number), f"No {number}", attachments=[log])).encode()
                headers = sign_standard([standard_key(secret, "test")], f"d{number}", utc_now(), raw)
                assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers).status_code == 202

            def settled() -> bool:
                with served.house.db.read() as conn:
                    return outbox.states(conn, frozenset({FAKE}))["sent"] == TICKETS

            assert wait_for(settled), faulty.met
    assert set(faulty.posts.values()) == {1}
    assert set(kinds) <= set(faulty.met)
    assert not other.posts
