"""What Jira is asked and told: issues, comments, the search, each paged to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

from hercules.desks.calls import Calls, endless, member, told_list, within
from hercules.desks.jira.config import Config
from hercules.desks.jira.reading import MARK_PROPERTY
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_line, as_number
from hercules.model import DeskError, Reply

PAGES_MAX = 1_000
PAGE = 50
EXPERIMENTAL = {"X-ExperimentalApi": "opt-in"}  # feedback is refused without it
ISSUES = 20  # each with its comments and changes: more at once may be too much for one answer
FIELDS = (
    "summary,description,reporter,labels,created,status,resolution,issuetype,project,attachment,comment,"
    "components,versions"
)


class Api:
    """The requests of one Jira. Raises DeskError where it cannot be asked or its answer tells nothing."""

    def __init__(self, calls: Calls, config: Config) -> None:
        self._calls, self._config = calls, config
        own = config.settings.product, config.settings.version
        more = {path.partition(".")[0].partition("[")[0] for path in own if path}
        self._fields = ",".join(dict.fromkeys((*FIELDS.split(","), *sorted(more))))

    def get(self, url: str, query: Mapping[str, str] | None = None) -> Json:
        """The JSON at a URL."""
        full = f"{url}?{urlencode(query)}" if query else url
        return self._calls.get(full, self._config.headers)

    # --- issues

    def issue(self, issue_id: str) -> Json:
        """One issue with its changes."""
        query = {"fields": self._fields, "expand": "changelog"}
        return self.get(f"{self._config.api}/issue/{_part(issue_id)}", query)

    def search(self, jql: str) -> Iterator[Json]:
        """The issues a query finds, with their changes."""
        query = {"jql": jql, "fields": self._fields, "expand": "changelog", "maxResults": str(ISSUES)}
        yield from self._by_token(query) if self._config.cloud else self._by_offset(query)

    def _by_token(self, query: dict[str, str]) -> Iterator[Json]:
        for _ in range(PAGES_MAX):
            page = self.get(f"{self._config.api}/search/jql", query)
            yield from told_list(member(page, "issues"), "issues")
            token = as_line(member(page, "nextPageToken"), 5_000)
            if not token or member(page, "isLast") is True:
                return
            query = {**query, "nextPageToken": token}
        raise endless("the search", PAGES_MAX)

    def _by_offset(self, query: dict[str, str]) -> Iterator[Json]:
        yield from self._paged(f"{self._config.api}/search", query, "issues")

    def _paged(self, url: str, query: dict[str, str], name: str) -> Iterator[Json]:
        start = 0
        for _ in range(PAGES_MAX):
            page = self.get(url, {**query, "startAt": str(start)})
            found = told_list(member(page, name), name)
            yield from found
            start += len(found)
            total = as_number(member(page, "total"))
            if not found or (total is not None and start >= total):
                return
        raise endless(url, PAGES_MAX)

    # --- comments

    def comments(self, issue_id: str) -> Iterator[Json]:
        """All comments of an issue with their properties, oldest first."""
        query = {"maxResults": str(PAGE), "expand": "properties"}
        yield from self._paged(f"{self._config.api}/issue/{_part(issue_id)}/comment", query, "comments")

    def request_comments(self, issue_id: str) -> Iterator[Json]:
        """All comments of a customer's request, internal ones too."""
        url, start = f"{self._config.requests}/{_part(issue_id)}/comment", 0
        for _ in range(PAGES_MAX):
            query = {"public": "true", "internal": "true", "start": str(start), "limit": str(PAGE)}
            page = self.get(url, query)
            found = told_list(member(page, "values"), "values")
            yield from found
            start += len(found)
            if not found or member(page, "isLastPage") is True:
                return
        raise endless(url, PAGES_MAX)

    def write(self, reply: Reply, key: str) -> str:
        """Write one comment; its id, '' where the answer does not tell it."""
        issue_id, config = _part(reply.ticket.ticket_id), self._config
        if config.service_desk:
            url = f"{config.requests}/{issue_id}/comment"
            body: Json = {"body": reply.body, "public": reply.visibility == "reply"}
        else:
            url, body = f"{config.api}/issue/{issue_id}/comment", self._comment(reply, key)
        return as_line(member(self._calls.write("POST", url, config.headers, body), "id"))

    def _comment(self, reply: Reply, key: str) -> Json:
        body: dict[str, Json] = {
            "body": json.loads(reply.body) if reply.dialect == "adf" else reply.body,
            "properties": [{"key": MARK_PROPERTY, "value": {"ref": key}}],
        }
        if reply.visibility == "note":
            role = self._config.settings.note_role
            if not role:
                raise DeskError("without service_desk or note_role this Jira takes no notes", permanent=True)
            body["visibility"] = {"type": "role", "value": role}
        return body

    # --- the rest

    def rating(self, issue_id: str) -> float | None:
        """The customer's stars, None when there are none."""
        url = f"{self._config.requests}/{_part(issue_id)}/feedback"
        try:
            return as_number(member(self._calls.get(url, {**self._config.headers, **EXPERIMENTAL}), "rating"))
        except DeskError as error:
            if error.permanent:  # no feedback was given, or this project collects none
                return None
            raise

    def myself(self) -> Json:
        """The account whose token this is."""
        return self.get(f"{self._config.api}/myself")

    def may_comment(self) -> bool:
        """Whether the account may write comments, in the first of the projects set or anywhere."""
        query = {"permissions": "ADD_COMMENTS"}
        if self._config.settings.projects:
            query["projectKey"] = self._config.settings.projects[0]
        found = self.get(f"{self._config.api}/mypermissions", query)
        return within(found, "permissions", "ADD_COMMENTS", "havePermission") is True

    def desks(self) -> int:
        """How many service desks the account sees on the first page."""
        page = self.get(f"{self._config.base}/rest/servicedeskapi/servicedesk")
        return len(told_list(member(page, "values"), "values"))


def _part(text: str) -> str:
    return quote(text, safe="")
