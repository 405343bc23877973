"""Reads a ticket of django-helpdesk, as webhooks and API tell it, into events.

There are no event names, no times of tickets and no ids of deliveries: a ticket comes whole each time, with
all of its follow-ups. The first of them is its opening.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from hercules.desks.calls import member, members
from hercules.desks.django_helpdesk.config import Config
from hercules.desks.fields import NAME_MAX_CHARS
from hercules.desks.jsonbody import Json
from hercules.desks.making import EventMaker
from hercules.desks.markup import plain_text
from hercules.desks.paths import as_bool, as_id, as_line, as_number, as_size, as_text, as_time
from hercules.events import Event
from hercules.model import Attachment, AuthorKind, BadDelivery, Requester, Ticket

STATUSES = {1: "open", 2: "reopened", 3: "resolved", 4: "closed", 5: "duplicate"}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up: the opening, a comment, files, a change of status, or several of these at once."""

    id: str
    at: datetime | None
    user: str
    public: bool
    text: str
    status: int | None
    files: tuple[Attachment, ...]


# --- a delivery -----------------------------------------------------------------------------------


def of_delivery(config: Config, body: Json, tail: str, received_at: datetime) -> list[Event]:
    """The events of a webhook, [] for a path that is none of ours. Raises BadDelivery naming the field.

    `tail` is what stands behind the secret; without it the body tells which of the two it is.
    """
    tail = tail.strip("/")
    if tail not in ("", "new", "followup"):
        return []
    news = member(body, "followup_id")
    if tail == "followup" or (not tail and news is not None):
        return of_ticket(config, member(body, "ticket"), received_at, _slug(body), as_id(news, "followup_id"))
    return of_ticket(config, member(body, "ticket"), received_at, _slug(body))


def _slug(body: Json) -> str:
    return as_line(member(body, "queue_slug"))


def of_ticket(
    config: Config, ticket: Json, received_at: datetime, queue: str = "", news: str | None = None
) -> list[Event]:
    """The opening and all that happened since, our own comments left out. Raises BadDelivery.

    `news` is the follow-up a webhook is about: of all others no files are told again, and it is told even
    when it is our own, so that it is counted.
    """
    ticket_id = as_id(member(ticket, "id"), "ticket.id")
    told = _follow_ups(config, ticket)
    if news is not None and all(each.id != news for each in told):
        raise BadDelivery(f"ticket.followup_set has no follow-up {news}")
    opening = _opening(config, told, news)
    at = opening.at if opening else None
    opened = _ticket(config, ticket_id, ticket, at or received_at, queue)
    opened = replace(opened, attachments=tuple(file for each in told for file in each.files))
    reader = _Reader(config, EventMaker(config.desk_id, ticket_id, received_at), news)
    since = [each for each in told if each is not opening]
    return [
        reader.make.opened(opened, at),
        *(event for each in since for event in reader.follow_up(each)),
        *reader.status(as_number(member(ticket, "status")), told),
    ]


def _opening(config: Config, told: list[FollowUp], news: str | None) -> FollowUp | None:
    """The follow-up that came with the ticket; one made in the admin's pages has none."""
    first = told[0] if told else None
    return first if first and first.id != news and first.user not in config.bot_ids else None


def _ticket(config: Config, ticket_id: str, ticket: Json, opened_at: datetime, queue: str) -> Ticket:
    email = as_line(member(ticket, "submitter_email"))
    number = as_number(member(ticket, "status"))
    return Ticket(
        desk_id=config.desk_id,
        ticket_id=ticket_id,
        subject=as_line(member(ticket, "title")),
        description=plain_text(member(ticket, "description"), "plain"),
        opened_at=opened_at,
        requester=Requester(email=email),  # as an id it would stand in the journal
        tags=(queue,) if queue else (),
        product=as_line(member(ticket, "custom_product")),
        version=as_line(member(ticket, "custom_version")),
        url=f"{config.root}tickets/{quote(ticket_id, safe='')}/",
        status=STATUSES.get(int(number), str(int(number))) if number is not None else "",
    )


# --- follow-ups -----------------------------------------------------------------------------------


def _follow_ups(config: Config, ticket: Json) -> list[FollowUp]:
    """All follow-ups, oldest first as the desk gives them."""
    items = members(ticket, "followup_set")
    return [_follow_up(config, item, f"ticket.followup_set[{at}]") for at, item in enumerate(items)]


def _follow_up(config: Config, item: Json, place: str) -> FollowUp:
    status = as_number(member(item, "new_status"))
    return FollowUp(
        id=as_id(member(item, "id"), f"{place}.id"),
        at=as_time(member(item, "date"), f"{place}.date", config.zone),
        user=as_line(member(item, "user")),
        public=as_bool(member(item, "public"), True),
        text=plain_text(member(item, "comment"), "plain"),
        status=int(status) if status is not None else None,
        files=tuple(
            _file(config, file, at) for at, file in enumerate(members(item, "followupattachment_set"), 1)
        ),
    )


def _file(config: Config, item: Json, at: int) -> Attachment:
    url = as_text(member(item, "file")).strip()
    return Attachment(
        name=as_line(member(item, "filename"), NAME_MAX_CHARS) or _name_in(url) or f"attachment-{at}",
        url=whole_url(config.root, url) if url else None,
        size_bytes=as_size(member(item, "size")),
    )


def _name_in(url: str) -> str:
    return as_line(unquote(url.split("?")[0].rpartition("/")[2]), NAME_MAX_CHARS)


def whole_url(root: str, url: str) -> str:
    """One address for a file or page, which webhooks name by its path and the API by its whole address.

    Behind a proxy the API may say http where the desk is reached by https: its own pages are always asked
    for as `root` is. An address that cannot be read is left as it is, fetching will refuse it.
    """
    try:
        full = urljoin(root, url)
        parts, home = urlsplit(full), urlsplit(root)
        if parts.scheme in ("http", "https") and (parts.netloc.lower() == home.netloc.lower()):
            return urlunsplit(parts._replace(scheme=home.scheme, netloc=home.netloc))
    except ValueError:
        return url
    return full


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes the events of one ticket. A follow-up without a user is the customer's."""

    config: Config
    make: EventMaker
    news: str | None

    def follow_up(self, told: FollowUp) -> Iterator[Event]:
        """What one follow-up after the opening tells."""
        own = told.user in self.config.bot_ids
        kind: AuthorKind = "bot" if own else "human" if told.user else "customer"
        if (told.text.strip() or told.files) and (not own or told.id == self.news):
            yield self.make.comment(
                told.id,
                told.at,
                who=told.user,
                kind=kind,
                public=told.public,
                text=told.text,
                comment_id=told.id,
            )
        if not own and self.news in (None, told.id):
            yield from (self.make.file(file, told.at, told.user) for file in told.files)
        if told.status in self.config.closed:
            yield self.make.closed(told.id, told.at, told.user, kind)
        elif told.status in self.config.open:
            yield self.make.reopened(told.id, told.at, told.user)

    def status(self, number: float | None, told: list[FollowUp]) -> Iterator[Event]:
        """A change that no follow-up tells, as one by the desk's board: it has no time, and counts once."""
        known = self.config.closed | self.config.open
        changes = [each.status for each in told if each.status in known]
        was_closed = bool(changes) and changes[-1] in self.config.closed
        if number in self.config.closed and not was_closed:
            yield self.make.closed(f"status-{number:g}", None)
        elif number in self.config.open and was_closed:
            yield self.make.reopened(f"status-{number:g}", None)
