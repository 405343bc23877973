"""The source `json`: a file or a URL, and which field is what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hercules.kb.pages import Origin, read_page
from hercules.model import SettingsError
from tests.sources.kit import read, source_of
from tests.sources.servers import TOKEN, Answer, Asked, Web, running

ITEMS = {
    "data": {
        "entries": [
            {
                "no": 7,
                "name": "Quota",
                "text": {"html": "<h2>Symptoms</h2><p>Full.</p>"},
                "labels": [{"name": "Disk"}, {"name": "quota"}],
                "since": "2026-10-08T10:00:00+02:00",
                "who": "agents",
                "state": "live",
                "lang": "de",
            },
            {"no": 8, "name": "No text"},
            {"name": "No id", "text": {"html": "x"}},
            {"no": 9, "name": "Draft", "text": {"html": "x"}, "state": "review", "labels": "a, b"},
        ]
    }
}
TABLE: dict[str, object] = {
    "kind": "json",
    "items": "data.entries",
    "format": "html",
    "map": {
        "id": "no",
        "title": "name",
        "body": "text.html",
        "tags": "labels",
        "updated": "since",
        "audience": "who",
        "status": "state",
        "language": "lang",
    },
}


def test_fields_are_where_the_map_says(tmp_path: Path) -> None:
    file = tmp_path / "kb.json"
    file.write_text(json.dumps(ITEMS))
    pages, problems, _ = read(source_of(TABLE | {"file": file}))
    assert sorted(pages) == ["7", "9"]
    page = pages["7"]
    assert (page.title, page.tags, page.audience, page.status) == (
        "Quota",
        ("Disk", "quota"),
        "internal",
        "published",
    )
    assert page.updated_at is not None
    assert page.updated_at.isoformat() == "2026-10-08T08:00:00+00:00"
    assert (pages["9"].status, pages["9"].tags) == ("draft", ("a", "b"))
    (article,) = read_page(page, Origin("docs"))
    assert (article.id, article.symptoms, article.language) == ("docs:7", "Full.", "de")
    assert [each.message for each in problems] == [
        "8: there is no text at 'text.html'.",
        "Item 3 ('No id') has no id at 'no'.",
    ]


def test_a_url_with_parts_that_follow() -> None:
    web = Web()

    def part(asked: Asked) -> Answer:
        if asked.headers.get("x-key") != TOKEN:
            return 401, {}, {}
        at = int(asked.one("at", "0"))
        onward = f"/kb?at={at + 1}" if at < 2 else None
        return 200, {"list": [{"id": at, "title": f"T{at}", "body": "Text."}], "next": onward}, {}

    web.first = part
    with running(web) as host:
        values = {
            "kind": "json",
            "url": f"{web.url}/kb",
            "items": "list",
            "next": "next",
            "private_hosts": [host],
            "headers": {"X-Key": TOKEN},
        }
        pages, problems, _ = read(source_of(values))
    assert (sorted(pages), problems) == (["0", "1", "2"], [])
    assert pages["0"].media == "commonmark"


@pytest.mark.parametrize("text", ['{"data": {"entries": [', '{"data": 7}', "[" * 100_000, ""])
def test_a_file_that_is_no_list_of_items_is_one_problem(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kb.json"
    file.write_text(text)
    pages, problems, _ = read(source_of(TABLE | {"file": file}))
    assert (pages, len(problems), problems[0].ended) == ({}, 1, True)
    assert str(file) in problems[0].message


def test_a_missing_file_ends_the_pass_and_one_of_both_must_be_set(tmp_path: Path) -> None:
    _, problems, _ = read(source_of(TABLE | {"file": tmp_path / "none.json"}))
    assert problems[0].ended
    with pytest.raises(SettingsError, match=r"sources\.docs\.url: write either url or file"):
        source_of(TABLE)
    with pytest.raises(SettingsError, match=r"sources\.docs\.map\.titel: no such setting"):
        source_of({"kind": "json", "file": "x", "map": {"titel": "t"}})
