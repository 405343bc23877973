"""Frozen dataclasses to plain JSON values and back, by their type hints."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from hercules.events import EVENTS, Event

T = TypeVar("T")
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def to_plain(value: object, *, kept_only: bool = False) -> Plain:
    """A value of our own as JSON can hold it: times as ISO text in UTC, bytes as base64, tuples as lists.

    Fields equal to their default are left out. `kept_only` leaves out the fields an event marks as unkept.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, kept_only=kept_only) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        items = sorted(value) if isinstance(value, frozenset | set) else value
        return [to_plain(item, kept_only=kept_only) for item in items]
    if is_dataclass(value):
        return _fields_to_plain(value, kept_only)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _fields_to_plain(value: object, kept_only: bool) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for each in fields(cast(Any, value)):
        item = getattr(value, each.name)
        if kept_only and not each.metadata.get("kept", True):
            continue
        if each.default is not MISSING and item == each.default:
            continue
        found[each.name] = to_plain(item, kept_only=kept_only)
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def from_plain(kind: type[T], value: object) -> T:
    """The inverse of `to_plain` for a dataclass; unknown keys are passed over, so that old readers live.

    Raises TypeError or KeyError when a required field is missing or of another type.
    """
    return cast(T, _read(kind, value))


def _read(kind: Any, value: object) -> object:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _read_union(kind, value)
    if origin is Literal or kind in (Any, object):
        return value
    if origin is not None:
        return _read_many(origin, get_args(kind), value)
    if kind is datetime:
        return datetime.fromisoformat(cast(str, value))
    if kind is bytes:
        return base64.b64decode(cast(str, value))
    if kind is float:
        return float(cast(float, value))
    if is_dataclass(kind):
        return _read_dataclass(cast(type, kind), cast(Mapping[str, object], value))
    return value


def _read_union(kind: Any, value: object) -> object:
    if value is None:
        return None
    options = [option for option in get_args(kind) if option is not NoneType]
    return _read(options[0], value) if len(options) == 1 else value


def _read_many(origin: Any, inner: tuple[Any, ...], value: object) -> object:
    if origin is tuple:
        items = cast(list[object], value)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_read(inner[0], item) for item in items)
        return tuple(_read(each, item) for each, item in zip(inner, items, strict=True))
    if origin is frozenset:
        return frozenset(cast(list[object], value))
    mapping = cast(Mapping[str, object], value)
    return {key: _read(inner[1], item) for key, item in mapping.items()}


def _read_dataclass(kind: type, value: Mapping[str, object]) -> object:
    hints = _hints(kind)
    known = {each.name for each in fields(cast(Any, kind))}
    return kind(**{name: _read(hints[name], item) for name, item in value.items() if name in known})


def event_from_plain(name: str, value: Mapping[str, object]) -> Event:
    """An event of the journal by its type's name. Raises KeyError for a name we do not know."""
    return from_plain(EVENTS[name], value)
