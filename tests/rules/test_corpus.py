"""Public rules load unchanged and fire on their own logs; ordinary logs fire none of the starter rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, Part
from hercules.rules.database import Ruleset, compile_rules
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.samples import read_samples, run_samples
from hercules.rules.scan import scan
from tests.rules.kit import AS_OF

pytestmark = pytest.mark.corpus
_ROOT = os.environ.get("HERCULES_CORPUS", "")
_OWN = Path(__file__).resolve().parents[2] / "rules"


def folder(name: str) -> Path:
    path = Path(_ROOT, name)
    if not _ROOT or not path.is_dir():
        pytest.skip(f"HERCULES_CORPUS names no folder with {name}/")
    return path


def ruleset(root: Path) -> Ruleset:
    paths = sorted(path for path in root.rglob("*") if path.suffix in (".yaml", ".yml"))
    files = [
        RuleFile(str(path), path.read_bytes(), path.parent.name if path.parent != root else "")
        for path in paths
    ]
    return compile_rules(*read_rules(files))


def test_public_rules_fire_on_their_logs() -> None:
    root = folder("cre")
    rules = ruleset(root)
    assert not [str(one) for one in rules.refusals if one.code.startswith("E-")]
    paths = sorted(root.glob("*/test*.log"))
    samples = read_samples(((path.parts[-2:], path.read_bytes()) for path in paths), AS_OF)
    report = run_samples(rules, samples, Limits(), AS_OF)
    assert not report.failures
    assert report.fired == report.hits == len(rules.rules) > 100


def test_starter_rules_are_silent_on_ordinary_logs() -> None:
    root = folder("neutral")
    parts = [Part(path.name, path=path) for path in sorted(root.glob("*.log"))]
    found = scan(open_bundle(parts, Limits(), AS_OF), ruleset(_OWN), Limits())
    assert len(found.files) == len(parts) > 0
    assert [(match.rule_id, match.evidence[0].file, match.evidence[0].line) for match in found.matches] == []
