"""What is remembered of a desk: its last pass, its breaker, and the files that were read."""

from __future__ import annotations

import sqlalchemy as sa

from hercules.store import desks, files
from hercules.store.desks import BreakerRow, Pass, Refusals

from .samples import CLEANED, NASTY, NOW, later


def test_the_last_pass_takes_the_place_of_the_one_before(conn: sa.Connection) -> None:
    first = Pass("a", NOW, later(600), good_at=NOW, seen=3, found=1)
    failed = Pass("a", later(1), later(30), good_at=NOW, failures=1, why=NASTY)
    for each in (first, failed, Pass("b", NOW, NOW)):
        desks.save_pass(conn, each)
    found = desks.passes(conn, frozenset({"a", "c"}))
    assert found == {"a": Pass("a", later(1), later(30), good_at=NOW, failures=1, why=CLEANED)}


def test_a_breaker_is_kept_as_it_last_changed(conn: sa.Connection) -> None:
    desks.save_breaker(conn, BreakerRow("a", "open", NOW, 3, 5.0, later(5), "away"))
    closed = BreakerRow("a", "closed", later(6))
    desks.save_breaker(conn, closed)
    assert desks.breaker_rows(conn, frozenset({"a", "b"})) == {"a": closed}


def test_refused_deliveries_add_up_until_a_day_without_any(conn: sa.Connection) -> None:
    for first, last in ((0, 2), (10, 20)):
        desks.add_refusals(conn, Refusals("a", 2, later(first), later(last)))
    desks.add_refusals(conn, Refusals("b", 1, NOW, NOW))
    assert desks.refusals(conn, frozenset({"a"})) == {"a": Refusals("a", 4, NOW, later(20))}
    anew = Refusals("a", 1, later(90_000), later(90_000))
    desks.add_refusals(conn, anew)
    assert desks.refusals(conn, frozenset({"a"})) == {"a": anew}


def test_read_files_are_known_by_desk_and_ticket(conn: sa.Connection) -> None:
    files.add(conn, "a", "1", {"x", "y"})
    files.add(conn, "a", "1", {"y", "z"})
    assert files.known(conn, "a", "1") == {"x", "y", "z"}
    assert files.known(conn, "a", "2") == files.known(conn, "b", "1") == frozenset()
