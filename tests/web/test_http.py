"""HTTP itself: broken requests, limits of size and time, paths that try to lead elsewhere."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_S
from tests.serving import DESK, Served, serving
from tests.web.kit import Told, path_of, raw, read_answer, request, signed

BODY = b'{"type": "ticket.created", "ticket": {"id": "http"}}'
READ_DEADLINE_S = 1.0
HEADER_MAX_BYTES = 32 << 10


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that waits a short while for headers and bodies."""
    with serving(tmp_path_factory.mktemp("http"), door={"read_deadline": READ_DEADLINE_S}) as found:
        yield found


def alive(served: Served, delivery_id: str) -> bool:
    return served.post(BODY, delivery_id).status_code == 202


def headers_of(served: Served, delivery_id: str, body: bytes = BODY) -> list[tuple[str, str | bytes]]:
    return [*signed(served.secret, body, delivery_id).items()]


# --- broken requests ------------------------------------------------------------------------------------

HEAD = b"POST /hooks/acme HTTP/1.1\r\nHost: h\r\n"
BROKEN = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "empty lines": b"\r\n" * 50 + b"\x00",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /review\r\n",
    "HTTP/9.9": b"POST /hooks/acme HTTP/9.9\r\nHost: h\r\n\r\n",
    "unknown method": b"DROP /hooks/acme HTTP/1.1\r\nHost: h\r\n\r\n",
    "long method": b"P" * 10_000 + b" /hooks/acme HTTP/1.1\r\n\r\n",
    "connect": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: h\r\n\r\n",
    "options star": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "header without colon": HEAD + b"no colon here\r\n\r\n",
    "header with a space": HEAD + b"webhook id: 1\r\n\r\n",
    "folded header": HEAD + b"webhook-id: 1\r\n 2\r\n\r\n",
    "NUL in a header": HEAD + b"webhook-id: a\x00b\r\n\r\n",
    "bare CR": HEAD + b"webhook-id: a\rX: b\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "length in words": HEAD + b"Content-Length: two\r\n\r\n{}",
    "signed length": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "length of 30 digits": HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "bad chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
    "huge chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 40 + b"\r\n{}\r\n0\r\n\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "path not ASCII": "POST /hooks/ключ HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
    "path with spaces": b"POST /hooks/ acme HTTP/1.1\r\nHost: h\r\n\r\n",
    "no path": b"POST  HTTP/1.1\r\nHost: h\r\n\r\n",
    "another host's URL": b"POST http://o.test/hooks/acme HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    "bad percent": b"POST /hooks/%zz%f HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_is_refused_and_hurts_nobody(served: Served, name: str) -> None:
    told = raw(served.url, [BROKEN[name]], wait_s=3)
    assert told.status == 0 or 400 <= told.status < 500, told
    assert alive(served, f"after-{name.replace(' ', '-')}")


def test_a_sender_that_leaves_early_stores_nothing(served: Served) -> None:
    before = sum(served.states().values())
    with socket.create_connection(
        (served.house.settings.server.host, served.house.settings.server.port)
    ) as sock:
        sock.sendall(request(path_of(), headers_of(served, "left"), BODY)[:-10])
    time.sleep(0.1)
    assert sum(served.states().values()) == before
    assert alive(served, "after-left")


def test_chunks_are_a_body_like_any(served: Served) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:])) + b"0\r\n\r\n"
    headers = [*headers_of(served, "chunks"), ("Transfer-Encoding", "chunked")]
    assert raw(served.url, [request(path_of(), headers, chunks, length=False)]).status == 202


