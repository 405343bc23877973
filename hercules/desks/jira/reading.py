"""Jira's JSON as our events: a delivery and the API tell of one change by the same key.

>>> sample = {"id": "10002", "key": "SUP-3", "fields": {"summary": "Cannot start", "description": "ERROR"}}
>>> within(sample, "fields", "summary")
'Cannot start'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from hercules.desks.calls import member, members, within
from hercules.desks.fields import NAME_MAX_CHARS
from hercules.desks.jira.config import Config
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.markup import plain_text
from hercules.desks.paths import FieldPath, as_id, as_line, as_size, as_text, as_time
from hercules.events import Event
from hercules.model import Attachment, AuthorKind, BadDelivery, Requester, Ticket

NOTE_PROPERTY = "sd.public.comment"
MARK_PROPERTY = "hercules"
_OWN_FIELDS = frozenset(("summary", "description", "labels"))


# --- people and comments --------------------------------------------------------------------------


def person(user: Json, bot_ids: frozenset[str]) -> str:
    """The id of an account: one of our own ids if it has any of them, else that of its edition."""
    ids = [as_line(member(user, name)) for name in ("accountId", "key", "name")]
    return next((each for each in ids if each in bot_ids), next(filter(None, ids), ""))


def told_public(comment: Json) -> bool | None:
    """Whether customers see a comment of a service desk; None when the comment does not tell."""
    told = member(comment, "jsdPublic")
    if isinstance(told, bool):
        return told
    for entry in members(comment, "properties"):
        if member(entry, "key") == NOTE_PROPERTY:
            return within(entry, "value", "internal") not in (True, "true")
    return None


def marks(comment: Json) -> str:
    """All words of a comment in which our reference may stand: its text and our property."""
    ours = (
        as_text(within(entry, "value", "ref"))
        for entry in members(comment, "properties")
        if member(entry, "key") == MARK_PROPERTY
    )
    return " ".join((plain_text(member(comment, "body"), "adf"), *ours))


# --- one issue ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the changelog: what changed, when, by whom. `id` may be empty at old versions."""

    items: list[Json]
    id: str
    at: datetime | None
    user: Json

    @property
    def once(self) -> str:
        """What makes it one."""
        return self.id or (self.at.isoformat() if self.at else "")


