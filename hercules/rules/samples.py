"""Runs rules on their samples: each fires on its hits, and is silent on its misses and on those of others."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from hercules.logs.bundle import open_bundle, text_file
from hercules.logs.lines import events
from hercules.model import HerculesError, Limits, LogFile, Match, NotScanned, Part, Refusal, Ticket
from hercules.rules.conditions import Asker
from hercules.rules.confirm import Matcher
from hercules.rules.database import Ruleset
from hercules.rules.extras import TICKET_FIELDS
from hercules.rules.nearly import Nearly
from hercules.rules.nouns import Rule, SampleKind, Term
from hercules.rules.reading import nearest
from hercules.rules.scan import scan

TICKET_SUFFIX = ".ticket.json"
_CRE_NAMES: dict[str, SampleKind] = {"test.log": "hit", "test-fp.log": "miss"}
_DESK = "sample"
_INLINE = "inline"

Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sample:
    """A log, a ticket or both on which a rule must fire (`hit`) or keep silent (`miss`).

    `scoped`: the names of the parts count, so that a rule's `files` are tried too.
    """

    rule_id: str
    name: str
    kind: SampleKind
    parts: tuple[Part, ...] = ()
    ticket: Ticket | None = None
    scoped: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample that did not do as it must. `foreign`: it is another rule's."""

    rule: str
    sample: str
    why: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What running samples gave; `pairs` counts the rules tried on samples of others (0 without a matrix)."""

    rules: int
    hits: int
    fired: int
    misses: int
    silent: int
    failures: tuple[Failure, ...]
    pairs: int = 0
    crossed: int = 0

    @property
    def good(self) -> bool:
        """True when nothing failed."""
        return not self.failures

    def plain(self) -> Plain:
        """The report as JSON values."""
        found: Plain = {
            "rules": self.rules,
            "hits": {"expected": self.hits, "fired": self.fired},
            "misses": {"expected": self.misses, "silent": self.silent},
            "failures": [{"rule": one.rule, "sample": one.sample, "why": one.why} for one in self.failures],
        }
        if self.pairs:
            found["matrix"] = {"pairs": self.pairs, "fired": self.crossed}
        return found


# --- finding samples --------------------------------------------------------------------------------


def read_samples(files: Iterable[tuple[tuple[str, ...], bytes]], as_of: datetime) -> tuple[Sample, ...]:
    """Samples from the files of a samples folder: (path below it, bytes), such as `<product>/<id>/hit1.log`.

    `hit1.ticket.json` belongs to `hit1.*` or stands alone; CRE's `test.log` and `test-fp.log` count too.
    Raises HerculesError for a ticket that cannot be read.
    """
    found: dict[tuple[str, ...], Sample] = {}
    for below, data in files:
        kind = kind_of(below[-1])
        if kind is None or len(below) < 2:
            continue
        is_ticket = below[-1].endswith(TICKET_SUFFIX)
        stem = below[-1].removesuffix(TICKET_SUFFIX) if is_ticket else below[-1].partition(".")[0]
        key = (*below[:-1], stem)
        sample = found.get(key, Sample(below[-2], below[-1], kind))
        if is_ticket:
            sample = replace(sample, ticket=read_ticket_file("/".join(below), data, as_of))
        else:
            parts = (*sample.parts, Part(below[-1], data=data))
            sample = replace(sample, name=below[-1], parts=parts)
        found[key] = sample
    return tuple(found.values())


def kind_of(name: str) -> SampleKind | None:
    """Whether a file of this name is a hit or a miss sample; None when it is no sample."""
    if name in _CRE_NAMES:
        return _CRE_NAMES[name]
    if name.startswith("hit"):
        return "hit"
    return "miss" if name.startswith("miss") else None


def read_ticket_file(path: str, data: bytes, as_of: datetime) -> Ticket:
    """A sample ticket from JSON. Raises HerculesError, beginning with the path, for what is none."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as broken:
        raise HerculesError(f"{path}: this is not JSON: {broken}") from broken
    if not isinstance(fields, dict):
        raise HerculesError(f"{path}: a sample ticket must be an object with {', '.join(TICKET_FIELDS)}")
    unknown = sorted(set(fields) - set(TICKET_FIELDS))
    if unknown:
        raise HerculesError(f"{path}: unknown field {unknown[0]}; known are {', '.join(TICKET_FIELDS)}")
    return sample_ticket(fields, as_of)


