"""The field-path mapper: from any JSON to our events by dotted paths, checked at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, get_args

from hercules.desks.fields import FilesField, MapTable, TextField
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.paths import FieldPath, as_bool, as_id, as_line, as_number, as_text, as_time, read_path
from hercules.events import (
    Event,
)
from hercules.model import AuthorKind, BadDelivery, Requester, Ticket
from hercules.text import cut, one_line

SUBJECT_MAX_CHARS = 1000

# --- the map --------------------------------------------------------------------------------------

EventKind = Literal["opened", "updated", "closed", "reopened", "comment", "rated"]
_OWN_EVENTS: dict[EventKind, tuple[str, ...]] = {
    "opened": ("ticket.created",),
    "updated": ("ticket.updated",),
    "closed": ("ticket.closed",),
    "reopened": ("ticket.reopened",),
    "comment": ("comment.created",),
    "rated": ("ticket.rated",),
}
_KINDS: tuple[EventKind, ...] = get_args(EventKind)
_SHORT = ("product", "version", "request_type", "language", "url", "status")
_KEYS = (
    *("event", "id", "subject", "description", "requester", "tags", "created_at", "at", "attachments"),
    *("comment", "actor", "rating", "only", *_SHORT),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body is read with. `zone` is taken for times without one; `bot_ids` are our own accounts."""

    desk_id: str
    delivery_id: str
    received_at: datetime
    zone: tzinfo
    bot_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventField:
    """Where the event's name stands and what each name means; `default` for senders that name none."""

    path: FieldPath
    kinds: Mapping[str, EventKind]
    default: EventKind | None = None

    def read(self, body: Json) -> EventKind | None:
        """What happened, None for news we have no use for. Raises BadDelivery when no name is there."""
        value = self.path.first(body)
        name = as_text(value)
        if not name:
            if self.default and value is None:
                return self.default
            raise BadDelivery(f"{self.path.text} does not name an event")
        return self.kinds.get(name)


@dataclass(frozen=True, slots=True)
class OnlyField:
    """Which bodies are about tickets at all: those with one of these words at the path."""

    path: FieldPath
    words: frozenset[str]

    def takes(self, body: Json) -> bool:
        """False for a body about something else."""
        return as_line(self.path.first(body)) in self.words


