"""Zammad's REST API as far as tickets and articles go: search in pages, articles, files, notes that mail."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from ..servers import Asked
from .server import Answered, VendorFake, Written, path_of, query_of

TOKEN = "canary-of-the-zammad-desk-0123456789"
BOT = "hercules@zammad.example.com"
BOT_ID = 70
LOG = b"2026-10-03 11:22:32,500 ERROR [pool-3-thread-7] disk quota of vol17 exceeded for volume\n"
_SINCE = re.compile(r"updated_at:\[(\S+) TO \*\]")
_ARTICLES = re.compile(r"/api/v1/ticket_articles/by_ticket/([0-9]+)")
_FILE = re.compile(r"/api/v1/ticket_attachment/([0-9]+)/([0-9]+)/([0-9]+)")
_ONE = re.compile(r"/api/v1/(tickets|ticket_articles)/([0-9]+)")


def ticket(number: int, **more: Any) -> dict[str, Any]:
    """A ticket as `expand=true` shows it: names in the place of records."""
    return {
        "id": number,
        "number": f"100{number}",
        "title": "The shop does not start",
        "group_id": 1,
        "group": "Users",
        "state_id": 2,
        "state": "open",
        "customer_id": 8,
        "customer": "c8@example.com",
        "article_count": 1,
        "close_at": None,
        "last_close_at": None,
        "created_at": "2026-01-02T03:00:00.000Z",
        "updated_at": "2026-01-02T03:00:00.000Z",
        **more,
    }


def article(article_id: int, ticket_id: int, **more: Any) -> dict[str, Any]:
    """An article as `expand=true` shows it."""
    return {
        "id": article_id,
        "ticket_id": ticket_id,
        "type": "email",
        "sender": "Customer",
        "content_type": "text/html",
        "body": "It says <b>ERROR</b> boom.",
        "internal": False,
        "created_by_id": 8,
        "created_by": "c8@example.com",
        "created_at": "2026-01-02T03:00:00.000Z",
        "updated_at": "2026-01-02T03:00:00.000Z",
        "attachments": [],
        **more,
    }


def moment(text: str) -> datetime:
    """A time as Zammad writes it."""
    return datetime.fromisoformat(text)


class ZammadFake(VendorFake):
    """Tickets with their articles. With `searches` off it is one without Elasticsearch."""

    page_most = 200

    def __init__(self) -> None:
        super().__init__()
        self.tickets: list[dict[str, Any]] = [ticket(1)]
        self.articles: list[dict[str, Any]] = [article(1, 1)]
        self.searches = True
        self.mails: list[str] = []

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        path, query = path_of(asked), query_of(asked)
        if asked.headers.get("authorization") != f"Token token={TOKEN}":
            return Answered(401, {"error": "Invalid token"})
        if asked.method == "POST":
            return self._write(asked, path)
        if path == "/api/v1/users/me":
            return Answered(200, {"id": BOT_ID, "login": BOT, "email": BOT, "role_ids": [2]})
        if path == "/api/v1/tickets":
            return self._page(query, [self._shown(each) for each in self.tickets], 100)
        if path == "/api/v1/tickets/search":
            return self._page(query, [self._shown(each) for each in self._found(query)], 50)
        return self._one(path)

    def _one(self, path: str) -> Answered:
        if found := _ARTICLES.fullmatch(path):
            return Answered(200, [each for each in self.articles if each["ticket_id"] == int(found[1])])
        if found := _FILE.fullmatch(path):
            known = [each for each in self.articles if each["id"] == int(found[2])]
            return Answered(200, LOG) if known else Answered(403, {"error": "Not authorized"})
        kept = {"tickets": [self._shown(each) for each in self.tickets], "ticket_articles": self.articles}
        whole = _ONE.fullmatch(path)
        one = [each for each in kept[whole[1]] if each["id"] == int(whole[2])] if whole else []
        return Answered(200, one[0]) if one else Answered(404, {"error": "Not found"})

    def _shown(self, ticket: dict[str, Any]) -> dict[str, Any]:
        """A ticket with the ids of its articles."""
        ids = [each["id"] for each in self.articles if each["ticket_id"] == ticket["id"]]
        return {**ticket, "article_ids": ids, "article_count": len(ids)}

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        if not self.searches:
            return []
        since = _SINCE.fullmatch(query["query"])
        found = [
            each for each in self.tickets if since is None or moment(each["updated_at"]) >= moment(since[1])
        ]
        found.sort(key=lambda each: str(each[query.get("sort_by", "updated_at")]))
        return found if query.get("order_by") == "asc" else found[::-1]

    def _page(self, query: dict[str, str], items: list[dict[str, Any]], usual: int) -> Answered:
        size = min(int(query.get("per_page", usual)), self.page_most)
        start = (int(query.get("page", "1")) - 1) * size
        return Answered(200, items[start : start + size])

    def _write(self, asked: Asked, path: str) -> Answered:
        said = asked.json
        if path != "/api/v1/ticket_articles" or not isinstance(said.get("ticket_id"), int):
            return Answered(422, {"error": "Missing required value"})
        if said["type"] != "note":
            self.mails.append(said["body"])
        made = self._add(
            said["ticket_id"],
            said["body"],
            type=said["type"],
            internal=said["internal"],
            sender="Agent",
            created_by_id=BOT_ID,
            created_by=BOT,
        )
        ticket_id = str(said["ticket_id"])
        self.posts.append(Written(ticket_id, said["body"], not said["internal"], BOT, str(made["id"])))
        return Answered(201, made)

    def _add(self, ticket_id: int, body: str, **more: Any) -> dict[str, Any]:
        made = article(len(self.articles) + 1, ticket_id, body=body, **more)
        self.articles.append(made)
        return made

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment."""
        self._add(int(ticket_id), text)
