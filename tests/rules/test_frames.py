"""Whole rules of sets and sequences, from their file to what is shown, against a reading of the language."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.rules.database import Engine
from tests.rules import frames

ENGINES: tuple[Engine, ...] = ("hyperscan", "re2")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 40), st.sampled_from(ENGINES))
def test_frames_are_those_of_the_language(seed: int, engine: Engine) -> None:
    made = frames.case(seed)
    assert frames.found(made, engine) == frames.expected(made)


def test_the_cases_are_of_every_kind() -> None:
    cases = [frames.case(seed) for seed in range(400)]
    told = [frames.expected(one) for one in cases]
    bare = [frames.expected(frames.without_denials(one)) for one in cases]
    assert sum(count > 0 for count, _ in told) > 100
    assert sum(one != other for one, other in zip(told, bare, strict=True)) > 25
    assert {(one.is_set, one.stamped, bool(one.denials)) for one in cases if frames.expected(one)[0]} == {
        (is_set, stamped, denied)
        for is_set in (False, True)
        for stamped in (False, True)
        for denied in (False, True)
    }
