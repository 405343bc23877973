"""Windows need times: a match without says what was not checked, and a time of day alone has its days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hercules.answer.policy import Facts, Gate, decide
from hercules.answer.suggest import AnswerOptions, suggest
from hercules.model import Limits, TicketRef, Track
from hercules.rules.scan import scan
from tests.commands import run as command
from tests.rules.kit import AS_OF, log, one, rule, rules, run, stamped

STEPS = "sequence: {window: 60s, order: [link degraded, carrier lost], negate: [carrier regained]}"
UNSURE = "the window of 60 s (no time stamp was read in app.log)"


def test_a_window_that_could_not_be_measured_is_told() -> None:
    match = one(run(rule(STEPS), "t+0 link degraded\nt+9000 carrier lost\n"))
    assert match.unverified == (UNSURE,)
    assert one(run(rule(STEPS), stamped([(0, "link degraded"), (60, "carrier lost")]))).unverified == ()
    assert not run(rule(STEPS), stamped([(0, "link degraded"), (61, "carrier lost")])).matches


def test_an_order_without_a_window_needs_no_times() -> None:
    whole = rule(STEPS.replace("60s", "file"))
    assert one(run(whole, "link degraded\ncarrier lost\n")).unverified == ()
    both = rule("set: {window: 60s, match: [link degraded, carrier lost]}")
    assert one(run(both, "link degraded, carrier lost\n")).unverified == ()


def test_one_file_with_times_makes_the_match_sure() -> None:
    sure = log(stamped([(0, "link degraded"), (9, "carrier lost")]), "b.log")
    match = one(run(rule(STEPS), log("link degraded\ncarrier lost\n", "a.log"), sure))
    assert (match.unverified, match.count, match.evidence[0].file) == ((), 2, "b.log")


def test_what_could_not_be_measured_is_redacted() -> None:
    opened = [log("link degraded\ncarrier lost\n", "s3cret.log")]
    found = scan(opened, rule(STEPS), Limits(), None, lambda text: text.replace("s3cret", "[x]"))
    assert one(found).unverified == ("the window of 60 s (no time stamp was read in [x].log)",)


@pytest.mark.parametrize("chunk", [0, 1, 40, 1000])
def test_times_of_day_are_measured_past_midnight(chunk: int) -> None:
    calm = "".join(f"{hour:02}:00:00.000 calm\n\tand so on\n" for hour in (*range(11, 24), *range(10)))
    near = "23:59:50.000 link degraded\n00:00:10.000 carrier lost\n"
    assert one(run(rule(STEPS), log(near, chunk=chunk))).unverified == ()
    far = f"10:00:00.000 link degraded\n{calm}10:00:10.000 carrier lost\n"
    assert not run(rule(STEPS), log(far, chunk=chunk)).matches


def test_times_of_day_in_rotations_cannot_be_compared() -> None:
    first = log("10:00:00 link degraded\n", "app.log.1")
    match = one(run(rule(STEPS), log("10:00:10 carrier lost\n"), first))
    assert match.unverified == (
        "the window of 60 s (the time stamps of app.log and its rotations tell no date)",
    )


def test_many_events_in_rotations_without_dates_are_matches_all_the_same() -> None:
    lines = "10:00:00 disk trouble\n" * 30
    files = [
        log(lines, "other.log"),
        log("10:00:00 begin\n" + lines),
        log(lines + "10:00:01 end\n", "app.log.1"),
    ]
    match = one(run(rule("set: {match: [disk trouble]}"), *files))
    assert (match.count, match.unverified) == (90, ())


RULE = f"id: nav-lost\ntitle: The link was lost\nstatus: stable\n{STEPS}\n"
UNREAD = "orbit{10:00:00} link degraded\norbit{14:00:00} carrier lost\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules" / "nav").mkdir(parents=True)
    (tmp_path / "rules" / "nav" / "nav-lost.yaml").write_text(RULE)
    (tmp_path / "sample_logs" / "nav" / "nav-lost").mkdir(parents=True)
    (tmp_path / "sample_logs" / "nav" / "nav-lost" / "hit1.log").write_text(UNREAD)
    (tmp_path / "app.log").write_text(UNREAD)
    return tmp_path


def test_scan_prints_what_was_not_checked(folder: Path) -> None:
    assert f"  not checked: {UNSURE}" in command("scan", "app.log", folder=folder).lines
    (match,) = command("scan", "app.log", "--json", folder=folder).json["matches"]
    assert match["unverified"] == [UNSURE]


def test_explain_tells_it_in_json_too(folder: Path) -> None:
    told = command("rules", "explain", "nav-lost", "app.log", "--json", folder=folder).json
    assert told["times"] == [{"file": "app.log", "stamp": None}]
    assert told["frames"][0]["unverified"] == UNSURE
    assert told["frames"][0]["notes"] == [
        "no time stamp was read in app.log: the window of 60 s was not applied"
    ]


@pytest.mark.parametrize("name", ["test", "lint"])
def test_samples_without_times_are_named(folder: Path, name: str) -> None:
    (line,) = (each for each in command("rules", name, folder=folder).lines if "W-no-times" in each)
    assert "nav-lost.yaml:4:11: W-no-times: hit1.log:1: no time stamp was read in this line" in line


def test_a_stable_rule_that_could_not_measure_posts_nothing_by_itself() -> None:
    found = run(rules(RULE), UNREAD)
    options = AnswerOptions(hold_from=0.35, say_from=0.55)
    made = suggest(TicketRef("d", "1"), found, (), lambda key: None, options, "s", "h")
    item = made.items[0]
    assert item.why == f"Rule nav-lost matched app.log line 1; not verified: {UNSURE}."
    tracks = {"nav-lost": Track(correct=1000)}
    decision = decide(made, "post", Facts(AS_OF, AS_OF), tracks, Gate(), 0.55)
    assert decision.verdict == "NOTE"
    assert UNSURE in decision.reason
    sure = replace(made, items=(replace(item, unverified=()),))
    assert decide(sure, "post", Facts(AS_OF, AS_OF), tracks, Gate(), 0.55).verdict == "POST"
