"""The precision gate: rules that fire on ordinary logs, or on logs of other rules, are too general."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, Part, Refusal
from hercules.rules.database import Ruleset
from hercules.rules.neutral import neutral_files
from hercules.rules.nouns import Rule
from hercules.rules.samples import Sample, inline_samples, kin, sample_matches
from hercules.rules.scan import scan
from hercules.text import fold

ONE_LINE_IN = 10_000
_ALL_HITS = 10_000_000
TESTED = ("test", "stable")


@dataclass(frozen=True, slots=True)
class Fires:
    """How often a rule fires on neutral logs: frames and all lines, files with one and all files.

    `first` is the place (file:line) of the first one.
    """

    lines: int
    of_lines: int
    files: int
    of_files: int
    first: str

    def __str__(self) -> str:
        return f"fires on {self.lines:,} of {self.of_lines:,} lines, {self.files} of {self.of_files} files"

    @property
    def often(self) -> bool:
        """True from one line in 10,000 on."""
        return self.lines * ONE_LINE_IN >= self.of_lines


@dataclass(frozen=True, slots=True)
class Fired:
    """A hit sample, and the ids of all rules that fire on it."""

    sample: Sample
    rule_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A rule that fires on a hit sample of a rule of another product."""

    rule_id: str
    sample: Sample


def neutral_parts() -> list[Part]:
    """The neutral corpus that we make ourselves, as files to open."""
    return [Part(f"neutral/{name}", data=data) for name, data in neutral_files()]


def fires_on(ruleset: Ruleset, corpus: Iterable[Part], limits: Limits, as_of: datetime) -> dict[str, Fires]:
    """The rules that fire on neutral logs, by id. Each rule reads every file, whatever its `files`."""
    every = replace(limits, hits_max=_ALL_HITS)
    found: dict[str, list[tuple[int, str]]] = {}
    lines = files = 0
    for part in corpus:
        read = scan(open_bundle([part], every, as_of), ruleset, every, scoped=False, redact=_as_it_is)
        lines += sum(file.lines for file in read.files)
        files += len(read.files)
        for match in read.matches:
            first = match.evidence[0]
            found.setdefault(match.rule_id, []).append((match.count, f"{first.file}:{first.line}"))
    return {
        rule_id: Fires(sum(count for count, _ in counts), lines, len(counts), files, counts[0][1])
        for rule_id, counts in found.items()
    }


def _as_it_is(text: str) -> str:
    """No redaction: nothing of the text is shown."""
    return text


def fired_on(ruleset: Ruleset, samples: Iterable[Sample], limits: Limits, as_of: datetime) -> list[Fired]:
    """Every hit sample, and those within the rules, with the rules that fire on it."""
    return [
        Fired(sample, frozenset(sample_matches(ruleset, sample, limits, as_of)))
        for sample in chain(samples, inline_samples(ruleset.rules, as_of))
        if sample.kind == "hit" and ruleset.rule(sample.rule_id) is not None
    ]


def strangers(ruleset: Ruleset, fired: Iterable[Fired]) -> Iterator[Stranger]:
    """Rules on hit samples of other products, but for those that name each other."""
    for one in fired:
        owner = ruleset.rule(one.sample.rule_id)
        for rule_id in sorted(one.rule_ids):
            rule = ruleset.rule(rule_id)
            if owner is None or rule is None or rule.id == owner.id or kin(owner, rule.id, ruleset):
                continue
            if not _share_product(rule, owner):
                yield Stranger(rule.id, one.sample)


def gate(
    ruleset: Ruleset,
    limits: Limits,
    as_of: datetime,
    samples: Iterable[Sample] = (),
    corpus: Iterable[Part] | None = None,
) -> frozenset[str]:
    """The ids of rules too general for their status: they are to count as experimental.

    Costs one scan of the neutral corpus (3.7 MB, made anew) and of the hit samples: less than a second for
    some hundred rules, so it belongs where rules are linted or loaded, not where tickets are read.
    """
    often = {
        rule_id
        for rule_id, fires in fires_on(ruleset, corpus or neutral_parts(), limits, as_of).items()
        if fires.often
    }
    often |= {each.rule_id for each in strangers(ruleset, fired_on(ruleset, samples, limits, as_of))}
    return frozenset(rule.id for rule in ruleset.rules if rule.status in TESTED and rule.id in often)


def generic(
    ruleset: Ruleset, fires: Mapping[str, Fires], fired: Sequence[Fired]
) -> tuple[list[Refusal], frozenset[str]]:
    """Findings W-generic (E-generic for tested rules) and W-overlap, and the ids that `gate` would give."""
    found, demoted = [], set[str]()
    for rule_id, often in fires.items():
        rule = ruleset.rule(rule_id)
        if rule is not None:
            too_much = often.often and rule.status in TESTED
            demoted |= {rule.id} if too_much else set()
            fix = "Take more of the line, or a second term that healthy logs lack."
            found.append(_finding(rule, "generic", too_much, f"{often}, first at {often.first}", fix))
    wide: dict[str, list[Sample]] = {}
    for stranger in strangers(ruleset, fired):
        wide.setdefault(stranger.rule_id, []).append(stranger.sample)
    for rule_id, samples in wide.items():
        rule = ruleset.rule(rule_id)
        if rule is not None:
            too_much = rule.status in TESTED
            demoted |= {rule.id} if too_much else set()
            fix = "Ask for what only this product writes, or name the rule in related."
            found.append(_finding(rule, "generic", too_much, _where(samples), fix))
    general = wide.keys() | {rule_id for rule_id, often in fires.items() if often.often}
    return found + list(_overlaps(ruleset, fired, general)), frozenset(demoted)


def _where(samples: Sequence[Sample]) -> str:
    """On which samples of other products a rule fires: the first one, and how many more there are."""
    first, more = samples[0], len(samples) - 1
    also = f" and {more} more hit sample{'s' if more > 1 else ''} of other products" if more else ""
    return f"fires on {first.name} of {first.rule_id}, a rule of another product{',' if more else ''}{also}"


def _overlaps(ruleset: Ruleset, fired: Sequence[Fired], general: Collection[str]) -> Iterator[Refusal]:
    """Rules of one product of which the one never fires without the other, which is not `general` anyway."""
    where: dict[str, set[int]] = {}
    for number, one in enumerate(fired):
        for rule_id in one.rule_ids:
            where.setdefault(rule_id, set()).add(number)
    for rule_id, places in sorted(where.items()):
        rule = ruleset.rule(rule_id)
        for other_id, others in sorted(where.items()) if rule is not None else ():
            other = ruleset.rule(other_id)
            if other_id in general:
                continue
            if rule is None or other is None or rule is other or not places <= others:
                continue
            if (places == others and rule_id > other_id) or not _share_product(rule, other):
                continue
            if not kin(rule, other.id, ruleset):
                message = f"wherever it fires, {other.id} fires too ({len(places)} hit samples)"
                fix = "Let the more special one supersede the other, or name it in related."
                yield _finding(rule, "overlap", False, message, fix)


def _share_product(rule: Rule, other: Rule) -> bool:
    mine = {fold(product) for product in rule.product}
    theirs = {fold(product) for product in other.product}
    return bool(mine & theirs) or not mine or not theirs


def _finding(rule: Rule, code: str, is_error: bool, message: str, fix: str) -> Refusal:
    where = rule.node.positives[0].place if rule.node else rule.place
    level = "E" if is_error else "W"
    return Refusal(where.file, where.line, where.column, f"{level}-{code}", message, fix, rule.id)
