"""What rules mean over whole logs: windows, negations, counts, shared terms, rotations, encodings."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, Part
from hercules.rules.database import Ruleset
from hercules.rules.scan import scan
from tests.rules.kit import AS_OF, codes, load, log, rule, rules, run, stamped

Line = tuple[int, str]


def lines_of(ruleset: Ruleset, lines: Sequence[Line]) -> list[list[int]]:
    """The lines (from 1) that the only rule shows, for a log with these seconds and texts."""
    return shown(ruleset, stamped(lines))


def shown(ruleset: Ruleset, text: str) -> list[list[int]]:
    return [[proof.line for proof in match.evidence] for match in run(ruleset, text).matches]


NEGATED = "set: {match: [bad words], negate: [{value: all clear%s}]}\n"
PAIR = "sequence: {window: 30s, order: [first words, second words], negate: [{value: all clear%s}]}\n"


@pytest.mark.parametrize(
    ("options", "silent", "fires"),
    [
        ("", [10], [9, 11]),
        (", window: 5s", [10, 12, 15], [9, 16]),
        (", slide: -5s", [5], [4, 6, 10]),
        (", window: 5s, slide: -5s", [5, 8, 10], [4, 11]),
        (", window: 5s, slide: 2s", [12, 17], [11, 18]),
        (", window: 0s", [10], [9, 11]),
    ],
)
def test_negation_around_one_event(options: str, silent: list[int], fires: list[int]) -> None:
    ruleset = rule(NEGATED % options)
    for second in silent:
        assert not lines_of(ruleset, sorted([(10, "bad words"), (second, "all clear")])), second
    for second in fires:
        assert lines_of(ruleset, sorted([(10, "bad words"), (second, "all clear")])), second


@pytest.mark.parametrize(
    ("options", "silent", "fires"),
    [
        ("", [10, 13, 16], [9, 17]),
        (", anchor: 1", [16, 19, 22], [15, 23]),
        (", window: 4s", [10, 20], [9, 21]),
        (", window: 4s, absolute: true", [10, 14], [9, 15]),
        (", window: 4s, anchor: 1, absolute: true", [16, 20], [15, 21]),
        (", absolute: true", [10], [9, 11]),
        (", window: 4s, slide: -3s, anchor: 1, absolute: true", [13, 17], [12, 18]),
        (", slide: -6s, anchor: 1", [10, 16], [9, 17]),
    ],
)
def test_negation_around_a_sequence(options: str, silent: list[int], fires: list[int]) -> None:
    ruleset = rule(PAIR % options)
    steps = [(10, "first words"), (16, "second words")]
    for second in silent:
        assert not lines_of(ruleset, sorted([*steps, (second, "all clear")])), second
    for second in fires:
        assert lines_of(ruleset, sorted([*steps, (second, "all clear")])), second


def test_a_blocked_anchor_gives_way_to_the_next_one() -> None:
    ruleset = rule(PAIR % ", window: 2s, absolute: true")
    steps = [(1, "first words"), (2, "all clear"), (9, "first words"), (12, "second words")]
    assert lines_of(ruleset, steps) == [[3, 4]]


def test_each_negation_counts() -> None:
    negate = "[{value: all clear, window: 5s}, {regex: 'restart(ed)?', slide: -5s}]"
    ruleset = rule(f"set: {{match: [bad words], negate: {negate}}}")
    assert lines_of(ruleset, [(10, "bad words")])
    assert not lines_of(ruleset, [(10, "bad words"), (14, "all clear")])
    assert not lines_of(ruleset, [(5, "restarted"), (10, "bad words")])
    assert rule("set: {match: [bad words], negate: []}")


def test_without_times_a_negation_with_options_looks_at_the_whole_file() -> None:
    plain, wide = rule(PAIR % ""), rule(PAIR % ", window: 1s")
    inside, outside = "first words\nall clear\nsecond words\n", "first words\nsecond words\nx\nall clear\n"
    assert not shown(plain, inside)
    assert shown(plain, outside) == [[1, 2]]
    assert not shown(wide, outside)


def test_windows_include_both_ends() -> None:
    ruleset = rule("set: {window: 5s, match: [first words, second words]}")
    assert lines_of(ruleset, [(0, "second words"), (5, "first words")]) == [[1, 2]]
    assert not lines_of(ruleset, [(0, "second words"), (6, "first words")])
    fine = rule("set: {window: 1500ms, match: [first words, second words]}")
    text = "2026-10-05 10:00:00,%s first words\n2026-10-05 10:00:01,%s second words\n"
    assert shown(fine, text % ("000", "500"))
    assert not shown(fine, text % ("000", "501"))


def test_window_file_is_anywhere_in_the_same_file() -> None:
    ruleset = rule("sequence: {window: file, order: [first words, second words]}")
    far = "2020-01-01 00:00:00,000 first words\n2026-10-05 10:00:00,000 second words\n"
    assert shown(ruleset, far) == [[1, 2]]
    assert not run(ruleset, log("first words\n", "a.log"), log("second words\n", "b.log")).matches


TERMS = """\
id: rule-one
title: T
terms:
  slow: {value: disk slow, count: 3}
  gone: {regex: 'peer (?P<who>\\w+) gone'}
sequence:
  window: 20s
  order: [slow, gone]
  negate: [{value: gone, anchor: 2, window: 3s, slide: 1s, absolute: true}]
