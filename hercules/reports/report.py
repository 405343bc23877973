"""What all reports share: the journal folded into one story a ticket, cohorts, outcomes and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hercules.events import (
    ActivesStated,
    CommentAdded,
    Event,
    Recorded,
    Replied,
    Reviewed,
    Suggested,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    Voted,
)
from hercules.model import Cell, Period
from hercules.stats import wilson

DAY_S = 86_400.0
CLOSING_NOTE_S = 600.0
UTC_ZONE = ZoneInfo("UTC")
Tier = Literal["failed", "confirmed", "agent-confirmed", "assisted", "assumed", "unknown"]
TIERS: tuple[Tier, ...] = ("confirmed", "agent-confirmed", "assisted", "assumed", "unknown", "failed")
Verdict = Literal["correct", "wrong"]
# What reports are made of; the journal holds more.
TOLD: tuple[type[Event], ...] = (
    TicketOpened,
    TicketClosed,
    TicketReopened,
    CommentAdded,
    Suggested,
    Replied,
    Reviewed,
    Voted,
    ActivesStated,
)


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How a report is asked. Durations in seconds.

    `desk_ids` empty means every desk of the journal, each with rows of its own. A ticket has `outcome_s` to
    come to an outcome and after it `return_s` to come back; only then it is mature. `judged_min` and
    `precision` are the gate of automatic posts. `statuses` tells each rule's status, where known. `zone` is
    the time zone the period was computed in.
    """

    desk_ids: tuple[str, ...] = ()
    outcome_s: float = 7 * DAY_S
    return_s: float = 7 * DAY_S
    unit: Literal["customer", "organisation"] = "customer"
    judged_min: int = 20
    precision: float = 0.90
    statuses: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo = UTC_ZONE


@dataclass(slots=True)
class Story:
    """All that happened to one ticket, in the order of its times."""

    opened: TicketOpened
    suggested: list[Suggested] = field(default_factory=list)
    replied: list[Replied] = field(default_factory=list)
    closed: list[datetime] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    human: list[datetime] = field(default_factory=list)
    votes: list[Voted] = field(default_factory=list)
    reviews: list[Reviewed] = field(default_factory=list)

    @property
    def posted(self) -> datetime | None:
        """When the public reply was there. Source: the first public Replied."""
        return next((each.at for each in self.replied if each.public), None)

    @property
    def noted(self) -> bool:
        """True with an internal note. Source: any Replied that is not public."""
        return any(not each.public for each in self.replied)

    @property
    def eligible(self) -> bool:
        """True when we had an answer in time. Source: eligible Suggested before the first human reply."""
        first = min(self.human, default=None)
        return any(each.eligible and (first is None or each.at <= first) for each in self.suggested)

    @property
    def rule_ids(self) -> frozenset[str]:
        """The rules of the newest suggestion. Source: the last Suggested."""
        return frozenset(self.suggested[-1].rule_ids) if self.suggested else frozenset()


Stories = dict[tuple[str, str], Story]
Neighbours = dict[tuple[str, str], list[Story]]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The tickets created in a period: mature ones are measured, the others only counted."""

    mature: tuple[Story, ...]
    immature: int
    backfilled: int
    demo: int

    @property
    def posted(self) -> tuple[Story, ...]:
        """Mature tickets with a public reply of ours. Source: Story.posted."""
        return tuple(story for story in self.mature if story.posted is not None)


def fold(journal: Iterable[Recorded], as_of: datetime) -> Stories:
    """The journal as one story a ticket, of what was known at `as_of`.

    Source: events with `at` and `seen_at` not after `as_of`, ordered by time, then by place in the journal.
    """
    known = [each for each in journal if each.seen_at <= as_of and each.event.at <= as_of]
    known.sort(key=lambda each: (each.event.at, each.seq))
    stories: Stories = {}
    for each in known:
        event = each.event
        if isinstance(event, TicketOpened):
            stories.setdefault((event.desk_id, event.ticket_id), Story(event))
    for each in known:
        story = stories.get((each.event.desk_id, each.event.ticket_id))
        if story is not None:
            _tell(story, each.event)
    return stories


def _tell(story: Story, event: Event) -> None:
    """Add one event to its ticket's story. Source: a human reply is a public comment by a human."""
    match event:
        case Suggested():
            story.suggested.append(event)
        case Replied():
            story.replied.append(event)
        case TicketClosed():
            story.closed.append(event.at)
        case TicketReopened():
            story.reopened.append(event.at)
        case CommentAdded():
            if event.author_kind == "human" and event.public:
                story.human.append(event.at)
        case Voted():
            story.votes.append(event)
        case Reviewed():
            story.reviews.append(event)
        case _:
            pass


def desks_of(journal: Iterable[Recorded], options: ReportOptions) -> tuple[str, ...]:
    """The desks a report is about, sorted. Source: the options, else all desks of the journal."""
    if options.desk_ids:
        return tuple(sorted(options.desk_ids))
    return tuple(sorted({each.event.desk_id for each in journal if each.event.desk_id != "*"}))


def cohort(stories: Stories, desk_id: str, period: Period, as_of: datetime, options: ReportOptions) -> Cohort:
    """The tickets a desk got in the period.

    Source: by creation in [start, end), history left out; mature at creation + outcome_s + return_s.
    """
    mature: list[Story] = []
    immature = backfilled = demo = 0
    for story in stories.values():
        opened = story.opened
        if opened.desk_id != desk_id or not period.start <= opened.at < period.end:
            continue
        if opened.backfilled:
            backfilled += 1
            continue
        demo += opened.demo
        if horizon(story, options) <= as_of:
            mature.append(story)
        else:
            immature += 1
    return Cohort(tuple(mature), immature, backfilled, demo)


