"""The pages of rules: how each did so far, what is wrong with it, and all that engineers wrote into it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from fastapi import APIRouter, Request
from starlette.responses import Response

from hercules.events import Suggested
from hercules.folders import files_below
from hercules.house import House
from hercules.model import NotFound, Refusal, RuleStatus, Track
from hercules.rulebook import errors_of
from hercules.rules.catalogue import read_catalogue
from hercules.rules.generic import Fires, fires_on, generic, neutral_parts
from hercules.rules.lint import Known, static
from hercules.rules.nouns import Choice, Node, Phrase, Rule, Term
from hercules.rules.samples import TICKET_SUFFIX, Sample, kind_of
from hercules.stats import wilson
from hercules.store import articles, journal, suggestions
from hercules.store.suggestions import NEWEST_HITS, RuleHits
from hercules.web.api import house_of
from hercules.web.auth import PageCaller

router = APIRouter(include_in_schema=False)
NEWEST_TICKETS = 2_000
TONES: Mapping[RuleStatus, str] = {"experimental": "warn", "test": "", "stable": "good", "deprecated": "bad"}
_NEVER = Track()


class Ledger:
    """What is costly to find out and kept between page views: counts from the journal, neutral logs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = 0
        self._tickets: dict[str, dict[tuple[str, str], str]] = {}
        self._last: dict[str, datetime] = {}
        self._hash = ""
        self._fires: dict[str, Fires] = {}

    def suggested(self, house: House) -> dict[str, RuleHits]:
        """On how many tickets each rule was suggested so far; only what is new in the journal is read."""
        with self._lock, house.db.read() as conn:
            for recorded in journal.read(conn, house.desk_ids, (Suggested,), self._seq):
                event, self._seq = recorded.event, recorded.seq
                if not isinstance(event, Suggested):
                    continue
                for rule_id in event.rule_ids:
                    tickets = self._tickets.setdefault(rule_id, {})
                    ticket = event.desk_id, event.ticket_id
                    tickets.pop(ticket, None)  # a ticket suggested anew is the newest one
                    tickets[ticket] = event.suggestion_id
                    self._last[rule_id] = max(self._last.get(rule_id, event.at), event.at)
            return {
                rule_id: RuleHits(len(tickets), self._last[rule_id], _newest(tickets))
                for rule_id, tickets in self._tickets.items()
            }

    def fires(self, house: House) -> dict[str, Fires]:
        """The rules in use that fire on neutral logs; read once for a rule set."""
        ruleset = house.rulesets.book.written
        with self._lock:
            if self._hash != ruleset.hash:
                self._fires = fires_on(ruleset, neutral_parts(), house.settings.limits(), house.clock())
                self._hash = ruleset.hash
            return self._fires


def _newest(tickets: dict[tuple[str, str], str]) -> tuple[tuple[str, str, str], ...]:
    """Suggestion, desk and ticket of the last ones put in, last one first."""
    last = islice(reversed(tickets.items()), NEWEST_HITS)
    return tuple((suggestion_id, *ticket) for ticket, suggestion_id in last)


@dataclass(frozen=True, slots=True)
class Row:
    """One rule with all that is known of it. `broken`: why its file is refused as it stands now."""

    rule: Rule
    hits: RuleHits | None
    track: Track
    samples: tuple[Sample, ...]
    findings: tuple[Refusal, ...] = ()
    too_general: bool = False
    broken: tuple[Refusal, ...] = ()

    @property
    def judged(self) -> int:
        """How many of its suggestions were judged."""
        return self.track.correct + self.track.wrong

    @property
    def precision(self) -> str:
        """The share of right ones in words."""
        return f"{self.track.correct / self.judged:.0%} right" if self.judged else "not judged yet"

    @property
    def interval(self) -> str:
        """The interval of the share with its n; '' when nothing was judged."""
        if not self.judged:
            return ""
        low, high = wilson(self.track.correct, self.judged)
        return f"{low:.0%} to {high:.0%}, n = {self.judged}"

    def count(self, kind: str) -> int:
        """How many samples of a kind it has, those within the rule too."""
        inline = sum(1 for test in self.rule.tests if test.kind == kind)
        return inline + sum(1 for sample in self.samples if sample.kind == kind)


def ledger_of(request: Request) -> Ledger:
    """The one ledger of this app."""
    state = request.app.state
    if not hasattr(state, "rule_ledger"):
        state.rule_ledger = Ledger()
    ledger: Ledger = state.rule_ledger
    return ledger


def rows(house: House, ledger: Ledger) -> list[Row]:
    """Every rule in use, those with most suggestions first."""
    ruleset = house.rulesets.book.written
    hits = ledger.suggested(house)
    with house.db.read() as conn:
        shadow = suggestions.experimental_hits(conn, house.desk_ids, NEWEST_TICKETS)
        tracks = suggestions.tracks(conn, house.desk_ids)
    samples = _samples(house)
    findings, demoted = _findings(house, ledger, samples)
    errors = errors_of(ruleset.refusals)
    made = [
        Row(
            rule,
            hits.get(rule.id) or shadow.get(rule.id),
            tracks.get(rule.id, _NEVER),
            tuple(each for each in samples if each.rule_id.lower() == rule.id.lower()),
            tuple(findings.get(rule.id, ())),
            rule.id in demoted,
            tuple(each for each in errors if each.file == rule.file),
        )
        for rule in ruleset.rules
    ]
    return sorted(made, key=lambda row: (-(row.hits.count if row.hits else 0), row.rule.id.lower()))


