"""The pages where engineers work: log in, the list of suggestions, one ticket with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from hercules import posting, views
from hercules.answer.reply import NOT_SENT, left_out
from hercules.house import House
from hercules.keeping import TEXT_CHARS
from hercules.model import Evidence, Item, NotFound, RejectReason, Review, ReviewVerdict
from hercules.store import suggestions, tickets
from hercules.store.suggestions import ReviewRow, SuggestionRow
from hercules.store.tickets import ListedTicket, TicketFilter, TicketRow
from hercules.web.api import house_of
from hercules.web.auth import Caller, NotAllowed, PageCaller, gatekeeper, person_name
from hercules.web.bodies import BadBody, form_body

router = APIRouter(include_in_schema=False)

ROWS = 50
NEAR_LINES = 6
TEXT_MAX_CHARS = 20_000
TABS: tuple[tuple[TicketFilter, str], ...] = (
    ("waiting", "To review"),
    ("reviewed", "Reviewed"),
    ("trouble", "Trouble"),
    ("silent", "No answer"),
    ("all", "All"),
)


# --- logging in -----------------------------------------------------------------------------------------


@router.get("/")
def home(request: Request) -> Response:
    """The front door leads to the list."""
    return RedirectResponse("/review", 303)


@router.get("/login")
def login_form(request: Request, next: str = "/review") -> Response:
    """The form for the token and one's name."""
    return _login_page(request, {"next": next})


def _login_page(request: Request, form: Mapping[str, str], status: int = 200, **told: str) -> Response:
    """The form with what was given so far: `wrong`, and `lost` for what could not be done."""
    values = {
        "next": local_path(form.get("next", "")),
        "name": person_name(form.get("name", "")),
        "kept": form.get("kept", "")[:TEXT_MAX_CHARS],
        "wrong": "",
        "lost": "",
    }
    page: Response = request.app.state.pages.show("login.html", None, values | told, status=status)
    return page


async def log_in_again(request: Request) -> Response:
    """What a form of ours gets whose session has ended: what was written in it is handed back."""
    try:
        gatekeeper(request).check_origin(request)
        text = (await form_body(request)).get("text", "")
    except (NotAllowed, BadBody):  # nothing of ours
        text = ""
    path = request.url.path
    page = path if path.startswith("/review/") else "/deliveries" if path.startswith("/deliveries/") else ""
    lost = "You were logged out before this was done: nothing was sent or changed."
    return _login_page(request, {"next": page, "kept": text}, 401, lost=lost)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Open a session with the admin token."""
    keeper = gatekeeper(request)
    keeper.check_origin(request)
    form = await form_body(request)
    name = person_name(form.get("name", ""))
    address = request.client.host if request.client else ""
    started = None
    if name:
        started = await run_in_threadpool(keeper.log_in, form.get("token", "").strip(), name, address)
    if started is None:
        wrong = "This token is not known." if name else "Please tell your name."
        return _login_page(request, form, 401, wrong=wrong)
    response = RedirectResponse(local_path(form.get("next", "")), 303)
    keeper.set_cookie(response, started)
    return response


@router.post("/logout")
async def log_out(request: Request, caller: PageCaller) -> Response:
    """End the session."""
    keeper = gatekeeper(request)
    form = await form_body(request)
    keeper.check_form(request, caller, "logout", form.get("csrf", ""))
    await run_in_threadpool(keeper.log_out, caller.session_id)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(keeper.cookie, path="/")
    return response


def local_path(path: str) -> str:
    """A path of our own, whatever was asked for: never another site."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/review"


# --- the list -------------------------------------------------------------------------------------------


@router.get("/review")
def show_list(
    request: Request, caller: PageCaller, show: str = "waiting", q: str = "", page: int = 1
) -> Response:
    """Tickets with what was suggested, newest first."""
    house = house_of(request)
    which: TicketFilter = next((key for key, _ in TABS if key == show), "waiting")
    number = min(max(page, 1), 10_000)
    words = q[:200]
    with house.db.read() as conn:
        found = tickets.list_some(conn, house.desk_ids, which, words, ROWS + 1, (number - 1) * ROWS)
        counts = {key: tickets.count_some(conn, house.desk_ids, key) for key, _ in TABS}
        replied = tickets.count_some(conn, house.desk_ids, "replied")
        unseen = tickets.count_some(conn, house.desk_ids, "unanswered")
    values = {
        "rows": [_listed(each) for each in found[:ROWS]],
        "tabs": [{"key": key, "name": name, "count": counts[key]} for key, name in TABS],
        "counts": {
            "tickets": counts["all"],
            "answered": counts["all"] - counts["silent"] - unseen,
            "replied": replied,
        },
        "show": which,
        "q": words,
        "page": number,
        "has_more": len(found) > ROWS,
    }
    shown: Response = request.app.state.pages.show("list.html", caller, values, here="review")
    return shown


