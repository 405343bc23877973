"""Writing rules on the command line: drafting, linting, explaining, importing, the schema for editors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from hercules.rules.writing import DRAFT_ARTICLE, DRAFT_TEXTS, DRAFT_TITLE
from tests.commands import ROOT, run

LOG = """\
2026-10-03 11:22:30,000 INFO  [main] com.acme.Volume - quota check of vol17 passed
2026-10-03 11:22:31,000 INFO  [main] com.acme.Volume - disk vol17 mounted
2026-10-03 11:22:32,500 ERROR [pool-3-thread-7] com.acme.Volume - disk quota of vol17 exceeded, 5 files lost
\tat com.acme.Volume.write(Volume.java:77)
2026-10-03 11:22:33,000 INFO  [main] com.acme.Volume - retrying
"""
DRAFT = "acme-disk-quota-exceeded-files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log and nothing else."""
    (tmp_path / "app.log").write_text(LOG)
    return tmp_path


def finished(folder: Path) -> tuple[Path, Path]:
    """A draft whose author has written what it asks for: the rule and the article."""
    path, article = drafted(folder), folder / "kb_index" / "articles" / f"{DRAFT}.md"
    for file in (path, article):
        text = file.read_text().replace("status: draft", "status: published")
        text = text.replace("…", "some")
        for name, written in {**DRAFT_TEXTS, **dict.fromkeys(DRAFT_ARTICLE, "Done.")}.items():
            text = text.replace(written if name in DRAFT_TEXTS else name, "Words of our own.")
        file.write_text(
            text.replace(f"'{DRAFT_TITLE}", "'A quota: ").replace("status: experimental", "status: test")
        )
    return path, article


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
    tested = run("rules", "test", folder=folder)
    assert tested.code == 0
    assert any(line.startswith("1 rule: 1 of 1 hit samples fired, 1 of 1") for line in tested.lines)
    linted = run("rules", "lint", "--json", folder=folder)
    assert linted.code == 0
    told = [(each["code"], Path(each["file"]).name, each["line"]) for each in linted.json["warnings"]]
    rule, article = f"{DRAFT}.yaml", f"{DRAFT}.md"
    assert told == [
        *[("W-placeholder", article, line) for line in (3, 11, 21, 25, 29)],
        *[("W-placeholder", rule, line) for line in (4, 9, 10, 11, 12)],
        ("W-kb-unreachable", rule, 17),
    ]
    assert f"{article} has status: draft" in linted.json["warnings"][-1]["message"]
    assert run("rules", "lint", "--strict", folder=folder).code == 1
    found = run("scan", "app.log", "--json", folder=folder).json
    assert [match["rule"] for match in found["matches"]] == [DRAFT]


def test_a_finished_draft_is_clean(folder: Path) -> None:
    finished(folder)
    ran = run("rules", "lint", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, "1 rule, 0 errors, 0 warnings"), ran
    assert ran.out.count("--neutral DIR also takes healthy logs of acme") == 1
    assert " do not apply (such as " in ran.out
    (folder / "calm").mkdir()
    (folder / "calm" / "calm.log").write_text("all is well\n")
    assert "--neutral" not in run("rules", "lint", "--neutral", "calm", folder=folder).out
    assert run("rules", "lint", "--strict", folder=folder).code == 0


def test_the_next_steps_name_what_is_easily_missed(folder: Path) -> None:
    out = run("rules", "new", "--from", "app.log:3", "--product", "acme", folder=folder).out
    next_steps = out.partition("Next:")[2]
    assert "--id NAME" in next_steps
    assert "audience\n     to public" in next_steps


# --- articles and samples ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (("audience: internal", "audience: everyone"), ".md:5:11: "),
        (("audience: internal", "audience: [a"), ".md:"),
        (("status: published\n---", "status: published\n"), "E-FRONT"),
    ],
)
def test_an_article_that_is_refused_is_not_there(folder: Path, broken: tuple[str, str], told: str) -> None:
    _, article = finished(folder)
    assert broken[0] in article.read_text()
    article.write_text(article.read_text().replace(*broken))
    for verb in ("lint", "test"):
        (line,) = (each for each in run("rules", verb, folder=folder).lines if "kb-unreachable" in each)
        assert f"{DRAFT}.yaml:17:7: W-kb-unreachable: article '{DRAFT}' cannot be suggested: it is" in line
        assert str(article) in line
        assert told in line.partition(str(article.parent))[2]


def test_a_mistyped_article_is_told_by_lint_and_by_test(folder: Path) -> None:
    path, _ = finished(folder)
    path.write_text(path.read_text().replace(f"kb: {DRAFT}", f"kb: {DRAFT}s"))
    for verb in ("lint", "test"):
        ran = run("rules", verb, folder=folder)
        assert ran.code == 0
        (line,) = (each for each in ran.lines if "kb-unreachable" in each)
        assert line.startswith(
            f"{path}:17:7: W-kb-unreachable: no published article is called '{DRAFT}s'. Fix"
        )
        assert f"Did you mean {DRAFT}?" in line
    path.write_text(path.read_text().replace("status: test", "status: stable"))
    assert [run("rules", verb, folder=folder).code for verb in ("lint", "test")] == [1, 1]
    afar = 'base_url = "https://wiki.example.com"\nspace = "KB"\nuser = "robot"\ntoken = "token"\n'
    (folder / "hercules.toml").write_text(f'[sources.wiki]\nkind = "confluence"\n{afar}')
    assert "kb-unreachable" not in run("rules", "lint", folder=folder).out, "it may come from there"


