"""How many tickets were answered, and what became of them, tier by tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from hercules.events import Recorded
from hercules.model import Cell, Column, Period, Table
from hercules.reports.report import (
    TIERS,
    Cohort,
    Neighbours,
    ReportOptions,
    Story,
    Tier,
    answered,
    by_customer,
    cohort,
    desks_of,
    fold,
    notes_of,
    outcome,
    share,
)
from hercules.reports.table import cell_text
from hercules.stats import response_bounds

COLUMNS = (
    Column("desk", "text"),
    Column("measure", "text"),
    Column("count", "count"),
    Column("share", "share"),
)
_EXPLAINED = (
    "Tickets are counted by creation; shares are of mature tickets only: those with their full time to come "
    "to an outcome and to come back.",
    "confirmed: the customer said it is solved, and no person had replied before. Only this counts as "
    "deflected; assumed (closed, and silence) is never added to it.",
)


_UNHEARD = (
    "No customer's vote and no judgement of an outcome has ever come: confirmed, agent-confirmed and "
    "assisted are 0 because nobody was asked."
)


def make(journal: Sequence[Recorded], period: Period, as_of: datetime, options: ReportOptions) -> Table:
    """The deflection report: coverage, posts, and the six tiers of what became of the posted tickets.

    Source: the journal; cohort by creation with a fixed horizon, shares with Wilson intervals.
    """
    stories = fold(journal, as_of)
    desk_ids = desks_of(journal, options)
    cohorts = {desk_id: cohort(stories, desk_id, period, as_of, options) for desk_id in desk_ids}
    neighbours = by_customer(stories)
    tiers = {desk_id: _tiers(seen, neighbours, options) for desk_id, seen in cohorts.items()}
    rows = [row for desk_id in desk_ids for row in _rows(desk_id, cohorts[desk_id], tiers[desk_id])]
    posted = sum(len(seen.posted) for seen in cohorts.values())
    confirmed = sum(each["confirmed"] for each in tiers.values())
    told = cell_text(share(confirmed, posted, "no_posts"), "share")
    return Table(
        name="deflection",
        title="Deflection",
        headline=f"{answered(cohorts.values())} Confirmed as solved: {confirmed:,} of {posted:,}, {told}.",
        desk_ids=desk_ids,
        period=period,
        as_of=as_of,
        columns=COLUMNS,
        rows=tuple(rows),
        notes=_EXPLAINED + _unheard(stories.values(), desk_ids) + notes_of(cohorts.values()),
    )


def _unheard(stories: Iterable[Story], desk_ids: Collection[str]) -> tuple[str, ...]:
    """Says so when no zero of a tier means anything. Source: votes and judgements of all times."""
    of_desks = (story for story in stories if story.opened.desk_id in desk_ids)
    heard = any(story.votes or any(each.kind == "judge" for each in story.reviews) for story in of_desks)
    return () if heard else (_UNHEARD,)


def _tiers(seen: Cohort, neighbours: Neighbours, options: ReportOptions) -> Counter[Tier]:
    """How many posted tickets are in each tier. Source: report.outcome; the tiers sum to the posted."""
    return Counter(outcome(story, _around(story, neighbours), options) for story in seen.posted)


def _around(story: Story, neighbours: Neighbours) -> Sequence[Story]:
    """The other tickets of the customer. Source: report.by_customer."""
    return neighbours.get((story.opened.desk_id, story.opened.customer_key), ())


def _rows(desk_id: str, seen: Cohort, tiers: Counter[Tier]) -> Iterator[tuple[Cell, ...]]:
    """The rows of one desk. Source: each row's numerator and denominator are named in it."""
    mature, posted = len(seen.mature), len(seen.posted)
    eligible = sum(story.eligible for story in seen.mature)
    asked = sum(story.eligible and story.posted is not None for story in seen.mature)
    noted = sum(story.noted for story in seen.mature)
    any_answer = sum(bool(story.human) or story.posted is not None for story in seen.mature)
    yield _row(desk_id, "tickets created", mature + seen.immature)
    yield _row(desk_id, "of these too young to count", seen.immature)
    yield _row(desk_id, "mature tickets", mature)
    yield _row(
        desk_id, "coverage: something to say, of mature", eligible, share(eligible, mature, "no_tickets")
    )
    yield _row(desk_id, "noted for engineers, of mature", noted, share(noted, mature, "no_tickets"))
    yield _row(desk_id, "posted, of mature", posted, share(posted, mature, "no_tickets"))
    yield _row(desk_id, "answer rate (bot): posted, of covered", asked, share(asked, eligible, "no_eligible"))
    yield _row(desk_id, "answer rate (all), of mature", any_answer, share(any_answer, mature, "no_tickets"))
    yield from _acceptance(desk_id, seen)
    for tier in TIERS:
        yield _row(desk_id, f"{tier}, of posted", tiers[tier], share(tiers[tier], posted, "no_posts"))


def _acceptance(desk_id: str, seen: Cohort) -> Iterator[tuple[Cell, ...]]:
    """What engineers and customers said. Source: approvals, last votes; silence is bounded, not guessed."""
    approvals = [each for story in seen.mature for each in story.reviews if each.kind == "approve"]
    correct = sum(each.label == "correct" for each in approvals)
    votes = [story.votes[-1].vote for story in seen.posted if story.votes]
    helped, silent = votes.count("solved"), len(seen.posted) - len(votes)
    yield _row(desk_id, "approved, of reviewed", correct, share(correct, len(approvals), "no_approvals"))
    yield _row(desk_id, "voted solved, of votes", helped, share(helped, len(votes), "no_votes"))
    bounds = Cell(None, n=0, reason="no_posts")
    if seen.posted:
        low, high = response_bounds(helped, len(votes) - helped, silent)
        bounds = Cell(low, low, high, len(seen.posted))
    yield _row(desk_id, "voted solved, of posted (if all silent ones had voted)", helped, bounds)


def _row(desk_id: str, measure: str, count: int, part: Cell | None = None) -> tuple[Cell, ...]:
    """One row. Source: COLUMNS; a plain count has no share."""
    return Cell(desk_id), Cell(measure), Cell(count), part or Cell(None, reason="count_only")
