"""Three months of made-up ticket history for the demo, so that the reports have something to show."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from hercules.events import (
    ActivesStated,
    CommentAdded,
    Decided,
    Event,
    Replied,
    Reviewed,
    Suggested,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    Voted,
)

SEED = 12
MONTHS = 3
ACTIVES = 1_450
_ACTOR = "demo"


class _Common(TypedDict):
    desk_id: str
    ticket_id: str
    natural_key: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class _Draw:
    """One made-up ticket: who asked what, and how it went."""

    number: int
    customer: int
    at: datetime
    rule_id: str
    outcome: str


def history(desk_id: str, rule_ids: Sequence[str], now: datetime) -> list[Event]:
    """Events of about three whole months before this one, the same for the same month and rules.

    Every opening event says `demo` and `actor` is `demo`, so that it can never be taken for real.
    """
    rng = random.Random(SEED)
    events: list[Event] = []
    first = _month_start(now, MONTHS)
    for month in range(MONTHS):
        start = _month_start(now, MONTHS - month)
        end = _month_start(now, MONTHS - month - 1)
        events.append(_actives(desk_id, start, ACTIVES + 25 * month))
        for _ in range(150 - 12 * month):
            at = start + (end - start) * rng.random()
            events.extend(_ticket(desk_id, _draw(rng, len(events), at, rule_ids)))
    return sorted(events, key=lambda event: (max(event.at, first), event.natural_key))


def _month_start(now: datetime, back: int) -> datetime:
    index = now.year * 12 + now.month - 1 - back
    return now.replace(
        year=index // 12, month=index % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def _draw(rng: random.Random, number: int, at: datetime, rule_ids: Sequence[str]) -> _Draw:
    outcomes = ("solved", "assisted", "assumed", "failed", "rejected", "silent")
    (outcome,) = rng.choices(outcomes, (26, 14, 12, 5, 5, 38))
    weights = [1.0 / (place + 1) for place in range(len(rule_ids))]
    (rule_id,) = rng.choices(list(rule_ids), weights) if rule_ids else ("",)
    return _Draw(number, int(rng.triangular(0, 900, 200)), at, rule_id, outcome)


def _actives(desk_id: str, start: datetime, count: int) -> ActivesStated:
    label = start.strftime("%Y-%m")
    return ActivesStated(
        desk_id=desk_id,
        ticket_id="",
        natural_key=f"actives:{label}:demo",
        at=start + timedelta(days=27),
        actor=_ACTOR,
        period=label,
        count=count,
        source="demo",
    )


def _ticket(desk_id: str, draw: _Draw) -> Iterator[Event]:
    maker = _Maker(desk_id, f"past-{draw.number}", draw)
    yield maker.opened()
    yield from maker.suggested()
    if draw.outcome in ("solved", "assisted", "assumed", "failed"):
        yield from maker.approved()
    yield from maker.ending()


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the events of one ticket."""

    desk_id: str
    ticket_id: str
    draw: _Draw

    def _named(self, name: str, minutes: float) -> _Common:
        return {
            "desk_id": self.desk_id,
            "ticket_id": self.ticket_id,
            "natural_key": f"{name}:{self.ticket_id}",
            "at": self.draw.at + timedelta(minutes=minutes),
            "actor": _ACTOR,
        }

    @property
    def _suggestion_id(self) -> str:
        return f"s-{self.ticket_id}"

    @property
    def _rules(self) -> tuple[str, ...]:
        return (self.draw.rule_id,) if self.draw.rule_id and self.draw.outcome != "silent" else ()

    def opened(self) -> Event:
        return TicketOpened(
            **self._named("opened", 0),
            customer_key=f"demo-customer-{self.draw.customer}",
            topic=self.draw.rule_id,
            demo=True,
        )

    def suggested(self) -> Iterator[Event]:
        spoke = bool(self._rules)
        yield Suggested(
            **self._named("suggested", 0.1),
            suggestion_id=self._suggestion_id,
            rule_ids=self._rules,
            scores=(0.85,) if spoke else (),
            eligible=spoke,
        )
        verdict: Literal["NOTE", "SILENT"] = "NOTE" if spoke else "SILENT"
        yield Decided(**self._named("decided", 0.1), verdict=verdict, why="demo")
        if spoke:
            yield Replied(**self._named("noted", 0.2), suggestion_id=self._suggestion_id, public=False)

    def approved(self) -> Iterator[Event]:
        yield Reviewed(
            **self._named("reviewed", 20),
            suggestion_id=self._suggestion_id,
            verdict="approve",
            label="correct",
            rule_ids=self._rules,
            reviewer="Demo engineer",
        )
        yield Replied(**self._named("replied", 20.2), suggestion_id=self._suggestion_id, public=True)

    def ending(self) -> Iterator[Event]:
        endings = {
            "solved": self._solved,
            "assisted": self._assisted,
            "assumed": self._assumed,
            "failed": self._failed,
            "rejected": self._rejected,
            "silent": self._silent,
        }
        yield from endings[self.draw.outcome]()

    def _comment(self, minutes: float) -> Event:
        return CommentAdded(**self._named("comment", minutes), author_kind="human", public=True)

    def _closed(self, minutes: float) -> Event:
        return TicketClosed(**self._named("closed", minutes))

    def _solved(self) -> Iterator[Event]:
        named = self._named("voted", 90)
        yield Voted(**named, suggestion_id=self._suggestion_id, vote="solved")
        yield self._closed(91)

    def _assisted(self) -> Iterator[Event]:
        yield self._comment(60)
        named = self._named("voted", 240)
        yield Voted(**named, suggestion_id=self._suggestion_id, vote="solved")
        yield self._closed(250)

    def _assumed(self) -> Iterator[Event]:
        yield self._closed(3 * 24 * 60)

    def _failed(self) -> Iterator[Event]:
        named = self._named("voted", 120)
        yield Voted(**named, suggestion_id=self._suggestion_id, vote="no")
        yield self._comment(180)
        yield self._closed(300)
        yield TicketReopened(**self._named("reopened", 24 * 60))

    def _rejected(self) -> Iterator[Event]:
        yield Reviewed(
            **self._named("reviewed", 25),
            suggestion_id=self._suggestion_id,
            verdict="reject",
            label="wrong",
            rule_ids=self._rules,
            reviewer="Demo engineer",
            reason="wrong",
        )
        yield self._comment(45)
        yield self._closed(26 * 60)

    def _silent(self) -> Iterator[Event]:
        yield self._comment(120)
        yield self._closed(30 * 60)
