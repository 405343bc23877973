"""A fake API that keeps what it answered beside what it was asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from tests.desks.fakes.server import Answered, VendorFake, running
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
