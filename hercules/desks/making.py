"""Makes the events of one ticket, with the keys by which the same news is known again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypedDict

from hercules.events import (
    CommentAdded,
    FileAdded,
    Knocked,
    TicketClosed,
    TicketOpened,
    TicketRated,
    TicketReopened,
    TicketUpdated,
)
from hercules.model import Attachment, AuthorKind, Ticket


class _Shared(TypedDict):
    desk_id: str
    ticket_id: str
    natural_key: str
    at: datetime
    time_is_ours: bool
    actor: str


@dataclass(frozen=True, slots=True)
class EventMaker:
    """What all events of one ticket share. `at` None: nobody told the time, that of receipt stands in.

    `once` is what makes a change of the ticket one: the desk's id of the change, or its time, the same
    whether a delivery or a listing tells of it.
    """

    desk_id: str
    ticket_id: str
    received_at: datetime

    def _shared(self, kind: str, once: str, at: datetime | None, who: str = "") -> _Shared:
        return _Shared(
            desk_id=self.desk_id,
            ticket_id=self.ticket_id,
            natural_key=f"{kind}:{once}",
            at=at or self.received_at,
            time_is_ours=at is None,
            actor=who,
        )

    def _change(self, once: str) -> str:
        return f"{self.ticket_id}:{once}"

    def opened(self, ticket: Ticket, at: datetime | None) -> TicketOpened:
        """A customer asked; known by the ticket alone."""
        return TicketOpened(**self._shared("opened", self.ticket_id, at, ticket.requester.id), ticket=ticket)

    def updated(self, ticket: Ticket, once: str, at: datetime | None, who: str = "") -> TicketUpdated:
        """The ticket's own fields changed."""
        return TicketUpdated(**self._shared("updated", self._change(once), at, who), ticket=ticket)

    def file(self, attachment: Attachment, at: datetime | None, who: str = "") -> FileAdded:
        """A file came; known by its name, place and content."""
        shared = self._shared("file", self._change(_file_key(attachment)), at, who)
        return FileAdded(**shared, name=attachment.name, attachment=attachment)

    def comment(
        self,
        once: str,
        at: datetime | None,
        *,
        who: str,
        kind: AuthorKind,
        public: bool,
        text: str,
        comment_id: str = "",
    ) -> CommentAdded:
        """Somebody wrote. Comment ids of a desk may begin anew with each ticket: the ticket is in the key."""
        return CommentAdded(
            **self._shared("comment", self._change(once), at, who),
            author_kind=kind,
            public=public,
            comment_id=comment_id,
            author_id=who,
            text=text,
        )

    def closed(
        self, once: str, at: datetime | None, who: str = "", kind: AuthorKind = "human"
    ) -> TicketClosed:
        """The ticket was closed or solved."""
        return TicketClosed(**self._shared("closed", self._change(once), at, who), by_kind=kind)

    def reopened(self, once: str, at: datetime | None, who: str = "") -> TicketReopened:
        """A closed ticket is open again."""
        return TicketReopened(**self._shared("reopened", self._change(once), at, who))

    def rated(self, once: str, at: datetime | None, score: float, scale: float) -> TicketRated:
        """The customer rated the ticket: `score` out of `scale`."""
        return TicketRated(**self._shared("rated", self._change(once), at), score=score, scale=scale)

    def knocked(self, once: str) -> Knocked:
        """News that only the desk itself can tell whole: it is to be asked for the ticket."""
        return Knocked(**self._shared("knocked", self._change(once), None))


def _file_key(file: Attachment) -> str:
    content = b"" if file.content is None else file.content
    return sha256("\0".join((file.name, file.url or "")).encode() + b"\0" + content).hexdigest()[:24]
