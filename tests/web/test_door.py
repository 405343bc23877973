"""Deliveries at the door: what may be wrong with a body or its proof, and what becomes of it."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hercules.demo import new_secret
from hercules.desks.proof import sign_standard, standard_key, standard_signature
from hercules.store import inbox
from hercules.store.inbox import InboxRow
from tests.serving import DESK, Served, serving, ticket_body, utc_now, wait_for
from tests.web.bad_bodies import Case, cases
from tests.web.kit import Told, path_of, raw, request, signed

UNAUTHORIZED = b'{"error": "unauthorized"}'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests here; its pace is no limit to them."""
    pace = {"rate": 10_000.0, "burst": 100_000}
    with serving(tmp_path_factory.mktemp("door"), door=pace) as found:
        yield found


def row_of(served: Served, delivery_id: str) -> InboxRow | None:
    with served.house.db.read() as conn:
        return inbox.get(conn, DESK, delivery_id)


def ended(served: Served, delivery_id: str, timeout_s: float = 20.0) -> InboxRow:
    """The delivery once it was worked off, however it ended."""

    def look() -> InboxRow | None:
        row = row_of(served, delivery_id)
        return row if row is not None and row.state not in ("new", "leased") else None

    found = wait_for(look, timeout_s)
    assert found is not None, f"{delivery_id} is still waiting"
    return found


def total(served: Served) -> int:
    return sum(served.states().values())


# --- bodies ---------------------------------------------------------------------------------------------


def test_no_verified_body_is_lost_whatever_it_is(served: Served) -> None:
    bodies: list[Case] = cases()
    assert len(bodies) > 200
    for number, (name, body, _) in enumerate(bodies):
        assert served.post(body, f"bad-{number}").status_code == 202, name
    wrong = []
    for number, (name, body, states) in enumerate(bodies):
        row = ended(served, f"bad-{number}", 40)
        if row.state not in states:
            wrong.append(f"{name}: {row.state}: {row.why}")
        if row.state == "unreadable":
            if not row.why or "Traceback" in row.why:
                wrong.append(f"{name}: no why: {row.why!r}")
            if row.body != body:
                wrong.append(f"{name}: the body was changed")
    assert wrong == []


def test_a_body_that_cannot_be_read_says_what_is_missing(served: Served) -> None:
    served.post(b'{"type": "ticket.created", "ticket": {"subject": "x"}}', "tell-1")
    served.post(b'{"type": "ticket.created"', "tell-2")
    served.post(b"[" * 1000, "tell-3")
    assert "ticket.id" in ended(served, "tell-1").why
    assert "not JSON" in ended(served, "tell-2").why
    assert "nested deeper than 64" in ended(served, "tell-3").why


def test_a_wrong_body_does_not_hold_up_the_next(served: Served) -> None:
    served.post(b"[" * 100_000, "jam-1")
    served.post(ticket_body("jam"), "jam-2")
    assert ended(served, "jam-2").state == "done"


def test_a_delivery_again_is_202_and_one_row(served: Served) -> None:
    body = json.dumps(ticket_body("again")).encode()
    before = total(served)
    answers = [served.post(body, "again-1") for _ in range(5)]
    answers.append(served.post(b'{"other": "body"}', "again-1"))
    assert [answer.status_code for answer in answers] == [202] * 6
    assert {answer.content for answer in answers} == {b'{"status": "accepted"}'}
    assert total(served) == before + 1


def test_headers_that_are_kept_hold_no_proof(served: Served) -> None:
    served.post(ticket_body("kept"), "kept-1", cookie="secret=1", authorization="Bearer secret")
    row = ended(served, "kept-1")
    assert set(row.headers) <= {"content-type", "user-agent", "webhook-id", "webhook-timestamp"}


# --- proofs ---------------------------------------------------------------------------------------------


def signature_shapes(served: Served, body: bytes) -> dict[str, bytes | None]:
    """Signatures that must not count, by what is wrong with them."""
    good = _good(served, body, "shape")
    value = good["webhook-signature"].removeprefix("v1,")
    digest = base64.b64decode(value)
    other = signed(new_secret(), body, "shape")["webhook-signature"]
    flipped = base64.b64encode(bytes([digest[0] ^ 1]) + digest[1:]).decode()
    return {
        "missing": None,
        "empty": b"",
        "version only": b"v1,",
        "no version": value.encode(),
        "not base64": b"v1,!!!!",
        "another version": f"v2,{value}".encode(),
        "upper-case version": f"V1,{value}".encode(),
        "a space within": f"v1, {value}".encode(),
        "a comma at the end": f"v1,{value},".encode(),
        "quoted": f'"v1,{value}"'.encode(),
        "hex": f"v1,{digest.hex()}".encode(),
        "without padding": f"v1,{value.rstrip('=')}".encode(),
        "more padding": f"v1,{value}==".encode(),
        "cut": f"v1,{value[:20]}".encode(),
        "one bit flipped": f"v1,{flipped}".encode(),
        "by another secret": other.encode(),
        "not ASCII": "v1,ключ".encode(),
        "5 KB": b"v1," + b"A" * 5000,
        "the ninth": b" ".join([b"v1,AAAA"] * 8 + [f"v1,{value}".encode()]),
        "of another body": _good(served, body + b" ", "shape")["webhook-signature"].encode(),
        "tabs": f"v1,AAAA\tv1,{value}".encode(),
    }


