"""The guarded client against real servers on the loopback that do what bad servers do."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hercules.calling import Answer
from hercules.model import DeskError
from hercules.outbound import OutboundClient, address_allowed, retry_after
from hercules.outbound.client import used_up

Resolver = Callable[[str, int], Sequence[str]]
Behave = Callable[[BaseHTTPRequestHandler], None]
SECRET = {"Authorization": "Bearer canary", "X-Api-Key": "canary", "Accept": "text/plain"}


@dataclass
class Seen:
    """A running server: its port and what it was asked."""

    port: int = 0
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"desk.example:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def serving(behave: Behave, context: ssl.SSLContext | None = None) -> Iterator[Seen]:
    """A server on the loopback that behaves so; with a context it speaks TLS."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.requests.append((self.command, self.path, headers, body))
            self.close_connection = True
            try:
                behave(self)
            except OSError:
                return  # the client hung up, as it should

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what these tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        seen.port = server.server_address[1]
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


def says(status: int = 200, body: bytes = b"ok", **headers: str) -> Behave:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def client_for(*hosts: str, trusted: Sequence[str] = (), resolver: Resolver = loopback) -> OutboundClient:
    """A client for hosts of the loopback that speak plain HTTP."""
    return OutboundClient(
        hosts, credential_hosts=trusted, private_hosts=hosts, plain_hosts=hosts, resolver=resolver
    )


def get(client: OutboundClient, url: str, *, deadline_s: float = 5.0, most: int = 1 << 20) -> Answer:
    return client.send("GET", url, headers=SECRET, deadline_s=deadline_s, answer_max_bytes=most)


def post(client: OutboundClient, url: str, deadline_s: float = 5.0) -> Answer:
    return client.send(
        "POST", url, headers=SECRET, body=b'{"a":1}', deadline_s=deadline_s, answer_max_bytes=1 << 20
    )


def drain(chunks: Iterator[bytes], into: bytearray) -> None:
    for chunk in chunks:
        into += chunk


# --- plain talk -----------------------------------------------------------------------------------


def test_a_request_and_its_answer() -> None:
    with serving(says(201, b'{"id": 7}', X_Thing="y", Retry_After="9999999")) as desk:
        answer = post(client_for(desk.host, trusted=[desk.host]), f"{desk.url}/a/b?c=d")
    method, path, headers, body = desk.requests[0]
    assert (method, path, body) == ("POST", "/a/b?c=d", b'{"a":1}')
    assert headers["host"] == desk.host
    assert headers["authorization"] == "Bearer canary"
    assert headers["accept-encoding"] == "identity"
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (201, b'{"id": 7}', "y")
    assert answer.retry_after_s == 3600.0


