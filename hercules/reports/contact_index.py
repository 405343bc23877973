"""What share of the active customers asked for help, and whether that changed in a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hercules.events import ActivesStated, Recorded
from hercules.model import Cell, Column, Period, Table
from hercules.periods import a_year_before
from hercules.reports.report import (
    ReportOptions,
    Stories,
    answered,
    cohort,
    desks_of,
    fold,
)
from hercules.reports.table import REASONS, cell_text
from hercules.stats import ratio_of_shares, wilson

MOVED = 0.20
WHOLE = "all"  # the segment that is no part
COLUMNS = (
    Column("desk", "text"),
    Column("askers", "count"),
    Column("actives", "count"),
    Column("contact index", "share"),
    Column("tickets", "count"),
    Column("contact ratio", "ratio"),
    Column("year before", "share"),
    Column("change", "ratio"),
    Column("reading", "text"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asked in a period: distinct askers, tickets, those without a known asker, those of history."""

    askers: int
    tickets: int
    nameless: int
    history: int


@dataclass(frozen=True, slots=True)
class _Actives:
    """The number of active ones as it may be used, or the reason why not; `source` says who told it."""

    count: int | None
    reason: str = ""
    source: str = ""
    stated: int = 0


def make(journal: Sequence[Recorded], period: Period, as_of: datetime, options: ReportOptions) -> Table:
    """The contact index: one row a desk; without a usable number of actives only contacts are told.

    Source: distinct askers / distinct actives of the same unit and period, Wilson; change by the log ratio.
    """
    stories = fold(journal, as_of)
    desk_ids = desks_of(journal, options)
    fed = _statements(journal, as_of)
    cohorts = [cohort(stories, desk_id, period, as_of, options) for desk_id in desk_ids]
    rows = [_row(desk_id, stories, fed, period, options) for desk_id in desk_ids]
    refused = all(row[3].value is None for row in rows)
    return Table(
        name="contact-index",
        title="Contacts" if refused else "Contact index",
        headline=" ".join([answered(cohorts), *(_told(row) for row in rows)]),
        desk_ids=desk_ids,
        period=period,
        as_of=as_of,
        columns=COLUMNS,
        rows=tuple(rows),
        notes=tuple(_notes(desk_ids, stories, fed, period, as_of, options)),
    )


def _told(row: tuple[Cell, ...]) -> str:
    """A desk's sentence. Source: its row."""
    if row[3].value is None:
        return f"{row[0].value}: {cell_text(row[1], 'count')} asked; {REASONS[row[3].reason or '']}."
    asked = f"{cell_text(row[1], 'count')} of {cell_text(row[2], 'count')}"
    return f"{row[0].value}: {asked} active customers asked, {cell_text(row[3], 'share')}."


def _row(
    desk_id: str, stories: Stories, fed: Sequence[ActivesStated], period: Period, options: ReportOptions
) -> tuple[Cell, ...]:
    """The row of a desk. Source: make."""
    asked = _asked(stories, desk_id, period, options)
    actives = _actives(fed, desk_id, period, asked.askers, options)
    before, then = _year_before(stories, fed, desk_id, period, options)
    change, reading = _change(asked, actives, before, then)
    return (
        Cell(desk_id),
        Cell(asked.askers),
        Cell(actives.stated) if actives.stated else Cell(None, reason=actives.reason),
        _index(asked, actives),
        Cell(asked.tickets),
        Cell(asked.tickets / actives.count, n=actives.count) if actives.count else _no(actives.reason),
        _index(before, then),
        change,
        reading,
    )


def _no(reason: str) -> Cell:
    """A refused number. Source: the reason given."""
    return Cell(None, reason=reason)


def _asked(stories: Stories, desk_id: str, period: Period, options: ReportOptions) -> _Asked:
    """Who asked. Source: TicketOpened in [start, end), history too: those customers did ask."""
    opened = [each.opened for each in stories.values() if each.opened.desk_id == desk_id]
    within = [each for each in opened if period.start <= each.at < period.end]
    keys = [each.customer_key if options.unit == "customer" else each.org_key for each in within]
    known = {key for key in keys if key}
    return _Asked(len(known), len(within), keys.count(""), sum(each.backfilled for each in within))


def _index(asked: _Asked, actives: _Actives) -> Cell:
    """The share with its interval, or why there is none. Source: Wilson."""
    if not actives.count:
        return _no(actives.reason)
    low, high = wilson(asked.askers, actives.count)
    return Cell(asked.askers / actives.count, low, high, actives.count)


# --- the denominator ----------------------------------------------------------------------------------


