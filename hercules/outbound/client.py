"""The guarded HTTP client of one desk or source."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from hercules.calling import LIMITED, Answer, Reach
from hercules.model import DeskError, Unreached, Unreadable
from hercules.outbound.wire import Deadline, Resolver, Transport, Wire, default_tls, resolve

REDIRECTS_MAX = 3
RETRY_AFTER_MAX_S = 3600.0
_USUAL_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MAY_PASS = frozenset((408, 409, 425))
_OPEN_HEADERS = frozenset(("accept", "content-type", "user-agent", "webhook-id"))


@dataclass(frozen=True, slots=True)
class _HostList:
    """Hosts as the settings name them: `name` stands for the usual port of the scheme."""

    names: frozenset[str]

    def holds(self, scheme: str, host: str, port: int) -> bool:
        shown = f"[{host}]" if ":" in host else host
        return f"{shown}:{port}" in self.names or (port == _USUAL_PORTS.get(scheme) and shown in self.names)


def _host_list(names: Iterable[str]) -> _HostList:
    return _HostList(frozenset(name.strip().lower() for name in names))


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header (seconds or a date), at most one hour; None without one.

    Source: RFC 9110, section 10.2.3.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_MAX_S)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return min(max((at - now).total_seconds(), 0.0), RETRY_AFTER_MAX_S)


def used_up(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until a used-up limit begins anew, one second to one hour; None when none is used up.

    Source: GitHub's documentation, "Rate limits for the REST API": `x-ratelimit-remaining`, and
    `x-ratelimit-reset` as epoch seconds.
    """
    if headers.get("x-ratelimit-remaining") != "0":
        return None
    reset = headers.get("x-ratelimit-reset", "")
    ends = float(reset) if reset.isascii() and reset.isdigit() and len(reset) <= 12 else 0.0
    return min(max(ends - now.timestamp(), 1.0), RETRY_AFTER_MAX_S)


