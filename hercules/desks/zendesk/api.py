"""Zendesk's API as far as it is asked: a ticket with its comments, lists page by page, one write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from hercules.desks.calls import Calls, endless, member, members, told_list, within
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_bool, as_line, as_text
from hercules.desks.zendesk.config import Config
from hercules.model import DeskError

PAGE = 100
PAGES_MAX = 1_000
# The export refuses a start within the last minute and leaves out what changed in it.
EXPORT_LAG = timedelta(seconds=61)


class Api:
    """The requests of one desk. Everything raises DeskError with its outcome."""

    def __init__(self, config: Config, calls: Calls) -> None:
        self._config, self._calls = config, calls

    def get(self, path: str, **query: str | int) -> Json:
        """One answer as JSON."""
        return self._get(self._url(path, {name: str(value) for name, value in query.items()}))

    def ticket(self, ticket_id: str) -> Json:
        """A ticket."""
        return _told(self.get(f"tickets/{_part(ticket_id)}"), "ticket")

    def comments(self, ticket_id: str) -> list[Json]:
        """The pages of a ticket's comments, oldest comment first, with the users who wrote them."""
        query = {"include": "users", "page[size]": str(PAGE)}
        return list(self._pages(f"tickets/{_part(ticket_id)}/comments", "comments", query))

    def newest_comments(self, ticket_id: str) -> Iterator[Json]:
        """A ticket's comments, the newest first, asked page by page."""
        query = {"sort": "-created_at", "page[size]": str(PAGE)}
        for page in self._pages(f"tickets/{_part(ticket_id)}/comments", "comments", query):
            yield from members(page, "comments")

    def audits(self, ticket_id: str) -> list[Json]:
        """The pages of all changes of a ticket, with the users who made them."""
        query = {"include": "users", "page[size]": str(PAGE)}
        return list(self._pages(f"tickets/{_part(ticket_id)}/audits", "audits", query))

    def changed_since(self, since: datetime, now: datetime) -> Iterator[Json]:
        """The tickets changed since then, asked page by page."""
        start = min(since.astimezone(UTC), now - EXPORT_LAG)
        query = {"start_time": str(int(start.timestamp())), "per_page": str(PAGE)}
        url = self._url("incremental/tickets/cursor.json", query)
        for _ in range(PAGES_MAX):
            page = self._get(url)
            yield from told_list(member(page, "tickets"), "tickets")
            following = as_text(member(page, "after_url"))
            if as_bool(member(page, "end_of_stream"), default=False) or not following:
                return
            url = following
        raise endless("the desk's list", PAGES_MAX)

    def write_comment(self, ticket_id: str, html: str, *, public: bool) -> Json:
        """Add a comment and nothing else: any other field of the ticket would be changed."""
        body: Json = {"ticket": {"comment": {"html_body": html, "public": public}}}
        url = self._url(f"tickets/{_part(ticket_id)}", {})
        return self._calls.write("PUT", url, self._config.headers, body)

    def _pages(self, path: str, name: str, query: dict[str, str]) -> Iterator[Json]:
        url = self._url(path, query)
        for _ in range(PAGES_MAX):
            page = self._get(url)
            told_list(member(page, name), name)
            yield page
            following = as_text(within(page, "links", "next"))
            if not as_bool(within(page, "meta", "has_more"), default=False) or not following:
                return
            url = following
        raise endless("the desk's list", PAGES_MAX)

    def _get(self, url: str) -> Json:
        return self._calls.get(url, self._config.headers)

    def _url(self, path: str, query: dict[str, str]) -> str:
        return f"{self._config.base_url}/api/v2/{path}" + (f"?{urlencode(query)}" if query else "")


def _part(ticket_id: str) -> str:
    """An id as one part of a path."""
    return quote(ticket_id, safe="")


def _told(answer: Json, name: str) -> Json:
    found = member(answer, name)
    if not isinstance(found, dict):
        raise DeskError(f"the desk's answer holds no {name}, so it tells nothing")
    return found


def name_of(user: Json) -> str:
    """A user as a finding names it."""
    return (
        f"{as_line(member(user, 'name'))} (id {as_line(member(user, 'id'))}, {as_line(member(user, 'role'))})"
    )
