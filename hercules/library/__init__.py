"""The route of one article: source to database to journal to this node's index; and the reload of rules."""

from __future__ import annotations

from hercules.library.following import follow, held, last_passes
from hercules.library.indexing import holds, mark_of, sync
from hercules.library.pulling import (
    Pulled,
    RefusedToShrink,
    drop_others,
    origin_of,
    pull,
    read_source,
    sentence,
)
from hercules.library.reloading import reload_rules

__all__ = [
    "Pulled",
    "RefusedToShrink",
    "drop_others",
    "follow",
    "held",
    "holds",
    "last_passes",
    "mark_of",
    "origin_of",
    "pull",
    "read_source",
    "reload_rules",
    "sentence",
    "sync",
]
