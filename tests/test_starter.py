"""The starter content: every rule on its samples and on all others, every article, every sample ticket."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from hercules.folders import sample_files
from hercules.library import read_source
from hercules.model import Limits
from hercules.rulebook import Rulebook, errors_of, load_rulebook
from hercules.rules.samples import Sample, missing_samples, read_samples, run_samples
from hercules.settings import RulesSettings
from hercules.sources.folder import FolderSource

ROOT = Path(__file__).parent.parent
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
LINES_MIN = 30


@cache
def book() -> Rulebook:
    return load_rulebook((ROOT / "rules",), RulesSettings())


@cache
def samples() -> tuple[Sample, ...]:
    files = [
        (found.below, found.data)
        for found in sample_files(ROOT / "sample_logs")
        if found.below[0] != "tickets"
    ]
    return read_samples(files, AS_OF)


@cache
def article_keys() -> frozenset[str]:
    articles, problems = read_source(FolderSource(ROOT / "kb_index" / "articles"))
    assert problems == []
    return frozenset(article.key for article in articles)


RULE_IDS = [rule.id for rule in book().ruleset.rules]


def test_every_file_is_a_rule() -> None:
    assert errors_of(book().ruleset.refusals) == []
    files = [path.stem for path in (ROOT / "rules").glob("*/*.yaml")]
    assert sorted(files) == sorted(rule_id.lower() for rule_id in RULE_IDS)
    assert len(RULE_IDS) >= 18
    assert len({path.parent.name for path in (ROOT / "rules").glob("*/*.yaml")}) >= 8


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_a_rule_fires_on_its_hits_and_not_on_its_misses(rule_id: str) -> None:
    own = [sample for sample in samples() if sample.rule_id == rule_id]
    assert {sample.kind for sample in own} == {"hit", "miss"}
    report = run_samples(book().ruleset, own, Limits(), AS_OF)
    assert report.failures == ()


def test_no_rule_fires_on_the_samples_of_another() -> None:
    report = run_samples(book().ruleset, samples(), Limits(), AS_OF, matrix=True)
    assert report.failures == ()
    assert report.pairs > len(RULE_IDS) * 10
    assert missing_samples(book().ruleset.rules, samples()) == ()


def test_logs_are_of_some_length() -> None:
    for path in (ROOT / "sample_logs").glob("*/*/*.log"):
        if path.parent.parent.name != "tickets":
            assert len(path.read_bytes().splitlines()) >= LINES_MIN, path


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_a_rule_leads_to_an_article_and_tells_an_engineer_enough(rule_id: str) -> None:
    rule = book().ruleset.rule(rule_id)
    assert rule is not None
    assert rule.answer.kb
    assert set(rule.answer.kb) <= article_keys()
    told = [rule.description]
    if rule.node is not None:  # a question has no cause
        told += [rule.cause, rule.impact, rule.mitigation]
    for each in told:
        assert len(each) > 40, rule_id


def test_sample_tickets_name_what_is_there() -> None:
    tickets = sorted((ROOT / "sample_logs" / "tickets").glob("*.json"))
    assert len(tickets) == 12
    silent = 0
    for path in tickets:
        body = json.loads(path.read_text(encoding="utf-8"))
        expect = body["expect"]
        silent += expect["silent"]
        assert expect["rule"] is None or expect["rule"] in RULE_IDS
        assert expect["article"] is None or expect["article"] in article_keys()
        for attachment in body["ticket"].get("attachments", []):
            assert (path.with_suffix("") / attachment["name"]).is_file()
    assert silent == 2
