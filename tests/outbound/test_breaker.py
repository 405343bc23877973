"""When a failing desk is left alone, and how it is found to be back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import DeskError, DeskPaused
from hercules.outbound import Breaker, BreakerLimits, BreakerState, BreakingClient, OutboundClient
from hercules.outbound.breaker import (
    CLOSED,
    PAUSE_TOLD_MAX_S,
    TRY_S,
    asked,
    failed,
    hurried,
    released,
    succeeded,
)
from tests.desks.servers import FakeDesk, fake_desk
from tests.listing import housed, listing_desk

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LIMITS = BreakerLimits(failures=3, pause_s=5.0, pause_max_s=60.0)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def fail(state: BreakerState, at: datetime = NOW, wait_s: float | None = None) -> BreakerState:
    return failed(state, at, "away", wait_s, LIMITS)


def opened() -> BreakerState:
    return fail(fail(fail(CLOSED)))


# --- the state machine ------------------------------------------------------------------------------


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    twice = fail(fail(CLOSED))
    assert twice.phase == "closed"
    assert succeeded(twice) == CLOSED
    assert (opened().phase, opened().until, opened().why) == ("open", after(5), "away")


def test_while_open_nothing_goes_and_then_one_call_tries() -> None:
    state, wait_s = asked(opened(), after(1))
    assert (state.phase, wait_s) == ("open", 4.0)
    state, wait_s = asked(state, after(5))
    assert (state.phase, wait_s) == ("trying", None)
    assert asked(state, after(6))[1] == TRY_S - 1, "one call at a time"
    assert asked(state, after(5 + TRY_S))[1] is None, "a call that never tells blocks nothing for ever"


def test_a_good_try_closes_it_and_a_bad_one_doubles_the_pause() -> None:
    trying, _ = asked(opened(), after(5))
    assert succeeded(trying) == CLOSED
    pauses = []
    state, at = trying, 5.0
    for _ in range(5):
        state = fail(state, after(at))
        pauses.append(state.pause_s)
        at += state.pause_s
        state, _ = asked(state, after(at))
    assert pauses == [10, 20, 40, 60, 60]


def test_retry_after_opens_it_for_that_long() -> None:
    told = fail(CLOSED, wait_s=120.0)
    assert (told.phase, told.until) == ("open", after(120))
    assert fail(CLOSED, wait_s=1e9).until == after(PAUSE_TOLD_MAX_S)
    assert fail(CLOSED, wait_s=0.0).until == NOW


def test_calls_that_were_out_while_it_opened_neither_close_nor_lengthen_it() -> None:
    told = fail(CLOSED, wait_s=120.0)
    assert succeeded(told) == told
    assert fail(told, after(1)).until == after(120)
    assert fail(told, after(1), wait_s=300.0).until == after(301)


def test_a_call_that_tells_nothing_lets_another_one_try() -> None:
    trying, _ = asked(opened(), after(5))
    assert asked(released(trying, after(6)), after(6))[1] is None
    assert released(CLOSED, NOW) == CLOSED


def test_a_clock_set_back_holds_nothing_up() -> None:
    assert asked(opened(), NOW - timedelta(days=1))[1] is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "good", "bad", "none"]),
            st.floats(0, 100),
            st.none() | st.floats(0, 7200),
        ),
        max_size=60,
    )
)
def test_no_history_shuts_a_desk_out_for_more_than_an_hour(
    steps: list[tuple[str, float, float | None]],
) -> None:
    state, at = CLOSED, NOW
    for what, seconds, wait_s in steps:
        at += timedelta(seconds=seconds)
        if what == "ask":
            state, _ = asked(state, at)
        elif what == "good":
            state = succeeded(state)
        elif what == "bad":
            state = fail(state, at, wait_s)
        else:
            state = released(state, at)
        assert state.phase == "closed" or state.until is not None
    assert asked(state, at + timedelta(seconds=PAUSE_TOLD_MAX_S))[1] is None


# --- around a client --------------------------------------------------------------------------------


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def desk() -> Iterator[FakeDesk]:
    with fake_desk() as found:
        yield found


def client_of(desk: FakeDesk, clock: Hands, *hosts: str) -> tuple[BreakingClient, Breaker]:
    breaker = Breaker("acme", clock, LIMITS)
    client = OutboundClient([desk.host], private_hosts=[desk.host], plain_hosts=[desk.host])
    return BreakingClient(client, breaker, hosts or [desk.host]), breaker


def get(client: BreakingClient, desk: FakeDesk) -> int:
    return client.send("GET", desk.url, headers={}, deadline_s=5, answer_max_bytes=1000).status


def test_a_failing_desk_is_left_alone_and_asked_once_when_the_pause_is_over(desk: FakeDesk) -> None:
    clock = Hands()
    client, breaker = client_of(desk, clock)
    desk.answer = lambda _: (500, {}, {})
    assert [get(client, desk) for _ in range(3)] == [500, 500, 500]
    with pytest.raises(DeskPaused, match=r"acme is not asked for 5 s more: the desk answered 500") as caught:
        get(client, desk)
    assert (caught.value.outcome, caught.value.retry_after_s) == ("no", 5.0)
    assert len(desk.asked) == 3
    clock.now = after(5)
    desk.answer = lambda _: (200, {}, {})
    assert get(client, desk) == 200
    assert breaker.state == CLOSED


@pytest.mark.parametrize(
    ("status", "counts"), [(404, False), (401, True), (403, True), (422, False), (429, True), (503, True)]
)
def test_which_answers_are_failures(desk: FakeDesk, status: int, counts: bool) -> None:
    client, breaker = client_of(desk, Hands())
    desk.answer = lambda _: (status, {}, {})
    get(client, desk)
    assert breaker.state.failures == int(counts)


def test_a_403_that_asks_to_wait_is_no_refusal_and_is_kept_to(desk: FakeDesk) -> None:
    client, breaker = client_of(desk, Hands())
    desk.answer = lambda _: (403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 12})
    assert get(client, desk) == 403
    with pytest.raises(DeskPaused, match="the desk answered 403: asked too often"):
        get(client, desk)
    assert breaker.wait_s() == 3600.0


def test_refused_credentials_pause_a_desk_at_once_ever_longer_until_a_restart(desk: FakeDesk) -> None:
    clock = Hands()
    client, breaker = client_of(desk, clock)
    desk.answer = lambda _: (403, {}, {})
    pauses = []
    for _ in range(3):
        assert get(client, desk) == 403
        with pytest.raises(DeskPaused, match=r"the desk refused our credentials \(403\)"):
            get(client, desk)
        pauses.append(breaker.wait_s())
        clock.now += timedelta(seconds=breaker.wait_s() or 0)
    assert pauses == [5.0, 10.0, 20.0]
    get(client, desk)
    again = client_of(desk, clock)
    again[1].take_up(breaker.state)
    desk.answer = lambda _: (200, {}, {})
    assert get(again[0], desk) == 200, "the password may be mended: a restart asks at once"
    assert again[1].state == CLOSED


def test_what_we_refuse_ourselves_says_nothing_of_the_desk(desk: FakeDesk) -> None:
    client, breaker = client_of(desk, Hands())
    for _ in range(4):
        with pytest.raises(DeskError):
            client.send("GET", "https://elsewhere.example", headers={}, deadline_s=5, answer_max_bytes=9)
    assert breaker.state == CLOSED


def test_files_of_the_desk_itself_wait_and_those_of_other_hosts_do_not(desk: FakeDesk) -> None:
    clock = Hands()
    away, other = client_of(desk, clock)[0], client_of(desk, clock, "api.example")[0]
    desk.answer = lambda _: (500, {}, {})
    for client, why in ((away, "is not asked"), (other, "answered with 500")):
        for _ in range(3):
            with pytest.raises(DeskError):
                list(client.stream(desk.url, headers={}, limit_bytes=10, deadline_s=5))
        with pytest.raises(DeskError, match=why):
            list(client.stream(desk.url, headers={}, limit_bytes=10, deadline_s=5))


def test_a_file_left_in_the_middle_is_a_good_answer(desk: FakeDesk) -> None:
    client, breaker = client_of(desk, Hands())
    breaker.take_up(BreakerState("closed", failures=2))
    desk.answer = lambda _: (200, b"x" * 100_000, {})
    chunks = client.stream(desk.url, headers={}, limit_bytes=1 << 20, deadline_s=5)
    assert next(iter(chunks))
    del chunks
    assert breaker.state == CLOSED


def test_a_restart_does_not_ask_a_desk_that_told_us_to_wait(tmp_path: Path) -> None:
    with listing_desk() as desk:
        desks = {"fake": desk.settings()}
        desk.trouble = (503, {}, {"retry-after": "600"})
        with housed(tmp_path, desks) as house, pytest.raises(DeskError):
            list(house.desks["fake"].list_recent(NOW))
        with housed(tmp_path, desks) as house:
            assert house.paused() == {"fake"}
            assert 'hercules_desk_breaker{desk="fake"} 2.0' in house.metrics.text().decode()
            with pytest.raises(DeskPaused):
                list(house.desks["fake"].list_recent(NOW))
        assert len(desk.server.asked) == 1


def test_a_person_ends_the_pause_for_one_call() -> None:
    state = hurried(opened(), after(1))
    state, wait_s = asked(state, after(1))
    assert (state.phase, wait_s) == ("trying", None)
    assert asked(state, after(2))[1] == TRY_S - 1, "the others still wait"
    assert fail(state, after(3)).pause_s == 10.0, "and a failed try counts like any"
    assert hurried(CLOSED, after(1)) == CLOSED
    assert hurried(state, after(2)) == state