@pytest.mark.parametrize("status", [204, 301, 404, 429, 500, 503])
def test_any_status_is_an_answer_to_a_post(status: int) -> None:
    with serving(says(status, b"", Location="/elsewhere")) as desk:
        assert post(client_for(desk.host), desk.url).status == status
    assert len(desk.requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("999999999999999999", 3600.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("Sat, 03 Jan 2026 03:00:00 GMT", 3600.0),
        ("Fri, 02 Jan 99999999999 03:05:05 GMT", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("remaining", "reset", "seconds"),
    [
        ("0", "1767323105", 60.0),
        ("0", "1767323000", 1.0),
        ("0", "9" * 12, 3600.0),
        ("0", "9" * 13, 1.0),
        ("0", "soon", 1.0),
        ("1", "1767323105", None),
        (None, "1767323105", None),
    ],
)
def test_a_used_up_limit(remaining: str | None, reset: str, seconds: float | None) -> None:
    headers = {"x-ratelimit-reset": reset} | ({"x-ratelimit-remaining": remaining} if remaining else {})
    assert used_up(headers, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == seconds


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(says()) as desk:
        assert get(client_for(desk.host), desk.url).body == b"ok"


def test_cookies_are_not_kept() -> None:
    with serving(says(200, b"ok", Set_Cookie="a=b; Path=/")) as desk:
        client = client_for(desk.host)
        get(client, desk.url)
        get(client, desk.url)
    assert all("cookie" not in headers for _, _, headers, _ in desk.requests)


# --- slow, huge, cut ------------------------------------------------------------------------------


SLOW_S = 60.0  # how long these would go on


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "5000")
    handler.end_headers()
    for _ in range(int(SLOW_S / 0.05)):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drip_of_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for at in range(int(SLOW_S / 0.05)):
        handler.wfile.write(b"x-%d: y\r\n" % at)
        time.sleep(0.05)


def silence(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(SLOW_S)
    handler.connection.recv(1)  # until the other side has had enough


@pytest.mark.parametrize("behave", [drip, drip_of_headers, silence])
def test_the_deadline_is_total(behave: Behave) -> None:
    with serving(behave) as desk:
        began = time.monotonic()
        with pytest.raises(DeskError, match="in time") as caught:
            post(client_for(desk.host), desk.url, deadline_s=0.4)
        assert time.monotonic() - began < SLOW_S / 2
    assert caught.value.outcome == "unknown"


def test_the_deadline_holds_for_a_stream_and_keeps_what_came() -> None:
    with serving(drip) as desk:
        chunks = client_for(desk.host).stream(desk.url, headers={}, limit_bytes=9999, deadline_s=0.4)
        got = bytearray()
        with pytest.raises(DeskError, match="in time"):
            drain(chunks, got)
    assert 1 <= len(got) < SLOW_S / 0.05 / 2


def test_a_slow_name_look_up_ends_with_the_deadline() -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(1.0)
        return ["127.0.0.1"]

    client = OutboundClient(["desk.example"], resolver=slow)
    with pytest.raises(DeskError) as caught:
        get(client, "https://desk.example/", deadline_s=0.2)
    assert (caught.value.outcome, caught.value.permanent) == ("no", False)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)


def test_a_huge_answer_is_stopped_at_the_budget() -> None:
    with serving(endless) as desk:
        client = client_for(desk.host)
        with pytest.raises(DeskError, match="larger than 100000 bytes") as caught:
            get(client, desk.url, most=100_000)
        assert (caught.value.outcome, caught.value.permanent) == ("no", True)
        got = bytearray()
        with pytest.raises(DeskError, match="larger than 100000 bytes") as caught:
            drain(client.stream(desk.url, headers={}, limit_bytes=100_000, deadline_s=5), got)
    assert len(got) == 100_000
    assert caught.value.permanent


def test_a_file_of_just_the_limit_is_whole() -> None:
    with serving(says(200, b"x" * 1000)) as desk:
        client = client_for(desk.host)
        assert len(b"".join(client.stream(desk.url, headers={}, limit_bytes=1000, deadline_s=5))) == 1000


def test_gzip_is_not_asked_for_and_not_unpacked() -> None:
    packed = gzip.compress(b"\0" * 10_000_000)
    with serving(says(200, packed, Content_Encoding="gzip")) as desk:
        client = client_for(desk.host)
        assert get(client, desk.url).body == packed
        assert b"".join(client.stream(desk.url, headers={}, limit_bytes=1 << 20, deadline_s=5)) == packed


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    return None


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(201)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x16\x03\x01 nonsense\r\n\r\n")


@pytest.mark.parametrize("behave", [reset, hang_up, half, garbage])
def test_after_the_request_went_out_the_outcome_is_unknown(behave: Behave) -> None:
    with serving(behave) as desk:
        with pytest.raises(DeskError) as caught:
            post(client_for(desk.host), desk.url)
    assert (caught.value.outcome, caught.value.permanent) == ("unknown", False)
    assert "canary" not in str(caught.value)


def test_before_anything_went_out_the_outcome_is_no() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"desk.example:{unused.getsockname()[1]}"
    with pytest.raises(DeskError) as caught:
        post(client_for(host), f"http://{host}/")
    assert (caught.value.outcome, caught.value.permanent) == ("no", False)


def test_a_broken_tls_handshake_is_outcome_no() -> None:
    with serving(says()) as desk:
        with pytest.raises(DeskError) as caught:
            post(client_for(desk.host), f"https://{desk.host}/")
    assert caught.value.outcome == "no"
    assert desk.requests == []


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context for a certificate that is its own authority."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    more = ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *words.split(), *more], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is needed to make a certificate")
@pytest.mark.parametrize("named", ["desk.example", "other.example"])
def test_tls_is_checked_for_the_name_not_the_address(tmp_path: Path, named: str) -> None:
    server, trusting = certificate(tmp_path, named)
    with serving(says(), server) as desk:
        client = OutboundClient(
            [desk.host], private_hosts=[desk.host], resolver=loopback, ssl_context=trusting
        )
        if named == "desk.example":
            assert post(client, f"https://{desk.host}/x").body == b"ok"
            return
        with pytest.raises(DeskError, match="certificate") as caught:
            post(client, f"https://{desk.host}/x")
    assert (caught.value.outcome, desk.requests) == ("no", [])


def test_a_name_that_is_not_there() -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror("no such name")

    client = OutboundClient(["desk.example"], resolver=nowhere)
    with pytest.raises(DeskError) as caught:
        get(client, "https://desk.example/")
    assert (caught.value.outcome, caught.value.permanent) == ("no", False)


# --- redirects and credentials --------------------------------------------------------------------


def test_a_get_follows_three_redirects_on_its_own_host() -> None:
    def hop(handler: BaseHTTPRequestHandler) -> None:
        at = int(handler.path.strip("/") or 0)
        says(200 if at == 3 else 302, b"", Location=f"/{at + 1}")(handler)

    def loop(handler: BaseHTTPRequestHandler) -> None:
        says(307, b"", Location=handler.path)(handler)

    with serving(hop) as desk:
        assert get(client_for(desk.host, trusted=[desk.host]), desk.url).status == 200
    assert [headers.get("authorization") for _, _, headers, _ in desk.requests] == ["Bearer canary"] * 4
    with serving(loop) as desk:
        with pytest.raises(DeskError, match="redirects"):
            get(client_for(desk.host), desk.url)
    assert len(desk.requests) == 4


@pytest.mark.parametrize("listed", [True, False])
def test_an_api_call_follows_to_no_other_host(listed: bool) -> None:
    with serving(says()) as other, serving(says(302, b"", Location=f"{other.url}/x")) as desk:
        hosts = [desk.host, other.host] if listed else [desk.host]
        with pytest.raises(DeskError, match="redirects") as caught:
            get(client_for(*hosts, trusted=hosts), desk.url)
    assert caught.value.permanent
    assert other.requests == []


def test_a_file_may_come_from_another_listed_host_without_credentials() -> None:
    with serving(says(200, b"log")) as files, serving(says(302, b"", Location=f"{files.url}/x")) as desk:
        hosts = [desk.host, files.host]
        client = client_for(*hosts, trusted=hosts)
        assert b"".join(client.stream(desk.url, headers=SECRET, limit_bytes=99, deadline_s=5)) == b"log"
        with pytest.raises(DeskError, match="not in the list"):
            list(client_for(desk.host).stream(desk.url, headers=SECRET, limit_bytes=99, deadline_s=5))
    assert desk.requests[0][2]["authorization"] == "Bearer canary"
    assert len(files.requests) == 1
    assert "canary" not in str(files.requests)


def test_credentials_reach_their_hosts_only() -> None:
    with serving(says()) as desk, serving(says()) as files:
        client = client_for(desk.host, files.host, trusted=[desk.host])
        get(client, desk.url)
        get(client, files.url)
    assert desk.requests[0][2]["x-api-key"] == "canary"
    assert "canary" not in str(files.requests)
    assert files.requests[0][2]["accept"] == "text/plain"


@pytest.mark.parametrize("status", [404, 500, 429])
def test_a_file_that_is_not_there(status: int) -> None:
    with serving(says(status, b"", Retry_After="7")) as desk:
        with pytest.raises(DeskError, match=str(status)) as caught:
            list(client_for(desk.host).stream(desk.url, headers={}, limit_bytes=9, deadline_s=5))
    assert caught.value.permanent == (status == 404)
    assert caught.value.retry_after_s == 7.0


# --- where we go at all ---------------------------------------------------------------------------

BAD_URLS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:169.254.169.254]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[::127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://user@127.0.0.1/",
    "http://desk.example@127.0.0.1/",
    "http://desk.example:pass@desk.example/",
    "http://desk.example%40127.0.0.1/",
    "http://desk.example\\@127.0.0.1/",
    "http://desk.example#@127.0.0.1/",
    "http://127.0.0.1#@desk.example/",
    "http://desk.example.evil.example/",
    "http://evil.example/desk.example",
    "http://evildesk.example/",
    "http://desk.example:22/",
    "http://desk.example:65536/",
    "https://desk.example:80/",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "ftp://desk.example/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:/var/run/docker.sock",
    "http:///etc/passwd",
    "http://",
    "",
    "http://desk.example\r\nX: y/",
    "http://desk.example\x00.evil.example/",
    "http://[v1.x]/",
    "http://" + "a" * 300 + ".example/",
]


