"""Durable deliveries a second, as a ratio to a FastAPI route that does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from hercules.demo import new_secret
from tests.bench.load import Order, Told
from tests.bench.measure import Row, cpu_of, on_disk, ratios
from tests.bench.servers import PATH, Kind, Running, running

KINDS: tuple[Kind, ...] = ("nothing", "door", "single", "whole")


@dataclass(frozen=True, slots=True)
class _Round:
    """What the generator told of one server, and what CPU time (s) that server took for each delivery."""

    told: Told
    cpu_s: float


def run(rounds: int = 5, seconds: float = 2.0, connections: Sequence[int] = (32, 128)) -> list[Row]:
    """All servers in turn, round by round; one that is not asked stands still."""
    secret = new_secret()
    found: dict[tuple[Kind, int], list[_Round]] = {}
    with on_disk() as folder, ExitStack() as stack:
        servers = {kind: stack.enter_context(running(kind, folder / kind, secret)) for kind in KINDS}
        for server in servers.values():
            server.wait_until_up()
            _ask(server, Order(server.port, PATH, secret, "warm", 8, min(seconds, 0.5)))
            server.freeze()
        for number in range(rounds):
            for many in connections:
                for kind in KINDS if many == connections[0] else KINDS[:2]:
                    order = Order(servers[kind].port, PATH, secret, f"{many}-{number}", many, seconds)
                    found.setdefault((kind, many), []).append(_ask(servers[kind], order))
                    servers[kind].freeze()
    return _rows(found, *connections[:2])


def _ask(server: Running, order: Order) -> _Round:
    server.thaw()
    before = cpu_of(server.process.pid)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = Told(**json.loads(done.stdout))
    if set(told.statuses) != {"202"}:
        raise RuntimeError(f"the server answered {told.statuses}: the figure would mean nothing")
    return _Round(told, (cpu_of(server.process.pid) - before) / told.statuses["202"])


def _rows(found: dict[tuple[Kind, int], list[_Round]], few: int, many: int) -> list[Row]:
    def rate(kind: Kind, connections: int = few) -> list[float]:
        return [each.told.per_second for each in found[kind, connections]]

    def cpu(kind: Kind) -> list[float]:
        return [each.cpu_s for each in found[kind, few]]

    at = f"{few} connections"
    every = [each.told for rounds in found.values() for each in rounds]
    crowd = [each.told for each in found["door", many]]
    return [
        Row(f"deliveries/s to a FastAPI no-op, {at}", ratios(rate("door"), rate("nothing"))),
        Row("the same beside a worker under full load", ratios(rate("whole"), rate("nothing"))),
        Row("CPU for a delivery to a no-op request", ratios(cpu("door"), cpu("nothing")), better="less"),
        Row("deliveries/s to a commit for each", ratios(rate("door"), rate("single"))),
        Row(
            f"deliveries/s to a FastAPI no-op, {many} connections",
            ratios(rate("door", many), rate("nothing", many)),
        ),
        Row(f"ack p50, {many} connections", [each.p50_ms for each in crowd], "ms", "less"),
        Row(f"ack p99, {many} connections", [each.p99_ms for each in crowd], "ms", "less"),
        Row("no-op requests/s", rate("nothing"), "/s"),
        Row("durable deliveries/s", rate("door"), "/s"),
        Row("busy share of the load generator", [each.busy for each in every], "", "less"),
    ]
