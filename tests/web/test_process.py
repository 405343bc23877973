"""The service as a process of its own: memory, a full disk, and what it writes into its log."""

from __future__ import annotations

import base64
import json
import resource
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hercules.desks.proof import body_signature
from hercules.store import people
from hercules.store.db import open_database
from tests.processes import Process, processes, toml
from tests.serving import ticket_body, wait_for
from tests.web.kit import Told, path_of, raw, request, signed

TOKEN, BASIC, URL_SECRET = "tok-" + "4f" * 16, "user:pass-" + "7c" * 12, "url-" + "9b" * 20
HMAC_SECRET = "hmac-" + "2d" * 16
GROWTH_MAX_BYTES = 40 << 20
MORE_DESKS = {
    "token": {"proof": "header-token", "header": "X-Desk-Token", "secrets": [{"value": TOKEN}]},
    "bearer": {
        "proof": "header-token",
        "header": "Authorization",
        "prefix": "Bearer ",
        "secrets": [{"value": TOKEN}],
    },
    "basic": {"proof": "basic", "secrets": [{"value": BASIC}]},
    "url": {"proof": "url-secret", "secrets": [{"value": URL_SECRET}]},
    "hmac": {"proof": "hmac", "header": "X-Sign", "prefix": "sha256=", "secrets": [{"value": HMAC_SECRET}]},
    "rotating": {
        "proof": "header-token",
        "secrets": [
            {"value": "old-" + TOKEN, "not_after": "2020-01-01T00:00:00Z"},
            {"value": "new-" + TOKEN, "not_after": "2999-01-01T00:00:00Z"},
            {"value": "other-" + TOKEN},
        ],
    },
}
ROOMS_BYTES = (128 << 10, 1)
DOOR = {"rate": 10_000.0, "burst": 100_000}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One service with a desk of every proof."""
    with processes(tmp_path_factory.mktemp("process")) as found:
        desks = "".join(f"\n[desks.{name}]\n{toml(table)}" for name, table in MORE_DESKS.items())
        found.config.write_text(found.config.read_text() + toml({"door": DOOR}) + desks)
        found.start()
        yield found


def rss_bytes(pid: int, field: str) -> int:
    """A size from /proc in bytes; `VmHWM` is the most it ever was since it was last forgotten."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) << 10


def send(process: Process, body: bytes, delivery_id: str) -> httpx.Response:
    headers = signed(process.secret, body, delivery_id)
    return process.client.post(path_of(), content=body, headers=headers)


def pid_of(process: Process) -> int:
    assert process.running is not None
    pid: int | None = process.running.pid
    assert pid is not None
    return pid


# --- memory ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["declared", "chunked", "chunked in small pieces"])
def test_a_body_of_100_mb_costs_no_memory(process: Process, framing: str) -> None:
    assert send(process, b"{}", f"warm-{framing.replace(' ', '-')}").status_code == 202
    pid = pid_of(process)
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    before = rss_bytes(pid, "VmHWM")
    told = raw(str(process.client.base_url), _hundred(process, framing))
    assert told.status == 413
    assert rss_bytes(pid, "VmHWM") - before < GROWTH_MAX_BYTES
    assert send(process, b"{}", f"after-{framing.replace(' ', '-')}").status_code == 202


def _hundred(process: Process, framing: str) -> Iterator[bytes]:
    size = 1 << 20 if framing != "chunked in small pieces" else 1 << 10
    declared = framing == "declared"
    length = ("Content-Length", str(100 << 20)) if declared else ("Transfer-Encoding", "chunked")
    yield request(path_of(), [*signed(process.secret, b"", "hundred").items(), length], length=False)
    piece = b"x" * size if declared else b"%x\r\n%s\r\n" % (size, b"x" * size)
    batch = piece * max(1, (1 << 20) // size)
    for _ in range(100):
        yield batch


def test_the_largest_body_is_taken_and_kept(process: Process) -> None:
    text = "x" * ((25 << 20) - 2000)
    body = json.dumps(ticket_body("largest", description=text)).encode()
    assert len(body) < 25 << 20
    assert send(process, body, "largest").status_code == 202
    over = body[:-2] + b" " * ((25 << 20) - len(body) + 1) + b"}}"
    assert send(process, over, "over").status_code == 413


def stale_cookie(process: Process) -> str:
    """A session whose last use would be written down at the next page."""
    now = datetime.now(UTC)
    with closing(open_database(process.folder / "data", exclusive=False)) as db:
        token = db.do(lambda conn: people.new_token(conn, "admin", "admin", now))
        used_at = now - timedelta(minutes=2)
        return f"hercules={db.do(lambda conn: people.start_session(conn, token, used_at, 'Ann'))}"


# --- trouble --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room_bytes", ROOMS_BYTES)
def test_a_full_disk_is_503_until_there_is_room(process: Process, room_bytes: int) -> None:
    pid = pid_of(process)
    body = b'{"type": "x", "pad": "' + b"x" * 500_000 + b'"}'
    assert send(process, b"{}", "before-full").status_code == 202
    stale = stale_cookie(process)
    had = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room_bytes, had[1]))
    try:
        answers = [send(process, body, f"full-{room_bytes}-{number}") for number in range(5)]
        assert {answer.status_code for answer in answers} == {503}
        for answer in answers:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json() == {"error": "try again later"}
        assert process.client.get("/readyz").status_code == 503
        assert process.client.get("/healthz").status_code == 200
        assert process.client.get("/login").status_code == 200
        login = process.client.post("/login", data={"token": "x", "name": "Ann"})
        assert login.status_code in (401, 503)
        page = process.client.get("/review", headers={"cookie": stale})
        assert page.status_code == 200, "what can be read is read, by a session that cannot be renewed too"
        assert "The database does not take anything now" in page.text
        time.sleep(1.5)  # the workers and timers run into it too
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, had)
    assert wait_for(lambda: send(process, body, f"full-{room_bytes}-1").status_code == 202)
    assert wait_for(lambda: process.client.get("/readyz").status_code == 200)
    process.sent += 1000
    process.post(f"roomy-{room_bytes}")
    assert process.desk.wait_for(f"roomy-{room_bytes}", "note") is not None, "the workers live on"


