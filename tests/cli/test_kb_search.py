"""`hercules kb search` for a ticket's text, and its explanations."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.commands import run

TEXT = """\
Hi team,

our replica resynchronises again and again since the upgrade.
2026-10-03 11:22:31 INFO starting \x1b[31mnow
2026-10-03 11:22:32 ERROR Client closed for overcoming of output buffer limits
\tat com.foo.Bar(Bar.java:1)

Best regards,
Joe
"""
ARTICLE = "folder:redis-replica-output-buffer"


def test_a_file_and_standard_input_are_read_as_a_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "q.txt").write_text(TEXT)
    (tmp_path / "q.json").write_text(json.dumps({"subject": "Replica", "description": TEXT}))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    for asked in ("q.txt", "-", "q.json"):
        hits = run("kb", "search", asked, "--json", folder=tmp_path).json["hits"]
        assert hits[0]["id"] == ARTICLE, asked
    assert "~" not in run("kb", "search", "q.txt", folder=tmp_path).out
    (only,) = run("kb", "search", "q.txt", "--limit", "1", "--json", folder=tmp_path).json["hits"]
    assert only["id"] == ARTICLE


def test_explain_tells_what_was_kept_dropped_asked_and_found(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text(TEXT)
    told = run("kb", "search", "q.txt", "--explain", "--limit", "1", folder=tmp_path).lines
    assert "kept     prose: our replica resynchronises again and again since the upgrade." in told
    assert "kept     log: Client closed for overcoming of output buffer limits" in told
    for dropped in ("greeting: Hi team,", "signature: Joe", "stack frame: at com.foo.Bar(Bar.java:1)"):
        assert f"dropped  {dropped}" in told
    assert not any("\x1b" in line for line in told)
    (term,) = [line.split() for line in told if line.endswith("resynchronises (resynchronise)")]
    assert term[0] == "1.00"
    assert float(term[1]) > 3, "a word of one article is rare"
    assert term[2:4] == ["1", "prose"]
    at = next(place for place, line in enumerate(told) if ARTICLE in line)
    assert "points " in told[at]
    assert "share " in told[at]
    assert told[at + 1].startswith("      title: resynchronises, replica")


def test_explain_as_json_for_typed_words(tmp_path: Path) -> None:
    told = run("kb", "search", "replica", "bufer", "--explain", "--json", folder=tmp_path).json
    assert told.keys() == {"hits", "did_you_mean", "kept", "dropped", "terms"}
    assert (told["kept"], told["dropped"]) == ({}, [])
    (term,) = told["terms"]
    assert (term["text"], term["source"], term["weight"]) == ("replica", "prose", 1.0)
    assert term["articles"] >= 1


def test_product_narrows_words_and_tickets(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("The replica and its disk")
    typed = run("kb", "search", "replica disk", "--product", "Redis", "--json", folder=tmp_path).json["hits"]
    assert typed
    assert all("redis" in hit["id"] for hit in typed)
    told = run("kb", "search", "q.txt", "--product", "Redis", "--explain", "--json", folder=tmp_path).json
    assert "redis" in told["hits"][0]["id"]
    assert "redis" in {term["shown"] for term in told["terms"]}, "too few of it to filter"
    assert run("kb", "search", "x" * 300, "--product", "redis", folder=tmp_path).out == "Nothing found.\n"
    assert run("kb", "search", "x", "--limit", "0", folder=tmp_path).code == 2
    (tmp_path / "bad.json").write_text("{}")
    run("kb", "search", "bad.json", folder=tmp_path).complaint()
