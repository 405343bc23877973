"""Rule files and samples from disk to a compiled rule set, and the set that stays when a file breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hercules.folders import YAML_SUFFIXES, FoundFile, files_below, rule_files
from hercules.model import Limits, Refusal
from hercules.rules.database import Ruleset, compile_rules
from hercules.rules.generic import gate
from hercules.rules.rule import Rule, RuleFile, read_rules
from hercules.settings import RulesSettings

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A compiled set, the bytes each file had when it was last good, and what the folder looked like.

    `written` is the set as its authors wrote it, `ruleset` the one in effect (see `gated`).
    """

    ruleset: Ruleset
    written: Ruleset
    good: dict[str, RuleFile]
    stamp: Stamp


def stamp_of(roots: Iterable[Path]) -> Stamp:
    """What changes when a rule file changes: every file's path, time of change (ns) and size (bytes)."""
    found = []
    for root in roots:
        for path in files_below(root):
            if path.suffix.lower() in YAML_SUFFIXES:
                state = path.stat()
                found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


def load_rulebook(roots: Iterable[Path], limits: RulesSettings, before: Rulebook | None = None) -> Rulebook:
    """Read and compile the rules below the roots; a file with an error keeps its last good form of `before`.

    Raises SettingsError when a root is not there.
    """
    folders = tuple(roots)
    stamp = stamp_of(folders)
    files = [_rule_file(found, folders) for found in rule_files(folders, limits.file_max)]
    rules, refusals = read_rules(files, limits.max)
    broken = {refusal.file for refusal in refusals if refusal.code.startswith("E-")}
    good = {file.path: file for file in files if file.path not in broken}
    kept = _kept(files, broken, before)
    if kept:
        rules, _ = read_rules([kept.get(file.path, file) for file in files], limits.max)
    ruleset = compile_rules(rules, refusals)
    return Rulebook(ruleset, ruleset, good | kept, stamp)


def _kept(files: Iterable[RuleFile], broken: set[str], before: Rulebook | None) -> dict[str, RuleFile]:
    if before is None:
        return {}
    return {file.path: before.good[file.path] for file in files if file.path in broken & before.good.keys()}


def _rule_file(found: FoundFile, roots: Iterable[Path]) -> RuleFile:
    """The product is the folder below the root; for a file that was named itself, the folder it lies in."""
    path = Path(found.path)
    product = found.below[0] if len(found.below) > 1 else ""
    if path in roots:
        product = path.resolve().parent.name
    return RuleFile(found.path, found.data, product)


def gated(book: Rulebook, limits: Limits, as_of: datetime) -> Rulebook:
    """The same rules, those that fire on ordinary logs of our own making counting as experimental.

    Takes about as long as scanning 32,000 lines: for start and reload, never for a ticket.
    """
    loose = gate(book.ruleset, limits, as_of)
    if not loose:
        return book
    rules = [
        replace(rule, status="experimental") if rule.id in loose else rule for rule in book.ruleset.rules
    ]
    return replace(book, ruleset=compile_rules(rules, book.ruleset.refusals))


def errors_of(refusals: Iterable[Refusal]) -> list[Refusal]:
    """The refusals that keep a rule out, without the warnings."""
    return [refusal for refusal in refusals if refusal.code.startswith("E-")]


def rules_of(rulebook: Rulebook) -> tuple[Rule, ...]:
    """The rules in use."""
    return rulebook.ruleset.rules