def _statements(journal: Iterable[Recorded], as_of: datetime) -> list[ActivesStated]:
    """What was stated up to `as_of`, newest last. Source: ActivesStated of all segments."""
    known = sorted((each for each in journal if each.seen_at <= as_of), key=lambda each: each.seq)
    return [each.event for each in known if isinstance(each.event, ActivesStated)]


def _actives(
    fed: Sequence[ActivesStated], desk_id: str, period: Period, askers: int, options: ReportOptions
) -> _Actives:
    """The usable number of actives, or why there is none. Source: the newest one of the period and of all."""
    of_desk = [each for each in fed if each.desk_id == desk_id]
    for_period = [each for each in of_desk if each.period == period.label]
    stated = next((each for each in reversed(for_period) if each.segment == WHOLE), None)
    if stated is None and for_period:
        return _Actives(None, "only_parts")
    if stated is None:
        older = any(each.period < period.label for each in of_desk)
        return _Actives(None, "stale_actives" if older else "no_actives")
    if stated.unit != options.unit:
        return _Actives(None, "unit_mismatch", stated.source, stated.count)
    if stated.at < period.start:
        return _Actives(None, "stale_actives", stated.source, stated.count)
    if stated.count <= 0:
        return _Actives(None, "zero_actives", stated.source)
    if askers > stated.count:
        return _Actives(None, "actives_below_askers", stated.source, stated.count)
    return _Actives(stated.count, "", stated.source, stated.count)


# --- change -------------------------------------------------------------------------------------------


def _year_before(
    stories: Stories, fed: Sequence[ActivesStated], desk_id: str, period: Period, options: ReportOptions
) -> tuple[_Asked, _Actives]:
    """The same months a year before. Source: periods.a_year_before, in the period's own time zone."""
    before = a_year_before(period, options.zone)
    if before is None:
        return _Asked(0, 0, 0, 0), _Actives(None, "no_year_before")
    asked = _asked(stories, desk_id, before, options)
    actives = _actives(fed, desk_id, before, asked.askers, options)
    missing = actives.reason in ("no_actives", "stale_actives")
    return asked, replace(actives, reason="no_year_before") if missing else actives


def _change(asked: _Asked, actives: _Actives, before: _Asked, then: _Actives) -> tuple[Cell, Cell]:
    """The ratio to a year before, and in words. Source: stats.ratio_of_shares; 1 inside: no clear change."""
    refused = actives.reason if not actives.count else then.reason
    if not actives.count or not then.count:
        return _no(refused), _no(refused)
    if not asked.askers or not before.askers:
        return _no("zero_askers"), _no("zero_askers")
    ratio = ratio_of_shares(before.askers, then.count, asked.askers, actives.count)
    words = "no clear change"
    if ratio.high < 1 or ratio.low > 1:
        words = f"{abs(1 - ratio.value):.0%} {'fewer' if ratio.value < 1 else 'more'} than a year before"
    return Cell(ratio.value, ratio.low, ratio.high, actives.count), Cell(words)


# --- notes --------------------------------------------------------------------------------------------


def _notes(
    desk_ids: Sequence[str],
    stories: Stories,
    fed: Sequence[ActivesStated],
    period: Period,
    as_of: datetime,
    options: ReportOptions,
) -> Iterable[str]:
    """What a reader must know beside the numbers. Source: the same counts as the rows."""
    yield f"An asker is a {options.unit} with at least one ticket; people are counted here, not tickets."
    if as_of < period.end:
        yield "The period is not over yet."
    for desk_id in desk_ids:
        asked = _asked(stories, desk_id, period, options)
        if asked.nameless:
            yield f"{desk_id}: {asked.nameless:,} tickets name no {options.unit} and are left out."
        if asked.history:
            yield f"{desk_id}: {asked.history:,} of {asked.tickets:,} tickets are history that was read in."
        yield from _feed_notes(desk_id, fed, period)


def _feed_notes(desk_id: str, fed: Sequence[ActivesStated], period: Period) -> Iterable[str]:
    """Where the denominator comes from, and whether it moved. Source: statements of two periods."""
    wholes = [each for each in fed if each.desk_id == desk_id and each.segment == WHOLE]
    newest = {each.period: each for each in wholes}
    stated = newest.get(period.label)
    if stated is None:
        return
    versions = sum(each.period == period.label for each in wholes)
    yield f"{desk_id}: actives by {stated.source or 'hand'}, version {versions}, stated {stated.at:%Y-%m-%d}."
    earlier = max((label for label in newest if label < period.label), default="")
    last = newest[earlier].count if earlier else 0
    if last and abs(stated.count - last) > MOVED * last:
        yield f"{desk_id}: denominator moved: {last:,} actives in {earlier}, {stated.count:,} now."
