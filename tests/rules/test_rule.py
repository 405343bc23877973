"""Rule files: every shape and field, and for each mistake a code, a place and a cure."""

from __future__ import annotations

import pytest

from hercules.rules.nouns import Capture
from hercules.rules.rule import RuleFile, read_rules
from tests.rules.kit import HEAD, codes, load, refused

FLAT = """\
# yaml-language-server: $schema=../rule.schema.json
id: jira-oom
title: Jira ran out of heap
status: test
severity: high
tags: [java, memory]
category: memory
files: ["atlassian-jira*.log"]
exclude_files: access.log
set:
  window: 10m
  match:
    - "java.lang.OutOfMemoryError: Java heap space"
    - regex: 'NotFoundException: (?P<cls>[\\w.$]+)'
      count: 2
      extract: [{name: code, type: code, regex: '\\b(ERR-\\d+)'}, {name: cls, type: class}]
  negate:
    - {value: "incoming mail loop", anchor: 1, window: 5s, slide: -2s, absolute: true}
answer: {kb: [A-1, A-2], search: heap, message: "The log names {cls} and {code}, {count} times."}
supersedes: [other-one]
related: other-one
references: [https://example.com/x]
since: 2026-01-31
"""
OTHER = "id: other-one\ntitle: Another\nset: {match: [some rare words]}\n"

CRE = """\
rules:
  - metadata: {id: abc, hash: def, gen: 1, kind: prequel}
    cre:
      id: CRE-2026-0001
      severity: 0
      title: A public rule
      category: c
      tags: [a]
      author: someone
      description: |
        Text.
      cause: c
      impact: i
      impactScore: 5
      mitigation: m
      mitigationScore: 3
      references: [https://example.com]
      applications: [{name: app, version: ">= 2.x"}]
      reports: 4
      VALIDATION: slipped
    status: stable
    rule:
      sequence:
        window: 30s
        event: {source: cre.log.app}
        order:
          - first thing happened
          - value: second
          - regex: "third.*thing"
"""


def test_flat_rule() -> None:
    (rule, _), refusals = load(FLAT, OTHER)
    assert not refusals
    assert (rule.id, rule.title, rule.status, rule.severity) == (
        "jira-oom",
        "Jira ran out of heap",
        "test",
        "high",
    )
    assert (rule.product, rule.tags, rule.files, rule.exclude_files) == (
        ("demo",),
        ("java", "memory"),
        ("atlassian-jira*.log",),
        ("access.log",),
    )
    assert (rule.file, rule.line) == ("r0.yaml", 2)
    assert rule.answer.kb == ("A-1", "A-2")
    assert rule.supersedes == rule.related == ("other-one",)
    assert rule.severity_rank == 3
    node = rule.node
    assert node is not None
    assert (node.kind, node.window_s, node.expanded) == ("set", 600.0, 3)
    assert node.positives[1].captures == (
        Capture("cls", "", "class"),
        Capture("code", r"\b(ERR-\d+)", "code"),
    )
    negate = node.negates[0]
    assert (negate.anchor, negate.window_s, negate.slide_s, negate.absolute) == (1, 5.0, -2.0, True)


def test_cre_item_is_read_unchanged() -> None:
    (rule,), refusals = load(CRE)
    assert (rule.id, rule.severity, rule.status, rule.product) == (
        "CRE-2026-0001",
        "critical",
        "stable",
        ("demo",),
    )
    assert rule.node is not None
    assert (rule.node.kind, rule.node.window_s, len(rule.node.positives)) == ("sequence", 30.0, 3)
    assert [refusal.code for refusal in refusals] == ["W-source-unmapped", "W-unknown-field"] or [
        refusal.code for refusal in refusals
    ] == ["W-unknown-field", "W-source-unmapped"]


