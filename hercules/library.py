"""The route of one article: source to database to journal to this node's index; and the reload of rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from hercules.events import ArticleChanged, ArticleRemoved
from hercules.house import House
from hercules.kb.article import ArticleRefused, read_markdown
from hercules.model import Article, HerculesError
from hercules.rulebook import errors_of, gated, load_rulebook, stamp_of
from hercules.sources.source import Problem, Source, SourcePage
from hercules.store import articles, journal
from hercules.store.db import Connection

log = structlog.get_logger("hercules.library")

SHRINK_MIN = 10


class RefusedToShrink(HerculesError):
    """A source suddenly offers less than half of its articles; deleting the rest needs a person's word."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pass over a source changed, and the pages that could not be read."""

    seen: int
    changed: int
    removed: int
    problems: tuple[Problem, ...]


def read_source(source: Source) -> tuple[list[Article], list[Problem]]:
    """Every article of a source, and a problem for each page that could not be read."""
    found: dict[str, Article] = {}
    problems: list[Problem] = []
    for page in source.read():
        if isinstance(page, Problem):
            problems.append(page)
        if not isinstance(page, SourcePage):
            continue
        try:
            article = read_markdown(page.name, page.data)
        except ArticleRefused as error:
            problems.append(Problem(page.name, str(error)))
            continue
        if article.id in found:
            problems.append(Problem(page.name, f"the id {article.key!r} is used twice; the first one counts"))
        else:
            found[article.id] = article
    return list(found.values()), problems


def pull(house: House, source: Source, *, allow_shrink: bool = False) -> Pulled:
    """Take a source's articles into the database and journal what changed, in one transaction.

    Raises RefusedToShrink when more than half of the source's articles would go.
    """
    offered, problems = read_source(source)

    def save(conn: Connection) -> tuple[int, int]:
        before = articles.digests(conn, house.desk_ids | {"*"}, source.name)
        gone = _gone(before, offered, source, problems)
        if len(gone) * 2 > len(before) >= SHRINK_MIN and not allow_shrink:
            raise RefusedToShrink(
                f"{source.name}: refused to delete {len(gone)} of {len(before)} articles; "
                "if that is meant, run: hercules kb build --allow-shrink"
            )
        changed = [each for each in offered if before.get((each.desk_id, each.id)) != each.digest]
        for article in changed:
            _change(conn, article, source.name, house.clock())
        for desk_id, article_id in gone:
            _remove(conn, desk_id, article_id, source.name, house.clock())
        return len(changed), len(gone)

    changed, removed = house.db.do(save)
    return Pulled(len(offered), changed, removed, tuple(problems))


def _gone(
    before: Iterable[tuple[str, str]],
    offered: Iterable[Article],
    source: Source,
    problems: Iterable[Problem],
) -> list[tuple[str, str]]:
    """What the source no longer names; nothing when a page failed, for it may be one of those."""
    if not source.complete or any(problems):
        return []
    kept = {(article.desk_id, article.id) for article in offered}
    return [key for key in before if key not in kept]


def _change(conn: Connection, article: Article, actor: str, now: datetime) -> None:
    changed = ArticleChanged(
        desk_id=article.desk_id,
        ticket_id="",
        natural_key=f"article:{article.id}:{article.digest}:{now.isoformat()}",
        at=now,
        actor=actor,
        article_id=article.id,
        digest=article.digest,
    )
    (recorded,) = journal.append(conn, [changed], now)
    articles.upsert(conn, article, recorded.seq)


def _remove(conn: Connection, desk_id: str, article_id: str, actor: str, now: datetime) -> None:
    removed = ArticleRemoved(
        desk_id=desk_id,
        ticket_id="",
        natural_key=f"article:{article_id}:removed:{now.isoformat()}",
        at=now,
        actor=actor,
        article_id=article_id,
    )
    journal.append(conn, [removed], now)
    articles.remove(conn, desk_id, article_id)


# INDEX


def reload_rules(house: House) -> bool:
    """Look at the rules folder; when it changed, compile it aside and swap it in. True when it was swapped.

    A file with an error keeps its last good rules; what is wrong is shown on the page with file and line.
    """
    roots = (house.folders.rules,)
    before = house.rulesets.book
    if stamp_of(roots) == before.stamp:
        return False
    loaded = load_rulebook(roots, house.settings.rules, before)
    fresh = gated(loaded, house.settings.limits(), house.clock())
    house.rulesets.swap(fresh)
    errors = errors_of(fresh.ruleset.refusals)
    house.metrics.rules_refused.set(len({error.file for error in errors}))
    log.info("rules reloaded", rules=len(fresh.ruleset.rules), errors=len(errors))
    return True


def sync(house: House) -> bool:
    """Bring this node's index up to the articles of the database; True when it was built anew.

    The index carries a mark of what it was built from, so a restored or half-built one is noticed.
    """
    with house.db.read() as conn:
        held = list(articles.all_articles(conn))
    mark = mark_of(held)
    if house.index.mark == mark and not house.index.broken:
        return False
    house.index.rebuild(held, built_at=house.clock().isoformat(timespec="seconds"), mark=mark)
    return True


def mark_of(held: Iterable[Article]) -> str:
    """A fingerprint of a set of articles: it changes when any of them does."""
    lines = sorted(f"{article.desk_id}\x1f{article.id}\x1f{article.digest}" for article in held)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]