def sample_ticket(fields: Mapping[str, object], as_of: datetime) -> Ticket:
    """A ticket from the fields of a sample; all of them may be absent. `tags` is a list, the rest texts."""
    tags = fields.get("tags", ())
    texts = {name: str(fields.get(name, "")) for name in TICKET_FIELDS if name not in ("tags", "desk")}
    return Ticket(
        desk_id=str(fields.get("desk", _DESK)),
        ticket_id="1",
        subject=texts["subject"],
        description=texts["description"],
        opened_at=as_of,
        tags=tuple(map(str, tags)) if isinstance(tags, list | tuple) else (str(tags),),
        product=texts["product"],
        version=texts["version"],
        request_type=texts["request_type"],
        language=texts["language"],
    )


def inline_samples(rules: Iterable[Rule], as_of: datetime) -> Iterator[Sample]:
    """The samples that stand in the rules themselves, named by their line."""
    for rule in rules:
        for test in rule.tests:
            parts = () if test.log is None else (Part(test.file or _INLINE, data=test.log.encode("utf-8")),)
            ticket = None if test.ticket is None else sample_ticket(test.ticket, as_of)
            name = f"{_INLINE}:{test.place.line}"
            yield Sample(rule.id, name, test.kind, parts, ticket, scoped=bool(test.file))


def missing_samples(
    rules: Iterable[Rule], samples: Sequence[Sample], strays: Collection[str] = ()
) -> tuple[Refusal, ...]:
    """Rules without a hit or a miss sample: an error for rules that claim to be tested, else a warning.

    `strays`: folders with samples of no rule; one of them may be this rule's, under its former id.
    """
    have = {(sample.rule_id.lower(), sample.kind) for sample in samples}
    found = []
    for rule in rules:
        level = "E" if rule.status in ("test", "stable") else "W"
        have |= {(rule.id.lower(), test.kind) for test in rule.tests}
        for kind in ("hit", "miss"):
            if (rule.id.lower(), kind) not in have:
                fix = f"Add sample_logs/{rule.product[0] if rule.product else 'any'}/{rule.id}/{kind}1.log."
                stray = _stray(rule, strays)
                fix = f"Samples of no rule lie in {stray}: rename that folder to {rule.id}." if stray else fix
                message = f"rule {rule.id} has no {kind} sample"
                found.append(
                    Refusal(rule.file, rule.line, 1, f"{level}-no-{kind}", message, fix, rule.id),
                )
    return tuple(found)


def _stray(rule: Rule, strays: Collection[str]) -> str:
    """The folder with samples of no rule that most likely is this rule's, '' when there is none."""
    beside = [each for each in strays if each.replace("\\", "/").split("/")[-2:-1] == [*rule.product[:1]]]
    by_id = {each.replace("\\", "/").rpartition("/")[2]: each for each in sorted(beside or strays)}
    near = nearest(rule.id, by_id)
    return by_id[near] if near else next(iter(by_id.values()), "")


# --- running them -----------------------------------------------------------------------------------


