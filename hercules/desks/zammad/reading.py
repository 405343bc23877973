"""Tickets and articles as Zammad tells them, in deliveries and lists alike, read into events.

A delivery holds the ticket and at most one article, and does not say what happened: that follows from the
ticket's state and from whether the article is its first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hercules.desks.calls import member, members
from hercules.desks.fields import NAME_MAX_CHARS
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.markup import plain_text
from hercules.desks.paths import as_bool, as_id, as_line, as_number, as_size, as_text, as_time
from hercules.desks.zammad.config import Config
from hercules.events import Event
from hercules.model import Attachment, AuthorKind, BadDelivery, Requester, Ticket

ID_DIGITS_MAX = 18
_KINDS: dict[str, AuthorKind] = {"customer": "customer", "agent": "human", "system": "bot"}


def number_of(value: Json, place: str) -> str:
    """An id of Zammad. Raises BadDelivery for what is no number: it becomes part of addresses."""
    text = as_id(value, place)
    if not (text.isascii() and text.isdigit()) or len(text) > ID_DIGITS_MAX:
        raise BadDelivery(f"{place} is not a number")
    return text.lstrip("0") or "0"


@dataclass(frozen=True, slots=True)
class Article:
    """One article: the first is the customer's question, the others are comments."""

    id: str
    who: str
    kind: AuthorKind
    public: bool
    text: str
    at: datetime | None
    files: tuple[Attachment, ...]


class Reader:
    """Reads what one desk's Zammad tells; `bots` are our own accounts' ids and addresses in lower case."""

    def __init__(self, config: Config, bots: frozenset[str]) -> None:
        self.config, self._bots = config, bots

    def delivery(self, body: Json, received_at: datetime) -> list[Event]:
        """The events of a delivery, [] for one that is about no ticket. Raises BadDelivery."""
        ticket, article = member(body, "ticket"), member(body, "article")
        if ticket is None and article is None:
            return []
        told = _Told(self, ticket, received_at)
        if not isinstance(article, dict) or not article:
            return [told.updated(), *told.state()]
        return [*told.article(self.article(told.id, article), _is_first(ticket, article)), *told.state()]

    def listed(self, ticket: Json, articles: Sequence[Json], received_at: datetime) -> list[Event]:
        """Everything a ticket and its articles tell. Raises BadDelivery."""
        told = _Told(self, ticket, received_at)
        read = [self.article(told.id, each) for each in articles if isinstance(each, dict)]
        read.sort(key=lambda article: int(article.id))
        events = [event for at, each in enumerate(read) for event in told.article(each, at == 0)]
        return [*events, *told.state()]

    # --- parts

    def article(self, ticket_id: str, article: dict[str, Json]) -> Article:
        """An article. Raises BadDelivery naming the path."""
        article_id = number_of(article.get("id"), "article.id")
        who, is_ours = self.author(article)
        kind = _KINDS.get(as_line(article.get("sender")).lower(), "human")
        is_html = as_text(article.get("content_type")).lower().startswith("text/html")
        return Article(
            id=article_id,
            who=who,
            kind="bot" if is_ours else kind,
            public=not as_bool(article.get("internal"), False),
            text=plain_text(article.get("body"), "html" if is_html else "plain"),
            at=as_time(article.get("created_at"), "article.created_at", self.config.zone),
            files=tuple(self._files(ticket_id, article_id, members(article, "attachments"))),
        )

    def author(self, article: Json) -> tuple[str, bool]:
        """Who made an article, and whether that is our own account.

        Deliveries show the account whole, the API by its login: our own is known by any of its names.
        """
        by = member(article, "created_by")
        names = [member(article, "created_by_id"), by if isinstance(by, str) else None]
        names += [member(by, name) for name in ("id", "login", "email")]
        known = [name for name in map(as_line, names) if name]
        ours = next((name for name in known if name.lower() in self._bots), "")
        return ours or next(iter(known), ""), bool(ours)

    def _files(self, ticket_id: str, article_id: str, files: list[Json]) -> Iterator[Attachment]:
        """The files by the addresses of the API: those a delivery tells hold the name of the web server."""
        for file in files:
            file_id = number_of(member(file, "id"), "article.attachments[].id")
            yield Attachment(
                name=as_line(member(file, "filename"), NAME_MAX_CHARS) or f"attachment-{file_id}",
                url=f"{self.config.base}/api/v1/ticket_attachment/{ticket_id}/{article_id}/{file_id}",
                size_bytes=as_size(member(file, "size")),
            )


