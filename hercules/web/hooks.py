"""The webhook door: a bare ASGI app that answers 202 only when the delivery is on disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from hercules.desks.desk import Desk
from hercules.house import House
from hercules.model import Delivery, HerculesError, Overloaded, Proof, Refused
from hercules.recording import FOUND_HEADER
from hercules.store import inbox
from hercules.store.db import Database
from hercules.web.refusing import Refusing

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

log = structlog.get_logger("hercules.door")

KEPT_HEADERS = frozenset({b"content-type", b"user-agent", b"webhook-id", b"webhook-timestamp"})
OUR_HEADERS = frozenset({FOUND_HEADER.encode("ascii")})  # mark what we found ourselves; nobody can send them
HEADER_KEPT_CHARS = 500
_REASONS = {
    "accepted": (202, {"status": "accepted"}),
    "unknown": (404, {"error": "no such desk"}),
    "method": (405, {"error": "post deliveries here"}),
    "late": (408, {"error": "the request took too long"}),
    "big": (413, {"error": "the body is too large"}),
    "encoded": (415, {"error": "send the body without content-encoding"}),
    "refused": (401, {"error": "unauthorized"}),
}
# As they are sent; what has no place here is answered as busy.
_TOLD = {name: (status, json.dumps(told).encode()) for name, (status, told) in _REASONS.items()}
_BUSY = 503, json.dumps({"error": "try again later"}).encode()


class Answer(Exception):
    """An answer of the door that ends the request: status by name, and how long to wait in seconds."""

    def __init__(self, name: str, retry_after_s: float | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.retry_after_s = retry_after_s


class Pace:
    """How many deliveries a second one desk may send: a bucket of `burst` that fills at `rate`."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._level = float(burst)
        self._at = time.monotonic()

    def take(self) -> bool:
        """True when one more may come now."""
        now = time.monotonic()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


@dataclass(frozen=True, slots=True)
class _Place:
    """The parts of the path after `/hooks/`."""

    desk_id: str
    url_secret: str
    tail: str


def place_of(path: str) -> _Place:
    """`/hooks/<desk>[/<secret>[/<tail>]]` in its parts."""
    desk_id, _, rest = path.lstrip("/").partition("/")
    secret, _, tail = rest.partition("/")
    return _Place(desk_id, secret, tail)


class _Ferry:
    """Carries arrivals to the writer's thread and results back, all that are ready by one crossing.

    One by one they would make commits of two or three, with both threads waiting for the interpreter's lock.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[tuple[inbox.Arrival, asyncio.Future[bool]]] = []
        self._landed: deque[tuple[asyncio.Future[bool], Future[bool]]] = deque()
        self._called = False

    async def store(self, arrival: inbox.Arrival, deadline_s: float) -> bool:
        """True when it is stored, False when it is known.

        Raises Overloaded, StoreError, or TimeoutError when it takes too long; it may be stored all the same.
        """
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[bool] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._cross, loop)  # after the other requests that are ready now
        self._waiting.append((arrival, stored))
        timer = loop.call_later(deadline_s, _give_up, stored)
        try:
            return await stored
        finally:
            timer.cancel()

    def _cross(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        for arrival, stored in waiting:
            try:
                size_bytes = len(arrival.delivery.body)
                future = self._db.write_row(inbox.put_many, arrival, size_bytes=size_bytes)
            except HerculesError as error:
                if not stored.done():
                    stored.set_exception(error)
                continue
            future.add_done_callback(partial(self._land, loop, stored))

    def _land(
        self, loop: asyncio.AbstractEventLoop, stored: asyncio.Future[bool], future: Future[bool]
    ) -> None:
        """Runs in the writer's thread."""
        if loop.is_closed():
            return  # the service has stopped: nobody waits
        self._landed.append((stored, future))
        if not self._called:
            self._called = True
            loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._called = False  # before looking: what lands from here on calls again
        while self._landed:
            stored, future = self._landed.popleft()
            if stored.done():
                continue
            error = future.exception()
            if error is None:
                stored.set_result(future.result())
            else:
                stored.set_exception(error)


def _give_up(stored: asyncio.Future[bool]) -> None:
    if not stored.done():
        stored.set_exception(TimeoutError())


