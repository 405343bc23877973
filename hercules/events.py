"""What happens to tickets, in the past tense: the events desks read and the journal keeps.

Fields marked `UNKEPT` travel with the event but never reach the journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from hercules.model import Attachment, AuthorKind, Ticket

UNKEPT = {"kept": False}  # metadata of a field that is for the route of the ticket only


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a ticket. `natural_key` is unique within a desk, so that news never doubles.

    `at` is aware UTC; `time_is_ours` when the desk gave no time and the time of receipt stands in.
    """

    schema: ClassVar[int] = 1

    desk_id: str
    ticket_id: str
    natural_key: str
    at: datetime
    time_is_ours: bool = False
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(Event):
    """A customer asked. `backfilled` marks history that must never be answered."""

    customer_key: str = ""
    org_key: str = ""
    topic: str = ""
    product: str = ""
    version: str = ""
    request_type: str = ""
    backfilled: bool = False
    demo: bool = False
    ticket: Ticket | None = field(default=None, metadata=UNKEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked(Event):
    """News that only the desk can tell whole: ask `read_ticket`. It never reaches the journal itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUpdated(Event):
    """The ticket's own fields changed; the new state travels along."""

    ticket: Ticket | None = field(default=None, metadata=UNKEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAdded(Event):
    """A file came with the ticket or after it; in the journal each content counts once for a ticket."""

    name: str = ""
    attachment: Attachment | None = field(default=None, metadata=UNKEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTold(Event):
    """The desk told of a file, under this key: told again it is no news. What was in it is a `FileAdded`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAdded(Event):
    """Somebody wrote on the ticket; the text itself is not kept."""

    author_kind: AuthorKind = "human"
    public: bool = True
    comment_id: str = ""
    author_id: str = field(default="", metadata=UNKEPT)
    text: str = field(default="", metadata=UNKEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClosed(Event):
    """The ticket was closed or solved."""

    by_kind: AuthorKind = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(Event):
    """A closed ticket was opened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRated(Event):
    """The customer rated the ticket at the desk: `score` out of `scale`."""

    score: float = 0.0
    scale: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested(Event):
    """Answers were worked out. `eligible` when at least one stands above the desk's threshold."""

    suggestion_id: str = ""
    rule_ids: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    eligible: bool = False
    rules_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """Policy decided what to do with the suggestion."""

    verdict: Literal["POST", "NOTE", "HOLD", "SILENT"] = "SILENT"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied(Event):
    """A note or a public reply is at the desk."""

    suggestion_id: str = ""
    public: bool = False
    key: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed(Event):
    """An engineer judged a suggestion; `kind` approve is before posting, judge is after the outcome."""

    suggestion_id: str = ""
    kind: Literal["approve", "judge"] = "approve"
    verdict: str = ""
    label: Literal["correct", "wrong", "unsure"] = "unsure"
    rule_ids: tuple[str, ...] = ()
    reviewer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted(Event):
    """The customer said whether the suggestion helped."""

    suggestion_id: str = ""
    vote: Literal["solved", "no"] = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivesStated(Event):
    """How many customers were active in a period (`2026-10`); newer statements win. `ticket_id` is empty."""

    period: str = ""
    unit: Literal["customer", "organisation"] = "customer"
    segment: str = "all"
    count: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChanged(Event):
    """An article is new or differs from before. `ticket_id` is empty; `desk_id` may be `*`."""

    article_id: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRemoved(Event):
    """An article is gone from its source."""

    article_id: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the journal holds it. `seen_at` is when we heard of it (aware UTC)."""

    seq: int
    event: Event
    seen_at: datetime


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        TicketOpened,
        TicketUpdated,
        FileAdded,
        FileTold,
        CommentAdded,
        TicketClosed,
        TicketReopened,
        TicketRated,
        Suggested,
        Decided,
        Replied,
        Reviewed,
        Voted,
        ActivesStated,
        ArticleChanged,
        ArticleRemoved,
    )
}
