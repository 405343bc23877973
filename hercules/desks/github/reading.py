"""Issues and comments as GitHub tells them, in deliveries and lists alike, read into events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from hercules.desks.calls import member, members, within
from hercules.desks.fields import NAME_MAX_CHARS
from hercules.desks.github.config import Config
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.markup import plain_text
from hercules.desks.paths import as_id, as_line, as_text, as_time
from hercules.events import Event
from hercules.model import Attachment, AuthorKind, BadDelivery, Requester, Ticket
from hercules.text import cut, one_line

TEAM = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))
FILES_MAX = 100
_NUMBER_DIGITS_MAX = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote something at GitHub."""

    login: str
    is_bot: bool


class Reader:
    """Reads what one desk's GitHub tells of issues; `bots` are our own logins in lower case."""

    def __init__(self, config: Config, bots: frozenset[str]) -> None:
        self.config, self._bots = config, bots
        self._files = re.compile(
            re.escape(config.web) + r"/(?:user-attachments|[\w.-]{1,100}/[\w.-]{1,100})/files/[0-9]{1,20}/"
            r"([^\s/?#()<>\[\]\"'`\\]{1,500})"
        )

    # --- what a delivery is about

    def delivery(self, body: Json, received_at: datetime) -> list[Event]:
        """The events of a delivery. Which event it is follows from what was signed, not from its header."""
        action, issue = as_text(member(body, "action")), member(body, "issue")
        if not action or issue is None:
            return []
        if not isinstance(issue, dict):
            raise BadDelivery("issue is not an object")
        repository = self.config.repository(as_line(self._needed(body, "repository", "full_name")))
        if repository is None:
            return []
        told = _Issue(self, repository, issue, received_at)
        if told.passed_over:
            return []
        if member(body, "comment") is not None:
            return told.comment_news(action, member(body, "comment"))
        return told.issue_news(action, member(body, "sender"))

    @staticmethod
    def _needed(body: Json, *names: str) -> Json:
        value = within(body, *names)
        if not as_text(value):
            raise BadDelivery(f"{'.'.join(names)} is missing")
        return value

    # --- what a list holds

    def listed(self, repository: str, issue: Json, received_at: datetime) -> list[Event]:
        """An issue as the API tells it: its opening, and its closing when it is closed."""
        if not isinstance(issue, dict):
            raise BadDelivery("an issue is not an object")
        told = _Issue(self, repository, issue, received_at)
        if told.passed_over:
            return []
        closed = told.closed(member(issue, "closed_by")) if told.is_closed else []
        return [*told.opened(), *closed]

    def reopened(self, repository: str, issue: Json, change: Json, received_at: datetime) -> list[Event]:
        """A listed change of the kind `reopened`."""
        if not isinstance(issue, dict):
            raise BadDelivery("an issue is not an object")
        told = _Issue(self, repository, issue, received_at)
        at = as_time(member(change, "created_at"), "created_at", UTC)
        return [told.make.reopened(told.once(at), at, self.person(member(change, "actor")).login)]

    def listed_comment(
        self, repository: str, number: str, author: str, comment: Json, received_at: datetime
    ) -> list[Event]:
        """A comment as the API tells it, on an issue written by `author`."""
        issue: dict[str, Json] = {"number": number, "user": {"login": author}}
        return _Issue(self, repository, issue, received_at).comment_news("created", comment)

    # --- parts

    def ticket_id(self, repository: str, number: str) -> str:
        """Our name of an issue, `owner/name#7`."""
        return f"{repository}#{number}"

    def person(self, value: Json) -> Person:
        """Who it is; a deleted account is nobody."""
        return Person(as_line(member(value, "login")), as_text(member(value, "type")) == "Bot")

    def is_ours(self, login: str) -> bool:
        """True for our own account: GitHub takes logins in any case."""
        return login.lower() in self._bots

    def kind_of(self, author: Person, opener: str, association: str) -> AuthorKind:
        """Whether a customer, one of the team or a robot wrote.

        A stranger who comments on another's issue is no answer of the team. Without an association it may be
        one: then we rather keep quiet.
        """
        if author.is_bot or self.is_ours(author.login):
            return "bot"
        if author.login and author.login.lower() == opener.lower():
            return "customer"
        return "human" if association in TEAM or not association else "customer"

    def files(self, text: str) -> tuple[Attachment, ...]:
        """The uploaded files a text links to, each once. Pictures (`/assets/`) hold no log."""
        found: dict[str, Attachment] = {}
        for match in self._files.finditer(text):
            url = match[0].rstrip(".,;:!*_~")
            name = cut(one_line(unquote(url.rpartition("/")[2])), NAME_MAX_CHARS)
            if name.strip("."):
                found.setdefault(url, Attachment(name=name, url=url))
            if len(found) == FILES_MAX:
                break
        return tuple(found.values())