def test_tables_of_sources_decide_which_articles_rules_may_name(folder: Path) -> None:
    path, article = finished(folder)
    (folder / "help").mkdir()
    (folder / "hercules.toml").write_text('[sources.help]\nkind = "folder"\nfolder = "help"\n')
    for verb in ("lint", "test"):
        (line,) = (each for each in run("rules", verb, folder=folder).lines if "kb-unreachable" in each)
        assert f"{article.parent}, which no table [sources.NAME] reads" in line
    told = run("rules", "new", "--from", folder / "app.log:3", "--id", "acme-second", folder=folder).out
    assert f"Note: {article.parent.relative_to(folder)} is read by no table [sources.NAME]" in told
    article.rename(folder / "help" / article.name)
    assert "kb-unreachable" not in run("rules", "lint", path, folder=folder).out
    moved = folder / "help" / article.name
    moved.write_text(moved.read_text().replace("status: published", "status: draft"))
    assert "has status: draft; set it to published" in run("rules", "lint", path, folder=folder).out


def test_a_renamed_rule_is_led_to_its_samples(folder: Path) -> None:
    path, _ = finished(folder)
    path.write_text(path.read_text().replace(f"id: {DRAFT}", "id: acme-disk-quota", 1))
    for args in (("lint",), ("test",), ("test", "rules")):
        ran = run("rules", *args, folder=folder)
        assert ran.code == 1
        samples = folder / "sample_logs" / "acme" / DRAFT
        assert f"Samples of no rule lie in {samples}: rename that folder to acme-disk-quota." in ran.out
    assert "W-file-name" in run("rules", "lint", folder=folder).out
    assert "Samples of no rule" not in run("rules", "test", path, folder=folder).out, (
        "not all rules were read"
    )
    path.write_text("id: [")
    assert "Samples of no rule" not in run("rules", "test", folder=folder).out


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


def test_a_line_is_named_as_scan_names_it(folder: Path) -> None:
    with ZipFile(folder / "b.zip", "w") as bundle:
        bundle.writestr("logs/healthy.log", "INFO all is well\n")
        bundle.writestr("logs/app.log", LOG)
    ran = run("rules", "new", "--from", "b.zip!logs/app.log:3", "--product", "acme", folder=folder)
    assert f"Wrote rules/acme/{DRAFT}.yaml" in ran.lines
    ran = run("rules", "new", "--from", "b.zip:1", "--product", "acme", "--id", "acme-well", folder=folder)
    assert "Note: the line was taken from b.zip!logs/healthy.log" in ran.lines


def test_an_id_that_another_file_has_is_refused(folder: Path) -> None:
    drafted(folder)
    ran = run(
        "rules", "new", "--from", "app.log:3", "--product", "other", "--id", DRAFT.upper(), folder=folder
    )
    assert ran.code == 1
    assert f"rules/acme/{DRAFT}.yaml already; nothing was written" in ran.err
    assert not (folder / "rules" / "other").exists()


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


def test_explain_and_answer_name_a_broken_file_first(folder: Path) -> None:
    path, _ = finished(folder)
    path.write_text(path.read_text().replace("severity: medium", "severity: mid"))
    refusal = f"{path}:6:11: E-value: severity is 'mid'. Fix: "
    for name in (DRAFT, DRAFT.upper()):
        ran = run("rules", "explain", name, "app.log", folder=folder)
        assert (ran.code, ran.out) == (2, "")
        first, last = ran.err.splitlines()
        assert first.startswith(refusal)
        assert last == f"hercules: rule {name} was refused, so there is nothing to explain"
    other = run("rules", "explain", "another", "app.log", folder=folder).err.splitlines()
    assert other[0].startswith(refusal)
    assert (
        other[1] == "hercules: there is no rule another; or it stands in a file that was refused, see above"
    )
    ticket = {"type": "ticket.created", "ticket": {"id": "1", "subject": "s", "description": "disk quota"}}
    (folder / "t.json").write_text(json.dumps(ticket))
    ran = run("answer", "t.json", folder=folder)
    assert ran.err.startswith(refusal), ran


def test_explain_shows_a_pattern_as_it_was_written(folder: Path) -> None:
    drafted(folder)
    out = run("rules", "explain", DRAFT, "app.log", folder=folder).out
    assert r"regex 'disk quota of [\w-]+ exceeded, \d+ files lost'" in out


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
    assert (ran.code, ran.lines[-1]) == (0, "1 rule, 0 refused")
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
    assert ran.lines[-1] == "1 rule, 1 refused"
    assert run("rules", "import", "atlassian", "app.log", "rules", folder=folder).complaint()
    assert run("rules", "import", "atlassian", "none", "rules", folder=folder).complaint(2)


def test_a_cre_folder_is_imported_with_its_samples(folder: Path) -> None:
    source = folder / "cre" / "cre-1"
    source.mkdir(parents=True)
    rule = "rules:\n  - cre: {id: CRE-1, title: T, severity: 1}\n    rule: {set: {match: [disk trouble]}}\n"
    (source / "rule.yaml").write_text(rule)
    (source / "test.log").write_text("disk trouble\n")
    ran = run("rules", "import", "cre", "cre", "rules/cre", folder=folder)
    assert (ran.code, ran.lines[-1]) == (0, "1 rule and 1 sample, 0 refusals, nothing lost")
    assert (folder / "rules" / "cre" / "cre-1" / "rule.yaml").read_text() == rule
    assert (
        "1 rule: 1 of 1 hit samples fired, 0 of 0 miss samples silent"
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
