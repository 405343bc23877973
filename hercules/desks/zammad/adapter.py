"""Zammad: signed deliveries in, articles of type note out, found again by the reference in their text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode

from hercules.desks.calls import CalledDesk, member, readable, told_list
from hercules.desks.desk import (
    Finding,
    Headers,
    SignedTest,
    lasting,
    probed,
    quotes_us,
)
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line, as_text
from hercules.desks.zammad.config import SETUP, Config, read_settings
from hercules.desks.zammad.gate import DELIVERY, SIGNATURE, TRIGGER, signature, verify
from hercules.desks.zammad.reading import Reader, number_of
from hercules.events import CommentAdded, Event
from hercules.model import (
    BadDelivery,
    Delivery,
    DeskError,
    Dialect,
    Grade,
    Posted,
    Proof,
    Refused,
    Reply,
    TicketRef,
    Visibility,
)

BODY_MAX_BYTES = 4 << 20  # an article's whole text and both accounts; files come by address
PER_PAGE = 100
PAGES_MAX = 100  # its search index gives 10,000 tickets at most


class ZammadDesk(CalledDesk[Config]):
    """One Zammad."""

    kind = "zammad"
    grade = Grade(
        verified="yes",
        fetches="yes",
        posts="yes",
        sees_close="part",
        sees_rating="no",
        proved_against="separately written signer, others' clients at a fake",
    )
    setup = SETUP
    dialect: Dialect = "html"
    notes = True
    replies = True
    can_find = True
    can_list = True
    kept_headers = frozenset((TRIGGER, DELIVERY))
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def home(self) -> str:
        """The desk's own address."""
        return self.config.base

    @cached_property
    def _bots(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.bot_ids)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.config, self._bots)

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """Proof by `X-Hub-Signature` with SHA-1. Raises Refused."""
        if url_secret:
            raise Refused("this desk takes no secret in the path")
        if not self.config.secrets:
            return Proof(None, id_is_signed=False)
        return verify(headers, raw, now, self.config.secrets)

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery. Raises BadDelivery naming the path."""
        body = read_json(delivery.body, self._json_limits).value
        if not isinstance(body, dict):
            raise BadDelivery("the body is not an object")
        return self._reader.delivery(body, delivery.received_at)

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by our account, or by a robot and with a reference of ours in it."""
        return event.author_id.lower() in self._bots or quotes_us(event)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """The ticket and its articles as the API tells them. Raises DeskError."""
        whole = self._get(f"tickets/{_digits(ticket)}?expand=true")
        return self._reader.listed(whole, self._articles(_digits(ticket)), self._clock())

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """Every ticket that changed since then, with its articles. Raises DeskError, BadDelivery.

        In the order of creation: what changes while we read moves nothing out of the pages still to come.
        """
        changed = self._search(f"updated_at:[{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} TO *]")
        yield from readable(changed, self._whole, "tickets")

    def _whole(self, ticket: Json) -> list[Event]:
        articles = self._articles(number_of(member(ticket, "id"), "ticket.id"))
        return self._reader.listed(ticket, articles, self._clock())

    def _search(self, query: str) -> Iterator[Json]:
        asked = {"query": query, "sort_by": "created_at", "order_by": "asc", "expand": "true"}
        for page in range(1, PAGES_MAX + 1):
            paging = {"per_page": str(PER_PAGE), "limit": str(PER_PAGE), "page": str(page)}
            items = self._list(f"tickets/search?{urlencode({**asked, **paging})}")
            yield from items
            if len(items) < PER_PAGE:
                return
        raise DeskError(f"more than {PER_PAGE * PAGES_MAX} tickets have changed", permanent=True)

    def _articles(self, ticket_id: str) -> list[Json]:
        return self._list(f"ticket_articles/by_ticket/{ticket_id}?expand=true")

    def _list(self, path: str) -> list[Json]:
        return told_list(self._get(path), "tickets or articles")

    def _get(self, path: str) -> Json:
        return self._calls.get(f"{self.config.base}/api/v1/{path}", self.config.headers)

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One article of type note, which sends no mail by itself. Raises DeskError with its outcome."""
        body: Json = {
            "ticket_id": int(_digits(reply.ticket)),
            "body": reply.body,
            "content_type": "text/html",
            "type": "note",
            "internal": reply.visibility == "note",
        }
        url = f"{self.config.base}/api/v1/ticket_articles"
        answer = self._calls.write("POST", url, self.config.headers, body)
        return Posted(as_line(member(answer, "id")) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our account's article with this key, None when there is none. Raises DeskError."""
        for article in self._articles(_digits(ticket)):
            _, is_ours = self._reader.author(article)
            if is_ours and key in as_text(member(article, "body")):
                return Posted(as_line(member(article, "id")) or key, found=True)
        return None

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """A delivery with the signature. Raises SettingsError when no secret is active."""
        headers = {"content-type": "application/json", TRIGGER: "hercules desk check"}
        if self.config.secrets:
            secret = lasting(self.desk_id, self.config.secrets, now)
            headers[SIGNATURE] = signature(secret, body).decode("ascii")
        return SignedTest(headers)

    def probe(self) -> Iterator[Finding]:
        """The account behind the token, a ticket, and whether tickets can be searched."""
        who = probed("account", self._probe_account, f"make a new token and set desks.{self.desk_id}.token")
        yield who
        if not who.ok:
            return
        yield probed("reads tickets", self._probe_read, "give the account groups and the token ticket.agent")
        yield probed(
            "finds missed tickets",
            self._probe_search,
            "connect Zammad to Elasticsearch and rebuild its search index",
        )
        yield Finding(
            "writes",
            None,
            "the account needs `change` in its groups; only a first note can prove that it has",
        )

    def _probe_account(self) -> str:
        me = self._get("users/me")
        name, is_ours = self._reader.author({"created_by": me})
        if not is_ours:
            raise DeskError(f"the token belongs to user {name!r}, who is not in bot_ids", permanent=True)
        return f"the token belongs to {name}"

    def _probe_read(self) -> str:
        found = self._list("tickets?per_page=1&expand=true")
        return "tickets can be read" if found else "there is no ticket it may see yet"

    def _probe_search(self) -> str:
        """Without Elasticsearch the search takes our words as words, and finds nothing."""
        asked = urlencode({"query": "created_at:[1990-01-01 TO *]", "expand": "true", "per_page": "1"})
        if self._list("tickets?per_page=1&expand=true") and not self._list(f"tickets/search?{asked}"):
            raise DeskError("the search finds none of the tickets there are", permanent=True)
        return "the search answers"


def _digits(ticket: TicketRef) -> str:
    """The ticket's number for an address. Raises DeskError."""
    number = ticket.ticket_id
    if not (number.isascii() and number.isdigit()):
        raise DeskError(f"{number!r} is no ticket id of Zammad", "no", permanent=True)
    return number
