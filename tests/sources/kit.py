"""Sources made as the service makes them, with the real client, over services on the loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hercules.folders import find_folders
from hercules.settings import Settings
from hercules.sources.source import Deleted, Problem, Source, SourcePage
from hercules.wiring import sources


@dataclass
class Waits:
    """Notes how long a source would wait, and lets it go on at once."""

    seconds: list[float] = field(default_factory=list)
    end: bool = False

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return self.end


def source_of(values: Mapping[str, object], waits: Waits | None = None) -> Source:
    """The source `docs` of these settings."""
    settings = Settings.model_validate({"data": Path("nowhere"), "sources": {"docs": values}})
    (source,) = sources(find_folders(settings), settings, waits or Waits())
    return source


def read(source: Source) -> tuple[dict[str, SourcePage], list[Problem], list[Deleted]]:
    """One pass: pages by key, problems, deletions."""
    found = list(source.read())
    pages = {each.key: each for each in found if isinstance(each, SourcePage)}
    return (
        pages,
        [each for each in found if isinstance(each, Problem)],
        [each for each in found if isinstance(each, Deleted)],
    )
