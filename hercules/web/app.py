"""The FastAPI app: pages, JSON API and health, with the webhook door mounted beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from hercules import __version__
from hercules.house import House
from hercules.model import Conflict, HerculesError, NotFound, Overloaded, StoreError
from hercules.store import inbox, outbox, suggestions
from hercules.store.keys import own_key
from hercules.web import api, articles, deliveries, reports, review, rules
from hercules.web.auth import Caller, Gatekeeper, LoginNeeded, NotAllowed
from hercules.web.bodies import BadBody
from hercules.web.headers import SafeHeaders
from hercules.web.hooks import Door
from hercules.web.pages import HERE, Pages

_TITLES = {
    401: "Not allowed",
    403: "Not allowed",
    404: "Not found",
    409: "Done already",
    429: "Too many tries",
    503: "Too busy",
}


def make_app(house: House) -> FastAPI:
    """The whole web face of a house. The one middleware lets the door pass by."""
    app = FastAPI(
        title="Hercules",
        version=__version__,
        description="Suggests answers to support tickets from the logs attached to them.",
        docs_url=None,  # the usual page loads its scripts from elsewhere; ours is rendered here
        redoc_url=None,
    )
    keeper = Gatekeeper(house, own_key(house.data, "forms"))
    app.state.house = house
    app.state.gatekeeper = keeper
    app.state.pages = Pages(house, keeper)
    app.add_middleware(SafeHeaders)
    app.state.door = Door(house)
    app.mount("/hooks", app.state.door)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    for room in (review, reports, rules, articles, deliveries, api):
        app.include_router(room.router)
    _add_health(app, house)
    _add_docs(app)
    _add_errors(app)
    return app


def _add_health(app: FastAPI, house: House) -> None:
    @app.head("/healthz", include_in_schema=False)  # many watchers ask so
    @app.get("/healthz", tags=["health"])
    def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok", "version": __version__}

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", tags=["health"])
    def readyz() -> Response:
        """The database takes writes and the index can be asked."""
        trouble = house.db.trouble()
        told = {
            "status": "no" if trouble else "ok",
            "database": trouble or "ok",
            "articles": house.index.stats().articles,
            "rules": len(house.rulesets.now.rules),
        }
        return JSONResponse(told, 503 if trouble else 200)

    @app.get("/metrics", tags=["health"])
    def metrics() -> Response:
        """Counters for Prometheus."""
        _refresh_gauges(house)
        return PlainTextResponse(house.metrics.text(), media_type="text/plain; version=0.0.4")


def _add_docs(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        """The JSON API, rendered from its own description; it works without any network."""
        keeper: Gatekeeper = request.app.state.gatekeeper
        pages: Pages = request.app.state.pages
        return pages.show(
            "docs.html", keeper.caller(request), {"calls": calls_of(app.openapi())}, here="docs"
        )


def calls_of(description: dict[str, Any]) -> list[dict[str, object]]:
    """The calls of an OpenAPI description as the page shows them."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "told": call.get("description", call.get("summary", "")),
            "parameters": call.get("parameters", []),
            "body": _body_of(call),
        }
        for path, calls in description["paths"].items()
        for method, call in calls.items()
    ]


def _body_of(call: dict[str, Any]) -> str:
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    return json.dumps(content["schema"], indent=2) if "schema" in content else ""


def _refresh_gauges(house: House) -> None:
    with house.db.read() as conn:
        house.metrics.inbox_depth.set(inbox.pending(conn))
        oldest = inbox.oldest(conn)
        age = (house.clock() - oldest).total_seconds() if oldest else 0.0
        house.metrics.inbox_oldest.set(max(0.0, age))
        house.metrics.outbox_unknown.set(outbox.states(conn, house.desk_ids)["unknown"])
        house.metrics.reviews_waiting.set(suggestions.waiting(conn, house.desk_ids))


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/hooks")) or "authorization" in request.headers


def _who(request: Request) -> Caller | None:
    """The caller, None also when the database cannot tell now: an error page must not fail itself."""
    keeper: Gatekeeper = request.app.state.gatekeeper
    try:
        return keeper.caller(request)
    except HerculesError:
        return None


def _tell(request: Request, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as JSON for programs and as a page for people."""
    if _wants_json(request):
        response: Response = JSONResponse({"error": text}, status)
    else:
        pages: Pages = request.app.state.pages
        title = _TITLES.get(status, "That does not work")
        response = pages.told(_who(request), title, text, status, "/review")
    response.headers.update(headers or {})
    return response


def _of_ours(error: HerculesError) -> tuple[int, dict[str, str]]:
    """Status and headers for one of our own errors."""
    if isinstance(error, BadBody):
        # The rest of a body that is not wanted would be read as the next request.
        return error.status, {} if error.status == 422 else {"Connection": "close"}
    if isinstance(error, Overloaded):
        return 503, {"Retry-After": str(int(error.retry_after_s))}
    kinds: tuple[tuple[type[HerculesError], int], ...] = ((NotFound, 404), (Conflict, 409), (StoreError, 503))
    return next((status for kind, status in kinds if isinstance(error, kind)), 422), {}


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(LoginNeeded)
    async def login_needed(request: Request, error: LoginNeeded) -> Response:
        if request.method == "POST":
            return await review.log_in_again(request)
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303)

    @app.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return await run_in_threadpool(_tell, request, error.status, error.told, headers)

    @app.exception_handler(HerculesError)
    async def ours(request: Request, error: HerculesError) -> Response:
        status, headers = _of_ours(error)
        return await run_in_threadpool(_tell, request, status, str(error), headers)

    @app.exception_handler(HTTPException)
    async def plain_error(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers.setdefault("Allow", "GET, HEAD")  # static files do not say it
        return await run_in_threadpool(_tell, request, error.status_code, str(error.detail), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        """What is wrong and where; what was sent is never echoed, it may be hostile or secret."""
        found = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        return await run_in_threadpool(_tell, request, 422, "; ".join(found)[:2000])
