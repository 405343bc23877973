"""Services in processes of their own, that can be killed, with the demo desk in the test's process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hercules.demo import DemoDesk, new_secret
from hercules.desks.proof import sign_standard, standard_key
from tests.serving import DESK, TROUBLE, inline, ticket_body, utc_now, write_content

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def toml(values: Mapping[str, object], at: str = "") -> str:
    """Settings as TOML; JSON's notation of texts, numbers, truth and lists is TOML's too."""
    plain = [
        f"{key} = {_inline(value)}\n" for key, value in values.items() if not isinstance(value, Mapping)
    ]
    tables = [
        f"\n[{at}{key}]\n" + toml(value, f"{at}{key}.")
        for key, value in values.items()
        if isinstance(value, Mapping)
    ]
    return "".join(plain + tables)


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


@dataclass(slots=True)
class Process:
    """One `hercules serve` after the other on the same data folder and port."""

    folder: Path
    port: int
    secret: str
    desk: DemoDesk
    client: httpx.Client
    running: subprocess.Popen[bytes] | None = None
    sent: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "hercules.toml"

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def start(self, *instead: str) -> None:
        """Start `hercules serve`, or another module of Python's with its arguments, and wait until it serves."""
        command: Sequence[str] = instead or ("hercules", "serve", "--config", str(self.config))
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 20
        while not self._ready():
            assert self.running.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def start_dying(self, step: str, armed: Path) -> None:
        """Start one that dies at a step of the route once `armed` is there."""
        self.start("tests.dying", str(self.config), step, str(armed))

    def _ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()
        self.running.kill()
        self.running.wait(10)

    def wait_dead(self) -> None:
        """Wait until it has killed itself."""
        assert self.running is not None
        assert self.running.wait(10) == -signal.SIGKILL

    def stop(self) -> int:
        """Ask it to end as an init system does; its exit code."""
        assert self.running is not None
        self.running.terminate()
        return self.running.wait(20)

    def post(self, ticket_id: str) -> None:
        """A signed ticket with a log inside that the rule of `write_content` answers; it must be taken."""
        log = inline("app.log", TROUBLE.format(word=f"w{ticket_id.replace('-', '')}").encode())
        raw = json.dumps(ticket_body(ticket_id, attachments=[log])).encode()
        self.sent += 1
        headers = sign_standard([standard_key(self.secret, "test")], f"msg-{self.sent}", utc_now(), raw)
        response = self.client.post(f"/hooks/{DESK}", content=raw, headers=headers)
        assert response.status_code == 202


@contextmanager
def processes(folder: Path, **desk_changes: object) -> Iterator[Process]:
    """A folder with content and settings for a service, and the desk it serves; nothing runs yet."""
    desk, secret, port = DemoDesk(), new_secret(), free_port()
    desk.start()
    write_content(folder)
    settings = {
        "data": "data",
        "server": {"port": port},
        "rules": {"folder": "rules", "samples": "samples"},
        "kb": {"folder": "articles", "index": "index"},
        "desks": {DESK: {**desk.settings(secret), **desk_changes}},
    }
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False)
    found = Process(folder, port, secret, desk, client)
    found.config.write_text(toml(settings))
    try:
        yield found
    finally:
        if found.running is not None and found.running.poll() is None:
            found.running.kill()
            found.running.wait(10)
        client.close()
        desk.stop()
