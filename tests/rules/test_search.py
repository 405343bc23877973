"""A scan that changes the literals it looks for finds the same as one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Limits
from hercules.rules import feed, search
from hercules.rules.search import Search
from tests.rules import oracle
from tests.rules.kit import log, one, rule, run

BODY = "set: {match: [{regex: 'zyxwvut .*lastly [0-9]+'}]}\n"
HOT = "zyxwvut and so on\n" * 40


@contextmanager
def eager() -> Iterator[None]:
    """Every find that leads nowhere makes the search change its literals."""
    before = search._COMPILES_AT, search._IDLE_MIN, feed._HOT
    search._COMPILES_AT, search._IDLE_MIN, feed._HOT = 0, 1, 1
    try:
        yield
    finally:
        search._COMPILES_AT, search._IDLE_MIN, feed._HOT = before


def test_a_literal_that_is_everywhere_is_given_up() -> None:
    ruleset = rule(BODY)
    made = Search(ruleset)
    assert made.find(HOT.encode())
    assert not made.find(b"lastly 7")
    first = next(refs for refs in ruleset.refs if (0, 0) in refs)
    made.idle(first[0], 1, 10_000)
    assert made.turns()
    assert not made.find(HOT.encode())
    [(end, literal)] = made.find(b"lastly 7") or []
    assert (end, made.refs[literal]) == (7, ((0, 0),))
    assert not made.turns()
    assert ruleset.finder.find(HOT.encode())  # the set itself never changes


def test_with_the_other_finder_nothing_is_given_up() -> None:
    made = Search(rule(BODY, engine="re2"))
    made.idle((0, 0), 1, 10_000)
    assert not made.turns()


def test_what_comes_after_the_change_is_found() -> None:
    text = HOT * 3 + "zyxwvut and lastly 7\n" + HOT * 3 + "zyxwvut, lastly 8\nzyxwvut and lastly 9\n"
    with eager():
        found = one(run(rule(BODY), log(text, chunk=720)))
    assert [proof.line for proof in found.evidence] == [121, 243]


def test_a_flood_of_errors_hides_no_hit() -> None:
    flood = "".join(f"ERROR {number % 7 * 'x'}\n" for number in range(2_000))
    text = flood + "zyxwvut and lastly 7\n" + flood + "ERROR zyxwvut and lastly 8\n" + flood
    limits = replace(Limits(), errors_max=3)
    ruleset = rule(BODY)
    with eager():
        found = run(ruleset, log(text, chunk=700), limits=limits)
    assert [proof.line for proof in one(found).evidence] == [2_001, 4_002]
    assert [said.reason for said in found.not_scanned] == ["more"]
    assert len(found.errors) == 3


def test_a_flood_is_looked_for_no_longer() -> None:
    made = Search(rule(BODY))
    made.skipped(1_000_000)
    assert made.find(b"ERROR zyxwvut and", errors=True) != made.find(b"ERROR zyxwvut", errors=False)
    assert len(made.find(b"ERROR zyxwvut and", errors=False) or ()) == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1 << 40))
def test_changes_change_nothing(seed: int) -> None:
    made = oracle.case(seed)
    with eager():
        assert oracle.found(made, "hyperscan") == oracle.expected(made)
