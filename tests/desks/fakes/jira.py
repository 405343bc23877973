"""Jira's API in memory, as its documentation says: the platform of both editions, and the service desk."""

from __future__ import annotations

import json
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from ..servers import Asked
from .server import Answered, VendorFake, Written, basic, path_of

USER, TOKEN = "hercules@acme.example", "canary-api-token-4711"
BOT = "712020:bot"
CREATED = "2026-01-02T03:00:00.000+0000"
Plain = dict[str, Any]


def account(account_id: str, kind: str = "atlassian") -> Plain:
    """A user as the Cloud shows one."""
    return {"accountId": account_id, "accountType": kind, "displayName": account_id, "active": True}


def document(text: str) -> Plain:
    """Text as the Cloud's platform tells it: a document with a paragraph for each line."""
    lines = [[{"type": "text", "text": line}] if line else [] for line in text.split("\n")]
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": line} for line in lines],
    }


class JiraFake(VendorFake):
    """One site of an edition; its pages hold `page` items."""

    ticket_id = "10002"

    def __init__(self, edition: Literal["cloud", "datacenter"] = "cloud", page: int = 2) -> None:
        super().__init__()
        self.cloud, self.page = edition == "cloud", page
        self.issues: dict[str, Plain] = {"10002": issue("10002", "SUP-3")}
        self.comments: dict[str, list[Plain]] = {}
        self.files: dict[str, bytes] = {}
        self.ratings: dict[str, int] = {}
        self.permitted = True
        self.next_id = 20_000

    # --- who asks

    @property
    def credential(self) -> str:
        """What must stand in the Authorization header."""
        return basic(USER, TOKEN) if self.cloud else f"Bearer {TOKEN}"

    def user(self, name: str = BOT, kind: str = "atlassian") -> Plain:
        """A user as this edition shows one."""
        return account(name, kind) if self.cloud else {"key": name, "name": name, "displayName": name}

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        if asked.headers.get("authorization") != self.credential:
            return Answered(401, {"message": "Client must be authenticated to access this resource."})
        parts = [unquote(part) for part in path_of(asked).strip("/").split("/")]
        query = _query(asked)
        match asked.method, parts:
            case "GET", ["rest", "api", version, *rest] if version == ("3" if self.cloud else "2"):
                return self.platform(rest, query)
            case "POST", ["rest", "api", version, "issue", issue_id, "comment"]:
                return self.take(issue_id, asked.json, "adf" if version == "3" else "wiki")
            case "GET", ["rest", "servicedeskapi", *rest, "feedback"]:
                opted_in = asked.headers.get("x-experimentalapi") == "opt-in"
                return self.feedback(rest[-1]) if opted_in else Answered(412, {"errorMessage": "Opt in."})
            case "GET", ["rest", "servicedeskapi", *rest]:
                return self.service_desk(rest, query)
            case "POST", ["rest", "servicedeskapi", "request", issue_id, "comment"]:
                return self.take_request(issue_id, asked.json)
            case "GET", ["secure", "attachment", file_id, _] if not self.cloud:
                return self.file(file_id)
        return Answered(404, {"errorMessages": ["There is no such resource."]})

    # --- the platform

    def platform(self, rest: list[str], query: dict[str, str]) -> Answered:
        """GET below /rest/api/2 or 3."""
        match rest:
            case ["myself"]:
                return Answered(200, self.user())
            case ["mypermissions"]:
                may = {"havePermission": self.permitted}
                return Answered(200, {"permissions": {query.get("permissions", "ADD_COMMENTS"): may}})
            case ["field"]:
                return Answered(200, [])
            case ["search", "jql"] if self.cloud:
                return self.search_by_token(query)
            case ["search"] if not self.cloud:
                found, start = self.found(query), int(query.get("startAt", 0))
                page = found[start : start + self.page]
                return Answered(200, {"issues": page, "startAt": start, "total": len(found)})
            case ["issue", issue_id] if issue_id in self.issues:
                return Answered(200, self.shown(self.issues[issue_id], query))
            case ["issue", issue_id, "comment"] if issue_id in self.issues:
                return self.listed_comments(issue_id, query)
            case ["attachment", "content", file_id] if self.cloud and query.get("redirect") == "false":
                return self.file(file_id)
        return Answered(
            404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}
        )

    def file(self, file_id: str) -> Answered:
        """The content of an attachment."""
        if file_id not in self.files:
            return Answered(404, {"errorMessages": ["no such attachment"]})
        return Answered(200, self.files[file_id], {"content-type": "application/octet-stream"})

    def found(self, query: dict[str, str]) -> list[Plain]:
        """All issues: a query that bounds nothing is refused by the caller's test, not here."""
        return [self.shown(issue, query) for issue in self.issues.values()]

    def shown(self, issue: Plain, query: dict[str, str]) -> Plain:
        """An issue with the fields and the changelog asked for."""
        wanted = query["fields"].split(",")
        told = self.comments.get(issue["id"], [])
        fields = {**issue["fields"], "comment": {"comments": told, "total": len(told)}}
        if self.cloud and isinstance(fields.get("description"), str):
            fields["description"] = document(fields["description"])
        more = {"changelog": issue["changelog"]} if query.get("expand") == "changelog" else {}
        base = {"id": issue["id"], "key": issue["key"]}
        return {**base, "fields": {name: value for name, value in fields.items() if name in wanted}, **more}

    def search_by_token(self, query: dict[str, str]) -> Answered:
        """The Cloud's search: no total, a token for the next page."""
        found, start = self.found(query), int(query.get("nextPageToken", "0"))
        last = start + self.page >= len(found)
        body: Plain = {"issues": found[start : start + self.page], "isLast": last}
        return Answered(200, body if last else {**body, "nextPageToken": str(start + self.page)})

    def listed_comments(self, issue_id: str, query: dict[str, str]) -> Answered:
        """The platform's comments, with properties when they are asked for."""
        told, start = self.comments.get(issue_id, []), int(query.get("startAt", 0))
        page = told[start : start + self.page]
        if query.get("expand") != "properties":
            page = [{name: value for name, value in each.items() if name != "properties"} for each in page]
        body = {"comments": page, "startAt": start, "maxResults": self.page, "total": len(told)}
        return Answered(200, body)

    # --- the service desk

    def service_desk(self, rest: list[str], query: dict[str, str]) -> Answered:
        """GET below /rest/servicedeskapi."""
        match rest:
            case ["servicedesk"]:
                return Answered(200, {"values": [{"id": "1", "projectKey": "SUP"}], "isLastPage": True})
            case ["request", issue_id, "comment"] if issue_id in self.issues:
                told, start = self.comments.get(issue_id, []), int(query.get("start", 0))
                page = [_as_request(each) for each in told[start : start + self.page]]
                body = {"values": page, "start": start, "isLastPage": start + self.page >= len(told)}
                return Answered(200, body)
        return Answered(404, {"errorMessage": "The request does not exist."})

    def feedback(self, issue_id: str) -> Answered:
        """The stars of a request; this part of the API is experimental."""
        if issue_id not in self.ratings:
            return Answered(404, {"errorMessage": "The request does not exist."})
        return Answered(200, {"type": "csat", "rating": self.ratings[issue_id]})

    # --- writing

    def take_request(self, issue_id: str, body: Plain) -> Answered:
        """A comment by the service desk's API."""
        if set(body) != {"body", "public"} or not isinstance(body["body"], str):
            return Answered(400, {"errorMessage": "Unrecognized token."})
        return self.keep(issue_id, body["body"], body["public"], {}, _as_request)

    def take(self, issue_id: str, body: Plain, dialect: str) -> Answered:
        """A comment by the platform's API: the Cloud's takes ADF, that of a Data Center text."""
        if not set(body) <= {"body", "properties", "visibility"}:
            return Answered(400, {"errorMessages": ["Unknown field."]})
        words = body["body"]
        if dialect == "adf" and not (isinstance(words, dict) and words.get("type") == "doc"):
            return Answered(400, {"errors": {"comment": "Comment body is not valid!"}})
        text = json.dumps(words) if dialect == "adf" else words
        more: Plain = {name: body[name] for name in ("properties", "visibility") if name in body}
        return self.keep(issue_id, text, "visibility" not in body, more, lambda said: said, words)

    def keep(
        self, issue_id: str, text: str, public: bool, more: Plain, show: Any, words: object = None
    ) -> Answered:
        """Write a comment by our account down."""
        if issue_id not in self.issues:
            return Answered(404, {"errorMessages": ["no such issue"]})
        said = self.said(issue_id, words if words is not None else text, self.user(), public, more)
        marked = f"{text} {json.dumps(more)}"
        self.posts.append(Written(issue_id, marked, public, BOT, said["id"]))
        return Answered(201, show(said))

    def said(
        self, issue_id: str, body: object, author: Plain, public: bool, more: Plain | None = None
    ) -> Plain:
        """A comment of anybody."""
        self.next_id += 1
        internal = {"key": "sd.public.comment", "value": {"internal": not public}}
        comment = {
            "id": str(self.next_id),
            "author": author,
            "body": body,
            "created": "2026-01-02T03:10:00.000+0000",
            **({"jsdPublic": public} if self.cloud else {}),
            **(more or {}),
        }
        comment["properties"] = [*comment.get("properties", []), internal]
        self.comments.setdefault(issue_id, []).append(comment)
        return comment

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment, on the platform of the Cloud in ADF."""
        self.said(
            ticket_id, document(text) if self.cloud else text, self.user("customer-9", "customer"), True
        )


def _query(asked: Asked) -> dict[str, str]:
    """The query: a list may be written with commas or by naming its parameter again."""
    found = parse_qs(urlsplit(asked.path).query)
    return {name: ",".join(values) for name, values in found.items()}


def _as_request(comment: Plain) -> Plain:
    """A comment as the service desk's API shows it."""
    body = comment["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    public = not comment["properties"][-1]["value"]["internal"]
    told = {name: comment[name] for name in ("id", "author")}
    return {**told, "body": text, "public": public, "created": {"iso8601": comment["created"]}}


def issue(issue_id: str, key: str, **fields: object) -> Plain:
    """An issue with its changelog."""
    own: Plain = {
        "summary": "Cannot start",
        "description": "It says\nERROR boom",
        "reporter": account("customer-9", "customer"),
        "labels": ["urgent"],
        "created": CREATED,
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        "issuetype": {"name": "Support request", "subtask": False},
        "project": {"key": key.partition("-")[0]},
        "attachment": [],
    }
    return {"id": issue_id, "key": key, "fields": {**own, **fields}, "changelog": {"histories": []}}
