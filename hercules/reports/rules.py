"""How each rule did: hits, posts, judgements, precision, and whether it may post by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hercules.events import Recorded
from hercules.model import Cell, Column, Period, Table
from hercules.reports.report import (
    ReportOptions,
    Stories,
    Story,
    Verdict,
    answered,
    cohort,
    desks_of,
    fold,
    label_of,
    notes_of,
    share,
)
from hercules.stats import GATE_WRONG_MAX, gate_state, jeffreys_lower

FEW_JUDGED = 0.10
COLUMNS = (
    Column("desk", "text"),
    Column("rule", "text"),
    Column("status", "text"),
    Column("hits", "count"),
    Column("posted", "count"),
    Column("judged", "count"),
    Column("correct", "count"),
    Column("wrong", "count"),
    Column("precision", "share"),
    Column("gate", "text"),
)


@dataclass(slots=True)
class _Count:
    """What a rule did in the period."""

    hits: int = 0
    posted: int = 0
    correct: int = 0
    wrong: int = 0


def make(journal: Sequence[Recorded], period: Period, as_of: datetime, options: ReportOptions) -> Table:
    """The report on rules: one row a desk and rule, the most hit first.

    Source: the journal; tickets created in the period, mature or not, since a label needs no horizon. The
    gate stands on all labels up to `as_of`.
    """
    stories = fold(journal, as_of)
    desk_ids = desks_of(journal, options)
    cohorts = [cohort(stories, desk_id, period, as_of, options) for desk_id in desk_ids]
    rows = [row for desk_id in desk_ids for row in _rows(desk_id, stories, period, options)]
    return Table(
        name="rules",
        title="Rules",
        headline=f"{answered(cohorts)} {len(rows):,} rules matched.",
        desk_ids=desk_ids,
        period=period,
        as_of=as_of,
        columns=COLUMNS,
        rows=tuple(rows),
        notes=(
            "precision: correct of judged; one label a rule and ticket: the latest judgement, else approval, "
            "else vote.",
            *notes_of(cohorts),
        ),
    )


def _rows(desk_id: str, stories: Stories, period: Period, options: ReportOptions) -> list[tuple[Cell, ...]]:
    """The rows of one desk. Source: Suggested names the rules of a ticket; history is left out."""
    of_desk = [
        each for each in stories.values() if each.opened.desk_id == desk_id and not each.opened.backfilled
    ]
    within = [story for story in of_desk if period.start <= story.opened.at < period.end]
    counts: dict[str, _Count] = {}
    for story in within:
        for rule_id in story.rule_ids:
            _add(counts.setdefault(rule_id, _Count()), story, rule_id)
    ledgers = _ledgers(of_desk)
    order = sorted(counts, key=lambda rule_id: (-counts[rule_id].hits, rule_id))
    return [_row(desk_id, each, counts[each], ledgers.get(each, []), options) for each in order]


def _add(count: _Count, story: Story, rule_id: str) -> None:
    """Count one ticket. Source: report.label_of."""
    count.hits += 1
    count.posted += story.posted is not None
    label = label_of(story, rule_id)
    count.correct += label is not None and label[1] == "correct"
    count.wrong += label is not None and label[1] == "wrong"


def _row(
    desk_id: str, rule_id: str, count: _Count, ledger: Iterable[Verdict], options: ReportOptions
) -> tuple[Cell, ...]:
    """One rule's row. Source: precision is correct / (correct + wrong), Wilson."""
    judged = count.correct + count.wrong
    status = options.statuses.get(rule_id, "")
    return (
        Cell(desk_id),
        Cell(rule_id),
        Cell(status) if status else Cell(None, reason="rule_gone"),
        Cell(count.hits),
        Cell(count.posted),
        Cell(judged),
        Cell(count.correct),
        Cell(count.wrong),
        share(count.correct, judged, "no_labels"),
        Cell(_gate(ledger, options) + _few(judged, count.posted)),
    )


def _few(judged: int, posted: int) -> str:
    """The flag of a rule hardly judged. Source: fewer labels than a tenth of its posts."""
    return "; few judged" if posted and judged < FEW_JUDGED * posted else ""


def _ledgers(stories: Iterable[Story]) -> dict[str, list[Verdict]]:
    """All labels of each rule, oldest first. Source: report.label_of, one label a rule and ticket."""
    found: dict[str, list[tuple[datetime, Verdict]]] = {}
    for story in stories:
        for rule_id in story.rule_ids if story.reviews or story.votes else ():
            label = label_of(story, rule_id)
            if label is not None:
                found.setdefault(rule_id, []).append(label)
    return {rule_id: [verdict for _, verdict in sorted(labels)] for rule_id, labels in found.items()}


def _gate(labels: Iterable[Verdict], options: ReportOptions) -> str:
    """Whether the rule may post by itself, in words, as policy asks it. Source: stats.gate_state."""
    state = gate_state((each == "correct" for each in labels), options.judged_min, options.precision)
    if state.is_open:
        return "open"
    judged = state.correct + state.wrong
    since = f" since it closed at {GATE_WRONG_MAX} wrong" if state.was_closed else ""
    if judged < options.judged_min:
        return f"hold: {judged} of {options.judged_min} judged{since}"
    return f"hold: bound {jeffreys_lower(state.correct, judged):.2f} below {options.precision:.2f}{since}"
