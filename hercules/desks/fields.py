"""Fields that are more than a path (texts in a markup, files), and how they are read from settings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote, urlsplit

from hercules.desks.jsonbody import Json
from hercules.desks.markup import MARKUPS, Markup, plain_text
from hercules.desks.paths import FieldPath, as_line, as_size, as_text, read_path
from hercules.model import Attachment, BadDelivery, SettingsError
from hercules.text import clean, cut, one_line

NAME_MAX_CHARS = 255


# --- fields that have more than a path ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextField:
    """A path to a text and the markup it is written in."""

    path: FieldPath
    markup: Markup = "plain"

    def read(self, body: Json) -> str:
        """The text as plain text, all values joined by line ends; '' when there is none."""
        values = self.path.found(body)
        return "\n".join(filter(None, (plain_text(_textual(value), self.markup) for _, value in values)))


def _textual(value: Json) -> Json:
    return as_text(value) if isinstance(value, int | float) else value


@dataclass(frozen=True, slots=True)
class FilesField:
    """Paths to the files of a ticket; those of one file start at the item of `path`."""

    path: FieldPath
    name: FieldPath
    url: FieldPath
    content: FieldPath
    size: FieldPath

    def read(self, body: Json) -> tuple[Attachment, ...]:
        """The files. Raises BadDelivery naming the place of content that is not base64."""
        found = self.path.found(body)
        return tuple(self._file(place, item, at) for at, (place, item) in enumerate(found, 1))

    def _file(self, place: str, item: Json, at: int) -> Attachment:
        url = as_text(item if isinstance(item, str) else self.url.first(item)).strip() or None
        return Attachment(
            name=as_line(self.name.first(item), NAME_MAX_CHARS) or _name_in(url) or f"attachment-{at}",
            url=url,
            content=self._content(place, item),
            size_bytes=as_size(self.size.first(item)),
        )

    def _content(self, place: str, item: Json) -> bytes | None:
        for below, value in self.content.found(item)[:1]:
            try:
                return base64.b64decode(_unwrapped(value), validate=True)
            except (binascii.Error, ValueError):
                raise BadDelivery(f"{place}.{below} is not base64") from None
        return None


def _unwrapped(value: Json) -> bytes:
    """Base64 as ASCII; line ends are dropped, since the usual tools wrap their output."""
    if not isinstance(value, str):
        raise ValueError
    return value.encode("ascii").replace(b"\n", b"").replace(b"\r", b"")


def _name_in(url: str | None) -> str:
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return ""
    return cut(one_line(clean(unquote(path.rpartition("/")[2]))), NAME_MAX_CHARS)


# --- reading the settings -------------------------------------------------------------------------


class MapTable:
    """A table of a `map` while it is being checked: every complaint names the desk and the key."""

    def __init__(self, where: str, table: Mapping[str, object]) -> None:
        self.where = where
        self.table = table

    def error(self, key: str, why: str) -> SettingsError:
        """The complaint about one key."""
        return SettingsError(f"{self.where}.{key}: {why}")

    def only(self, *names: str) -> None:
        """Raises SettingsError when the table holds any other key."""
        for key in self.table:
            if key not in names:
                raise self.error(key, f"no such key; the keys here are {', '.join(names)}")

    def path(self, key: str, default: str) -> FieldPath:
        """The path under this key."""
        return self.to_path(key, self.table.get(key, default))

    def to_path(self, key: str, value: object) -> FieldPath:
        """The path a setting holds."""
        if not isinstance(value, str):
            raise self.error(key, 'must be a path in quotes, for example "ticket.id"')
        try:
            return read_path(value)
        except ValueError as error:
            raise self.error(key, str(error)) from None

    def text(self, key: str, default: str) -> TextField:
        """A path, or `{path = "...", as = "html"}`."""
        value = self.table.get(key, default)
        if not isinstance(value, Mapping):
            return TextField(self.to_path(key, value))
        inner = MapTable(f"{self.where}.{key}", value)
        inner.only("path", "as")
        markup = value.get("as", "plain")
        if markup not in MARKUPS:
            raise inner.error("as", f"{markup!r} is none of {', '.join(MARKUPS)}")
        return TextField(inner.path("path", default), cast(Markup, markup))

    def words(self, key: str, default: tuple[str, ...]) -> frozenset[str]:
        """A list of texts."""
        value = self.table.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str | int) for item in value):
            raise self.error(key, 'must be a list of texts, for example ["ticket.created"]')
        return frozenset(str(item) for item in value)

    def inner(self, key: str) -> MapTable:
        """The table under this key, empty when it is absent."""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, 'must be a table, for example {path = "type"}')
        return MapTable(f"{self.where}.{key}", value)

    def files(self, key: str, default: str) -> FilesField:
        """A path to URLs, or a table of paths to the parts of a file."""
        value = self.table.get(key, default)
        inner = MapTable(f"{self.where}.{key}", {"path": value} if isinstance(value, str) else {})
        if isinstance(value, Mapping):
            inner = self.inner(key)
        elif not isinstance(value, str):
            raise self.error(key, 'must be a path or a table such as {path = "files[]", name = "filename"}')
        inner.only("path", "name", "url", "content_base64", "size")
        return FilesField(
            path=inner.path("path", default),
            name=inner.path("name", "name"),
            url=inner.path("url", "url"),
            content=inner.path("content_base64", "content_base64"),
            size=inner.path("size", "size"),
        )
