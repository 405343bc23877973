"""Running rules on samples: the report's exact form, and why something failed."""

from __future__ import annotations

import pytest

from hercules.model import HerculesError, Limits
from hercules.rules.database import compile_rules
from hercules.rules.samples import (
    Sample,
    SampleReport,
    missing_samples,
    read_samples,
    run_samples,
    sample_ticket,
)
from tests.rules.kit import AS_OF, HEAD, load

OPEN_FILES = """\
id: open-files
title: T
status: test
files: [app.log]
set: {match: [{regex: 'Too many open files: \\w+'}]}
"""
QUESTION = """\
id: vpn-how-to
title: T
when: {request_type: question, text: [vpn]}
tests:
  match: [{ticket: {subject: "VPN?", request_type: question, tags: [a, b]}}]
  no_match:
    - {ticket: {subject: "VPN?", request_type: incident}}
    - just a log line with vpn
"""
FILES: dict[tuple[str, ...], bytes] = {
    ("demo", "open-files", "hit1.log"): b"start\nToo many open files: socket\n",
    ("demo", "open-files", "miss1.log"): b"start\nmany open files\n",
    ("demo", "open-files", "notes.txt"): b"not a sample",
    ("demo", "vpn-how-to", "hit2.ticket.json"): b'{"subject": "vpn", "request_type": "question"}',
    ("demo", "vpn-how-to", "miss2.log"): b"vpn\n",
    ("demo", "vpn-how-to", "miss2.ticket.json"): b'{"subject": "lunch", "request_type": "question"}',
}


def report(texts: list[str], files: dict[tuple[str, ...], bytes], matrix: bool = False) -> SampleReport:
    found, refusals = load(*texts)
    samples = read_samples(files.items(), AS_OF)
    return run_samples(compile_rules(found, refusals), samples, Limits(), AS_OF, matrix)


def test_all_right() -> None:
    made = report([OPEN_FILES, QUESTION], FILES)
    assert made.good
    assert made.plain() == {
        "rules": 2,
        "hits": {"expected": 3, "fired": 3},
        "misses": {"expected": 4, "silent": 4},
        "failures": [],
    }


def test_tickets_join_their_logs() -> None:
    samples = read_samples(FILES.items(), AS_OF)
    assert [(one.rule_id, one.name, one.kind, len(one.parts)) for one in samples] == [
        ("open-files", "hit1.log", "hit", 1),
        ("open-files", "miss1.log", "miss", 1),
        ("vpn-how-to", "hit2.ticket.json", "hit", 0),
        ("vpn-how-to", "miss2.log", "miss", 1),
    ]
    assert samples[3].ticket == sample_ticket({"subject": "lunch", "request_type": "question"}, AS_OF)


def test_names_of_public_rule_folders_count() -> None:
    files: dict[tuple[str, ...], bytes] = {
        ("CRE-1", "test.log"): b"a",
        ("CRE-1", "test-fp.log"): b"b",
        ("test.log",): b"c",
    }
    assert [(one.rule_id, one.kind) for one in read_samples(files.items(), AS_OF)] == [
        ("CRE-1", "hit"),
        ("CRE-1", "miss"),
    ]


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"sbject": "x"}', b"\xff", b"[" * 100_000])
def test_a_broken_ticket_is_named(data: bytes) -> None:
    with pytest.raises(HerculesError, match=r"demo/a-rule/hit1\.ticket\.json: "):
        read_samples([(("demo", "a-rule", "hit1.ticket.json"), data)], AS_OF)


