"""The load generator: a process of its own that sends requests signed beforehand over kept connections."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

BODY_BYTES = 2048
PREPARED_A_SECOND = 15_000


@dataclass(frozen=True, slots=True)
class Order:
    """What to send where: `run` goes into every id, so that no two runs send the same delivery."""

    port: int
    path: str
    secret: str
    run: str
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: answers by status, latencies in ms, and how busy the generator itself was (0 to 1)."""

    seconds: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    busy: float

    @property
    def per_second(self) -> float:
        """Accepted deliveries per second."""
        return self.statuses.get("202", 0) / self.seconds


@dataclass(slots=True)
class _Run:
    """One round: requests that are left, and what came back."""

    requests: list[bytes]
    until: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    open: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


def requests_of(order: Order) -> list[bytes]:
    """As many signed requests as the round can use up, each with an id of its own."""
    key = base64.b64decode(order.secret.removeprefix("whsec_"))
    count = max(order.connections, int(order.seconds * PREPARED_A_SECOND))
    return [_request(order, key, number) for number in range(count)]


def _request(order: Order, key: bytes, number: int) -> bytes:
    name, now = f"{order.run}-{number}", str(int(time.time()))
    body = _body(name)
    digest = hmac.digest(key, f"{name}.{now}.".encode() + body, hashlib.sha256)
    head = (
        f"POST {order.path} HTTP/1.1\r\nhost: 127.0.0.1:{order.port}\r\nuser-agent: bench\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"webhook-id: {name}\r\nwebhook-timestamp: {now}\r\n"
        f"webhook-signature: v1,{base64.b64encode(digest).decode()}\r\n\r\n"
    )
    return head.encode() + body


def _body(name: str) -> bytes:
    ticket = {"id": name, "subject": "The export is slow", "description": ""}
    spare = BODY_BYTES - len(json.dumps({"type": "ticket.created", "ticket": ticket}))
    ticket["description"] = ("It takes an hour since last week. " * 60)[:spare]
    return json.dumps({"type": "ticket.created", "ticket": ticket}).encode()


class _Lane(asyncio.Protocol):
    """One connection: a request, its answer, the next one."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._came = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's, so this cannot be asked.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._run.open += 1

    def send(self) -> None:
        """Send the next request, or end when the time or the requests are used up."""
        run = self._run
        assert self._transport is not None
        if time.perf_counter() >= run.until or not run.requests:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(run.requests.pop())

    def data_received(self, data: bytes) -> None:
        self._came = self._came + data if self._came else data
        head = self._came.find(b"\r\n\r\n")
        if head < 0:
            return
        _, _, rest = self._came[: head + 2].lower().partition(b"\r\ncontent-length:")
        if len(self._came) < head + 4 + int(rest.partition(b"\r\n")[0]):
            return
        run, status = self._run, self._came[9:12].decode()
        run.took.append(time.perf_counter() - self._sent_at)
        run.statuses[status] = run.statuses.get(status, 0) + 1
        self._came = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.open -= 1
        if not self._run.open:
            self._run.done.set()


async def play(order: Order) -> Told:
    """Send for so long with so many connections."""
    run, loop = _Run(requests_of(order)), asyncio.get_running_loop()
    lanes = [
        (await loop.create_connection(lambda: _Lane(run), "127.0.0.1", order.port))[1]
        for _ in range(order.connections)
    ]
    begun, cpu = time.perf_counter(), time.process_time()
    run.until = begun + order.seconds
    for lane in lanes:
        lane.send()
    await asyncio.wait_for(run.done.wait(), order.seconds + 30)
    took_s, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    took = sorted(run.took) or [0.0]
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    return Told(took_s, run.statuses, p50 * 1000, p99 * 1000, cpu_s / took_s)


def main() -> None:
    """An Order as JSON on standard input, a Told as JSON on standard output."""
    order = Order(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(play(order)))))


if __name__ == "__main__":
    main()
