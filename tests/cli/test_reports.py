"""`hercules actives put` and `hercules report` over three months of made-up history."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from hercules.demo_history import history
from hercules.events import Event, Suggested, TicketOpened
from hercules.periods import last_month_label, period_of
from hercules.settings import load_settings
from hercules.store import journal
from hercules.wiring import build, close
from tests.commands import Ran, run


@pytest.fixture
def past(admin: Path) -> tuple[Path, list[Event]]:
    """A folder whose database holds the demo history, and the events of the newest whole month."""
    house = build(load_settings(admin / "hercules.toml"), exclusive=False)
    now = house.clock()
    events = history("shop", [rule.id for rule in house.rulesets.now.rules], now)
    house.db.do(lambda conn: journal.append(conn, events, now))
    close(house)
    from zoneinfo import ZoneInfo

    month = period_of(last_month_label(now), ZoneInfo("UTC"))
    return admin, [event for event in events if month.start <= event.at < month.end]


def askers(events: Iterable[Event]) -> int:
    return len({event.customer_key for event in events if isinstance(event, TicketOpened)})


def cells(ran: Ran) -> dict[str, object]:
    """The values of the only row of a report."""
    assert ran.code == 0, ran
    (row,) = ran.json["rows"]
    return {name: cell["value"] for name, cell in row.items()}


def test_the_contact_index_is_askers_by_actives(past: tuple[Path, list[Event]]) -> None:
    folder, events = past
    label = last_month_label(datetime.now(UTC))
    put = run("actives", "put", "--desk", "shop", "--period", label, "--count", "2000", folder=folder)
    assert put.out == f"shop {label}: 2000 active customers (all)\n"
    found = cells(run("report", "contact-index", "--json", folder=folder))
    assert (found["desk"], found["askers"], found["actives"]) == ("shop", askers(events), 2000)
    assert found["contact index"] == pytest.approx(askers(events) / 2000)
    opened = [event for event in events if isinstance(event, TicketOpened)]
    assert found["tickets"] == len(opened)
    text = run("report", "contact-index", "--desk", "shop", "--period", label, folder=folder).out
    assert text.startswith("Contact index\nAnswered ")
    assert f"shop: {askers(events)} of 2,000 active customers asked" in text


def test_csv_has_the_same_numbers(past: tuple[Path, list[Event]]) -> None:
    folder, events = past
    (row,) = csv.DictReader(StringIO(run("report", "contact-index", "--csv", folder=folder).out))
    assert (row["desk"], row["askers"]) == ("shop", str(askers(events)))
    assert row["year before_reason"] == "no_year_before"


def test_without_a_denominator_the_index_is_refused_with_the_reason(past: tuple[Path, list[Event]]) -> None:
    folder, _ = past
    ran = run("report", "contact-index", "--period", "2020-01", folder=folder)
    assert ran.code == 0
    assert "nobody told how many customers were active" in ran.out
    found = run("report", "contact-index", "--period", "2020-01", "--json", folder=folder).json["rows"][0]
    assert found["contact index"]["value"] is None
    assert found["contact index"]["reason"] == "no_actives"


def test_deflection_says_first_how_many_were_answered(past: tuple[Path, list[Event]]) -> None:
    folder, events = past
    tickets = sum(isinstance(event, TicketOpened) for event in events)
    ran = run("report", "deflection", folder=folder)
    assert ran.lines[0] == "Deflection"
    assert ran.lines[1].startswith("Answered ")
    assert f" of {tickets} tickets." in ran.lines[1]
    assert f"Contains {tickets} demo tickets." in ran.out
    rows = run("report", "deflection", "--json", folder=folder).json["rows"]
    counts = {row["measure"]["value"]: row["count"]["value"] for row in rows}
    assert counts["tickets created"] == tickets


def test_the_rules_report_names_every_rule_in_full(past: tuple[Path, list[Event]]) -> None:
    folder, events = past
    suggested = {rule for event in events if isinstance(event, Suggested) for rule in event.rule_ids}
    ran = run("report", "rules", folder=folder)
    shown = {line.split()[0] for line in ran.lines[5:] if "\u2502" in line}
    assert shown == suggested
    assert "\u2026" not in ran.out, "nothing is cut off"
    rows = run("report", "rules", "--json", folder=folder).json["rows"]
    assert {row["rule"]["value"] for row in rows} == suggested


def test_what_cannot_be_asked_is_one_line(past: tuple[Path, list[Event]]) -> None:
    folder, _ = past
    asked = ("report", "contact-index")
    assert "is not a period" in run(*asked, "--period", "soon", folder=folder).complaint()
    assert "there is no desk 'nix'; known are shop" in run(*asked, "--desk", "nix", folder=folder).complaint()
    put = ("actives", "put", "--desk", "shop", "--count", "5", "--period")
    assert "there is no such date" in run(*put, "2026-13", folder=folder).complaint()
    assert run(*put, "2026-10", "--unit", "household", folder=folder).complaint(code=2)
    assert run("report", "none", folder=folder).code == 2


def test_a_report_without_any_desk_is_one_line(tmp_path: Path) -> None:
    assert run("report", "deflection", folder=tmp_path).complaint()


def opened(folder: Path, *times: datetime, backfilled: bool = False) -> None:
    """Tickets of the desk `shop`, opened at these times."""
    house = build(load_settings(folder / "hercules.toml"), exclusive=False)
    events = [
        TicketOpened(
            desk_id="shop", ticket_id=str(at), natural_key=f"opened:{at}", at=at, backfilled=backfilled
        )
        for at in times
    ]
    house.db.do(lambda conn: journal.append(conn, events, house.clock()))
    close(house)


def test_a_report_of_zeros_says_why_and_what_to_do(admin: Path) -> None:
    now = datetime.now(UTC)
    last = last_month_label(now)
    empty = run("report", "deflection", folder=admin)
    assert f", {last}, as of" in empty.out
    assert empty.lines[-1] == (
        "No ticket of shop has come yet; prove the connection: hercules desk check shop"
    )
    opened(admin, datetime(2020, 5, 3, tzinfo=UTC), backfilled=True)
    assert f", {last}, as of" in run("report", "deflection", folder=admin).out, "history does not count"
    opened(admin, now)
    fresh = run("report", "deflection", folder=admin)
    assert f", {now:%Y-%m}, as of" in fresh.out
    assert fresh.lines[-1] == "The period is not over yet."
    index = run("report", "contact-index", folder=admin)
    assert index.lines.count("The period is not over yet.") == 1
    assert len(run("report", "deflection", "--period", f"{now:%Y-%m-%d}", folder=admin).lines) > 3
    opened(admin, datetime(2021, 2, 28, 23, tzinfo=UTC))
    older = run("report", "contact-index", folder=admin)
    assert ", 2021-02, as of" in older.out
    gap = run("report", "contact-index", "--period", "2021-03", folder=admin)
    assert gap.lines[-1] == (
        f"No ticket was opened in 2021-03; the newest month with tickets is {now:%Y-%m}."
    )
    whole_year = run("report", "contact-index", "--period", "2021", folder=admin)
    assert "No ticket was opened" not in whole_year.out
