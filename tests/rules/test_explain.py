"""Explanations: the verdict agrees with the scan, and names what stopped the rule where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Limits, LogFile, NotScanned, Ticket
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
    told = "term 2 was found in 0 events of 1 (second thing); nearest app.log:1 lacks 'second'"
    assert made.verdict == f"rule-one is silent: {told}."


def test_the_event_that_comes_nearest_is_told() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (1, "second"), (2, "Second Thing")]))
    assert "0 events of 1 (second thing); nearest app.log:3 has its words in other" in made.verdict
    assert made.terms[1].near.startswith("app.log:3 has its words in other upper and lower case")
    assert (made.terms[0].near, made.terms[2].near) == ("", "")


def test_a_frame_that_is_too_wide() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (9, "second thing")]))
    assert made.verdict == (
        "rule-one is silent: the events at app.log:1, app.log:2 are too wide: 9 s between first and last, "
        "the window is 5 s."
    )


def test_a_negation_that_blocks_is_named_with_its_line() -> None:
    made = explained(PAIR, stamped([(0, "first thing"), (3, "second thing"), (4, "all calm")]))
    assert made.verdict.endswith("are blocked by negation 1 at app.log:3.")


def test_the_event_that_blocks_is_the_one_that_counts() -> None:
    body = "set: {match: [first thing], negate: [{value: all calm, slide: 5m, window: 1m}]}"
    made = explained(body, stamped([(0, "first thing"), (1, "all calm"), (330, "all calm")]))
    assert made.verdict.endswith("are blocked by negation 1 at app.log:3.")


@pytest.mark.parametrize("reach", ["window: 999999999d", "slide: -999999999d, window: 1s"])
def test_a_window_to_the_end_of_time(reach: str) -> None:
    body = f"set: {{match: [first thing], negate: [{{value: all calm, {reach}}}]}}"
    lines = list(in_lines(explained(body, stamped([(0, "first thing"), (1, "all calm")]))))
    assert any("of time" in line for line in lines)


def test_events_that_are_not_taken_are_told() -> None:
    rule = rules(HEAD + "set: {window: file, match: [first thing, second thing]}").rules[0]
    limits = Limits(hits_max=10)
    made = explain(rule, [log("first thing\n" * 25 + "second thing\n")], limits, lambda text: text)
    assert made.fires
    assert (made.terms[0].count, made.terms[0].taken) == (25, 10)
    assert any("25 events, the first 10 of them are taken" in line for line in in_lines(made))
    denied = rules(HEAD + "set: {match: [first thing], negate: [{value: all calm, window: 5s}]}")
    text = stamped([*((second, "all calm") for second in range(20)), (50, "first thing")])
    made = explain(denied.rules[0], [log(text)], limits, lambda text: text)
    assert not made.fires
    assert not run(denied, text, limits=limits).matches
    assert "more often than is looked at" in made.verdict


def test_terms_in_different_files_make_no_frame() -> None:
    made = explained(PAIR, stamped([(0, "first thing")]), stamped([(1, "second thing")]))
    assert made.verdict.endswith("not together in one file, or not in the order of the steps.")


def test_two_files_of_one_name_are_two_logs_as_in_the_scan() -> None:
    ruleset = rules(HEAD + "set: {window: file, match: [first thing, second thing]}")

    def files() -> list[LogFile]:
        return [log("first thing\n", "a/app.log"), log("second thing\n", "a/app.log.gz!app.log")]

    assert not run(ruleset, *files()).matches
    assert not explain(ruleset.rules[0], files(), Limits(), lambda text: text).fires


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


ASKED = "when: {text: {any: [vpn, virtual private network], all: [{regex: 'set ?up'}], none: [outage]}}"


@pytest.mark.parametrize(
    ("subject", "description", "why"),
    [
        ("Set up", "the printer", "condition text is no: nothing of its any is in the ticket."),
        ("VPN", "please", "condition text is no: 'set ?up' is not in the ticket."),
        (
            "VPN setup",
            "well\nan OUTAGE",
            "condition text is no: ticket/description.txt:2 has 'outage', which it",
        ),
    ],
)
def test_the_words_that_stop_a_question_are_told(subject: str, description: str, why: str) -> None:
    made = explained(ASKED, asked=ticket(subject, description))
    assert not made.fires
    assert f"is silent: {why}" in made.verdict


def test_the_words_that_a_question_found_are_told() -> None:
    made = explained(ASKED, asked=ticket("Setup", "How is it?\nI mean the VPN"))
    assert made.fires
    lines = list(in_lines(made))
    assert "  any: phrase 'vpn': ticket/description.txt:2: vpn" in lines
    assert "  any: phrase 'virtual private network': not there" in lines
    assert "  all: regex 'set ?up': ticket/subject.txt:1: setup" in lines
    told = plain(made)["phrases"]
    assert isinstance(told, list)
    assert told[0]["words"] == "vpn"
    assert told[1]["file"] is None


def test_a_question_rule() -> None:
    body = "when: {text: [vpn]}"
    assert explained(body, asked=ticket("VPN?")).verdict == (
        "rule-one fires by the words and fields of the ticket."
    )
    assert explained(body, asked=ticket("lunch")).verdict == (
        "rule-one is silent: condition text is no: nothing of its any is in the ticket."
    )
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


def test_the_kind_of_time_stamp_is_told() -> None:
    body = "set: {match: [disk trouble]}"
    made = explained(body, stamped([(0, "disk trouble")]), "orbit{10:00} disk trouble\n")
    assert made.times == [("0.log", "2026-01-02 03:04:05,123"), ("1.log", "")]
    told = list(in_lines(made))
    assert "times of 0.log: by `2026-01-02 03:04:05,123`" in told
    assert "no time stamp was read in 1.log" in told


def test_a_window_without_times_is_told() -> None:
    made = explained(PAIR, "first thing\nsecond thing\n")
    assert made.verdict == (
        "rule-one fires at app.log:1, app.log:2, but the window of 5 s (no time stamp was read in app.log) "
        "could not be checked."
    )
    assert made.frames[0].notes == ("no time stamp was read in app.log: the window of 5 s was not applied",)
    blocked = explained(PAIR, "first thing\nsecond thing\nmore\nall calm\n")
    assert blocked.frames[0].notes == (
        "negation 1 counted anywhere in the file, since no time stamp was read in app.log",
    )
    plainly = PAIR.replace("{value: all calm, window: 5s}", "all calm")
    assert explained(plainly, "first thing\nall calm\nsecond thing\n").frames[0].notes == (
        "negation 1 counted from app.log:1 to app.log:3 by the order of lines, since no time stamp was read "
        "in app.log",
    )


def covered(negate: str, *more: tuple[int, str]) -> tuple[str, ...]:
    body = f"sequence: {{window: 5s, order: [first thing, second thing], negate: [{negate}]}}"
    lines = sorted([(20, "first thing"), (22, "second thing"), *more])
    return explained(body, stamped(lines)).frames[0].notes


def test_what_a_negation_covered_and_what_lay_outside() -> None:
    at = "2026-10-05T10:00"
    assert covered("{value: all calm, anchor: 1}", (34, "all calm")) == (
        "2 s between first and last, window 5 s",
        f"negation 1 counted from {at}:22+00:00 to {at}:24+00:00, measured from app.log:2",
        "app.log:3 holds negation 1, but 10 s after the end of that: window: 10s would make it count",
    )
    assert covered("{value: all calm, slide: -1s, window: 5s}", (16, "all calm"))[1:] == (
        f"negation 1 counted from {at}:19+00:00 to {at}:26+00:00, measured from app.log:2",
        "app.log:1 holds negation 1, but 3 s before the start of that: slide: -4s would make it count",
    )
    assert covered("{value: all calm, absolute: true}", (23, "all calm"))[1].endswith(
        f"at {at}:20+00:00 only, the very time of app.log:1"
    )
    assert len(covered("all calm")) == 1


@pytest.mark.parametrize("second", [15, 21, 25, 36])
def test_what_is_advised_makes_a_negation_count(second: int) -> None:
    note = covered("{value: all calm, anchor: 1}", (second, "all calm"))[-1]
    advice = note.partition(" of that: ")[2].removesuffix(" would make it count")
    assert "blocked" in told_with(advice, second)
    assert "blocked" not in told_with("slide: 0s", second)


def told_with(option: str, second: int) -> str:
    negate = f"{{value: all calm, anchor: 1, {option}}}"
    body = f"sequence: {{window: 5s, order: [first thing, second thing], negate: [{negate}]}}"
    lines = sorted([(20, "first thing"), (22, "second thing"), (second, "all calm")])
    return explained(body, stamped(lines)).frames[0].outcome


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
@given(RULES, LINES, st.sampled_from(["date", "clock", "none"]))
def test_it_agrees_with_the_scan(body: str, lines: list[tuple[int, str]], times: str) -> None:
    text = stamped(sorted(lines)) if times == "date" else "".join(f"{word}\n" for _, word in lines)
    if times == "clock":
        text = "".join(f"{second * 5 % 24:02}:59:{second:02} {word}\n" for second, word in lines)
    ruleset = rules(HEAD + body)
    found = run(ruleset, log(text)).matches if text else ()
    made = explained(body, text) if text else explained(body)
    assert made.fires == bool(found)
    if found:
        assert sum(frame.good for frame in made.frames) == min(found[0].count, 10)
        assert made.frames[0].places[0][1] == found[0].evidence[0].line
        assert made.frames[0].unmeasured == ", ".join(found[0].unverified)
        assert [hit.time for hit in made.terms[0].hits if hit.line == found[0].evidence[0].line][:1] in (
            [],
            [found[0].evidence[0].time],
        )
