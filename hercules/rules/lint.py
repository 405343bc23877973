"""Everything that is wrong or weak in rules beyond what keeps them from loading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hercules.model import Limits, LogFile, Part, Refusal
from hercules.rules.catalogue import Catalogue, unlisted
from hercules.rules.database import Ruleset
from hercules.rules.factors import factors
from hercules.rules.generic import Fires, fired_on, fires_on, generic
from hercules.rules.masking import is_rare
from hercules.rules.mutate import Outcome, mutations
from hercules.rules.never import never
from hercules.rules.nouns import Phrase, Rule
from hercules.rules.reading import nearest
from hercules.rules.samples import Sample, files_of, inline_samples, missing_samples
from hercules.rules.timeless import timeless
from hercules.text import fold

_MISS_LINES = 3
_WORD = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What rules are held against: samples, catalogues, keys and addresses of articles, neutral logs.

    `articles` None: nobody knows which there are, so none is missed. An empty `corpus` is not read.
    `unusable`: why an article cannot be suggested although somebody wrote it, by key. `strays`: the folders
    with samples of no rule. `more`: what was found elsewhere, as in the articles that rules name.
    """

    samples: Sequence[Sample] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    articles: frozenset[str] | None = None
    corpus: Sequence[Part] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)
    strays: Sequence[str] = ()
    more: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True)
class LintReport:
    """All findings, sorted by place, and what the neutral logs showed: `demoted` count as experimental."""

    findings: tuple[Refusal, ...]
    fires: Mapping[str, Fires] = field(default_factory=dict)
    demoted: frozenset[str] = frozenset()
    mutations: Mapping[Outcome, int] = field(default_factory=dict)

    @property
    def errors(self) -> list[Refusal]:
        """What must be mended."""
        return [each for each in self.findings if each.code.startswith("E-")]

    @property
    def warnings(self) -> list[Refusal]:
        """What should be looked at."""
        return [each for each in self.findings if not each.code.startswith("E-")]


def lint(ruleset: Ruleset, known: Known, limits: Limits, as_of: datetime) -> LintReport:
    """All findings on a rule set, those of its loading too. `as_of` decides what is past its review."""
    samples = [*known.samples, *inline_samples(ruleset.rules, as_of)]
    fires = fires_on(ruleset, known.corpus, limits, as_of) if known.corpus else {}
    general, demoted = generic(ruleset, fires, fired_on(ruleset, known.samples, limits, as_of))
    counts: Counter[Outcome] = Counter()
    mutated = list(_mutated(ruleset, samples, limits, as_of, counts))
    found = [
        *ruleset.refusals,
        *static(ruleset.rules, known, as_of),
        *_misnamed(ruleset.rules),
        *general,
        *_weak_misses(ruleset, samples, limits, as_of),
        *timeless(ruleset, samples, limits, as_of),
        *mutated,
        *known.more,
    ]
    order = sorted(set(found), key=lambda each: (each.file, each.line, each.column, each.code, each.message))
    return LintReport(tuple(order), fires, demoted, dict(counts))


def static(rules: Sequence[Rule], known: Known, as_of: datetime) -> list[Refusal]:
    """The findings that need no log to be read: quick enough for a page."""
    found = [*known.catalogue.refusals, *unlisted(rules, known.catalogue)]
    found += missing_samples(rules, known.samples, known.strays)
    found += unreachable(rules, known)
    for rule in rules:
        found += never(rule)
        if rule.review_by and rule.review_by < as_of.date().isoformat():
            fix = "Look whether it still holds, then set a later date."
            found.append(_finding(rule, "W-stale", f"it was to be reviewed by {rule.review_by}", fix))
    return found


def unreachable(rules: Iterable[Rule], known: Known) -> Iterator[Refusal]:
    """A finding for each article that a rule names and that no customer can be shown, at its key."""
    for rule in rules:
        level = "E" if rule.status == "stable" else "W"
        for key, place in zip(rule.answer.kb, rule.answer.kb_places, strict=True):
            if key in known.unusable:
                message, fix = f"article {key!r} cannot be suggested: {known.unusable[key]}", ""
            elif known.articles is None or key in known.articles:
                continue
            else:
                near = nearest(key, known.articles)
                fix = "Write the article, or correct the key."
                fix = f"Did you mean {near}? Else write the article." if near else fix
                message = f"no published article is called {key!r}"
            code = f"{level}-kb-unreachable"
            yield Refusal(place.file, place.line, place.column, code, message, fix, rule.id)


