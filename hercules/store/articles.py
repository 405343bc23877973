"""Articles as their sources gave them: the truth from which every search index is built."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator

import sqlalchemy as sa

from hercules.model import Article
from hercules.store.schema import articles, journal, of_json, to_json
from hercules.store.upsert import insert_or

_FETCHED_AT_ONCE = 200


def digest_of(conn: sa.Connection, desk_id: str, article_id: str) -> str | None:
    """The digest of the article as stored, None when it is not there."""
    theirs = (articles.c.desk_id == desk_id, articles.c.article_id == article_id)
    return conn.scalar(sa.select(articles.c.digest).where(*theirs))


def upsert(conn: sa.Connection, article: Article, seq: int) -> bool:
    """Store an article whose last change is the journal's event `seq`; False when its digest is unchanged."""
    if digest_of(conn, article.desk_id, article.id) == article.digest:
        return False
    values = {
        "desk_id": article.desk_id,
        "article_id": article.id,
        "article_key": article.key,
        "source": article.source,
        "digest": article.digest,
        "change_seq": seq,
        "title": article.title,
        "data": to_json(article),
    }
    conn.execute(insert_or(conn, articles, ("desk_id", "article_id")), values)
    return True


def remove(conn: sa.Connection, desk_id: str, article_id: str) -> bool:
    """Delete an article; False when it was not there."""
    theirs = (articles.c.desk_id == desk_id, articles.c.article_id == article_id)
    return conn.execute(sa.delete(articles).where(*theirs)).rowcount == 1


def get(conn: sa.Connection, desk_ids: frozenset[str], article_id: str) -> Article | None:
    """The article of this id that one of these desks may see; `*` among them means the shared ones."""
    return _first(conn, desk_ids, articles.c.article_id == article_id)


def by_key(conn: sa.Connection, desk_ids: frozenset[str], key: str) -> Article | None:
    """The article that a rule names by `key`; a desk's own goes before a shared one."""
    return _first(conn, desk_ids, articles.c.article_key == key)


def address(conn: sa.Connection, desk_ids: frozenset[str], article_id: str) -> str:
    """What names an article in a link: its key, or its whole id where the key leads to another one."""
    key = article_id.partition(":")[2]
    named = by_key(conn, desk_ids, key)
    return key if named is None or named.id == article_id else article_id


def all_articles(conn: sa.Connection) -> Iterator[Article]:
    """Every article of every desk by its id: what the one index, filtered by desk, is built from."""
    query = sa.select(articles.c.data).order_by(articles.c.desk_id, articles.c.article_id)
    for text in conn.execute(query, execution_options={"yield_per": _FETCHED_AT_ONCE}).scalars():
        yield of_json(Article, text)


def changed_since(conn: sa.Connection, seq: int) -> Iterator[Article]:
    """The articles whose last change is an event behind `seq`."""
    query = sa.select(articles.c.data).where(articles.c.change_seq > seq)
    for text in conn.execute(query, execution_options={"yield_per": _FETCHED_AT_ONCE}).scalars():
        yield of_json(Article, text)


def count_since(conn: sa.Connection, seq: int) -> int:
    """How many articles have their last change in an event behind `seq`."""
    query = sa.select(sa.func.count()).select_from(articles).where(articles.c.change_seq > seq)
    return conn.execute(query).scalar_one()


def event_print(conn: sa.Connection, seq: int) -> str:
    """A fingerprint of the journal's event `seq`: '0' without one. Another one means another history."""
    found = conn.scalar(sa.select(journal.c.natural_key).where(journal.c.seq == seq))
    return "0" if found is None else hashlib.sha256(found.encode()).hexdigest()[:12]


def all_digests(conn: sa.Connection) -> list[tuple[str, str, str]]:
    """(desk id, article id, digest) of every article: what tells whether an index is up to date."""
    query = sa.select(articles.c.desk_id, articles.c.article_id, articles.c.digest)
    return [(desk_id, article_id, digest) for desk_id, article_id, digest in conn.execute(query)]


def of_source(conn: sa.Connection, source: str) -> Iterator[Article]:
    """The articles of one source by their ids."""
    query = sa.select(articles.c.data).where(articles.c.source == source)
    ordered = query.order_by(articles.c.desk_id, articles.c.article_id)
    for text in conn.execute(ordered, execution_options={"yield_per": _FETCHED_AT_ONCE}).scalars():
        yield of_json(Article, text)


def digests(conn: sa.Connection, source: str) -> dict[tuple[str, str], str]:
    """(desk id, article id) to digest for all that came from a source, to see what is gone there.

    Also of desks that are set no longer: what nobody counts would stay for ever.
    """
    query = sa.select(articles.c.desk_id, articles.c.article_id, articles.c.digest)
    rows = conn.execute(query.where(articles.c.source == source))
    return {(row.desk_id, row.article_id): row.digest for row in rows}


def titles(conn: sa.Connection, desk_ids: frozenset[str]) -> list[tuple[str, str]]:
    """(article id, title) of all that these desks may see, by title."""
    query = sa.select(articles.c.article_id, articles.c.title).where(articles.c.desk_id.in_(sorted(desk_ids)))
    return [(article_id, title) for article_id, title in conn.execute(query.order_by(articles.c.title))]


def some(conn: sa.Connection, desk_ids: frozenset[str], article_ids: Collection[str]) -> dict[str, Article]:
    """These articles by their ids, as far as these desks may see them."""
    theirs = (articles.c.desk_id.in_(sorted(desk_ids)), articles.c.article_id.in_(sorted(article_ids)))
    query = sa.select(articles.c.article_id, articles.c.data).where(*theirs)
    return {article_id: of_json(Article, data) for article_id, data in conn.execute(query)}


def count(conn: sa.Connection) -> int:
    """How many articles there are, at all desks."""
    return conn.execute(sa.select(sa.func.count()).select_from(articles)).scalar_one()


def _first(conn: sa.Connection, desk_ids: frozenset[str], which: sa.ColumnElement[bool]) -> Article | None:
    query = sa.select(articles.c.data).where(articles.c.desk_id.in_(sorted(desk_ids)), which)
    own_first = sa.case((articles.c.desk_id == "*", 1), else_=0)
    text = conn.scalar(query.order_by(own_first, articles.c.desk_id, articles.c.article_id).limit(1))
    return None if text is None else of_json(Article, text)
