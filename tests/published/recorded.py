"""A fake API that keeps what it answered beside what it was asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from hercules.desks.desk import Desk
from hercules.events import TicketOpened
from hercules.model import Dialect, Reply, TicketRef, Visibility
from tests.desks.fakes.server import Answered, VendorFake, path_of, running
from tests.desks.kinds import DESK
from tests.desks.servers import Asked

F = TypeVar("F", bound=VendorFake)


@dataclass(slots=True)
class Told:
    """The requests of a while, each with its answer."""

    pairs: list[tuple[Asked, Answered]] = field(default_factory=list)

    def take(self) -> list[Asked]:
        """The requests since the last time, which are then forgotten."""
        found = [asked for asked, _ in self.pairs]
        self.pairs.clear()
        return found


def used(desk: Desk, told: Told, log: bytes, markup: Dialect, said: str) -> list[Asked]:
    """A desk's requests to the API: its ticket 1 and the file in it, a note, a reply, a look-up."""
    ref, key = TicketRef(DESK, "1"), "H-ABCDEFGH"
    opened = desk.read_ticket(ref)[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    (file,) = opened.ticket.attachments
    assert b"".join(desk.fetch(file, 1 << 20)) == log
    ways: tuple[Visibility, ...] = ("note", "reply")
    for visibility in ways:
        desk.post(Reply(ref, visibility, markup, said, key), key)
    desk.find_marker(ref, key)
    return [asked for asked in told.take() if path_of(asked).startswith("/api/")]


@contextmanager
def recorded(fake: F) -> Iterator[tuple[F, Told]]:
    """The running fake, and what is told through it."""
    told, handle = Told(), fake.handle

    def keep(asked: Asked) -> Answered:
        said = handle(asked)
        told.pairs.append((asked, copy.deepcopy(said)))  # what it holds may be changed by a later request
        return said

    fake.handle = keep  # type: ignore[method-assign]  # it answers as before
    with running(fake):
        yield fake, told
