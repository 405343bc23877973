"""One frozen dataclass of wired parts: what the route of a ticket works with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hercules.desks.desk import Desk
from hercules.folders import Folders
from hercules.kb.index import SearchIndex
from hercules.metrics import Metrics
from hercules.model import NotFound, SettingsError
from hercules.outbound.breaker import Breaker
from hercules.rulebook import Rulebook
from hercules.rules.database import Ruleset
from hercules.settings import DeskSettings, Settings
from hercules.store.attachments import Attachments
from hercules.store.db import Database

Clock = Callable[[], datetime]


class RulesBox:
    """Holds the rules in use; they are swapped whole, and a scan in flight keeps the set it began with."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book

    @property
    def book(self) -> Rulebook:
        """The rules in use with the files they came from."""
        return self._book

    @property
    def now(self) -> Ruleset:
        """The compiled set in use."""
        return self._book.ruleset

    def swap(self, book: Rulebook) -> None:
        """Put another set in its place."""
        self._book = book


class Bell:
    """Wakes the worker when something is to be done, so that nobody waits for a poll."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How often it rang."""
        return self._count

    def ring(self) -> None:
        """Wake all who wait."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def wait(self, seen: int, timeout_s: float) -> int:
        """Wait until it rang more often than `seen` times, or for so long; the count by then."""
        with self._rung:
            self._rung.wait_for(lambda: self._count > seen, timeout_s)
            return self._count


def no_desk(desk_id: str, known: Iterable[str]) -> NotFound:
    """To be raised for a desk that is not set; it names those that are."""
    return NotFound(f"there is no desk {desk_id!r}; known are {', '.join(sorted(known)) or 'none'}")


def no_step(name: str) -> None:
    """The product takes no action between the steps of the route."""


@dataclass(frozen=True, slots=True)
class House:
    """One machine's wired parts. `step` is called by name between steps, so that a test can crash there.

    `closing` tells what waits in the background to end; `afar` is held while sources afar are read.
    """

    settings: Settings
    folders: Folders
    desks: Mapping[str, Desk]
    desk_settings: Mapping[str, DeskSettings]
    db: Database
    attachments: Attachments
    index: SearchIndex
    rulesets: RulesBox
    metrics: Metrics
    clock: Clock
    pepper: bytes
    base_url: str
    synonyms: str = ""
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    bell: Bell = field(default_factory=Bell)
    closing: threading.Event = field(default_factory=threading.Event)
    afar: threading.Lock = field(default_factory=threading.Lock)
    step: Callable[[str], None] = no_step

    @property
    def desk_ids(self) -> frozenset[str]:
        """The ids of all desks."""
        return frozenset(self.desks)

    def paused(self) -> frozenset[str]:
        """The desks that are not to be asked now."""
        return frozenset(
            desk_id for desk_id, breaker in self.breakers.items() if breaker.wait_s() is not None
        )

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folders.data

    def hook(self, desk_id: str) -> str:
        """The address a desk sends to, as it may be shown: a secret in it is three stars."""
        shown = f"{self.base_url}/hooks/{desk_id}"
        try:
            test = self.desks[desk_id].test_delivery(b"", self.clock())
        except SettingsError:  # no secret is active: then nothing is said of where it stands
            return shown
        return "/".join((shown, *(["***"] if test.url_secret else []), *([test.tail] if test.tail else [])))
