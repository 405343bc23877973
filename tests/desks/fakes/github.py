"""GitHub's REST API as far as issues go: lists in pages with `Link`, comments, history, rate limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ..servers import Asked
from .github_shapes import REPOSITORY, account, comment, issue, person, repository
from .server import Answered, VendorFake, Written, path_of, query_of

__all__ = ["BOT", "LOG", "REPOSITORY", "TOKEN", "GitHubFake", "issue", "moment", "person"]
TOKEN = "github_pat_canary0of0the0github0desk"
BOT = "hercules-bot"
LOG = b"2026-10-03 11:22:32,500 ERROR [pool-3-thread-7] disk quota of vol17 exceeded for volume\n"
_COMMENTS = re.compile(r"/repos/octo-org/shop/issues/([0-9]+)/comments")
_CHANGES = re.compile(r"/repos/octo-org/shop/issues/([0-9]+)/events")
_ONE = re.compile(r"/repos/octo-org/shop/issues/([0-9]+)")


def moment(text: str) -> datetime:
    """A time as GitHub writes it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


class GitHubFake(VendorFake):
    """One repository, `octo-org/shop`. `issues` are all of it, `comments` and `changes` those of an issue."""

    ticket_id = f"{REPOSITORY}#1"
    page_most = 100

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = [issue(1)]
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.changes: dict[int, list[dict[str, Any]]] = {}
        self.now = "2026-01-02T03:04:05Z"
        self._last_id = 1000

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        path, query = path_of(asked), query_of(asked)
        if "/files/" in path:
            return Answered(200, LOG)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answered(401, {"message": "Bad credentials"})
        if asked.method == "POST":
            return self._write(asked, path)
        if path == "/user":
            return Answered(200, account(BOT))
        if path == f"/repos/{REPOSITORY}":
            return Answered(200, repository())
        return self._list(asked, path, query)

    def _list(self, asked: Asked, path: str, query: dict[str, str]) -> Answered:
        if path == f"/repos/{REPOSITORY}/issues":
            shown = [each for each in self.issues if query.get("state") == "all" or each["state"] == "open"]
            return self._page(path, query, self._fresh(shown, query))
        if path == f"/repos/{REPOSITORY}/issues/comments":
            every = [each for one in self.comments.values() for each in one]
            return self._page(path, query, self._fresh(every, query))
        for pattern, kept in ((_COMMENTS, self.comments), (_CHANGES, self.changes)):
            if found := pattern.fullmatch(path):
                return self._page(path, query, kept.get(int(found[1]), []))
        found = _ONE.fullmatch(path)
        one = [each for each in self.issues if found and each["number"] == int(found[1])]
        return Answered(200, one[0]) if one else Answered(404, {"message": "Not Found"})

    @staticmethod
    def _fresh(items: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        since = moment(query.get("since", "1970-01-01T00:00:00Z"))
        found = [each for each in items if moment(each["updated_at"]) >= since]
        found.sort(key=lambda each: str(each[f"{query.get('sort', 'created')}_at"]))
        return found if query.get("direction") == "asc" else found[::-1]

    def _page(self, path: str, query: dict[str, str], items: list[dict[str, Any]]) -> Answered:
        size = min(int(query.get("per_page", "30")), self.page_most)
        page = int(query.get("page", "1"))
        headers = {}
        if page * size < len(items):
            rest = "&".join(f"{name}={value}" for name, value in {**query, "page": str(page + 1)}.items())
            last = f'<{self.url}{path}?page=99>; rel="last"'
            headers["link"] = f'<{self.url}{path}?{rest}>; rel="next", {last}'
        return Answered(200, items[(page - 1) * size : page * size], headers)

    def _write(self, asked: Asked, path: str) -> Answered:
        found = _COMMENTS.fullmatch(path)
        if found is None or set(asked.json) != {"body"}:
            return Answered(422, {"message": "Validation Failed"})
        made = self._add(int(found[1]), asked.json["body"], person(BOT), "COLLABORATOR")
        ticket_id = f"{REPOSITORY}#{found[1]}"
        self.posts.append(Written(ticket_id, made["body"], True, BOT, str(made["id"])))
        return Answered(201, made)

    def _add(self, number: int, body: str, by: dict[str, Any], association: str) -> dict[str, Any]:
        self._last_id += 1
        times = {"created_at": self.now, "updated_at": self.now}
        made = comment(self._last_id, number, body, by, author_association=association, **times)
        self.comments.setdefault(number, []).append(made)
        return made

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment."""
        self._add(int(ticket_id.partition("#")[2]), text, person("customer-9"), "NONE")