def _misnamed(rules: Sequence[Rule]) -> Iterator[Refusal]:
    """A hint for each file that holds one rule at its root and has another name."""
    alone = Counter(rule.file for rule in rules)
    for rule in rules:
        stem = rule.file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
        is_flat = alone[rule.file] == 1 and rule.place.column == 1
        if is_flat and stem.lower() != rule.id.lower():
            fix = f"Call it {rule.id.lower()}.yaml, so that it is found by its id."
            yield _finding(rule, "W-file-name", f"the file is called {stem}, its rule {rule.id}", fix)


# --- samples ----------------------------------------------------------------------------------------


def _mutated(
    ruleset: Ruleset,
    samples: Iterable[Sample],
    limits: Limits,
    as_of: datetime,
    counts: Counter[Outcome],
) -> Iterator[Refusal]:
    """A finding for each near miss on which a rule still fires; `counts` takes all outcomes."""
    for sample in samples:
        rule = ruleset.rule(sample.rule_id) if sample.kind == "hit" else None
        for mutation in mutations(rule, sample, limits, as_of) if rule is not None else ():
            counts[mutation.outcome] += 1
            if rule is not None and mutation.outcome == "fires":
                level = "E" if rule.status == "stable" else "W"
                fix = "Ask for it in the pattern, or take out what is not needed."
                message = f"still fires on {sample.name} {mutation.what}"
                yield _finding(rule, f"{level}-mutation", message, fix)


def _weak_misses(
    ruleset: Ruleset, samples: Iterable[Sample], limits: Limits, as_of: datetime
) -> Iterator[Refusal]:
    """A warning for each rule that has miss samples, all of which prove little."""
    weak: dict[str, list[str]] = {}
    strong = set()
    for sample in samples:
        rule = ruleset.rule(sample.rule_id) if sample.kind == "miss" else None
        if rule is None:
            continue
        why = _weakness(rule, sample, limits, as_of)
        if why:
            weak.setdefault(rule.id, []).append(f"{sample.name} {why}")
        else:
            strong.add(rule.id)
    for rule in ruleset.rules:
        if rule.id in weak and rule.id not in strong:
            fix = "Add the healthy or nearly equal log as miss1.log."
            yield _finding(rule, "W-weak-miss", "; ".join(weak[rule.id]), fix)


def _weakness(rule: Rule, sample: Sample, limits: Limits, as_of: datetime) -> str:
    """Why a miss proves little, '' when it does prove something."""
    text, lines = "", 0
    for file in files_of(sample, limits, as_of):
        if isinstance(file, LogFile):
            data = b"".join(file.chunks)
            lines += sum(1 for line in data.split(b"\n") if line.strip())
            text += fold(data.decode("utf-8", "replace")) + "\n"
    if sample.parts and lines < _MISS_LINES:
        said = "1 line" if lines == 1 else f"{lines} lines"
        return f"has {said} of the {_MISS_LINES} at least that show something"
    words = _words(rule)
    return "holds no word of the rule" if words and not any(word in text for word in words) else ""


def _words(rule: Rule) -> set[str]:
    """The telling words of four letters or more of a rule, and its phrases for a ticket, all folded."""
    terms = rule.node.positives if rule.node else ()
    phrases: list[Phrase] = []
    for choice in (rule.when.subject, rule.when.description, rule.when.text):
        phrases += (*choice.any, *choice.all) if choice else ()
    needed = [literal.text.decode("utf-8", "replace") for term in terms for literal in factors(term) or ()]
    written = [term.text for term in terms if term.kind != "jq"]
    words = _long(needed + [phrase.text for phrase in phrases])
    asked = {phrase.text for phrase in phrases if phrase.kind == "phrase"}
    return words | asked | {word for word in _long(written) if is_rare(word)}


def _long(texts: Iterable[str]) -> set[str]:
    plain = "".join(char if char.isalnum() else " " for char in fold(" ".join(texts)))
    return {word for word in plain.split() if len(word) >= _WORD}


def _finding(rule: Rule, code: str, message: str, fix: str) -> Refusal:
    return Refusal(rule.file, rule.line, rule.place.column, code, message, fix, rule.id)
