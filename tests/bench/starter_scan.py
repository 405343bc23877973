"""The scan of the starter rules as a ratio to reading alone and to a loop over `re`."""

from __future__ import annotations

import random
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from hercules.folders import find_folders
from hercules.logs.bundle import open_bundle
from hercules.model import Part, Scan
from hercules.rulebook import load_rulebook
from hercules.rules.database import Ruleset
from hercules.rules.scan import scan
from hercules.settings import Settings
from tests.bench.measure import MIB, Row, Spent, on_disk, ratios, spent
from tests.bench.plainlog import write_log

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
LOOP_SHARE = 25  # the loop reads so much less: it would take minutes


def run(rounds: int = 5, size_mib: float = 50) -> list[Row]:
    """CPU time for the same bytes; the loop reads the first of them and is counted by the byte."""
    settings = Settings()
    rules = load_rulebook((find_folders(settings).rules,), settings.rules).ruleset
    found: dict[str, list[Spent]] = {"scan": [], "cat": [], "loop": []}
    with on_disk() as folder:
        log, head = folder / "app.log", folder / "head.log"
        write_log(log, int(size_mib * MIB))
        head.write_bytes(log.read_bytes()[: int(size_mib * MIB / LOOP_SHARE)])
        patterns = patterns_of(rules)
        works = {
            "scan": lambda: scan_file(log, rules, settings),
            "cat": lambda: subprocess.run(["cat", log], stdout=subprocess.DEVNULL, check=True),
            "loop": lambda: loop(head, patterns),
        }
        if not scan_file(log, rules, settings).matches:
            raise RuntimeError("no rule matched: the figure would mean nothing")
        for number in range(rounds):
            for name in random.Random(number).sample(sorted(works), len(works)):
                found[name].append(spent(works[name]))
    cpu = {name: [each.cpu_s for each in rounds_of] for name, rounds_of in found.items()}
    per_mib = [size_mib / each.wall_s for each in found["scan"]]
    head_mib = size_mib / LOOP_SHARE
    return [
        Row(
            f"speed of {len(rules.rules)} rules to a loop of re over lines, CPU",
            ratios([each / head_mib for each in cpu["loop"]], [each / size_mib for each in cpu["scan"]]),
        ),
        Row("CPU of a scan to that of cat", ratios(cpu["scan"], cpu["cat"]), better="less"),
        Row("scan, one core", per_mib, "MiB/s"),
    ]


def scan_file(path: Path, rules: Ruleset, settings: Settings) -> Scan:
    """Unpack and scan, as the route does it, whatever files a rule is for."""
    limits = settings.limits()
    return scan(open_bundle([Part(path.name, path=path)], limits, AS_OF), rules, limits, scoped=False)


def patterns_of(rules: Ruleset) -> list[re.Pattern[str]]:
    """The rules' terms as `re` takes them; the few that only RE2 reads are left out."""
    patterns = []
    for rule in rules.rules:
        for term in rule.node.terms if rule.node else ():
            if term.kind == "jq":
                continue
            text = re.escape(term.text) if term.kind == "value" else term.text
            try:
                patterns.append(re.compile(text))
            except re.error:
                continue
    return patterns


def loop(path: Path, patterns: list[re.Pattern[str]]) -> int:
    """What one writes first: every pattern on every line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return sum(1 for line in file for pattern in patterns if pattern.search(line))
