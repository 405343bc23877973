"""`hercules rules test` and `rules lint`: what they print, their JSON, and how they end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands import ROOT, run

GOOD = """\
id: acme-quota
title: The disk quota is exceeded
status: test
product: acme
set: {match: ["disk quota exceeded for volume"]}
tests:
  match: ["ERROR disk quota exceeded for volume 7"]
  no_match: ["INFO disk quota raised for volume 7"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one's own with one good rule and its samples."""
    (tmp_path / "rules" / "acme").mkdir(parents=True)
    (tmp_path / "rules" / "acme" / "acme-quota.yaml").write_text(GOOD)
    samples = tmp_path / "sample_logs" / "acme" / "acme-quota"
    samples.mkdir(parents=True)
    (samples / "hit1.log").write_text("INFO begin\nERROR disk quota exceeded for volume 8\nINFO end\n")
    (samples / "miss1.log").write_text("INFO begin\nINFO disk quota raised for volume 8\nINFO end\n")
    return tmp_path


def test_the_starter_rules_fire_on_their_hits_only_and_on_no_other_rules_logs() -> None:
    ran = run("rules", "test", ROOT / "rules")
    assert ran.code == 0, ran
    told = re.fullmatch(
        r"(\d+) rules: (\d+) of (\d+) hit samples fired, (\d+) of (\d+) miss samples silent", ran.lines[-2]
    )
    assert told, ran.lines
    rules, fired, hits, silent, misses = map(int, told.groups())
    assert rules >= 16
    assert hits == fired >= rules
    assert misses == silent >= rules
    assert re.fullmatch(r"0 of \d+ foreign samples fired where they should not", ran.lines[-1])


def test_the_json_has_the_agreed_shape(folder: Path) -> None:
    found = run("rules", "test", "--json", folder=folder).json
    assert {key: found[key] for key in ("rules", "hits", "misses", "failures")} == {
        "rules": 1,
        "hits": {"expected": 2, "fired": 2},
        "misses": {"expected": 2, "silent": 2},
        "failures": [],
    }


def test_a_sample_that_does_not_do_as_it_must_fails_and_says_why(folder: Path) -> None:
    (folder / "sample_logs" / "acme" / "acme-quota" / "hit1.log").write_text("ERROR disk quota exceeded\n")
    (folder / "sample_logs" / "acme" / "acme-quota" / "miss2.log").write_text(
        "INFO\nERROR disk quota exceeded for volume 9\n"
    )
    ran = run("rules", "test", folder=folder)
    assert ran.code == 1
    assert "acme-quota: hit1.log: term 1: 0 events of 1; nearest line 1 lacks 'for'" in ran.out
    assert "acme-quota: miss2.log: fires at miss2.log:2" in ran.out
    failures = run("rules", "test", "--json", folder=folder).json["failures"]
    assert [(each["rule"], each["sample"]) for each in failures] == [
        ("acme-quota", "hit1.log"),
        ("acme-quota", "miss2.log"),
    ]
    assert all(each["why"] for each in failures)


def test_the_matrix_finds_a_rule_that_fires_on_anothers_log(folder: Path) -> None:
    (folder / "rules" / "acme" / "acme-wide.yaml").write_text(
        GOOD.replace("acme-quota", "acme-wide")
        .replace('["disk quota exceeded for volume"]', "[disk quota]")
        .replace("INFO disk quota raised", "INFO quota raised")
    )
    ran = run("rules", "test", folder=folder)
    assert ran.code == 1
    assert "acme-wide: acme-quota/hit1.log: fires at hit1.log:2 on a hit sample of acme-quota" in ran.out


def test_a_rule_that_fires_on_all_samples_is_told_in_a_few_lines(folder: Path) -> None:
    wide = "id: acme-wide\ntitle: W\nstatus: test\nset: {match: [{regex: '.'}]}\ntests: {match: [a]}\n"
    (folder / "rules" / "acme" / "acme-wide.yaml").write_text(wide)
    for number in range(2, 9):
        text = f"INFO begin\nERROR disk quota exceeded for volume {number}\nINFO end\n"
        (folder / "sample_logs" / "acme" / "acme-quota" / f"hit{number}.log").write_text(text)
    ran = run("rules", "test", folder=folder)
    told = [line for line in ran.lines if line.startswith("acme-wide: ")]
    assert len(told) == 4, ran.out
    assert told[-1] == "acme-wide: fires on 8 more samples of other rules (--json has all)"
    assert len(run("rules", "test", "--json", folder=folder).json["failures"]) == 11


@pytest.mark.parametrize("verb", ["test", "lint"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_broken_file_is_told_by_line_and_column_and_fails(
    folder: Path, verb: str, form: tuple[str, ...]
) -> None:
    broken = folder / "rules" / "acme" / "broken.yaml"
    broken.write_text("id: broken\ntitle: x\nset: {match: [{regex: 'a(?=b)'}]}\n")
    ran = run("rules", verb, *form, folder=folder)
    assert ran.code == 1
    if verb == "lint" and form:
        (error,) = ran.json["errors"]
        place = f"{error['file']}:{error['line']}:{error['column']}"
        assert (error["code"], error["rule"], place) == ("E-not-re2", "broken", f"{broken}:3:25")
        assert error["message"]
        assert error["fix"]
        return
    said = ran.err if form else ran.out
    assert f"{broken}:3:25: E-not-re2: look-ahead is not RE2. Fix: " in said
    if form:
        assert ran.json["rules"] == 1, "the other rules are there"


def test_a_tested_rule_without_samples_fails(folder: Path) -> None:
    bare = folder / "rules" / "acme" / "acme-bare.yaml"
    bare.write_text("id: acme-bare\ntitle: Bare\nstatus: test\nset: {match: [something unheard of]}\n")
    ran = run("rules", "test", folder=folder)
    assert ran.code == 1
    assert f"{bare}:1:1: E-no-hit: rule acme-bare has no hit sample" in ran.out
    assert "E-no-miss" in ran.out


def test_lint_of_good_rules(folder: Path) -> None:
    ran = run("rules", "lint", folder=folder)
    assert ran.code == 0
    assert ran.lines[-1].startswith("1 rule, 0 errors")
    found = run("rules", "lint", "--json", folder=folder).json
    assert found["rules"] == 1
    assert found["errors"] == []
    assert isinstance(found["warnings"], list)


def test_one_file_can_be_tested_and_a_missing_one_is_a_usage_error(folder: Path) -> None:
    path = folder / "rules" / "acme" / "acme-quota.yaml"
    assert run("rules", "test", path, folder=folder).lines[0].startswith("1 rule: 2 of 2 hit samples fired")
    assert run("rules", "test", folder / "none", folder=folder).complaint(code=2)
    assert run("rules", "lint", folder / "none", folder=folder).complaint(code=2)


def test_a_sample_ticket_that_cannot_be_read_is_one_line(folder: Path) -> None:
    bad = folder / "sample_logs" / "acme" / "acme-quota" / "hit2.ticket.json"
    bad.write_text("{")
    assert "hit2.ticket.json: this is not JSON" in run("rules", "test", folder=folder).complaint()
