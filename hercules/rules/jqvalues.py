"""JSON values as jq compares and changes them, and the steps that a query may take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

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


def weight(value: Json) -> int:
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
    budget.spend(weight(value))
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
