"""The whole route of a ticket with a large log as a ratio to unpacking and scanning the log alone."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from hercules.demo import DemoDesk, new_secret
from hercules.desks.proof import sign_standard, standard_key
from hercules.folders import find_folders
from hercules.logs.bundle import open_bundle
from hercules.model import Part
from hercules.redact import Redactor
from hercules.rulebook import load_rulebook
from hercules.rules.scan import scan
from hercules.settings import Settings
from hercules.store import suggestions
from hercules.store.db import Database, open_database
from hercules.wiring import utc_now
from tests.bench.measure import MIB, Row, Spent, cpu_of, on_disk, ratios, spent
from tests.bench.plainlog import write_log
from tests.bench.servers import DESK, PATH, Running, running

WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Bench:
    """A running service, the desk that offers the files, and the service's database to look into."""

    server: Running
    desk: DemoDesk
    secret: str
    db: Database

    def route(self, path: Path, ticket_id: str) -> Spent:
        """From sending the ticket to its stored suggestion; CPU time is the server's with its children."""
        body = json.dumps(self._ticket(path, ticket_id)).encode()
        signed = sign_standard([standard_key(self.secret, "bench")], ticket_id, utc_now(), body)
        cpu, begun = cpu_of(self.server.process.pid), time.perf_counter()
        client = HTTPConnection("127.0.0.1", self.server.port, timeout=WAIT_S)
        client.request("POST", PATH, body, signed)
        status = client.getresponse().status
        client.close()
        if status != 202:
            raise RuntimeError(f"the door answered {status}")
        while not self._stored(ticket_id):
            if time.perf_counter() - begun > WAIT_S:
                raise RuntimeError(f"no suggestion for {ticket_id} within {WAIT_S:.0f} s")
            time.sleep(0.005)
        return Spent(time.perf_counter() - begun, cpu_of(self.server.process.pid) - cpu)

    def _ticket(self, path: Path, ticket_id: str) -> dict[str, object]:
        attachment = {"name": path.name, "url": self.desk.offer(path)}
        ticket = {"id": ticket_id, "subject": "It fails", "description": "", "attachments": [attachment]}
        return {"type": "ticket.created", "ticket": ticket}

    def _stored(self, ticket_id: str) -> bool:
        with self.db.read() as conn:
            return suggestions.exists(conn, DESK, ticket_id)


def run(rounds: int = 5, size_mib: float = 20) -> list[Row]:
    """Route and engines alone in turn, on a plain log and on a zip of it."""
    desk, secret = DemoDesk(), new_secret()
    desk.start()
    try:
        with on_disk() as folder, running("whole", folder, secret, desk.host) as server:
            files = _files(folder, size_mib)
            server.wait_until_up()
            db = open_database(folder / "data", exclusive=False)
            try:
                bench = _Bench(server, desk, secret, db)
                bench.route(files[0], "warm")
                return [row for path in files for row in _rows(bench, path, rounds, size_mib)]
            finally:
                db.close()
    finally:
        desk.stop()


def _files(folder: Path, size_mib: float) -> tuple[Path, Path]:
    plain, packed = folder / "app.log", folder / "app.zip"
    write_log(plain, int(size_mib * MIB))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, plain.name)
    return plain, packed


def _rows(bench: _Bench, path: Path, rounds: int, size_mib: float) -> list[Row]:
    alone = alone_on(path)
    routes: list[Spent] = []
    engines: list[Spent] = []
    for number in range(rounds):
        engines.append(spent(alone))
        routes.append(bench.route(path, f"{path.suffix[1:]}-{number}"))
    kind = f"{size_mib:g} MiB {path.suffix[1:]}"
    cpu = ratios([each.cpu_s for each in routes], [each.cpu_s for each in engines])
    wall = ratios([each.wall_s for each in routes], [each.wall_s for each in engines])
    return [
        Row(f"route to unpack and scan alone, {kind}, wall", wall, better="less"),
        Row(f"route to unpack and scan alone, {kind}, CPU", cpu, better="less"),
        Row(f"route from post to suggestion, {kind}", [each.wall_s for each in routes], "s", "less"),
    ]


def alone_on(path: Path) -> Callable[[], object]:
    """Unpack and scan one file with the starter rules in this process."""
    settings = Settings()
    rules = load_rulebook((find_folders(settings).rules,), settings.rules).ruleset
    limits = settings.limits()

    def work() -> object:
        files = open_bundle([Part(path.name, path=path)], limits, utc_now())
        return scan(files, rules, limits, redact=Redactor())

    return work
