"""Made-up rules and logs by the ten thousand: the engine against slow readings of every event and frame."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from hercules.rules.database import Engine
from tests.bench.measure import Row
from tests.rules import frames, oracle

_ENGINES: tuple[Engine, ...] = ("hyperscan", "re2")
Told = tuple[bool, int]
"""True when an engine finds anything else than the slow reading; and how much that one finds."""


def run(cases: int = 10_000, first: int = 1_000_000) -> list[Row]:
    """How many cases were found alike by both engines, and how much there was to find in them."""
    lines, framed = _all(by_event, cases, first), _all(by_frame, cases, first)
    return [
        Row("rule sets and logs, each event equal to asking RE2", [cases], "cases"),
        Row("lines found in them", [lines], "lines"),
        Row("sets and sequences, each frame equal to a slow reading", [cases], "cases"),
        Row("frames found in them", [framed], "frames"),
    ]


def _all(told_of: Callable[[int], Told], cases: int, first: int) -> int:
    with ProcessPoolExecutor() as workers:
        told = list(workers.map(told_of, range(first, first + cases), chunksize=50))
    wrong = [seed for seed, (differs, _) in enumerate(told, first) if differs]
    if wrong:
        raise RuntimeError(f"{told_of.__name__}: {len(wrong)} of {cases} cases differ, such as {wrong[:3]}")
    return sum(found for _, found in told)


def by_event(seed: int) -> Told:
    """File, line, rule and captures of every event."""
    made = oracle.case(seed)
    expected = oracle.expected(made)
    return any(oracle.found(made, engine) != expected for engine in _ENGINES), len(expected)


def by_frame(seed: int) -> Told:
    """How many frames there are, and which lines are shown for them."""
    made = frames.case(seed)
    expected = frames.expected(made)
    return any(frames.found(made, engine) != expected for engine in _ENGINES), expected[0]
