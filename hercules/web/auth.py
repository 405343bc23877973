"""Who asks: a session cookie for pages, a bearer token for the API, and form tokens against forgery."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request
from starlette.responses import Response

from hercules.house import House
from hercules.model import HerculesError
from hercules.store import people
from hercules.text import one_line

log = structlog.get_logger("hercules.auth")

API_NAME_HEADER = "x-hercules-reviewer"
NAME_MAX_CHARS = 80
TRIES_MAX = 20
TRIES_S = 900.0


class LoginNeeded(Exception):
    """A page was asked for without a session."""


class NotAllowed(Exception):
    """A request that must not be done: no token, a wrong one, or a forged form."""

    def __init__(self, told: str, status: int = 403) -> None:
        super().__init__(told)
        self.told = told
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request. `session_id` is '' for bearer tokens."""

    name: str
    role: str
    session_id: str = ""


class Gatekeeper:
    """Sessions and form tokens of one service. `secret` signs the form tokens."""

    def __init__(self, house: House, secret: bytes) -> None:
        self._house = house
        self._secret = secret
        self._failed: dict[str, list[float]] = {}

    @property
    def secure(self) -> bool:
        """True when people reach us by https, so that the cookie may not travel otherwise."""
        return self._house.base_url.startswith("https://") or self._house.settings.server.behind_proxy

    @property
    def cookie(self) -> str:
        """The session cookie's name; the `__Host-` prefix is only allowed with https."""
        return "__Host-hercules" if self.secure else "hercules"

    def caller(self, request: Request) -> Caller | None:
        """Who asks, by bearer token or session cookie; None for strangers."""
        header = request.headers.get("authorization", "")
        if header[:7].lower() == "bearer ":
            return self._by_token(header[7:].strip(), request)
        return self._by_session(request.cookies.get(self.cookie, ""))

    def _by_token(self, token: str, request: Request) -> Caller | None:
        with self._house.db.read() as conn:
            person = people.of_token(conn, token)
        if person is None:
            return None
        return Caller(_name_in(request) or person.name, person.role)

    def _by_session(self, session_id: str) -> Caller | None:
        if not session_id:
            return None
        now, limits = self._house.clock(), self._house.settings.session
        with self._house.db.read() as conn:
            row = people.of_session(conn, session_id, now, limits.idle, limits.absolute)
        if row is None:
            return None
        if row.stale:
            self._touch(session_id, now)
        return Caller(row.person.name, row.person.role, session_id)

    def _touch(self, session_id: str, now: datetime) -> None:
        try:
            self._house.db.do(lambda conn: people.touch(conn, session_id, now))
        except HerculesError as error:  # on a full disk pages are read all the same, and tell of it
            log.warning("session not renewed", why=str(error))

    def log_in(self, token: str, name: str, address: str) -> str | None:
        """A new session's id, None for a wrong token. Raises NotAllowed after too many tries."""
        now = self._house.clock()
        recent = [at for at in self._failed.get(address, ()) if now.timestamp() - at < TRIES_S]
        if len(recent) >= TRIES_MAX:
            raise NotAllowed("Too many wrong tokens from here; wait a quarter of an hour.", 429)
        started = self._house.db.do(lambda conn: people.start_session(conn, token, now, name))
        if started is None:
            self._failed[address] = [*recent, now.timestamp()]
            if len(self._failed) > 10_000:
                self._failed.clear()
        return started

    def log_out(self, session_id: str) -> None:
        """End a session."""
        self._house.db.do(lambda conn: people.end_session(conn, session_id))

    def set_cookie(self, response: Response, session_id: str) -> None:
        """Hand the session to the browser; Lax, because engineers arrive by links from their desk."""
        response.set_cookie(
            self.cookie, session_id, httponly=True, secure=self.secure, samesite="lax", path="/"
        )

    def form_token(self, caller: Caller, purpose: str) -> str:
        """What a form of this session and purpose must carry."""
        text = f"{caller.session_id}\x1f{purpose}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def check_form(self, request: Request, caller: Caller, purpose: str, token: str) -> None:
        """Raises NotAllowed unless the form came from our own page in this session."""
        self.check_origin(request)
        if not hmac.compare_digest(self.form_token(caller, purpose).encode(), token.encode()):
            raise NotAllowed("This form is out of date. Go back, reload the page and try again.")

    def check_origin(self, request: Request) -> None:
        """Raises NotAllowed for a form that another site sent."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            if site not in ("same-origin", "none"):
                raise NotAllowed("This form came from another site.")
            return
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
            raise NotAllowed("This form came from another site.")


def _name_in(request: Request) -> str:
    """The reviewer's name that a program tells, '' for none; UTF-8 as most send it, else Latin-1."""
    raw = request.headers.get(API_NAME_HEADER, "").encode("latin-1")
    try:
        return person_name(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return person_name(raw.decode("latin-1"))


def person_name(text: str) -> str:
    """A name on one line, without characters that cannot be seen."""
    return one_line(text)[:NAME_MAX_CHARS]


def gatekeeper(request: Request) -> Gatekeeper:
    """The gatekeeper of this app."""
    keeper: Gatekeeper = request.app.state.gatekeeper
    return keeper


def page_caller(request: Request) -> Caller:
    """The person looking at a page. Raises LoginNeeded for strangers."""
    found = gatekeeper(request).caller(request)
    if found is None or not found.session_id:
        raise LoginNeeded
    return found


def api_caller(request: Request) -> Caller:
    """The caller of the API: a bearer token, or a session for reading. Raises NotAllowed for strangers."""
    found = gatekeeper(request).caller(request)
    if found is None:
        raise NotAllowed("send the header Authorization: Bearer <admin token>", 401)
    if found.session_id and request.method not in ("GET", "HEAD"):
        raise NotAllowed("changes by the API need a bearer token; pages use their own forms")
    return found


PageCaller = Annotated[Caller, Depends(page_caller)]
ApiCaller = Annotated[Caller, Depends(api_caller)]
FormToken = Callable[[str], str]
