"""What a jq query is once it is parsed, and what each of its parts gives for a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_KINDS: dict[type, int] = {type(None): 0, bool: 1, int: 3, float: 3, str: 4, list: 5, dict: 6}
_CHARS_A_STEP = 64
_NAMES = {0: "null", 1: "boolean", 3: "number", 4: "string", 5: "array", 6: "object"}


class JqFailed(Exception):
    """The query cannot be answered for this value, such as a field of a number; `?` takes it back."""


class OverBudget(Exception):
    """The query took more steps than one event may cost; nothing takes it back."""


@dataclass(slots=True)
class Budget:
    """The steps that are left for one event; a query that doubles its outputs again and again must end."""

    left: int

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises OverBudget when fewer were left."""
        self.left -= steps
        if self.left < 0:
            raise OverBudget


def truthy(value: Json) -> bool:
    """False for `null` and `false` only."""
    return value is not None and value is not False


def compare(one: Json, other: Json, budget: Budget) -> int:
    """Below 0, 0 or above 0 in the order of jq: null, false, true, numbers, strings, arrays, objects."""
    budget.spend()
    kind, also = _KINDS[type(one)], _KINDS[type(other)]
    if kind != also:
        return -1 if kind < also else 1
    if isinstance(one, list) and isinstance(other, list):
        pairs = (compare(mine, its, budget) for mine, its in zip(one, other, strict=False))
        return next((found for found in pairs if found), len(one) - len(other))
    if isinstance(one, dict) and isinstance(other, dict):
        budget.spend(len(one) + len(other))
        keys, others = sorted(one), sorted(other)
        if keys != others:
            return -1 if keys < others else 1
        return next((found for key in keys if (found := compare(one[key], other[key], budget))), 0)
    return 0 if one == other else (-1 if one < other else 1)  # type: ignore[operator]  # of one kind


def as_text(value: Json) -> str:
    """A value as jq's tostring writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- the parts of a query ---------------------------------------------------------------------------


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
        budget.spend(_weight(value))
        yield self.regex.search(value.encode("utf-8", "replace").decode()) is not None


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A function of the value alone, such as `length`, or of the value and one argument."""

    name: str
    argument: Part | None = None

    def run(self, value: Json, budget: Budget) -> Iterator[Json]:
        """One output, or one for each output of the argument."""
        budget.spend(_weight(value))
        if self.argument is None:
            found = PLAIN[self.name](value)
            budget.spend(_weight(found))
            yield found
            return
        for given in self.argument.run(value, budget):
            budget.spend(_weight(value))
            yield GIVEN[self.name](value, given, budget)


def _weight(value: Json) -> int:
    """The steps that a function of this value counts for."""
    if isinstance(value, str):
        return 1 + len(value) // _CHARS_A_STEP
    return 1 + len(value) if isinstance(value, list | dict) else 1


# --- functions --------------------------------------------------------------------------------------


def _length(value: Json) -> Json:
    if value is None:
        return 0
    if isinstance(value, bool):
        raise JqFailed
    return abs(value) if isinstance(value, int | float) else len(value)


def _keys(value: Json) -> Json:
    if isinstance(value, dict):
        return [*sorted(value)]
    if isinstance(value, list):
        return [*range(len(value))]
    raise JqFailed


def _downcase(value: Json) -> Json:
    if not isinstance(value, str):
        raise JqFailed
    return "".join(char.lower() if char.isascii() else char for char in value)


def _has(value: Json, key: Json, budget: Budget) -> bool:
    if value is None:
        return False
    if isinstance(value, dict) and isinstance(key, str):
        return key in value
    if isinstance(value, list) and isinstance(key, int | float) and not isinstance(key, bool):
        return 0 <= key < len(value)
    raise JqFailed


def _contains(value: Json, other: Json, budget: Budget) -> bool:
    alike = _KINDS[type(value)] == _KINDS[type(other)] and (not isinstance(value, bool) or value is other)
    if not alike:
        raise JqFailed
    return _holds(value, other, budget)


def _holds(value: Json, other: Json, budget: Budget) -> bool:
    budget.spend(_weight(value))
    if isinstance(value, dict) and isinstance(other, dict):
        return all(key in value and _holds(value[key], one, budget) for key, one in other.items())
    if isinstance(value, list) and isinstance(other, list):
        return all(any(_holds(mine, one, budget) for mine in value) for one in other)
    if isinstance(value, str) and isinstance(other, str):
        return other in value
    return compare(value, other, budget) == 0


def _texts(value: Json, other: Json) -> tuple[str, str]:
    if not isinstance(value, str) or not isinstance(other, str):
        raise JqFailed
    return value, other


def _startswith(value: Json, other: Json, budget: Budget) -> bool:
    text, start = _texts(value, other)
    return text.startswith(start)


def _endswith(value: Json, other: Json, budget: Budget) -> bool:
    text, end = _texts(value, other)
    return text.endswith(end)


PLAIN: dict[str, Callable[[Json], Json]] = {
    "length": _length,
    "keys": _keys,
    "type": lambda value: _NAMES[_KINDS[type(value)]],
    "tostring": as_text,
    "ascii_downcase": _downcase,
    "not": lambda value: not truthy(value),
}
GIVEN: dict[str, Callable[[Json, Json, Budget], bool]] = {
    "has": _has,
    "contains": _contains,
    "startswith": _startswith,
    "endswith": _endswith,
}
