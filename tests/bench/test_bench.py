"""The benches run, as small as they can be: what they measure is not asked here, only that they still do."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

from tests.bench import desks, door, engines, exact, kb, route, rules, start, starter_scan
from tests.bench.__main__ import line, main
from tests.bench.measure import Row, machine


def right(rows: list[Row], count: int) -> bool:
    """So many rows, each with figures above nothing, and each to be printed."""
    return len(rows) == count and all(min(row.values) > 0 and row.what in line("x", row) for row in rows)


def test_door() -> None:
    assert right(door.run(rounds=1, seconds=0.2, connections=(2, 4)), 10)


def test_route() -> None:
    assert right(route.run(rounds=1, size_mib=0.5), 6)


def test_kb() -> None:
    assert right(kb.run(rounds=1, made_up=30), 6)


def test_engines() -> None:
    rows = engines.run(rounds=1, made_up=40, large=50, tickets=4)
    assert right(rows, 16 if find_spec("tantivy") else 9)


def test_scan() -> None:
    assert right(starter_scan.run(rounds=1, size_mib=2), 3)


def test_rules() -> None:
    rows = rules.run(1, size_mib=0.5, stream_mib=4, line_mib=2, hostile_every=30, counts=(15, 20, 30))
    assert right(rows, 21 if shutil.which("rg") else 18)


def test_exact() -> None:
    assert right(exact.run(cases=100), 4)


def test_desks() -> None:
    doubles, through, left = desks.run(runs=1)
    assert max(doubles.values) == 0
    assert all(sum(each) == 1 for each in zip(through.values, left.values, strict=True))


def test_start() -> None:
    assert right(start.run(rounds=1), 4)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dor"]) == 2
    assert "there is no bench dor" in capsys.readouterr().err


def test_the_machine_is_named() -> None:
    assert len(machine()) == 3
