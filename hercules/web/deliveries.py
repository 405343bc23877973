"""The page of deliveries: what came, what could not be read, and running it again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from hercules.house import House
from hercules.model import NotFound
from hercules.store import inbox, outbox
from hercules.web.api import house_of
from hercules.web.auth import PageCaller, gatekeeper
from hercules.web.bodies import form_body

router = APIRouter(include_in_schema=False)


@router.get("/deliveries")
def show(request: Request, caller: PageCaller) -> Response:
    """The newest deliveries, those that need a person first."""
    house = house_of(request)
    with house.db.read() as conn:
        stuck = inbox.list_some(conn, house.desk_ids, ("unreadable", "dead"), 100)
        rows = inbox.list_some(conn, house.desk_ids, ("new", "leased", "retry", "done"), 100)
        counts = inbox.states(conn, house.desk_ids)
        posts = outbox.list_some(conn, house.desk_ids, ("unknown", "dead"), 100)
    values = {"rows": [*stuck, *rows], "counts": counts, "posts": posts}
    page: Response = request.app.state.pages.show("deliveries.html", caller, values, here="deliveries")
    return page


@router.post("/deliveries/retry")
async def retry(request: Request, caller: PageCaller) -> Response:
    """Run a delivery again that could not be read."""
    form = await form_body(request)
    gatekeeper(request).check_form(request, caller, "retry", form.get("csrf", ""))
    house = house_of(request)
    desk_id, delivery_id = form.get("desk_id", ""), form.get("delivery_id", "")
    await run_in_threadpool(_again, house, desk_id, delivery_id)
    return RedirectResponse("/deliveries", 303)


def _again(house: House, desk_id: str, delivery_id: str) -> None:
    if not house.db.do(lambda conn: inbox.again(conn, desk_id, delivery_id)):
        raise NotFound("no such delivery waits to be run again")
    house.bell.ring()
