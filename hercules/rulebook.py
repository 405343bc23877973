"""Rule files and samples from disk to a compiled rule set, and the set that stays when a file breaks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hercules.folders import YAML_SUFFIXES, FoundFile, files_below, rule_files, sample_files
from hercules.model import HerculesError, Limits, Refusal
from hercules.rules.database import Ruleset, compile_rules
from hercules.rules.generic import gate
from hercules.rules.rule import Rule, RuleFile, read_rules
from hercules.rules.samples import Sample, read_samples, run_samples
from hercules.settings import RulesSettings

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A compiled set, the bytes each file had when it was last good, and what the folder looked like.

    `written` is the set as its authors wrote it, `ruleset` the one in effect (see `gated`). `watched` are
    folders with samples that failed: a change there may mend their rule.
    """

    ruleset: Ruleset
    written: Ruleset
    good: dict[str, RuleFile]
    stamp: Stamp
    watched: tuple[Path, ...] = ()


def stamp_of(roots: Iterable[Path], watched: Iterable[Path] = ()) -> Stamp:
    """What changes when a rule or watched sample does: each file's path, time of change (ns), its bytes."""
    found = []
    for root, every in [*((root, False) for root in roots), *((folder, True) for folder in watched)]:
        for path in files_below(root):
            if every or path.suffix.lower() in YAML_SUFFIXES:
                state = path.stat()
                found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


def load_rulebook(
    roots: Iterable[Path],
    limits: RulesSettings,
    before: Rulebook | None = None,
    check: Callable[[Sequence[Rule]], Failed] | None = None,
) -> Rulebook:
    """Read and compile the rules below the roots; a file with an error keeps its last good form of `before`.

    What `check` finds in the rules that were read are errors too. Raises SettingsError when a root is not
    there.
    """
    folders = tuple(roots)
    stamp = stamp_of(folders)
    files = [_rule_file(found, folders) for found in rule_files(folders, limits.file_max)]
    rules, refusals = read_rules(files, limits.max)
    failed = check(rules) if check is not None else Failed()
    refusals = (*refusals, *failed.refusals)
    broken = {refusal.file for refusal in refusals if refusal.code.startswith("E-")}
    good = {file.path: file for file in files if file.path not in broken}
    kept = _kept(files, broken, before)
    if kept:
        rules, _ = read_rules([kept.get(file.path, file) for file in files], limits.max)
    out = {refusal.rule for refusal in failed.refusals if refusal.file not in kept}
    ruleset = compile_rules([rule for rule in rules if rule.id not in out], refusals)
    stamp = (*stamp, *stamp_of((), failed.folders))
    return Rulebook(ruleset, ruleset, good | kept, stamp, failed.folders)


def _kept(files: Iterable[RuleFile], broken: set[str], before: Rulebook | None) -> dict[str, RuleFile]:
    if before is None:
        return {}
    return {file.path: before.good[file.path] for file in files if file.path in broken & before.good.keys()}


@dataclass(frozen=True, slots=True)
class Failed:
    """Why rules must not be used although they can be read, and the folders of the samples that say so."""

    refusals: tuple[Refusal, ...] = ()
    folders: tuple[Path, ...] = ()


def failed_samples(
    rules: Sequence[Rule], before: Rulebook, roots: Sequence[Path], limits: Limits, as_of: datetime
) -> Failed:
    """Run rules that are not in `before` as they are now on their samples below the roots and within them."""
    old = {rule.id: rule.digest for rule in before.written.rules}
    changed = {rule.id.lower(): rule for rule in rules if old.get(rule.id) != rule.digest}
    samples: list[Sample] = []
    why: list[tuple[str, str]] = []
    folders: dict[str, set[Path]] = {}
    for rule_id, found in _samples_of(changed, roots):
        folders.setdefault(rule_id, set()).update(Path(file.path).parent for file in found)
        try:
            samples += read_samples([(file.below, file.data) for file in found], as_of)
        except HerculesError as error:
            why.append((rule_id, str(error)))
    report = run_samples(compile_rules(changed.values()), samples, limits, as_of)
    why += [(each.rule.lower(), f"{each.sample}: {each.why}") for each in report.failures]
    fix = "Mend the rule or the sample; hercules rules test tells the same."
    refusals = [
        Refusal(rule.file, rule.line, 1, "E-sample", f"its sample {told}", fix, rule.id)
        for rule_id, told in why
        if (rule := changed.get(rule_id)) is not None
    ]
    watched = {folder for rule_id, _ in why for folder in folders.get(rule_id, ())}
    return Failed(tuple(refusals), tuple(sorted(watched)))


def _samples_of(ids: Collection[str], roots: Iterable[Path]) -> Iterator[tuple[str, list[FoundFile]]]:
    """The files of the samples of each rule that has some, by its id in lower case."""
    found: dict[str, list[FoundFile]] = {}
    for file in (file for root in roots for file in sample_files(root, only=ids)) if ids else ():
        if len(file.below) > 1:
            found.setdefault(file.below[-2].lower(), []).append(file)
    yield from found.items()


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