class _Issue:
    """One issue as it was told; `make` makes its events."""

    def __init__(
        self, reader: Reader, repository: str, issue: dict[str, Json], received_at: datetime
    ) -> None:
        self.reader, self.repository, self.issue = reader, repository, issue
        self.received_at = received_at
        self.number = _number(issue.get("number"))
        self.opener = reader.person(issue.get("user"))
        self.make = EventMaker(reader.config.desk_id, reader.ticket_id(repository, self.number), received_at)

    @property
    def passed_over(self) -> bool:
        """Pull requests come as issues too; robots are never answered."""
        is_pull = self.issue.get("pull_request") is not None
        return is_pull or self.opener.is_bot or self.reader.is_ours(self.opener.login)

    @property
    def is_closed(self) -> bool:
        return self.issue.get("state") == "closed"

    def time(self, name: str) -> datetime | None:
        return as_time(self.issue.get(name), f"issue.{name}", UTC)

    def once(self, at: datetime | None) -> str:
        """What makes a change one: its time, which deliveries and lists share."""
        return (at or self.received_at).isoformat()

    # --- events

    def issue_news(self, action: str, sender: Json) -> list[Event]:
        match action:
            case "opened":
                return self.opened()
            case "edited":
                return self.edited(self.reader.person(sender).login)
            case "closed":
                return self.closed(sender)
            case "reopened":
                at = self.time("updated_at")
                return [self.make.reopened(self.once(at), at, self.reader.person(sender).login)]
        return []

    def opened(self) -> list[Event]:
        told = self.time("created_at")
        return [self.make.opened(self.ticket(told), told)]

    def edited(self, who: str) -> list[Event]:
        """The new words, and the files they link to; those known already are dropped by their keys."""
        at = self.time("updated_at")
        updated = self.make.updated(self.ticket(self.time("created_at")), self.once(at), at, who)
        files = self.reader.files(as_text(self.issue.get("body")))
        return [updated, *(self.make.file(file, at, who) for file in files)]

    def closed(self, by: Json) -> list[Event]:
        at, who = self.time("closed_at"), self.reader.person(by)
        kind = self.reader.kind_of(who, self.opener.login, "")
        return [self.make.closed(self.once(at), at, who.login, kind)]

    def comment_news(self, action: str, comment: Json) -> list[Event]:
        """A new comment with its files; of a changed one only its files: its words were told before."""
        if action not in ("created", "edited"):
            return []
        if not isinstance(comment, dict):
            raise BadDelivery("comment is not an object")
        author = self.reader.person(comment.get("user"))
        kind = self.reader.kind_of(author, self.opener.login, as_text(comment.get("author_association")))
        at = as_time(comment.get("created_at"), "comment.created_at", UTC)
        files = () if kind == "bot" else self.reader.files(as_text(comment.get("body")))
        added: list[Event] = [self.make.file(file, at, author.login) for file in files]
        return added if action == "edited" else [self._comment(comment, author, kind, at), *added]

    def _comment(
        self, comment: dict[str, Json], author: Person, kind: AuthorKind, at: datetime | None
    ) -> Event:
        comment_id = as_id(comment.get("id"), "comment.id")
        return self.make.comment(
            comment_id,
            at,
            who=author.login,
            kind=kind,
            public=True,
            text=plain_text(comment.get("body"), "markdown"),
            comment_id=comment_id,
        )

    def ticket(self, told: datetime | None) -> Ticket:
        body = self.issue.get("body")
        tags = (
            as_line(label if isinstance(label, str) else member(label, "name")) for label in self._labels()
        )
        return Ticket(
            desk_id=self.make.desk_id,
            ticket_id=self.make.ticket_id,
            subject=as_line(self.issue.get("title")),
            description=plain_text(body, "markdown"),
            opened_at=told or self.received_at,
            requester=Requester(id=self.opener.login),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            request_type=as_line(within(self.issue, "type", "name")),
            url=f"{self.reader.config.web}/{self.repository}/issues/{self.number}",
            status=as_line(self.issue.get("state")),
            attachments=self.reader.files(as_text(body)),
        )

    def _labels(self) -> Iterator[Json]:
        yield from members(self.issue, "labels")


def _number(value: Json) -> str:
    """The number of an issue. Raises BadDelivery for what is none: it becomes part of addresses."""
    text = as_id(value, "issue.number")
    if not (text.isascii() and text.isdigit()) or len(text) > _NUMBER_DIGITS_MAX:
        raise BadDelivery("issue.number is not a number")
    return text.lstrip("0") or "0"