class OutboundClient:
    """Speaks HTTP to listed hosts only (`name`, or `name:port` off the scheme's usual port).

    Credentials reach `credential_hosts` only; any header but a few harmless ones counts as one.
    `private_hosts` may have private and loopback addresses, `plain_hosts` may be spoken to without TLS.
    `resolver` gives all addresses of a host. Errors are DeskError: outcome `no` until a byte of the request
    was sent, `unknown` after that. Safe to use from several threads.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        credential_hosts: Iterable[str] = (),
        private_hosts: Iterable[str] = (),
        plain_hosts: Iterable[str] = (),
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts, self._credential_hosts = _host_list(hosts), _host_list(credential_hosts)
        self._private_hosts, self._plain_hosts = _host_list(private_hosts), _host_list(plain_hosts)
        self._resolver, self._ssl_context = resolver, ssl_context

    @classmethod
    def of(cls, reach: Reach) -> OutboundClient:
        """A client for a desk or source; the hosts of files get no credentials."""
        return cls(
            reach.hosts | reach.file_hosts,
            credential_hosts=reach.hosts,
            private_hosts=reach.private_hosts,
            plain_hosts=reach.plain_hosts,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline_s: float,
        answer_max_bytes: int,
    ) -> Answer:
        """One request and its whole answer, whatever the status. Raises DeskError.

        A GET follows up to three redirects on its own host; nothing else follows any.
        """
        deadline = Deadline(deadline_s)
        follow = _same_host if method == "GET" else None
        with self._opened(method, url, headers, body, deadline, follow) as answer:
            content = b"".join(_limited(answer, answer_max_bytes, for_good=method == "GET"))
            return _answer(answer, content)

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """The body of a GET in chunks, as sent.

        Redirects may lead to other listed hosts, without credentials. Raises DeskError when the status is
        not 2xx, and a permanent one after `limit_bytes` when more came.
        """
        deadline = Deadline(deadline_s)
        with self._opened("GET", url, headers, None, deadline, _any_host) as answer:
            _check_status(answer)
            yield from _limited(answer, limit_bytes, for_good=True)

    @contextmanager
    def _opened(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        follow: Callable[[httpx.URL, httpx.URL], bool] | None,
    ) -> Iterator[httpx.Response]:
        """The answer after the redirects that may be followed, closed at the end."""
        target = _parse(url)
        for hop in range(REDIRECTS_MAX + 1):
            with self._exchange(method, target, headers, body, deadline) as answer:
                onward = answer.status_code in _REDIRECTS and answer.headers.get("location")
                if not onward or follow is None:
                    yield answer
                    return
                following = _join(target, onward)
                if hop == REDIRECTS_MAX or not follow(target, following):
                    raise DeskError(f"{_host(target)} redirects to where we do not follow", permanent=True)
                headers = headers if _same_host(target, following) else {}
                target = following

    @contextmanager
    def _exchange(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> Iterator[httpx.Response]:
        """One request on one connection; every failure is told as a DeskError."""
        self._check(url)
        wire = Wire(self._resolver, deadline, self._listed(self._private_hosts, url))
        transport = Transport(wire, self._ssl_context or default_tls())
        try:
            with httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client:
                request = httpx.Request(method, url, headers=self._headers(url, headers), content=body)
                answer = client.send(request, stream=True)
                try:
                    yield answer
                finally:
                    answer.close()
        except (httpcore.TimeoutException, TimeoutError):
            raise _failed(url, "did not answer in time", wire) from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpx.HTTPError,
            httpx.InvalidURL,  # it reads where a redirect leads to, though it must not follow
            OSError,
            UnicodeError,
        ) as error:
            raise _failed(url, f"could not be talked to ({type(error).__name__}: {error})", wire) from None

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in _USUAL_PORTS or not url.raw_host:
            raise DeskError("only https and http URLs can be asked", permanent=True)
        if url.userinfo:
            raise DeskError("a URL with user or password in it is not asked", permanent=True)
        if not self._listed(self._hosts, url):
            raise DeskError(f"{_shown(url)} is not in the list of hosts", permanent=True)
        if url.scheme == "http" and not self._listed(self._plain_hosts, url):
            raise DeskError(f"{_shown(url)} may only be asked by https", permanent=True)

    def _listed(self, hosts: _HostList, url: httpx.URL) -> bool:
        return hosts.holds(url.scheme, _host(url), _port(url))

    def _headers(self, url: httpx.URL, headers: Mapping[str, str]) -> dict[str, str]:
        trusted = self._listed(self._credential_hosts, url)
        ours = {
            "user-agent": "hercules",
            "accept": "*/*",
            "accept-encoding": "identity",
            "connection": "close",
        }
        given = {name.lower(): value for name, value in headers.items()}
        return ours | {name: value for name, value in given.items() if trusted or name in _OPEN_HEADERS}


def _parse(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise DeskError("this is no usable URL", permanent=True) from None


def _join(url: httpx.URL, onward: str) -> httpx.URL:
    try:
        return url.join(onward)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise DeskError(f"{_host(url)} redirects to no usable URL", permanent=True) from None


def _host(url: httpx.URL) -> str:
    """The host as it goes over the wire, in ASCII."""
    return url.raw_host.decode("ascii").lower()


def _port(url: httpx.URL) -> int:
    return url.port or _USUAL_PORTS[url.scheme]


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{_host(url)}:{_port(url)}"


def _same_host(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.raw_host, one.port) == (other.scheme, other.raw_host, other.port)


def _any_host(_: httpx.URL, __: httpx.URL) -> bool:
    return True


def _failed(url: httpx.URL, what: str, wire: Wire) -> Unreached:
    return Unreached(f"{_host(url)} {what}", "unknown" if wire.sent else "no")


def _limited(answer: httpx.Response, most: int, *, for_good: bool) -> Iterator[bytes]:
    """The raw body up to `most` bytes. Raises DeskError after them when there is more.

    `for_good`: nothing but reading was asked for, so that another try would end the same way.
    """
    left = most
    for chunk in answer.iter_raw():
        if left and chunk:
            yield chunk[:left]
        if len(chunk) > left:
            what = f"the answer is larger than {most} bytes; the rest was not read"
            if for_good:
                raise Unreadable(what, permanent=True)
            raise DeskError(what, "unknown")
        left -= len(chunk)


def _answer(answer: httpx.Response, content: bytes) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    now = datetime.now(UTC)
    wait_s = retry_after(headers.get("retry-after"), now)
    if wait_s is None and answer.status_code in LIMITED:
        wait_s = used_up(headers, now)
    return Answer(answer.status_code, headers, content, wait_s)


def _check_status(answer: httpx.Response) -> None:
    told = _answer(answer, b"")
    if 200 <= told.status < 300:
        return
    permanent = 300 <= told.status < 500 and told.status not in _MAY_PASS and not told.asks_to_wait
    why = f"the file was answered with {told.status}"
    raise DeskError(why, "no", told.retry_after_s, permanent=permanent)
