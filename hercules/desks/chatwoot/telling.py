"""What Chatwoot's conversations and messages say, as our nouns and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hercules.desks.calls import member, members, within
from hercules.desks.chatwoot.config import Config
from hercules.desks.fields import FilesField
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.paths import as_bool, as_id, as_line, as_number, as_text, as_time, read_path
from hercules.events import Event
from hercules.model import Attachment, AuthorKind, Requester, Ticket
from hercules.text import clean, cut, one_line

SUBJECT_MAX_CHARS = 200
RATING_SCALE = 5.0
MessageKind = Literal["incoming", "outgoing", "activity", "template"]
# The API numbers the kind, webhooks name it.
_NUMBERED: Mapping[str, MessageKind] = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
_KINDS: Mapping[str, MessageKind] = {**_NUMBERED, **{kind: kind for kind in _NUMBERED.values()}}
_ROBOTS = frozenset(("agent_bot", "captain_assistant"))
_NO_FILES = frozenset(("location", "contact", "fallback"))
_FILES = FilesField(
    path=read_path("attachments[]"),
    name=read_path("file_name"),
    url=read_path("data_url"),
    content=read_path("content_base64"),
    size=read_path("file_size"),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `kind` None: a kind we do not know."""

    id: str
    kind: MessageKind | None
    private: bool
    text: str
    at: datetime | None
    told: Json

    @property
    def sender(self) -> Json:
        """Who sent it, None for what Chatwoot sent by itself."""
        return member(self.told, "sender")

    @property
    def files(self) -> tuple[Attachment, ...]:
        """Its files; places and contacts are none."""
        items = members(self.told, "attachments")
        files = [item for item in items if as_line(member(item, "file_type")) not in _NO_FILES]
        return _FILES.read({"attachments": files})


def read_message(config: Config, told: Json, place: str = "message") -> Message:
    """A message as a webhook or the API tells it. Raises BadDelivery."""
    prefix = f"{place}." if place else ""
    return Message(
        id=as_id(member(told, "id"), f"{prefix}id"),
        kind=_KINDS.get(as_line(member(told, "message_type"))),
        private=as_bool(member(told, "private"), default=False),
        text=clean(as_text(member(told, "content"))),
        at=as_time(member(told, "created_at"), f"{prefix}created_at", config.zone),
        told=told,
    )


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of one conversation, an object as the API or a webhook has it."""

    config: Config
    conversation: Json
    received_at: datetime
    place: str = "conversation"

    @property
    def id(self) -> str:
        """The conversation's number within the account: our ticket id. Raises BadDelivery."""
        prefix = f"{self.place}." if self.place else ""
        return as_id(member(self.conversation, "id"), f"{prefix}id")

    @property
    def make(self) -> EventMaker:
        """The maker of its events."""
        return EventMaker(self.config.desk_id, self.id, self.received_at)

    @property
    def status(self) -> str:
        """Its state: open, pending, snoozed or resolved."""
        return as_line(member(self.conversation, "status")).lower()

    def time(self, *names: str) -> datetime | None:
        """The first of its times that is told; 0 stands for none. Raises BadDelivery."""
        for name in names:
            value = member(self.conversation, name)
            if value is not None and as_number(value) != 0:
                return as_time(value, f"{self.place}.{name}" if self.place else name, self.config.zone)
        return None

    # --- events

    def opened(self, first: Message, files: Sequence[Attachment]) -> Event:
        """The ticket: it opens at the customer's first message."""
        lines = [line for line in first.text.split("\n") if line.strip()]
        mail = as_text(within(first.told, "content_attributes", "email", "subject"))
        subject = mail or as_text(within(self.conversation, "additional_attributes", "mail_subject"))
        tags = (as_line(tag) for tag in members(self.conversation, "labels"))
        ticket = Ticket(
            desk_id=self.config.desk_id,
            ticket_id=self.id,
            subject=cut(one_line(subject or (lines[0] if lines else "")), SUBJECT_MAX_CHARS),
            description=first.text,
            opened_at=first.at or self.received_at,
            requester=self._requester(first.sender),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            product=as_line(within(self.conversation, "custom_attributes", "product")),
            version=as_line(within(self.conversation, "custom_attributes", "version")),
            language=as_line(within(self.conversation, "additional_attributes", "browser_language")),
            url=f"{self.config.base_url}/app/accounts/{self.config.account_id}/conversations/{self.id}",
            status=self.status,
            attachments=tuple(files),
        )
        return self.make.opened(ticket, first.at)

    def _requester(self, sender: Json) -> Requester:
        told = sender if sender is not None else within(self.conversation, "meta", "sender")
        return Requester(*(as_line(member(told, name)) for name in ("id", "email", "name")))

    def said(self, message: Message) -> Iterator[Event]:
        """A message of a customer or an agent with its files; a survey's answer is a rating."""
        if message.kind in ("incoming", "outgoing"):
            who = as_line(member(message.sender, "id"))
            yield self.make.comment(
                message.id,
                message.at,
                who=who,
                kind=self._kind(message, who),
                public=not message.private,
                text=message.text,
                comment_id=message.id,
            )
            for file in message.files:
                yield self.make.file(file, message.at, who)
        yield from self.rated(message)

    def _kind(self, message: Message, who: str) -> AuthorKind:
        """Contacts and agents are numbered apart, so the direction says which of them a sender is."""
        if message.kind == "incoming":
            return "customer"
        attributes = member(message.told, "content_attributes")
        if as_bool(member(attributes, "external_echo"), default=False):
            return "human"
        robot = as_line(member(message.sender, "type")).lower() in _ROBOTS
        by_rule = member(attributes, "automation_rule_id") is not None
        return "bot" if not who or who in self.config.bot_ids or robot or by_rule else "human"

    def rated(self, message: Message) -> Iterator[Event]:
        """The customer's answer to the survey that this message is, if there is one: 1 to 5."""
        survey = within(message.told, "content_attributes", "submitted_values", "csat_survey_response")
        score = as_number(member(survey, "rating"))
        if score is not None:
            yield self.make.rated(f"{message.id}:{score:g}", None, score, RATING_SCALE)

    def closed(self, *names: str) -> Event:
        """It is resolved, since the first of these times that is told."""
        at = self.time(*names)
        at = at.replace(microsecond=0) if at else None
        return self.make.closed(at.isoformat() if at else "resolved", at)