def test_list_with_shared_terms() -> None:
    text = """\
terms:
  heap: {regex: 'OutOfMemory\\w+', count: 3}
rules:
  - {id: rule-one, title: One, set: {window: 1m, match: [heap]}}
  - {id: rule-two, title: Two, set: {window: 1m, match: [{value: heap}, mnesia overload]}}
"""
    found, refusals = load(text)
    assert not refusals
    for rule in found:
        assert rule.node is not None
        assert rule.node.positives[0].kind == "regex"
        assert rule.node.positives[0].count == 3


def test_what_a_named_term_does_not_take_is_told() -> None:
    body = "terms: {heap: heap is full}\nset: {match: [{value: heap, count: 3, field: a.b}]}"
    found, refusals = load(HEAD + body)
    assert [(each.code, each.line, each.column) for each in refusals] == [
        ("W-reference", 5, 29),
        ("W-reference", 5, 39),
    ]
    assert found[0].node is not None
    assert (found[0].node.positives[0].count, found[0].node.positives[0].field) == (1, "")


def test_catalogues_are_no_rules() -> None:
    texts = {
        "tags.yaml": "- {name: a, title: A}",
        "products.yaml": "jira: {title: Jira}",
        "sources.yaml": "src.app: {files: ['app*.log'], products: [demo]}",
        "kinds.yaml": "metadata: {kind: tags}\ntags: []",
    }
    files = [RuleFile(path, text.encode()) for path, text in texts.items() if path != "tags.yaml"]
    body = "set: {event: {source: src.app}, match: [telling words]}"
    rules, refusals = read_rules([*files, RuleFile("p/r.yaml", (HEAD + body).encode(), "p")])
    assert not refusals
    assert rules[0].source_files == ("app*.log",)


def test_cre_set_and_sequence_warns_and_takes_the_sequence() -> None:
    both = CRE.replace("    rule:\n", "    rule:\n      set: {match: [something else]}\n")
    (rule,), refusals = load(both)
    assert rule.node is not None
    assert rule.node.kind == "sequence"
    assert "W-two-nodes" in [refusal.code for refusal in refusals]


def test_a_refused_rule_leaves_the_others() -> None:
    text = """\
rules:
  - {id: bad, title: B, set: {match: [{regex: '(a'}]}, oops: 1}
  - {id: good, title: G, set: {match: [telling words]}}
"""
    found, refusals = load(text)
    assert [rule.id for rule in found] == ["good"]
    assert [(refusal.line, refusal.rule) for refusal in refusals] == [(2, "bad"), (2, "bad")]


