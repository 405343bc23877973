"""Changes hercules.toml as text, so that every comment and every other line stays as its owner wrote it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hercules.model import SettingsError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def table_text(name: str, values: Mapping[str, object]) -> str:
    """`[desks.NAME]` with these settings; a dotted key is a key of a table in it."""
    lines = [f"\n[desks.{_key(name)}]\n"]
    for dotted, value in values.items():
        lines.append(f"{'.'.join(map(_key, dotted.split('.')))} = {_value(value)}\n")
    return "".join(lines)


def with_desk(text: str, name: str, values: Mapping[str, object]) -> str:
    """The file with one more desk at its end. Raises SettingsError when it cannot be added there."""
    before = _read(text)
    if name in before.get("desks", {}):
        raise SettingsError(f"there is a desk {name!r} already; take another name, or edit [desks.{name}]")
    added = text + ("" if not text or text.endswith("\n") else "\n") + table_text(name, values)
    after = _read(added)
    if {key: value for key, value in after.items() if key != "desks"} != {
        key: value for key, value in before.items() if key != "desks"
    } or set(after["desks"]) != {*before.get("desks", {}), name}:
        raise SettingsError(f"[desks.{name}] cannot be added at the end of the file; add it by hand")
    return added


def with_secret(text: str, name: str, secret: str, old_until: datetime) -> str:
    """The file with a new first secret for a desk; those without an end get `old_until` as theirs.

    Raises SettingsError that says what to write by hand when the file is written in a way we cannot change.
    """
    until = old_until.astimezone(UTC).replace(microsecond=0)
    before = _read(text)
    desk = before.get("desks", {}).get(name)
    if desk is None:
        raise SettingsError(f"there is no desk {name!r} in the file; `hercules desk list` shows them")
    old = [{"not_after": until, **each} for each in desk.get("secrets", [])]
    by_hand = SettingsError(
        f"the secrets of desks.{name} are written in a way this command cannot change; add by hand "
        f"a second secret, and not_after = {_time(until)} to the old one"
    )
    try:
        changed = _insert(text, name, secret, until)
        after = _read(changed)
    except (LookupError, SettingsError):
        raise by_hand from None
    desk["secrets"] = [{"value": secret}, *old]
    if after != before:
        raise by_hand
    return changed


def write_private(path: Path, text: str) -> None:
    """Put the file in its place in one step, readable by its owner only. Raises SettingsError."""
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the file is not valid TOML: {error}") from None


# --- writing values ---------------------------------------------------------------------------------


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    # JSON's notation is TOML's too, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


# --- finding the secrets of a desk --------------------------------------------------------------------


def _insert(text: str, name: str, secret: str, until: datetime) -> str:
    """Insert the new secret and the ends of the old ones. Raises LookupError when there is no such array."""
    start = _array_of(text, name)
    new = "{ value = " + _text(secret) + " }"
    pieces = [text[: start + 1], new, ", "]
    at = start + 1
    for begin, end in _elements(text, start):
        if "not_after" not in tomllib.loads("each = " + text[begin:end])["each"]:
            pieces += [text[at : end - 1].rstrip(), f", not_after = {_time(until)} "]
            at = end - 1
    return "".join([*pieces, text[at:]])


def _array_of(text: str, name: str) -> int:
    """Where the array of secrets begins in the desk's table."""
    spelt = "|".join((re.escape(name), re.escape(f'"{name}"'), re.escape(f"'{name}'")))
    header = re.search(rf"^[ \t]*\[[ \t]*desks[ \t]*\.[ \t]*(?:{spelt})[ \t]*\]", text, re.MULTILINE)
    if header is None:
        raise LookupError(name)
    array = re.compile(r"^[ \t]*(?:\[|secrets[ \t]*=[ \t]*(\[))", re.MULTILINE).search(text, header.end())
    if array is None or array[1] is None:  # the next table comes first
        raise LookupError(name)
    return array.start(1)


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    """(begin, end) of each inline table in the array that begins at `start`."""
    depth, begin = 0, 0
    for at, letter in _structure(text, start):
        if letter == "{":
            depth += 1
            begin = at if depth == 1 else begin
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield begin, at + 1
        elif letter == "]" and depth == 0:
            return
    raise LookupError("the array has no end")


def _structure(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The letters of an array that are neither in a string nor in a comment."""
    at = start + 1
    while at < len(text):
        letter = text[at]
        if letter == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif letter in "\"'":
            at = _after_string(text, at)
            continue
        else:
            yield at, letter
        at += 1


def _after_string(text: str, at: int) -> int:
    quote = text[at]
    if text.startswith(quote * 3, at):
        raise LookupError("a string of several lines")
    at += 1
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" and quote == '"' else 1
    return at + 1
