"""What Zendesk's objects (tickets, comments, audits) say, as our nouns and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hercules.desks.calls import member, members, within
from hercules.desks.fields import FilesField
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.markup import plain_text
from hercules.desks.paths import as_bool, as_id, as_line, as_text, as_time, read_path
from hercules.desks.zendesk.config import Config
from hercules.events import Event
from hercules.model import AuthorKind, Requester, Ticket
from hercules.text import clean

DONE = frozenset(("solved", "closed"))
LIVE = frozenset(("new", "open", "pending", "hold"))
SYSTEM_ID = "-1"
_SCORES: Mapping[str, float] = {"good": 1.0, "bad": 0.0}
_CUSTOMER_ROLE = "end-user"


def _files_field(path: str) -> FilesField:
    """Files as the API (`file_name`) and the webhooks (`filename`) name them."""
    return FilesField(
        path=read_path(path),
        name=read_path("file_name | filename"),
        url=read_path("content_url"),
        content=read_path("content_base64"),
        size=read_path("size"),
    )


FILES_OF_COMMENT = _files_field("attachments[]")
FILE_OF_EVENT = _files_field("event.attachment")


@dataclass(frozen=True, slots=True)
class People:
    """Who the users of a page are: the role by the id, and all that is told of each."""

    users: Mapping[str, Json]

    @classmethod
    def of(cls, pages: Sequence[Json]) -> People:
        """The users told beside the comments or audits of these pages."""
        told = (user for page in pages for user in members(page, "users"))
        return cls({as_line(member(user, "id")): user for user in told})

    def requester(self, user_id: str) -> Requester:
        """The requester, with address and name where they are told."""
        user = self.users.get(user_id)
        return Requester(user_id, as_line(member(user, "email")), as_line(member(user, "name")))

    def role(self, user_id: str) -> str:
        """The user's role, '' when nobody told it."""
        return as_line(member(self.users.get(user_id), "role"))


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of one ticket: `ticket` is an object as the API or a webhook's `detail` has it."""

    config: Config
    ticket: Json
    received_at: datetime
    place: str = "ticket"
    people: People = People({})

    @property
    def id(self) -> str:
        """The ticket's id. Raises BadDelivery."""
        return as_id(member(self.ticket, "id"), f"{self.place}.id")

    @property
    def make(self) -> EventMaker:
        """The maker of its events."""
        return EventMaker(self.config.desk_id, self.id, self.received_at)

    @property
    def requester_id(self) -> str:
        """Who asked."""
        return as_line(member(self.ticket, "requester_id"))

    @property
    def status(self) -> str:
        """The ticket's state, in lower case: the API and the webhooks write it differently."""
        return as_line(member(self.ticket, "status")).lower()

    def time(self, name: str) -> datetime | None:
        """One of the ticket's times. Raises BadDelivery."""
        return as_time(member(self.ticket, name), f"{self.place}.{name}", self.config.zone)

    def kind(self, user_id: str, role: str = "") -> AuthorKind:
        """What a user is: ours and Zendesk's own are robots, end users customers, nobody known a human."""
        if user_id == SYSTEM_ID or (user_id and user_id in self.config.bot_ids):
            return "bot"
        asked = bool(user_id) and user_id == self.requester_id
        return "customer" if asked or (role or self.people.role(user_id)) == _CUSTOMER_ROLE else "human"

    # --- events

    def opened(self, comments: Sequence[Json] = ()) -> Event:
        """Its opening, with the files of all its comments."""
        ticket = self.as_ticket(comments)
        return self.make.opened(ticket, self.time("created_at"))

    def as_ticket(self, comments: Sequence[Json] = ()) -> Ticket:
        """The ticket as our noun. Raises BadDelivery."""
        ticket, settings = self.ticket, self.config.settings
        tags = (as_line(tag) for tag in members(ticket, "tags"))
        return Ticket(
            desk_id=self.config.desk_id,
            ticket_id=self.id,
            subject=as_line(member(ticket, "subject")),
            description=clean(as_text(member(ticket, "description"))) or self._first_words(comments),
            opened_at=self.time("created_at") or self.received_at,
            requester=self.people.requester(self.requester_id),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            product=self._field(settings.product_field),
            version=self._field(settings.version_field),
            request_type=as_line(member(ticket, "type")).lower(),
            url=f"{self.config.base_url}/agent/tickets/{self.id}",
            status=self.status,
            attachments=tuple(file for comment in comments for file in FILES_OF_COMMENT.read(comment)),
        )

    def _first_words(self, comments: Sequence[Json]) -> str:
        return words_of(comments[0]) if comments else ""

    def _field(self, field_id: int | None) -> str:
        fields = members(self.ticket, "custom_fields")
        found = (each for each in fields if as_line(member(each, "id")) == str(field_id))
        return as_line(member(next(found, None), "value"))

    def comment(self, comment: Json, at: datetime | None = None) -> Iterator[Event]:
        """A comment as the API or an audit tells it, and its files. Raises BadDelivery."""
        comment_id = as_id(member(comment, "id"), "comment.id")
        told = as_time(member(comment, "created_at"), "comment.created_at", self.config.zone) or at
        who = as_line(member(comment, "author_id"))
        yield self.make.comment(
            comment_id,
            told,
            who=who,
            kind=self.kind(who),
            public=as_bool(member(comment, "public"), default=True),
            text=words_of(comment),
            comment_id=comment_id,
        )
        for file in FILES_OF_COMMENT.read(comment):
            yield self.make.file(file, told, who)

    def rated(self) -> Iterator[Event]:
        """The customer's rating, when there is one: good is 1 of 1, bad is 0."""
        rating = member(self.ticket, "satisfaction_rating")
        word = as_line(member(rating, "score")).lower()
        if word in _SCORES:
            once = f"{as_line(member(rating, 'id')) or 'rating'}:{word}"
            yield self.make.rated(once, None, _SCORES[word], 1.0)

    def changed(self, before: str, after: str, at: datetime | None, once: str, who: str) -> Iterator[Event]:
        """A closing or reopening, when the change was one; that a solved ticket is archived is none."""
        at = at.replace(microsecond=0) if at else None
        once = at.isoformat() if at else once
        if after in DONE and before not in DONE:
            yield self.make.closed(once, at, who, self.kind(who))
        elif after in LIVE and before in DONE:
            yield self.make.reopened(once, at, who)

    def audited(self, audit: Json, *, comments: bool) -> Iterator[Event]:
        """What one audit (all that was changed at once) tells: state changes, and `comments` if wanted."""
        at = as_time(member(audit, "created_at"), "audit.created_at", self.config.zone)
        who = as_line(member(audit, "author_id"))
        once = as_line(member(audit, "id"))
        for event in members(audit, "events"):
            kind = as_line(member(event, "type"))
            if kind == "Change" and as_line(member(event, "field_name")) == "status":
                before, after = (as_line(member(event, name)).lower() for name in ("previous_value", "value"))
                yield from self.changed(before, after, at, once, who)
            elif kind == "Comment" and comments:
                yield from self.comment(event, at)


def words_of(comment: Json) -> str:
    """The comment's text: Zendesk tells it plain, and as HTML where there is no plain form."""
    return clean(as_text(member(comment, "body"))) or plain_text(member(comment, "html_body"), "html")


def posted_id(answer: Json) -> str:
    """The id of the comment a change of the ticket made, '' when the answer does not tell."""
    events = members(answer, "audit", "events")
    found = (event for event in events if as_line(member(event, "type")) == "Comment")
    return as_line(member(next(found, None), "id")) or as_line(within(answer, "audit", "id"))