def timestamp_shapes() -> dict[str, bytes | None]:
    """Times that must not count although the signature covers them."""
    now = int(utc_now().timestamp())
    return {
        "missing": None,
        "empty": b"",
        "words": b"now",
        "signed": f"+{now}".encode(),
        "negative": b"-1",
        "zero": b"0",
        "underscore": f"{now // 1000}_{now % 1000:03}".encode(),
        "float": f"{now}.0".encode(),
        "exponent": b"1e9",
        "hex": hex(now).encode(),
        "milliseconds": f"{now}000".encode(),
        "13 digits": b"0" + f"{now:012}".encode(),
        "other digits": str(now).translate({48 + n: 0x0660 + n for n in range(10)}).encode(),
        "too old": str(now - 310).encode(),
        "too new": str(now + 310).encode(),
        "ISO": utc_now().isoformat().encode(),
        "400 digits": b"9" * 400,
    }


def _good(served: Served, body: bytes, delivery_id: str) -> dict[str, str]:
    return sign_standard([standard_key(served.secret, "test")], delivery_id, utc_now(), body)


def refused(told: Told) -> bool:
    return told.status == 401 and told.body == UNAUTHORIZED


def test_broken_signatures_are_401_and_nothing_is_stored(served: Served) -> None:
    body = b'{"type": "ticket.created", "ticket": {"id": "shape"}}'
    before = total(served)
    shapes = signature_shapes(served, body)
    assert len(shapes) >= 16
    for name, value in shapes.items():
        good = _good(served, body, "shape")
        headers: list[tuple[str, str | bytes]] = [
            ("webhook-id", good["webhook-id"]),
            ("webhook-timestamp", good["webhook-timestamp"]),
        ]
        if value is not None:
            headers.append(("webhook-signature", value))
        assert refused(raw(served.url, [request(path_of(), headers, body)])), name
    assert total(served) == before


def test_broken_times_are_401_and_nothing_is_stored(served: Served) -> None:
    body = b"{}"
    before = total(served)
    key = standard_key(served.secret, "test")
    shapes = timestamp_shapes()
    assert len(shapes) >= 12
    for name, value in shapes.items():
        signature = standard_signature(key, b"time", value or b"", body)
        headers: list[tuple[str, str | bytes]] = [("webhook-id", "time"), ("webhook-signature", signature)]
        if value is not None:
            headers.append(("webhook-timestamp", value))
        assert refused(raw(served.url, [request(path_of(), headers, body)])), name
    assert total(served) == before


@pytest.mark.parametrize("doubled", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_doubled_header_is_401(served: Served, doubled: str) -> None:
    good = _good(served, b"{}", "doubled")
    headers: list[tuple[str, str | bytes]] = [*good.items(), (doubled.title(), good[doubled])]
    assert refused(raw(served.url, [request(path_of(), headers, b"{}")]))
    assert raw(served.url, [request(path_of(), list(good.items()), b"{}")]).status == 202


@pytest.mark.parametrize("delivery_id", [b"", b"a b", b"\xc3\xa9", b"i" * 201, b"tab\tin"])
def test_a_delivery_id_is_visible_ascii(served: Served, delivery_id: bytes) -> None:
    now = str(int(utc_now().timestamp())).encode()
    signature = standard_signature(standard_key(served.secret, "test"), delivery_id, now, b"{}")
    headers: list[tuple[str, str | bytes]] = [
        ("webhook-id", delivery_id),
        ("webhook-timestamp", now),
        ("webhook-signature", signature),
    ]
    assert refused(raw(served.url, [request(path_of(), headers, b"{}")]))


def test_every_flipped_bit_of_a_body_is_401(served: Served) -> None:
    body = b'{"type":"ticket.created","ticket":{"id":"1"}}'
    headers = _good(served, body, "flip")
    for place in range(0, len(body) * 8, 7):
        wrong = bytearray(body)
        wrong[place // 8] ^= 1 << place % 8
        answer = served.client.post(path_of(), content=bytes(wrong), headers=headers)
        assert (answer.status_code, answer.content) == (401, UNAUTHORIZED)


def test_an_old_delivery_cannot_be_replayed(served: Served) -> None:
    key = standard_key(served.secret, "test")
    for age_s, status in ((295, 202), (305, 401), (-295, 202), (-305, 401)):
        at = utc_now() - timedelta(seconds=age_s)
        headers = sign_standard([key], f"age{age_s}", at, b"{}")
        assert served.client.post(path_of(), content=b"{}", headers=headers).status_code == status, age_s


# --- where and how --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("desk", [DESK, "nobody"])
def test_other_methods_are_405_and_told_what_is_allowed(served: Served, method: str, desk: str) -> None:
    answer = served.client.request(method, path_of(desk))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/nobody",
        "/hooks/",
        "/hooks/ACME",
        "/hooks/acme%00",
        "/hooks/%ff%fe",
        "/hooks/acme.",
        "/hooks/%2e%2e/acme",
        "/hooks/x/../../review",
        "/hooks/" + "a" * 8000,
        "/hooks/nobody?desk=acme",
    ],
)
def test_an_unknown_desk_is_404(served: Served, path: str) -> None:
    body = b"{}"
    told = raw(served.url, [request(path, list(_good(served, body, "nowhere").items()), body)])
    assert told.status == 404
    assert row_of(served, "nowhere") is None


