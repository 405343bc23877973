"""Runs the service: the socket, the server with its guarded protocol, and the worker threads beside it."""

from __future__ import annotations

import gc
import ipaddress
import socket
import ssl
import threading
import time
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from hercules.house import House
from hercules.model import SettingsError
from hercules.settings import ServerSettings, Settings
from hercules.web.app import make_app
from hercules.web.hooks import Door, Receive, Scope, Send
from hercules.web.protocol import guarded_protocol

log = structlog.get_logger("hercules.service")

CONCURRENCY_MAX = 1000


def check_bind(server: ServerSettings) -> None:
    """Raises SettingsError when the service would be open to the network without encryption."""
    if bool(server.tls_cert) != bool(server.tls_key):
        raise SettingsError("server.tls_cert and server.tls_key belong together; set both or none")
    if server.tls_cert or server.behind_proxy or is_loopback(server.host):
        return
    raise SettingsError(
        f"server.host is {server.host!r}, which others can reach, but nothing encrypts the way to it: "
        "the admin token would travel readable. Set server.tls_cert and server.tls_key, or "
        "server.behind_proxy = true when a reverse proxy with TLS stands before it, or listen on 127.0.0.1"
    )


def _check_certificate(cert: Path, key: Path) -> None:
    """Raises SettingsError for a pair that a server cannot use: better now than when all else has started."""
    try:
        # Asked for a password only where the key has one; nobody could type it when a machine starts us.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except OSError as error:  # those of ssl too
        raise SettingsError(
            f"server.tls_cert {cert} and server.tls_key {key} cannot be used ({error.strerror or error}); "
            "give a certificate in PEM form and its own key, without a password"
        ) from None


def is_loopback(host: str) -> bool:
    """True for names and addresses that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(settings: Settings) -> tuple[socket.socket, Settings]:
    """A listening socket, and the settings with the port that it really has.

    Raises SettingsError when the address cannot be had, or not be served as it is set.
    """
    server = settings.server
    check_bind(server)
    if server.tls_cert and server.tls_key:
        _check_certificate(server.tls_cert, server.tls_key)
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((server.host, server.port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise SettingsError(
            f"cannot listen on {server.host} port {server.port}: {error.strerror or error}; "
            "stop what uses it, or set server.port (0 takes any free port)"
        ) from None
    port = sock.getsockname()[1]
    return sock, settings.model_copy(update={"server": server.model_copy(update={"port": port})})


class Front:
    """Hands deliveries to the door and all else to the app.

    The app has the door mounted too, but what it does before it looks at a path costs half of a delivery.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._door: Door = app.state.door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http" and scope["path"].startswith("/hooks/"):
            await self._door({**scope, "root_path": scope.get("root_path", "") + "/hooks"}, receive, send)
        else:
            await self._app(scope, receive, send)


class Service:
    """One serving process: a server on a bound socket."""

    def __init__(self, house: House, sock: socket.socket) -> None:
        server = house.settings.server
        config = uvicorn.Config(
            Front(make_app(house)),
            http=guarded_protocol(house.settings.door.header_max, house.settings.door.read_deadline),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=server.behind_proxy,
            limit_concurrency=CONCURRENCY_MAX,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
            ssl_certfile=str(server.tls_cert) if server.tls_cert else None,
            ssl_keyfile=str(server.tls_key) if server.tls_key else None,
        )
        self._sock = sock
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until a signal ends it."""
        # What was loaded until now stays; a full collection that walks it holds up all requests for 0.1 s.
        gc.collect()
        gc.freeze()
        self._server.run(sockets=[self._sock])

    def start(self, timeout_s: float = 20.0) -> None:
        """Serve in a thread; returns when requests are taken. Raises SettingsError if it does not come up."""
        self._thread = threading.Thread(target=self.run, name="hercules-web", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + timeout_s
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise SettingsError("the web server did not start; its log says why")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the thread after the requests in hand."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(12.0)
