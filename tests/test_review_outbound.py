"""An answer that is too large says something of what was asked for, nothing of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hercules.model import DeskError, Unreadable
from hercules.outbound import Breaker, BreakingClient, OutboundClient
from tests.desks.servers import FakeDesk, fake_desk

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def desk() -> Iterator[FakeDesk]:
    with fake_desk() as found:
        found.answer = lambda _: (200, b"x" * 5000, {})
        yield found


def client_of(desk: FakeDesk) -> tuple[BreakingClient, Breaker]:
    hosts = [desk.host]
    client = OutboundClient(hosts, credential_hosts=hosts, private_hosts=hosts, plain_hosts=hosts)
    breaker = Breaker("fake", lambda: NOW)
    return BreakingClient(client, breaker, hosts), breaker


def ask(client: BreakingClient, desk: FakeDesk, method: str) -> DeskError:
    with pytest.raises(DeskError) as raised:
        client.send(method, f"{desk.url}/x", headers={}, deadline_s=5.0, answer_max_bytes=1000)
    return raised.value


def test_a_ticket_that_is_too_large_to_be_read_does_not_shut_its_desk(desk: FakeDesk) -> None:
    client, breaker = client_of(desk)
    for _ in range(5):
        error = ask(client, desk, "GET")
        assert isinstance(error, Unreadable)
        assert error.permanent
    assert breaker.state.phase == "closed"
    assert len(desk.asked) == 5


def test_a_write_with_too_large_an_answer_may_have_been_done(desk: FakeDesk) -> None:
    client, _ = client_of(desk)
    error = ask(client, desk, "POST")
    assert (error.outcome, error.permanent) == ("unknown", False)
