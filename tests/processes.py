"""Services in processes of their own, that can be killed, with the demo desk in the test's process."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

import hercules.__main__
from hercules.demo import DemoDesk, new_secret
from hercules.desks.proof import sign_standard, standard_key
from tests import dying
from tests.patience import PATIENCE_S
from tests.serving import DESK, TROUBLE, inline, ticket_body, utc_now, write_content

# Each service is a process of its own, forked from one that has imported all: a start takes 0.2 s, not 1.5.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "hercules.cli.main", "hercules.web.service", "tests.dying"])


def _become(folder: Path, log: Path) -> None:
    """Make this forked process one that was started in a folder and writes into a log."""
    os.chdir(folder)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _serve(folder: Path, log: Path, *args: str) -> None:
    _become(folder, log)
    sys.argv = ["hercules", *args]
    hercules.__main__.main()


def _serve_dying(folder: Path, log: Path, config: str, step: str, armed: str) -> None:
    _become(folder, log)
    dying.main(Path(config), step, Path(armed))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def toml(values: Mapping[str, object], at: str = "") -> str:
    """Settings as TOML; JSON's notation of texts, numbers, truth and lists is TOML's too."""
    plain = [f"{key} = {_inline(value)}\n" for key, value in values.items() if not isinstance(value, Mapping)]
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
    running: ForkServerProcess | None = None
    sent: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "hercules.toml"

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def start(self) -> None:
        """Start `hercules serve` and wait until it serves."""
        self._spawn(_serve, "serve", "--config", str(self.config))

    def start_dying(self, step: str, armed: Path) -> None:
        """Start a service that dies at a step of the route once the file `armed` is there."""
        self._spawn(_serve_dying, str(self.config), step, str(armed))

    def _spawn(self, target: Callable[..., None], *args: str) -> None:
        self.running = _FORKS.Process(target=target, args=(self.folder, self.log, *args))
        self.running.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._ready():
            assert self.running.is_alive(), self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.01)

    def _ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.running is not None
        assert self.running.is_alive(), self.log.read_text()
        self.running.kill()
        assert self._ended() == -signal.SIGKILL

    def wait_dead(self) -> None:
        """Wait until it has killed itself."""
        assert self._ended() == -signal.SIGKILL

    def stop(self) -> int | None:
        """Ask it to end as an init system does; its exit code."""
        assert self.running is not None
        self.running.terminate()
        return self._ended()

    def _ended(self) -> int | None:
        assert self.running is not None
        self.running.join(PATIENCE_S)
        return self.running.exitcode

    def post_deadly(self, ticket_id: str) -> None:
        """`post` for a ticket of which the service dies, perhaps before its answer is out."""
        with suppress(httpx.TransportError):
            self.post(ticket_id)

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
        if found.running is not None:
            found.running.kill()
            found.running.join(10)
        client.close()
        desk.stop()
