"""One table, four faces: every number is the same on all, and no text runs as a formula."""

from __future__ import annotations

import csv
import inspect
import io
import json
import math
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Cell, Column, ColumnKind, Table
from hercules.reports import contact_index, deflection, report, rules, table
from hercules.reports.table import REASONS, cell_text, harmless, to_csv, to_json

from .journals import LATER, OCTOBER, Journal

FORMULAS = (
    "=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", '"=1', '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
)  # fmt: skip


def make(*rows: tuple[Cell, ...], kinds: tuple[ColumnKind, ...] = ("text", "share")) -> Table:
    columns = tuple(Column(f"c{number}", kind) for number, kind in enumerate(kinds))
    return Table("t", "T", "H", ("acme",), OCTOBER, LATER, columns, rows)


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (Cell(0.123, 0.098, 0.153, 642), "share", "12.3% (9.8-15.3), n = 642"),
        (Cell(0.75, 0.3, 0.95, 4), "share", "3 of 4"),
        (Cell(0.1), "share", "10.0%"),
        (Cell(1234567), "count", "1,234,567"),
        (Cell(0.122222, 0.015487, 0.187129), "points", "+12.2 points (1.5-18.7)"),
        (Cell(-0.078571, -0.1236, -0.0334), "points", "-7.9 points (-12.4 to -3.3)"),
        (Cell(0.68, 0.51, 0.91, 10), "ratio", "0.68 (0.51-0.91), n = 10"),
        (Cell(59.0), "duration", "59 s"),
        (Cell(90.0), "duration", "1.5 min"),
        (Cell(5400.0), "duration", "1.5 h"),
        (Cell(129_600.0), "duration", "1.5 d"),
        (Cell("words"), "text", "words"),
        (Cell(None, reason="no_posts"), "share", "– (nothing was posted)"),
        (Cell(None, reason="else"), "share", "– (else)"),
    ],
)
def test_cell_text(cell: Cell, kind: ColumnKind, text: str) -> None:
    assert cell_text(cell, kind) == text


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text
    assert read_csv(to_csv(make((Cell(text), Cell(1)))))[0]["c0"] == "'" + text
    assert harmless("\ufeff\u200b" + text).startswith("'")


def test_numbers_and_plain_text_stay() -> None:
    body = to_csv(make((Cell('a, "b" 1-2'), Cell(-0.078571, -0.1, -0.0, 5))))
    assert body.split("\r\n")[1] == '"a, ""b"" 1-2",,,,,-0.078571,-0.1,-0.0,5,'
    assert read_csv(body)[0]["c0"] == 'a, "b" 1-2'
    assert body.endswith("\r\n")


def test_refused_and_endless_numbers_are_null_with_a_reason() -> None:
    made = make((Cell("x"), Cell(math.inf, 0.1, math.inf)), (Cell("y"), Cell(None, reason="no_posts")))
    rows = json.loads(to_json(made))["rows"]
    assert rows[0]["c1"] == {"value": None, "low": 0.1, "high": None, "n": None, "reason": "not_finite"}
    assert rows[1]["c1"]["reason"] == "no_posts"
    assert read_csv(to_csv(made))[1]["c1_reason"] == "no_posts"
    assert read_csv(to_csv(made))[1]["c1"] == ""
    assert "Infinity" not in to_json(made)


def everything() -> tuple[Table, ...]:
    journal = Journal()
    for number in range(40):
        vote = "vote solved" if number % 3 else "vote no"
        journal.ticket(
            f"t{number}", (0, "suggested"), (0.1, "posted"), (5, vote), (6, "judge correct"), at=number
        )
    journal.actives(1000)
    journal.ticket("-2+3", desk="zeta")
    options = report.ReportOptions()
    return tuple(
        make(journal.records, OCTOBER, LATER, options)
        for make in (contact_index.make, deflection.make, rules.make)
    )


@pytest.mark.parametrize("made", everything(), ids=lambda made: str(made.name))
def test_all_faces_show_the_same_numbers(made: Table) -> None:
    plain, lines = json.loads(to_json(made)), read_csv(to_csv(made))
    assert plain["headline"] == made.headline
    for row, from_json, from_csv in zip(made.rows, plain["rows"], lines, strict=True):
        for cell, column in zip(row, made.columns, strict=True):
            name, shown = column.name, cell_text(cell, column.kind)
            assert from_json[name]["value"] == cell.value
            assert from_json[name]["low"] == cell.low
            if isinstance(cell.value, int | float):
                assert float(from_csv[name]) == cell.value
                assert cell.reason is None
                assert shown[0] != "–"
            if cell.value is None:
                assert cell.reason in REASONS
                assert from_csv[f"{name}_reason"] == from_json[name]["reason"] == cell.reason
            if column.kind == "share" and cell.value is not None:
                assert cell.n is not None, "no share without its n"


def test_same_journal_same_bytes() -> None:
    one, two = everything(), everything()
    assert [to_json(each) for each in one] == [to_json(each) for each in two]
    assert [to_csv(each) for each in one] == [to_csv(each) for each in two]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_survives_csv(text: str) -> None:
    value = read_csv(to_csv(make((Cell(text), Cell(1)))))[0]["c0"]
    assert value in (text, "'" + text)


@pytest.mark.parametrize(
    "module", [report, table, deflection, contact_index, rules], ids=lambda each: each.__name__
)
def test_every_function_names_its_source(module: ModuleType) -> None:
    own = [
        each
        for _, each in inspect.getmembers(module, inspect.isfunction)
        if each.__module__ == module.__name__
    ]
    assert own
    assert [each.__name__ for each in own if "Source:" not in (each.__doc__ or "")] == []
