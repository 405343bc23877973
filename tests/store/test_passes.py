"""What is known of the sources of articles."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from hercules.model import Article
from hercules.store import articles, passes
from hercules.store.passes import KnownPage, Pass

from .samples import NOW


def test_pages_are_remembered_overwritten_and_dropped(conn: sa.Connection) -> None:
    first = {"a": KnownPage("m1", (("*", "docs:a"),)), "b": KnownPage("m2", ())}
    passes.put_pages(conn, "docs", first)
    passes.put_pages(conn, "other", {"a": KnownPage("m9", ())})
    assert passes.pages(conn, "docs") == first
    passes.put_pages(conn, "docs", {"a": KnownPage("m3", (("x", "docs@x:a"), ("y", "docs@y:a")))})
    passes.drop_pages(conn, "docs", ["b", "none"])
    assert passes.pages(conn, "docs") == {"a": KnownPage("m3", (("x", "docs@x:a"), ("y", "docs@y:a")))}
    passes.forget(conn, "docs")
    assert passes.pages(conn, "docs") == {}
    assert passes.pages(conn, "other").keys() == {"a"}


def test_the_newest_pass_of_each_source_counts(conn: sa.Connection) -> None:
    passes.put_pass(conn, "docs", Pass(NOW, NOW + timedelta(seconds=2), 5, 4, 3, 2, ("one", "two")))
    newest = Pass(NOW + timedelta(hours=1), NOW + timedelta(hours=2), 1)
    passes.put_pass(conn, "docs", newest)
    assert passes.last_passes(conn) == {"docs": newest}


def test_articles_are_counted_by_source_and_by_their_last_change(conn: sa.Connection) -> None:
    for seq, (key, source) in enumerate((("a", "docs"), ("b", "docs"), ("c", "other")), start=1):
        made = Article(f"{source}:{key}", f"T {key}", "x", source=source, digest=key)
        articles.upsert(conn, made, seq)
    assert passes.counts(conn) == {"docs": 2, "other": 1}
    assert [each.id for each in articles.of_source(conn, "docs")] == ["docs:a", "docs:b"]
    assert [each.id for each in articles.changed_since(conn, 2)] == ["other:c"]
    assert articles.count_since(conn, 1) == 2
    assert sorted(articles.all_digests(conn))[0] == ("*", "docs:a", "a")
    assert articles.titles(conn, frozenset({"*"}))[0] == ("docs:a", "T a")
    assert articles.some(conn, frozenset({"*"}), ["docs:b"]).keys() == {"docs:b"}
    assert articles.event_print(conn, 99) == "0"
