"""The comment APIs of GitLab and Freshdesk, in pages with `Link`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ..servers import Asked
from .server import Answered, VendorFake, Written, path_of, query_of

GITLAB_TOKEN = "glpat-canary0of0the0gitlab0desk"
FRESHDESK_KEY = "Basic Y2FuYXJ5LW9mLXRoZS1mcmVzaGRlc2s6WA=="
BOT = 77
CUSTOMER = 51


def tables(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as the tables they stand for, as `hercules.toml` has them."""
    found: dict[str, Any] = {}
    for dotted, value in values.items():
        *path, last = dotted.split(".")
        table = found
        for name in path:
            table = table.setdefault(name, {})
        table[last] = list(value) if isinstance(value, tuple) else value
    return found


class Comments(VendorFake):
    """Comments of one ticket. A vendor says how it is asked and what a comment looks like."""

    credential: ClassVar[tuple[str, str]]
    writes_at: ClassVar[re.Pattern[str]]
    lists_at: ClassVar[re.Pattern[str]]
    page_usual = 30

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[dict[str, Any]] = []

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        header, value = self.credential
        if asked.headers.get(header) != value:
            return Answered(401, {"message": "401 Unauthorized"})
        if asked.method == "POST":
            return self._write(asked)
        found = self.lists_at.fullmatch(path_of(asked))
        if found is None or found[1] != self.ticket_id:
            return Answered(404, {"message": "404 Not Found"})
        return self._page(path_of(asked), query_of(asked))

    def _page(self, path: str, query: dict[str, str]) -> Answered:
        size = min(int(query.get("per_page", self.page_usual)), 100)
        page = int(query.get("page", "1"))
        items = self.comments[::-1] if query.get("sort") == "desc" else self.comments
        headers = {}
        if page * size < len(items):
            rest = "&".join(f"{name}={value}" for name, value in {**query, "page": str(page + 1)}.items())
            headers["link"] = f'<{self.url}{path}?{rest}>; rel="next", <{self.url}{path}>; rel="first"'
        return Answered(200, items[(page - 1) * size : page * size], headers)

    def _write(self, asked: Asked) -> Answered:
        found = self.writes_at.fullmatch(path_of(asked))
        if found is None or found[1] != self.ticket_id:
            return Answered(404, {"message": "404 Not Found"})
        said = asked.json
        public = self.is_public(path_of(asked), said)
        made = self._add(said["body"], BOT, public)
        self.posts.append(Written(found[1], said["body"], public, str(BOT), str(made["id"])))
        return Answered(201, made)

    def _add(self, text: str, author: int, public: bool) -> dict[str, Any]:
        made = {"id": 900 + len(self.comments), "body": text, **self.shown(author, public)}
        self.comments.append(made)
        return made

    def is_public(self, path: str, said: dict[str, Any]) -> bool:
        """Whether the customer sees what is written."""
        raise NotImplementedError

    def shown(self, author: int, public: bool) -> dict[str, Any]:
        """Author and visibility as the vendor shows them."""
        raise NotImplementedError

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment."""
        self._add(text, CUSTOMER, public=True)


class GitLabFake(Comments):
    """Notes of issue 23 of project 42."""

    ticket_id = "23"
    credential = ("private-token", GITLAB_TOKEN)
    writes_at = lists_at = re.compile(r"/api/v4/projects/42/issues/([^/]+)/notes")

    def is_public(self, path: str, said: dict[str, Any]) -> bool:
        """Notes are public but for those that say they are internal."""
        return not said.get("internal", False)

    def shown(self, author: int, public: bool) -> dict[str, Any]:
        """As the notes API does."""
        return {"author": {"id": author, "username": "x"}, "internal": not public, "system": False}


class FreshdeskFake(Comments):
    """The conversation of ticket 17."""

    ticket_id = "17"
    credential = ("authorization", FRESHDESK_KEY)
    writes_at = re.compile(r"/api/v2/tickets/([^/]+)/(?:notes|reply)")
    lists_at = re.compile(r"/api/v2/tickets/([^/]+)/conversations")

    def is_public(self, path: str, said: dict[str, Any]) -> bool:
        """Notes are private but for those that say they are not; a reply is mailed."""
        return path.endswith("/reply") or not said.get("private", True)

    def shown(self, author: int, public: bool) -> dict[str, Any]:
        """As the conversations API does."""
        times = dict.fromkeys(("created_at", "updated_at"), "2026-01-02T03:04:05Z")
        told = {"private": not public, "incoming": author == CUSTOMER, "ticket_id": int(self.ticket_id)}
        return {"user_id": author, **told, **times}