@dataclass(frozen=True, slots=True)
class PersonField:
    """Who did something: an id, and words that tell customers, humans and robots apart."""

    id: FieldPath
    kind: FieldPath
    words: Mapping[str, AuthorKind]

    def read(self, body: Json, customer_id: str, bot_ids: frozenset[str]) -> tuple[str, AuthorKind]:
        """Id and kind. Our own accounts are robots whatever they are called; nobody known is a human."""
        who = as_line(self.id.first(body))
        word = as_line(self.kind.first(body)).lower()
        if who and who in bot_ids:
            return who, "bot"
        if word in self.words:
            return who, self.words[word]
        return who, "customer" if who and who == customer_id else "human"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Every field of ours and where it stands in the bodies of one desk."""

    event: EventField
    id: FieldPath
    subject: TextField
    description: TextField
    requester: tuple[FieldPath, FieldPath, FieldPath]
    tags: FieldPath
    short: Mapping[str, FieldPath]
    created_at: FieldPath
    at: FieldPath
    attachments: FilesField
    comment_id: FieldPath
    comment_text: TextField
    public: FieldPath
    private: FieldPath | None
    author: PersonField
    actor: PersonField
    rating: tuple[FieldPath, FieldPath]
    only: OnlyField | None = None

    def events(self, body: Json, reading: Reading) -> list[Event]:
        """The events of one body, [] for news we have no use for.

        Raises BadDelivery naming the path when id or event are missing or a value cannot be what it must be.
        """
        if self.only is not None and not self.only.takes(body):
            return []
        kind = self.event.read(body)
        if kind is None:
            return []
        return _Reader(self, body, reading).events(kind)


class _Reader:
    """One body being read."""

    def __init__(self, fields: FieldMap, body: Json, reading: Reading) -> None:
        self.fields, self.body, self.reading = fields, body, reading
        self.id = as_id(*self._placed(fields.id))
        self.told_at = as_time(*self._placed(fields.at), reading.zone)
        self.make = EventMaker(reading.desk_id, self.id, reading.received_at)

    def _placed(self, path: FieldPath) -> tuple[Json, str]:
        place, value = next(iter(path.found(self.body)), (path.text, None))
        return value, place

    def _once(self) -> str:
        """What makes this change of the ticket one: its time, else the delivery that told of it."""
        return self.told_at.isoformat() if self.told_at else self.reading.delivery_id

    def events(self, kind: EventKind) -> list[Event]:
        readers = {
            "opened": self._opened,
            "updated": self._updated,
            "closed": self._closed,
            "reopened": self._reopened,
            "comment": self._comment,
            "rated": self._rated,
        }
        return readers[kind]()

    def _opened(self) -> list[Event]:
        ticket, told = self._ticket()
        return [self.make.opened(ticket, told)]

    def _updated(self) -> list[Event]:
        ticket, _ = self._ticket()
        who, _ = self._actor()
        return [self.make.updated(ticket, self._once(), self.told_at, who), *self._files(who)]

    def _closed(self) -> list[Event]:
        who, kind = self._actor()
        return [self.make.closed(self._once(), self.told_at, who, kind)]

    def _reopened(self) -> list[Event]:
        who, _ = self._actor()
        return [self.make.reopened(self._once(), self.told_at, who)]

    def _rated(self) -> list[Event]:
        score, scale = (as_number(path.first(self.body)) for path in self.fields.rating)
        if score is None:
            raise BadDelivery(f"{self.fields.rating[0].text} is missing or not a number")
        return [self.make.rated(self._once(), self.told_at, score, scale or 5.0)]

    def _comment(self) -> list[Event]:
        fields = self.fields
        who, kind = fields.author.read(self.body, self._requester().id, self.reading.bot_ids)
        comment_id = as_line(fields.comment_id.first(self.body))
        comment = self.make.comment(
            comment_id or self._once(),
            self.told_at,
            who=who,
            kind=kind,
            public=self._is_public(),
            text=fields.comment_text.read(self.body),
            comment_id=comment_id,
        )
        return [comment, *self._files(who)]

    def _is_public(self) -> bool:
        """A comment that does not say so is public: then it counts as a human's answer and we keep quiet."""
        if self.fields.private is not None:
            return not as_bool(self.fields.private.first(self.body), False)
        return as_bool(self.fields.public.first(self.body), True)

    def _actor(self) -> tuple[str, AuthorKind]:
        return self.fields.actor.read(self.body, self._requester().id, self.reading.bot_ids)

    def _files(self, who: str) -> list[Event]:
        """Files that came with later news; those known already have the same key and are dropped."""
        return [self.make.file(file, self.told_at, who) for file in self.fields.attachments.read(self.body)]

    def _requester(self) -> Requester:
        return Requester(*(as_line(path.first(self.body)) for path in self.fields.requester))

    def _ticket(self) -> tuple[Ticket, datetime | None]:
        """The ticket and the time the desk says it was opened."""
        fields, body = self.fields, self.body
        told = as_time(*self._placed(fields.created_at), self.reading.zone)
        tags = (as_line(value) for _, value in fields.tags.found(body))
        short = {name: as_line(path.first(body)) for name, path in fields.short.items()}
        ticket = Ticket(
            desk_id=self.reading.desk_id,
            ticket_id=self.id,
            subject=cut(one_line(fields.subject.read(body)), SUBJECT_MAX_CHARS),
            description=fields.description.read(body),
            opened_at=told or self.reading.received_at,
            requester=self._requester(),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            attachments=fields.attachments.read(body),
            product=short["product"],
            version=short["version"],
            request_type=short["request_type"],
            language=short["language"],
            url=short["url"],
            status=short["status"],
        )
        return ticket, told