def run_samples(
    ruleset: Ruleset, samples: Iterable[Sample], limits: Limits, as_of: datetime, matrix: bool = False
) -> SampleReport:
    """Every sample, and those within the rules, through the very scan of the service.

    `matrix`: no rule may fire on another rule's sample unless one supersedes the other or they are related.
    """
    counts = {"hit": 0, "miss": 0}
    right = {"hit": 0, "miss": 0}
    failures: list[Failure] = []
    pairs = crossed = 0
    for sample in chain(samples, inline_samples(ruleset.rules, as_of)):
        rule = ruleset.rule(sample.rule_id)
        counts[sample.kind] += 1
        if rule is None:
            failures.append(Failure(sample.rule_id, sample.name, "there is no such rule, or it was refused"))
            continue
        matches = sample_matches(ruleset, sample, limits, as_of)
        own = matches.pop(rule.id, None)
        if (own is not None) == (sample.kind == "hit"):
            right[sample.kind] += 1
        else:
            why = _why_silent(rule, sample, limits, as_of) if own is None else f"fires at {_at(own)}"
            failures.append(Failure(rule.id, sample.name, why))
        if matrix:
            strange = [match for match in matches.values() if not kin(rule, match.rule_id, ruleset)]
            pairs, crossed = pairs + len(ruleset.rules) - 1, crossed + len(strange)
            # An experimental rule may still be too general: it is counted, and lint names it.
            failures += [
                _crossing(match, rule, sample) for match in strange if match.status != "experimental"
            ]
    return SampleReport(
        rules=len(ruleset.rules),
        hits=counts["hit"],
        fired=right["hit"],
        misses=counts["miss"],
        silent=right["miss"],
        failures=tuple(failures),
        pairs=pairs,
        crossed=crossed,
    )


def files_of(sample: Sample, limits: Limits, as_of: datetime) -> Iterator[LogFile | NotScanned]:
    """The files of a sample as the service would open them, its ticket's words first."""
    if sample.ticket is not None and sample.ticket.subject:
        yield text_file("ticket/subject.txt", sample.ticket.subject, as_of)
    if sample.ticket is not None and sample.ticket.description:
        yield text_file("ticket/description.txt", sample.ticket.description, as_of)
    yield from open_bundle(sample.parts, limits, as_of)


def sample_matches(ruleset: Ruleset, sample: Sample, limits: Limits, as_of: datetime) -> dict[str, Match]:
    """What the rules say of a sample, by the id of the rule."""
    files = files_of(sample, limits, as_of)
    found = scan(files, ruleset, limits, sample.ticket, scoped=sample.scoped, deprecated=True)
    return {match.rule_id: match for match in found.matches}


def _at(match: Match) -> str:
    evidence = match.evidence[:1]
    return f"{evidence[0].file}:{evidence[0].line}" if evidence else "the ticket's fields"


def _crossing(match: Match, rule: Rule, sample: Sample) -> Failure:
    why = (
        f"fires at {_at(match)} on a {sample.kind} sample of {rule.id}; if that is right, name it in related"
    )
    return Failure(match.rule_id, f"{rule.id}/{sample.name}", why, foreign=True)


def kin(rule: Rule, other_id: str, ruleset: Ruleset) -> bool:
    """True when one of two rules names the other in `supersedes` or `related`."""
    other = ruleset.rule(other_id)
    if other is None:
        return False
    named = {name.lower() for name in (*rule.supersedes, *rule.related)}
    naming = {name.lower() for name in (*other.supersedes, *other.related)}
    return other.id.lower() in named or rule.id.lower() in naming


# --- why a hit sample kept silent -------------------------------------------------------------------


def _why_silent(rule: Rule, sample: Sample, limits: Limits, as_of: datetime) -> str:
    for key, truth in Asker(sample.ticket).truths(rule):
        if truth == "no" or (truth == "unknown" and rule.node is None):
            return f"condition {key} is {truth}"
    if rule.node is None:
        return "the sample has no ticket"
    found: dict[int, int] = {}
    texts: list[tuple[int, bytes]] = []
    for file in files_of(sample, limits, as_of):
        if isinstance(file, LogFile):
            texts += events(file.chunks, file.shape, limits)
    for number, term in enumerate(rule.node.positives):
        matcher = Matcher(term)
        found[number] = sum(1 for _, text in texts if matcher.find(text) is not None)
        if found[number] < term.count:
            near = _nearest(term, texts) if not found[number] else ""
            return f"term {number + 1}: {found[number]} events of {term.count}{near}"
    return "all terms are there, but not within the window, or one that is negated is there too"


def _nearest(term: Term, texts: Sequence[tuple[int, bytes]]) -> str:
    """The line that has most words of a term, and what is different there."""
    nearly = Nearly.of(term)
    for number, text in texts:
        nearly.look("", number, text)
    told = nearly.told()
    return f"; nearest line {nearly.line} {told}" if told else ""
