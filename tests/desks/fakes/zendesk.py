"""Zendesk's ticketing API as far as tickets go: comments, audits, the incremental export, who we are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..servers import Asked
from .server import Answered, VendorFake, Written, basic, path_of, query_of

EMAIL = "hercules@acme.example"
TOKEN = "zd0canary0api0token"
BOT, CUSTOMER, AGENT = 900, 7, 42
LOG = b"2026-01-02 ERROR disk quota of vol17 exceeded\n"
Plain = dict[str, Any]
_TICKET = re.compile(r"/api/v2/tickets/([0-9]+)(?:/(comments|audits))?")
_USERS: tuple[Plain, ...] = (
    {"id": BOT, "name": "Hercules", "email": EMAIL, "role": "agent"},
    {"id": CUSTOMER, "name": "Ada", "email": "ada@customer.example", "role": "end-user"},
    {"id": AGENT, "name": "Grace", "email": "grace@acme.example", "role": "agent"},
)


def ticket(number: int, **more: Any) -> Plain:
    """A ticket as the API shows it."""
    return {
        "id": number,
        "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json",
        "subject": "The shop does not start",
        "description": "It says ERROR boom.",
        "requester_id": CUSTOMER,
        "submitter_id": CUSTOMER,
        "status": "new",
        "type": "problem",
        "tags": ["shop"],
        "custom_fields": [{"id": 31, "value": "shop"}, {"id": 32, "value": "2.4.1"}],
        "satisfaction_rating": {"score": "unoffered"},
        "created_at": "2026-01-02T03:00:00Z",
        "updated_at": "2026-01-02T03:00:00Z",
        **more,
    }


def comment(number: int, author: int, text: str, *, public: bool = True, **more: Any) -> Plain:
    """A comment as the API shows it."""
    return {
        "id": number,
        "type": "Comment",
        "author_id": author,
        "body": text,
        "html_body": f'<div class="zd-comment">{text}</div>',
        "plain_body": text,
        "public": public,
        "attachments": [],
        "created_at": "2026-01-02T03:00:00Z",
        **more,
    }


def status_change(before: str, after: str, at: str, author: int = AGENT) -> Plain:
    """An audit that changed the state."""
    event = {"id": 1, "type": "Change", "field_name": "status", "value": after, "previous_value": before}
    return {"id": int(at[-3:-1]) + 5000, "created_at": at, "author_id": author, "events": [event]}


class ZendeskFake(VendorFake):
    """An account with one ticket. Lists come in pages of `page_most`; a PUT may hold a comment only."""

    ticket_id = "1"
    page_most = 100

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, Plain] = {1: ticket(1)}
        self.comments: dict[int, list[Plain]] = {1: [comment(100, CUSTOMER, "It says ERROR boom.")]}
        self.audits: dict[int, list[Plain]] = {}
        self.me: Plain = dict(_USERS[0])
        self.files: dict[str, Callable[[], Answered]] = {}
        self._last_id = 1000

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        path, query = path_of(asked).removesuffix(".json"), query_of(asked)  # both forms are taken
        if path.startswith("/attachments/"):
            return self.files.get(path, lambda: Answered(200, LOG))()
        if asked.headers.get("authorization") != basic(f"{EMAIL}/token", TOKEN):
            anonymous = {"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}
            return Answered(200, anonymous) if path == "/api/v2/users/me" else Answered(401, {"error": "no"})
        if path == "/api/v2/users/me":
            return Answered(200, {"user": self.me})
        if path == "/api/v2/incremental/tickets/cursor":
            return self._export(query)
        if path == "/api/v2/tickets":
            return self._page(path, query, "tickets", list(self.tickets.values()))
        return self._one(asked, path, query)

    def _one(self, asked: Asked, path: str, query: dict[str, str]) -> Answered:
        found = _TICKET.fullmatch(path)
        number = int(found[1]) if found else 0
        if found is None or number not in self.tickets:
            return Answered(404, {"error": "RecordNotFound"})
        if asked.method == "PUT":
            return self._write(number, asked.json)
        if found[2] is None:
            return Answered(200, {"ticket": self.tickets[number]})
        kept = self.comments if found[2] == "comments" else self.audits
        items = list(kept.get(number, []))
        return self._page(path, query, found[2], items[::-1] if query.get("sort") == "-created_at" else items)

    def _page(self, path: str, query: dict[str, str], name: str, items: list[Plain]) -> Answered:
        size = min(int(query.get("page[size]", "100")), self.page_most)
        start = int(query.get("page[after]", "0"))
        more = start + size < len(items)
        rest = "&".join(f"{key}={value}" for key, value in {**query, "page[after]": start + size}.items())
        cursors = {"after_cursor": str(start + size) if more else None, "before_cursor": None}
        said: Plain = {name: items[start : start + size], "meta": {"has_more": more, **cursors}}
        said["links"] = {"next": f"{self.url}{path}?{rest}" if more else None}
        if query.get("include") == "users":
            said["users"] = list(_USERS)
        return Answered(200, said)

    def _export(self, query: dict[str, str]) -> Answered:
        """The tickets changed since the start, in pages whose end is told."""
        began, _, skipped = query.get("cursor", f"{query.get('start_time', '0')}.0").partition(".")
        start, skip = int(began), int(skipped)
        fresh = [each for each in self.tickets.values() if _epoch(each["updated_at"]) >= start]
        after = skip + self.page_most
        cursor = f"{start}.{after}"
        url = f"{self.url}/api/v2/incremental/tickets/cursor.json?cursor={cursor}"
        ended = after >= len(fresh)
        said = {
            "tickets": fresh[skip:after],
            "after_url": url,
            "after_cursor": cursor,
            "end_of_stream": ended,
        }
        return Answered(200, said)

    def _write(self, number: int, body: Plain) -> Answered:
        if set(body) != {"ticket"} or set(body["ticket"]) - {"id"} != {"comment"}:
            return Answered(422, {"error": "RecordInvalid"})
        if self.tickets[number]["status"] == "closed":
            return Answered(422, {"error": "RecordInvalid", "description": "Ticket is closed"})
        said = body["ticket"]["comment"]
        made = self._add(number, BOT, said["html_body"], bool(said["public"]))
        self.posts.append(
            Written(str(number), said["html_body"], bool(said["public"]), str(BOT), str(made["id"]))
        )
        events = [{"id": made["id"], "type": "Comment", "author_id": BOT, "public": said["public"]}]
        return Answered(200, {"ticket": self.tickets[number], "audit": {"id": 77, "events": events}})

    def _add(self, number: int, author: int, text: str, public: bool) -> Plain:
        self._last_id += 1
        made = comment(self._last_id, author, text, public=public, created_at="2026-01-02T03:04:05Z")
        self.comments.setdefault(number, []).append(made)
        return made

    def say(self, ticket_id: str, text: str) -> None:
        """A customer comments."""
        self._add(int(ticket_id), CUSTOMER, text, public=True)


def _epoch(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
