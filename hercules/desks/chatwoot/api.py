"""Chatwoot's API as far as it is asked: conversations, their messages, one write."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from hercules.desks.calls import Calls, endless, member, told_list, within
from hercules.desks.chatwoot.config import Config
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_line
from hercules.model import DeskError

PAGES_MAX = 1_000


class Api:
    """The requests of one desk. Everything raises DeskError with its outcome."""

    def __init__(self, config: Config, calls: Calls) -> None:
        self._config, self._calls = config, calls

    def profile(self) -> Json:
        """The agent the token belongs to."""
        return self._calls.get(f"{self._config.base_url}/api/v1/profile", self._config.headers)

    def conversation(self, number: str) -> Json:
        """A conversation."""
        found = self._get(f"conversations/{_part(number)}")
        if member(found, "id") is None:
            raise DeskError("the desk's answer holds no conversation, so it tells nothing")
        return found

    def conversations(self) -> Iterator[list[Json]]:
        """The conversations page by page, those that were active last first."""
        for page in range(1, PAGES_MAX + 1):
            query = {"status": "all", "sort_by": "last_activity_at_desc", "page": str(page)}
            items = told_list(within(self._get("conversations", query), "data", "payload"), "conversations")
            if not items:
                return
            yield items
        raise endless("the desk's list", PAGES_MAX)

    def newest_messages(self, number: str) -> Iterator[Json]:
        """A conversation's messages, the newest first, asked page by page."""
        path, query = f"conversations/{_part(number)}/messages", dict[str, str]()
        oldest: str | None = None
        for _ in range(PAGES_MAX):
            items = told_list(member(self._get(path, query), "payload"), "messages")
            first = as_line(member(items[0], "id")) if items else ""
            if not first or first == oldest:
                return
            yield from reversed(items)
            oldest, query = first, {"before": first}
        raise endless("the desk's list", PAGES_MAX)

    def first_messages(self, number: str) -> list[Json]:
        """The first messages of a conversation, oldest first."""
        query = {"after": "0"}
        return told_list(
            member(self._get(f"conversations/{_part(number)}/messages", query), "payload"), "messages"
        )

    def write_message(self, number: str, content: str, *, private: bool) -> Json:
        """Add a message, or a note that only agents see."""
        body: Json = {"content": content, "message_type": "outgoing", "private": private}
        url = self._url(f"conversations/{_part(number)}/messages")
        return self._calls.write("POST", url, self._config.headers, body)

    def _get(self, path: str, query: dict[str, str] | None = None) -> Json:
        return self._calls.get(self._url(path, query), self._config.headers)

    def _url(self, path: str, query: dict[str, str] | None = None) -> str:
        url = f"{self._config.base_url}/api/v1/accounts/{self._config.account_id}/{path}"
        return f"{url}?{urlencode(query)}" if query else url


def _part(number: str) -> str:
    """An id as one part of a path."""
    return quote(number, safe="")