class Issue:
    """One issue as its JSON tells it. Raises BadDelivery when it has no id."""

    def __init__(self, config: Config, issue: Json, received_at: datetime, place: str = "issue") -> None:
        self.config, self.place, self.received_at = config, place, received_at
        self.id = as_id(member(issue, "id"), f"{place}.id")
        self.key = as_line(member(issue, "key"))
        self.fields = member(issue, "fields")
        self.make = EventMaker(config.desk_id, self.id, received_at)

    @property
    def wanted(self) -> bool:
        """False for a sub-task, and for an issue of another project than those set."""
        project = as_line(within(self.fields, "project", "key")) or self.key.rpartition("-")[0]
        projects = self.config.settings.projects
        subtask = within(self.fields, "issuetype", "subtask") is True
        return not subtask and (not projects or project in projects)

    def has(self, name: str) -> bool:
        """True when the field was sent at all, be it null."""
        return isinstance(self.fields, dict) and name in self.fields

    @property
    def done(self) -> bool | None:
        """Whether its status is one of those that close it; None when it is not told."""
        status = member(self.fields, "status")
        category = as_line(within(status, "statusCategory", "key"))
        name = as_line(member(status, "name"))
        if category:
            return category == "done"
        return name.casefold() in self.config.done if name else None

    @property
    def reporter(self) -> str:
        """The id of the customer."""
        return person(member(self.fields, "reporter"), self.config.bot_ids)

    def kind_of(self, user: Json) -> tuple[str, AuthorKind]:
        """Id and kind of an account: ours and apps are robots, reporters and portal users customers."""
        who, account = person(user, self.config.bot_ids), as_line(member(user, "accountType"))
        if (who and who in self.config.bot_ids) or account == "app":
            return who, "bot"
        return who, "customer" if account == "customer" or (who and who == self.reporter) else "human"

    # --- opened and updated

    def opened(self) -> Event:
        """A customer asked."""
        told = self._time("created")
        return self.make.opened(self.ticket(told), told)

    def ticket(self, told: datetime | None) -> Ticket:
        """The issue as a ticket."""
        fields, config = self.fields, self.config
        reporter = member(fields, "reporter")
        tags = (as_line(label) for label in members(fields, "labels"))
        return Ticket(
            desk_id=config.desk_id,
            ticket_id=self.id,
            subject=as_line(member(fields, "summary")),
            description=plain_text(member(fields, "description"), "adf"),
            opened_at=told or self.received_at,
            requester=Requester(
                self.reporter,
                as_line(member(reporter, "emailAddress")),
                as_line(member(reporter, "displayName")),
            ),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            product=_below(config.product, fields),
            version=_below(config.version, fields),
            request_type=as_line(within(fields, "issuetype", "name")),
            url=f"{config.base}/browse/{quote(self.key)}" if self.key else "",
            status=as_line(within(fields, "status", "name")),
            attachments=tuple(map(self.file, members(fields, "attachment"))),
        )

    def _time(self, name: str) -> datetime | None:
        return as_time(member(self.fields, name), f"{self.place}.fields.{name}", UTC)

    # --- files

    def file(self, entry: Json) -> Attachment:
        """A file; its address is made from its id, so that it is the same wherever it is told of."""
        file_id = as_line(member(entry, "id"))
        name = as_line(member(entry, "filename"), NAME_MAX_CHARS)
        return Attachment(
            name=name or f"attachment-{file_id}",
            url=self._file_url(file_id, name) or as_text(member(entry, "content")) or None,
            size_bytes=as_size(member(entry, "size")),
        )

    def _file_url(self, file_id: str, name: str) -> str:
        if not file_id.isdecimal() or not file_id.isascii():
            return ""
        if self.config.cloud:  # without a redirect the file comes from the site itself, not from a media host
            return f"{self.config.api}/attachment/content/{file_id}?redirect=false"
        return f"{self.config.base}/secure/attachment/{file_id}/{quote(name.replace('/', '_'), safe='')}"

    # --- comments

    def comment(self, comment: Json, place: str = "comment") -> Event:
        """Somebody wrote; one who does not tell whether customers see it is taken to be seen by them."""
        who, kind = self.kind_of(member(comment, "author"))
        told = told_public(comment)
        comment_id = as_id(member(comment, "id"), f"{place}.id")
        return self.make.comment(
            comment_id,
            as_time(member(comment, "created"), f"{place}.created", UTC),
            who=who,
            kind=kind,
            public=told if told is not None else not member(comment, "visibility"),
            text=plain_text(member(comment, "body"), "adf"),
            comment_id=comment_id,
        )

    # --- changes

    def changes(self, change: Change) -> Iterator[Event]:
        """What one entry of the changelog means to us; nothing for changes we have no use for."""
        once, names = change.once, {as_line(member(item, "field")) for item in change.items}
        who, kind = self.kind_of(change.user)
        closing = self._closing(change.items)
        if closing is True:
            yield self.make.closed(once, change.at, who, kind)
        elif closing is False:
            yield self.make.reopened(once, change.at, who)
        if names & _OWN_FIELDS and self.has("summary"):
            yield self.make.updated(self.ticket(self._time("created")), once, change.at, who)
        for item in change.items:
            if as_line(member(item, "field")) == "Attachment" and as_line(member(item, "to")):
                yield self.make.file(self._file_of(item), change.at, who)

    def _closing(self, items: list[Json]) -> bool | None:
        """True when the issue was closed, False when it was opened again, None when neither."""
        for item in items:
            if as_line(member(item, "field")) == "status":
                was = self._is_done(member(item, "from"), member(item, "fromString"))
                now = self._is_done(member(item, "to"), member(item, "toString"))
                if was != now:
                    return now
        for item in items:
            if as_line(member(item, "field")) == "resolution":
                was, now = bool(as_line(member(item, "from"))), bool(as_line(member(item, "to")))
                if was != now:
                    return now
        return None

    def _is_done(self, status_id: Json, name: Json) -> bool:
        """By the category where it is that of the present status, else by the names in the settings."""
        given, present = as_line(status_id), as_line(within(self.fields, "status", "id"))
        if given and given == present and self.done is not None:
            return self.done
        return as_line(name).casefold() in self.config.done

    def _file_of(self, item: Json) -> Attachment:
        wanted = as_line(member(item, "to"))
        for entry in members(self.fields, "attachment"):
            if as_line(member(entry, "id")) == wanted:
                return self.file(entry)
        return self.file({"id": wanted, "filename": member(item, "toString")})


def _below(path: FieldPath | None, fields: Json) -> str:
    return as_line(path.first(fields)) if path else ""


# --- deliveries -----------------------------------------------------------------------------------


def events_of(config: Config, body: Json, received_at: datetime) -> list[Event]:
    """The events of a delivery, [] for news we have no use for. Raises BadDelivery naming the path."""
    name = as_text(member(body, "webhookEvent"))
    if not name:
        raise BadDelivery("webhookEvent does not name an event")
    if name not in ("jira:issue_created", "jira:issue_updated", "comment_created"):
        return []
    issue = Issue(config, member(body, "issue"), received_at)
    if not issue.wanted:
        return []
    if name == "jira:issue_created":
        return [issue.opened() if issue.has("description") else issue.make.knocked("opened")]
    told = [] if name == "comment_created" else _updated(issue, body)
    comment = member(body, "comment")
    if name == "comment_created" and comment is None:
        raise BadDelivery("comment is missing")
    return told + ([_commented(issue, comment)] if isinstance(comment, dict) else [])


def _updated(issue: Issue, body: Json) -> list[Event]:
    changelog = member(body, "changelog")
    at = as_time(member(body, "timestamp"), "timestamp", UTC)
    change = Change(members(changelog, "items"), as_line(member(changelog, "id")), at, member(body, "user"))
    return list(issue.changes(change)) if change.once else []


def _commented(issue: Issue, comment: Json) -> Event:
    """The comment, or a knock where the delivery does not tell whether a customer or a colleague wrote it.

    Deliveries about comments carry a few fields of the issue only, at a Data Center sometimes none.
    """
    event = issue.comment(comment)
    _, kind = issue.kind_of(member(comment, "author"))
    who_is_told = kind != "human" or issue.has("reporter")
    public_is_told = told_public(comment) is not None or not issue.config.service_desk
    if kind == "bot" or (who_is_told and public_is_told):
        return event
    return issue.make.knocked(as_line(member(comment, "id")))