def horizon(story: Story, options: ReportOptions) -> datetime:
    """When the ticket is mature. Source: creation plus both spans, the same for every ticket."""
    return story.opened.at + timedelta(seconds=options.outcome_s + options.return_s)


# --- outcomes -----------------------------------------------------------------------------------------


def by_customer(stories: Stories) -> Neighbours:
    """Each customer's tickets. Source: customer_key of TicketOpened; without one there are none."""
    found: Neighbours = {}
    for story in stories.values():
        if story.opened.customer_key:
            found.setdefault((story.opened.desk_id, story.opened.customer_key), []).append(story)
    return found


def outcome(story: Story, neighbours: Sequence[Story], options: ReportOptions) -> Tier:
    """What became of a posted ticket: the first tier that fits.

    Source: the order failed, confirmed, agent-confirmed, assisted, assumed, unknown; events count up to the
    ticket's horizon, judgements whenever they came. An approval before posting is no proof.
    """
    end = horizon(story, options)
    vote = next((each for each in reversed(story.votes) if each.at <= end), None)
    judged = _judged(story)
    human = [at for at in story.human if at <= end]
    if (vote and vote.vote == "no") or judged == "wrong" or came_back(story, neighbours, options):
        return "failed"
    if vote and not any(at <= vote.at for at in human):
        return "confirmed"
    if judged == "correct" and not _beyond_closing_note(story, human):
        return "agent-confirmed"
    if human:
        return "assisted" if vote or judged == "correct" else "unknown"
    in_time = story.opened.at + timedelta(seconds=options.outcome_s)
    return "assumed" if not vote and any(at <= in_time for at in story.closed) else "unknown"


def _judged(story: Story) -> str:
    """The last judgement after the outcome, '' for none. Source: Reviewed of kind judge."""
    return next((each.label for each in reversed(story.reviews) if each.kind == "judge"), "")


def _beyond_closing_note(story: Story, human: Sequence[datetime]) -> bool:
    """True with more than a closing note. Source: one human reply within ten minutes before a close."""
    note = timedelta(seconds=CLOSING_NOTE_S)
    return len(human) > 1 or any(not any(at <= close <= at + note for close in story.closed) for at in human)


def came_back(story: Story, neighbours: Sequence[Story], options: ReportOptions) -> bool:
    """True when the ticket was reopened, or asked again by its customer, within return_s of vote or close.

    Source: fixed horizon; the same topic is the same rule, else the same label, else any ticket.
    """
    end, span = horizon(story, options), timedelta(seconds=options.return_s)
    ends = sorted([*story.closed, *(each.at for each in story.votes)])
    for at in story.reopened:
        before = [each for each in ends if each <= at]
        if at <= end and (not before or at <= before[-1] + span):
            return True
    for other in neighbours:
        at = other.opened.at
        if other is not story and at <= end and any(each <= at <= each + span for each in ends):
            if at > story.opened.at and same_topic(story, other):
                return True
    return False


def same_topic(one: Story, other: Story) -> bool:
    """True when two tickets of a customer are about the same. Source: rule, else topic label, else yes."""
    if one.rule_ids and other.rule_ids and one.rule_ids & other.rule_ids:
        return True
    if one.opened.topic and other.opened.topic:
        return one.opened.topic == other.opened.topic
    return not (one.rule_ids and other.rule_ids)


# --- labels -------------------------------------------------------------------------------------------


def label_of(story: Story, rule_id: str) -> tuple[datetime, Verdict] | None:
    """Whether a rule was right on a ticket, and since when that is known; None without a label.

    Source: the latest judgement, else the latest approval, else the last vote; unsure is no label.
    """
    for kind in ("judge", "approve"):
        for each in reversed(story.reviews):
            of_all = kind == "judge" and not each.rule_ids  # of the answer as a whole
            if each.kind == kind and (rule_id in each.rule_ids or of_all):
                return None if each.label == "unsure" else (each.at, each.label)
    if story.votes:
        last = story.votes[-1]
        return last.at, "correct" if last.vote == "solved" else "wrong"
    return None


# --- cells --------------------------------------------------------------------------------------------


def share(count: int, total: int, reason: str) -> Cell:
    """A share with its 95% interval and n, or the reason why there is none. Source: stats.wilson."""
    if total == 0:
        return Cell(None, n=0, reason=reason)
    low, high = wilson(count, total)
    return Cell(count / total, low, high, total)


def answered(cohorts: Iterable[Cohort]) -> str:
    """The sentence every report begins with. Source: mature tickets with a public reply, of all mature."""
    seen = list(cohorts)
    posted, mature = sum(len(each.posted) for each in seen), sum(len(each.mature) for each in seen)
    waiting = sum(each.immature for each in seen)
    later = f" ({waiting:,} more too young to count)" if waiting else ""
    return f"Answered {posted:,} of {mature:,} tickets{later}."


def notes_of(cohorts: Iterable[Cohort]) -> tuple[str, ...]:
    """What was left out, in words. Source: the counts of the cohorts."""
    seen = list(cohorts)
    history, demo = sum(each.backfilled for each in seen), sum(each.demo for each in seen)
    notes = []
    if history:
        notes.append(f"Left out: {history:,} tickets of history that was read in.")
    if demo:
        notes.append(f"Contains {demo:,} demo tickets.")
    return tuple(notes)
