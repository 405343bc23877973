"""The contact index counts people, and without a usable denominator it is refused with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Required, TypedDict
from zoneinfo import ZoneInfo

import pytest

from hercules.model import Cell, Table
from hercules.periods import period_of
from hercules.reports import contact_index
from hercules.reports.report import ReportOptions

from .journals import BEGIN, LATER, OCTOBER, Journal

OPTIONS = ReportOptions()
YEAR_H = 365 * 24.0


class Feed(TypedDict, total=False):
    """What a statement of actives may say otherwise than usual."""

    count: Required[int]
    period: str
    unit: str
    day: int


def run(journal: Journal, options: ReportOptions = OPTIONS) -> Table:
    return contact_index.make(journal.records, OCTOBER, LATER, options)


def cells(table: Table, row: int = 0) -> dict[str, Cell]:
    return {column.name: cell for column, cell in zip(table.columns, table.rows[row], strict=True)}


def askers(journal: Journal, count: int, at: float = 0.0, name: str = "c") -> None:
    for number in range(count):
        journal.ticket(f"{name}{number}", customer=f"customer-{number}", at=at)


def test_people_are_counted_not_tickets() -> None:
    journal = Journal()
    askers(journal, 68)
    journal.ticket("again", customer="customer-1")
    journal.actives(1000)
    table = run(journal)
    found = cells(table)
    assert (found["askers"].value, found["tickets"].value, found["actives"].value) == (68, 69, 1000)
    index = found["contact index"]
    assert (index.value, index.n) == (0.068, 1000)
    assert found["contact ratio"].value == 0.069
    assert table.title == "Contact index"
    assert table.headline == (
        "Answered 0 of 69 tickets. acme: 68 of 1,000 active customers asked, 6.8% (5.4-8.5), n = 1,000."
    )
    assert "acme: actives by billing, version 1, stated 2026-11-10." in table.notes


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        (None, "no_actives"),
        ({"count": 0}, "zero_actives"),
        ({"count": 100, "unit": "organisation"}, "unit_mismatch"),
        ({"count": 100, "day": -3}, "stale_actives"),
        ({"count": 100, "period": "2026-09"}, "stale_actives"),
        ({"count": 100, "period": "2026-11"}, "no_actives"),
        ({"count": 2}, "actives_below_askers"),
    ],
)
def test_every_refusal_has_its_reason(feed: Feed | None, reason: str) -> None:
    journal = Journal()
    askers(journal, 3)
    if feed is not None:
        journal.actives(**feed)
    table = run(journal)
    found = cells(table)
    assert found["contact index"] == Cell(None, reason=reason)
    assert found["contact ratio"].reason == reason
    assert found["change"].reason == reason
    assert (found["askers"].value, found["tickets"].value) == (3, 3)
    assert table.title == "Contacts"
    assert "3 asked" in table.headline


def test_the_newest_statement_wins_and_is_told() -> None:
    journal = Journal()
    askers(journal, 10)
    journal.actives(50)
    journal.actives(100)
    table = run(journal)
    assert cells(table)["contact index"].value == 0.1
    assert any("version 2" in note for note in table.notes)


def with_year_before(before: int, n1: int, now: int, n2: int) -> dict[str, Cell]:
    journal = Journal()
    askers(journal, before, at=-YEAR_H, name="old")
    askers(journal, now)
    journal.actives(n1, period="2025-10", day=-300)
    journal.actives(n2)
    return cells(run(journal))


def test_change_to_the_year_before() -> None:
    found = with_year_before(100, 1000, 68, 1000)
    change = found["change"]
    assert change.value == pytest.approx(0.68)
    assert change.low == pytest.approx(0.506111, abs=1e-6)
    assert change.high == pytest.approx(0.913633, abs=1e-6)
    assert found["reading"].value == "32% fewer than a year before"
    assert found["year before"].value == 0.1
    assert with_year_before(100, 1000, 95, 1000)["reading"].value == "no clear change"
    assert with_year_before(50, 1000, 100, 1000)["reading"].value == "100% more than a year before"


def test_change_is_refused_without_what_it_needs() -> None:
    assert with_year_before(0, 1000, 68, 1000)["change"].reason == "zero_askers"
    assert with_year_before(5, 1000, 0, 1000)["change"].reason == "zero_askers"
    assert with_year_before(5, 0, 5, 1000)["change"].reason == "zero_actives"
    journal = Journal()
    askers(journal, 3)
    journal.actives(10)
    assert cells(run(journal))["change"].reason == "no_year_before"


def test_notes_tell_what_is_missing_or_moved() -> None:
    journal = Journal()
    askers(journal, 3)
    journal.ticket("old", backfilled=True)
    journal.actives(100, period="2026-09", day=-1)
    journal.actives(130)
    table = run(journal)
    assert "acme: 1 of 4 tickets are history that was read in." in table.notes
    assert "acme: denominator moved: 100 actives in 2026-09, 130 now." in table.notes
    organisations = run(journal, ReportOptions(unit="organisation"))
    assert "acme: 4 tickets name no organisation and are left out." in organisations.notes
    young = contact_index.make(journal.records, OCTOBER, OCTOBER.start, OPTIONS)
    assert "The period is not over yet." in young.notes


def test_desks_stand_apart() -> None:
    journal = Journal()
    askers(journal, 3)
    journal.ticket("z", desk="zeta")
    journal.actives(10)
    table = run(journal)
    assert (cells(table)["contact index"].value, cells(table, 1)["contact index"].reason) == (
        0.3,
        "no_actives",
    )
    assert table.title == "Contact index"


def test_a_leap_day_counts_in_the_year_before() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    journal = Journal()
    leap_day = (datetime(2024, 2, 29, 12, tzinfo=berlin) - BEGIN).total_seconds() / 3600
    journal.ticket("leap", customer="leap", at=leap_day)
    for year in (2024, 2025):
        journal.actives(10, period=f"{year}-02")
    options = ReportOptions(zone=berlin)
    table = contact_index.make(journal.records, period_of("2025-02", berlin), LATER, options)
    assert cells(table)["year before"].value == 0.1


def test_parts_of_the_customers_are_no_denominator() -> None:
    journal = Journal()
    askers(journal, 3)
    journal.actives(70, segment="starter")
    journal.actives(30, segment="enterprise")
    assert cells(run(journal))["contact index"].reason == "only_parts"
    journal.actives(100)
    journal.actives(71, segment="starter")
    assert cells(run(journal))["contact index"].n == 100
