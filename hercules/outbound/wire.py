"""One connection of one call: the name resolved once, every address judged, every wait under a deadline."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import httpcore
import httpx

from hercules.model import DeskError

Resolver = Callable[[str, int], Sequence[str]]
T = TypeVar("T")

CONNECT_MAX_S = 5.0
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Ranges that embed or relay other addresses, or are not for hosts, though Python may call them global.
_NEVER = _networks(
    *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0/96", "::/96", "2001::/32", "fec0::/10"),
    *("3fff::/20", "5f00::/16", "ff00::/8", "fe80::/10", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("169.254.0.0/16", "0.0.0.0/8"),
)
_PRIVATE = _networks(
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7"),
    "::1/128",
)


# --- addresses ------------------------------------------------------------------------------------


def address_allowed(address: str, private: bool) -> bool:
    """True for a public address; with `private` also for those of private networks and the loopback.

    Link-local, multicast, reserved and address-embedding ranges are never allowed.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip in network for network in _PRIVATE):
        return private
    return ip.is_global and not any(ip in network for network in _NEVER)


def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a host, each once, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


# --- one connection -------------------------------------------------------------------------------


class Deadline:
    """When a call must be over, whatever the other side does."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is over")
        return left


@contextmanager
def _mapped(slow: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Socket errors as the HTTP library wants to see them."""
    try:
        yield
    except TimeoutError as error:
        raise slow(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait is cut to what the deadline leaves; tells when request bytes were sent."""

    def __init__(self, sock: socket.socket, wire: Wire) -> None:
        self._sock, self._wire = sock, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _mapped(httpcore.ReadTimeout, httpcore.ReadError):
            self._sock.settimeout(self._wire.deadline.left_s())
            return self._sock.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        with _mapped(httpcore.WriteTimeout, httpcore.WriteError):
            while view:
                self._sock.settimeout(self._wire.deadline.left_s())
                self._wire.sent = True
                view = view[self._sock.send(view) :]

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            self._sock.settimeout(self._wire.deadline.left_s())
            try:
                return _Stream(
                    ssl_context.wrap_socket(self._sock, server_hostname=server_hostname), self._wire
                )
            except BaseException:
                self._sock.close()
                raise

    def get_extra_info(self, info: str) -> Any:  # the base class's own signature
        return self._sock if info == "socket" else None


class Wire(httpcore.NetworkBackend):
    """Opens the one connection of one call: resolves once, judges every address, connects to that address."""

    def __init__(self, resolver: Resolver, deadline: Deadline, private: bool) -> None:
        self.deadline, self.sent = deadline, False
        self._resolver, self._private = resolver, private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = _in_time(lambda: self._resolver(host, port), self.deadline)
            self._judge(host, addresses)
            return _Stream(self._connect(addresses, port), self)

    def _judge(self, host: str, addresses: Sequence[str]) -> None:
        if not addresses:
            raise OSError(f"{host} has no address")
        if not all(address_allowed(address, self._private) for address in addresses):
            why = "an address that is never allowed" if self._private else "a private or special address"
            raise DeskError(f"{host} leads to {why}; list it in private_hosts if it is yours", permanent=True)

    def _connect(self, addresses: Sequence[str], port: int) -> socket.socket:
        failure = OSError("no address")
        for address in addresses:
            try:
                sock = socket.create_connection((address, port), min(self.deadline.left_s(), CONNECT_MAX_S))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as error:
                failure = error
        raise failure


def _in_time(work: Callable[[], T], deadline: Deadline) -> T:
    """What a call without a time-out of its own (name look-up) gives; left behind when it takes too long."""
    box: list[T | BaseException] = []

    def run() -> None:
        try:
            box.append(work())
        except BaseException as error:  # handed over to the waiting thread below
            box.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline.left_s())
    if not box:
        raise TimeoutError("the name look-up took too long")
    if isinstance(box[0], ValueError):  # a name that cannot be encoded
        raise OSError(str(box[0]))
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]


class _Body(httpx.SyncByteStream):
    """The answer's body as the connection gives it; closing it gives the connection back."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class Transport(httpx.BaseTransport):
    """One connection over our own wire, never reused: no call meets what another one left behind."""

    def __init__(self, wire: Wire, context: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            retries=0,
            network_backend=wire,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(status_code=answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


@cache
def default_tls() -> ssl.SSLContext:
    """The usual certificate authorities, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)
