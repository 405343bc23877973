"""This node's index brought up to the articles of the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import structlog

from hercules.events import ArticleChanged, ArticleRemoved
from hercules.house import House
from hercules.kb.index import SearchIndex
from hercules.model import Article, IndexBroken
from hercules.store import articles, journal

log = structlog.get_logger("hercules.library")

FEW_CHANGES = 20


def sync(house: House, *, full: bool = False) -> bool:
    """Bring this node's index up to the articles of the database; True when it changed.

    The index carries a mark of what it was built from, so a restored or half-built one is noticed. Few
    changes since then are put into it; for many, or with `full`, it is built anew.
    """
    house.index.refresh()
    with house.db.read() as conn:
        digests = articles.all_digests(conn)
        seq = journal.last_seq(conn)
        mark = f"{seq}.{articles.event_print(conn, seq)}.{_fingerprint(digests)}"
    if not full and not house.index.broken and _printed(house.index.mark) == _printed(mark):
        return False
    if full or not _written(house, len(digests), mark):
        with house.db.read() as conn:
            held = list(articles.all_articles(conn))
        house.index.rebuild(held, built_at=_stamp(house), mark=mark)
    return True


def _written(house: House, count: int, mark: str) -> bool:
    """Put what changed since the index was built into it; False when it is to be built anew."""
    seq, _, rest = house.index.mark.partition(".")
    since = int(seq) if seq.isdigit() and seq.isascii() and rest else -1
    if house.index.broken or since < 0:
        return False
    with house.db.read() as conn:
        if articles.event_print(conn, since) != rest.partition(".")[0]:
            return False  # another history: an older copy of the database was put back
        changed = articles.count_since(conn, since)
        kinds = (ArticleChanged, ArticleRemoved)
        desk_ids = house.desk_ids | {"*"}
        events = [each.event for each in journal.read(conn, desk_ids, kinds, since)]
        if max(changed, len(events)) > max(FEW_CHANGES, count // 20):
            return False
        fresh = list(articles.changed_since(conn, since))
    gone = [each.article_id for each in events if isinstance(each, ArticleRemoved)]
    try:
        house.index.write(fresh, gone, built_at=_stamp(house), mark=mark)
    except IndexBroken as error:
        log.warning("the index is built anew", why=str(error))
        return False
    return house.index.stats().articles == count


def _stamp(house: House) -> str:
    return house.clock().isoformat(timespec="seconds")


def mark_of(held: Iterable[Article]) -> str:
    """A fingerprint of a set of articles: it changes when any of them does."""
    return _fingerprint((article.desk_id, article.id, article.digest) for article in held)


def holds(index: SearchIndex, held: Iterable[Article]) -> bool:
    """True when a sound index was built from exactly these articles."""
    return not index.broken and _printed(index.mark) == mark_of(held)


def _printed(mark: str) -> str:
    return mark.rpartition(".")[2]


def _fingerprint(digests: Iterable[tuple[str, str, str]]) -> str:
    lines = sorted("\x1f".join(each) for each in digests)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:32]
