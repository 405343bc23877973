"""Zendesk's webhooks as events: the fixed bodies of event hooks, and what an admin's trigger sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hercules.desks.calls import member, within
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.mapper import Reading
from hercules.desks.paths import as_bool, as_id, as_line, as_text, as_time
from hercules.desks.zendesk.config import Config
from hercules.desks.zendesk.telling import FILE_OF_EVENT, Teller
from hercules.events import CommentAdded, Event, TicketClosed, TicketReopened
from hercules.model import AuthorKind, BadDelivery, Delivery
from hercules.text import clean

_TYPE = "zen:event-type:ticket."
_SUBJECT = "zen:ticket:"
JUST_CREATED = timedelta(seconds=10)


def read_event(config: Config, body: Json, delivery: Delivery) -> list[Event]:
    """The events of an event hook's body, [] for news we have no use for. Raises BadDelivery."""
    kind = as_text(member(body, "type"))
    if not kind:
        raise BadDelivery("type does not name an event")
    reader = _READERS.get(kind.removeprefix(_TYPE)) if kind.startswith(_TYPE) else None
    return list(reader(_Hook.of(config, body, delivery))) if reader else []


@dataclass(frozen=True, slots=True)
class _Hook:
    """An event hook's body: `tell` tells of its ticket, `event` is what happened."""

    tell: Teller
    body: Json
    event: Json
    delivery_id: str

    @classmethod
    def of(cls, config: Config, body: Json, delivery: Delivery) -> _Hook:
        detail = member(body, "detail")
        subject = as_text(member(body, "subject"))
        if member(detail, "id") is None and subject.startswith(_SUBJECT):
            told = detail if isinstance(detail, dict) else {}
            detail = {**told, "id": subject.removeprefix(_SUBJECT)}
        teller = Teller(config, detail, delivery.received_at, "detail")
        return cls(teller, body, member(body, "event"), delivery.delivery_id)

    @property
    def actor(self) -> str:
        """Who did it."""
        return as_line(member(self.tell.ticket, "actor_id"))

    def opened(self) -> Iterator[Event]:
        """A new ticket: its files, and often its words, are only told by the API."""
        yield self.tell.make.knocked(as_line(member(self.body, "id")) or self.delivery_id)

    def commented(self) -> Iterator[Event]:
        """A comment with its author."""
        comment = member(self.event, "comment")
        comment_id = as_id(member(comment, "id"), "event.comment.id")
        if self._is_description(comment):
            return
        who = as_line(within(comment, "author", "id"))
        yield self.tell.make.comment(
            comment_id,
            self._time(),
            who=who,
            kind=self._author_kind(who, within(comment, "author", "is_staff")),
            public=as_bool(member(comment, "is_public"), default=True),
            text=clean(as_text(member(comment, "body"))),
            comment_id=comment_id,
        )

    def _is_description(self, comment: Json) -> bool:
        """True for the comment a new ticket begins with: it is no answer, whoever opened the ticket."""
        created, at = self.tell.time("created_at"), self._time()
        words = as_text(member(self.tell.ticket, "description"))
        new = created is not None and at is not None and at - created < JUST_CREATED
        return new and bool(words) and words == as_text(member(comment, "body"))

    def _author_kind(self, who: str, is_staff: Json) -> AuthorKind:
        return self.tell.kind(who, "" if as_bool(is_staff, default=True) else "end-user")

    def filed(self) -> Iterator[Event]:
        """A file that came with a comment."""
        for file in FILE_OF_EVENT.read(self.body):
            yield self.tell.make.file(file, self._time(), self.actor)

    def changed(self) -> Iterator[Event]:
        """Another state; the time is that of the ticket's change, as its audits tell it too."""
        before, after = (as_line(member(self.event, name)).lower() for name in ("previous", "current"))
        at = self.tell.time("updated_at") or self._time()
        yield from self.tell.changed(before, after, at, self.delivery_id, self.actor)

    def updated(self) -> Iterator[Event]:
        """Another subject or description."""
        at = self._time()
        once = at.isoformat() if at else self.delivery_id
        yield self.tell.make.updated(self.tell.as_ticket(), once, at, self.actor)

    def _time(self) -> datetime | None:
        return as_time(member(self.body, "time"), "time", self.tell.config.zone)


_READERS: Mapping[str, Callable[[_Hook], Iterator[Event]]] = {
    "created": _Hook.opened,
    "comment_added": _Hook.commented,
    "attachment_linked_to_comment": _Hook.filed,
    "status_changed": _Hook.changed,
    "subject_changed": _Hook.updated,
    "description_changed": _Hook.updated,
}


def read_trigger(config: Config, body: Json, delivery: Delivery) -> list[Event]:
    """The events of a trigger's body by the desk's map. Raises BadDelivery naming the path.

    What only the API tells whole (files, ratings, a comment without words, a change without a time) is
    turned into a knock.
    """
    reading = Reading(config.desk_id, delivery.delivery_id, delivery.received_at, config.zone, config.bot_ids)
    return [_as_told(event, delivery) for event in config.fields.events(body, reading)]


def _as_told(event: Event, delivery: Delivery) -> Event:
    make = EventMaker(event.desk_id, event.ticket_id, delivery.received_at)
    if isinstance(event, CommentAdded) and event.text and event.comment_id:
        return event
    if isinstance(event, TicketClosed | TicketReopened) and not event.time_is_ours:
        at = event.at.replace(microsecond=0)
        kind = event.natural_key.partition(":")[0]
        return replace(event, at=at, natural_key=f"{kind}:{event.ticket_id}:{at.isoformat()}")
    return make.knocked(delivery.delivery_id)