def _listed(each: ListedTicket) -> dict[str, object]:
    state = state_of(each)
    return {
        "suggestion_id": each.suggestion_id or "",
        "subject": each.ticket.subject,
        "desk_id": each.ticket.desk_id,
        "ticket_id": each.ticket.ticket_id,
        "first": each.title,
        "confidence": each.confidence,
        "why": each.reason if each.verdict in ("HOLD", "SILENT") else "",
        "state": state.text,
        "tone": state.tone,
        "opened_at": each.ticket.opened_at,
    }


@dataclass(frozen=True, slots=True)
class State:
    """Where a ticket stands, in words, with a tone for the eye."""

    text: str
    tone: str = ""


def state_of(each: ListedTicket) -> State:
    """Where a ticket stands: what waits for a person first, then what was sent."""
    if "unknown" in (each.note, each.reply):
        return State("posted? look at the desk", "bad")
    if "dead" in (each.note, each.reply):
        return State("could not be posted", "bad")
    if each.reply == "sent":
        return State("reply sent", "good")
    if each.reply:
        return State("reply on its way", "warn")
    if each.state in ("approved", "edited", "rejected"):
        return State(each.state, "good" if each.state != "rejected" else "")
    if each.state == "silent" or each.verdict == "SILENT":
        return State("no answer")
    if each.note == "sent":
        return State("note sent, to review", "warn")
    return State("to review", "warn") if each.suggestion_id else State("not looked at yet")


# --- one ticket -----------------------------------------------------------------------------------------


@router.get("/review/{suggestion_id}")
def show_ticket(request: Request, caller: PageCaller, suggestion_id: str) -> Response:
    """One ticket: suggestions with their evidence, the reply's draft and the review."""
    house = house_of(request)
    with house.db.read() as conn:
        stored = suggestions.find(conn, house.desk_ids, suggestion_id)
        if stored is None:
            raise NotFound("There is no such suggestion.")
        ticket = tickets.get(conn, stored.suggestion.desk_id, stored.suggestion.ticket_id)
        of_ticket = (stored.suggestion.desk_id, stored.suggestion.ticket_id)
        posts = views.posts_of(conn, *of_ticket)
        text = views.ticket_text(house, conn, stored)
        review = suggestions.review_of(
            conn, stored.suggestion.desk_id, suggestion_id, stored.suggestion.version
        )
    if ticket is None:
        raise NotFound("There is no such ticket.")
    values = _ticket_values(house, ticket, stored, review)
    values["text"], values["kept_chars"] = text, f"{TEXT_CHARS:,}"
    values["kept_days"] = f"{house.settings.keep.raw:g}"
    values["posts"] = [
        {"kind": post.kind, "state": views.POST_STATES[post.state], "key": post.key, "why": post.why}
        for post in posts
    ]
    page: Response = request.app.state.pages.show("ticket.html", caller, values, here="review")
    return page


def _ticket_values(
    house: House, ticket: TicketRow, stored: SuggestionRow, review: ReviewRow | None
) -> dict[str, object]:
    suggestion = stored.suggestion
    reason = posting.why_no_reply(house, ticket)
    return {
        "ticket": ticket,
        "ticket_link": ticket.url if ticket.url.startswith(("https://", "http://")) else "",
        "decision": stored.decision,
        "state": State(_state_words(stored), "good" if stored.state == "approved" else ""),
        "suggestion_id": suggestion.suggestion_id,
        "version": suggestion.version,
        "items": [_card(house, item) for item in suggestion.items],
        "seen": [_card(house, item) for item in suggestion.seen],
        "files": suggestion.files,
        "not_scanned": suggestion.not_scanned,
        "errors": suggestion.errors,
        "can_reply": not reason,
        "why_no_reply": reason,
        "left_out": left_out(suggestion),
        "draft": posting.draft(house, suggestion) if suggestion.items else "",
        "review": {"told": _reviewed(review)} if review else None,
    }


def _state_words(stored: SuggestionRow) -> str:
    words = {"open": "to review", "silent": "no answer", "edited": "approved with changes"}
    return words.get(stored.state, stored.state)


def _reviewed(row: ReviewRow) -> str:
    what = {"approve": "Approved", "edit": "Approved with changes", "reject": "Rejected"}[row.review.verdict]
    why = f" ({row.review.reason})" if row.review.reason else ""
    return f"{what} by {row.review.reviewer} at {row.review.at.strftime('%Y-%m-%d %H:%M')}{why}."


