"""The neutral corpus: as large and varied as promised, equal for a seed, silent for the starter rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hercules.logs.lines import shape_of
from hercules.model import Limits, Part
from hercules.rulebook import load_rulebook
from hercules.rules.database import Ruleset
from hercules.rules.generic import Fires, fires_on, gate, neutral_parts
from hercules.rules.neutral import LINES_EACH, STYLES, Dice, neutral_files
from hercules.settings import RulesSettings
from tests.rules.kit import AS_OF, HEAD, rules

OWN = Path(__file__).resolve().parents[2] / "rules"


def starter() -> Ruleset:
    return load_rulebook([OWN], RulesSettings()).ruleset


def test_it_has_sixteen_styles_and_thirty_thousand_lines() -> None:
    files = dict(neutral_files())
    assert len(files) == len(STYLES) == 16
    assert sum(data.count(b"\n") for data in files.values()) >= 30_000
    for name, data in files.items():
        lines = data.split(b"\n")
        assert len(lines) > LINES_EACH, name
        assert len(set(lines)) > LINES_EACH * 0.9, f"{name} repeats itself"
        assert b"{" not in data or name not in ("redis.log", "hdfs.log"), f"{name} has a slot left unfilled"


def test_every_style_has_stamps_that_rise() -> None:
    for name, data in neutral_files(lines_each=300):
        shape = shape_of(data[:65_536], AS_OF)
        assert shape.stamped, name
        lines = [line for line in data.splitlines() if shape.starts(line)]
        times = [found for line in lines if (found := shape.time(line)) is not None]
        assert len(times) > 150, name
        assert times == sorted(times), name


def test_it_is_equal_for_a_seed_and_another_for_another() -> None:
    one, same, other = (list(neutral_files(seed, 200)) for seed in (5, 5, 6))
    assert one == same
    assert all(mine[0] == theirs[0] and mine[1] != theirs[1] for mine, theirs in zip(one, other, strict=True))


def test_the_dice_are_fair_enough() -> None:
    dice = Dice(1)
    counts = [0] * 10
    for _ in range(10_000):
        counts[dice.below(10)] += 1
    assert min(counts) > 900
    assert max(counts) < 1_100


def test_no_starter_rule_fires_on_it() -> None:
    assert fires_on(starter(), neutral_parts(), Limits(), AS_OF) == {}


@pytest.mark.corpus
def test_no_starter_rule_fires_on_neutral_logs_of_others() -> None:
    folder = Path(os.environ.get("HERCULES_CORPUS", "-"), "neutral")
    if not folder.is_dir():
        pytest.skip("HERCULES_CORPUS names no folder with neutral/")
    parts = [Part(path.name, path=path) for path in sorted(folder.iterdir()) if path.is_file()]
    assert fires_on(starter(), parts, Limits(), AS_OF) == {}


@pytest.mark.parametrize(
    "word", ["401", "ldap", "delet", "registry", "Connection reset by peer", "status=502", "core", "Gateway"]
)
def test_ordinary_words_fire_on_it(word: str) -> None:
    found = fires_on(rules(HEAD + f"set: {{match: [{{value: '{word}'}}]}}"), neutral_parts(), Limits(), AS_OF)
    assert found["rule-one"].lines > 0


def test_how_often_is_told_in_the_agreed_words() -> None:
    fires = Fires(1_787, 32_003, 3, 16, "a.log:1")
    assert str(fires) == "fires on 1,787 of 32,003 lines, 3 of 16 files"
    assert fires.often
    assert Fires(1, 10_000, 1, 1, "").often
    assert not Fires(1, 10_001, 1, 1, "").often


def test_lines_are_counted_beyond_the_limits_of_a_ticket() -> None:
    part = Part("a.log", data=b"something happened\n" * 3_000 + b"else\n" * 10)
    found = fires_on(rules(HEAD + "set: {match: [something happened]}"), [part], Limits(hits_max=10), AS_OF)
    assert (found["rule-one"].lines, found["rule-one"].of_lines) == (3_000, 3_010)
    assert found["rule-one"].first == "a.log:1"


def test_the_gate_names_tested_rules_only_and_takes_its_own_corpus() -> None:
    texts = [
        f"id: rule-{status}\ntitle: T\nproduct: p\nstatus: {status}\nset: {{match: [happened here]}}"
        for status in ("experimental", "test", "stable")
    ]
    part = Part("a.log", data=b"it happened here\n" + b"else\n" * 999)
    ruleset = rules(*texts)
    assert gate(ruleset, Limits(), AS_OF, corpus=[part]) == {"rule-test", "rule-stable"}
    rare = Part("a.log", data=b"it happened here\n" + b"else\n" * 10_000)
    assert gate(ruleset, Limits(), AS_OF, corpus=[rare]) == frozenset()
