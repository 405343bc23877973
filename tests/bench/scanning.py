"""What the benches of the scan share: made-up rules as a set, limits out of the way, one scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, Part, Scan
from hercules.rules.database import Ruleset, compile_rules
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.scan import scan
from tests.bench.logtext import rule_texts, signatures

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
_FAR = 1 << 50
LIMITS = replace(
    Limits(), expanded_max_bytes=_FAR, member_max_bytes=_FAR, wall_s=1e6, hits_max=1_000_000, ratio_max=10_000
)


def made_up_rules(count: int, *, counted: bool = True) -> Ruleset:
    """So many rules for invented errors. Raises RuntimeError when one of them is refused.

    `counted` false: none of them looks for its error twice.
    """
    texts = rule_texts(signatures(count), counted=counted)
    files = [RuleFile(f"{n}.yaml", text.encode(), "p") for n, text in enumerate(texts)]
    rules, refusals = read_rules(files)
    if len(rules) != count:
        raise RuntimeError(str(next(one for one in refusals if one.code.startswith("E-"))))
    return compile_rules(rules, refusals)


def scan_files(paths: Sequence[Path], ruleset: Ruleset) -> Scan:
    """Read files or archives as the service does."""
    parts = [Part(path.name, path=path) for path in paths]
    return scan(open_bundle(parts, LIMITS, AS_OF), ruleset, LIMITS)


def lines_found(paths: Sequence[Path], ruleset: Ruleset) -> set[tuple[str, int]]:
    """File and line of every event that is found by a rule without a count."""
    limits = replace(LIMITS, evidence_max=1_000_000)
    files = open_bundle([Part(path.name, path=path) for path in paths], limits, AS_OF)
    matches = scan(files, ruleset, limits).matches
    return {(proof.file, proof.line) for match in matches for proof in match.evidence}
