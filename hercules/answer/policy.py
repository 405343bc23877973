"""Decides what happens to a suggestion: posted, noted, held for review, or kept silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz

from hercules.model import Decision, Item, Policy, Suggestion, Track
from hercules.stats import GATE_WRONG_MAX, gate_open, gate_state, jeffreys_lower
from hercules.text import fold

AFTER_APPROVAL = "an internal note; the public reply waits for an approval"
_ALIKE = 90.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so about a ticket and its desk now. Times are aware UTC.

    `live_since` is when the desk was connected (None: not known), `age_max_s` the greatest age (seconds) of a
    ticket that is answered, `twin_of` an earlier ticket of the same customer that says nearly the same.
    """

    now: datetime
    opened_at: datetime
    live_since: datetime | None = None
    age_max_s: float = 24 * 3600.0
    backfilled: bool = False
    closed: bool = False
    human_replied: bool = False
    has_notes: bool = True
    has_replies: bool = True
    twin_of: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """When a rule may post by itself: labels needed, and the precision its lower bound must reach."""

    judged_min: int = 20
    precision: float = 0.90


def decide(
    suggestion: Suggestion,
    policy: Policy,
    facts: Facts,
    tracks: Mapping[str, Track],
    gate: Gate,
    say_from: float,
) -> Decision:
    """What to do with a suggestion, and why in words; the first thing that speaks against it decides."""
    if not suggestion.items:
        only = "only experimental rules matched" if suggestion.seen else "nothing was sure enough"
        return Decision("SILENT", only)
    if policy == "shadow":
        return Decision("SILENT", "shadow: recorded only")
    best = max(item.confidence for item in suggestion.items)
    if best < say_from:
        return Decision(
            "HOLD", f"the best answer has a confidence of {best:.2f}, the desk asks for {say_from:.2f}"
        )
    against = _against(facts)
    if against:
        return Decision("HOLD", against)
    if policy == "hold":
        return Decision("HOLD", "the desk's policy is to wait for a review")
    refused = _not_by_itself(suggestion, facts, tracks, gate) if policy == "post" else AFTER_APPROVAL
    if not refused:
        return Decision("POST", "every rule is stable, verified and precise enough")
    if facts.has_notes:
        return Decision("NOTE", refused)
    return Decision("HOLD", refused if policy == "post" else "the desk has no internal notes")


def track_of(labels: Iterable[bool], gate: Gate) -> Track:
    """A rule's track by its labels, oldest first (True: it was right), since its gate last closed."""
    state = gate_state(labels, gate.judged_min, gate.precision)
    return Track(state.correct, state.wrong, state.recent_wrong, state.is_open)


def alike(one: str, other: str) -> bool:
    """True when two subjects say nearly the same; an empty one is like nothing."""
    first, second = fold(one), fold(other)
    return bool(first) and bool(second) and fuzz.ratio(first, second) >= _ALIKE


def _against(facts: Facts) -> str:
    """Why this ticket gets no post of any kind, or ''."""
    if facts.backfilled:
        return "the ticket is history that was read in"
    if facts.live_since is not None and facts.opened_at < facts.live_since:
        return "the ticket was opened before the desk was connected"
    if (facts.now - facts.opened_at).total_seconds() > facts.age_max_s:
        return f"the ticket is older than {facts.age_max_s / 3600:g} hours"
    if facts.closed:
        return "the ticket is closed"
    if facts.human_replied:
        return "a person has replied already"
    if facts.twin_of:
        return f"the same customer asked the same in ticket {facts.twin_of}"
    return ""


def _not_by_itself(suggestion: Suggestion, facts: Facts, tracks: Mapping[str, Track], gate: Gate) -> str:
    """Why no public reply may go out without a review, or ''. All that would be shown must have earned it."""
    if not facts.has_replies:
        return "the desk takes no public replies"
    for item in suggestion.items:
        refused = _refused(item, tracks.get(item.rule_id, Track()), gate)
        if refused:
            return refused
    return ""


def _refused(item: Item, track: Track, gate: Gate) -> str:
    if not item.rule_id:
        return "an answer was found by search alone"
    if item.rule_status != "stable":
        return f"rule {item.rule_id} is not stable but {item.rule_status}"
    if item.unverified:
        return f"rule {item.rule_id} could not verify {', '.join(item.unverified)}"
    if item.audience != "public":
        return f"the article of rule {item.rule_id} is internal"
    if track.is_open:
        return ""
    if track.recent_wrong >= GATE_WRONG_MAX:
        return f"rule {item.rule_id} was wrong {track.recent_wrong} times lately"
    if not gate_open(track.correct, track.wrong, gate.judged_min, gate.precision):
        return f"rule {item.rule_id} {_too_little(track, gate)}"
    return ""


def _too_little(track: Track, gate: Gate) -> str:
    judged = track.correct + track.wrong
    if judged < gate.judged_min:
        return f"was judged {judged} times of {gate.judged_min} needed"
    bound = jeffreys_lower(track.correct, judged)
    return f"was right {track.correct} of {judged} times: a bound of {bound:.2f}, below {gate.precision:.2f}"
