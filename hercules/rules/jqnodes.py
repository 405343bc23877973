"""What a jq query is once it is parsed, and what each of its parts gives for a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

from hercules.rules.jqvalues import GIVEN, PLAIN, Budget, JqFailed, Json, compare, truthy, weight


class Part:
    """A part of a query: gives any number of values for one value."""

    __slots__ = ()

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The outputs for a value. Raises JqFailed and OverBudget."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Same(Part):
    """`.`"""

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The value itself."""
        budget.spend()
        yield value


@dataclass(frozen=True, slots=True)
class Constant(Part):
    """A string, a number, `true`, `false` or `null`."""

    value: bool | int | float | str | None

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The constant."""
        budget.spend()
        yield self.value


@dataclass(frozen=True, slots=True)
class At(Part):
    """`.a`, `.["a"]` or `.[0]` of what `base` gives; `optional` (`.a?`) skips what has no such thing."""

    base: Part
    key: str | int
    optional: bool = False

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The value under the key, null when there is none."""
        for one in self.base.run(value, budget):
            budget.spend()
            if self.optional and not _has_places(one, self.key):
                continue
            yield _at(one, self.key)


def _has_places(value: Json, key: str | int) -> bool:
    return value is None or isinstance(value, dict if isinstance(key, str) else list)


def _at(value: Json, key: str | int) -> Json:
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else None
    raise JqFailed


@dataclass(frozen=True, slots=True)
class Each(Part):
    """`.[]` of what `base` gives; `optional` (`.[]?`) skips what has no items."""

    base: Part
    optional: bool = False

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """Every item of an array, every value of an object."""
        for one in self.base.run(value, budget):
            if not isinstance(one, list | dict):
                if self.optional:
                    continue
                raise JqFailed
            for item in one.values() if isinstance(one, dict) else one:
                budget.spend()
                yield item


@dataclass(frozen=True, slots=True)
class Try(Part):
    """`base?`"""

    base: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The outputs up to the first failure."""
        try:
            yield from self.base.run(value, budget)
        except JqFailed:
            return


@dataclass(frozen=True, slots=True)
class Pipe(Part):
    """`left | right`"""

    left: Part
    right: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """What the right gives for each output of the left."""
        for one in self.left.run(value, budget):
            yield from self.right.run(one, budget)


@dataclass(frozen=True, slots=True)
class Both(Part):
    """`left, right`"""

    left: Part
    right: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The outputs of the left, then those of the right."""
        yield from self.left.run(value, budget)
        yield from self.right.run(value, budget)


@dataclass(frozen=True, slots=True)
class Else(Part):
    """`left // right`"""

    left: Part
    right: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The outputs of the left that are neither null nor false; those of the right when there are none."""
        found = False
        for one in Try(self.left).run(value, budget):
            if truthy(one):
                found = True
                yield one
        if not found:
            yield from self.right.run(value, budget)


@dataclass(frozen=True, slots=True)
class Logic(Part):
    """`left and right`, `left or right`"""

    left: Part
    right: Part
    is_and: bool

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The right is asked only where the left does not decide."""
        for one in self.left.run(value, budget):
            if truthy(one) is not self.is_and:
                yield not self.is_and
                continue
            for other in self.right.run(value, budget):
                budget.spend()
                yield truthy(other)


_SIGNS: dict[str, Callable[[int], bool]] = {
    "==": lambda found: found == 0,
    "!=": lambda found: found != 0,
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}


@dataclass(frozen=True, slots=True)
class Compare(Part):
    """`left == right` and its kin."""

    sign: str
    left: Part
    right: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """Every output of the left against every one of the right."""
        holds = _SIGNS[self.sign]
        for other in self.right.run(value, budget):
            for one in self.left.run(value, budget):
                budget.spend()
                yield holds(compare(one, other, budget))


@dataclass(frozen=True, slots=True)
class Select(Part):
    """`select(condition)`"""

    condition: Part

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """The value, for each true output of the condition."""
        for one in self.condition.run(value, budget):
            if truthy(one):
                yield value


@dataclass(frozen=True, slots=True)
class Quantifier(Part):
    """`any(condition)`, `all(condition)` over the items of a value."""

    condition: Part
    is_any: bool

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """True or false."""
        found = (truthy(one) for one in Pipe(Each(Same()), self.condition).run(value, budget))
        yield any(found) if self.is_any else all(found)


@dataclass(frozen=True, slots=True)
class Matches(Part):
    """`test("pattern")`"""

    pattern: str
    regex: re2._Regexp

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """True when the pattern is found in the text."""
        if not isinstance(value, str):
            raise JqFailed
        budget.spend(weight(value))
        yield self.regex.search(value.encode("utf-8", "replace").decode()) is not None


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A function of the value alone, such as `length`, or of the value and one argument."""

    name: str
    argument: Part | None = None

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """One output, or one for each output of the argument."""
        budget.spend(weight(value))
        if self.argument is None:
            found = PLAIN[self.name](value)
            budget.spend(weight(found))
            yield found
            return
        for given in self.argument.run(value, budget):
            budget.spend(weight(value))
            yield GIVEN[self.name](value, given, budget)
