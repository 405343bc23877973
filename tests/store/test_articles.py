"""Articles as sources gave them."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hercules.model import Article
from hercules.store import articles

from .samples import CLEANED, NASTY, NOW

A = frozenset({"a", "*"})
B = frozenset({"b", "*"})


def article(key: str = "disk", desk_id: str = "*", digest: str = "d1", body: str = "Free space.") -> Article:
    return Article(
        f"folder:{key}",
        "Disk full",
        body,
        desk_id,
        versions=("9.4",),
        tags=("disk",),
        audience="internal",
        updated_at=NOW,
        digest=digest,
    )


def test_an_article_comes_back(conn: sa.Connection) -> None:
    assert articles.upsert(conn, article(), 3)
    assert articles.get(conn, A, "folder:disk") == article()
    assert articles.by_key(conn, A, "disk") == article()
    assert articles.get(conn, A, "folder:heap") is None
    assert articles.by_key(conn, A, "heap") is None
    assert articles.count(conn) == 1


def test_only_a_new_digest_is_a_change(conn: sa.Connection) -> None:
    assert articles.digest_of(conn, "*", "folder:disk") is None
    articles.upsert(conn, article(), 3)
    assert not articles.upsert(conn, article(body="same digest"), 4)
    assert articles.digest_of(conn, "*", "folder:disk") == "d1"
    newer = article(digest="d2", body="new")
    assert articles.upsert(conn, newer, 5)
    assert articles.get(conn, A, "folder:disk") == newer
    assert conn.scalar(sa.text("SELECT change_seq FROM articles")) == 5
    assert articles.count(conn) == 1


def test_a_desk_sees_its_own_before_shared_ones_and_no_others(conn: sa.Connection) -> None:
    shared, own = article(), article(desk_id="a", body="Ours.")
    for each in (shared, own, article("secret", "b")):
        articles.upsert(conn, each, 1)
    assert articles.by_key(conn, A, "disk") == own
    assert articles.get(conn, A, "folder:disk") == own
    assert articles.by_key(conn, B, "disk") == shared
    assert articles.by_key(conn, A, "secret") is None
    assert articles.by_key(conn, frozenset({"a"}), "disk") == own
    assert articles.by_key(conn, frozenset(), "disk") is None


def test_removing(conn: sa.Connection) -> None:
    for desk_id in ("*", "a"):
        articles.upsert(conn, article(desk_id=desk_id), 1)
    assert articles.remove(conn, "a", "folder:disk")
    assert not articles.remove(conn, "a", "folder:disk")
    assert [each.desk_id for each in articles.all_articles(conn)] == ["*"]


def test_all_of_them_in_order(conn: sa.Connection) -> None:
    keys = [f"k{n:03}" for n in range(450)]
    for key in reversed(keys):
        articles.upsert(conn, article(key), 1)
    assert [each.key for each in articles.all_articles(conn)] == keys


def test_what_came_from_a_source(conn: sa.Connection) -> None:
    articles.upsert(conn, article(), 1)
    articles.upsert(conn, replace(article("wiki", "a"), source="wiki"), 1)
    assert articles.digests(conn, "folder") == {("*", "folder:disk"): "d1"}
    assert articles.digests(conn, "wiki") == {("a", "folder:wiki"): "d1"}
    assert articles.digests(conn, "else") == {}


def test_a_link_names_the_key_or_where_that_leads_elsewhere_the_id(conn: sa.Connection) -> None:
    articles.upsert(conn, article("setup"), 1)
    assert articles.address(conn, A, "folder:setup") == "setup"
    assert articles.address(conn, A, "folder:gone") == "gone"
    first = replace(article("setup"), id="apart:setup", source="apart")
    articles.upsert(conn, first, 2)
    assert articles.address(conn, A, "apart:setup") == "setup"
    assert articles.address(conn, A, "folder:setup") == "folder:setup"


def test_hostile_text_is_stored(conn: sa.Connection) -> None:
    articles.upsert(conn, replace(article(), title=NASTY, body=NASTY), 1)
    found = articles.get(conn, A, "folder:disk")
    assert found is not None
    assert (found.title, found.body) == (CLEANED, CLEANED)
