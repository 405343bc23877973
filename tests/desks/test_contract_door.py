"""The proof of every kind through the real door: 202 or 401, never anything else for a stranger's bytes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.serving import Served, serving, utc_now

from .kinds import ADDRESS, Kind, Sent, all_kinds
from .test_contract import TIMES, malformed, small

KINDS = list(all_kinds().values())
over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service with a desk of each kind, named as the kind."""
    desks = {
        kind.name: {"kind": kind.desk, "secrets": [{"value": kind.secrets[0]}], **kind.settings(ADDRESS)}
        for kind in KINDS
    }
    with serving(tmp_path_factory.mktemp("door"), work=False, more_desks=desks) as up:
        yield up


def path_of(kind: Kind, sent: Sent) -> str:
    parts = [kind.name, *filter(None, (sent.url_secret, sent.tail))]
    return "/hooks/" + "/".join(parts)


def send(served: Served, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    """The status of one delivery; header values go out as the bytes they are."""
    host = served.url.removeprefix("http://")
    with closing(http.client.HTTPConnection(host, timeout=20)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("content-length", str(len(body)))
        for name, value in headers:
            connection.putheader(name.decode(), value)
        connection.endheaders(body)
        return connection.getresponse().status


@over_kinds
def test_a_good_delivery_is_taken_and_stored_once(kind: Kind, served: Served) -> None:
    body = small(kind)
    before = sum(served.states().values())
    sent = kind.sign(kind.secrets[0], body, utc_now())
    for _ in range(2):
        assert send(served, path_of(kind, sent), sent.raw_headers, body) == 202
    assert sum(served.states().values()) == before + 1


@over_kinds
def test_bad_proofs_are_refused_and_nothing_else(kind: Kind, served: Served) -> None:
    body = small(kind)
    sent = kind.sign(kind.secrets[0], body, utc_now())
    path, good = path_of(kind, sent), sent.raw_headers
    before = served.states()
    assert send(served, f"/hooks/{kind.name}", [], body) == 401
    if "body" in kind.signed:
        assert send(served, path, good, body[:-1] + b" ") == 401
    for name, shapes in ((kind.signature, malformed), (kind.time_header, lambda _: TIMES)):
        if not name or (name == kind.time_header and "time" not in kind.signed):
            continue
        old = dict(good)[name.encode()]
        for shape in shapes(old):
            if {*shape} & {0, 9, 10, 13} or shape != shape.strip():
                continue  # a client or the HTTP parser stops these before the proof is asked
            headers = [(key, shape if key == name.encode() else value) for key, value in good]
            assert send(served, path, headers, body) == 401, shape
    if sent.url_secret:
        for wrong in ("x" * 40, sent.url_secret[:-1], sent.url_secret.swapcase(), "%00%ff", "..%2f.."):
            assert send(served, path.replace(sent.url_secret, wrong), good, body) == 401, wrong
    assert served.states() == before
