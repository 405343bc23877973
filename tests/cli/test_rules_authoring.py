"""Writing rules on the command line: drafting, linting, explaining, importing, the schema for editors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, run

LOG = """\
2026-10-03 11:22:30,000 INFO  [main] com.acme.Volume - quota check of vol17 passed
2026-10-03 11:22:31,000 INFO  [main] com.acme.Volume - disk vol17 mounted
2026-10-03 11:22:32,500 ERROR [pool-3-thread-7] com.acme.Volume - disk quota of vol17 exceeded, 5 files lost
\tat com.acme.Volume.write(Volume.java:77)
2026-10-03 11:22:33,000 INFO  [main] com.acme.Volume - retrying
"""
DRAFT = "acme-disk-quota-exceeded-files-lost"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log and nothing else."""
    (tmp_path / "app.log").write_text(LOG)
    return tmp_path


def drafted(folder: Path) -> Path:
    ran = run("rules", "new", "--from", "app.log:3", "--product", "acme", folder=folder)
    assert ran.code == 0, ran
    return folder / "rules" / "acme" / f"{DRAFT}.yaml"


# --- new --------------------------------------------------------------------------------------------


def test_a_line_becomes_a_rule_that_is_tested_linted_and_fires(folder: Path) -> None:
    ran = run("rules", "new", "--from", "app.log:3", "--product", "acme", folder=folder)
    assert ran.code == 0
    for path in (
        f"rules/acme/{DRAFT}.yaml",
        f"sample_logs/acme/{DRAFT}/hit1.log",
        f"sample_logs/acme/{DRAFT}/miss1.log",
        f"kb_index/articles/{DRAFT}.md",
    ):
        assert f"Wrote {path}" in ran.lines
        assert (folder / path).stat().st_size > 0
    assert any("instead of the rules that came with us" in line for line in ran.lines)
    assert "Next:" in ran.lines
    assert (
        run("rules", "test", folder=folder).lines[0].startswith("1 rules: 1 of 1 hit samples fired, 1 of 1")
    )
    linted = run("rules", "lint", "--json", folder=folder)
    assert linted.code == 0
    assert [each["code"] for each in linted.json["warnings"]] == ["W-kb-unreachable"], (
        "the article is a draft"
    )
    found = run("scan", "app.log", "--json", folder=folder).json
    assert [match["rule"] for match in found["matches"]] == [DRAFT]


def test_a_finished_draft_is_clean(folder: Path) -> None:
    path = drafted(folder)
    article = folder / "kb_index" / "articles" / f"{DRAFT}.md"
    article.write_text(article.read_text().replace("status: draft", "status: published"))
    path.write_text(path.read_text().replace("status: experimental", "status: test"))
    ran = run("rules", "lint", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, "1 rules, 0 errors, 0 warnings")


def test_nothing_is_overwritten(folder: Path) -> None:
    path = drafted(folder)
    path.write_text("mine")
    (folder / "sample_logs" / "acme" / DRAFT / "hit1.log").unlink()
    again = run("rules", "new", "--from", "app.log:3", "--product", "acme", folder=folder)
    assert "is there already; nothing was written" in again.complaint()
    assert path.read_text() == "mine"
    assert not (folder / "sample_logs" / "acme" / DRAFT / "hit1.log").exists()


@pytest.mark.parametrize(
    ("place", "code", "why"),
    [
        ("app.log", 2, "FILE:LINE"),
        ("app.log:0", 2, "FILE:LINE"),
        ("app.log:x", 2, "FILE:LINE"),
        ("none.log:1", 2, "no such file"),
        ("app.log:99", 1, "no text in line 99"),
    ],
)
def test_a_place_that_is_none(folder: Path, place: str, code: int, why: str) -> None:
    assert why in run("rules", "new", "--from", place, folder=folder).complaint(code)
    assert not (folder / "rules").exists()


def test_a_general_line_is_told_at_once(folder: Path) -> None:
    (folder / "app.log").write_text("x WARN Connection reset by peer while reading stuff\n")
    ran = run("rules", "new", "--from", "app.log:1", "--id", "own-reset", folder=folder)
    assert ran.code == 0
    (folder / "app.log").write_text("WARN cache lookup key=17 hit=true\n")
    told = run("rules", "new", "--from", "app.log:1", "--id", "own-cache", folder=folder)
    assert any("too general: it fires on " in line for line in told.lines)


