"""The page of the rule language: each example is a rule that loads, lints clean and does as its tests say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hercules.rules.extras import TICKET_FIELDS
from hercules.rules.nouns import SEVERITIES, STATUSES
from hercules.rules.rule import FLAT_FIELDS
from hercules.rules.terms import _NEGATE_FIELDS, _NODE_FIELDS, CAPTURE_TYPES
from hercules.rules.whens import WHEN_FIELDS
from tests.commands import run
from tests.rules.kit import HEAD, log, rules, stamped
from tests.rules.kit import run as scan

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S)
ARTICLE = "---\nid: {}\ntitle: Help\n---\n## Resolution\nDo it.\n"
# (what is written, from, to) of the table on where negations look
REACH = re.findall(
    r"^\| `([^`]+)` \| (-?\d+) s \| (-?\d+) s \|$",
    PAGE.partition("<!-- reach: begin -->")[2].partition("<!-- reach: end -->")[0],
    re.M,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of the page where it says that they belong, and the articles that they name."""
    made = tmp_path_factory.mktemp("page")
    for path, text in EXAMPLES:
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
    articles = made / "kb_index" / "articles"
    articles.mkdir(parents=True)
    for key in re.findall(r"kb: \[?(acme-[\w-]+)", PAGE):
        front = (
            f"id: {key}\nurl: https://help.example.com/ports" if key == "acme-port-taken" else f"id: {key}"
        )
        (articles / f"{key}.md").write_text(ARTICLE.replace("id: {}", front))
    return made


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```yaml") >= 20
    assert len(REACH) == 8


def test_every_example_lints_clean(folder: Path) -> None:
    ran = run("rules", "lint", "--strict", folder=folder)
    assert ran.code == 0, ran.out
    assert re.search(r"^\d+ rules, 0 errors, 0 warnings$", ran.lines[-1]), ran.out


def test_every_example_does_as_its_tests_say(folder: Path) -> None:
    ran = run("rules", "test", "--json", folder=folder)
    assert (ran.code, ran.err) == (0, ""), ran
    found = ran.json
    assert found["rules"] == sum(text.count("tests:") for _, text in EXAMPLES)
    assert found["hits"]["fired"] == found["hits"]["expected"] >= found["rules"]
    assert found["misses"]["silent"] == found["misses"]["expected"] >= found["rules"]


@pytest.mark.parametrize(("written", "begin", "end"), REACH)
def test_a_negation_looks_where_the_table_says(written: str, begin: str, end: str) -> None:
    body = f"sequence: {{window: 1m, order: [first one, second one], negate: [{{value: denied, {written}}}]}}"
    ruleset = rules(HEAD + body)
    base = 100

    def silent(at: int) -> bool:
        lines = [(base, "first one"), (base + 20, "second one"), (base + at, "denied"), (base + 600, "end")]
        return not scan(ruleset, log(stamped(sorted(lines)))).matches

    inside = {int(begin), int(end)}
    outside = {int(begin) - 1, int(end) + 1}
    assert {at: silent(at) for at in inside | outside} == dict.fromkeys(inside, True) | dict.fromkeys(
        outside, False
    )


def test_a_negation_without_keys_ends_with_the_last_event() -> None:
    ruleset = rules(HEAD + "sequence: {window: 1m, order: [first one, second one], negate: [denied]}")
    lines = [(0, "first one"), (20, "second one"), (21, "denied")]
    assert scan(ruleset, log(stamped(lines))).matches
    assert not scan(ruleset, log(stamped([lines[0], (20, "denied"), lines[1]]))).matches


def test_the_page_names_every_key() -> None:
    names = {
        *FLAT_FIELDS,
        *_NEGATE_FIELDS,
        *WHEN_FIELDS,
        *TICKET_FIELDS,
        *CAPTURE_TYPES,
        *SEVERITIES,
        *STATUSES,
    }
    names |= {name for fields in _NODE_FIELDS.values() for name in fields} | {"any", "all", "none", "source"}
    names |= {"no_match", "log", "ticket", "file", "kb", "search", "message", "cre", "rule"}
    missing = sorted(name for name in names if not re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", PAGE))
    assert missing == []


def test_the_page_names_every_code() -> None:
    code = "".join(path.read_text() for path in (ROOT / "hercules" / "rules").glob("*.py"))
    code += (ROOT / "hercules" / "yamlfile.py").read_text() + (
        ROOT / "hercules" / "cli" / "rulefiles.py"
    ).read_text()
    codes = set(re.findall(r'"([EW]-[A-Za-z][A-Za-z0-9-]+)"', code))
    codes |= {
        f"W-{each}" for each in ("kb-unreachable", "mutation", "no-hit", "no-miss", "generic", "overlap")
    }
    assert sorted(each for each in codes if f"`{each}`" not in PAGE) == []


def test_links_within_the_page_lead_somewhere() -> None:
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", PAGE, flags=re.S), re.M)
    anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in anchors] == []


@pytest.mark.parametrize("command", ["new", "test", "lint", "explain", "schema"])
def test_the_commands_of_the_page_are_there(command: str) -> None:
    told = run("rules", command, "--help").out
    (row,) = re.findall(rf"^\| `hercules rules {command}.*$", PAGE, re.M)
    assert [option for option in re.findall(r"--[a-z-]+", row) if option not in told] == []
