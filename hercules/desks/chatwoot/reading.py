"""Chatwoot's webhooks as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from hercules.desks.calls import member, members, within
from hercules.desks.chatwoot.config import Config
from hercules.desks.chatwoot.telling import Message, Teller, read_message
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_line, as_number, as_text
from hercules.events import Event
from hercules.model import BadDelivery, Delivery

# A message within this time of the conversation's beginning may be its first; the key sorts out doubles.
YOUNG = timedelta(seconds=60)
RESOLVED = "resolved"


def read_hook(config: Config, body: Json, delivery: Delivery) -> list[Event]:
    """The events of a webhook's body, [] for news we have no use for. Raises BadDelivery."""
    name = as_text(member(body, "event"))
    if not name:
        raise BadDelivery("event does not name an event")
    reader = _READERS.get(name)
    account = as_line(within(body, "account", "id"))
    if reader is None or account not in ("", config.account_id):
        return []
    return list(reader(config, body, delivery))


def _said(config: Config, body: Json, delivery: Delivery) -> Iterator[Event]:
    """A new message; the customer's first one opens the ticket."""
    teller = Teller(config, member(body, "conversation"), delivery.received_at)
    message = read_message(config, body, "")
    if message.kind == "incoming" and _may_be_first(teller, message):
        yield teller.opened(message, message.files)
    yield from teller.said(message)


def _may_be_first(teller: Teller, message: Message) -> bool:
    """True when nothing was said before, as far as the webhook tells: it does not say so itself.

    An opening of a ticket that is known is dropped by its key, and a first message we did not hear of is
    found by asking for recent conversations.
    """
    began = teller.time("created_at")
    if began is None or message.at is None:
        return True
    unread = as_number(member(teller.conversation, "unread_count"))
    seen = teller.time("agent_last_seen_at", "first_reply_created_at")
    return message.at - began <= YOUNG or (unread == 1 and seen is None)


def _rated(config: Config, body: Json, delivery: Delivery) -> Iterator[Event]:
    """A changed message: of use is only the answer to a survey."""
    teller = Teller(config, member(body, "conversation"), delivery.received_at)
    yield from teller.rated(read_message(config, body, ""))


def _changed(config: Config, body: Json, delivery: Delivery) -> Iterator[Event]:
    """Another state. Only what was resolved can be reopened; snoozed and pending ones never were closed."""
    teller = Teller(config, body, delivery.received_at, "")
    changes = members(body, "changed_attributes")
    before = {as_line(within(change, "status", "previous_value")).lower() for change in changes} - {""}
    if teller.status == RESOLVED:
        yield teller.closed("updated_at", "timestamp")
    elif teller.status == "open" and before == {RESOLVED}:
        at = teller.time("updated_at", "timestamp")
        yield teller.make.reopened(at.isoformat() if at else delivery.delivery_id, at)


_READERS: Mapping[str, Callable[[Config, Json, Delivery], Iterator[Event]]] = {
    "message_created": _said,
    "message_updated": _rated,
    "conversation_status_changed": _changed,
}
