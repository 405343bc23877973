"""Tiers are kept apart, cohorts are by creation, and young tickets are only counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hercules.model import Cell, Table
from hercules.reports import deflection
from hercules.reports.report import DAY_S, TIERS, ReportOptions, fold

from .journals import BEGIN, LATER, OCTOBER, Journal

OPTIONS = ReportOptions()
ASKED = ((0.0, "suggested"), (0.1, "posted"))


def measured(table: Table, desk: str = "acme") -> dict[str, tuple[Cell, Cell]]:
    """Each measure's count and share by its first words."""
    return {
        str(row[1].value).split(",")[0].split(":")[0]: (row[2], row[3])
        for row in table.rows
        if row[0].value == desk
    }


def tiers(*journals: Journal) -> dict[str, int]:
    table = deflection.make(journals[0].records, OCTOBER, LATER, OPTIONS)
    found = measured(table)
    counts = {tier: int(str(found[tier][0].value)) for tier in TIERS}
    assert sum(counts.values()) == found["posted"][0].value, "the tiers sum to the posted"
    return {tier: number for tier, number in counts.items() if number}


@pytest.mark.parametrize(
    ("story", "tier"),
    [
        ([(5, "vote solved")], "confirmed"),
        ([(5, "vote solved"), (6, "closed")], "confirmed"),
        ([(5, "vote solved"), (6, "reopened")], "failed"),
        ([(5, "vote no"), (6, "vote solved")], "confirmed"),
        ([(5, "vote solved"), (6, "vote no")], "failed"),
        ([(3, "human"), (5, "vote solved")], "assisted"),
        ([(5, "vote solved"), (9, "human")], "confirmed"),
        ([(3, "private"), (4, "bot"), (5, "vote solved")], "confirmed"),
        ([(0.05, "approve correct"), (9, "closed")], "assumed"),
        ([(9, "closed")], "assumed"),
        ([(24 * 8, "closed")], "unknown"),
        ([], "unknown"),
        ([(3, "human")], "unknown"),
        ([(3, "human"), (9, "closed")], "unknown"),
        ([(9, "closed"), (30, "judge correct")], "agent-confirmed"),
        ([(8.95, "human"), (9, "closed"), (30, "judge correct")], "agent-confirmed"),
        ([(3, "human"), (9, "closed"), (30, "judge correct")], "assisted"),
        ([(9, "closed"), (30, "judge wrong")], "failed"),
        ([(9, "closed"), (30, "judge wrong"), (31, "judge correct")], "agent-confirmed"),
        ([(9, "closed"), (9 + 24 * 6, "reopened")], "failed"),
        ([(1, "closed"), (1 + 24 * 7 + 1, "reopened")], "assumed"),
        ([(24 * 15, "vote solved")], "unknown"),
        ([(24 * 15, "human"), (9, "closed")], "assumed"),
    ],
)
def test_tier_of_a_story(story: list[tuple[float, str]], tier: str) -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, *story)
    assert tiers(journal) == {tier: 1}


@pytest.mark.parametrize(
    ("hours", "rules", "topic", "customer", "tier"),
    [
        (20, ("r1",), "", "c", "failed"),
        (20, ("r2",), "", "c", "confirmed"),
        (20, (), "", "c", "failed"),
        (20, (), "login", "c", "failed"),
        (20, ("r1",), "", "other", "confirmed"),
        (5 + 24 * 7 + 1, ("r1",), "", "c", "confirmed"),
        (4, ("r1",), "", "c", "confirmed"),
    ],
)
def test_customer_who_asks_the_same_again_was_not_helped(
    hours: float, rules: tuple[str, ...], topic: str, customer: str, tier: str
) -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (5, "vote solved"), customer="c", topic="login" if topic else "")
    journal.ticket("2", (0, "suggested"), at=hours, rules=rules, topic=topic, customer=customer)
    assert tiers(journal) == {tier: 1}


def test_another_topic_label_is_another_question() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (5, "vote solved"), customer="c", topic="login", rules=())
    journal.ticket("2", at=20, customer="c", topic="invoice")
    assert tiers(journal) == {"confirmed": 1}


def test_rates_have_their_own_denominators() -> None:
    journal = Journal()
    for number in range(12):
        journal.ticket(f"a{number}", *ASKED, (5, "vote solved"))
    for number in range(4):
        journal.ticket(f"b{number}", (0, "suggested"), (0.1, "noted"), (2, "human"))
    for number in range(4):
        journal.ticket(f"c{number}", (0, "unsure"))
    journal.ticket("late", (1, "human"), (2, "suggested"))
    found = measured(deflection.make(journal.records, OCTOBER, LATER, OPTIONS))
    assert (found["mature tickets"][0].value, found["coverage"][0].value) == (21, 16)
    assert found["coverage"][1].n == 21
    assert found["posted"][1].value == pytest.approx(12 / 21)
    assert found["answer rate (bot)"][1].value == pytest.approx(12 / 16)
    assert found["answer rate (all)"][0].value == 17
    assert found["noted for engineers"][0].value == 4
    low, high = found["confirmed"][1].low, found["confirmed"][1].high
    assert low is not None
    assert high is not None
    assert low < 1.0 <= high
    assert found["voted solved"][1].value == 1.0