@pytest.mark.parametrize("path", ["/hooks/acme/secret", "/hooks/acme/%2e%2e", "/hooks/acme/a/b/c"])
def test_a_signing_desk_takes_no_secret_in_the_path(served: Served, path: str) -> None:
    assert refused(raw(served.url, [request(path, list(_good(served, b"{}", "path").items()), b"{}")]))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
def test_an_encoded_body_is_415(served: Served, encoding: str) -> None:
    answer = served.post(b"\x1f\x8b" + b"\0" * 100, "encoded", **{"content-encoding": encoding})
    assert answer.status_code == 415
    assert row_of(served, "encoded") is None


def test_plain_bodies_may_say_so(served: Served) -> None:
    assert served.post(b"{}", "identity", **{"content-encoding": "identity"}).status_code == 202


def test_any_content_type_will_do(served: Served) -> None:
    for number, kind in enumerate(("", "text/plain", "application/x-www-form-urlencoded", ";;=", "a" * 2000)):
        headers = {**_good(served, b"{}", f"kind-{number}"), "content-type": kind}
        assert served.client.post(path_of(), content=b"{}", headers=headers).status_code == 202, kind


def test_a_java_client_that_offers_http2_is_served(served: Served) -> None:
    body = b'{"type": "ticket.created", "ticket": {"id": "java"}}'
    headers: list[tuple[str, str | bytes]] = [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
        *_good(served, body, "java").items(),
    ]
    assert raw(served.url, [request(path_of(), headers, body)]).status == 202
    assert ended(served, "java").state == "done"


def test_two_requests_on_one_connection(served: Served) -> None:
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        for number in range(3):
            body = b"{}"
            headers = _good(served, body, f"kept-{number}")
            assert client.post(path_of(), content=body, headers=headers).status_code == 202
            assert client.post(path_of("nobody"), content=body).status_code == 404
            assert client.post(path_of(), content=body).status_code == 401


# --- too much -------------------------------------------------------------------------------------------


def test_a_full_queue_is_503_and_strangers_do_not_learn_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, work=False, inbox={"pending_max": 3}) as served:
        assert [served.post(b"{}", f"full-{number}").status_code for number in range(3)] == [202] * 3
        time.sleep(1.1)  # how many wait is counted once a second
        refused = served.post(b"{}", "one-more")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert served.client.post(path_of(), content=b"{}").status_code == 401
        assert row_of(served, "one-more") is None


def test_a_busy_database_is_503_and_does_not_stop_the_door(tmp_path: Path) -> None:
    with serving(tmp_path, work=False, door={"commit_deadline": 0.3}) as served:
        go_on = threading.Event()
        held = served.house.db.write(lambda conn: go_on.wait(10))
        answers = [served.post(b"{}", f"busy-{number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [503] * 3
        assert {answer.headers["retry-after"] for answer in answers} == {"30"}
        assert served.client.get("/healthz").status_code == 200
        go_on.set()
        held.result()
        assert served.post(b"{}", "busy-1").status_code == 202


def test_a_stopping_service_is_503(tmp_path: Path) -> None:
    with serving(tmp_path, work=False) as served:
        served.house.db.close()
        answer = served.post(b"{}", "late")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0


def test_what_all_senders_hold_unproven_is_bounded(tmp_path: Path) -> None:
    """Strangers who send much and prove nothing fill no memory: beyond the bound they get 503."""
    with serving(tmp_path, inbox={"memory_max": 1 << 20}, desk_changes={"body_max": 1 << 20}) as served:
        host, port = served.url.removeprefix("http://").split(":")
        head = b"POST /hooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: 1048000\r\n\r\n"
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(socket.create_connection((host, int(port)), 10)) for _ in range(3)]
            for sock in waiting:
                sock.sendall(head + b"x" * 700_000)
            first = select.select(waiting, [], [], 10)[0]
            assert first, "one of them is turned away while it sends"
            assert first[0].recv(100).startswith(b"HTTP/1.1 503 ")
        assert served.post(ticket_body("1")).status_code == 202
