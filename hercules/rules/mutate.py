"""Near misses: a hit sample changed in one thing that a rule asks for must leave the rule silent."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from hercules.model import Limits, LogFile
from hercules.rules.conditions import Asker
from hercules.rules.confirm import Matcher
from hercules.rules.factors import factors
from hercules.rules.literals import Literal as Required
from hercules.rules.never import candidates, has_fault
from hercules.rules.nouns import Node, Rule
from hercules.rules.samples import Sample, files_of, sample_ticket
from hercules.rules.trace import Trail, trace
from hercules.rules.windows import Frame, Hits, Key, frames

Outcome = Literal["silent", "fires", "skipped"]
_MICRO = 1_000_000
_DIGITS = b"0123456789"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of a sample, and whether the rule kept silent; `skipped` where it cannot be made."""

    what: str
    outcome: Outcome


def mutations(rule: Rule, sample: Sample, limits: Limits, as_of: datetime) -> Iterator[Mutation]:
    """Every near miss of a hit sample. Nothing for a sample on which the rule does not fire by its log."""
    if rule.node is not None:
        files = (file for file in files_of(sample, limits, as_of) if isinstance(file, LogFile))
        trails = trace(rule.node, files, limits, lambda _: True)
        for trail in trails:
            found = frames(rule.node, trail.hits())
            if found:
                yield from _Mutator(rule.node, trail, found[0]).all()
                break
    yield _version(rule, sample, as_of)


@dataclass(frozen=True, slots=True)
class _Mutator:
    """Changes the hits of one trail whose first frame is `frame`."""

    node: Node
    trail: Trail
    frame: Frame

    def all(self) -> Iterator[Mutation]:
        """Every kind of change of the pattern."""
        positives = range(len(self.node.positives))
        for number in positives:
            yield Mutation(f"without all events of term {number + 1}", self._without(number))
        yield Mutation("with its steps reversed", self._reversed())
        yield Mutation("with the gap stretched past the window", self._stretched())
        for number in range(len(self.node.negates)):
            yield Mutation(f"with a line that fits negation {number + 1}", self._denied(number))
        for number in positives:
            yield Mutation(f"with a byte of the literal of term {number + 1} changed", self._misspelt(number))

    # --- the frame alone ----------------------------------------------------------------------------

    def _alone(self, moved: Mapping[Key, Key] | None = None) -> Hits:
        """The hits as if the first frame were all there is, its events moved to other keys."""
        hits, whole = self.trail.hits(), set(self.frame)
        to = moved or {}
        count = len(self.node.positives)
        return Hits(
            [
                sorted(to.get(key, key) for key in keys if number >= count or key in whole)
                for number, keys in enumerate(hits.by_term)
            ],
            hits.timed,
        )

    def _outcome(self, hits: Hits) -> Outcome:
        return "fires" if frames(self.node, hits) else "silent"

    @property
    def _distinct(self) -> list[Key]:
        return sorted(set(self.frame))

    # --- the changes --------------------------------------------------------------------------------

    def _without(self, number: int) -> Outcome:
        hits = self.trail.hits()
        gone = set(hits.by_term[number])
        return self._outcome(
            Hits([[key for key in keys if key not in gone] for keys in hits.by_term], hits.timed)
        )

    def _reversed(self) -> Outcome:
        keys = self._distinct
        steps = [
            (term.kind, term.text, term.field) for term in self.node.positives for _ in range(term.count)
        ]
        if self.node.kind != "sequence" or len(keys) < 2 or steps == steps[::-1]:
            return "skipped"  # a sequence that reads the same backwards cannot be told from its reverse
        return self._outcome(self._alone(dict(zip(keys, reversed(keys), strict=True))))

    def _stretched(self) -> Outcome:
        keys = self._distinct
        if self.node.window_s is None or not self.trail.timed or len(keys) < 2:
            return "skipped"
        late = keys[0][0] + round((self.node.window_s + 1) * _MICRO)
        return self._outcome(self._alone({keys[-1]: (late, *keys[-1][1:])}))

    def _denied(self, number: int) -> Outcome:
        hits = self._alone()
        key = self._key_of_negate(number, hits.timed)
        if key is None:
            return "skipped"
        keys = list(hits.by_term[len(self.node.positives) + number])
        insort(keys, key)
        by_term = list(hits.by_term)
        by_term[len(self.node.positives) + number] = keys
        return self._outcome(Hits(by_term, hits.timed))

    def _key_of_negate(self, number: int, timed: bool) -> Key | None:
        """Where a line would stand that the negation looks for, None where there is no such place."""
        negate, keys = self.node.negates[number], self._distinct
        first, last = keys[0], keys[-1]
        if not timed:
            return (first[0], first[1], first[2] + 1) if negate.has_options or first < last else None
        anchor = self.frame[negate.anchor]
        width = 0 if negate.absolute else last[0] - first[0]
        span = max(0, round((negate.window_s or 0.0) * _MICRO) + width)
        start = anchor[0] + round(negate.slide_s * _MICRO)
        return (start + span // 2, *anchor[1:])

    def _misspelt(self, number: int) -> Outcome:
        literals = factors(self.node.positives[number])
        seen = self.trail.seen()
        texts = {key: seen[key].text for key in self._distinct}
        changed = {key: _changed(text, literals or ()) for key, text in texts.items()}
        if literals is None or changed == texts:
            return "skipped"
        matchers = [Matcher(term) for term in self.node.terms]
        hits = self._alone()
        by_term = [
            [key for key in keys if key not in changed or matchers[term].find(changed[key]) is not None]
            for term, keys in enumerate(hits.by_term)
        ]
        return self._outcome(Hits(by_term, hits.timed))


def _changed(text: bytes, literals: Iterable[Required]) -> bytes:
    """The text with one inner byte of every occurrence of the literals changed."""
    for literal in literals:
        middle = len(literal.text) // 2
        at = _place(text, literal, 0)
        while at >= 0:
            byte = text[at + middle : at + middle + 1]
            text = text[: at + middle] + _other(byte) + text[at + middle + 1 :]
            at = _place(text, literal, at + 1)
    return text


def _place(text: bytes, literal: Required, start: int) -> int:
    return (text.lower() if literal.caseless else text).find(literal.text, start)


def _other(byte: bytes) -> bytes:
    if byte in _DIGITS:
        return b"%d" % ((int(byte) + 5) % 10)
    if byte.isalpha():
        return b"z" if byte in b"qQ" else b"q"
    return b"_" if byte != b"_" else b"~"


def _version(rule: Rule, sample: Sample, as_of: datetime) -> Mutation:
    """The sample's ticket with a version that the rule is not for."""
    what = "with a version out of range"
    asked = rule.when.version
    if not asked and not rule.fixed_in:
        return Mutation(what, "skipped")
    outside = [one for one in candidates(asked, rule.fixed_in) if not has_fault(rule, one)]
    if not outside:
        return Mutation(what, "skipped")
    ticket = replace(sample.ticket or sample_ticket({}, as_of), version=outside[-1])
    silent = Asker(ticket).verdict(rule).truth == "no"
    return Mutation(what, "silent" if silent else "fires")
