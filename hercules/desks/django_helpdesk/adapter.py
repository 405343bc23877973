"""The django-helpdesk desk: a secret in the path, follow-ups posted by a staff account of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from hercules.desks.calls import (
    CalledDesk,
    Request,
    endless,
    good,
    json_in,
    json_of,
    member,
    members,
    readable,
    told_list,
)
from hercules.desks.desk import (
    Finding,
    Headers,
    SignedTest,
    lasting,
)
from hercules.desks.django_helpdesk.config import Config, read_settings
from hercules.desks.django_helpdesk.reading import of_delivery, of_ticket, whole_url
from hercules.desks.django_helpdesk.setting_up import SETUP, how_to_mend, not_tried, seen_in_form
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line, as_text, as_time
from hercules.desks.proof import verify_url_secret
from hercules.events import CommentAdded, Event
from hercules.model import (
    BadDelivery,
    Delivery,
    DeskError,
    Dialect,
    Grade,
    Posted,
    Proof,
    Reply,
    TicketRef,
    Visibility,
)

BODY_MAX_BYTES = 4 << 20  # a delivery holds the whole ticket with all of its comments
PAGE = 100
PAGES_MAX = 1_000
FOLLOW_UPS = "api/followups/"
_GRADE = Grade(
    verified="no",
    fetches="yes",
    posts="yes",
    sees_close="yes",
    sees_rating="no",
    proved_against="the real desk",
)


class DjangoHelpdeskDesk(CalledDesk[Config]):
    """One django-helpdesk."""

    kind = "django-helpdesk"
    dialect: Dialect = "plain"
    grade = _GRADE
    setup = SETUP
    notes = True
    replies = True
    can_find = True
    can_list = True
    kept_headers: frozenset[str] = frozenset()
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def home(self) -> str:
        """The desk's own address."""
        return self.config.root

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """The secret in the path; the desk can neither sign nor name a delivery. Raises Refused."""
        if not self.config.secrets:
            return Proof(None, id_is_signed=False)
        return verify_url_secret(url_secret, headers, now, self.config.secrets)

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery, which holds the whole ticket. Raises BadDelivery naming the field."""
        body = read_json(delivery.body, self._json_limits).value
        return of_delivery(self.config, body, delivery.tail, delivery.received_at)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """The ticket as the desk has it now, [] when it is gone. Raises DeskError, BadDelivery."""
        answer = self._calls.ask(self._get(_path_of(ticket)))
        return [] if answer.status == 404 else of_ticket(self.config, json_in(good(answer)), self._clock())

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by our account."""
        return event.author_id in self.bot_ids

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """The tickets that have follow-ups since then, each whole; a new ticket has its first with it.

        The list of tickets itself has no times and no order by change. Raises DeskError, and BadDelivery
        after the last.
        """
        changed = (TicketRef(self.desk_id, ticket_id) for ticket_id in self._changed(since))
        yield from readable(changed, self.read_ticket, "tickets")

    def _changed(self, since: datetime) -> list[str]:
        """The tickets with follow-ups since then, those that changed first before the others."""
        found: dict[str, None] = {}
        for page in self._pages():
            recent = [item for item in reversed(page) if self._is_recent(item, since)]
            found |= dict.fromkeys(as_line(member(item, "ticket")) for item in recent)
            if not recent:
                break
        found.pop("", None)
        return list(reversed(found))

    def _is_recent(self, follow_up: Json, since: datetime) -> bool:
        """True for one whose time cannot be read as well: reading its ticket will name it."""
        try:
            at = as_time(member(follow_up, "date"), "date", self.config.zone)
        except BadDelivery:
            return True
        return at is None or at >= since

    def _pages(self) -> Iterator[list[Json]]:
        """Pages of follow-ups, the newest first: the desk orders them by time, the oldest first."""
        url = whole_url(self.config.root, f"{FOLLOW_UPS}?page=last&page_size={PAGE}")
        for _ in range(PAGES_MAX):
            body = self._calls.get(url, self.config.headers)
            yield told_list(member(body, "results"), "follow-ups")
            before = as_text(member(body, "previous"))
            if not before:
                return
            url = whole_url(self.config.root, before)
        raise endless(FOLLOW_UPS, PAGES_MAX)

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """A path with the secret. Raises SettingsError when none is active."""
        if not self.config.secrets:
            return SignedTest({}, tail="new")
        secret = lasting(self.desk_id, self.config.secrets, now)
        return SignedTest({}, url_secret=secret.decode("ascii"), tail="new")

    def probe(self) -> Iterator[Finding]:
        """Reads the newest follow-up, then the API's page for people; nothing is written."""
        try:
            yield Finding("reads tickets", True, self._probe_list())
        except (DeskError, BadDelivery) as error:
            yield Finding("reads tickets", False, f"{error}; {how_to_mend(self.config, error)}")
            yield from not_tried("writes comments", "bot_ids")
            return
        request = self._get(f"{FOLLOW_UPS}?page_size=1", accept="text/html")
        try:
            page = self._calls.ask(request).body
        except DeskError as error:
            yield Finding("writes comments", None, f"{error}; only a first post can prove it")
            yield from not_tried("bot_ids")
            return
        yield from seen_in_form(self.config, page)

    def _probe_list(self) -> str:
        found = self._calls.get(self._url(f"{FOLLOW_UPS}?page_size=1"), self.config.headers)
        if not isinstance(member(found, "results"), list):
            raise DeskError("this is not the API of django-helpdesk", "no", permanent=True)
        return f"{as_line(member(found, 'count'))} follow-ups are there"

    # --- addresses

    def _url(self, path: str) -> str:
        return self.config.root + path

    def _get(self, path: str, accept: str = "application/json") -> Request:
        return Request("GET", self._url(path), {**self.config.headers, "accept": accept})

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One follow-up: never with a `title`, which would rename the customer's ticket. Raises DeskError."""
        body: Json = {
            "ticket": reply.ticket.ticket_id,
            "comment": tamed(reply.body),
            "public": reply.visibility == "reply",
        }
        made = self._calls.write("POST", self._url(FOLLOW_UPS), self.config.headers, body)
        return Posted(as_line(member(made, "id")) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """The follow-up by our account with this key, None when the ticket has none. Raises DeskError."""
        told = json_of(good(self._calls.ask(self._get(_path_of(ticket)))))
        if not isinstance(member(told, "followup_set"), list):
            raise DeskError("the desk's answer holds no follow-ups, so it tells nothing", "unknown")
        for item in members(told, "followup_set"):
            ours = as_line(member(item, "user")) in self.bot_ids
            if ours and key in as_text(member(item, "comment")):
                return Posted(as_line(member(item, "id")) or key, found=True)
        return None


def _path_of(ticket: TicketRef) -> str:
    return f"api/tickets/{quote(ticket.ticket_id, safe='')}/"


# The desk runs each comment as a template of Django before it is stored (a lone `%}` is a server error),
# writes into other tickets that `#12` names, shows comments as Markdown, and mails them as HTML unescaped.
_SPLIT = re.compile(
    r"(?<=\{)(?=[{%#])|(?<=%)(?=\})"
    r"|(?<=#)(?=\d)"
    r"|(?<=\])(?=[(\[:])|(?<=!)(?=\[)"
    r"|(?<=<)(?=[A-Za-z/!?])|(?<=&)(?=#?[0-9A-Za-z]{1,32};)"
)


def tamed(text: str) -> str:
    """The text with zero-width spaces where the desk would take it for more than words."""
    return _SPLIT.sub("\u200b", text)
