"""What a place of articles offers: pages, deletions and problems, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page as its place holds it: a key that stays, a name for messages, and its very bytes."""

    key: str
    name: str
    data: bytes
    media: Literal["markdown"] = "markdown"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A page that its place says is gone."""

    key: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that could not be read, and why, in a sentence. The others are read nevertheless."""

    name: str
    message: str


class Source(Protocol):
    """A place of articles. A bad page is one Problem, never the end of the pass."""

    @property
    def name(self) -> str:
        """The source's own name: the first part of its articles' ids."""

    @property
    def complete(self) -> bool:
        """True when a pass names every page, so that one it does not name is gone."""

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """One pass over the place, in the order of the keys."""
