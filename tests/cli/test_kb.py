"""`hercules kb`: build, search, show, sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands import ROOT, run

QUOTA = """\
---
id: acme-quota
title: A volume has reached its disk quota
product: acme
---
## Symptoms
Writes fail and the log says that a disk quota is exceeded.
## Resolution
Raise the quota or remove old snapshots.
"""
VPN = "---\nid: acme-vpn\ntitle: Setting up the VPN client\n---\nInstall the client and import the profile.\n"


@pytest.fixture
def folder(admin: Path) -> Path:
    """An admin's folder with two articles of their own."""
    articles = admin / "kb_index" / "articles"
    articles.mkdir(parents=True)
    (articles / "acme-quota.md").write_text(QUOTA)
    (articles / "acme-vpn.md").write_text(VPN)
    return admin


def test_build_tells_what_changed_and_is_idle_the_second_time(folder: Path) -> None:
    first, second = (run("kb", "build", folder=folder) for _ in range(2))
    assert first.code == 0
    assert first.lines[0].startswith("folder: 2 articles, 2 changed, 0 removed")
    assert first.lines[1].startswith("index: 2 articles, built in ")
    assert second.lines[0].startswith("folder: 2 articles, 0 changed, 0 removed")
    assert second.lines[1].startswith("index: 2 articles, up to date in ")
    (folder / "kb_index" / "articles" / "acme-vpn.md").unlink()
    assert run("kb", "build", folder=folder).lines[0].startswith("folder: 1 articles, 0 changed, 1 removed")


def test_an_article_that_cannot_be_read_is_named_and_the_others_stay(folder: Path) -> None:
    (folder / "kb_index" / "articles" / "bad.md").write_text("no front matter\n")
    built = run("kb", "build", folder=folder)
    assert built.code == 1
    assert "bad.md" in built.err
    assert built.lines[1].startswith("index: 2 articles")
    listed = run("kb", "sources", folder=folder)
    assert listed.out == f"folder: 2 articles in {folder / 'kb_index' / 'articles'}\n"
    assert "bad.md" in listed.err


@pytest.mark.parametrize("built", [False, True])
def test_search_finds_by_words_whether_the_index_is_built_or_not(folder: Path, built: bool) -> None:
    if built:
        run("kb", "build", folder=folder)
    ran = run("kb", "search", "snapshots", "quota", folder=folder)
    assert ran.code == 0
    assert re.match(r"\d\.\d\d  A volume has reached its disk quota$", ran.lines[0])
    assert "folder:acme-quota  matched: " in ran.lines[1]
    (hit,) = run("kb", "search", "snapshots", "quota", "--json", folder=folder).json["hits"]
    assert hit.keys() == {"id", "title", "score", "share", "matched"}
    assert hit["id"] == "folder:acme-quota"


def test_search_suggests_what_may_have_been_meant(tmp_path: Path) -> None:
    ran = run("kb", "search", "watermrak", folder=tmp_path)
    assert ran.out == "Nothing found. Did you mean watermark?\n"
    told = run("kb", "search", "watermrak", "--json", folder=tmp_path).json
    assert told == {"hits": [], "did_you_mean": ["watermark"]}


def test_search_takes_words_that_begin_with_a_dash_and_no_slip_of_an_option(folder: Path) -> None:
    assert "acme-vpn" in run("kb", "search", "client", "quota", "-snapshots", folder=folder).out
    assert "acme-quota" not in run("kb", "search", "client", "quota", "-snapshots", folder=folder).out
    assert "Usage: " in run("kb", "search", "-h", folder=folder).out
    assert "--explian" in run("kb", "search", "quota", "--explian", folder=folder).err
    assert "acme-quota" in run("kb", "search", "-client", "quota", "--limit", "3", folder=folder).out
    assert "acme-quota" not in run("kb", "search", "--", "-quota", "client", folder=folder).out


def test_search_sees_the_articles_of_every_desk(folder: Path) -> None:
    (folder / "hercules.toml").write_text('[desks.acme]\nkind = "generic"\nunsigned = true\n')
    own = folder / "kb_index" / "articles" / "own.md"
    own.write_text("---\ndesk: acme\n---\n# Wombats of one desk\n")
    (folder / "t.txt").write_text("Where are the wombats of our desk?\n")
    for asked in ("wombats", "t.txt"):
        assert "folder@acme:own" in run("kb", "search", asked, folder=folder).out


def test_other_sources_need_a_restart_of_the_service(folder: Path) -> None:
    first = run("kb", "build", folder=folder)
    assert "restart" not in first.out + run("kb", "build", folder=folder).out
    (folder / "hercules.toml").write_text('[sources.help]\nkind = "folder"\nfolder = "help"\n')
    (folder / "help").mkdir()
    told = run("kb", "build", "--allow-shrink", folder=folder).lines
    assert told[0].startswith("folder: is set no longer, ")
    assert told[-1] == "A running service keeps the sources that it was started with: restart it."


def test_synonyms_that_cannot_be_taken_are_named(folder: Path) -> None:
    synonyms = folder / "kb_index" / "synonyms.txt"
    synonyms.write_text("ram => memory\nlonely\n")
    built = run("kb", "build", folder=folder)
    assert built.code == 1
    assert f"{synonyms}:2:1: E-SYNONYM: write `a, b => c` or `a, b`" in built.err
    synonyms.write_bytes(b"\xff\xfe")
    for words in (("build",), ("search", "quota")):
        assert f"kb.synonyms: {synonyms} cannot be read: " in run("kb", *words, folder=folder).complaint()
    synonyms.unlink()
    (folder / "hercules.toml").write_text('[kb]\nsynonyms = "nowhere.txt"\n')
    assert "nowhere.txt cannot be read: " in run("kb", "build", folder=folder).complaint()


def test_show_prints_an_article_by_key_or_id(folder: Path) -> None:
    for name in ("acme-quota", "folder:acme-quota"):
        ran = run("kb", "show", name, folder=folder)
        assert ran.lines[0] == "# A volume has reached its disk quota"
        assert "remove old snapshots" in ran.out
    assert "there is no article 'acme-none'" in run("kb", "show", "acme-none", folder=folder).complaint()


def test_the_starter_articles_are_there_without_any_settings(tmp_path: Path) -> None:
    articles = len(list((ROOT / "kb_index" / "articles").glob("*.md")))
    assert run("kb", "sources", folder=tmp_path).out.startswith(f"folder: {articles} articles in ")
    first = run("kb", "search", "too many open files", "--json", folder=tmp_path).json["hits"][0]
    assert first["id"] == "folder:jira-open-files-limit"
