"""The Chatwoot desk: account webhooks in, messages and private notes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property, partial

from hercules.desks.calls import CalledDesk, member, readable
from hercules.desks.chatwoot.api import Api
from hercules.desks.chatwoot.config import Config, read_settings
from hercules.desks.chatwoot.gate import sign_test, verify
from hercules.desks.chatwoot.reading import RESOLVED, read_hook
from hercules.desks.chatwoot.setting_up import SETUP, Prober
from hercules.desks.chatwoot.telling import Message, Teller, read_message
from hercules.desks.desk import Finding, Headers, SignedTest
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line
from hercules.events import CommentAdded, Event
from hercules.model import (
    BadDelivery,
    Delivery,
    Dialect,
    Grade,
    Posted,
    Proof,
    Reply,
    TicketRef,
    Visibility,
)

BODY_MAX_BYTES = 1 << 20


class ChatwootDesk(CalledDesk[Config]):
    """A Chatwoot account."""

    kind = "chatwoot"
    dialect: Dialect = "markdown"
    grade = Grade(
        verified="part",
        fetches="yes",
        posts="yes",
        sees_close="yes",
        sees_rating="part",
        proved_against="Chatwoot's own client at a fake",
    )
    setup = SETUP
    kept_headers: frozenset[str] = frozenset()
    notes = True
    replies = True
    can_find = True
    can_list = True
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def home(self) -> str:
        """The desk's own address."""
        return self.config.base_url + "/"

    @cached_property
    def _api(self) -> Api:
        return Api(self.config, self._calls)

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """Proof by the webhook's secret, or by that in the path. Raises Refused."""
        return verify(self.config, headers, raw, now, url_secret)

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery. Raises BadDelivery."""
        body = read_json(delivery.body, self._json_limits).value
        return read_hook(self.config, body, delivery)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """A conversation with all its messages; nothing when the customer has not written yet.

        Raises DeskError, BadDelivery when it cannot be read.
        """
        return list(self._told(self._api.conversation(ticket.ticket_id)))

    def _told(self, conversation: Json, since: datetime | None = None) -> Iterator[Event]:
        """The opening of a conversation, what was said since then, and that it is resolved."""
        teller = Teller(self.config, conversation, self._clock())
        messages, whole = self._messages(teller.id, since)
        known = messages if whole else [self._message(told) for told in self._api.first_messages(teller.id)]
        first = next((message for message in known if message.kind == "incoming"), None)
        if first is None:
            return
        files = [file for message in messages if message.kind == "incoming" for file in message.files]
        yield teller.opened(first, files if whole else first.files)
        for message in messages:
            if since is None or message.at is None or message.at >= since:
                yield from teller.said(message)
        if teller.status == RESOLVED:
            yield teller.closed("updated_at", "last_activity_at", "timestamp")

    def _messages(self, number: str, since: datetime | None) -> tuple[list[Message], bool]:
        """The messages back to that time, oldest first, and whether they go back to the first one."""
        found: list[Message] = []
        for told in self._api.newest_messages(number):
            message = self._message(told)
            found.append(message)
            if since is not None and message.at is not None and message.at < since:
                return found[::-1], False
        return found[::-1], True

    def _message(self, told: Json) -> Message:
        return read_message(self.config, told)

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: sent by one of `bot_ids`. Customers are numbered apart: the number alone tells nothing."""
        return event.author_kind != "customer" and event.author_id in self.bot_ids

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """The conversations that were active since, with what was said in them.

        Raises DeskError; BadDelivery after the last one when some could not be read.
        """
        yield from readable(self._active(since), partial(self._told, since=since), "conversations")

    def _active(self, since: datetime) -> Iterator[Json]:
        for page in self._api.conversations():
            fresh = [conversation for conversation in page if self._is_active(conversation, since)]
            if not fresh:
                return
            yield from fresh

    def _is_active(self, conversation: Json, since: datetime) -> bool:
        """True for one whose time cannot be read as well: it is told or named with its messages."""
        teller = Teller(self.config, conversation, self._clock())
        try:
            at = teller.time("last_activity_at", "timestamp", "created_at")
        except BadDelivery:
            return True
        return at is None or at >= since

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """A test delivery as Chatwoot would send it. Raises SettingsError."""
        return sign_test(self.config, body, now)

    def probe(self) -> Iterator[Finding]:
        """Token, agent, account and conversations are asked; nothing is written."""
        yield from Prober(self.config, self._api).findings()

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One message, private for a note. Raises DeskError with its outcome."""
        private = reply.visibility == "note"
        answer = self._api.write_message(reply.ticket.ticket_id, reply.body, private=private)
        return Posted(as_line(member(answer, "id")) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our message with this key, None when there is none. Raises DeskError when it cannot be told."""
        for told in self._api.newest_messages(ticket.ticket_id):
            if self._ours(told, key):
                return Posted(as_line(member(told, "id")) or key, found=True)
        return None

    def _ours(self, told: Json, key: str) -> bool:
        sender = member(told, "sender")
        by_us = as_line(member(sender, "id")) in self.bot_ids and as_line(member(sender, "type")) != "contact"
        going_out = as_line(member(told, "message_type")) in ("1", "outgoing")
        content = member(told, "content")
        return by_us and going_out and isinstance(content, str) and key in content
