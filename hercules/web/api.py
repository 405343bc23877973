"""The JSON API: tickets with their suggestions, reviews, reports, actives and search."""

from __future__ import annotations

import json
from typing import cast, get_args

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from hercules import posting, views
from hercules.codec import to_plain
from hercules.house import House
from hercules.kb.box import snippet
from hercules.model import Hit, NotFound, RejectReason, Review, ReviewVerdict
from hercules.reports.table import to_csv, to_json
from hercules.store import suggestions, tickets
from hercules.text import whole
from hercules.web import facets
from hercules.web.auth import NAME_MAX_CHARS, ApiCaller, person_name
from hercules.web.bodies import BadBody, json_body, text_field

router = APIRouter(prefix="/api", tags=["api"])
VERSION_MAX = 10**9
UNITS = ("customer", "organisation")


def _json_body(needed: str, **properties: object) -> dict[str, object]:
    """How a JSON body with one needed field is told in the API's description."""
    schema = {"type": "object", "required": [needed], "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_REVIEW_BODY = _json_body(
    "verdict",
    verdict={"enum": list(get_args(ReviewVerdict))},
    text={"type": "string", "description": "the reply in your words, with edit"},
    reason={"enum": list(get_args(RejectReason)), "description": "with reject"},
    version={"type": "integer", "description": "the version you looked at"},
    reviewer={"type": "string", "description": "who reviews; else the token's name"},
)
_ACTIVES_BODY = _json_body(
    "segments",
    unit={"enum": list(UNITS)},
    source={"type": "string"},
    segments={
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"segment": {"type": "string"}, "count": {"type": "integer"}},
        },
    },
)


def house_of(request: Request) -> House:
    """The house behind this app."""
    house: House = request.app.state.house
    return house


def answer_json(value: object, status: int = 200) -> Response:
    """A JSON answer of plain values that can always be encoded."""
    text = json.dumps(to_plain(value), ensure_ascii=False, allow_nan=False)
    return Response(whole(text).encode(), status, media_type="application/json")


@router.get("/tickets")
def get_ticket(request: Request, caller: ApiCaller, desk_id: str, ticket_id: str) -> Response:
    """One ticket with its suggestions, decision, review and what was posted; 404 until it was looked at."""
    house = house_of(request)
    with house.db.read() as conn:
        ticket = tickets.get(conn, desk_id, ticket_id)
        stored = suggestions.of_ticket(conn, desk_id, ticket_id)
        posts = views.posts_of(conn, desk_id, ticket_id)
        review = suggestions.review_of(conn, desk_id, stored.suggestion.suggestion_id) if stored else None
    if ticket is None or stored is None:
        raise NotFound(f"no suggestion for ticket {ticket_id!r} of desk {desk_id!r} yet")
    return answer_json(views.ticket(house, ticket, stored, posts, review))


@router.post("/suggestions/{suggestion_id}/review", openapi_extra=_REVIEW_BODY)
async def post_review(request: Request, caller: ApiCaller, suggestion_id: str) -> Response:
    """Approve, edit or reject a suggestion. A second review is 409 and tells the first outcome."""
    body = await json_body(request)
    given = read_review(request, body, caller.name)
    version = body.get("version")
    if version is not None and (type(version) is not int or not 0 <= version < VERSION_MAX):
        raise BadBody("version must be a whole number")
    told = await run_in_threadpool(posting.review, house_of(request), suggestion_id, given, version)
    return JSONResponse({"status": told.told, "queued": told.queued})


def read_review(request: Request, body: dict[str, object], name: str) -> Review:
    """The review that a body tells. Raises BadBody naming the field."""
    verdict = text_field(body, "verdict", 20)
    if verdict not in get_args(ReviewVerdict):
        raise BadBody(f"verdict must be one of {', '.join(get_args(ReviewVerdict))}")
    reason = text_field(body, "reason", 20, default="")
    if verdict == "reject" and reason not in get_args(RejectReason):
        raise BadBody(f"reject needs a reason: one of {', '.join(get_args(RejectReason))}")
    text = text_field(body, "text", 20_000, default="")
    if verdict == "edit" and not text.strip():
        raise BadBody("edit needs a text")
    reviewer = person_name(text_field(body, "reviewer", NAME_MAX_CHARS, default=name)) or name
    return Review(cast(ReviewVerdict, verdict), reviewer, house_of(request).clock(), text, reason)


@router.post("/desks/{desk_id}/try")
def try_desk(request: Request, caller: ApiCaller, desk_id: str) -> Response:
    """Ask a desk again now that is left alone, and do what waits for it."""
    return JSONResponse({"status": "tried", "waiting": posting.try_desk(house_of(request), desk_id)})


@router.put("/actives/{desk_id}/{period}", openapi_extra=_ACTIVES_BODY)
async def put_actives(request: Request, caller: ApiCaller, desk_id: str, period: str) -> Response:
    """Say how many customers were active in a period: the denominator of the contact index."""
    body = await json_body(request)
    segments = body.get("segments")
    if not isinstance(segments, list) or not segments:
        raise BadBody("segments must be a list of {segment, count}")
    unit = text_field(body, "unit", 20, default="customer")
    if unit not in UNITS:
        raise BadBody(f"unit must be one of {', '.join(UNITS)}")
    source = text_field(body, "source", 80, default="api")
    counts = [_segment(each) for each in segments]
    put = views.put_actives
    await run_in_threadpool(put, house_of(request), desk_id, period, unit, source, counts, caller.name)
    return JSONResponse({"status": "stored"})


def _segment(value: object) -> tuple[str, int]:
    if not isinstance(value, dict):
        raise BadBody("a segment must be an object {segment, count}")
    count = value.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 10**12:
        raise BadBody("count must be a whole number of 0 or more")
    return text_field(value, "segment", 80, default="all"), count


@router.get("/reports/{name}")
def get_report(
    request: Request, caller: ApiCaller, name: str, desk_id: str, period: str = "", format: str = "json"
) -> Response:
    """A report as JSON or CSV; numbers that cannot be computed are null with a reason."""
    table = views.report(house_of(request), name, desk_id, period)
    if format == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{table.name}.csv"'}
        return Response(to_csv(table), media_type="text/csv; charset=utf-8", headers=headers)
    return Response(to_json(table), media_type="application/json")


@router.get("/search")
def get_search(
    request: Request,
    caller: ApiCaller,
    q: str,
    limit: int = 10,
    product: str = "",
    version: str = "",
    source: str = "",
    age: str = "",
) -> Response:
    """Articles that share the words of `q`, with what they matched, and how filters would part them."""
    house = house_of(request)
    found = views.search(house, q, facets.SEARCHED, product)
    chosen = facets.chosen_of({"version": version, "source": source, "age": age})
    pages, filters = facets.narrowed(views.pages_of(house, found), q[:200], chosen, house.clock())
    hits = [
        {
            **_plain_hit(hit),
            "snippet": "".join(text for text, _ in snippet(pages[hit.article_id], found.terms)),
        }
        for hit in found.hits
        if hit.article_id in pages
    ]
    counts = {facet.name: {each.value: each.count for each in facet.choices} for facet in filters}
    told = {"hits": hits[: min(max(limit, 1), facets.SEARCHED)], "filters": counts}
    return answer_json({**told, "did_you_mean": list(found.meant)})


def _plain_hit(hit: Hit) -> dict[str, object]:
    return cast(dict[str, object], to_plain(hit))
