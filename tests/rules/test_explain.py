"""Explanations: the verdict agrees with the scan, and names what stopped the rule where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Limits, NotScanned, Ticket
from hercules.rules.explain import Explanation, explain, in_lines, plain
from tests.rules.kit import HEAD, log, rules, run, stamped, ticket


def explained(body: str, *texts: str, asked: Ticket | None = None, name: str = "app.log") -> Explanation:
    rule = rules(HEAD + body).rules[0]
    files = [log(text, name if len(texts) == 1 else f"{number}.log") for number, text in enumerate(texts)]
    return explain(rule, files, Limits(), lambda text: text, asked)


PAIR = "set: {window: 5s, match: [first thing, second thing], negate: [{value: all calm, window: 5s}]}"


def test_a_rule_that_fires() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (2, "other"), (3, "second thing")]))
    assert made.fires
    assert made.verdict == "rule-one fires at app.log:1, app.log:3."
    assert [(term.name, term.count, term.fast) for term in made.terms] == [
        ("term 1", 1, True),
        ("term 2", 1, True),
        ("negation 1", 0, True),
    ]
    assert made.terms[1].hits[0].line == 3
    assert made.terms[1].hits[0].text.endswith("second thing")
    assert made.terms[0].literals == ("first thing",)


def test_a_term_that_is_not_there() -> None:
    made = explained(PAIR, stamped([(0, "first thing")]))
    assert not made.fires
    assert made.verdict == "rule-one is silent: term 2 was found in 0 events of 1 (second thing)."


def test_a_frame_that_is_too_wide() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (9, "second thing")]))
    assert made.verdict == (
        "rule-one is silent: the events at app.log:1, app.log:2 are too wide: 9 s between first and last, "
        "the window is 5 s."
    )


def test_a_negation_that_blocks_is_named_with_its_line() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (3, "second thing"), (4, "all calm")]))
    assert made.verdict.endswith("are blocked by negation 1 at app.log:3.")


def test_terms_in_different_files_make_no_frame() -> None:
    made = explained(PAIR, stamped([(0, "first thing")]), stamped([(1, "second thing")]))
    assert made.verdict.endswith("not together in one file, or not in the order of the steps.")


def test_steps_in_the_wrong_order() -> None:
    made = explained("sequence: {window: 5s, order: [bbbb, aaaa]}", stamped([(0, "aaaa"), (1, "bbbb")]))
    assert "not in the order of the steps" in made.verdict


@pytest.mark.parametrize(
    ("asked", "truth"),
    [(ticket(version="10.0"), "no"), (ticket(version="9.1"), "yes"), (None, "unknown")],
)
def test_conditions_on_the_ticket(asked: Ticket | None, truth: str) -> None:
    made = explained("when: {version: 9.x}\nset: {match: [disk trouble]}", "disk trouble\n", asked=asked)
    assert made.conditions == [("version", truth)]
    assert made.fires == (truth != "no")
    said = {
        "no": "rule-one is silent: condition version is no.",
        "yes": "rule-one fires at app.log:1.",
        "unknown": "rule-one fires at app.log:1, but version could not be checked.",
    }
    assert made.verdict == said[truth]


def test_a_question_rule() -> None:
    body = "when: {text: [vpn]}"
    assert explained(body, asked=ticket("VPN?")).verdict == (
        "rule-one fires by the words and fields of the ticket."
    )
    assert explained(body, asked=ticket("lunch")).verdict == "rule-one is silent: condition text is no."
    assert explained(body, "vpn\n").verdict == "rule-one is silent: condition text is unknown."


def test_files_that_are_passed_over() -> None:
    made = explained("files: [other.log]\nset: {match: [disk trouble]}", "disk trouble\n")
    assert made.passed_over == [("app.log", "files or exclude_files leave it out")]
    assert made.verdict == "rule-one is silent: none of the files is one that it reads."
    rule = rules(HEAD + "set: {match: [disk trouble]}").rules[0]
    told = explain(rule, [NotScanned("a.zip", "encrypted", "it has a password")], Limits(), str)
    assert told.passed_over == [("a.zip", "not read: it has a password")]


def test_a_term_off_the_fast_path_is_told() -> None:
    made = explained("set: {match: [{regex: '[0-9]+-[0-9]+'}]}", "x 1-2\n")
    assert not made.terms[0].fast
    assert any("no literal: slow path" in line for line in in_lines(made))


def test_the_line_within_an_event_is_the_one_that_matches() -> None:
    text = stamped([(0, "it failed\n\tat a.b.C\nCaused by: disk trouble\n\tat d.e.F")])
    made = explained("set: {match: [disk trouble]}", text)
    assert (made.terms[0].hits[0].line, made.terms[0].hits[0].text) == (3, "Caused by: disk trouble")


def test_many_hits_and_frames_are_cut_and_counted() -> None:
    made = explained("set: {match: [disk trouble]}", "disk trouble\n" * 500)
    assert made.terms[0].count == 500
    assert (len(made.terms[0].hits), len(made.frames), made.frames_all) == (10, 10, 500)
    assert "500 frames were tried, 10 are shown" in list(in_lines(made))


def test_text_is_redacted() -> None:
    rule = rules(HEAD + "set: {match: [disk trouble]}").rules[0]
    made = explain(rule, [log("disk trouble s3cret\n")], Limits(), lambda text: text.replace("s3cret", "[x]"))
    assert "s3cret" not in "\n".join(in_lines(made)) + str(plain(made))


LINES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["aaaa", "bbbb", "cccc", "aaaa bbbb", "dddd"]))
)
RULES = st.sampled_from(
    [
        "set: {match: [aaaa], negate: [{value: cccc, window: 2s, slide: -1s}]}",
        "set: {window: 3s, match: [aaaa, bbbb], negate: [cccc]}",
        "set: {window: 4s, match: [{value: aaaa, count: 2}, bbbb]}",
        "sequence: {window: 4s, order: [aaaa, bbbb], negate: [{value: cccc, anchor: 1, window: 1s}]}",
        "sequence: {window: file, order: [aaaa, {value: bbbb, count: 2}]}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(RULES, LINES, st.booleans())
def test_it_agrees_with_the_scan(body: str, lines: list[tuple[int, str]], timed: bool) -> None:
    text = stamped(sorted(lines)) if timed else "".join(f"{word}\n" for _, word in lines)
    ruleset = rules(HEAD + body)
    found = run(ruleset, log(text)).matches if text else ()
    made = explained(body, text) if text else explained(body)
    assert made.fires == bool(found)
    if found:
        assert sum(frame.good for frame in made.frames) == min(found[0].count, 10)
        assert made.frames[0].places[0][1] == found[0].evidence[0].line
