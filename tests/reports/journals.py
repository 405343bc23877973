"""A small language for writing journals: each line is one event some hours after a ticket was opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, TypedDict

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
        self,
        count: int,
        period: str = "2026-10",
        desk: str = "acme",
        unit: str = "customer",
        day: int = 40,
        segment: str = "all",
    ) -> None:
        self.add(
            ActivesStated(
                desk_id=desk,
                ticket_id="",
                natural_key=f"actives:{period}:{len(self.records)}",
                at=OCTOBER.start + timedelta(days=day),
                period=period,
                unit="customer" if unit == "customer" else "organisation",
                segment=segment,
                count=count,
                source="billing",
            )
        )


def _event(desk: str, ticket: str, at: datetime, what: str, number: int, rules: tuple[str, ...]) -> Event:
    word, _, rest = what.partition(" ")
    made = _MADE[word](rest, rules)
    return replace(made, desk_id=desk, ticket_id=ticket, natural_key=f"{what}:{ticket}:{number}", at=at)


def _reviewed(kind: Literal["approve", "judge"], rest: str, rules: tuple[str, ...]) -> Event:
    label: Literal["correct", "wrong", "unsure"] = "unsure"
    if rest in ("correct", "wrong"):
        label = "correct" if rest == "correct" else "wrong"
    return Reviewed(**_NONE, kind=kind, label=label, rule_ids=rules)


class _None(TypedDict):
    desk_id: str
    ticket_id: str
    natural_key: str
    at: datetime


_NONE: _None = {"desk_id": "", "ticket_id": "", "natural_key": "", "at": BEGIN}
_MADE: dict[str, Callable[[str, tuple[str, ...]], Event]] = {
    "suggested": lambda rest, rules: Suggested(**_NONE, rule_ids=rules, eligible=True),
    "unsure": lambda rest, rules: Suggested(**_NONE, rule_ids=rules, eligible=False),
    "posted": lambda rest, rules: Replied(**_NONE, public=True),
    "noted": lambda rest, rules: Replied(**_NONE, public=False),
    "closed": lambda rest, rules: TicketClosed(**_NONE),
    "reopened": lambda rest, rules: TicketReopened(**_NONE),
    "human": lambda rest, rules: CommentAdded(**_NONE, author_kind="human", public=True),
    "private": lambda rest, rules: CommentAdded(**_NONE, author_kind="human", public=False),
    "bot": lambda rest, rules: CommentAdded(**_NONE, author_kind="bot", public=True),
    "vote": lambda rest, rules: Voted(**_NONE, vote="solved" if rest == "solved" else "no"),
    "judge": lambda rest, rules: _reviewed("judge", rest, rules),
    "approve": lambda rest, rules: _reviewed("approve", rest, rules),
}
