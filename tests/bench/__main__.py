"""`python -m tests.bench [NAME...]`: a table of ratios, taken in turn with what they name."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from tests.bench import desks, door, engines, exact, kb, kbhostile, route, rules, start, starter_scan
from tests.bench.measure import Row, machine

BENCHES: Mapping[str, Callable[[], list[Row]]] = {
    "door": door.run,
    "route": route.run,
    "kb": kb.run,
    "kbhostile": kbhostile.run,
    "engines": engines.run,
    "scan": starter_scan.run,
    "rules": rules.run,
    "exact": exact.run,
    "start": start.run,
    "desks": desks.run,
}


def line(bench: str, row: Row) -> str:
    """One row of the table."""
    figures = "".join(f"{number(value):>9}" for value in (row.median, min(row.values), max(row.values)))
    return f"{bench:6} {row.what:62}{figures}  {row.unit:10} {row.better}"


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main(names: Sequence[str]) -> int:
    """Run the benches named, all without a name; 2 for a name that is none."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    print("\n".join(machine()))
    print(f"\n{'bench':6} {'figure':62}{'median':>9}{'min':>9}{'max':>9}  {'unit':10} better")
    for name in names or BENCHES:
        begun = time.perf_counter()
        for row in BENCHES[name]():
            print(line(name, row), flush=True)
        print(f"{'':6} (took {time.perf_counter() - begun:.0f} s)", flush=True)
    print(
        "\nx is a ratio, round by round, to what the row names. Nothing here fails; docs/bench.md explains."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