def test_too_many_at_once_are_503_with_a_short_wait(tmp_path: Path) -> None:
    with processes(tmp_path) as process:
        process.config.write_text(process.config.read_text() + toml({"door": {"rate": 1.0, "burst": 5}}))
        process.start()
        answers = [send(process, b"{}", f"pace-{number}") for number in range(12)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:5] == [202] * 5
        assert 503 in statuses
        assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} == {"5"}
        assert process.client.post(path_of(), content=b"{}").status_code == 401, "a forger takes no room"
        assert wait_for(lambda: send(process, b"{}", "pace-11").status_code == 202)


# --- proofs that are secrets themselves -----------------------------------------------------------------


def ask(process: Process, path: str, body: bytes = b"{}", **headers: str) -> Told:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return raw(str(process.client.base_url), [request(path, pairs, body)])


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_every_proof_works_and_refuses(process: Process) -> None:
    sign = "sha256=" + body_signature(HMAC_SECRET.encode(), b"{}").decode()
    good = [
        ask(process, "/hooks/token", x_desk_token=TOKEN),
        ask(process, "/hooks/bearer", authorization=f"Bearer {TOKEN}"),
        ask(process, "/hooks/basic", authorization=basic(BASIC)),
        ask(process, f"/hooks/url/{URL_SECRET}"),
        ask(process, f"/hooks/url/{URL_SECRET}/created", b'{"type": "x"}'),
        ask(process, "/hooks/hmac", x_sign=sign),
        ask(process, "/hooks/rotating", x_hercules_token="new-" + TOKEN),
        ask(process, "/hooks/rotating", b'{"type": "x"}', x_hercules_token="other-" + TOKEN),
    ]
    assert [told.status for told in good] == [202] * len(good)
    bad = [
        ask(process, "/hooks/token"),
        ask(process, "/hooks/token", x_desk_token=TOKEN[:-1]),
        ask(process, "/hooks/token", x_desk_token=TOKEN.upper()),
        ask(process, "/hooks/token", x_desk_token=f"Bearer {TOKEN}"),
        ask(process, f"/hooks/token/{TOKEN}"),
        ask(process, f"/hooks/token?X-Desk-Token={TOKEN}"),
        ask(process, "/hooks/bearer", authorization=TOKEN),
        ask(process, "/hooks/basic", authorization=basic(BASIC + "x")),
        ask(process, "/hooks/basic", authorization=f"Basic {BASIC}"),
        ask(process, "/hooks/basic", authorization="Basic " + "!" * 50),
        ask(process, "/hooks/url"),
        ask(process, "/hooks/url/"),
        ask(process, f"/hooks/url/{URL_SECRET}x"),
        ask(process, f"/hooks/url/x/{URL_SECRET}"),
        ask(process, f"/hooks/url?secret={URL_SECRET}"),
        ask(process, "/hooks/hmac", x_sign=sign.removeprefix("sha256=")),
        ask(process, "/hooks/hmac", b"{} ", x_sign=sign),
        ask(process, "/hooks/rotating", x_hercules_token="old-" + TOKEN),
    ]
    assert {(told.status, told.body) for told in bad} == {(401, b'{"error": "unauthorized"}')}


def test_the_same_body_without_a_signed_id_is_one_delivery(process: Process) -> None:
    body = b'{"type": "ticket.closed", "ticket": {"id": "twice"}}'
    before = _accepted(process, "token")
    answers = [ask(process, "/hooks/token", body, x_desk_token=TOKEN) for _ in range(3)]
    assert [told.status for told in answers] == [202] * 3
    assert _accepted(process, "token") == before + 1


def _accepted(process: Process, desk: str) -> int:
    lines = process.client.get("/metrics").text.splitlines()
    marks = (f'desk="{desk}"', 'outcome="accepted"')
    found = [line for line in lines if "deliveries" in line and all(mark in line for mark in marks)]
    return int(float(found[0].split()[-1])) if found else 0


def test_no_secret_stands_in_the_log_or_the_metrics(process: Process) -> None:
    test_every_proof_works_and_refuses(process)
    ask(process, "/hooks/nobody/" + URL_SECRET)
    ask(process, "/hooks/url/" + URL_SECRET + "%00", b"{")
    raw(
        str(process.client.base_url),
        [b"POST /hooks/url/" + URL_SECRET.encode() + b" HTTP/1.1\r\nbad header\r\n\r\n"],
    )
    log_in = process.client.post("/login", data={"token": "guess-" + TOKEN, "name": "Ann"})
    assert log_in.status_code == 401
    written = process.log.read_text() + process.client.get("/metrics").text
    spoken = process.client.get("/openapi.json").text + process.client.get("/readyz").text
    for secret in (
        TOKEN,
        BASIC,
        URL_SECRET,
        HMAC_SECRET,
        process.secret,
        base64.b64encode(BASIC.encode()).decode(),
    ):
        assert secret not in written
        assert secret not in spoken
    assert "Traceback" not in process.log.read_text()
    tokens = [line for line in process.log.read_text().splitlines() if "Admin token" in line]
    assert len(tokens) == 1