def never(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up")


@pytest.mark.parametrize("url", BAD_URLS)
def test_urls_outside_the_list_are_not_even_looked_up(url: str) -> None:
    """`desk.example#@...` is the listed host with a fragment: it is spoken to as what it is."""
    client = OutboundClient(["desk.example"], plain_hosts=["desk.example"], resolver=gone)
    with pytest.raises(DeskError) as caught:
        get(client, url, deadline_s=1.0)
    assert caught.value.outcome == "no"
    assert caught.value.permanent or url == "http://desk.example#@127.0.0.1/"


def gone(host: str, port: int) -> Sequence[str]:
    assert host == "desk.example"
    raise OSError("gone")


NOT_PUBLIC = [
    *(
        "127.0.0.1",
        "127.255.0.1",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
    ),
    *(
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
    ),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1"),
    *("ff02::1", "3fff::1", "5f00::1", "nonsense", "", "127.1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not address_allowed(address, private=False)
    client = OutboundClient(["desk.example"], resolver=lambda host, port: ["93.184.215.14", address])
    with pytest.raises(DeskError, match="private_hosts") as caught:
        get(client, "https://desk.example/")
    assert caught.value.permanent


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_addresses_that_are_public(address: str) -> None:
    assert address_allowed(address, private=False)
    assert address_allowed(address, private=True)


def test_a_private_host_may_be_private_but_nothing_stranger() -> None:
    allowed = {address for address in NOT_PUBLIC if address_allowed(address, private=True)}
    assert allowed == {
        *("127.0.0.1", "127.255.0.1", "10.0.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1"),
        *("::1", "fc00::1", "fd00::1"),
    }


def test_a_rebinding_name_is_asked_once_and_judged() -> None:
    """The second look-up would give the loopback: there must be none, on every call anew."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) % 2 == 0 else ["192.0.2.1"]

    with serving(says()) as desk:
        client = OutboundClient([desk.host], plain_hosts=[desk.host], resolver=rebinding)
        for _ in range(6):
            with pytest.raises(DeskError, match="private_hosts"):
                get(client, desk.url)
    assert desk.requests == []
    assert len(asked) == 6


def test_one_look_up_a_request() -> None:
    asked: list[tuple[str, int]] = []

    def counting(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with serving(says()) as desk:
        client = client_for(desk.host, resolver=counting)
        get(client, desk.url)
    assert asked == [("desk.example", desk.port)]


def test_the_next_address_is_tried() -> None:
    with serving(says()) as desk:
        client = client_for(desk.host, resolver=lambda host, port: ["::1", "127.0.0.1"])
        assert get(client, desk.url).status == 200


def test_plain_http_only_where_listed() -> None:
    with pytest.raises(DeskError, match="only be asked by https"):
        get(OutboundClient(["desk.example"], resolver=never), "http://desk.example/")


def test_hosts_are_exact_with_their_ports() -> None:
    client = OutboundClient(["Desk.example", "other.example:8443", "[2606:4700::1111]"], resolver=gone_any)
    for url in (
        "https://desk.example/",
        "https://DESK.example:443/",
        "https://other.example:8443/",
        "https://[2606:4700::1111]/",
    ):
        with pytest.raises(DeskError) as caught:
            get(client, url)
        assert not caught.value.permanent
    for url in ("https://desk.example:444/", "https://other.example/", "https://a.desk.example/"):
        with pytest.raises(DeskError) as caught:
            get(client, url)
        assert caught.value.permanent


def gone_any(host: str, port: int) -> Sequence[str]:
    raise OSError("gone")
