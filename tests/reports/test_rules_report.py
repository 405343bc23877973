"""One label a rule and ticket, and a gate that opens and closes on them."""

from __future__ import annotations

import pytest

from hercules.answer.policy import Facts, Gate, decide, track_of
from hercules.model import Cell, Item, Suggestion, Table
from hercules.reports import rules
from hercules.reports.report import ReportOptions

from .journals import LATER, OCTOBER, Journal

ASKED = ((0.0, "suggested"), (0.1, "posted"))


def row_of(table: Table, rule: str = "r1") -> dict[str, Cell]:
    row = next(row for row in table.rows if row[1].value == rule)
    return {column.name: cell for column, cell in zip(table.columns, row, strict=True)}


def run(journal: Journal, **options: object) -> Table:
    return rules.make(journal.records, OCTOBER, LATER, ReportOptions(**options))  # type: ignore[arg-type]  # as named


def labelled(labels: str) -> Journal:
    """A journal of one judged ticket a letter: c correct, w wrong."""
    journal = Journal()
    for number, letter in enumerate(labels):
        word = "correct" if letter == "c" else "wrong"
        journal.ticket(f"t{number:03}", *ASKED, (1, f"judge {word}"), at=number)
    return journal


@pytest.mark.parametrize(
    ("story", "correct", "wrong"),
    [
        ([(1, "approve correct")], 1, 0),
        ([(1, "approve correct"), (2, "judge wrong")], 0, 1),
        ([(2, "judge wrong"), (3, "judge correct")], 1, 0),
        ([(1, "approve correct"), (2, "vote no")], 1, 0),
        ([(1, "vote no"), (2, "vote solved")], 1, 0),
        ([(1, "vote no")], 0, 1),
        ([(1, "approve unsure")], 0, 0),
        ([], 0, 0),
    ],
)
def test_one_label_a_rule_and_ticket(story: list[tuple[float, str]], correct: int, wrong: int) -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, *story)
    found = row_of(run(journal))
    assert (found["hits"].value, found["posted"].value) == (1, 1)
    assert (found["correct"].value, found["wrong"].value) == (correct, wrong)
    assert found["judged"].value == correct + wrong


def test_precision_has_its_interval_and_is_refused_without_labels() -> None:
    found = row_of(run(labelled("c" * 19 + "w")))
    assert found["precision"].value == pytest.approx(0.95)
    assert found["precision"].low == pytest.approx(0.763869, abs=1e-6)
    assert found["precision"].n == 20
    journal = Journal()
    journal.ticket("1", *ASKED)
    assert row_of(run(journal))["precision"] == Cell(None, n=0, reason="no_labels")


@pytest.mark.parametrize(
    ("labels", "gate"),
    [
        ("", None),
        ("c" * 19, "hold: 19 of 20 judged"),
        ("c" * 20, "open"),
        ("c" * 19 + "w", "hold: bound 0.82 below 0.90"),
        ("c" * 60 + "w" * 5, "open"),
        ("c" * 60 + "w" * 6, "hold: 0 of 20 judged since it closed at 6 wrong"),
        ("c" * 60 + "w" * 6 + "c" * 20, "open"),
        ("w" * 6 + "c" * 40, "hold: bound 0.77 below 0.90"),
    ],
)
def test_gate_opens_and_closes(labels: str, gate: str | None) -> None:
    table = run(labelled(labels))
    if gate is None:
        assert table.rows == ()
    else:
        assert row_of(table)["gate"].value == gate


def test_few_judged_is_flagged() -> None:
    journal = labelled("c")
    for number in range(20):
        journal.ticket(f"u{number}", *ASKED)
    assert row_of(run(journal))["gate"].value == "hold: 1 of 20 judged; few judged"


def test_most_hit_first_with_headline_and_status() -> None:
    journal = Journal()
    journal.ticket("1", *ASKED, rules=("a", "b"))
    journal.ticket("2", *ASKED, rules=("b",))
    journal.ticket("3", (0, "suggested"), rules=("a",), backfilled=True)
    table = run(journal, statuses={"b": "stable"})
    assert [row[1].value for row in table.rows] == ["b", "a"]
    assert table.headline == "Answered 2 of 2 tickets. 2 rules matched."
    assert row_of(table, "b")["status"].value == "stable"
    assert row_of(table, "a")["status"].reason == "rule_gone"


def test_a_review_says_nothing_of_a_rule_that_was_not_there_yet() -> None:
    """A late file brings a rule to a ticket whose answer by search alone was rejected before."""
    journal = Journal()
    journal.ticket("1", (0.1, "suggested"), (1, "approve wrong"), rules=())
    journal.ticket("1", (2.0, "suggested"))
    assert row_of(run(journal))["judged"].value == 0


@pytest.mark.parametrize(
    "labels",
    ["c" * 19, "c" * 20, "c" * 20 + "w", "c" * 60 + "w" * 6, "c" * 500 + "w" * 6 + "c" * 44 + "w" * 5,
     "c" * 60 + "w" * 6 + "c" * 20, "w" * 6 + "c" * 40, "cw" * 50],
)  # fmt: skip
def test_the_report_tells_of_the_gate_what_policy_does(labels: str) -> None:
    gate = Gate()
    item = Item("T", "why", 0.9, article_id="a", rule_id="r1", rule_status="stable")
    asked = Suggestion("s1", "acme", "1", (item,))
    tracks = {"r1": track_of((each == "c" for each in labels), gate)}
    decision = decide(asked, "post", Facts(LATER, LATER), tracks, gate, 0.5)
    assert (decision.verdict == "POST") == (row_of(run(labelled(labels)))["gate"].value == "open")
