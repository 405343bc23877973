"""One pass over a source: what changed goes into the database and the journal, what is gone leaves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hercules.events import ArticleChanged, ArticleRemoved
from hercules.house import House
from hercules.kb.article import ArticleRefused
from hercules.kb.pages import Origin, mark_of_page, read_page
from hercules.model import Article, HerculesError
from hercules.redact import redact
from hercules.settings import Settings
from hercules.sources.source import Deleted, Problem, Source, SourcePage
from hercules.store import articles, journal, passes
from hercules.store.db import Connection
from hercules.store.passes import ArticleKey, KnownPage, Pass
from hercules.text import cut, one_line

SHRINK_MIN = 10
SAVED_AT_ONCE = 200
PROBLEMS_KEPT = 50
PASS_KEPT = timedelta(minutes=15)


class RefusedToShrink(HerculesError):
    """A source suddenly offers less than half of its articles; deleting the rest needs a person's word."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pass over a source changed, and the pages that could not be read."""

    seen: int
    changed: int
    removed: int
    problems: tuple[Problem, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each problem as one redacted line, none twice."""
        return tuple(dict.fromkeys(sentence(each) for each in self.problems))


def origin_of(source: Source, settings: Settings) -> Origin:
    """What is set for all pages of a source."""
    common = settings.sources.get(source.name)
    if common is None:
        return Origin(source.name)
    return Origin(source.name, common.desks, common.audience, common.product, common.languages)


def read_source(source: Source, origin: Origin | None = None) -> tuple[list[Article], list[Problem]]:
    """Every article of a source, and a problem for each page that could not be read."""
    found: dict[str, Article] = {}
    problems: list[Problem] = []
    for page in source.read():
        if isinstance(page, Problem):
            problems.append(page)
        if not isinstance(page, SourcePage):
            continue
        try:
            made = read_page(page, origin or Origin(source.name))
        except ArticleRefused as error:
            problems.append(Problem(page.name, str(error), page.key))
            continue
        doubled = [article for article in made if article.id in found]
        found.update({article.id: article for article in made if article.id not in found})
        problems += [_used_twice(page, article) for article in doubled]
    return list(found.values()), problems


def _used_twice(page: SourcePage, article: Article) -> Problem:
    return Problem(page.name, f"the id {article.key!r} is used twice; the first one counts", page.key)


def _unwatched(_: SourcePage | Deleted | Problem) -> None:
    """Nobody looks on."""


def pull(
    house: House,
    source: Source,
    *,
    allow_shrink: bool = False,
    full: bool = False,
    watch: Callable[[SourcePage | Deleted | Problem], None] = _unwatched,
) -> Pulled:
    """Take a source's articles into the database and journal what changed; `watch` is told of every page.

    Changed articles are stored as they come, so that a pass that is cut off has done something; articles
    that are gone are removed at its end. A page that is as it was is not read again, but with `full`.
    Raises RefusedToShrink when more than half of the source's articles would go.
    """
    begun_at = house.clock()
    common = house.settings.sources.get(source.name)
    pulling = _Pulling(house, source, full=full)
    for item in source.read():
        pulling.take(item)
        watch(item)
    pulling.save()
    gone = pulling.gone()
    before = len(pulling.before)
    may_shrink = allow_shrink or (common is not None and common.allow_shrink)
    refused = None
    if len(gone) * 2 > before >= SHRINK_MIN and not may_shrink:
        refused = RefusedToShrink(
            f"{source.name}: refused to delete {len(gone)} of {before} articles; "
            "if that is meant, run: hercules kb build --allow-shrink"
        )
        pulling.problems.append(Problem(source.name, str(refused), ended=True))
        gone = []
    pulling.end(begun_at, gone)
    if refused is not None:
        raise refused
    return Pulled(len(pulling.taken), pulling.changed, len(gone), tuple(pulling.problems))


class _Pulling:
    """One pass: what was there before, what was seen, and what could not be."""

    def __init__(self, house: House, source: Source, *, full: bool) -> None:
        self._house, self._source = house, source
        self._origin = origin_of(source, house.settings)
        with house.db.read() as conn:
            self.before = articles.digests(conn, source.name)
            self._known = passes.pages(conn, source.name)
            self._last = passes.last_passes(conn).get(source.name)
        self._full = full
        self._blind = not source.complete  # True: what was not named may be there nevertheless
        self._marks: dict[str, str] = {}
        self._spared: set[ArticleKey] = set()
        self._deleted: set[str] = set()
        self._fresh: list[Article] = []
        self._pages: dict[str, KnownPage] = {}
        self.taken: set[ArticleKey] = set()
        self.problems: list[Problem] = []
        self.changed = 0

    def take(self, item: SourcePage | Deleted | Problem) -> None:
        """One thing that the source gave."""
        if isinstance(item, Problem):
            self._missed(item)
        elif isinstance(item, Deleted):
            self._deleted.add(item.key)
        else:
            self._page(item)

    def _missed(self, problem: Problem) -> None:
        """The articles of a page that failed stay; a page that we never saw may be one that was renamed."""
        self.problems.append(problem)
        known = self._known.get(problem.key)
        if known is not None and not problem.ended:
            self._spared.update(known.articles)
        elif problem.ended or not problem.key or not self._source.steady:
            self._blind = True

    def _page(self, page: SourcePage) -> None:
        mark = mark_of_page(page, self._origin)
        if page.key in self._marks:  # a listing may give a page twice when it changes meanwhile
            if self._marks[page.key] != mark:
                self._missed(Problem(page.name, f"the id {page.key!r} is used twice; the first one counts"))
            return
        self._marks[page.key] = mark
        known = self._known.get(page.key)
        if known is not None and known.mark == mark and not self._full and self._as_before(known):
            self.taken.update(known.articles)
            return
        try:
            made = read_page(page, self._origin)
        except ArticleRefused as error:
            self._missed(Problem(page.name, str(error), page.key))
            return
        unknown = {article.desk_id for article in made} - self._house.desk_ids - {"*"}
        if unknown:  # only a page's own front matter can name one: those of the settings are checked
            why = f"there is no desk {min(unknown)!r}, which it names; nobody would be answered with it"
            self._missed(Problem(page.name, why, page.key))
            return
        self._made(page, mark, made)

    def _as_before(self, known: KnownPage) -> bool:
        return all(key in self.before and key not in self.taken for key in known.articles)

    def _made(self, page: SourcePage, mark: str, made: Sequence[Article]) -> None:
        doubled = [article for article in made if (article.desk_id, article.id) in self.taken]
        if doubled:
            self.problems += [_used_twice(page, article) for article in doubled]
            return
        keys = tuple((article.desk_id, article.id) for article in made)
        self.taken.update(keys)
        self._fresh += [each for each in made if self.before.get((each.desk_id, each.id)) != each.digest]
        self._pages[page.key] = KnownPage(mark, keys)
        if len(self._pages) >= SAVED_AT_ONCE:
            self.save()

    def save(self) -> None:
        """Store what changed so far, in one transaction."""
        fresh, pages = self._fresh, self._pages
        if not pages:
            return
        now, name = self._house.clock(), self._source.name

        def save(conn: Connection) -> None:
            for article in fresh:
                _change(conn, article, name, now)
            passes.put_pages(conn, name, pages)

        self._house.db.do(save)
        self.changed += len(fresh)
        self._fresh, self._pages = [], {}

    def gone(self) -> list[ArticleKey]:
        """What the source no longer has; only what it says itself when it may have been seen in part."""
        if not self._blind:
            return [key for key in self.before if key not in self.taken and key not in self._spared]
        said = {key for page in self._deleted & self._known.keys() for key in self._known[page].articles}
        return [key for key in self.before if key in said and key not in self.taken]

    def end(self, begun_at: datetime, gone: Sequence[ArticleKey]) -> None:
        """Remove what is gone and remember how the pass went, when there is anything to tell."""
        told = tuple(dict.fromkeys(sentence(each) for each in self.problems))[:PROBLEMS_KEPT]
        last = Pass(
            begun_at,
            self._house.clock(),
            len(self.taken),
            self.changed,
            len(gone),
            len(self.problems),
            told,
        )
        name, left = self._source.name, self._left()
        if not (gone or left or self._worth(last)):
            return

        def end(conn: Connection) -> None:
            for desk_id, article_id in gone:
                _remove(conn, desk_id, article_id, name, last.ended_at)
            passes.drop_pages(conn, name, left)
            passes.put_pass(conn, name, last)

        self._house.db.do(end)

    def _left(self) -> list[str]:
        """The pages that are not there any more."""
        if self._blind:
            return []
        failed = {problem.key for problem in self.problems}
        return [key for key in self._known if key not in self._marks and key not in failed]

    def _worth(self, last: Pass) -> bool:
        """False for a look into a folder, every few seconds, that showed nothing new."""
        before = self._last
        common = self._house.settings.sources.get(self._source.name)
        timed = common is not None and common.every is not None
        if before is None or last.changed or timed or not self._source.local:
            return True
        old = last.ended_at - before.ended_at > PASS_KEPT
        return old or (before.seen, before.problems) != (last.seen, last.problems)


def sentence(problem: Problem) -> str:
    """A problem as one redacted line that names the page."""
    text = one_line(problem.message)
    named = text if problem.name in text else f"{one_line(problem.name)}: {text}"
    return cut(redact(named), 500)


def drop_others(house: House, names: Collection[str]) -> Mapping[str, int]:
    """Remove the articles of sources that are set no longer; how many of each there were."""
    with house.db.read() as conn:
        others = {name: count for name, count in passes.counts(conn).items() if name not in names}

    def drop(conn: Connection) -> None:
        for name in others:
            for article in list(articles.of_source(conn, name)):
                _remove(conn, article.desk_id, article.id, name, house.clock())
            passes.forget(conn, name)

    if others:
        house.db.do(drop)
    return others


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