class Door:
    """The ASGI app mounted at `/hooks`. Nothing is parsed here but the path and the proof."""

    def __init__(self, house: House) -> None:
        self._house = house
        door = house.settings.door
        self._pace = {desk_id: Pace(door.rate, door.burst) for desk_id in house.desks}
        self._kept = {
            desk_id: (KEPT_HEADERS | {name.encode("latin-1") for name in desk.kept_headers}) - OUR_HEADERS
            for desk_id, desk in house.desks.items()
        }
        # Looked up once: finding a labelled counter costs more than counting.
        self._ack = {desk_id: house.metrics.ack.labels(desk_id) for desk_id in house.desks}
        self._accepted = {
            desk_id: house.metrics.deliveries.labels(desk_id, "accepted") for desk_id in house.desks
        }
        self._ferry = _Ferry(house.db)
        self._refusing = Refusing(house.db)
        self._unproven = 0  # bytes of bodies that are being read now
        self._pending = 0
        self._pending_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        place = place_of(_below_mount(scope))
        try:
            await self._receive(scope, receive, place)
            answer = Answer("accepted")
        except Answer as given:
            answer = given
        except HerculesError as error:
            answer = self._trouble(place.desk_id, error)
        if place.desk_id in self._house.desks:
            self._ack[place.desk_id].observe(time.perf_counter() - begun)
        await _send(send, answer, close=answer.name in ("big", "late", "method", "encoded"))

    async def _receive(self, scope: Scope, receive: Receive, place: _Place) -> None:
        desk = self._house.desks.get(place.desk_id)
        if scope["method"] != "POST":
            raise Answer("method")
        if desk is None:
            raise Answer("unknown")
        headers: RawHeaders = scope["headers"]
        body = await self._body(desk, headers, receive)
        proof = self._verify(desk, headers, body, place)
        await self._room(place.desk_id)
        await self._store(desk, proof, headers, body, place)

    async def _body(self, desk: Desk, headers: RawHeaders, receive: Receive) -> bytes:
        most = desk.body_max_bytes
        declared = _one(headers, b"content-length")
        if declared is not None and (not declared.isdigit() or int(declared[:20]) > most):
            self._count(desk.desk_id, "too_big")
            raise Answer("big")
        encoding = _one(headers, b"content-encoding")
        if encoding not in (None, b"identity", b""):
            raise Answer("encoded")
        try:
            async with asyncio.timeout(self._house.settings.door.read_deadline):
                return await self._read(desk, receive, most)
        except TimeoutError:
            raise Answer("late") from None

    async def _read(self, desk: Desk, receive: Receive, most: int) -> bytes:
        """The body; what all senders together have sent and not yet proven is bounded too."""
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Answer("late")
                part = message.get("body", b"")
                size += len(part)
                self._unproven += len(part)
                self._check_size(desk.desk_id, size, most)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts) if len(parts) != 1 else parts[0]
        finally:
            self._unproven -= size

    def _check_size(self, desk_id: str, size: int, most: int) -> None:
        if size > most:
            self._count(desk_id, "too_big")
            raise Answer("big")
        if self._unproven > max(self._house.settings.inbox.memory_max, most):
            self._count(desk_id, "overloaded")
            raise Answer("busy", 5.0)

    def _verify(self, desk: Desk, headers: RawHeaders, body: bytes, place: _Place) -> Proof:
        try:
            return desk.verify(headers, body, self._house.clock(), place.url_secret)
        except Refused:
            self._count(desk.desk_id, "refused")
            self._refusing.add(desk.desk_id, self._house.clock())
            raise Answer("refused") from None

    async def _room(self, desk_id: str) -> None:
        if not self._pace[desk_id].take():
            self._count(desk_id, "overloaded")
            raise Answer("busy", 5.0)
        now = time.monotonic()
        if now - self._pending_at > 1.0:
            self._pending_at = now
            # In a thread: a database that is slow to answer must not hold up other senders.
            self._pending = await asyncio.to_thread(self._count_pending)
        if self._pending >= self._house.settings.inbox.pending_max:
            self._count(desk_id, "overloaded")
            raise Answer("busy", 60.0)

    def _count_pending(self) -> int:
        with self._house.db.read() as conn:
            return inbox.pending(conn)

    async def _store(self, desk: Desk, proof: Proof, headers: RawHeaders, body: bytes, place: _Place) -> None:
        digest = hashlib.sha256(body).hexdigest()
        delivery = Delivery(
            desk_id=desk.desk_id,
            delivery_id=proof.delivery_id or digest,
            headers=kept_headers(self._kept[desk.desk_id], headers),
            body=body,
            received_at=self._house.clock(),
            tail=place.tail,
        )
        try:
            arrival = inbox.Arrival(desk.desk_id, delivery, digest, dedupe_body=not proof.id_is_signed)
            fresh = await self._ferry.store(arrival, self._house.settings.door.commit_deadline)
        except TimeoutError as error:
            raise self._trouble(desk.desk_id, error) from None
        if fresh:
            self._accepted[desk.desk_id].inc()
            self._house.bell.ring()
        else:
            self._count(desk.desk_id, "duplicate")

    def _trouble(self, desk_id: str, error: Exception) -> Answer:
        """The answer when a delivery cannot be stored now, whatever the reason."""
        self._count(desk_id, "overloaded")
        if isinstance(error, Overloaded):
            return Answer("busy", error.retry_after_s)
        log.error("delivery not stored", desk_id=desk_id, why=type(error).__name__)
        return Answer("busy", 30.0)

    def _count(self, desk_id: str, outcome: str) -> None:
        self._house.metrics.deliveries.labels(desk_id, outcome).inc()


def kept_headers(wanted: frozenset[bytes], headers: RawHeaders) -> dict[str, str]:
    """The headers that are stored with a delivery; one that carries a secret is never among them."""
    return {
        name.decode("latin-1"): value[:HEADER_KEPT_CHARS].decode("latin-1")
        for name, value in headers
        if name in wanted
    }


def _below_mount(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


def _one(headers: RawHeaders, name: bytes) -> bytes | None:
    for key, value in headers:
        if key == name:
            return value.strip()
    return None


async def _send(send: Send, answer: Answer, *, close: bool) -> None:
    status, body = _TOLD.get(answer.name, _BUSY)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if answer.retry_after_s is not None:
        headers.append((b"retry-after", str(int(answer.retry_after_s)).encode()))
    if answer.name == "method":
        headers.append((b"allow", b"POST"))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
