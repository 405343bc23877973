"""Hit samples without times, of rules that measure time: what their windows do was never tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from hercules.logs.formats import FORMATS
from hercules.model import Limits, LogFile, Refusal
from hercules.rules.database import Ruleset
from hercules.rules.nouns import Node, Rule
from hercules.rules.samples import Sample, files_of
from hercules.rules.trace import Seen, Trail, trace
from hercules.text import clean, cut, one_line

_LINE_CHARS = 80


def timeless(
    ruleset: Ruleset, samples: Iterable[Sample], limits: Limits, as_of: datetime
) -> Iterator[Refusal]:
    """A warning for each hit sample on which a rule's windows were not applied for want of times."""
    for sample in samples:
        rule = ruleset.rule(sample.rule_id) if sample.kind == "hit" else None
        if rule is None or rule.node is None or not (measured := _measured(rule.node)):
            continue
        files = (file for file in files_of(sample, limits, as_of) if isinstance(file, LogFile))
        for trail in trace(rule.node, files, limits, lambda _: True):
            if (seen := _first(rule.node, trail)) is not None:
                yield _finding(rule, rule.node, f"{sample.name}:{seen.line}", _why(trail, seen, measured))


def _measured(node: Node) -> str:
    """The durations of a node in words, '' when it has none that matters."""
    found = []
    if node.window_s is not None and node.expanded > 1:
        found.append(f"the window of {node.window_s:g} s")
    if any(negate.window_s is not None or negate.slide_s for negate in node.negates):
        found.append("the window of its negation")
    return " and ".join(found)


def _first(node: Node, trail: Trail) -> Seen | None:
    """The first event of the positives when the times of this file say nothing."""
    found = [seen for hits in trail.by_term[: len(node.positives)] for seen in hits]
    return min(found, key=lambda seen: seen.key[1:], default=None) if trail.untold else None


def _why(trail: Trail, seen: Seen, measured: str) -> str:
    line = cut(one_line(clean(seen.text.decode("utf-8", "replace"))), _LINE_CHARS)
    told = "its stamp tells no date" if trail.undated else "no time stamp was read in this line"
    return f"{told}, so {measured} was not applied: {line!r}"


def _finding(rule: Rule, node: Node, where: str, why: str) -> Refusal:
    known = " | ".join(made.example for made in FORMATS)
    fix = f"Use window: file if order is enough, or a sample with one of the stamps that are read: {known}"
    return Refusal(
        rule.file, node.place.line, node.place.column, "W-no-times", f"{where}: {why}", fix, rule.id
    )