def _samples(house: House) -> list[Sample]:
    """The samples by name alone: what is in them is not read for a page."""
    found: dict[tuple[str, ...], Sample] = {}
    for root in (house.folders.samples, house.folders.rules):
        for path in files_below(root) if root.is_dir() else ():
            kind = kind_of(path.name)
            parts = path.relative_to(root).parts
            if kind is not None and len(parts) > 1:
                stem = path.name.removesuffix(TICKET_SUFFIX).partition(".")[0]
                found.setdefault((*parts[:-1], stem), Sample(parts[-2], path.name, kind))
    return list(found.values())


def _findings(
    house: House, ledger: Ledger, samples: list[Sample]
) -> tuple[dict[str, list[Refusal]], frozenset[str]]:
    """What is wrong with each rule in use, and which are too general for their status."""
    book = house.rulesets.book
    known = Known(samples, read_catalogue(book.good.values()), _articles(house))
    general, demoted = generic(book.written, ledger.fires(house), ())
    found: dict[str, list[Refusal]] = {}
    every = [*book.written.refusals, *static(book.written.rules, known, house.clock()), *general]
    for each in sorted(set(every), key=lambda one: (one.code[:1] != "E", one.file, one.line, one.code)):
        found.setdefault(each.rule, []).append(each)
    return found, demoted


def _articles(house: House) -> frozenset[str]:
    """The keys that rules name and that a published article has."""
    keys = {key for rule in house.rulesets.book.written.rules for key in rule.answer.kb}
    shared = house.desk_ids | {"*"}
    found = set()
    with house.db.read() as conn:
        for key in keys:
            article = articles.by_key(conn, shared, key)
            if article is not None and article.status == "published":
                found.add(key)
    return frozenset(found)


# --- in words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a rule in words: what it is, and its lines."""

    name: str
    lines: tuple[str, ...]


def patterns_of(node: Node | None) -> list[Shown]:
    """What a rule looks for in logs, in words."""
    if node is None:
        return []
    how = "in this order" if node.kind == "sequence" else "together"
    width = f" within {node.window_s:g} s" if node.window_s is not None else ""
    found = [Shown(f"{how.capitalize()}{width}", tuple(map(_term, node.positives)))]
    for negate in node.negates:
        absolute = " absolute" if negate.absolute else ""
        reach = f", window {negate.window_s:g} s{absolute}" if negate.window_s is not None else absolute
        slide = f", from {negate.slide_s:+g} s on" if negate.slide_s else ""
        found.append(Shown(f"Not at event {negate.anchor + 1}{reach}{slide}", (_term(negate.term),)))
    return found


def _term(term: Term) -> str:
    times = f" ({term.count} times)" if term.count > 1 else ""
    where = f" in {term.field}" if term.field else ""
    return f"{term.kind}{where}: {term.text}{times}"


def conditions_of(rule: Rule) -> list[Shown]:
    """What a rule asks of the ticket, in words."""
    when = rule.when
    plain: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("product", when.product),
        ("desk", when.desk),
        ("request type", when.request_type),
        ("language", when.language),
        ("version", (when.version,) if when.version else ()),
        ("before the fix in", rule.fixed_in),
        ("files", rule.files or rule.source_files),
        ("not the files", rule.exclude_files),
    )
    found = [Shown(name, values) for name, values in plain if values]
    if when.tags:
        found += _choice("tags", when.tags, str)
    for name, choice in (("subject", when.subject), ("description", when.description), ("text", when.text)):
        found += _choice(name, choice, lambda phrase: f"{phrase.kind}: {phrase.text}") if choice else []
    return found


def _choice(name: str, choice: Choice[str] | Choice[Phrase], said: Callable[..., str]) -> Iterator[Shown]:
    for part, items in (("any", choice.any), ("all", choice.all), ("none", choice.none)):
        if items:
            yield Shown(f"{name}: {part} of", tuple(said(item) for item in items))


# --- pages ------------------------------------------------------------------------------------------


@router.get("/rules")
def show(request: Request, caller: PageCaller) -> Response:
    """All rules in one table, and what is wrong in files that hold none."""
    house = house_of(request)
    found = rows(house, ledger_of(request))
    in_use = {row.rule.id for row in found}
    refused = [each for each in house.rulesets.book.written.refusals if each.rule not in in_use]
    values = {
        "rows": found,
        "refused": refused,
        "tones": TONES,
        "folder": str(house.folders.rules),
        "hash": house.rulesets.book.written.hash[:12],
    }
    page: Response = request.app.state.pages.show("rules.html", caller, values, here="rules")
    return page


@router.get("/rules/{rule_id}")
def detail(request: Request, caller: PageCaller, rule_id: str) -> Response:
    """One rule with everything that engineers wrote for each other."""
    house = house_of(request)
    rule = house.rulesets.book.written.rule(rule_id)
    if rule is None:
        raise NotFound(f"there is no rule {rule_id!r}")
    row = next(row for row in rows(house, ledger_of(request)) if row.rule.id == rule.id)
    texts = [
        Shown(name, (text,))
        for name, text in (
            ("Description", rule.description),
            ("Cause", rule.cause),
            ("Impact", rule.impact),
            ("Mitigation", rule.mitigation),
            ("False positives", rule.falsepositives),
        )
        if text
    ]
    values = {
        "row": row,
        "tones": TONES,
        "texts": texts,
        "patterns": patterns_of(rule.node),
        "conditions": conditions_of(rule),
    }
    page: Response = request.app.state.pages.show("rule.html", caller, values, here="rules")
    return page