def test_expect_continue_is_answered(served: Served) -> None:
    whole = request(path_of(), [*headers_of(served, "expect"), ("Expect", "100-continue")], BODY)
    address = (served.house.settings.server.host, served.house.settings.server.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as sock:
        sock.sendall(whole[: -len(BODY)])
        assert read_answer(sock).status == 100
        sock.sendall(BODY)
        assert read_answer(sock).status == 202


# --- size -----------------------------------------------------------------------------------------------


def test_a_body_declared_too_large_is_413_unread(served: Served) -> None:
    head = request(path_of(), [*headers_of(served, "big"), ("Content-Length", str(100 << 20))], length=False)
    told = raw(served.url, [head])
    assert told.status == 413
    assert told.headers["connection"] == "close"


@pytest.mark.parametrize("parts", [1, 40], ids=["at once", "slowly"])
@pytest.mark.parametrize("ends", [True, False], ids=["complete", "unfinished"])
def test_large_headers_are_431(served: Served, parts: int, ends: bool) -> None:
    filler = b"".join(b"X-%03d: %s\r\n" % (number, b"y" * 1000) for number in range(parts * (40 // parts)))
    head = b"POST /hooks/acme HTTP/1.1\r\nHost: h\r\n" + filler + (b"\r\n" if ends else b"")
    assert len(head) > HEADER_MAX_BYTES
    step = len(head) // parts + 1
    pieces = [head[at : at + step] for at in range(0, len(head), step)]
    told = raw(served.url, pieces, pause_s=0.0 if parts == 1 else 0.01)
    assert (told.status, told.headers["connection"]) == (431, "close")


def test_one_huge_header_line_or_path_is_431(served: Served) -> None:
    assert raw(served.url, [HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n"]).status == 431
    assert raw(served.url, [b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"]).status == 431
    assert raw(served.url, [HEAD + b"a:\r\n" * 30_000 + b"\r\n"]).status == 431


def test_large_headers_with_a_body_are_one_431(served: Served) -> None:
    address = (served.house.settings.server.host, served.house.settings.server.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as sock:
        sock.sendall(request(path_of(), [("X", "y" * 40_000)], BODY))
        came = b""
        while more := sock.recv(65_536):
            came += more
    assert came.count(b"HTTP/1.1") == 1
    assert came.startswith(b"HTTP/1.1 431 ")


def test_headers_below_the_limit_are_taken(served: Served) -> None:
    headers = [*headers_of(served, "roomy"), ("X", "y" * 30_000)]
    assert raw(served.url, [request(path_of(), headers, BODY)]).status == 202


# --- time -----------------------------------------------------------------------------------------------


def timed(served: Served, parts: list[bytes], pause_s: float = 0.0) -> tuple[Told, float]:
    begun = time.monotonic()
    return raw(served.url, parts, pause_s=pause_s), time.monotonic() - begun


@pytest.mark.parametrize("sent", [b"", b"P", b"POST /hooks/acme HTTP/1.1\r\nHost: h\r\nwebhook-"])
def test_half_sent_headers_are_408(served: Served, sent: bytes) -> None:
    told, took_s = timed(served, [sent])
    assert (told.status, told.headers["connection"]) == (408, "close")
    assert took_s > READ_DEADLINE_S * 0.8


def test_dripped_headers_are_408(served: Served) -> None:
    letters = [b"%c" % letter for letter in b"POST /hooks/acme?and-so-on HTTP/1.1"]
    assert raw(served.url, letters, pause_s=0.1).status == 408


@pytest.mark.parametrize("path", [path_of(), "/login", "/api/suggestions/s1/review"])
def test_a_body_that_does_not_come_is_408(served: Served, path: str) -> None:
    headers = [*headers_of(served, "slow"), ("authorization", f"Bearer {served.token}")]
    told, took_s = timed(served, [request(path, headers, BODY)[:-5]])
    assert told.status == 408
    assert took_s > READ_DEADLINE_S * 0.8


def test_a_kept_connection_gets_the_whole_time_again(served: Served) -> None:
    address = (served.house.settings.server.host, served.house.settings.server.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as sock:
        for number in range(4):
            time.sleep(READ_DEADLINE_S * 0.4)
            sock.sendall(request(path_of(), headers_of(served, f"kept-{number}"), BODY))
            assert read_answer(sock).status == 202
        sock.sendall(b"POST /hooks")
        assert read_answer(sock).status == 408


def test_slow_senders_do_not_hold_up_others(served: Served) -> None:
    address = (served.house.settings.server.host, served.house.settings.server.port)
    slow = [socket.create_connection(address, timeout=PATIENCE_S) for _ in range(100)]
    for sock in slow:
        sock.sendall(b"POST /hooks/acme HTTP/1.1\r\nHost:")
    assert alive(served, "beside-the-slow")
    for sock in slow:
        sock.close()


# --- paths ----------------------------------------------------------------------------------------------

OUTSIDE = (
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e%2f%2e%2e%2fweb%2fapp.py",
    "/static//etc/passwd",
    "/static/%00",
    "/static/hercules.css%00.py",
    "/static/..%5capp.py",
    "/static/",
    "/static/" + "a" * 5000,
    "/static/%ff",
    "/kb/../../../etc/passwd",
    "/kb/%2e%2e/%2e%2e/hercules.toml",
    "/kb/%00",
    "/kb/%ff%fe",
    "/kb/" + "k" * 5000,
    "/kb//",
    "/kb/'\";--",
    "//review",
    "/%2e%2e/review",
    "/review/%00",
    "/review/..",
    "/review/%f0%9f%92%a9",
    "/%ff",
    "/\\review",
    "/api/%00",
    "/api/reports/%2e%2e",
    "/hooks/%2e%2e/review",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_outside(served: Served, path: str) -> None:
    for more in ([], [("authorization", f"Bearer {served.token}")]):
        told = raw(served.url, [request(path, more, method="GET")])
        assert told.status in (0, 303, 307, 400, 401, 404, 405, 422), told
        assert b"root:" not in told.body
        assert b"import" not in told.body


@pytest.mark.parametrize(
    "path", ["/review", "/login", "/kb", "/api/tickets", "/healthz", "/static/hercules.css"]
)
def test_other_methods_are_405_and_say_what_is_allowed(served: Served, path: str) -> None:
    told = raw(served.url, [request(path, method="DELETE")])
    assert told.status == 405
    assert "GET" in told.headers["allow"]


def test_the_desk_is_named_once(served: Served) -> None:
    assert f"/hooks/{DESK}" == path_of()
    assert raw(served.url, [request("/hooks", headers_of(served, "bare"), BODY)]).status in (307, 404)


@pytest.mark.parametrize("cut", [0, 40, 150, 400])
def test_an_offer_of_another_protocol_in_pieces_is_read_all_the_same(served: Served, cut: int) -> None:
    body = b'{"type": "ticket.created", "ticket": {"id": "offer"}, "pad": "' + b"x" * 100_000 + b'"}'
    offer: list[tuple[str, str | bytes]] = [("Connection", "Upgrade"), ("Upgrade", "h2c")]
    whole = request(path_of(), [*offer, *headers_of(served, f"offer-{cut}", body)], body)
    assert raw(served.url, [whole[:cut], whole[cut:]], pause_s=0.05).status == 202


def test_an_offer_with_a_chunked_body_and_a_second_request(served: Served) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    offer: list[tuple[str, str | bytes]] = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    headers = [*offer, *headers_of(served, "offer-chunked"), ("Transfer-Encoding", "chunked")]
    address = (served.house.settings.server.host, served.house.settings.server.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as sock:
        sock.sendall(request(path_of(), headers, chunks, length=False))
        assert read_answer(sock).status == 202
        sock.sendall(request(path_of(), [*offer, *headers_of(served, "offer-second")], BODY))
        assert read_answer(sock).status == 202
