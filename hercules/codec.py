"""Frozen dataclasses to plain JSON values and back, by their type hints."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from hercules.events import EVENTS, Event

T = TypeVar("T")
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
Reader = Callable[[Any], object]
_PLAIN_READERS: Mapping[Any, Reader] = {
    datetime: datetime.fromisoformat,
    bytes: base64.b64decode,
    float: float,
}


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


def from_plain(kind: type[T], value: object) -> T:
    """The inverse of `to_plain` for a dataclass; unknown keys are passed over, so that old readers live.

    Raises TypeError or KeyError when a required field is missing or of another type.
    """
    return cast(T, _read(kind, value))


@cache
def _reader(kind: Any) -> Reader | None:
    """How a value of this type is read, None when it stays as it is: found out once for each type."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _union_reader(kind)
    if origin is Literal or kind in (Any, object):
        return None
    if origin is not None:
        return _many_reader(origin, get_args(kind))
    if is_dataclass(kind):
        return partial(_read_dataclass, cast(type, kind))
    return _PLAIN_READERS.get(kind)


def _read(kind: Any, value: object) -> object:
    reader = _reader(kind)
    return value if reader is None else reader(value)


def _union_reader(kind: Any) -> Reader | None:
    options = [option for option in get_args(kind) if option is not NoneType]
    reader = _reader(options[0]) if len(options) == 1 else None
    return None if reader is None else lambda value: None if value is None else reader(value)


def _many_reader(origin: Any, inner: tuple[Any, ...]) -> Reader:
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        each = _reader(inner[0])
        return tuple if each is None else lambda value: tuple(map(each, value))
    if origin is tuple:
        return lambda value: tuple(_read(kind, item) for kind, item in zip(inner, value, strict=True))
    if origin is frozenset:
        return frozenset
    return lambda value: {key: _read(inner[1], item) for key, item in value.items()}


@cache
def _field_readers(kind: type) -> dict[str, Reader | None]:
    hints = get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(cast(Any, kind))}


def _read_dataclass(kind: type, value: Mapping[str, object]) -> object:
    readers = _field_readers(kind)
    return kind(
        **{
            name: item if (reader := readers[name]) is None else reader(item)
            for name, item in value.items()
            if name in readers
        }
    )


def event_from_plain(name: str, value: Mapping[str, object]) -> Event:
    """An event of the journal by its type's name. Raises KeyError for a name we do not know."""
    return from_plain(EVENTS[name], value)
