"""Articles in any JSON, from a file or a URL: where they lie and which field is what is set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from hercules.calling import Reach
from hercules.model import Audience, SettingsError
from hercules.settings import SourceSettings
from hercules.sources.calls import (
    ANSWER_MAX_BYTES,
    Asking,
    Caller,
    Json,
    at,
    credentials,
    following,
    iso_time,
    list_at,
    reach_of,
    read_json,
    text_at,
)
from hercules.sources.files import read_file
from hercules.sources.source import (
    Deleted,
    Media,
    Problem,
    Source,
    SourceFailed,
    SourcePage,
    Table,
    Tools,
    own_settings,
    wrong,
)

_MEDIA: dict[str, Media] = {"markdown": "commonmark", "html": "html", "plain": "plain"}
_PUBLISHED = frozenset(("", "published", "public", "live", "active", "current", "true"))
_PUBLIC = frozenset(("", "public", "everyone", "external", "true"))


class FieldMap(Table):
    """Dotted paths from an item to what an article has; a field without a path keeps its default."""

    id: str = "id"
    title: str = "title"
    body: str = "body"
    url: str = "url"
    product: str = ""
    versions: str = ""
    tags: str = ""
    language: str = ""
    audience: str = ""
    status: str = ""
    updated: str = ""


class JsonSettings(Table):
    """Settings of the kind `json` beside `file`: `items` and `next` are dotted paths into the answer."""

    url: str = ""
    items: str = ""
    next: str = ""
    format: Literal["markdown", "html", "plain"] = "markdown"
    map: FieldMap = Field(default_factory=FieldMap)
    private_hosts: tuple[str, ...] = ()


class JsonKind:
    """The kind `json`: a list of objects in a file, or at a URL with the parts that follow it."""

    @classmethod
    def reach(cls, name: str, settings: SourceSettings) -> Reach:
        """The host of the URL. Raises SettingsError."""
        own = own_settings(JsonSettings, name, settings)
        return reach_of(name, {"url": own.url}, own.private_hosts) if own.url else Reach()

    @classmethod
    def make(cls, name: str, settings: SourceSettings, tools: Tools) -> Source:
        """The source of these settings. Raises SettingsError."""
        own = own_settings(JsonSettings, name, settings)
        if (settings.file is None) == (not own.url):
            raise SettingsError(wrong(name, "url", "write either url or file"))
        if settings.file is not None:
            return JsonFile(name, settings.file, own)
        asking = Asking(name, credentials(name, settings), settings.deadline, "url")
        return JsonUrl(name, own, asking, tools)


class JsonFile:
    """The items of one file."""

    local = True
    complete = True
    steady = True

    def __init__(self, name: str, file: Path, own: JsonSettings) -> None:
        self.name, self._file, self._own = name, file, own

    @property
    def where(self) -> str:
        """The file."""
        return str(self._file)

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """The pages in the order of the file; a file that cannot be read is one Problem."""
        data = read_file(self._file, str(self._file), ANSWER_MAX_BYTES)
        if isinstance(data, Problem):
            yield Problem(data.name, f"{data.message} ({self._file})", ended=True)
            return
        try:
            yield from _pages(self.name, read_json(data), self._own)
        except (ValueError, SourceFailed) as error:
            yield Problem(str(self._file), f"{self._file} cannot be read: {error}", ended=True)


class JsonUrl:
    """The items at a URL and at the addresses of what follows."""

    local = False
    complete = True
    steady = True

    def __init__(self, name: str, own: JsonSettings, asking: Asking, tools: Tools) -> None:
        self.name, self._own, self._asking, self._tools = name, own, asking, tools

    @property
    def where(self) -> str:
        """The first address without its query, which may hold what is nobody's business."""
        return self._own.url.partition("?")[0]

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """The pages in the order of the answers."""
        caller, url, number = Caller(self._asking, self._tools), self._own.url, 0
        try:
            while url:
                value = caller.json(url) if number == 0 and not self._own.next else caller.listing(url)
                for page in _pages(self.name, value, self._own, number):
                    number += 1
                    yield page
                url = following(url, at(value, self._own.next)) if self._own.next else ""
        except SourceFailed as error:
            yield Problem(self.name, str(error), ended=True)


def _pages(name: str, value: Json, own: JsonSettings, done: int = 0) -> Iterator[SourcePage | Problem]:
    items = at(value, own.items)
    if not isinstance(items, list):
        shown = own.items or "the whole answer"
        raise SourceFailed(f"{name}: {shown} is no list; look at sources.{name}.items")
    for number, item in enumerate(items, start=done + 1):
        yield _page(item, number, own)


def _page(item: Json, number: int, own: JsonSettings) -> SourcePage | Problem:
    fields = own.map
    key = text_at(item, fields.id).strip()
    title = text_at(item, fields.title)
    if not key:
        return Problem(f"item {number}", f"Item {number} ({title[:60]!r}) has no id at {fields.id!r}.")
    body = at(item, fields.body)
    if not isinstance(body, str):
        return Problem(key, f"{key}: there is no text at {fields.body!r}.", key)
    return SourcePage(
        key,
        key,
        body.encode("utf-8", "replace"),
        _MEDIA[own.format],
        title=title,
        url=text_at(item, fields.url) if fields.url else "",
        product=text_at(item, fields.product) if fields.product else "",
        versions=_words(item, fields.versions),
        tags=_words(item, fields.tags),
        language=text_at(item, fields.language) if fields.language else "",
        audience=_audience(item, fields.audience),
        status="published" if _word(item, fields.status) in _PUBLISHED else "draft",
        updated_at=_time(item, fields.updated),
    )


def _audience(item: Json, path: str) -> Audience:
    """Public only when it says so: an audience that we do not know is nobody's but ours."""
    return "public" if _word(item, path) in _PUBLIC else "internal"


def _word(item: Json, path: str) -> str:
    value = at(item, path) if path else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value.strip().casefold() if isinstance(value, str) else "?"


def _words(item: Json, path: str) -> tuple[str, ...]:
    """A list of texts, of objects with a name, or one text cut at its commas."""
    if not path:
        return ()
    value = at(item, path)
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    found = [each if isinstance(each, str) else text_at(each, "name") for each in list_at(item, path)]
    return tuple(each for each in found if each)


def _time(item: Json, path: str) -> datetime | None:
    """An ISO time or seconds since 1970; None for all else, for an article's age is only shown."""
    value = at(item, path) if path else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC) if 0 <= value < 1e10 else None
    return iso_time(value) if isinstance(value, str) else None
