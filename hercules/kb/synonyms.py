"""Synonyms of a knowledge base: words that mean the same, read from lines such as `oom => out of memory`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hercules.model import Refusal
from hercules.text import fold

_MEMBERS_MAX = 8
_LINES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Pairs (what a ticket says, what is asked too), folded, in the order of the file."""

    pairs: tuple[tuple[str, str], ...] = ()

    def of(self, text: str) -> tuple[str, ...]:
        """What is asked in addition for a text, each once."""
        padded = f" {' '.join(fold(text).replace(',', ' ').replace('.', ' ').split())} "
        return tuple(dict.fromkeys(other for said, other in self.pairs if f" {said} " in padded))


@lru_cache(maxsize=8)
def read_synonyms(text: str, name: str = "synonyms.txt") -> tuple[Synonyms, tuple[Refusal, ...]]:
    """Synonyms of a text and what is wrong in it; a wrong line is left out.

    `a, b => c` asks c where a or b is said; `a, b` asks each for the other; `#` begins a comment.
    """
    pairs: dict[tuple[str, str], int] = {}
    refusals: list[Refusal] = []
    for number, line in enumerate(text.splitlines()[:_LINES_MAX], start=1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        found, fault = _pairs(bare)
        circle = next((pair for pair in found if "=>" in bare and (pair[1], pair[0]) in pairs), None)
        if circle:
            fault = f"`{circle[0]}` and `{circle[1]}` lead to each other; write them as `a, b`"
        if fault:
            refusals.append(Refusal(name, number, 1, "E-SYNONYM", fault))
        else:
            pairs.update(dict.fromkeys(found, number))
    return Synonyms(tuple(pairs)), tuple(refusals)


def _pairs(line: str) -> tuple[list[tuple[str, str]], str]:
    """The pairs of one line, and what is wrong with it."""
    left, arrow, right = line.partition("=>")
    said = [fold(part) for part in left.split(",") if part.strip()]
    asked = [fold(part) for part in right.split(",") if part.strip()] if arrow else said
    if len(said) > _MEMBERS_MAX or len(asked) > _MEMBERS_MAX:
        return [], f"more than {_MEMBERS_MAX} words on one side"
    if not said or not asked or (not arrow and len(said) < 2):
        return [], "write `a, b => c` or `a, b`"
    return [(one, other) for one in said for other in asked if one != other], ""
