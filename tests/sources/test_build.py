"""`hercules kb build` as a command over every kind of source, then `search`, `show` and `sources`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import Ran, run
from tests.sources.servers import TOKEN, USER, HelpCenter, Wiki, running

MARKDOWN = "---\nid: gasket\ntitle: The gasket leaks\n---\nTighten the flange.\n"
HTML = (
    "<html lang=en><body><nav>menu</nav><main><h1>The sprocket slips</h1><p>Oil it.</p></main></body></html>"
)
STORAGE = (
    '<p>Look here.</p><ac:structured-macro ac:name="code"><ac:plain-text-body>'
    "<![CDATA[ERR-4711 turbine stalled <now>]]></ac:plain-text-body></ac:structured-macro>"
)


@dataclass
class Place:
    """An admin's folder whose settings name one source of each kind."""

    folder: Path
    wiki: Wiki
    center: HelpCenter

    def run(self, *words: str) -> Ran:
        return run("kb", *words, folder=self.folder)

    def settings(self, **changes: str) -> None:
        """Write hercules.toml; `changes` replace parts of it."""
        text = f"""
data = "data"
[kb]
index = "index"
[sources.notes]
kind = "folder"
folder = "notes"
[sources.site]
kind = "html"
folder = "site"
[sources.export]
kind = "json"
file = "export.json"
items = "articles"
[sources.wiki]
kind = "confluence"
base_url = "{self.wiki.url}/wiki"
space = "KB"
user = "{USER}"
token = "{TOKEN}"
private_hosts = ["{self.wiki.url.removeprefix("http://")}"]
[sources.help]
kind = "zendesk"
base_url = "{self.center.url}"
user = "{USER}"
token = "{TOKEN}"
private_hosts = ["{self.center.url.removeprefix("http://")}"]
"""
        for old, new in changes.items():
            text = text.replace(old, new)
        (self.folder / "hercules.toml").write_text(text)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    wiki, center = Wiki(), HelpCenter()
    with running(wiki), running(center):
        wiki.put("10", "The turbine stalls", STORAGE, labels=("kb",))
        wiki.put("11", "Staff only", "<p>The vault code of the gearbox.</p>", readers=("ann",))
        wiki.put("12", "Third", "<p>Nothing much.</p>")
        center.put(501, "The piston knocks", "<p>Replace the ring.</p>")
        center.put(502, "Not yet out", "<p>Draft.</p>", draft=True)
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "gasket.md").write_text(MARKDOWN)
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sprocket.html").write_text(HTML)
        items = [{"id": "clutch-1", "title": "The clutch squeals", "body": "Bleed it."}]
        (tmp_path / "export.json").write_text(json.dumps({"articles": items}))
        there = Place(tmp_path, wiki, center)
        there.settings()
        yield there


def test_an_article_of_each_source_is_found(place: Place) -> None:
    built = place.run("build")
    assert built.code == 0, built.err
    assert [line.partition(", 0 removed")[0] for line in built.lines[:5]] == [
        "notes: 1 articles, 1 changed",
        "site: 1 articles, 1 changed",
        "export: 1 articles, 1 changed",
        "wiki: 3 articles, 3 changed",
        "help: 2 articles, 2 changed",
    ]
    assert built.lines[5].startswith("index: 8 articles, built in ")
    for word, article_id in {
        "gasket": "notes:gasket",
        "sprocket": "site:sprocket.html",
        "clutch": "export:clutch-1",
        "ERR-4711": "wiki:10",
        "piston": "help:501",
    }.items():
        hits = place.run("search", word, "--json").json["hits"]
        assert [hit["id"] for hit in hits] == [article_id], word
    shown = place.run("show", "wiki:10")
    assert shown.lines[0] == "# The turbine stalls"
    assert "wiki:10, public, en, updated 2026-10-08, tags kb" in shown.lines[1]
    assert "ERR-4711 turbine stalled <now>" in shown.out
    assert "wiki:11, internal" in place.run("show", "11").lines[1]
    assert "draft" in place.run("show", "help:502").lines[1]


