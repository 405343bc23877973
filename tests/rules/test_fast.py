"""Short cuts of the scan change nothing but its speed: whole patterns, hot literals, floods, copies."""

from __future__ import annotations

import random

import pytest

from hercules.rules.database import Engine
from hercules.rules.errors import ErrorBook
from hercules.rules.feed import Fingerprint
from hercules.rules.literals import all_of_regex
from hercules.rules.rarity import surprise
from hercules.rules.wholes import may_be_whole
from tests.rules.kit import HEAD, log, one, rule, rules, run


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d+-\d+",
        "(?i)ok|no",
        r"[a-f0-9]{8} \w+",
        "a.b",
        r"x(?:ab|[^c])?\.",
        r"\s\d",
        r"(a|b){2}\d",
        "[]a]x",
        "a+?b",
    ],
)
def test_patterns_that_are_looked_for_whole(pattern: str) -> None:
    assert may_be_whole(pattern)
    assert rule(f"set: {{match: [{{regex: '{pattern}'}}]}}").wholes == ((0, 0),)


@pytest.mark.parametrize(
    "pattern",
    [r"^\d+", r"\d+$", r"\bok", "a.*b", "[^a]+b", r"\S\d", r"[^\s]\d", r"\D*x", "(ab)+", "(?P<n>a)",
     "a(?i)b", "é", "[[:alpha:]]", r"\pL", r"\x41", "a{40}", r"a{2,}?.{2,}", r"\Qa\E", "a{b"],
)  # fmt: skip
def test_patterns_that_are_not(pattern: str) -> None:
    assert not may_be_whole(pattern)


def test_whole_patterns_find_what_asking_every_event_finds() -> None:
    patterns = [r"\d+-\d+", "(?i)ok|no", r"\s\d\s", "a.b", r"(a|b){2}\d", r"[x-z]\d?\.", r"b\W\d"]
    texts = [
        f"id: rule-{n}\ntitle: T\nset: {{match: [{{regex: '{pattern}'}}]}}\n"
        for n, pattern in enumerate(patterns)
    ]
    engines: tuple[Engine, ...] = ("hyperscan", "re2")
    fast, slow = (rules(*texts, engine=engine) for engine in engines)
    assert len(fast.wholes) == len(patterns) == len(slow.slow)
    dice = random.Random(4)
    for _ in range(200):
        end = dice.choice(("\n", "\r\n"))
        lines = ["".join(dice.choices("ab cxyz.-17OkNo\t", k=dice.randrange(9))) for _ in range(12)]
        text = end.join(dice.choice(("", "  ")) + line for line in lines)
        assert run(fast, text) == run(slow, text)


def test_a_hot_literal_whose_rest_is_rare() -> None:
    body = (
        "set: {match: [{regex: 'zyxwvut .*lastly [0-9]+'}, {regex: '(?i)zyxwvut.*FINALLY'}], window: file}\n"
    )
    assert [len(group) for group in all_of_regex("zyxwvut .*lastly [0-9]+")] == [1, 1]
    hot = "zyxwvut again\n" * 300
    ruleset = rule(body)
    assert not run(ruleset, hot).matches
    text = hot + "zyxwvut and lastly 7\n" + hot + "ZYXWVUT finally\n" + hot
    assert [proof.line for proof in one(run(ruleset, text)).evidence] == [301, 602]


def test_all_needed_literals_are_known() -> None:
    groups = all_of_regex("(?:one|two) three.*(?i:four)+[0-9]five?")
    texts = [{literal.text.decode() for literal in group} for group in groups]
    assert {"one three", "two three"} in texts
    assert {"four"} in texts


def test_rare_strings_are_more_surprising() -> None:
    assert surprise("connection") < surprise("mnesia_overload") < surprise("mnesia_overload at xq7")
    assert surprise("error") < surprise("ORA-00600")


def test_a_flood_of_errors_is_looked_at_in_part() -> None:
    book = ErrorBook("a.log", "utf-8", 5)
    for number in range(50):
        book.take(b"ERROR number %d of %s" % (number % 10, b"abcdefghij"[number % 10 :]), number, number + 1)
    assert book.full
    kinds = list(book.unexplained(set(), str))
    assert len(kinds) == 5
    assert [kind.count for kind in kinds] == [5] * 5


def test_events_beyond_the_looks_cost_nothing_and_are_said() -> None:
    lines = "".join(f"ERROR {n % 7} disk slow\n" for n in range(25_000))
    found = run(rule("set: {match: [disk slow never]}"), lines)
    assert len(found.errors) == 1
    assert 5_000 <= found.errors[0].count < 5_100
    assert [(one.name, one.reason) for one in found.not_scanned] == [("app.log", "more")]
    rest = run(rule("set: {match: [disk full]}"), lines + "ERROR disk full\n")
    assert one(rest).count == 1


def test_files_alike_but_for_a_hit_are_no_copies() -> None:
    ruleset = rule("set: {match: [{regex: 'used (?P<share>\\d+)%'}]}")
    body = ("INFO all is well here\n" * 60_000).encode()
    text = body + b"disk used 97%\n" + body
    other = body + b"disk used 12%\n" + body
    same = run(ruleset, log(text, "a.log"), log(text, "b.log"))
    assert one(same).count == 1
    assert [said.reason for said in same.not_scanned] == ["duplicate"]
    differs = run(ruleset, log(text, "a.log"), log(other, "b.log"))
    assert one(differs).count == 2
    assert not differs.not_scanned


def test_fingerprints_do_not_know_chunks() -> None:
    dice = random.Random(1)
    data = dice.randbytes(3_500_000)
    whole = Fingerprint()
    whole.update(data)
    cut, at = Fingerprint(), 0
    while at < len(data):
        size = dice.choice((1, 70_000, 1 << 20, 262_144))
        cut.update(data[at : at + size])
        at += size
    assert cut.digest() == whole.digest()
    for place in (5, 1 << 20, (2 << 20) + 60_000, len(data) - 1_000_000 - 7):
        changed = Fingerprint()
        changed.update(data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :])
        in_sample = place < 1 << 20 or place % (1 << 20) < 64 << 10
        assert (changed.digest() != whole.digest()) == in_sample


def test_rules_of_many_kinds_in_one_buffer() -> None:
    ruleset = rules(
        HEAD + "set: {match: [{regex: '\\d+-\\d+'}]}",
        "id: rule-two\ntitle: T\nset: {match: [{jq: '.n < 1'}]}",
        "id: rule-three\ntitle: T\nset: {match: [telling words]}",
    )
    text = '{"n":0}\n1-2 telling words\r\n{"n":5,"t":"3-4"}\n'
    found = {match.rule_id: [proof.line for proof in match.evidence] for match in run(ruleset, text).matches}
    assert found == {"rule-one": [2, 3], "rule-two": [1], "rule-three": [2]}