SET = "set: {match: ["
BAD: dict[str, tuple[str, str]] = {
    "unknown field": ("sett: {match: [abcdef]}", "E-unknown-field"),
    "unknown in set": ("set: {match: [abcdef], windows: 5s}", "E-unknown-field"),
    "unknown in term": (SET + "{value: abcdef, cuont: 2}]}", "E-unknown-field"),
    "unknown in answer": (SET + "abcdef]}\nanswer: {kbs: A}", "E-unknown-field"),
    "unknown in when": ("when: {txt: [a b]}", "E-unknown-field"),
    "unknown in tests": (SET + "abcdef]}\ntests: {hit: [a]}", "E-unknown-field"),
    "look-ahead": (SET + "{regex: 'abc(?=d)'}]}", "E-not-re2"),
    "look-behind": (SET + "{regex: '(?<!a)bcd'}]}", "E-not-re2"),
    "back-reference": (SET + "{regex: '(abc)\\1'}]}", "E-not-re2"),
    "end of text": (SET + "{regex: 'abc\\Z'}]}", "E-not-re2"),
    "possessive": (SET + "{regex: 'abc*+'}]}", "E-not-re2"),
    "atomic": (SET + "{regex: '(?>abc)'}]}", "E-not-re2"),
    "repeat": (SET + "{regex: 'abc{1001}'}]}", "E-not-re2"),
    "nested repeat": (SET + "{regex: '((abc{100}){100}){100}'}]}", "E-not-re2"),
    "long pattern": (SET + "{regex: '" + "a" * 1001 + "'}]}", "E-not-re2"),
    "open group": (SET + "{regex: '(abc'}]}", "E-regex"),
    "bad class": (SET + "{regex: '[z-a]'}]}", "E-regex"),
    "nothing to repeat": (SET + "{regex: '*abc'}]}", "E-regex"),
    "empty literal": (SET + "'']}", "E-empty-pattern"),
    "blank literal": (SET + "{value: ' '}]}", "E-empty-pattern"),
    "empty regex": (SET + "{regex: ''}]}", "E-empty-pattern"),
    "regex of nothing": (SET + "{regex: 'a*'}]}", "E-empty-pattern"),
    "regex of an edge": (SET + "{regex: '\\b'}]}", "E-empty-pattern"),
    "no term": (SET + "{count: 2}]}", "E-term"),
    "two patterns": (SET + "{value: abcdef, regex: abcdef}]}", "E-term"),
    "jq": (SET + "{jq: '.a | env'}]}", "E-jq"),
    "empty jq": (SET + "{jq: ' '}]}", "E-empty-pattern"),
    "jq and regex": (SET + "{jq: .a, regex: abcdef}]}", "E-term"),
    "jq of a field": (SET + "{field: a.b, jq: .a}]}", "E-term"),
    "field": (SET + "{field: a..b, value: abcdef}]}", "E-value"),
    "jq capture": (SET + "{value: abcdef, extract: [{name: a, jq: '.a + 1'}]}]}", "E-jq"),
    "two captures": (SET + "{value: abcdef, extract: [{name: a, jq: .a, regex: b}]}]}", "E-term"),
    "jq of a ticket": ("when: {text: [{regex: abc, extract: [{name: a, jq: .a}]}]}", "E-term"),
    "no match": ("set: {window: 5s}", "E-no-positive"),
    "negates alone": ("set: {match: [], negate: [abcdef]}", "E-no-positive"),
    "no window": (SET + "abcdef, bcdefg]}", "E-window"),
    "idle window": ("set: {window: 5s, match: [abcdef]}", "E-window"),
    "short sequence": ("sequence: {window: 5s, order: [abcdef]}", "E-window"),
    "bad window": ("set: {window: 5 minutes, match: [abcdef, bcdefg]}", "E-value"),
    "negative window": ("set: {window: -5s, match: [abcdef, bcdefg]}", "E-value"),
    "anchor": (SET + "abcdef], negate: [{value: x y z, anchor: 1}]}", "E-anchor"),
    "negate count": (SET + "abcdef], negate: [{value: x y z, count: 2}]}", "E-negate-count"),
    "negate extract": (
        SET + "abcdef], negate: [{value: xyz, extract: [{name: a, regex: b}]}]}",
        "E-negate-extract",
    ),
    "unquoted line": ("set:\n  match:\n    - ERROR: disk full", "E-value"),
    "unquoted sample": (SET + "abcdef]}\ntests: {match: [ERROR: disk full]}", "E-value"),
    "count": (SET + "{value: abcdef, count: 0}]}", "E-value"),
    "count word": (SET + "{value: abcdef, count: many}]}", "E-value"),
    "match is text": ("set: {match: abcdef}", "E-value"),
    "set is list": ("set: [abcdef]", "E-value"),
    "two nodes": ("set: {match: [abcdef]}\nsequence: {window: 1s, order: [abc, def]}", "E-two-nodes"),
    "nothing": ("tags: [a]", "E-empty-rule"),
    "when is not enough": ("when: {product: jira}", "E-empty-rule"),
    "severity": (SET + "abcdef]}\nseverity: hihg", "E-value"),
    "severity number": (SET + "abcdef]}\nseverity: 5", "E-value"),
    "status": (SET + "abcdef]}\nstatus: live", "E-value"),
    "empty severity": (SET + "abcdef]}\nseverity:", "E-value"),
    "date": (SET + "abcdef]}\nsince: 2026-13-01", "E-value"),
    "score": (SET + "abcdef]}\nimpactScore: high", "E-value"),
    "boolean": (SET + "abcdef], negate: [{value: xyz, absolute: yes}]}", "E-value"),
    "four articles": (SET + "abcdef]}\nanswer: {kb: [a, b, c, d]}", "E-value"),
    "long message": (SET + "abcdef]}\nanswer: {message: '" + "a" * 401 + "'}", "E-value"),
    "slot": (SET + "abcdef]}\nanswer: {message: 'It is {cls}.'}", "E-slot"),
    "open brace": (SET + "abcdef]}\nanswer: {message: 'It is {cls.'}", "E-slot"),
    "shut brace": (SET + "abcdef]}\nanswer: {message: 'It is }.'}", "E-slot"),
    "slot format": (SET + "abcdef]}\nanswer: {message: '{count:>100000000}'}", "E-slot"),
    "slot attribute": (SET + "abcdef]}\nanswer: {message: '{count.__class__}'}", "E-slot"),
    "text in a slot": (
        SET + "{regex: 'abc(?P<who>.+)'}]}\nanswer: {message: 'It is {who}.'}",
        "E-slot",
    ),
    "capture name": (SET + "{value: abcdef, extract: [{name: 9a, regex: b}]}]}", "E-value"),
    "capture of nothing": (SET + "{value: abcdef, extract: [{name: a}]}]}", "E-term"),
    "capture type": (SET + "{value: abcdef, extract: [{name: a, regex: b, type: txt}]}]}", "E-value"),
    "looks like regex": (SET + "'status=.*failed']}", "E-looks-like-regex"),
    "looks like escape": (SET + "'status=5\\d\\d']}", "E-looks-like-regex"),
    "newline at the end": ("set:\n  match:\n    - |\n      abcdef\n", "E-trailing-newline"),
    "regex newline": ("set:\n  match:\n    - regex: |\n        abc.def\n", "E-trailing-newline"),
    "version range": ("when: {text: [a b], version: '=>9'}", "E-value"),
    "empty when": ("when: {}", "E-value"),
    "empty any": ("when: {text: {any: []}}", "E-value"),
    "phrase regex": ("when: {text: [{regex: '(a'}]}", "E-regex"),
    "phrase empty": ("when: {text: ['']}", "E-empty-pattern"),
    "test without log": (SET + "abcdef]}\ntests: {match: [{file: a.log}]}", "E-value"),
    "sub-term": (SET + "{set: {match: [a]}}]}", "W-not-run"),
}


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_refused_with_code_place_and_cure(name: str) -> None:
    body, code = BAD[name]
    found, refusals = load(HEAD + body)
    assert not found
    assert code in [refusal.code for refusal in refusals]
    first = next(refusal for refusal in refusals if refusal.code == code)
    assert first.file == "r0.yaml"
    assert first.line >= (1 if code == "E-empty-rule" else 4)
    assert first.column >= 1
    assert first.rule == "rule-one"
    assert first.fix
    assert str(first).startswith(f"r0.yaml:{first.line}:{first.column}: {code}: ")


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        (SET + "abcdef]}\nnegate: [all well]", "Write it below set or sequence."),
        (SET + "abcdef]}\nwindow: 5m", "Write it below set or sequence."),
        ("match: [abcdef]", "Write it below set."),
        (SET + "abcdef]}\nkb: article", "Write it below answer."),
        ("set:\n  match:\n    - ERROR: can't write", "Put it in single quotes: 'ERROR: can''t write'"),
        (SET + "{vaule: abcdef}]}", "Did you mean value?"),
        (
            SET + "abcdef]}\nanswer: {message: 'It is {disk}.'}",
            "Capture it by a group (?P<disk>..) in a regex.",
        ),
    ],
)
def test_a_usual_slip_is_told_where_it_belongs(body: str, fix: str) -> None:
    assert any(refusal.fix.startswith(fix) for refusal in load(HEAD + body)[1])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("title: T\nset: {match: [abcdef]}", "E-value"),
        ("id: ab\ntitle: T\nset: {match: [abcdef]}", "E-value"),
        ("id: 'a b c'\ntitle: T\nset: {match: [abcdef]}", "E-value"),
        ("id: abc\nset: {match: [abcdef]}", "E-value"),
        ("id: abc\ntitle: ''\nset: {match: [abcdef]}", "E-value"),
        ("id: [abc]\ntitle: T\nset: {match: [abcdef]}", "E-value"),
        ("- id: abc", "E-value"),
        ("just words", "E-value"),
        ("rules: []", "E-empty-rule"),
        ("rules: {id: abc}", "E-value"),
        ("rules: [abc]", "E-value"),
        ("id: abc\nid: abd\ntitle: T", "E-yaml"),
        ("", "E-yaml"),
        ("cre: {id: abc-1, title: T}\nid: abc-2\nrule: {set: {match: [abcdef]}}", "E-twice"),
        ("cre: {id: abc-1, title: T}\nrule: {sett: {match: [abcdef]}}", "E-unknown-field"),
    ],
)
def test_broken_files(text: str, code: str) -> None:
    assert not load(text)[0]
    assert code in codes(text)