def _is_first(ticket: Json, article: dict[str, Json]) -> bool:
    """True for the article a ticket began with."""
    told = map(as_text, members(ticket, "article_ids"))
    ids = [int(number) for number in told if number.isdecimal() and len(number) <= ID_DIGITS_MAX]
    if ids:
        return as_text(article.get("id")) == str(min(ids))
    return as_number(member(ticket, "article_count")) == 1


class _Told:
    """One ticket as it was told; `make` makes its events."""

    def __init__(self, reader: Reader, ticket: Json, received_at: datetime) -> None:
        if not isinstance(ticket, dict):
            raise BadDelivery("ticket is missing" if ticket is None else "ticket is not an object")
        self.reader, self.ticket, self.received_at = reader, ticket, received_at
        self.id = number_of(ticket.get("id"), "ticket.id")
        self.make = EventMaker(reader.config.desk_id, self.id, received_at)

    def time(self, name: str) -> datetime | None:
        return as_time(self.ticket.get(name), f"ticket.{name}", self.reader.config.zone)

    # --- events

    def article(self, article: Article, first: bool) -> Iterator[Event]:
        """The opening, or a comment with its files. What a robot opened is not answered."""
        if first and article.kind == "bot":
            return
        if first:
            told = self.time("created_at")
            yield self.make.opened(self._whole(article, told), told)
            return
        yield self.make.comment(
            article.id,
            article.at,
            who=article.who,
            kind=article.kind,
            public=article.public,
            text=article.text,
            comment_id=article.id,
        )
        if article.kind != "bot":
            yield from (self.make.file(file, article.at, article.who) for file in article.files)

    def updated(self) -> Event:
        """News of the ticket's own fields."""
        at = self.time("updated_at")
        once = (at or self.received_at).isoformat()
        return self.make.updated(self._whole(None, self.time("created_at")), once, at)

    def state(self) -> Iterator[Event]:
        """Closed, or reopened when it is open but was closed once.

        Both are known by the time of the closing, which stays the same until the ticket is closed again.
        """
        closed_at = self.time("last_close_at") or self.time("close_at")
        who, is_ours = self.reader.author({"created_by": self.ticket.get("updated_by")})
        if as_line(self._named("state")).lower() in self.reader.config.closed:
            at = closed_at or self.time("updated_at")
            yield self.make.closed(
                (at or self.received_at).isoformat(), at, who, "bot" if is_ours else "human"
            )
        elif closed_at:
            yield self.make.reopened(closed_at.isoformat(), self.time("updated_at"), who)

    # --- fields

    def _named(self, name: str) -> Json:
        """What a field is called: deliveries of some versions hold the whole record in its place."""
        value = self.ticket.get(name)
        return member(value, "name") if isinstance(value, dict) else value

    def _whole(self, article: Article | None, told: datetime | None) -> Ticket:
        return Ticket(
            desk_id=self.make.desk_id,
            ticket_id=self.id,
            subject=as_line(self.ticket.get("title")),
            description=article.text if article else "",
            opened_at=told or self.received_at,
            requester=self._requester(),
            url=f"{self.reader.config.base}/#ticket/zoom/{self.id}",
            status=as_line(self._named("state")),
            attachments=article.files if article else (),
        )

    def _requester(self) -> Requester:
        """The customer; the API names it by its login only, which is an e-mail address as a rule."""
        customer = self.ticket.get("customer")
        if not isinstance(customer, dict):
            login = as_line(customer)
            return Requester(as_line(self.ticket.get("customer_id")), login if "@" in login else "")
        name = " ".join(filter(None, (as_line(customer.get(part)) for part in ("firstname", "lastname"))))
        customer_id = as_line(customer.get("id")) or as_line(self.ticket.get("customer_id"))
        return Requester(customer_id, as_line(customer.get("email")), name)
