"""Logs for the benches: lines of the starter samples with other digits, and now and then a known error."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hercules.folders import starter

_DIGIT = re.compile(rb"\d")
_ERROR_EVERY = 1000  # lines
_LINES_AHEAD = 20_000


def write_log(path: Path, size_bytes: int, seed: int = 1) -> None:
    """A log of about this size. The same seed gives the same bytes."""
    with path.open("wb") as file:
        left = size_bytes
        for block in itertools.cycle(_blocks(seed)):
            file.write(block[: left + 1])
            left -= len(block)
            if left <= 0:
                return


@cache
def _blocks(seed: int) -> tuple[bytes, ...]:
    return tuple(b"".join(_lines(random.Random(seed + n))) for n in range(4))


def _lines(dice: random.Random) -> Iterator[bytes]:
    samples = sorted(starter("sample_logs").glob("*/*/*.log"))
    ordinary = _lines_of(path for path in samples if path.name.startswith("miss"))
    known = _lines_of(path for path in samples if path.name.startswith("hit"))
    for number in range(_LINES_AHEAD):
        line = dice.choice(known if number % _ERROR_EVERY == 0 else ordinary)
        yield _DIGIT.sub(lambda found: b"%d" % dice.randrange(10), line) + b"\n"


def _lines_of(paths: Iterator[Path]) -> list[bytes]:
    return [line for path in paths for line in path.read_bytes().splitlines() if line.strip()]