def test_offset_of_a_pattern_and_nearest_name() -> None:
    refusal = refused("set:\n  match:\n    - regex: 'abc(?=d)'\n")
    assert (refusal.line, refusal.column) == (6, 18)
    assert "two terms of a set" in refusal.fix
    assert "Did you mean severity?" in refused("set: {match: [abcdef]}\nseverty: high\n").fix
    assert "Did you mean high?" in refused("set: {match: [abcdef]}\nseverity: hihg\n").fix


def test_duplicate_ids_name_both_places() -> None:
    found, refusals = load(OTHER, OTHER.replace("other-one", "OTHER-One"))
    assert len(found) == 1
    assert refusals[0].code == "E-duplicate-id"
    assert "r0.yaml:1:1" in refusals[0].message
    assert refusals[0].file == "r1.yaml"


def test_circles_of_supersedes_are_refused() -> None:
    ring = [
        f"id: ring-{n}\ntitle: R\nset: {{match: [telling words]}}\nsupersedes: ring-{(n + 1) % 3}\n"
        for n in range(3)
    ]
    above = "id: above\ntitle: A\nset: {match: [telling words]}\nsupersedes: ring-0\n"
    found, refusals = load(*ring, above)
    assert [rule.id for rule in found] == ["above"]
    assert [refusal.code for refusal in refusals] == ["E-cycle"] * 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("set: {match: [abcdefgh]}\nrelated: nowhere", "W-unknown-rule"),
        ("set: {match: [core]}", "W-short"),
        ("set: {match: [connection]}", "W-short"),
        ("set: {match: [{regex: '\\d+-\\d+'}]}", "W-no-literal"),
        ("set: {match: [abcdefgh]}\nanswer: {message: The fix is to restart.}", "W-verdict"),
        ("set: {match: [{value: 'status=5\\d\\d'}]}", "W-looks-like-regex"),
    ],
)
def test_warnings_keep_the_rule(body: str, code: str) -> None:
    found, refusals = load(HEAD + body)
    assert len(found) == 1
    assert [refusal.code for refusal in refusals] == [code]


def test_digest_changes_with_meaning_and_not_with_comments() -> None:
    (one, *_), _ = load(FLAT, OTHER)
    (same, *_), _ = load("# more\n" + FLAT, OTHER)
    (other, *_), _ = load(FLAT.replace("10m", "11m"), OTHER)
    assert one.digest == same.digest != other.digest


def test_limit_of_rules() -> None:
    files = [RuleFile(f"{n}.yaml", OTHER.replace("other", f"o{n}").encode(), "p") for n in range(4)]
    found, refusals = read_rules(files, rules_max=3)
    assert len(found) == 3
    assert "more than 3 rules" in refusals[0].message
