"""The search of one scan: it gives up literals that are everywhere and still find nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hercules.rules.database import ERRORS_ONLY, Find, Finder, Ruleset, TermRef
from hercules.rules.literals import Literal

_COMPILES_AT = 12
"""Idle finds for each literal of the set that cost as much as compiling the set once more."""

_IDLE_MIN = 16


class Search:
    """Finds the literals of a set of rules in buffers, for one scan.

    A pattern needs several groups of literals; any of them leads to every event that it matches. It is looked
    for by the one that is rarest in most logs. Where that one is frequent and another group is not there
    at all, the scan goes on with that other one. `refs` are the terms to ask at a find of each literal.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.refs: Sequence[Sequence[TermRef]] = ruleset.refs
        self._finder: Finder = ruleset.finder
        self._literals: Sequence[Literal] = ruleset.literals
        self._idle = Counter[tuple[TermRef, int]]()
        self._skipped = 0
        self._quiet: Finder | None = None
        self._left = self._worth = _COMPILES_AT * len(ruleset.literals)

    def find(self, buffer: bytes, *, errors: bool = True) -> list[Find] | None:
        """Every (end offset, literal), ends rising; None when there are too many.

        Without `errors` the words that only errors are looked for by may be left out.
        """
        if errors or self._skipped < self._worth or not self.ruleset.recompiles:
            return self._finder.find(buffer)
        if self._quiet is None:
            wanted = [number for number, refs in enumerate(self.refs) if tuple(refs) != ERRORS_ONLY]
            self._quiet = self.ruleset.finder_of(self._literals, wanted or [0])  # never for nothing at all
        return self._quiet.find(buffer)

    def skipped(self, finds: int) -> None:
        """Note that so many words of errors were found that nobody looked at."""
        self._skipped += finds

    def idle(self, ref: TermRef, missing: int, finds: int) -> None:
        """Note that so many finds led nowhere, since this group of the term's literals was not there."""
        self._idle[ref, missing] += finds
        self._left -= finds

    def turns(self) -> bool:
        """True when terms are looked for by other literals from now on; asked between two buffers."""
        if self._left > 0 or not self.ruleset.recompiles:
            return False
        self._left = self._worth
        rising = reversed(self._idle.most_common())
        moved = {ref: group for (ref, group), finds in rising if finds >= _IDLE_MIN}
        self._idle.clear()
        if moved:
            self._move(moved)
        return bool(moved)

    def _move(self, moved: dict[TermRef, int]) -> None:
        table: dict[Literal, list[TermRef]] = {}
        for literal, refs in zip(self._literals, self.refs, strict=False):
            if left := [ref for ref in refs if ref not in moved]:
                table[literal] = left
        for ref, group in moved.items():
            for literal in self.ruleset.matchers[ref[0]][ref[1]].groups[group]:
                table.setdefault(literal, []).append(ref)
        wholes = self.refs[len(self._literals) :]
        self._literals = tuple(table)
        self.refs = (*map(tuple, table.values()), *wholes)
        self._finder, self._quiet = self.ruleset.finder_of(self._literals), None
