"""`hercules answer` and `backtest` asked as one desk: its articles, its products, its threshold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run
from tests.serving import TROUBLE, write_content

PARROT = "---\ntitle: A parrot loses feathers\n---\n## Symptoms\nThe parrot loses a feather each day.\n"
WORDS = {"id": "1", "subject": "A parrot loses feathers", "description": "It loses a feather each day."}
LOG = {"id": "2", "subject": "Broken", "description": TROUBLE.format(word="vol17")}
NEST = """
[rules]
folder = "rules"
samples = "samples"
[kb]
folder = "articles"
[sources.folder]
kind = "folder"
[sources.nest]
kind = "folder"
folder = "nest"
desks = ["birds"]
"""
BIRDS = "[desks.birds]\nunsigned = true\nproducts = ['aviary']\n"
FISH = "[desks.fish]\nunsigned = true\nsay_from = 1.0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rule and an article of product acme for all desks, an article for the desk birds; two tickets."""
    write_content(tmp_path)
    rule = tmp_path / "rules" / "acme" / "acme-quota-exceeded.yaml"
    rule.write_text(f"product: acme\n{rule.read_text()}")
    (tmp_path / "nest").mkdir()
    (tmp_path / "nest" / "parrot.md").write_text(PARROT)
    (tmp_path / "words.json").write_text(json.dumps(WORDS))
    (tmp_path / "log.json").write_text(json.dumps(LOG))
    (tmp_path / "past.jsonl").write_text(f"{json.dumps(WORDS)}\n{json.dumps(LOG)}\n")
    (tmp_path / "hercules.toml").write_text(NEST + BIRDS + FISH)
    return tmp_path


def answered(folder: Path, ticket: str, *desk: str) -> list[str]:
    found = run("answer", ticket, "--json", *desk, folder=folder).json.get("items", [])
    return [item["article_id"] for item in found]


def test_articles_and_products_are_those_of_the_desk_that_is_named(folder: Path) -> None:
    assert answered(folder, "words.json", "--desk", "birds") == ["nest:parrot"]
    assert answered(folder, "words.json", "--desk", "fish") == []
    assert answered(folder, "log.json", "--desk", "birds") == [], "a rule of another product"
    assert answered(folder, "log.json", "--desk", "fish") == ["folder:acme-quota"]


def test_what_would_wait_for_a_review_says_so(folder: Path) -> None:
    waits = "All below say_from = 1.00: nothing would be posted, it would wait for a review."
    assert waits in run("answer", "log.json", "--desk", "fish", folder=folder).lines
    assert "say_from" not in run("answer", "words.json", "--desk", "birds", folder=folder).out


def test_past_tickets_are_those_of_the_desk_that_is_named(folder: Path) -> None:
    def told(*desk: str) -> Any:
        return run("backtest", "past.jsonl", "--json", *desk, folder=folder).json

    birds, fish = told("--desk", "birds"), told("--desk", "fish")
    assert [row["name"] for row in birds["articles"]] == ["nest:parrot"]
    assert [row["name"] for row in birds["rules"]] == []
    assert birds["answered"] == 1
    assert (fish["answered"], fish["held"], fish["silent"]) == (0, 1, 1), "its threshold is 1"


def test_the_only_desk_is_meant_and_of_several_none(folder: Path) -> None:
    assert answered(folder, "words.json") == []
    (folder / "hercules.toml").write_text(NEST + BIRDS)
    assert answered(folder, "words.json") == ["nest:parrot"]


def test_an_unknown_desk_is_named_with_those_there_are(folder: Path) -> None:
    for command, file in (("answer", "words.json"), ("backtest", "past.jsonl")):
        told = run(command, file, "--desk", "birsd", folder=folder).complaint(2)
        assert "'birsd'" in told
        assert "birds, fish" in told