# --- lint -------------------------------------------------------------------------------------------


def test_the_starter_rules_are_clean() -> None:
    found = run("rules", "lint", "--json", folder=ROOT).json
    assert found["errors"] == []
    assert found["warnings"] == []
    assert found["fires_on_neutral"] == {}
    assert found["near_misses"]["fires"] == 0
    assert found["near_misses"]["silent"] > 100


def test_a_general_rule_is_named_and_counts_as_experimental(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "own").mkdir()
    (folder / "own" / "own.log").write_text("nothing\nwibble wobble\n" * 20)
    rule = "id: general\ntitle: T\nproduct: acme\nstatus: {}\nset: {{match: [{{value: '{}'}}]}}\n"
    (folder / "rules" / "general.yaml").write_text(rule.format("test", "wibble wobble"))
    assert "general" not in run("rules", "lint", "--json", folder=folder).json["fires_on_neutral"]
    ran = run("rules", "lint", "--neutral", "own", "--json", folder=folder)
    assert ran.code == 1
    generic = next(each for each in ran.json["errors"] if each["code"] == "E-generic")
    assert "fires on 20 of 32," in generic["message"]
    assert "1 of 17 files, first at own/own.log:2" in generic["message"]
    assert (generic["line"], generic["rule"]) == (5, "general")
    assert ran.json["count_as_experimental"] == ["general"]
    text = run("rules", "lint", "--neutral", "own", folder=folder)
    assert "too general, so they count as experimental: general" in text.lines
    assert run("rules", "lint", "--neutral", "none", folder=folder).complaint(2)
    (folder / "rules" / "general.yaml").write_text(rule.format("experimental", "wibble wobble"))
    assert run("rules", "lint", "--neutral", "own", folder=folder).code == 0


def test_unknown_words_are_told_by_the_catalogues_at_the_top(folder: Path) -> None:
    path = drafted(folder)
    (folder / "rules" / "tags.yaml").write_text("tags:\n  - {name: disk, title: Disks}\n")
    path.write_text(path.read_text() + "tags: [dsk]\n")
    for args in ((), ("rules",), (f"rules/acme/{DRAFT}.yaml",)):
        codes = [
            each["code"] for each in run("rules", "lint", *args, "--json", folder=folder).json["warnings"]
        ]
        assert "W-unknown-tag" in codes, args


@pytest.mark.parametrize("verb", ["lint", "test"])
def test_the_database_is_not_loaded(folder: Path, verb: str) -> None:
    drafted(folder)
    command = [sys.executable, "-X", "importtime", "-m", "hercules", "rules", verb]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-500:]
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    heavy = {"sqlalchemy", "fastapi", "starlette", "httpx", "whoosh", "jinja2", "nh3", "markdown_it"}
    assert loaded & heavy == set()


# --- explain ----------------------------------------------------------------------------------------


def test_explain_ends_with_a_verdict_and_tells_by_its_exit_code(folder: Path) -> None:
    drafted(folder)
    ran = run("rules", "explain", DRAFT, "app.log", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, f"{DRAFT} fires at app.log:3.")
    (folder / "calm.log").write_text("all is well\n")
    silent = run("rules", "explain", DRAFT, "calm.log", folder=folder)
    assert silent.code == 1
    assert silent.lines[-1].startswith(f"{DRAFT} is silent: term 1 was found in 0 events of 1")
    found = run("rules", "explain", DRAFT, "app.log", "--json", folder=folder).json
    assert found["fires"] is True
    assert found["terms"][0]["fast"] is True
    assert [(hit["file"], hit["line"]) for hit in found["terms"][0]["hits"]] == [("app.log", 3)]


def test_explain_takes_a_ticket_for_the_conditions(folder: Path) -> None:
    path = drafted(folder)
    path.write_text(path.read_text() + "when: {version: '>=9'}\n")
    (folder / "old.json").write_text(json.dumps({"version": "8.1"}))
    ran = run("rules", "explain", DRAFT, "app.log", "--ticket", "old.json", folder=folder)
    assert (ran.code, ran.lines[-1]) == (1, f"{DRAFT} is silent: condition version is no.")
    unsure = run("rules", "explain", DRAFT, "app.log", folder=folder)
    assert unsure.lines[-1].endswith("but version could not be checked.")


