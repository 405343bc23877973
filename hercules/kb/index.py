"""Opening a search index by the name of its engine."""

from __future__ import annotations

from pathlib import Path

from hercules.kb.backends.whoosh_index import WhooshIndex
from hercules.kb.confidence import Coefficients
from hercules.kb.contract import FieldWeights, IndexOptions, NoWords, SearchIndex, WordStats
from hercules.model import SettingsError

__all__ = [
    "Coefficients",
    "FieldWeights",
    "IndexOptions",
    "NoWords",
    "SearchIndex",
    "WordStats",
    "open_index",
]

ENGINES = {"whoosh": WhooshIndex}


def open_index(folder: Path, options: IndexOptions, engine: str = "whoosh") -> SearchIndex:
    """The index in a folder, which is made by the first rebuild.

    A missing or broken one is an index without articles whose `broken` tells why.
    Raises SettingsError for an unknown engine.
    """
    kind = ENGINES.get(engine)
    if kind is None:
        raise SettingsError(f"kb.engine is {engine!r}; write one of {', '.join(sorted(ENGINES))}.")
    return kind(folder, options)