def test_why_a_hit_kept_silent() -> None:
    files: dict[tuple[str, ...], bytes] = {
        ("p", "open-files", "hit1.log"): b"start\nToo many\nopen up\nToo many open file handles\n",
        ("p", "nowhere", "hit1.log"): b"x",
    }
    failures = report([OPEN_FILES], files).failures
    assert [(one.rule, one.sample, one.why) for one in failures] == [
        ("open-files", "hit1.log", "term 1: 0 events of 1; nearest line 4 lacks 'files'"),
        ("nowhere", "hit1.log", "there is no such rule, or it was refused"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"x\ntoo many Open files\n", "nearest line 2 has its words in other upper and lower case"),
        (b"Too many  open files\n", "nearest line 1 has its words, but not written as the term says"),
    ],
)
def test_a_hit_that_differs_in_case_or_signs_is_told(text: bytes, why: str) -> None:
    (failure,) = report([OPEN_FILES], {("p", "open-files", "hit1.log"): text}).failures
    assert why in failure.why


def test_why_conditions_and_windows_kept_silent() -> None:
    question = QUESTION.replace('"VPN?", request_type: question', '"VPN?", request_type: access')
    assert [one.why for one in report([question], {}).failures] == ["condition request_type is no"]
    pair = HEAD + "set: {window: file, match: [one thing, two thing], negate: [bad thing]}"
    files: dict[tuple[str, ...], bytes] = {
        ("p", "rule-one", "hit1.log"): b"one thing\nbad thing\ntwo thing\n"
    }
    assert "not within the window" in report([pair], files).failures[0].why
    bare = HEAD + "when: {text: [vpn]}"
    assert report([bare], files).failures[0].why == "condition text is unknown"


def test_a_miss_that_fires_says_where() -> None:
    files: dict[tuple[str, ...], bytes] = {
        ("p", "open-files", "miss1.log"): b"start\nToo many open files: x\n"
    }
    made = report([OPEN_FILES], files)
    assert (made.misses, made.silent) == (1, 0)
    assert made.failures[0].why == "fires at miss1.log:2"


GENERAL = "id: general\ntitle: T\nstatus: test\nset: {match: [open files]}\n"


def test_an_experimental_rule_that_is_too_general_is_counted_only() -> None:
    made = report([OPEN_FILES, GENERAL.replace("status: test\n", "")], FILES, matrix=True)
    assert [one.rule for one in made.failures if one.rule == "general"] == []
    assert made.plain()["matrix"] == {"pairs": 2, "fired": 2}


def test_matrix_names_rules_that_fire_on_others_samples() -> None:
    made = report([OPEN_FILES, GENERAL], FILES, matrix=True)
    crossed = [(one.rule, one.sample) for one in made.failures if one.rule == "general"]
    assert crossed == [("general", "open-files/hit1.log"), ("general", "open-files/miss1.log")]
    assert made.plain()["matrix"] == {"pairs": 2, "fired": 2}


@pytest.mark.parametrize("field", ["related", "supersedes"])
def test_matrix_allows_what_is_said(field: str) -> None:
    files = {key: data for key, data in FILES.items() if key[1] == "open-files"}
    assert report([OPEN_FILES + f"{field}: general\n", GENERAL], files, matrix=True).good


def test_scope_is_tried_only_where_a_file_is_named() -> None:
    body = "tests:\n  match: [{log: 'Too many open files: x', file: logs/app.log.1}]\n"
    body += "  no_match: [{log: 'Too many open files: x', file: other.log}]\n"
    assert report([OPEN_FILES + body], {}).good


def test_missing_samples_weigh_more_for_tested_rules() -> None:
    found, _ = load(OPEN_FILES, QUESTION, GENERAL.replace("status: test\n", ""))
    samples = [Sample("OPEN-FILES", "hit1.log", "hit")]
    assert [(one.rule, one.code) for one in missing_samples(found, samples)] == [
        ("general", "W-no-hit"),
        ("general", "W-no-miss"),
        ("open-files", "E-no-miss"),
    ]


def test_deprecated_rules_are_tested_still() -> None:
    assert report(
        [OPEN_FILES.replace("status: test", "status: deprecated")],
        {key: data for key, data in FILES.items() if key[1] == "open-files"},
    ).good
