"""Frames to matches: captures, message, proof, rank, and what folds under what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hercules.model import Evidence, Limits, Match, Ticket
from hercules.rules import checks
from hercules.rules.conditions import Said, Verdict
from hercules.rules.confirm import Captured, Found
from hercules.rules.evidence import Kept, Redact, show, told
from hercules.rules.feed import UNTIMED, moment
from hercules.rules.nouns import Rule
from hercules.rules.windows import Frame, Key
from hercules.text import clean, cut, fold, one_line

_AROUND_FIRST = 3
_DOUBT_CHARS = 200
FOLDS_NOTHING = frozenset({"experimental", "deprecated"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A confirmed hit: the event it is in (when that was kept) and what was found there."""

    kept: Kept | None
    found: Found


@dataclass(frozen=True, slots=True)
class Framed:
    """The frames of one rule in one file and its rotations, and the hits at each of their events.

    `unmeasured` says in words what could not be checked for want of times.
    """

    frames: Sequence[Frame]
    spots: Mapping[Key, Sequence[Spot]]
    unmeasured: str = ""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes matches for one ticket."""

    limits: Limits
    redact: Redact
    ticket: Ticket | None

    def from_log(self, rule: Rule, size: int, framed: Sequence[Framed], verdict: Verdict) -> Match:
        """A match of a rule that found `framed`; `size` are the bytes that its literals require.

        Files where all could be checked come first: one of them makes the match as sure as it can be.
        """
        framed = sorted(framed, key=lambda one: bool(one.unmeasured))
        first = framed[0]
        captures = told(_captured(first, first.frames[0]), self.redact)
        count = sum(len(one.frames) for one in framed)
        evidence = tuple(self._evidence(framed))
        positives = len(rule.node.positives) if rule.node else 0
        made = self._match(rule, count, captures, evidence, verdict)
        doubt = (cut(self.redact(one_line(first.unmeasured)), _DOUBT_CHARS),) if first.unmeasured else ()
        unverified = (*made.unverified, *doubt)
        first_at, last_at = _seen(framed)
        return replace(
            made,
            rank=(rule.severity_rank, positives, size),
            unverified=unverified,
            first_at=first_at,
            last_at=last_at,
        )

    def from_ticket(self, rule: Rule, verdict: Verdict) -> Match:
        """A match of a rule that asks only for the ticket's own words and fields."""
        captures = told(tuple(one for said in verdict.said for one in said.captures), self.redact)
        said = verdict.said[: self.limits.evidence_max]
        if not said and self.ticket is not None:
            said = (Said("subject", 1, self.ticket.subject),)
        evidence = tuple(self._quoted(one) for one in said)
        made = self._match(rule, 1, captures, evidence, verdict)
        return replace(made, rank=(rule.severity_rank, 0, 0))

    def _match(
        self,
        rule: Rule,
        count: int,
        captures: Mapping[str, str],
        evidence: tuple[Evidence, ...],
        verdict: Verdict,
    ) -> Match:
        return Match(
            rule_id=rule.id,
            title=rule.title,
            severity=rule.severity,
            status=rule.status,
            count=count,
            evidence=evidence,
            captures=captures,
            message=self._message(rule, captures, count),
            kb=rule.answer.kb,
            search=rule.answer.search,
            product=rule.product,
            tags=rule.tags,
            unverified=verdict.unknown,
        )

    def _message(self, rule: Rule, captures: Mapping[str, str], count: int) -> str:
        """The message with its slots filled; the title when one of them has no value."""
        types, ticket = checks.capture_types(rule), self.ticket
        values = {name: value for name, value in captures.items() if types.get(name) in checks.REPLY_TYPES}
        product = (ticket.product if ticket else "") or ", ".join(rule.product)
        built_in = {
            "product": self.redact(clean(product)),
            "version": self.redact(clean(ticket.version)) if ticket else "",
            "fixed_in": ", ".join(rule.fixed_in),
            "count": str(count),
        }
        filled = []
        for text, is_slot in checks.slots(rule.answer.message) or ():
            value = values.get(text, built_in.get(text, "")) if is_slot else text
            if is_slot and not value:
                return rule.title
            filled.append(value)
        return "".join(filled)

    def _evidence(self, framed: Sequence[Framed]) -> Iterator[Evidence]:
        """The first frame whole, then the first event of each next one, up to the limit.

        Hiding secrets in the lines around takes longest, so only the first events come with all of them.
        """
        left = self.limits.evidence_max
        for number, one in enumerate(framed):
            for place, frame in enumerate(one.frames):
                events = dict.fromkeys(frame if number == place == 0 else frame[:1])
                for key in events:
                    spots = one.spots[key]
                    kept = next((spot.kept for spot in spots if spot.kept is not None), None)
                    if kept is not None and left > 0:
                        left -= 1
                        if left < self.limits.evidence_max - _AROUND_FIRST:
                            kept.lean()
                        yield self._shown(kept, spots)
                if left <= 0:
                    return

    def _shown(self, kept: Kept, spots: Sequence[Spot]) -> Evidence:
        spans = [(spot.found.start, spot.found.end) for spot in spots]
        captures = tuple(one for spot in spots for one in spot.found.captures)
        return show(kept, spans, captures, self.redact, self.limits)

    def _quoted(self, said: Said) -> Evidence:
        text = cut(self.redact(clean(said.text)), self.limits.line_max_bytes)
        at = fold(text).find(said.words) if said.words and len(fold(text)) == len(text) else -1
        spans = ((at, at + len(said.words)),) if at >= 0 else ()
        captures = told(said.captures, self.redact)
        return Evidence(f"ticket/{said.field}.txt", said.line, None, text, spans, captures)


