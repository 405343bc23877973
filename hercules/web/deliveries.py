"""The page of deliveries: how each desk stands, what came, what was not read or posted, and trying again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from hercules import posting
from hercules.house import House
from hercules.keeping import keep_body
from hercules.model import NotFound, Visibility
from hercules.recording import FOUND_HEADER
from hercules.store import desks, inbox, outbox
from hercules.store.desks import Pass, Refusals
from hercules.text import clean
from hercules.web.api import house_of
from hercules.web.arrivals import abouts
from hercules.web.auth import PageCaller, gatekeeper
from hercules.web.bodies import form_body

router = APIRouter(include_in_schema=False)

SHOWN_MAX = 100
WORDS = {"leased": "in hand", "sending": "in hand", "dead": "given up"}
BODY_CHARS = 60_000
Act = Literal["again", "there", "absent"]


@dataclass(frozen=True, slots=True)
class DeskLine:
    """How one desk stands: `until` is when it is asked again, None while it may be; `last` its last pass.

    `refused` tells of deliveries without a valid proof; `heard_at` is when the desk last sent a valid one.
    """

    desk_id: str
    kind: str
    hook: str
    asked: bool
    until: datetime | None
    why: str
    listed: bool
    last: Pass | None
    refused: Refusals | None
    heard_at: datetime | None


@router.get("/deliveries")
def show(request: Request, caller: PageCaller) -> Response:
    """How the desks stand and the newest deliveries, those that need a person first."""
    house = house_of(request)
    with house.db.read() as conn:
        stuck = inbox.list_some(conn, house.desk_ids, ("unreadable", "dead"), SHOWN_MAX)
        rows = inbox.list_some(conn, house.desk_ids, ("new", "leased", "retry", "done"), SHOWN_MAX)
        counts = inbox.states(conn, house.desk_ids)
        posts = outbox.list_some(
            conn, house.desk_ids, ("unknown", "dead", "retry", "waiting", "sending", "withdrawn"), SHOWN_MAX
        )
        about = abouts(house, conn, [*stuck, *rows])
        passes = desks.passes(conn, house.desk_ids)
        refused = desks.refusals(conn, house.desk_ids)
        heard = {each: inbox.last_from_desk(conn, each, FOUND_HEADER) for each in house.desk_ids}
    values = {
        "kept_days": f"{house.settings.keep.raw:g}",
        "desks": [_line(house, desk_id, passes, refused, heard) for desk_id in sorted(house.desks)],
        "rows": [*stuck, *rows],
        "counts": counts,
        "posts": sorted(posts, key=lambda post: post.state not in ("unknown", "dead")),
        "abouts": about,
        "found": FOUND_HEADER,
        "test": inbox.TEST_WHY,
        "words": WORDS,
    }
    page: Response = request.app.state.pages.show("deliveries.html", caller, values, here="deliveries")
    return page


def _line(
    house: House,
    desk_id: str,
    passes: Mapping[str, Pass],
    refused: Mapping[str, Refusals],
    heard: Mapping[str, datetime | None],
) -> DeskLine:
    state = house.breakers[desk_id].state
    common = house.desk_settings[desk_id]
    return DeskLine(
        desk_id,
        common.kind,
        house.hook(desk_id),
        state.phase == "closed",
        state.until if house.breakers[desk_id].wait_s() is not None else None,
        state.why,
        house.desks[desk_id].can_list and common.reconcile_every > 0,
        passes.get(desk_id),
        refused.get(desk_id),
        heard[desk_id],
    )


@router.get("/deliveries/one")
def show_one(request: Request, caller: PageCaller, desk_id: str = "", delivery_id: str = "") -> Response:
    """One delivery with its body, redacted and without its files."""
    house = house_of(request)
    if desk_id not in house.desks:
        raise NotFound("there is no such delivery")
    with house.db.read() as conn:
        row = inbox.get(conn, desk_id, delivery_id)
    if row is None:
        raise NotFound("there is no such delivery")
    body = clean(_indented(keep_body(row.body)))
    values = {"row": row, "body": body[:BODY_CHARS], "cut": len(body) > BODY_CHARS}
    values |= {"found": FOUND_HEADER, "words": WORDS}
    page: Response = request.app.state.pages.show("delivery.html", caller, values, here="deliveries")
    return page


def _indented(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


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


@router.post("/deliveries/try")
async def try_desk(request: Request, caller: PageCaller) -> Response:
    """Ask a desk again now that is left alone."""
    form = await form_body(request)
    gatekeeper(request).check_form(request, caller, "try", form.get("csrf", ""))
    await run_in_threadpool(posting.try_desk, house_of(request), form.get("desk_id", ""))
    return RedirectResponse("/deliveries", 303)


@router.post("/deliveries/post")
async def settle(request: Request, caller: PageCaller) -> Response:
    """Send a post again that was given up, or tell what became of one of unknown outcome."""
    form = await form_body(request)
    gatekeeper(request).check_form(request, caller, "post", form.get("csrf", ""))
    desk_id, ticket_id = form.get("desk_id", ""), form.get("ticket_id", "")
    kind: Visibility = "note" if form.get("kind") == "note" else "reply"
    acts: dict[str, Act] = {"again": "again", "there": "there", "absent": "absent"}
    act = acts.get(form.get("act", ""))
    if act is None:
        raise NotFound("there is no such thing to do")
    await run_in_threadpool(_settle, house_of(request), desk_id, kind, ticket_id, act)
    return RedirectResponse("/deliveries", 303)


def _settle(house: House, desk_id: str, kind: Visibility, ticket_id: str, act: Act) -> None:
    now = house.clock()
    if act == "again":
        done = house.db.do(lambda conn: outbox.again(conn, desk_id, kind, ticket_id, now))
    else:
        there = act == "there"
        done = house.db.do(lambda conn: outbox.resolve(conn, desk_id, kind, ticket_id, there, now))
    if not done:
        raise NotFound("no such post waits for a person")
    house.bell.ring()
