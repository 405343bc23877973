"""Stops asking a desk that fails time after time, and finds out gently whether it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from hercules.calling import Answer
from hercules.model import REFUSED, DeskError, DeskPaused

Phase = Literal["closed", "open", "trying"]
PAUSE_TOLD_MAX_S = 3600.0
TRY_S = 180.0
_MAY_PASS = frozenset((408, 425))
_REFUSED = frozenset((401, 403))


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """After so many failures in a row it opens for `pause_s`, doubled at each failed try up to a maximum."""

    failures: int = 3
    pause_s: float = 5.0
    pause_max_s: float = 900.0


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`closed`: the desk is asked. `open`: not before `until`. `trying`: one call is out to see if it is.

    `failures` counts those in a row, `pause_s` is how long the last pause of our own was, `why` the last
    failure in words.
    """

    phase: Phase = "closed"
    failures: int = 0
    pause_s: float = 0.0
    until: datetime | None = None
    why: str = ""


CLOSED = BreakerState()


def asked(state: BreakerState, now: datetime) -> tuple[BreakerState, float | None]:
    """The state when a call is wanted now, and how long (seconds) it must wait, None when it may go."""
    if state.phase == "closed" or state.until is None:
        return state, None
    left_s = (state.until - now).total_seconds()
    if 0.0 < left_s <= PAUSE_TOLD_MAX_S:  # a longer one comes of a clock that was set back
        return state, left_s
    return replace(state, phase="trying", until=now + timedelta(seconds=TRY_S)), None


def failed(
    state: BreakerState,
    now: datetime,
    why: str,
    wait_s: float | None,
    limits: BreakerLimits,
    *,
    at_once: bool = False,
) -> BreakerState:
    """The state after a failed call; `wait_s` is how long the desk itself asks us to wait.

    With `at_once` it opens at the first failure: what was refused is refused again, and may lock us out.
    """
    failures = state.failures + 1
    again = replace(state, failures=failures, why=why)
    if state.phase == "open":  # a call that was out when it opened: the pause is not doubled for it
        told = now + timedelta(seconds=min(wait_s or 0.0, PAUSE_TOLD_MAX_S))
        return replace(again, until=max(state.until or told, told))
    if wait_s is not None:
        return replace(again, phase="open", until=now + timedelta(seconds=min(wait_s, PAUSE_TOLD_MAX_S)))
    if state.phase == "trying" or at_once or failures >= limits.failures:
        pause_s = min(max(limits.pause_s, 2 * state.pause_s), limits.pause_max_s)
        return replace(again, phase="open", pause_s=pause_s, until=now + timedelta(seconds=pause_s))
    return again


def succeeded(state: BreakerState) -> BreakerState:
    """The state after a good call; one that was out while it opened does not close it."""
    return state if state.phase == "open" else CLOSED


def released(state: BreakerState, now: datetime) -> BreakerState:
    """The state after a call that tells nothing of the desk: another one may try at once."""
    return replace(state, phase="open", until=now) if state.phase == "trying" else state


def hurried(state: BreakerState, now: datetime) -> BreakerState:
    """The state when a person wants the desk asked again now: one call may try, as when the pause is over."""
    return replace(state, until=now) if state.phase == "open" else state


class Call:
    """One call under way; what came of it is told once, nothing told means it says nothing of the desk."""

    def __init__(self) -> None:
        self.outcome: Literal["", "good", "bad"] = ""
        self.why = ""
        self.wait_s: float | None = None
        self.refused = False

    def answered(self, answer: Answer) -> None:
        """The desk answered: 5xx is a failure, and so is one that asks us to wait or refuses our account."""
        status, wait_s = answer.status, answer.retry_after_s
        if answer.asks_to_wait:
            self._fail(f"the desk answered {status}: asked too often", wait_s)
        elif status in _REFUSED:
            self.refused = True
            self._fail(f"{REFUSED} ({status})", wait_s)
        elif status >= 500 or status in _MAY_PASS:
            self._fail(f"the desk answered {status}", wait_s)
        else:
            self.outcome = "good"

    def raised(self, error: DeskError) -> None:
        """No whole answer came; an error that is permanent is our own refusal and tells nothing."""
        if not error.permanent:
            self._fail(str(error), error.retry_after_s)

    def _fail(self, why: str, wait_s: float | None) -> None:
        self.outcome, self.why, self.wait_s = "bad", why, wait_s


def unchanged(_: BreakerState) -> None:
    """Nobody wants to hear of changes."""


class Breaker:
    """The breaker of one desk, for several threads."""

    def __init__(
        self,
        name: str,
        clock: Callable[[], datetime],
        limits: BreakerLimits = BreakerLimits(),
    ) -> None:
        self._state = CLOSED
        self._name, self._clock, self._limits = name, clock, limits
        self._told: Callable[[BreakerState], None] = unchanged
        self._lock = threading.Lock()

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        return self._state

    def take_up(self, state: BreakerState) -> None:
        """Go on from how it stood before; after refused credentials it tries at once, they may be mended."""
        if state.phase != "closed" and state.why.startswith(REFUSED):
            state = replace(state, phase="open", until=self._clock())
        with self._lock:
            self._state = state

    def tell(self, told: Callable[[BreakerState], None]) -> None:
        """Have `told` hear of each change from now on, after it and in the thread whose call made it."""
        self._told = told

    def wait_s(self) -> float | None:
        """How long no call may be made, None when one may go now. Changes nothing."""
        return asked(self._state, self._clock())[1]

    def hurry(self) -> None:
        """Let one call try now; where none is held back nothing changes."""
        self._move(lambda state, now: (hurried(state, now), None))

    @contextmanager
    def call(self) -> Iterator[Call]:
        """A call to the desk. Raises DeskPaused, and nothing is sent, while the desk is not to be asked."""
        wait_s = self._move(lambda state, now: asked(state, now))
        if wait_s is not None:
            raise DeskPaused(
                f"desk {self._name} is not asked for {wait_s:.0f} s more: {self._state.why}",
                "no",
                wait_s,
            )
        call = Call()
        try:
            yield call
        except DeskError as error:
            call.raised(error)
            raise
        finally:
            self._move(lambda state, now: (self._after(call, state, now), None))

    def _after(self, call: Call, state: BreakerState, now: datetime) -> BreakerState:
        if call.outcome == "bad":
            return failed(state, now, call.why, call.wait_s, self._limits, at_once=call.refused)
        return succeeded(state) if call.outcome == "good" else released(state, now)

    def _move(
        self, move: Callable[[BreakerState, datetime], tuple[BreakerState, float | None]]
    ) -> float | None:
        with self._lock:
            before = self._state
            self._state, wait_s = move(before, self._clock())
            after = self._state
        if (after.phase, after.until) != (before.phase, before.until):
            self._told(after)
        return wait_s