def _seen(framed: Sequence[Framed]) -> tuple[datetime | None, datetime | None]:
    """When the first and the last event of all frames were written; None without any time."""
    times = [key[0] for one in framed for frame in one.frames for key in frame if key[0] != UNTIMED]
    return (moment(min(times)), moment(max(times))) if times else (None, None)


def _captured(framed: Framed, frame: Frame) -> Captured:
    """The captures of a frame, the first value of each name first."""
    return tuple(one for key in frame for spot in framed.spots[key] for one in spot.found.captures)


def ranked(matches: Collection[Match], rules: Mapping[str, Rule]) -> tuple[Match, ...]:
    """Best first, those that another match supersedes folded under it and last."""
    ids = {match.rule_id for match in matches}
    over = {rule_id: _superseded(rule_id, rules) & ids for rule_id in ids}
    found = [replace(match, folded_under=_folded_under(match.rule_id, over, matches)) for match in matches]
    return tuple(sorted(found, key=lambda one: (one.folded_under is not None, _order(one))))


def _order(match: Match) -> tuple[int, int, int, str]:
    severity, positives, size = match.rank
    return -severity, -positives, -size, match.rule_id.lower()


def _superseded(rule_id: str, rules: Mapping[str, Rule]) -> set[str]:
    """The ids of all rules that a rule supersedes, directly or by way of others."""
    found: set[str] = set()
    waiting = [rule_id]
    while waiting:
        rule = rules.get(waiting.pop().lower())
        if rule is None or rule.status in FOLDS_NOTHING:
            continue
        below = [rules[name.lower()].id for name in rule.supersedes if name.lower() in rules]
        waiting += [name for name in below if name not in found]
        found.update(below)
    return found


def _folded_under(rule_id: str, over: Mapping[str, set[str]], matches: Collection[Match]) -> str | None:
    """The best match that supersedes this one and is not superseded itself."""
    above = {name for name, below in over.items() if rule_id in below}
    top = [match for match in matches if match.rule_id in above and not _is_below(match.rule_id, over)]
    return min(top, key=_order).rule_id if top else None


def _is_below(rule_id: str, over: Mapping[str, set[str]]) -> bool:
    return any(rule_id in below for below in over.values())
