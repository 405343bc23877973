"""The Zendesk desk: signed webhooks in, comments by one PUT out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property, partial

from hercules.desks.calls import CalledDesk, member, members, readable
from hercules.desks.desk import Finding, Headers, SignedTest
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line, as_text
from hercules.desks.zendesk.api import Api
from hercules.desks.zendesk.config import Config, read_settings
from hercules.desks.zendesk.gate import sign_test, verify
from hercules.desks.zendesk.reading import read_event, read_trigger
from hercules.desks.zendesk.setting_up import SETUP, Prober
from hercules.desks.zendesk.telling import DONE, People, Teller, posted_id
from hercules.events import CommentAdded, Event
from hercules.model import (
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
# A ticket changed this long after its creation may have been solved or reopened: its audits are asked.
SETTLED = timedelta(seconds=60)


class ZendeskDesk(CalledDesk[Config]):
    """A Zendesk account."""

    kind = "zendesk"
    dialect: Dialect = "html"
    grade = Grade(
        verified="yes",
        fetches="yes",
        posts="yes",
        sees_close="part",
        sees_rating="part",
        proved_against="others' clients at a fake",
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
        """Proof by the webhook's signing secret. Raises Refused."""
        return verify(self.config, headers, raw, now, url_secret)

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery, a knock for what only the API tells. Raises BadDelivery."""
        body = read_json(delivery.body, self._json_limits).value
        reader = read_trigger if self.config.settings.hook == "trigger" else read_event
        return reader(self.config, body, delivery)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """A ticket with its comments, files, rating and, when it is solved, how it came to that.

        Raises DeskError, BadDelivery when the ticket cannot be read.
        """
        return list(self._whole(self._api.ticket(ticket.ticket_id)))

    def _whole(self, ticket: Json) -> Iterator[Event]:
        """A ticket with all its comments; the first one is its description."""
        ticket_id = self._teller(ticket).id
        pages = self._api.comments(ticket_id)
        teller = self._teller(ticket, pages)
        comments = [comment for page in pages for comment in members(page, "comments")]
        yield teller.opened(comments)
        for comment in comments[1:]:
            yield from teller.comment(comment)
        yield from teller.rated()
        if teller.status in DONE or _changed_later(teller):
            yield from self._audited(teller, None)

    def _teller(self, ticket: Json, pages: list[Json] | None = None) -> Teller:
        return Teller(self.config, ticket, self._clock(), people=People.of(pages or []))

    def _audited(self, teller: Teller, since: datetime | None) -> Iterator[Event]:
        """What a ticket's audits tell: changes of state, and with `since` comments, both from then on."""
        pages = self._api.audits(teller.id)
        told = self._teller(teller.ticket, pages)
        for audit in (audit for page in pages for audit in members(page, "audits")):
            for event in told.audited(audit, comments=since is not None):
                if since is None or event.at >= since:
                    yield event

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by one of `bot_ids`, whatever stands in it."""
        return event.author_id in self.bot_ids

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """The tickets of the incremental export, new ones whole, others with what was changed since.

        Raises DeskError; BadDelivery after the last one when some could not be read.
        """
        changed = self._api.changed_since(since, self._clock())
        yield from readable(changed, partial(self._recent, since), "tickets")

    def _recent(self, since: datetime, ticket: Json) -> Iterator[Event]:
        teller = self._teller(ticket)
        if teller.status == "deleted":
            return
        created = teller.time("created_at")
        if created is None or created >= since:
            yield from self._whole(ticket)
            return
        yield teller.opened()
        yield from teller.rated()
        yield from self._audited(teller, since)

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """A test delivery as Zendesk would sign it. Raises SettingsError."""
        return sign_test(self.config, body, now)

    def probe(self) -> Iterator[Finding]:
        """Credentials, account, role and lists are asked; nothing is written."""
        yield from Prober(self.config, self._api, self._clock()).findings()

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One PUT of the ticket with a comment and nothing else. Raises DeskError with its outcome."""
        ticket_id, public = reply.ticket.ticket_id, reply.visibility == "reply"
        answer = self._api.write_comment(ticket_id, reply.body, public=public)
        return Posted(posted_id(answer) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our comment with this key, None when there is none. Raises DeskError when it cannot be told.

        Its visibility is not looked at: a role may turn public comments into internal ones.
        """
        for comment in self._api.newest_comments(ticket.ticket_id):
            if as_line(member(comment, "author_id")) in self.bot_ids and _holds(comment, key):
                return Posted(as_line(member(comment, "id")) or key, found=True)
        return None


def _holds(comment: Json, key: str) -> bool:
    return any(key in as_text(member(comment, name)) for name in ("body", "html_body", "plain_body"))


def _changed_later(teller: Teller) -> bool:
    created, changed = teller.time("created_at"), teller.time("updated_at")
    return created is not None and changed is not None and changed - created > SETTLED
