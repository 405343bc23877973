"""Near misses of a hit sample: each is made where it can be, and told when the rule still fires."""

from __future__ import annotations

import pytest

from hercules.model import Limits, Part
from hercules.rules.mutate import mutations
from hercules.rules.samples import Sample, sample_ticket
from tests.rules.kit import AS_OF, HEAD, rules, stamped


def outcomes(body: str, log: str, **ticket: str) -> dict[str, str]:
    """What became of each near miss of one log."""
    rule = rules(HEAD + body).rules[0]
    asked = sample_ticket(ticket, AS_OF) if ticket else None
    sample = Sample("rule-one", "hit1.log", "hit", (Part("hit1.log", data=log.encode()),), asked)
    return {each.what: each.outcome for each in mutations(rule, sample, Limits(), AS_OF)}


GONE = "without all events of term {}"
REVERSED = "with its steps reversed"
STRETCHED = "with the gap stretched past the window"
DENIED = "with a line that fits negation {}"
MISSPELT = "with a byte of the literal of term {} changed"
VERSION = "with a version out of range"
AB = stamped([(0, "first thing"), (1, "nothing"), (3, "second thing")])


def test_a_sequence_that_asks_for_all_it_says() -> None:
    body = "sequence: {window: 10s, order: [first thing, second thing], negate: [{value: calm, window: 2s}]}"
    assert outcomes(body, AB) == {
        GONE.format(1): "silent",
        GONE.format(2): "silent",
        REVERSED: "silent",
        STRETCHED: "silent",
        DENIED.format(1): "silent",
        MISSPELT.format(1): "silent",
        MISSPELT.format(2): "silent",
        VERSION: "skipped",
    }


def test_what_cannot_be_made_is_skipped() -> None:
    assert outcomes("set: {match: [{regex: '[0-9]+'}]}", "7\n") == {
        GONE.format(1): "silent",
        REVERSED: "skipped",
        STRETCHED: "skipped",
        MISSPELT.format(1): "skipped",
        VERSION: "skipped",
    }
    untimed = "first thing\nsecond thing\n"
    made = outcomes("sequence: {window: 10s, order: [first thing, second thing]}", untimed)
    assert (made[STRETCHED], made[REVERSED]) == ("skipped", "silent")
    anywhere = outcomes("sequence: {window: file, order: [first thing, second thing]}", AB)
    assert anywhere[STRETCHED] == "skipped"


def test_steps_that_look_for_the_same_fire_in_any_order() -> None:
    assert outcomes("sequence: {window: 10s, order: [first, thing]}", AB)[REVERSED] == "silent"
    assert (
        outcomes("sequence: {window: 10s, order: [{regex: 'fir|sec'}, {value: ' thing'}]}", AB)[REVERSED]
        == "fires"
    )


def test_steps_that_read_the_same_backwards_are_not_reversed() -> None:
    log = stamped([(0, "first thing"), (1, "second thing"), (2, "first thing")])
    made = outcomes("sequence: {window: 10s, order: [first, second, first]}", log)
    assert made[REVERSED] == "skipped"


def test_a_second_frame_in_the_sample_does_not_hide_the_order() -> None:
    twice = stamped([(0, "first thing"), (1, "second thing"), (2, "first thing"), (3, "second thing")])
    assert outcomes("sequence: {window: 10s, order: [first, second]}", twice)[REVERSED] == "silent"


def test_a_window_around_one_single_event_means_nothing() -> None:
    log = stamped([(0, "disk trouble"), (4, "disk")])
    made = outcomes("set: {window: 10s, match: [{value: disk, count: 2}, trouble]}", log)
    assert made[STRETCHED] == "silent"
    both = stamped([(0, "ab"), (4, "b ab")])
    assert outcomes("set: {window: 10s, match: [ab, {regex: 'a?b'}]}", both)[STRETCHED] == "skipped"


@pytest.mark.parametrize(
    "options",
    [
        "",
        ", window: 1s",
        ", slide: 2s",
        ", slide: -2s, window: 1s",
        ", window: 3s, absolute: true",
        ", anchor: 1",
    ],
)
def test_a_line_that_fits_a_negation_stops_the_rule(options: str) -> None:
    body = f"set: {{window: 10s, match: [first, second], negate: [{{value: calm{options}}}]}}"
    assert outcomes(body, AB)[DENIED.format(1)] == "silent"


def test_negations_without_times() -> None:
    log = "first thing\nnothing\nsecond thing\n"
    for options in ("", ", window: 5s"):
        body = f"set: {{window: 10s, match: [first, second], negate: [{{value: calm{options}}}]}}"
        assert outcomes(body, log)[DENIED.format(1)] == "silent"
    assert outcomes("set: {match: [first], negate: [calm]}", log)[DENIED.format(1)] == "skipped"


def test_bytes_are_changed_in_every_place_and_either_case() -> None:
    made = outcomes("set: {match: [{regex: '(?i)disk (?:trouble|error)'}]}", "DISK Trouble disk error\n")
    assert made[MISSPELT.format(1)] == "silent"
    assert outcomes("set: {match: [Qq qQ]}", "a Qq qQ\n")[MISSPELT.format(1)] == "silent"
    assert outcomes("set: {match: ['{55555}']}", "{55555}\n")[MISSPELT.format(1)] == "silent"


@pytest.mark.parametrize(
    ("version", "fixed_in", "outcome"),
    [
        (">=9.0 <9.4", "", "silent"),
        ("", "[9.4.2, 9.12.0]", "silent"),
        ("*", "", "skipped"),
        ("9.x", "9.4", "silent"),
    ],
)
def test_versions_out_of_range(version: str, fixed_in: str, outcome: str) -> None:
    when = f"when: {{version: '{version}'}}\n" if version else ""
    fixed = f"fixed_in: {fixed_in}\n" if fixed_in else ""
    body = f"{when}{fixed}set: {{match: [disk trouble]}}"
    assert outcomes(body, "disk trouble\n", version="9.1")[VERSION] == outcome
    assert outcomes(body, "disk trouble\n")[VERSION] == outcome


def test_a_sample_that_does_not_fire_gives_no_near_misses() -> None:
    assert outcomes("set: {match: [disk trouble]}", "all is well\n") == {VERSION: "skipped"}