def test_explain_of_what_is_not_there(folder: Path) -> None:
    drafted(folder)
    assert f"did you mean {DRAFT}?" in run(
        "rules", "explain", DRAFT + "s", "app.log", folder=folder
    ).complaint(2)
    assert run("rules", "explain", DRAFT, "none.log", folder=folder).complaint(2)
    assert run("rules", "explain", DRAFT, "app.log", "--ticket", "none.json", folder=folder).complaint(2)


# --- schema, imports, hook --------------------------------------------------------------------------


def test_the_schema_is_json() -> None:
    ran = run("rules", "schema")
    assert ran.code == 0
    assert ran.json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "sequence" in ran.json["$defs"]


XML = """<object-stream>
<RegexEntry><regex>disk quota of \\w+ exceeded</regex><URL>https://kb.example.com/Disk-quota-17.html</URL></RegexEntry>
{}</object-stream>
"""


def test_an_atlassian_list_is_imported_once(folder: Path) -> None:
    (folder / "jira_regex_v2.xml").write_text(XML.format(""))
    ran = run("rules", "import", "atlassian", "jira_regex_v2.xml", "rules", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, "1 rules, 0 refused")
    (path,) = (folder / "rules" / "jira").iterdir()
    assert "title: 'Disk quota'" in path.read_text()
    assert run("rules", "lint", folder=folder).code == 0
    assert run("rules", "import", "atlassian", "jira_regex_v2.xml", "rules", folder=folder).code == 0
    path.write_text("mine")
    again = run("rules", "import", "atlassian", "jira_regex_v2.xml", "rules", folder=folder)
    assert again.code == 1
    assert "is there already with another content" in again.out
    assert path.read_text() == "mine"


def test_what_an_import_refuses_is_told_by_file_and_line(folder: Path) -> None:
    (folder / "jira.xml").write_text(XML.format("<RegexEntry><regex>a(?=b)c</regex></RegexEntry>"))
    ran = run("rules", "import", "atlassian", "jira.xml", "rules", folder=folder)
    assert ran.code == 1
    assert any(line.startswith("jira.xml:3:") and "E-not-re2: look-ahead" in line for line in ran.lines)
    assert ran.lines[-1] == "1 rules, 1 refused"
    assert run("rules", "import", "atlassian", "app.log", "rules", folder=folder).complaint()
    assert run("rules", "import", "atlassian", "none", "rules", folder=folder).complaint(2)


def test_a_cre_folder_is_imported_with_its_samples(folder: Path) -> None:
    source = folder / "cre" / "cre-1"
    source.mkdir(parents=True)
    rule = "rules:\n  - cre: {id: CRE-1, title: T, severity: 1}\n    rule: {set: {match: [disk trouble]}}\n"
    (source / "rule.yaml").write_text(rule)
    (source / "test.log").write_text("disk trouble\n")
    ran = run("rules", "import", "cre", "cre", "rules/cre", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, "1 rules and 1 samples, 0 refusals, nothing lost")
    assert (folder / "rules" / "cre" / "cre-1" / "rule.yaml").read_text() == rule
    assert (
        "1 rules: 1 of 1 hit samples fired, 0 of 0 miss samples silent"
        in run("rules", "test", folder=folder).lines
    )
    (source / "broken.yaml").write_text("rules: [")
    broken = run("rules", "import", "cre", "cre", "rules/cre", folder=folder)
    assert broken.code == 1
    assert any(line.startswith("cre/cre-1/broken.yaml:2:1: E-yaml") for line in broken.lines)
    assert run("rules", "import", "cre", "none", "rules", folder=folder).complaint(2)


def test_the_pre_commit_hooks_run_commands_that_there_are() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entries = [line.split(": ", 1)[1] for line in text.splitlines() if line.strip().startswith("entry:")]
    assert entries == ["hercules rules lint", "hercules rules test"]
    for entry in entries:
        assert run(*entry.split()[1:], "--help").code == 0
