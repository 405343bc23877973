"""Fifty ways to name a place we must not go to, tried with a listener there: it hears nothing at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from hercules.model import DeskError
from hercules.outbound import OutboundClient, resolve
from tests.desks.servers import fake_desk

CANARY = "Bearer canary-of-the-desk"
# {port} is where the listener waits on all of this machine's addresses.
FORMS = [
    *(f"http://{host}:{{port}}/" for host in (
        "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f.1", "0x7f000001",
        "0X7F.0.0.1",
        "0177.0.0.1", "017700000001", "127.0x0.0.0x1", "0", "0.0.0.0", "000.0.0.0", "localhost", "LOCALHOST",
        "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "127.0.0.1.", "①②⑦.⓪.⓪.①",
        "127。0。0。1", "１２７.0.0.1", "user@127.0.0.1", "user:pass@127.0.0.1", "desk.example@127.0.0.1",
        "desk.example:80@127.0.0.1", "desk.example%40127.0.0.1", "desk.example%2f@127.0.0.1",
        "127.0.0.1%23@desk.example", "127.0.0.1%00.desk.example", "desk.example.127.0.0.1",
    )),
    "HTTP://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://desk.example\\@127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "dict://127.0.0.1:{port}/info",
    "ws://127.0.0.1:{port}/",
    "file://127.0.0.1:{port}/etc/passwd",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: desk.example",
    "http://desk.example\t.127.0.0.1:{port}/",
    "http://169.254.169.254:{port}/latest/meta-data/",
]  # fmt: skip
# What the name of a listed host may be made to lead to.
ADDRESSES = (
    "127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "127.8.9.10", "64:ff9b::7f00:1", "2002:7f00:1::"
)  # fmt: skip


@dataclass
class Victim:
    """A port that must stay silent."""

    port: int
    heard: list[object] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Victim]:
    with socket.create_server(("0.0.0.0", 0)) as sock:
        victim = Victim(sock.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    peer, address = sock.accept()
                except OSError:
                    return
                victim.heard.append(address)
                peer.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield victim
        finally:
            sock.shutdown(socket.SHUT_RDWR)
            thread.join()


def ask(client: OutboundClient, url: str, *, file: bool) -> None:
    """Ask by either way; it must be refused."""
    headers = {"authorization": CANARY}
    try:
        if file:
            list(client.stream(url, headers=headers, limit_bytes=100, deadline_s=1.0))
        else:
            client.send("GET", url, headers=headers, deadline_s=1.0, answer_max_bytes=100)
    except DeskError:
        return
    raise AssertionError(f"{url!r} was answered")


def test_fifty_forms_reach_nobody_straight_or_by_a_redirect() -> None:
    assert len(FORMS) >= 50
    with listening() as victim, fake_desk() as desk:
        listed = [desk.host, "desk.example"]
        client = OutboundClient(
            listed, credential_hosts=listed, private_hosts=[desk.host], plain_hosts=listed, resolver=known
        )
        for form in FORMS:
            url = form.format(port=victim.port)
            onward = url.replace("\r\n", "%0d%0a").encode().decode("latin-1")
            desk.answer = lambda _, onward=onward: (302, b"", {"location": onward})  # type: ignore[misc]  # bound
            for file in (False, True):
                ask(client, url, file=file)
                if url.strip() != "//":
                    ask(client, desk.url, file=file)
        assert victim.heard == []
        assert {asked.headers["host"] for asked in desk.asked} == {desk.host}


def known(host: str, port: int) -> Sequence[str]:
    """The system's resolver, but without a network: only what needs none is looked up."""
    if host.endswith(".example"):
        raise OSError("gone")
    return resolve(host, port)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("among", [[], ["8.8.8.8"]])
def test_a_listed_name_that_is_made_to_lead_inside_reaches_nobody(address: str, among: list[str]) -> None:
    with listening() as victim:
        name = f"desk.example:{victim.port}"
        client = OutboundClient([name], plain_hosts=[name], resolver=lambda *_: [*among, address])
        for file in (False, True):
            ask(client, f"http://{name}/", file=file)
        assert victim.heard == []


def test_a_name_that_changes_between_check_and_call_reaches_nobody() -> None:
    """Rebinding: what is judged is what is connected to, there is no second look-up in one call."""
    answers: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        answers.append("192.0.2.1" if len(answers) % 2 == 0 else "127.0.0.1")
        return [answers[-1]]

    with listening() as victim:
        name = f"desk.example:{victim.port}"
        client = OutboundClient([name], plain_hosts=[name], resolver=rebinding)
        for _ in range(10):
            ask(client, f"http://{name}/", file=False)
        assert victim.heard == []
    assert len(answers) == 10


def test_the_listener_can_hear() -> None:
    """Else the tests above would prove nothing."""
    with listening() as victim:
        name = f"desk.example:{victim.port}"
        client = OutboundClient(
            [name], plain_hosts=[name], private_hosts=[name], resolver=lambda *_: ["127.0.0.1"]
        )
        ask(client, f"http://{name}/", file=False)
        assert len(victim.heard) == 1
