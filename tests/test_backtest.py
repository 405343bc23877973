"""`hercules backtest`: what today's rules and articles would have said on past tickets."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Ran, run
from tests.pasttickets import Made, make, write_csv


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("past"))


@pytest.fixture(scope="module")
def told(past: Made) -> Any:
    """What is told of 500 tickets, as JSON."""
    ran = run("backtest", past.tickets, "--logs", past.logs, "--json", folder=past.logs)
    assert ran.code == 0, ran
    return ran.json


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["name"]: row["tickets"] for row in rows}


def masked(text: str) -> str:
    """An error of the generator as backtest names it: every number one sign."""
    return text.replace("{n}", "#")


@pytest.mark.slow
def test_the_counts_are_those_of_the_tickets_made(past: Made, told: Any) -> None:
    kinds = past.kinds
    assert sum(kinds.values()) == told["tickets"] == 500
    assert told["answered"] == kinds["log"] + kinds["words"]
    assert told["answered"] + told["held"] + told["silent"] == 500
    assert told["with_logs"] == kinds["log"] + kinds["unknown"]
    assert told["answered_with_logs"] == kinds["log"]


@pytest.mark.slow
def test_the_top_rules_are_those_planted_most(past: Made, told: Any) -> None:
    found = counted(told["rules"])
    assert {name: found.get(name) for name in past.rules} == dict(past.rules)
    counts = [row["tickets"] for row in told["rules"]]
    assert counts == sorted(counts, reverse=True)
    assert told["rules"][0]["name"] == past.rules.most_common(1)[0][0]
    assert counted(told["articles"])["folder:redis-replica-output-buffer"] >= past.rules.most_common(1)[0][1]


@pytest.mark.slow
def test_errors_that_nothing_explains_stand_most_frequent_first(past: Made, told: Any) -> None:
    counts = [row["tickets"] for row in told["unexplained"]]
    assert counts == sorted(counts, reverse=True)
    ours = [row for row in told["unexplained"] if "com.example." in row["name"]]
    expected = Counter({masked(text): count for text, count in past.errors.items()})
    assert [(row["name"], row["tickets"]) for row in ours] == expected.most_common()


@pytest.mark.slow
def test_examples_are_few_and_first_of_each_answer(told: Any) -> None:
    assert len(told["examples"]) == 10
    answers = [each["rule_id"] for each in told["examples"]]
    assert len(set(answers[:9])) == 9, "nine answers were given, each is shown before any twice"
    for each in told["examples"]:
        assert each.keys() == {
            "ticket_id", "subject", "title", "why", "rule_id", "article_id", "confidence",
        }  # fmt: skip
        assert each["why"]


def test_a_spreadsheet_gives_the_same_as_json_lines(tmp_path: Path) -> None:
    made = make(tmp_path, 40, seed=7)
    for name, separator in (("t.csv", ","), ("semicolons.csv", ";")):
        write_csv(made, tmp_path / name, separator)
    by_lines, by_commas, by_semicolons = (
        run("backtest", tmp_path / name, "--logs", made.logs, "--json", folder=tmp_path).json
        for name in ("tickets.jsonl", "t.csv", "semicolons.csv")
    )
    assert by_lines == by_commas == by_semicolons
    assert by_lines["answered"] == made.kinds["log"] + made.kinds["words"]


def test_what_a_lead_reads(tmp_path: Path) -> None:
    made = make(tmp_path, 40, seed=7)
    before = sorted(tmp_path.rglob("*"))
    ran = run("backtest", made.tickets, "--logs", made.logs, folder=tmp_path)
    assert ran.code == 0
    answered = made.kinds["log"] + made.kinds["words"]
    share = f"{answered / 40:.1%}"
    assert ran.lines[0].startswith(f"Would have answered {answered} of 40 tickets ({share}, 95% interval ")
    for title in ("Rules", "Articles", "Error lines that nothing explained", "Examples"):
        assert title in ran.lines
    assert sorted(tmp_path.rglob("*")) == before, "nothing is stored"


def test_files_are_found_by_attachment_name_and_never_outside_the_folder(tmp_path: Path) -> None:
    made = make(tmp_path, 1, seed=1)
    secret = tmp_path / "secret.log"
    secret.write_text(
        "1:M 12 Oct 2026 04:18:00.102 # Can't save in background: fork: Cannot allocate memory\n"
    )
    (made.logs / "mine.log").write_text(secret.read_text())
    (made.logs / "link.log").symlink_to(secret)
    tickets = [
        {"id": "1", "attachments": ["mine.log"]},
        {"id": "2", "attachments": [{"name": "../secret.log"}, str(secret), "link.log"]},
        {"id": "..", "attachments": []},
        {"id": "../logs", "attachments": "secret.log;mine.log"},
    ]
    made.tickets.write_text("".join(json.dumps(ticket) + "\n" for ticket in tickets))
    told = run("backtest", made.tickets, "--logs", made.logs, "--json", folder=tmp_path).json
    assert counted(told["rules"]) == {"redis-background-save-fork": 2}
    assert told["with_logs"] == 2


def complaint(folder: Path, name: str, text: str) -> str:
    """What is said of a file that cannot be read; it begins with the file."""
    (folder / name).write_text(text, encoding="utf-8")
    line = run("backtest", folder / name, folder=folder).complaint()
    start = f"hercules: {folder / name}:"
    assert line.startswith(start)
    return line.removeprefix(start)


def test_a_bad_line_is_named_with_file_and_line(tmp_path: Path) -> None:
    good = '{"id": "1", "subject": "x"}\n'
    assert complaint(tmp_path, "a.jsonl", good + "\n{oops\n").startswith("3: not valid JSON")
    assert complaint(tmp_path, "b.jsonl", good + "[1]\n") == "2: a ticket must be a JSON object"
    assert complaint(tmp_path, "c.jsonl", good + '{"subject": "x"}\n').startswith("2: a ticket needs an id")
    assert complaint(tmp_path, "d.jsonl", good * 2 + '{"id": 3, "created_at": "soon"}\n').startswith(
        "3: created_at 'soon' is not an ISO time"
    )
    assert complaint(tmp_path, "e.jsonl", "[" * 100_000 + "\n").startswith("1: not valid JSON")
    assert complaint(tmp_path, "f.csv", "id,subject\n1,x\n,y\n").startswith("3: a ticket needs an id")
    assert (
        complaint(tmp_path, "g.csv", "number;title\n1;x\n")
        == "2: a ticket needs an id; here is number, title"
    )


def test_hostile_tickets_end_in_no_traceback(tmp_path: Path) -> None:
    evil = "\ud800 \x1b[2J \u202e \x00 "
    rows = [
        {"id": evil, "subject": f"Forgot the administrator password {evil}", "product": "jira", "tags": evil,
         "description": f"We inherited a Jira server and nobody has the login of an administrator. {evil}"},
        {"id": "x" * 5_000, "subject": ["no", "text"], "attachments": [evil, "y" * 5_000, None, {"name": 5}]},
        {"ticket": {"id": 12.5, "subject": None}},
    ]  # fmt: skip
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran: Ran = run("backtest", path, "--logs", tmp_path, folder=tmp_path)
    assert ran.code == 0, ran
    ran.out.encode()
    assert not {"\x1b", "\x00", "\u202e"} & set(ran.out)
    assert run("backtest", path, "--logs", tmp_path, "--json", folder=tmp_path).json["tickets"] == 3


def test_no_ticket_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("\n")
    ran = run("backtest", tmp_path / "none.jsonl", folder=tmp_path)
    assert (ran.code, ran.lines[0]) == (0, "Would have answered 0 of 0 tickets")
    assert "no such file" in run("backtest", tmp_path / "gone.jsonl").complaint(code=2)
    logs = ("--logs", tmp_path / "gone")
    assert "no such folder" in run("backtest", tmp_path / "none.jsonl", *logs).complaint(code=2)
