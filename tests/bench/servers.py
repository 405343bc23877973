"""The servers of the benches, each a process of its own that prints its port and serves until it is ended."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["nothing", "door", "single", "whole"]
DESK = "acme"
PATH = f"/hooks/{DESK}"


@dataclass(slots=True)
class Running:
    """A server process; it listens on the loopback port it tells once it is up."""

    process: subprocess.Popen[str]
    port: int = 0

    def wait_until_up(self) -> None:
        """Learn the port. Several servers can start at once and be waited for then."""
        if not self.port and self.process.stdout is not None:
            self.port = int(self.process.stdout.readline())

    def freeze(self) -> None:
        """Take no CPU while another one is measured."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def running(kind: Kind, folder: Path, secret: str, desk_host: str = "") -> Iterator[Running]:
    """A server of one kind, up for as long as the context lasts.

    `nothing` is a FastAPI route that does nothing; `door` is Hercules without its worker, `single` the same
    with a commit for each delivery, `whole` is all of it, with files at `desk_host`.
    """
    command = [sys.executable, "-m", "tests.bench.servers", kind, str(folder), secret, desk_host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process)
    finally:
        # Nobody waits for what is left to do: the folder is thrown away.
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def settings_of(folder: Path, secret: str, desk_host: str = "") -> dict[str, Any]:
    """Settings that refuse nothing for being too much: the bench wants to see the bottom."""
    desk: dict[str, Any] = {"kind": "generic", "policy": "shadow", "secrets": [{"value": secret}]}
    if desk_host:
        desk["base_url"] = f"http://{desk_host}"
        for key in ("hosts", "private_hosts", "plain_hosts"):
            desk[key] = [desk_host]
    return {
        "data": folder / "data",
        "server": {"port": 0},
        "kb": {"index": folder / "index"},
        "door": {"rate": 1e9, "burst": 1_000_000_000},
        "inbox": {"pending_max": 1_000_000_000, "waiting_max": 100_000, "memory_max": 1 << 30},
        "desks": {DESK: desk},
    }


def _nothing() -> None:
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/hooks/{desk_id}", status_code=202)
    async def nothing(desk_id: str) -> dict[str, str]:
        return {"status": "accepted"}

    with socket.create_server(("127.0.0.1", 0), backlog=2048) as sock:
        print(sock.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            limit_concurrency=1000,
            timeout_keep_alive=5,
        )
        uvicorn.Server(config).run(sockets=[sock])


def _hercules(folder: Path, secret: str, desk_host: str, *, work: bool) -> None:
    from hercules import library
    from hercules.settings import Settings
    from hercules.web.service import Service, bind
    from hercules.wiring import build, sources
    from hercules.worker import Worker

    settings = Settings.model_validate(settings_of(folder, secret, desk_host))
    sock, settings = bind(settings)
    house = build(settings, exclusive=True)
    for source in sources(house.folders):
        library.pull(house, source)
    library.sync(house)
    if work:
        Worker(house).start()
    print(settings.server.port, flush=True)
    Service(house, sock).run()


def main(kind: str, folder: str, secret: str, desk_host: str) -> None:
    """Serve one kind."""
    if kind == "nothing":
        _nothing()
        return
    if kind == "single":
        from hercules.store import writer

        writer.BATCH_JOBS = 1
    _hercules(Path(folder), secret, desk_host, work=kind == "whole")


if __name__ == "__main__":
    main(*sys.argv[1:])
