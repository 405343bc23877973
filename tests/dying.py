"""Starts the service as `hercules serve` does, but ends it like kill -9 at a named step of the route."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from hercules.settings import load_settings
from hercules.web.service import Service, bind
from hercules.wiring import build, prepare, set_up_log
from hercules.worker import Worker


def dies_at(wanted: str, armed: Path) -> Callable[[str], None]:
    """A step that kills this process at the wanted one, once the file `armed` is there."""

    def step(name: str) -> None:
        if name == wanted and armed.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def main(config: Path, wanted: str, armed: Path) -> None:
    """Serve until the step comes."""
    set_up_log()
    sock, settings = bind(load_settings(config))
    house = build(settings, exclusive=True, step=dies_at(wanted, armed))
    prepare(house)
    Worker(house).start()
    Service(house, sock).run()
