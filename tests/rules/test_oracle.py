"""The engine against a slow reading, at every chunk size and with both finders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.logs.bundle import open_bundle
from hercules.logs.lines import events
from hercules.model import Limits, Part
from hercules.rules import database
from hercules.rules.confirm import Matcher
from hercules.rules.database import Engine, Ruleset, compile_rules
from hercules.rules.nouns import Rule
from hercules.rules.scan import scan
from tests.rules import oracle as slow
from tests.rules.kit import AS_OF, load, log, run

ALL = replace(Limits(), evidence_max=10_000, hits_max=100_000, event_lines=6, event_bytes=400)
Answer = set[tuple[str, str, int, tuple[tuple[str, str], ...]]]

PATTERNS = [
    "value: disk full",
    "value: oom",
    "value: 'é failed'",
    "regex: 'disk (full|slow)'",
    "regex: '(?i)Disk FULL'",
    "regex: 'ERROR.*Caused by'",
    "regex: '(?P<num>\\d+)-(?P<tail>\\w+)'",
    "regex: '^2026.*disk$'",
    "regex: '[Dd]isk|[Oo]om'",
    "regex: 'full$'",
    "regex: '\\bslow\\b'",
    "regex: 'caf. x'",
    "regex: 'a{3}b?disk'",
]
TEXTS = [
    f"id: rule-{number:02}\ntitle: T\nset: {{match: [{{{text}}}]}}\n" for number, text in enumerate(PATTERNS)
]
RULES, REFUSALS = load(*TEXTS)
ENGINES: tuple[Engine, ...] = ("hyperscan", "re2")
SETS = {engine: compile_rules(RULES, REFUSALS, engine) for engine in ENGINES}


def oracle(text: bytes) -> Answer:
    """Every (rule, file, line, captures), by asking each event for each term."""
    found: Answer = set()
    for rule in RULES:
        assert rule.node is not None
        matcher = Matcher(rule.node.positives[0])
        file = log(text)
        for line, event in events(file.chunks, file.shape, ALL):
            if (match := matcher.find(event)) is not None:
                captures = tuple(sorted((name, value) for name, _, value in match.captures))
                found.add((rule.id, "app.log", line, captures))
    return found


def engine(ruleset: Ruleset, text: bytes, chunk: int) -> Answer:
    """The same by a scan in chunks of so many bytes."""
    return {
        (match.rule_id, proof.file, proof.line, tuple(sorted(proof.captures.items())))
        for match in run(ruleset, log(text, chunk=chunk), limits=ALL).matches
        for proof in match.evidence
    }


_MARKS = "disk full|disk|full|slow|disk slow|DISK full|oom|é failed|ERROR|Caused by: x|17-abc|aaadisk|café x"
_WORDS = st.sampled_from([*_MARKS.split("|"), "", "INFO fine", "x" * 90, "\x00", "Exception"])
_STARTS = st.sampled_from(["2026-10-05 10:00:00,000 ", "2026-10-05 10:00:01,000 ", "\tat ", "", "", "  "])
_LINES = st.tuples(_STARTS, st.lists(_WORDS, max_size=4).map(" ".join)).map("".join)
_LOGS = st.tuples(st.lists(_LINES, max_size=30), st.sampled_from(["\n", "\r\n"]), st.booleans())


def _text(parts: tuple[Sequence[str], str, bool]) -> bytes:
    lines, end, closed = parts
    return (end.join(lines) + (end if closed else "")).encode()


@settings(max_examples=120, deadline=None)
@given(_LOGS.map(_text), st.sampled_from([1, 7, 64, 300, 0]), st.sampled_from(ENGINES))
def test_equal_to_the_slow_reading(text: bytes, chunk: int, name: Engine) -> None:
    assert engine(SETS[name], text, chunk) == oracle(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 40), st.sampled_from(ENGINES))
def test_random_rule_sets_are_equal_to_a_slow_reading(seed: int, name: Engine) -> None:
    made = slow.case(seed)
    assert slow.found(made, name) == slow.expected(made)


@settings(max_examples=40, deadline=None)
@given(_LOGS.map(_text))
def test_both_finders_give_the_very_same_scan(text: bytes) -> None:
    fast, slow = (run(SETS[name], log(text), limits=ALL) for name in ENGINES)
    assert fast == slow


@settings(max_examples=40, deadline=None)
@given(_LOGS.map(_text), st.sampled_from([1, 7, 64]))
def test_chunks_change_nothing_that_is_shown(text: bytes, chunk: int) -> None:
    whole, cut = (run(SETS["hyperscan"], log(text, chunk=size), limits=ALL) for size in (0, chunk))
    assert whole == cut


@settings(max_examples=25, deadline=None)
@given(_LOGS.map(_text), st.sampled_from(ENGINES))
def test_too_many_finds_give_the_same_by_the_slow_way(text: bytes, name: Engine) -> None:
    before = database.FINDS_MAX
    database.FINDS_MAX = 3
    try:
        few = engine(SETS[name], text, 0)
    finally:
        database.FINDS_MAX = before
    assert few == oracle(text)


def test_a_literal_over_the_edge_of_a_megabyte() -> None:
    filler = b"INFO nothing to see here at all\n" * 40_000
    text = filler[: (1 << 20) - 5] + b"disk full" + filler[(1 << 20) - 5 :]
    for name in ENGINES:
        got = engine(SETS[name], text, 1 << 20)
        assert {(rule, line) for rule, _, line, _ in got} >= {("rule-00", text[: 1 << 20].count(b"\n") + 1)}


def test_one_very_long_line() -> None:
    text = b"x" * 3_000_000 + b" disk full " + b"y" * 100_000
    limits = Limits()
    match = next(
        m
        for m in run(SETS["hyperscan"], log(text, chunk=1 << 20), limits=limits).matches
        if m.rule_id == "rule-00"
    )
    assert (match.count, match.evidence[0].line) == (1, 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.id))
def test_every_pattern_fires_somewhere(rule: Rule) -> None:
    text = "2026-10-05 10:00:00,000 ERROR disk full\nCaused by: é failed 17-abc oom caf\u00e9 x slow aaadisk"
    data = text.encode().replace("caf\u00e9".encode(), b"caf\xe9") + b"\n2026-10-05 10:00:00,000 disk\nfull\n"
    assert rule.id in {found for found, *_ in engine(SETS["hyperscan"], data, 0)}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_encodings_give_equal_matches(encoding: str) -> None:
    text = "".join(f"2026-10-05 10:00:{n:02},000 INFO disk full {n}-abc\r\n" for n in range(30))
    assert _opened(text.encode(encoding)) == _opened(text.encode()) != set()


def _opened(data: bytes) -> Answer:
    files = open_bundle([Part("app.log", data=data)], Limits(), AS_OF)
    found = scan(files, SETS["hyperscan"], ALL)
    return {
        (match.rule_id, proof.file, proof.line, tuple(proof.captures.items()))
        for match in found.matches
        for proof in match.evidence
    }
