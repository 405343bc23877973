"""The pages of articles: search, how each did so far, where they come from, and each by its key."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from hercules import views
from hercules.events import Reviewed, Suggested
from hercules.house import House
from hercules.kb.article import to_html
from hercules.kb.synonyms import read_synonyms
from hercules.model import Article, NotFound
from hercules.store import articles, journal, passes, tickets
from hercules.store.passes import Pass
from hercules.store.tickets import ListedTicket
from hercules.web import facets
from hercules.web.api import house_of
from hercules.web.auth import LoginNeeded, PageCaller, gatekeeper
from hercules.wiring import sources

router = APIRouter(include_in_schema=False)
ARTICLES_SHOWN = 500
SILENT_SHOWN = 20
HITS_SHOWN = 20


@dataclass(slots=True)
class Use:
    """What became of an article: the tickets it was suggested on, and how people judged that."""

    tickets: set[tuple[str, str]] = field(default_factory=set)
    accepted: int = 0
    rejected: int = 0


class Ledger:
    """Counts from the journal, kept between page views; only what is new is read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = 0
        self._uses: dict[str, Use] = {}
        self._suggested: dict[tuple[str, str], tuple[str, ...]] = {}

    def uses(self, house: House) -> Mapping[str, Use]:
        """The use of each article that was ever suggested."""
        with self._lock, house.db.read() as conn:
            for recorded in journal.read(conn, house.desk_ids, (Suggested, Reviewed), self._seq):
                self._seq = recorded.seq
                if isinstance(recorded.event, Suggested):
                    self._suggest(recorded.event)
                elif isinstance(recorded.event, Reviewed):
                    self._review(recorded.event)
            return {key: Use(set(use.tickets), use.accepted, use.rejected) for key, use in self._uses.items()}

    def _suggest(self, event: Suggested) -> None:
        self._suggested[event.desk_id, event.suggestion_id] = event.article_ids
        for article_id in event.article_ids:
            self._uses.setdefault(article_id, Use()).tickets.add((event.desk_id, event.ticket_id))

    def _review(self, event: Reviewed) -> None:
        for article_id in self._suggested.get((event.desk_id, event.suggestion_id), ()):
            use = self._uses.setdefault(article_id, Use())
            use.accepted += event.verdict in ("approve", "edit")
            use.rejected += event.verdict == "reject"


@dataclass(frozen=True, slots=True)
class Row:
    """One article with its use and its age."""

    article: Article
    use: Use
    age: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source with its last pass."""

    name: str
    kind: str
    where: str
    articles: int
    last: Pass | None


def ledger_of(request: Request) -> Ledger:
    """The one ledger of this app."""
    state = request.app.state
    if not hasattr(state, "article_ledger"):
        state.article_ledger = Ledger()
    ledger: Ledger = state.article_ledger
    return ledger


@router.get("/kb")
def search(request: Request, caller: PageCaller, q: str = "") -> Response:
    """The search box; without words all articles, the tickets that found none, and the sources."""
    house, asked = house_of(request), q[:200]
    listing = not asked.strip()
    found = views.NOTHING if listing else views.search(house, asked, facets.SEARCHED, "")
    pages, filters = facets.narrowed(
        views.pages_of(house, found), asked, facets.chosen_of(request.query_params), house.clock()
    )
    with house.db.read() as conn:
        total = articles.count(conn)
    hits = views.shown_hits(found, pages)[:HITS_SHOWN]
    silent, silent_count = _silent(house) if listing else ((), 0)
    values = {
        "q": asked,
        "hits": hits,
        "near": [] if hits or listing else views.nearest(house, asked),
        "folder": house.folders.articles,
        "filters": filters,
        "meant": found.meant,
        "total": total,
        "rows": rows(house, ledger_of(request)) if listing else (),
        "silent": silent,
        "silent_count": silent_count,
        "sources": source_rows(house) if listing else (),
        "slips": read_synonyms(house.synonyms, house.folders.synonyms.name)[1] if listing else (),
    }
    page: Response = request.app.state.pages.show("kb.html", caller, values, here="kb")
    return page


@router.get("/kb/{key:path}")
def article(request: Request, key: str) -> Response:
    """One article by its key or id; a public one may be read by everybody, for replies link to it."""
    house = house_of(request)
    caller = gatekeeper(request).caller(request)
    with house.db.read() as conn:
        seen = house.desk_ids | {"*"}
        found = articles.by_key(conn, seen, key) or articles.get(conn, seen, key)
    public = found is not None and found.audience == "public" and found.status == "published"
    if not public and caller is None:
        raise LoginNeeded
    if found is None:
        raise NotFound(f"there is no article {key!r}")
    values = {"article": found, "html": to_html(found)}
    page: Response = request.app.state.pages.show("article.html", caller, values, here="kb")
    return page


def rows(house: House, ledger: Ledger) -> list[Row]:
    """The articles, those suggested most often first, as many as a page takes."""
    uses, unused = ledger.uses(house), Use()
    desk_ids = house.desk_ids | {"*"}
    with house.db.read() as conn:
        titles = articles.titles(conn, desk_ids)
        ranked = sorted(titles, key=lambda each: (-len(uses.get(each[0], unused).tickets), each[1]))
        ids = list(dict.fromkeys(article_id for article_id, _ in ranked))[:ARTICLES_SHOWN]
        held = articles.some(conn, desk_ids, ids)
    now = house.clock()
    return [Row(held[each], uses.get(each, unused), _age(held[each], now)) for each in ids if each in held]


def _age(article: Article, now: datetime) -> str:
    """How old its text is, in words; '' when that is not known."""
    if article.updated_at is None:
        return ""
    days = max((now - article.updated_at).days, 0)
    if days < 60:
        return f"{days} days"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"


def _silent(house: House) -> tuple[Sequence[ListedTicket], int]:
    """The newest tickets that got no answer, and how many there are."""
    with house.db.read() as conn:
        newest = tickets.list_some(conn, house.desk_ids, "silent", limit=SILENT_SHOWN)
        return newest, tickets.count_some(conn, house.desk_ids, "silent")


def source_rows(house: House) -> list[SourceRow]:
    """Where articles come from, with the last pass over each."""
    with house.db.read() as conn:
        last, counts = passes.last_passes(conn), passes.counts(conn)
    set_ = house.settings.sources
    return [
        SourceRow(
            source.name,
            set_[source.name].kind if source.name in set_ else "folder",
            source.where,
            counts.get(source.name, 0),
            last.get(source.name),
        )
        for source in sources(house.folders, house.settings)
    ]
