"""What the listed deliveries are about: which ticket, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hercules.events import Event
from hercules.house import House
from hercules.model import BadDelivery
from hercules.recording import FOUND_HEADER, found_events
from hercules.store import inbox, tickets
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.text import cut, one_line

READ_BYTES = inbox.INLINE_BYTES  # a larger body is not read for the sake of a line in a list
SUBJECT_CHARS = 60
KINDS: Mapping[str, str] = {
    "TicketOpened": "new ticket",
    "CommentAdded": "comment on",
    "FileAdded": "file for",
    "TicketClosed": "closed:",
    "TicketReopened": "reopened:",
    "TicketRated": "rating of",
    "TicketUpdated": "change of",
}


@dataclass(frozen=True, slots=True)
class About:
    """The ticket of a delivery with its subject where that is known, and in words the last thing it tells."""

    ticket_id: str
    subject: str
    kind: str


def abouts(house: House, conn: Connection, rows: Sequence[InboxRow]) -> dict[int, About]:
    """What these deliveries are about, by row; those that cannot be read, or hold nothing, are left out."""
    found: dict[int, About] = {}
    for row in rows:
        if row.why != inbox.TEST_WHY and row.state != "unreadable" and 0 < row.size_bytes <= READ_BYTES:
            last = _last_event(house, conn, row)
            if last is not None:
                found[row.row_id] = _about(conn, last)
    return found


def _last_event(house: House, conn: Connection, row: InboxRow) -> Event | None:
    whole = inbox.get(conn, row.desk_id, row.delivery_id)
    desk = house.desks.get(row.desk_id)
    if whole is None or desk is None:
        return None
    read = found_events if FOUND_HEADER in whole.headers else desk.read
    try:
        events = list(read(whole.delivery))
    except BadDelivery:  # what is kept of a body need not be whole: then the list shows its id alone
        return None
    return events[-1] if events else None


def _about(conn: Connection, event: Event) -> About:
    ticket = tickets.get(conn, event.desk_id, event.ticket_id)
    name = type(event).__name__
    return About(
        cut(one_line(event.ticket_id), SUBJECT_CHARS),
        cut(one_line(ticket.subject), SUBJECT_CHARS) if ticket else "",
        KINDS.get(name, "ticket"),
    )
