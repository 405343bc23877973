"""What a place of articles offers: pages, deletions and problems, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from hercules.calling import Client, Reach
from hercules.model import Audience, HerculesError, SettingsError
from hercules.settings import SourceSettings

Media = Literal["markdown", "commonmark", "html", "storage", "plain"]
"""`markdown` may begin with front matter, `commonmark` is text alone; `storage` is HTML with macros."""

T = TypeVar("T", bound="Table")


class SourceFailed(HerculesError):
    """A pass cannot go on; the sentence names the source, what happened and the setting to look at."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page as its place holds it: a key that stays, a name for messages, and its very bytes.

    The rest is what the place tells beside the page: '' and () where it tells nothing.
    """

    key: str
    name: str
    data: bytes
    media: Media = "markdown"
    title: str = ""
    url: str = ""
    product: str = ""
    versions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    audience: Audience = "public"
    status: str = "published"
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A page that its place says is gone."""

    key: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that could not be read, and why, in a sentence. The others are read nevertheless.

    `key` is the page's where it is known. `ended`: the pass ended here, and nobody knows what was missed.
    """

    name: str
    message: str
    key: str = ""
    ended: bool = False


class Source(Protocol):
    """A place of articles. A bad page is one Problem, never the end of the pass."""

    @property
    def name(self) -> str:
        """The source's own name: the first part of its articles' ids."""

    @property
    def local(self) -> bool:
        """True when its pages lie on this machine, so that a pass is cheap and asks nobody."""

    @property
    def complete(self) -> bool:
        """True when a pass names every page, so that one it does not name is gone."""

    @property
    def steady(self) -> bool:
        """True when a page never changes its key, as numbers of a service; False for paths of files."""

    @property
    def where(self) -> str:
        """The folder, file or address it reads, for people."""

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """One pass over the place."""


# --- what wiring hands to a source ------------------------------------------------------------------


class Pause(Protocol):
    """Waits so many seconds; True when whoever runs the pass wants it to end now."""

    def __call__(self, seconds: float, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a source that asks a service works with."""

    client: Client
    pause: Pause
    deadline_s: float = 20.0


class Kind(Protocol):
    """What a file of this room offers: one kind of source."""

    def reach(self, name: str, settings: SourceSettings) -> Reach:
        """The hosts that a source of these settings speaks to. Raises SettingsError."""

    def make(self, name: str, settings: SourceSettings, tools: Tools) -> Source:
        """The source of these settings. Raises SettingsError."""


# --- settings of the kinds --------------------------------------------------------------------------


class Table(BaseModel):
    """The settings that only one kind has; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def own_settings(kind: type[T], name: str, settings: SourceSettings) -> T:
    """The settings that only this kind has, checked. Raises SettingsError naming each, never its value."""
    try:
        return kind.model_validate(settings.model_extra or {})
    except ValidationError as error:
        raise SettingsError(_explain(kind, name, error)) from None


def _explain(kind: type[Table], name: str, error: ValidationError) -> str:
    lines = []
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        key = ".".join(str(part) for part in found["loc"])
        known = ", ".join(sorted({*kind.model_fields, *SourceSettings.model_fields}))
        unknown = found["type"] == "extra_forbidden"
        lines.append(wrong(name, key, f"no such setting; known are {known}" if unknown else found["msg"]))
    return "\n".join(lines)


def wrong(name: str, key: str, what: str) -> str:
    """A sentence about a setting of a source."""
    return f"sources.{name}.{key}: {what}"
