"""The pages of articles: search for engineers, and each article by its key."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from hercules import views
from hercules.kb.article import to_html
from hercules.model import NotFound
from hercules.store import articles
from hercules.web.api import house_of
from hercules.web.auth import LoginNeeded, PageCaller, gatekeeper

router = APIRouter(include_in_schema=False)


@router.get("/kb")
def search(request: Request, caller: PageCaller, q: str = "") -> Response:
    """The search box, or the list of all articles."""
    house = house_of(request)
    found = views.search(house, q[:200], 20, "") if q.strip() else views.NOTHING
    with house.db.read() as conn:
        total = articles.count(conn)
        everything = [] if q.strip() else sorted(articles.all_articles(conn), key=lambda each: each.title)
    values = {
        "q": q[:200],
        "hits": views.shown_hits(house, found),
        "meant": found.meant,
        "total": total,
        "all": everything[:500],
    }
    page: Response = request.app.state.pages.show("kb.html", caller, values, here="kb")
    return page


@router.get("/kb/{key:path}")
def article(request: Request, key: str) -> Response:
    """One article; a public one may be read by everybody, for replies link to it."""
    house = house_of(request)
    caller = gatekeeper(request).caller(request)
    with house.db.read() as conn:
        found = articles.by_key(conn, house.desk_ids | {"*"}, key)
    public = found is not None and found.audience == "public" and found.status == "published"
    if not public and caller is None:
        raise LoginNeeded
    if found is None:
        raise NotFound(f"there is no article {key!r}")
    values = {"article": found, "html": to_html(found)}
    page: Response = request.app.state.pages.show("article.html", caller, values, here="kb")
    return page
