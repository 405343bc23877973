"""Uvicorn's HTTP protocol with a limit on the size and the time of headers, which it does not have itself."""

from __future__ import annotations

import asyncio
import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LINE_OVERHEAD_BYTES = 4
# What a client says to offer another protocol; without it the same request is an ordinary one.
_OFFER_HEADERS = frozenset((b"upgrade", b"connection", b"http2-settings"))


def guarded_protocol(header_max_bytes: int, deadline_s: float) -> type[HttpToolsProtocol]:
    """A protocol class that answers 431 to larger headers and 408 to headers that take longer.

    Requests that offer another protocol are read as if they did not: the parser drops their bodies otherwise,
    and Java's own client makes such an offer with every request to a plain http address.
    """

    class GuardedProtocol(HttpToolsProtocol):
        """Closes connections that send too much or too slowly before the app is called."""

        _timer: asyncio.TimerHandle | None = None
        _waits_for_headers = True
        _came_bytes = 0
        _data = b""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
            """Start the clock with the connection."""
            super().connection_made(transport)
            self._timer = self.loop.call_later(deadline_s, self._too_slow)

        def connection_lost(self, exc: Exception | None) -> None:
            """Stop the clock."""
            self._stop_clock()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """Count what came before the headers were complete."""
            if self.transport.is_closing():
                return
            self._data = data
            super().data_received(data)
            self._data = b""
            if self._waits_for_headers:
                # Counted afterwards: the begin of a message in this piece has set the count to nothing.
                self._came_bytes += len(data)
                if self._came_bytes > header_max_bytes:
                    self._refuse(431, "Request Header Fields Too Large")

        def on_message_begin(self) -> None:
            """A request begins; on a kept connection the clock starts anew."""
            super().on_message_begin()
            self._waits_for_headers = True
            self._came_bytes = 0
            if self._timer is None:
                self._timer = self.loop.call_later(deadline_s, self._too_slow)

        def on_headers_complete(self) -> None:
            """Stop the clock; headers that came in one piece are measured here."""
            self._stop_clock()
            self._waits_for_headers = False
            sizes = (len(name) + len(value) + _LINE_OVERHEAD_BYTES for name, value in self.headers)
            if len(self.url) + sum(sizes) > header_max_bytes:
                self._refuse(431, "Request Header Fields Too Large")
            elif not self.parser.should_upgrade():
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            """A part of the body of a request that was not refused."""
            if not self.transport.is_closing():
                super().on_body(body)

        def on_message_complete(self) -> None:
            """The end of a request, but not where it is read again without its offer."""
            if not self.transport.is_closing() and not self.parser.should_upgrade():
                super().on_message_complete()

        def _unsupported_upgrade_warning(self) -> None:
            """Read the request again without its offer; called while the parser's error is handled."""
            error, method = sys.exception(), self.parser.get_method()
            if method == b"CONNECT" or error is None:
                self._refuse(405, "Method Not Allowed")
                return
            rest = self._data[error.args[0] :]
            lines = [b"%s %s HTTP/1.1" % (method, self.url)]
            lines += [b"%s: %s" % each for each in self.headers if each[0] not in _OFFER_HEADERS]
            self.parser = type(self.parser)(self)
            super().data_received(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

        def _stop_clock(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _too_slow(self) -> None:
            self._timer = None
            if self._waits_for_headers:
                self._refuse(408, "Request Timeout")

        def _refuse(self, status: int, reason: str) -> None:
            if not self.transport.is_closing():
                head = f"HTTP/1.1 {status} {reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                self.transport.write(head.encode("ascii"))
                self.transport.close()

    return GuardedProtocol
