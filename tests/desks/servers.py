"""A small support desk on the loopback: it takes posts, tells what it has, and hands out files."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's values."""
        return json.loads(self.body)


Reply = tuple[int, object, dict[str, str]]


@dataclass
class FakeDesk:
    """Its port, what it was asked, and what it answers: by default 201 with an id."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Reply] = lambda asked: (201, {"id": 77}, {})

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address without a slash at the end."""
        return f"http://{self.host}"


@contextmanager
def fake_desk() -> Iterator[FakeDesk]:
    """A running desk."""
    desk = FakeDesk()

    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            desk.asked.append(Asked(self.command, self.path, headers, body))
            status, said, more = desk.answer(desk.asked[-1])
            if status:
                raw = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in {"content-length": str(len(raw)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

        do_GET = do_POST = do_PUT = take

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        desk.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()