"""


def test_shared_terms_bring_their_count_and_keep_their_place() -> None:
    ruleset = rules(TERMS)
    slow = [(second, "disk slow") for second in (0, 1, 2)]
    assert lines_of(ruleset, [*slow, (9, "peer abc gone")]) == [[1, 2, 3, 4]]
    assert not lines_of(ruleset, [*slow[:2], (9, "peer abc gone")])
    assert not lines_of(ruleset, [*slow, (4, "peer abc gone"), (9, "peer abc gone")])
    assert run(ruleset, stamped([*slow, (9, "peer abc gone")])).matches[0].captures == {"who": "abc"}


def test_a_count_is_of_distinct_events() -> None:
    ruleset = rule("set: {window: 10s, match: [{regex: 'disk', count: 2}]}")
    assert not lines_of(ruleset, [(0, "disk disk disk")])
    assert lines_of(ruleset, [(0, "disk"), (10, "disk")]) == [[1, 2]]


def test_equal_terms_of_a_set_add_their_counts() -> None:
    ruleset = rule("set: {window: 10s, match: [disk slow, {value: disk slow, count: 2}]}")
    assert not lines_of(ruleset, [(0, "disk slow"), (1, "disk slow")])
    assert lines_of(ruleset, [(0, "disk slow"), (1, "disk slow"), (2, "disk slow")]) == [[1, 2, 3]]


def test_equal_times_are_in_order_when_the_lines_are() -> None:
    ruleset = rule("sequence: {window: 5s, order: [first words, second words]}")
    assert lines_of(ruleset, [(3, "first words"), (3, "second words")]) == [[1, 2]]
    assert not lines_of(ruleset, [(3, "second words"), (3, "first words")])


def test_stamps_out_of_order_are_sorted() -> None:
    ruleset = rule("sequence: {window: 5s, order: [first words, second words]}")
    assert lines_of(ruleset, [(7, "second words"), (3, "first words"), (4, "more")]) == [[2, 1]]


@pytest.mark.parametrize(
    ("before", "after"),
    [("Dec 31 23:59:58", "Jan  1 00:00:01"), ("Oct 31 23:59:58", "Nov  1 00:00:01")],
)
def test_stamps_without_a_year_keep_their_order(before: str, after: str) -> None:
    ruleset = rule("sequence: {window: 5s, order: [first words, second words]}")
    text = f"{before} host app: first words\n{after} host app: second words\n"
    assert shown(ruleset, text) == [[1, 2]]
    turned = f"{before} host app: second words\n{after} host app: first words\n"
    assert not shown(ruleset, turned)


def test_a_sequence_goes_on_over_rotations() -> None:
    ruleset = rule("sequence: {window: 1h, order: [first words, second words], negate: [all clear]}")
    old, new = stamped([(0, "first words")]), stamped([(60, "second words")])
    assert run(ruleset, log(new, "app.log"), log(old, "app.log.1")).matches
    assert run(ruleset, log(old, "app-2026-10-04.log.gz"), log(new, "app.log")).matches
    between = stamped([(30, "all clear")])
    assert not run(ruleset, log(new, "app.log"), log(between, "app.log.1"), log(old, "app.log.2")).matches
    assert not run(ruleset, log(new, "app.log"), log(old, "other.log.1")).matches


def test_without_times_rotations_are_in_the_order_of_their_numbers() -> None:
    ruleset = rule("sequence: {window: 1h, order: [first words, second words]}")
    assert run(ruleset, log("second words\n", "app.log"), log("first words\n", "app.log.1")).matches
    assert not run(ruleset, log("first words\n", "app.log"), log("second words\n", "app.log.1")).matches


MIXED = """\
2026-10-05 10:00:00,000 INFO start
2026-10-05 10:00:01,000 ERROR open failed: disk 17
\tat one.Two.three(Two.java:4)
Caused by: no space
2026-10-05 10:00:05,000 WARN disk slow
2026-10-05 10:00:06,000 INFO caf\u00e9 x done
"""
COPIES = """\
rules:
  - {id: rule-fold, title: T, set: {match: [{regex: 'failed.*no space$'}]}}
  - {id: rule-line, title: T, set: {match: [{regex: 'disk \\d+$'}]}}
  - {id: rule-dots, title: T, set: {match: [{regex: '(?P<word>caf..?) x'}]}}
  - {id: rule-pair, title: T, sequence: {window: 4s, order: [open failed, disk slow]}}
  - {id: rule-none, title: T, set: {match: [{regex: '\\d\\s\\w+\\s[x-z]'}]}}
"""


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_copies_in_other_encodings_give_equal_matches(encoding: str, end: str) -> None:
    found, _ = load(COPIES)
    assert len(found) == 5
    ruleset = rules(COPIES)

    def matches(data: bytes) -> list[tuple[str, tuple[tuple[int, object, str], ...]]]:
        files = open_bundle([Part("app.log", data=data)], Limits(), AS_OF)
        scanned = scan(files, ruleset, Limits(), redact=lambda text: text)
        return [
            (match.rule_id, tuple((proof.line, proof.time, proof.text) for proof in match.evidence))
            for match in scanned.matches
        ]

    plain = matches(MIXED.encode())
    assert {rule_id for rule_id, _ in plain} >= {"rule-fold", "rule-dots", "rule-pair"}
    assert matches(MIXED.replace("\n", end).encode(encoding)) == plain


def test_nodes_within_terms_are_read_and_not_run() -> None:
    for body in (
        "set: {match: [{set: {match: [abcdef]}}]}",
        "set: {match: [abcdef], correlations: [a]}",
        "set: {match: [{promql: {expr: up}}]}",
    ):
        text = f"id: rule-one\ntitle: T\n{body}\n"
        assert not load(text)[0]
        assert "W-not-run" in codes(text)
