"""The JSON of a delivery, read under limits: no depth, number, constant or character of it can hurt us."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TypeAlias

from hercules.model import BadDelivery
from hercules.text import whole

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
DIGITS_MAX = 18

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class TooMuch(BadDelivery):
    """JSON that goes over a limit: sent again it would again."""


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """How deep and how large (values, of all kinds) the JSON of a delivery may be."""

    depth_max: int = 64
    nodes_max: int = 100_000


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body as values. `notes` tells what was mended: `bad-utf8`, `duplicate-keys`."""

    value: Json
    notes: tuple[str, ...] = ()


def read_json(raw: bytes, limits: JsonLimits = JsonLimits()) -> JsonBody:
    """The body's values. Raises BadDelivery when it is not JSON, TooMuch when it goes over a limit.

    Integers over 18 digits stay text; numbers that are not finite become null; lone surrogates become U+FFFD
    and U+0000 is dropped, since databases refuse both.
    """
    _check_size(raw, limits)
    notes: list[str] = []
    text = _decode(raw, notes)
    value = _parse(text, notes)
    return JsonBody(_Walk(limits.nodes_max).clean(value), tuple(dict.fromkeys(notes)))


def _check_size(raw: bytes, limits: JsonLimits) -> None:
    """Refuse by counting bytes outside strings, before a parser builds anything.

    Inside a string a quote only stands behind a backslash, and backslashes pair up from the left, so dropping
    both kinds of pair leaves quotes that only begin and end strings.
    """
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    most = limits.nodes_max
    if bare.count(b'"') > 4 * most:
        raise _too_many(most)
    outside = b" ".join(bare.split(b'"')[::2])
    if outside.count(b",") + outside.count(b"[") + outside.count(b"{") > 2 * most:
        raise _too_many(most)
    depth = 0
    for byte in outside.translate(None, _NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > limits.depth_max:
            raise TooMuch(f"the JSON is nested deeper than {limits.depth_max}")


def _too_many(most: int) -> TooMuch:
    return TooMuch(f"the JSON holds more than {most} values")


def _decode(raw: bytes, notes: list[str]) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append("bad-utf8")
        return raw.decode("utf-8-sig", "replace")


def _parse(text: str, notes: list[str]) -> Json:
    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(items)
        if len(found) < len(items):
            notes.append("duplicate-keys")
        return found

    try:
        value: Json = json.loads(
            text, parse_int=_integer, parse_float=_real, parse_constant=_nothing, object_pairs_hook=pairs
        )
    except (ValueError, RecursionError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise BadDelivery(f"the body is not JSON{where}") from None
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits.lstrip("-")) <= DIGITS_MAX else digits


def _real(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _nothing(_: str) -> None:
    return None


class _Walk:
    """One pass over the values: counts them and cleans every text. The depth is known to be small."""

    def __init__(self, nodes_max: int) -> None:
        self.nodes_max = nodes_max
        self.seen = 0

    def clean(self, value: Json) -> Json:
        self.seen += 1
        if self.seen > self.nodes_max:
            raise _too_many(self.nodes_max)
        if isinstance(value, str):
            return _harmless(value)
        if isinstance(value, list):
            return [self.clean(item) for item in value]
        if isinstance(value, dict):
            return {_harmless(key): self.clean(item) for key, item in value.items()}
        return value


def _harmless(text: str) -> str:
    return whole(text).replace("\x00", "") if "\x00" in text else whole(text)
