"""Posting through a faulty network: the outbox's way of trying again, against a fake that errs at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hercules.answer.dialects import Mark, Paragraph, Text, encode
from hercules.answer.reply import key_of
from hercules.desks.desk import Desk
from hercules.model import DeskError, Posted, Reply, TicketRef, Visibility

from .fakes.server import FAULTS, Fault, VendorFake, running
from .kinds import DESK, Kind, desk_of
from .servers import Asked

TRIES = 12
DEADLINE_S = 0.25


@dataclass(slots=True)
class Runs:
    """What came of many posts: `doubles` must be 0; `posted` and `left` (to a person) make up all runs."""

    runs: int = 0
    posted: int = 0
    left: int = 0
    doubles: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def kinds_of_faults(self) -> int:
        """How many different faults happened."""
        return len(self.faults)


def reply_for(desk: Desk, ticket_id: str, visibility: Visibility, key: str = "") -> Reply:
    """A reply in the desk's dialect, with the reference in its footer as a real one has it."""
    mark = key or key_of(DESK, ticket_id, visibility)
    document = [Paragraph((Text("These answers might be helpful to you"),)), Paragraph((Mark(mark),))]
    body = encode(document, desk.dialect)
    return Reply(TicketRef(DESK, ticket_id), visibility, desk.dialect, body, mark)


def post_once(desk: Desk, reply: Reply, tries: int = TRIES) -> Posted | None:
    """Try as the outbox does: look first on every attempt but the first; None when it is left to a person."""
    for attempt in range(tries):
        try:
            if attempt and desk.can_find:
                found = desk.find_marker(reply.ticket, reply.key, reply.visibility)
                if found:
                    return found
            return desk.post(reply, reply.key)
        except DeskError as error:
            if error.permanent or (error.outcome == "unknown" and not desk.can_find):
                return None
    return None


def at_random(chance: random.Random, share: float, seen: Counter[str]) -> Callable[[Asked], Fault | None]:
    """The first request has one of all faults, each further one with this probability."""
    first = [True]

    def plan(_: Asked) -> Fault | None:
        if not first and chance.random() >= share:
            return None
        first.clear()
        name = chance.choice(sorted(FAULTS))
        seen[name] += 1
        return FAULTS[name]

    return plan


def run_kind(kind: Kind, runs: int, seed: int = 1, share: float = 0.5) -> Runs:
    """So many posts of this kind, each to a ticket without any, under faults."""
    assert kind.fake is not None
    chance, told = random.Random(f"{kind.name}-{seed}"), Runs()
    for at in range(runs):
        with running(kind.fake()) as fake:
            fake.plan = at_random(chance, share, told.faults)
            desk = desk_of(kind, fake.url, deadline_s=DEADLINE_S)
            visibility: Visibility = "note" if desk.notes and at % 2 else "reply"
            _count(told, fake, post_once(desk, reply_for(desk, fake.ticket_id, visibility)))
    return told


def _count(told: Runs, fake: VendorFake, posted: Posted | None) -> None:
    told.runs += 1
    told.posted += posted is not None
    told.left += posted is None
    told.doubles += len(fake.posts) > 1
    assert posted is None or fake.posts, "told as posted, but nothing is there"
