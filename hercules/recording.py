"""Writes what desks tell into the journal and the tickets' state, with pseudonyms and redacted."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hercules.codec import from_plain, to_plain
from hercules.events import (
    EVENTS,
    CommentAdded,
    Event,
    FileAdded,
    FileTold,
    Knocked,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketUpdated,
)
from hercules.house import House
from hercules.model import BadDelivery, Delivery, Ticket
from hercules.redact import redact
from hercules.store import desks, journal, tickets
from hercules.store.db import Connection
from hercules.store.tickets import TicketRow
from hercules.text import cut, fold, one_line

CLOCK_SLACK_S = 300.0  # a desk's clock may be behind ours by this much
SHOWN_CHARS = 300
LIKENESS_MIN = 20
FOUND_HEADER = "hercules-found"  # the door never lets it in
WHY_CHARS = 500


def why_of(error: BaseException) -> str:
    """An error as one redacted line for the page."""
    return cut(redact(one_line(f"{type(error).__name__}: {error}")), WHY_CHARS)


# --- events that no delivery told -----------------------------------------------------------------


def found_delivery(desk_id: str, events: Sequence[Event], now: datetime) -> Delivery:
    """Events of one ticket that were found by asking, as a delivery: worked off, tried again, shown like one.

    Its id is made of their keys, so that the same news found again is the same delivery.
    """
    packed = [[type(event).__name__, to_plain(event)] for event in events]
    keys = "\n".join(sorted(event.natural_key for event in events)).encode("utf-8", "replace")
    return Delivery(
        desk_id=desk_id,
        delivery_id="found:" + hashlib.sha256(keys).hexdigest(),
        headers={FOUND_HEADER: "1"},
        body=json.dumps(packed).encode("ascii"),
        received_at=now,
    )


def found_events(delivery: Delivery) -> list[Event]:
    """The events of such a delivery. Raises BadDelivery when this version cannot read them."""
    kinds = {**EVENTS, Knocked.__name__: Knocked}
    try:
        return [from_plain(kinds[name], value) for name, value in json.loads(delivery.body)]
    except (KeyError, TypeError, ValueError) as error:
        raise BadDelivery(f"what was found at the desk cannot be read again: {error}") from None


# --- into journal and tickets ---------------------------------------------------------------------


def keyed(house: House, event: Event) -> Event:
    """The opening event with the customer's pseudonym, and marked when it tells of the past."""
    if not isinstance(event, TicketOpened) or event.ticket is None:
        return event
    requester = event.ticket.requester
    who = requester.id or requester.email
    return replace(
        event,
        customer_key=customer_key(house, event.desk_id, who) if who else "",
        product=shown(event.ticket.product),
        version=shown(event.ticket.version),
        request_type=shown(event.ticket.request_type),
        backfilled=event.backfilled or _is_past(house, event.ticket),
    )


def customer_key(house: House, desk_id: str, customer_id: str) -> str:
    """The pseudonym of a customer: HMAC-SHA256 of desk and id under the data folder's pepper, in hex."""
    text = f"{desk_id}:{customer_id}".encode("utf-8", "replace")
    return hmac.new(house.pepper, text, hashlib.sha256).hexdigest()[:32]


def _is_past(house: House, ticket: Ticket) -> bool:
    age = house.clock() - ticket.opened_at
    old = age > timedelta(seconds=age_max_s(house, ticket.desk_id))
    return old or ticket.opened_at < live_since(house, ticket.desk_id)


def live_since(house: House, desk_id: str) -> datetime:
    """Tickets opened before this are history: the desk's setting, else when it was first seen here."""
    given = house.desk_settings[desk_id].live_since
    if given is not None:
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    with house.db.read() as conn:
        known = desks.known_since(conn, desk_id)
    return known - timedelta(seconds=CLOCK_SLACK_S) if known else house.clock()


def age_max_s(house: House, desk_id: str) -> float:
    """How old a ticket of this desk may be (seconds) to be answered."""
    hours = house.desk_settings[desk_id].age_max_hours
    return 3600.0 * (house.settings.work.age_max_hours if hours is None else hours)


def record(house: House, events: Sequence[Event]) -> None:
    """Put the events into the journal and the tickets' state; known ones are dropped by their natural key.

    Of a file only that it was told of: the journal counts files by their content, which is fetched later.
    """
    now = house.clock()
    news = [_told(event) if isinstance(event, FileAdded) else event for event in events]

    def save(conn: Connection) -> None:
        for recorded in journal.append(conn, news, now):
            _apply(conn, recorded.event)

    if news:
        house.db.do(save)


def _told(file: FileAdded) -> FileTold:
    return FileTold(
        desk_id=file.desk_id,
        ticket_id=file.ticket_id,
        natural_key=file.natural_key,
        at=file.at,
        time_is_ours=file.time_is_ours,
        actor=file.actor,
    )


def _apply(conn: Connection, event: Event) -> None:
    if isinstance(event, TicketOpened) and event.ticket:
        if tickets.put(conn, _ticket_row(event, event.ticket)):
            _catch_up(conn, event)
    elif isinstance(event, TicketClosed):
        tickets.close(conn, event.desk_id, event.ticket_id, event.at)
    elif isinstance(event, TicketReopened):
        tickets.reopen(conn, event.desk_id, event.ticket_id, event.at)
    elif isinstance(event, CommentAdded) and event.author_kind == "human" and event.public:
        tickets.human_replied(conn, event.desk_id, event.ticket_id)
    elif isinstance(event, TicketUpdated) and event.ticket:
        known = tickets.get(conn, event.desk_id, event.ticket_id)
        if known and event.ticket.subject:
            tickets.put(conn, replace(known, subject=shown(event.ticket.subject)))


def _catch_up(conn: Connection, opened: TicketOpened) -> None:
    """Apply what was heard of a ticket before its opening was: deliveries may overtake each other."""
    for recorded in journal.of_ticket(conn, opened.desk_id, opened.ticket_id):
        if not isinstance(recorded.event, TicketOpened):
            _apply(conn, recorded.event)


def shown(text: str) -> str:
    """A short text of a stranger as it is stored: one line, redacted, cut."""
    return cut(redact(one_line(text)), SHOWN_CHARS)


def _ticket_row(event: TicketOpened, ticket: Ticket) -> TicketRow:
    return TicketRow(
        desk_id=ticket.desk_id,
        ticket_id=ticket.ticket_id,
        subject=shown(ticket.subject),
        customer_key=event.customer_key,
        request_type=event.request_type,
        product=event.product,
        version=event.version,
        tags=tuple(shown(tag) for tag in ticket.tags),
        url=ticket.url,
        likeness=_likeness(ticket),
        opened_at=ticket.opened_at,
        backfilled=event.backfilled,
        demo=event.demo,
    )


def _likeness(ticket: Ticket) -> str:
    """Equal for tickets that say the same but for case, white space, punctuation and numbers."""
    letters = "".join(each for each in fold(ticket.subject + " " + ticket.description) if each.isalpha())
    return (
        hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()[:32]
        if len(letters) > LIKENESS_MIN
        else ""
    )
