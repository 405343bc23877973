"""Rules made to be slow: patterns with the lines they are slowest on, and rule files to be refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

from hercules.logs.lines import shape_of
from hercules.model import LogFile
from hercules.rules.database import compile_rules
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.scan import scan
from tests.bench.measure import MIB
from tests.bench.scanning import AS_OF, LIMITS
from tests.rules.test_hostile_rules import FORMS

_PATTERNS = (
    r"({0}+)+!", r"({0}|{0}{0})+!", r"({0}*)*!x", r"(.*{0}){{12}}!", r"{0}.*{0}.*{0}.*!",
    r"(?:{0}+\s*)+Caused by", r"[^!]*{0}[^!]*{0}!", r"(?i)({0}+x?)+!", r"({0}{{1,30}}){{1,30}}!",
    r"(?:{0}?){{30}}{0}{{30}}!", r".*.*{0}.*=!.*", r"(?P<n>{0}+)(?P<m>{0}+)!",
)  # fmt: skip
_SIGNS = ("a", "<", " ", "=", "ab")


def hostile_lines(every: int = 1) -> Iterator[tuple[str, float]]:
    """Each pattern with the seconds (CPU) of a scan of one line of 1 MB that is all of the pattern's sign.

    `every`: 20 takes one in twenty of them.
    """
    for sign, form in list(product(_SIGNS, _PATTERNS))[::every]:
        line = (sign * MIB)[:MIB]
        pattern = form.format(sign if len(sign) == 1 else f"(?:{sign})")
        yield pattern, _seconds(pattern, line.encode() + b"?")


def _seconds(pattern: str, line: bytes) -> float:
    text = f"id: hostile\ntitle: T\nset: {{match: [{{regex: '{pattern}'}}]}}\n"
    rules, refusals = read_rules([RuleFile("r.yaml", text.encode(), "p")])
    if not rules:
        raise RuntimeError(f"{pattern}: {refusals[0]}")
    ruleset = compile_rules(rules)
    file = LogFile("app.log", "utf-8", iter([line]), shape_of(line[:65_536], AS_OF))
    begun = time.process_time()
    scan([file], ruleset, LIMITS)
    return time.process_time() - begun


def bad_files() -> Iterator[tuple[str, float]]:
    """Each bad file with the seconds (CPU) until it is refused; raises RuntimeError for one that is not."""
    for name, data in FORMS.items():
        begun = time.process_time()
        rules, refusals = read_rules([RuleFile("bad.yaml", data, "p")])
        spent_s = time.process_time() - begun
        errors = [one for one in refusals if one.code.startswith("E-")]
        if rules or not errors or not all(one.line and one.column and one.message for one in errors):
            raise RuntimeError(f"{name} was not refused with its place")
        yield name, spent_s