# --- making a map from settings -------------------------------------------------------------------


def make_map(table: Mapping[str, object], where: str) -> FieldMap:
    """The map of a desk: our own shape, with what the settings say in its place.

    `where` is the table's name in the settings. Raises SettingsError naming desk and key.
    """
    top = MapTable(where, table)
    top.only(*_KEYS)
    person = top.inner("requester")
    person.only("id", "email", "name")
    comment = top.inner("comment")
    comment.only("id", "text", "public", "private", "author_id", "author_kind")
    rating = top.inner("rating")
    rating.only("score", "scale")
    actor = top.inner("actor")
    actor.only("id", "kind")
    return FieldMap(
        event=_event_field(top),
        id=top.path("id", "ticket.id"),
        subject=top.text("subject", "ticket.subject"),
        description=top.text("description", "ticket.description"),
        requester=(
            person.path("id", "ticket.requester.id"),
            person.path("email", "ticket.requester.email"),
            person.path("name", "ticket.requester.name"),
        ),
        tags=top.path("tags", "ticket.tags[]"),
        short={name: top.path(name, f"ticket.{name}") for name in _SHORT},
        created_at=top.path("created_at", "ticket.created_at"),
        at=top.path("at", "at | timestamp | comment.created_at"),
        attachments=top.files("attachments", "comment.attachments[] | ticket.attachments[]"),
        comment_id=comment.path("id", "comment.id"),
        comment_text=comment.text("text", "comment.text"),
        public=comment.path("public", "comment.public"),
        private=comment.path("private", "") if "private" in comment.table else None,
        author=_person_field(comment, "author_id", "author_kind", "comment.author"),
        actor=_person_field(actor, "id", "kind", "actor"),
        rating=(rating.path("score", "rating.score"), rating.path("scale", "rating.scale")),
        only=_only_field(top),
    )


def _only_field(top: MapTable) -> OnlyField | None:
    if "only" not in top.table:
        return None
    inner = top.inner("only")
    inner.only("path", "is")
    words = inner.words("is", ())
    if not words:
        raise inner.error("is", 'name what is to be read, for example is = ["Issue"]')
    return OnlyField(inner.path("path", "type"), words)


def _event_field(top: MapTable) -> EventField:
    if "event" not in top.table:
        kinds = {name: kind for kind in _KINDS for name in _OWN_EVENTS[kind]}
        return EventField(read_path("type"), kinds)
    inner = top.inner("event")
    inner.only("path", "default", *_KINDS)
    kinds = {}
    for kind in _KINDS:
        for name in inner.words(kind, ()):
            if name in kinds:
                raise inner.error(kind, f"{name!r} also stands under {kinds[name]}")
            kinds[name] = kind
    default = inner.table.get("default")
    if default is not None and default not in _KINDS:
        raise inner.error("default", f"{default!r} is none of {', '.join(_KINDS)}")
    if not kinds and default is None:
        raise inner.error("opened", 'no event is named; write for example opened = ["ticket.created"]')
    return EventField(inner.path("path", "type"), kinds, default)


def _person_field(table: MapTable, id_key: str, kind_key: str, default: str) -> PersonField:
    """The kind is a path, or a table with the desk's own words for customer, human and bot."""
    words: dict[str, AuthorKind] = {"customer": "customer", "human": "human", "bot": "bot"}
    value = table.table.get(kind_key, f"{default}.kind")
    if not isinstance(value, Mapping):
        return PersonField(table.path(id_key, f"{default}.id"), table.to_path(kind_key, value), words)
    inner = table.inner(kind_key)
    inner.only("path", *words)
    kinds = tuple(words.values())
    words = {word.lower(): kind for kind in kinds for word in inner.words(kind, (kind,))}
    return PersonField(table.path(id_key, f"{default}.id"), inner.path("path", f"{default}.kind"), words)
