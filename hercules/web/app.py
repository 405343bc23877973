"""The FastAPI app: pages, JSON API and health, with the webhook door mounted beside them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from hercules import __version__
from hercules.house import House
from hercules.model import Conflict, HerculesError, NotFound, Overloaded
from hercules.store import inbox, outbox, suggestions
from hercules.store.keys import own_key
from hercules.web import api, articles, deliveries, reports, review
from hercules.web.auth import Gatekeeper, LoginNeeded, NotAllowed
from hercules.web.hooks import Door
from hercules.web.pages import HERE, Pages


def make_app(house: House) -> FastAPI:
    """The whole web face of a house. No middleware stands before the door."""
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
    app.mount("/hooks", Door(house))
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    for room in (review, reports, articles, deliveries, api):
        app.include_router(room.router)
    _add_health(app, house)
    _add_docs(app)
    _add_errors(app)
    return app


def _add_health(app: FastAPI, house: House) -> None:
    @app.get("/healthz", tags=["health"])
    def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok", "version": __version__}

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


def _add_errors(app: FastAPI) -> None:
    def plain(request: Request) -> bool:
        return request.url.path.startswith(("/api/", "/hooks")) or "authorization" in request.headers

    def tell(request: Request, status: int, title: str, text: str) -> Response:
        if plain(request):
            return JSONResponse({"error": text}, status)
        keeper: Gatekeeper = request.app.state.gatekeeper
        pages: Pages = request.app.state.pages
        return pages.told(keeper.caller(request), title, text, status, "/review")

    @app.exception_handler(LoginNeeded)
    async def login_needed(request: Request, error: LoginNeeded) -> Response:
        return RedirectResponse(f"/login?next={request.url.path}", 303)

    @app.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        return await run_in_threadpool(tell, request, error.status, "Not allowed", error.told)

    @app.exception_handler(HerculesError)
    async def ours(request: Request, error: HerculesError) -> Response:
        kinds: tuple[tuple[type[HerculesError], int, str], ...] = (
            (NotFound, 404, "Not found"),
            (Conflict, 409, "Done already"),
            (Overloaded, 503, "Too busy"),
        )
        for kind, status, title in kinds:
            if isinstance(error, kind):
                return await run_in_threadpool(tell, request, status, title, str(error))
        return await run_in_threadpool(tell, request, 422, "That does not work", str(error))

    @app.exception_handler(HTTPException)
    async def plain_error(request: Request, error: HTTPException) -> Response:
        title = "Not found" if error.status_code == 404 else "That does not work"
        return await run_in_threadpool(tell, request, error.status_code, title, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        """What is wrong and where; what was sent is never echoed, it may be hostile or secret."""
        found = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        return JSONResponse({"error": "; ".join(found)[:2000]}, 422)
