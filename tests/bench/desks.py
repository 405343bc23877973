"""Posts to every kind of desk through a faulty network: how many were made twice, how many got through."""

from __future__ import annotations

from tests.bench.measure import Row
from tests.desks.faulty import run_kind
from tests.desks.kinds import all_kinds


def run(runs: int = 1000, share: float = 0.5) -> list[Row]:
    """So many posts, shared out among the kinds: the first request fails, others with probability `share`."""
    kinds = [kind for kind in all_kinds().values() if kind.fake]
    each = -(-runs // len(kinds))
    told = [run_kind(kind, each, share=share) for kind in kinds]
    total = sum(found.runs for found in told)
    faults = sum(sum(found.faults.values()) for found in told)
    every = (
        f"{total} posts to {len(kinds)} kinds, {faults} faults of {max(len(f.faults) for f in told)} sorts"
    )
    return [
        Row(f"made twice, {every}", [float(found.doubles) for found in told], "posts", "less"),
        Row("through", [float(found.posted) for found in told], f"of {each}"),
        Row(
            "left to a person: sent to another host, or 12 tries",
            [float(found.left) for found in told],
            f"of {each}",
            "less",
        ),
    ]