def test_unchanged_articles_cost_nothing_and_changes_and_deletions_are_followed(place: Place) -> None:
    place.run("build")
    second = place.run("build")
    assert all(", 0 changed, 0 removed" in line for line in second.lines[:5])
    assert ", up to date in " in second.lines[5]
    place.wiki.put("12", "Third", "<p>Now about the crankshaft.</p>", version=2)
    del place.wiki.pages["11"]
    del place.center.articles[502]
    third = place.run("build")
    assert third.lines[3].startswith("wiki: 2 articles, 1 changed, 1 removed")
    assert third.lines[4].startswith("help: 1 articles, 0 changed, 1 removed")
    assert third.lines[5].startswith("index: 6 articles, built in ")
    assert [hit["id"] for hit in place.run("search", "crankshaft", "--json").json["hits"]] == ["wiki:12"]
    assert place.run("search", "vault", "--json").json["hits"] == []
    full = place.run("build", "--full")
    assert all(", 0 changed, 0 removed" in line for line in full.lines[:5])
    assert full.lines[5].startswith("index: 6 articles, built in ")


def test_an_expired_token_is_one_sentence_and_takes_nothing_away(place: Place) -> None:
    place.run("build")
    place.settings(**{f'token = "{TOKEN}"': 'token = "old-canary"'})
    built = place.run("build")
    assert built.code == 1
    assert [line.strip() for line in built.err.splitlines()] == [
        "wiki: the token was refused (401); it may have expired: renew sources.wiki.token",
        "help: the token was refused (401); it may have expired: renew sources.help.token",
    ]
    assert built.lines[5].startswith("index: 8 articles, up to date")
    told = {each["name"]: each for each in place.run("sources", "--json").json["sources"]}
    assert told["wiki"]["articles"] == 3
    assert told["wiki"]["last_pass"]["failed"] == 1
    assert "may have expired" in told["wiki"]["problems"][0]
    assert "canary" not in built.out + built.err + json.dumps(told)


def test_sources_tells_kind_place_and_last_pass(place: Place) -> None:
    before = place.run("sources")
    assert before.lines[3] == (
        f"wiki (confluence): 0 articles in {place.wiki.url}/wiki, space KB; "
        "no pass yet; run: hercules kb build"
    )
    place.run("build")
    rows = place.run("sources", "--json").json["sources"]
    assert [(row["name"], row["kind"], row["articles"], row["problems"]) for row in rows] == [
        ("notes", "folder", 1, []),
        ("site", "html", 1, []),
        ("export", "json", 1, []),
        ("wiki", "confluence", 3, []),
        ("help", "zendesk", 2, []),
    ]
    assert rows[3]["last_pass"].keys() == {"begun_at", "seconds", "seen", "changed", "removed", "failed"}
    assert ", 3 changed, 0 removed, 0 problems" in place.run("sources").lines[3]


def test_a_source_that_is_set_no_longer_takes_its_articles_with_it(place: Place) -> None:
    place.run("build")
    place.settings(**{"[sources.help]": "[sources.other]"})
    built = place.run("build")
    assert built.lines[0] == "help: is set no longer, 2 articles removed"
    assert built.lines[5].startswith("other: 2 articles, 2 changed")
    assert [hit["id"] for hit in place.run("search", "piston", "--json").json["hits"]] == ["other:501"]


def test_a_source_that_shrinks_is_not_believed(place: Place) -> None:
    for number in range(600, 620):
        place.center.put(number, f"Article {number}", "<p>Words.</p>")
    place.run("build")
    place.center.articles.clear()
    place.center.put(700, "The only one", "<p>Words.</p>")
    built = place.run("build")
    assert built.code == 1
    assert "help: refused to delete 22 of 22 articles; if that is meant, run: hercules kb build" in built.err
    told = {each["name"]: each for each in place.run("sources", "--json").json["sources"]}
    assert told["help"]["articles"] == 23
    assert "refused to delete" in told["help"]["problems"][0]
    allowed = place.run("build", "--allow-shrink")
    assert allowed.lines[4].startswith("help: 1 articles, 0 changed, 22 removed")


def test_wrong_settings_are_told_in_one_line(place: Place) -> None:
    place.settings(**{'space = "KB"': 'spaec = "KB"'})
    assert "sources.wiki.spaec: no such setting; known are " in place.run("build").complaint()