def _card(house: House, item: Item) -> dict[str, object]:
    return {
        "title": item.title,
        "link": article_path(item),
        "why": item.why,
        "message": item.message,
        "rule_id": item.rule_id,
        "rule_status": item.rule_status,
        "severity": item.severity,
        "confidence": item.confidence,
        "count": item.count,
        "first_at": item.first_at,
        "last_at": item.last_at,
        "not_sent": NOT_SENT if item.audience == "internal" else "",
        "unverified": item.unverified,
        "folded": item.folded,
        "blocks": [block_of(each) for each in item.evidence[:3]],
    }


def article_path(item: Item) -> str:
    """Where an engineer reads the article: our own page, which shows what was searched."""
    return f"/kb/{quote(item.article_id)}" if item.article_id else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; `marked` when it is what matched."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a log with its number; `hit` when it belongs to the event that matched."""

    number: int
    pieces: tuple[Piece, ...]
    hit: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A match within its neighbouring lines; `line` is where the matched text begins."""

    file: str
    line: int
    time: datetime | None
    captures: dict[str, str]
    lines: tuple[ShownLine, ...]
    near: tuple[ShownLine, ...]


def block_of(evidence: Evidence) -> Block:
    """An evidence as lines with numbers, the matched text marked."""
    rows: list[ShownLine] = []
    first = evidence.line - len(evidence.before)
    for offset, text in enumerate(evidence.before):
        rows.append(ShownLine(first + offset, (Piece(text, False),), False))
    hit = evidence.text.split("\n")
    start = 0
    for offset, text in enumerate(hit):
        pieces = pieces_of(text, [(a - start, b - start) for a, b in evidence.spans])
        rows.append(ShownLine(evidence.line + offset, pieces, True))
        start += len(text) + 1
    for offset, text in enumerate(evidence.after):
        rows.append(ShownLine(evidence.line + len(hit) + offset, (Piece(text, False),), False))
    low = max(len(evidence.before) - NEAR_LINES, 0)
    near = rows[low : len(evidence.before) + len(hit) + NEAR_LINES]
    line, _ = evidence.matched_line
    return Block(evidence.file, line, evidence.time, dict(evidence.captures), tuple(rows), tuple(near))


def pieces_of(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """A line cut at the ends of the spans (character offsets, may reach over the line's ends)."""
    pieces: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        low, high = max(start, at, 0), min(end, len(text))
        if high <= low:
            continue
        if low > at:
            pieces.append(Piece(text[at:low], False))
        pieces.append(Piece(text[low:high], True))
        at = high
    if at < len(text) or not pieces:
        pieces.append(Piece(text[at:], False))
    return tuple(pieces)


# --- reviewing ------------------------------------------------------------------------------------------


@router.post("/review/{suggestion_id}")
async def review(request: Request, caller: PageCaller, suggestion_id: str) -> Response:
    """Take the verdict of a form."""
    form = await form_body(request)
    gatekeeper(request).check_form(request, caller, f"review:{suggestion_id}", form.get("csrf", ""))
    await run_in_threadpool(_take, house_of(request), caller, suggestion_id, form)
    return RedirectResponse(f"/review/{suggestion_id}", 303)


def _take(house: House, caller: Caller, suggestion_id: str, form: dict[str, str]) -> None:
    verdict, version = form.get("verdict", ""), form.get("version", "")
    if verdict not in get_args(ReviewVerdict) or not version.isascii() or not version.isdigit():
        raise BadBody("This form is incomplete; go back, reload the page and try again.")
    reason = form.get("reason", "") if verdict == "reject" else ""
    if verdict == "reject" and reason not in get_args(RejectReason):
        raise BadBody("Go back and say why these answers do not help.")
    # Browsers send a line end as CR LF.
    text = form.get("text", "").replace("\r\n", "\n")[:TEXT_MAX_CHARS] if verdict != "reject" else ""
    if verdict == "edit" and not text.strip():
        raise BadBody("Go back and write the reply: an empty one cannot be sent.")
    verdict = _as_edit(house, suggestion_id, verdict, text)
    given = Review(cast(ReviewVerdict, verdict), caller.name, house.clock(), text, reason)
    posting.review(house, suggestion_id, given, int(version[:9]))


def _as_edit(house: House, suggestion_id: str, verdict: str, text: str) -> str:
    """An approval whose text was changed is an edit."""
    if verdict != "approve" or not text.strip():
        return verdict
    with house.db.read() as conn:
        stored = suggestions.find(conn, house.desk_ids, suggestion_id)
    if stored is None or _plain(text) == _plain(posting.draft(house, stored.suggestion)):
        return verdict
    return "edit"


def _plain(text: str) -> str:
    return " ".join(text.split())