def test_headline_tells_answered_and_confirmed_first() -> None:
    journal = Journal()
    for number in range(10):
        journal.ticket(f"a{number}", *ASKED, *([(5, "vote solved")] if number < 5 else []))
    journal.ticket("b", at=24 * 20)
    table = deflection.make(journal.records, OCTOBER, OCTOBER.start + timedelta(days=30), OPTIONS)
    assert table.headline == (
        "Answered 10 of 10 tickets (1 more too young to count). "
        "Confirmed as solved: 5 of 10, 50.0% (23.7-76.3), n = 10."
    )
    assert measured(table)["of these too young to count"][0].value == 1
    assert measured(table)["tickets created"][0].value == 11


def test_maturity_is_to_the_second_and_by_creation() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (1, "closed"))
    ripe = BEGIN + timedelta(seconds=14 * DAY_S)
    for as_of, mature in ((ripe - timedelta(seconds=1), 0), (ripe, 1)):
        found = measured(deflection.make(journal.records, OCTOBER, as_of, OPTIONS))
        assert found["mature tickets"][0].value == mature
    edges = Journal()
    first = (OCTOBER.start - BEGIN).total_seconds() / 3600
    last = (OCTOBER.end - BEGIN).total_seconds() / 3600
    for name, at in (("before", first - 0.1), ("first", first), ("last", last - 0.1), ("after", last)):
        edges.ticket(name, at=at)
    assert measured(deflection.make(edges.records, OCTOBER, LATER, OPTIONS))["tickets created"][0].value == 2


def test_history_is_left_out_and_told_demo_is_told() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, backfilled=True)
    journal.ticket("2", *ASKED, demo=True)
    table = deflection.make(journal.records, OCTOBER, LATER, OPTIONS)
    assert measured(table)["tickets created"][0].value == 1
    assert "Left out: 1 tickets of history that was read in." in table.notes
    assert "Contains 1 demo tickets." in table.notes


def test_nothing_is_refused_with_its_reason() -> None:
    journal = Journal()
    table = deflection.make(journal.records, OCTOBER, LATER, ReportOptions(desk_ids=("acme",)))
    found = measured(table)
    assert table.headline.startswith("Answered 0 of 0 tickets.")
    assert found["coverage"][1] == Cell(None, n=0, reason="no_tickets")
    assert found["answer rate (bot)"][1].reason == "no_eligible"
    assert found["confirmed"][1].reason == "no_posts"
    assert found["approved"][1].reason == "no_approvals"
    assert found["voted solved"][1].reason == "no_posts"


def test_silence_is_bounded_not_guessed() -> None:
    journal = Journal()
    for number in range(100):
        vote = [(5, "vote solved")] if number < 30 else [(5, "vote no")] if number < 35 else []
        journal.ticket(str(number), *ASKED, *vote)
    rows = deflection.make(journal.records, OCTOBER, LATER, OPTIONS).rows
    bounds = next(row[3] for row in rows if "if all silent" in str(row[1].value))
    assert (bounds.value, bounds.low, bounds.high, bounds.n) == (0.3, 0.3, 0.95, 100)
    among = next(row[3] for row in rows if str(row[1].value).startswith("voted solved, of votes"))
    assert among.value == pytest.approx(0.857143, abs=1e-6)


def test_desks_are_never_added_in_rows() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED)
    journal.ticket("1", *ASKED, desk="zeta")
    journal.ticket("2", *ASKED, desk="zeta")
    table = deflection.make(journal.records, OCTOBER, LATER, OPTIONS)
    assert table.desk_ids == ("acme", "zeta")
    assert measured(table)["posted"][0].value == 1
    assert measured(table, "zeta")["posted"][0].value == 2
    one = deflection.make(journal.records, OCTOBER, LATER, ReportOptions(desk_ids=("zeta",)))
    assert {row[0].value for row in one.rows} == {"zeta"}


def test_what_was_not_known_then_does_not_count() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (5, "vote solved"))
    heard = [*journal.records]
    heard[-1] = type(heard[-1])(heard[-1].seq, heard[-1].event, LATER + timedelta(days=1))
    assert fold(heard, LATER)[("acme", "1")].votes == []
    assert len(fold(heard, LATER + timedelta(days=2))[("acme", "1")].votes) == 1


def test_order_of_the_journal_does_not_matter() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (5, "vote no"), (6, "vote solved"))
    table = deflection.make(journal.records, OCTOBER, LATER, OPTIONS)
    assert deflection.make(journal.records[::-1], OCTOBER, LATER, OPTIONS) == table


@pytest.mark.parametrize(
    ("story", "asked"), [("vote no", True), ("judge correct", True), ("approve correct", False)]
)
def test_a_zero_that_means_nothing_says_so(story: str, asked: bool) -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, (1.0, story))
    journal.ticket("z", *ASKED, (1.0, "vote solved"), desk="zeta")
    table = deflection.make(journal.records, OCTOBER, LATER, ReportOptions(desk_ids=("acme",)))
    assert any("nobody was asked" in note for note in table.notes) == (not asked)
