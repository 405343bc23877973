"""The pages of rules: counts, samples, reviews and findings, and one rule in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hercules import library
from tests.serving import RULE, Served, serving, wait_for, write_content
from tests.web.kit import answered, log_in

FULL = """\
id: acme-full
title: A rule with <b>everything</b>
severity: critical
status: test
product: acme
category: storage
tags: [disk]
description: It was <i>described</i>.
cause: Too little.
impact: No writes.
mitigation: Add a disk.
falsepositives: A drill of the <b>fire brigade</b>.
author: Somebody
related: [acme-general]
references: ["https://kb.example.com/a", "javascript:alert(1)"]
when: {version: '>=9 <8', text: {none: [calm words]}}
sequence:
  window: 30s
  order: [first unheard thing, {regex: 'second [u]nheard', count: 2}]
  negate: [{value: all calm again, window: 10s, slide: -5s, anchor: 1, absolute: true}]
answer: {kb: no-such-article, message: "It says {count}.", search: words to search}
tests:
  match: [one unheard]
review_by: 2020-01-01
"""
GENERAL = "id: acme-general\ntitle: General\nstatus: test\nset: {match: [{value: '401'}]}\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with three rules, one of them too general, and a file that is no rule."""
    folder: Path = tmp_path_factory.mktemp("rules-page")
    write_content(folder)
    rules = folder / "rules" / "acme"
    (rules / "acme-full.yaml").write_text(FULL)
    (rules / "acme-general.yaml").write_text(GENERAL)
    (rules / "broken.yaml").write_text("id: broken\ntitle: x\nset: {match: [{regex: 'a(?=b)'}]}\n")
    shadow = RULE.replace("acme-quota-exceeded", "acme-shadow").replace(
        "status: test", "status: experimental"
    )
    (rules / "acme-shadow.yaml").write_text(shadow)
    samples = folder / "samples" / "acme" / "acme-quota-exceeded"
    samples.mkdir(parents=True)
    (samples / "hit1.log").write_text("disk quota of v1 exceeded for volume\n")
    (samples / "hit2.ticket.json").write_text("{}")
    (samples / "miss1.log").write_text("calm\n")
    with serving(folder) as found:
        yield found


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """A client that is logged in."""
    with log_in(served) as client:
        yield client


def row_of(text: str, rule_id: str) -> str:
    """The table's row of a rule."""
    (row,) = (part for part in text.split("<tr>") if f'/rules/{rule_id}"' in part)
    return " ".join(row.replace("&nbsp;", " ").split())


def test_only_those_who_are_logged_in_see_it(served: Served) -> None:
    for path in ("/rules", "/rules/acme-full"):
        answer = served.client.get(path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")


def test_the_table_tells_how_each_rule_did(served: Served, browser: httpx.Client) -> None:
    before = browser.get("/rules").text
    assert "not judged yet" in row_of(before, "acme-quota-exceeded")
    told = answered(served, "rules-1")
    answered(served, "rules-2")
    api = f"/api/suggestions/{told['suggestion_id']}/review"
    assert served.client.post(api, json={"verdict": "approve"}, headers=served.api()).status_code == 200
    row = row_of(browser.get("/rules").text, "acme-quota-exceeded")
    assert '<td class="num">2</td>' in row
    assert "1 right, 0 wrong" in row
    assert "n = 1" in row
    assert "2 hit, 1 miss" in row
    assert 'datetime="20' in row
    assert "clean" in row
    shadow = row_of(browser.get("/rules").text, "acme-shadow")
    assert "seen only" in shadow
    for rule_id in ("acme-quota-exceeded", "acme-shadow"):
        text = browser.get(f"/rules/{rule_id}").text
        (link,) = (part for part in text.split("<a ") if "rules-1</a>" in part)
        address = link.split('"')[1]
        assert address == f"/review/{told['suggestion_id']}", "a rule leads to the tickets it was seen on"
        assert browser.get(address).status_code == 200
    assert '<td class="num">2<br>' in shadow


def test_findings_stand_beside_their_rule_with_file_and_line(browser: httpx.Client) -> None:
    text = browser.get("/rules").text
    full = row_of(text, "acme-full")
    assert "<code>E-never</code>" in full
    assert "acme-full.yaml:1" in full
    general = row_of(text, "acme-general")
    assert "E-generic" in general
    assert "too general" in general
    assert "broken.yaml:3:25: E-not-re2" in text, "what is in no rule in use is told above"


def test_one_rule_in_full(browser: httpx.Client) -> None:
    text = browser.get("/rules/acme-full").text
    for part in (
        "A rule with &lt;b&gt;everything&lt;/b&gt;",
        "It was &lt;i&gt;described&lt;/i&gt;.",
        "Too little.",
        "No writes.",
        "Add a disk.",
        "A drill of the &lt;b&gt;fire brigade&lt;/b&gt;.",
        "Somebody",
        "words to search",
        "<dd>acme-general</dd>",
        "In this order within 30 s",
        "regex: second [u]nheard (2 times)",
        "Not at event 2, window 10 s absolute, from -5 s on",
        "all calm again",
        "calm words",
        "acme-full.yaml:1",
        "W-stale",
        "W-kb-unreachable",
        '<a href="https://kb.example.com/a"',
        "1 hit, 0 miss",
    ):
        assert part in text, part
    assert 'href="javascript:' not in text
    assert "<b>everything" not in text
    assert browser.get("/rules/ACME-FULL").status_code == 200
    assert browser.get("/rules/none").status_code == 404


def test_a_broken_file_shows_its_last_good_form_and_says_so(served: Served, browser: httpx.Client) -> None:
    path = Path(served.house.folders.rules) / "acme" / "acme-shadow.yaml"
    good = path.read_text()
    assert "last good one" not in browser.get("/rules/acme-shadow").text
    path.write_text(good + "colour: blue\n")
    page = "/rules/acme-shadow"
    assert wait_for(lambda: library.reload_rules(served.house) or "last good one" in browser.get(page).text)
    text = browser.get(page).text
    assert "acme-shadow.yaml:" in text
    assert "E-unknown-field" in text
    assert "file broken" in row_of(browser.get("/rules").text, "acme-shadow")
    path.write_text(good)
    assert wait_for(lambda: library.reload_rules(served.house) or "last good" not in browser.get(page).text)


def test_a_reload_is_seen(served: Served, browser: httpx.Client) -> None:
    path = Path(served.house.folders.rules) / "acme" / "acme-general.yaml"
    path.write_text(GENERAL.replace("'401'", "'something unheard of'").replace("General", "Special one"))
    assert wait_for(lambda: library.reload_rules(served.house) or "Special one" in browser.get("/rules").text)
    text = browser.get("/rules").text
    assert "too general" not in row_of(text, "acme-general")
