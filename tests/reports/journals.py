"""A small language for writing journals: each line is one event some hours after a ticket was opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from hercules.events import (
    ActivesStated,
    CommentAdded,
    Event,
    Recorded,
    Replied,
    Reviewed,
    Suggested,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    Voted,
)
from hercules.model import Period

OCTOBER = Period("2026-10", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
BEGIN = datetime(2026, 10, 5, 9, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


class Journal:
    """Collects events; `at` is hours after BEGIN."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []
        self._seq = count(1)

    def add(self, event: Event, seen_at: datetime | None = None) -> None:
        self.records.append(Recorded(next(self._seq), event, seen_at or event.at))

    def ticket(
        self,
        ticket_id: str,
        *story: tuple[float, str],
        desk: str = "acme",
        customer: str = "",
        topic: str = "",
        rules: tuple[str, ...] = ("r1",),
        at: float = 0.0,
        backfilled: bool = False,
        demo: bool = False,
    ) -> None:
        """A ticket and what happened to it: (hours after it was opened, what)."""
        opened = BEGIN + timedelta(hours=at)
        self.add(
            TicketOpened(
                desk_id=desk,
                ticket_id=ticket_id,
                natural_key=f"opened:{ticket_id}",
                at=opened,
                customer_key=customer or f"customer-of-{ticket_id}",
                topic=topic,
                backfilled=backfilled,
                demo=demo,
            )
        )
        for number, (hours, what) in enumerate(story):
            self.add(_event(desk, ticket_id, opened + timedelta(hours=hours), what, number, rules))

    def actives(
        self, count: int, period: str = "2026-10", desk: str = "acme", unit: str = "customer", day: int = 40
    ) -> None:
        self.add(
            ActivesStated(
                desk_id=desk,
                ticket_id="",
                natural_key=f"actives:{period}:{len(self.records)}",
                at=OCTOBER.start + timedelta(days=day),
                period=period,
                unit="customer" if unit == "customer" else "organisation",
                count=count,
                source="billing",
            )
        )


def _event(desk: str, ticket: str, at: datetime, what: str, number: int, rules: tuple[str, ...]) -> Event:
    key, suggestion = f"{what}:{ticket}:{number}", f"s-{ticket}"
    word, _, rest = what.partition(" ")
    match word:
        case "suggested" | "unsure":
            return Suggested(
                desk_id=desk, ticket_id=ticket, natural_key=key, at=at, suggestion_id=suggestion, rule_ids=rules,
                eligible=word == "suggested",
            )  # fmt: skip
        case "posted" | "noted":
            return Replied(
                desk_id=desk, ticket_id=ticket, natural_key=key, at=at, suggestion_id=suggestion, public=word == "posted"
            )  # fmt: skip
        case "closed":
            return TicketClosed(desk_id=desk, ticket_id=ticket, natural_key=key, at=at)
        case "reopened":
            return TicketReopened(desk_id=desk, ticket_id=ticket, natural_key=key, at=at)
        case "human" | "private" | "bot":
            kind = "bot" if word == "bot" else "human"
            public = word != "private"
            return CommentAdded(
                desk_id=desk, ticket_id=ticket, natural_key=key, at=at, public=public,
                author_kind="bot" if kind == "bot" else "human",
            )  # fmt: skip
        case "vote":
            vote = "solved" if rest == "solved" else "no"
            return Voted(
                desk_id=desk, ticket_id=ticket, natural_key=key, at=at, suggestion_id=suggestion,
                vote="solved" if vote == "solved" else "no",
            )  # fmt: skip
        case "judge" | "approve":
            return Reviewed(
                desk_id=desk, ticket_id=ticket, natural_key=key, at=at, suggestion_id=suggestion,
                kind="judge" if word == "judge" else "approve",
                label="correct" if rest == "correct" else "wrong" if rest == "wrong" else "unsure", rule_ids=rules,
            )  # fmt: skip
    raise AssertionError(what)
