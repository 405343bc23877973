"""One frozen Settings: defaults, then `hercules.toml`, then the environment (`HERCULES_DOOR__BODY_MAX`)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hercules.model import Limits, Policy, SettingsError
from hercules.text import plain_fault

CONFIG_NAME, ENV_PREFIX = "hercules.toml", "HERCULES_"
_UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def read_size(value: object) -> object:
    """A size in bytes from a number or a text such as `25 MiB`; anything else is left for the type check."""
    if not isinstance(value, str):
        return value
    digits = value.rstrip("BbIiKkMmGg ")
    unit = value[len(digits) :].strip().upper()
    if digits.isdigit() and unit in _UNITS:
        return int(digits) * _UNITS[unit]
    raise ValueError(f"{value!r} is not a size; write a number of bytes or for example 25 MiB")


Size = Annotated[int, BeforeValidator(read_size), Field(ge=0)]
Span = Annotated[float, Field(gt=0, allow_inf_nan=False)]  # of time, in the unit its table tells
Some = Annotated[int, Field(ge=1)]
AnyNumber = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A table of `hercules.toml`; unknown keys are refused so that a slip of the pen is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Part):
    """Where the service listens and how people reach it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65_535)
    base_url: str = ""
    behind_proxy: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None


class DoorSettings(Part):
    """What the webhook door takes (sizes in bytes, times in seconds)."""

    header_max: Size = 32 << 10
    read_deadline: Span = 10.0
    commit_deadline: Span = 5.0
    rate: Annotated[float, Field(gt=0)] = 50.0
    burst: Some = 500
    json_depth_max: Some = 64
    json_nodes_max: Some = 100_000


class InboxSettings(Part):
    """How much may wait."""

    pending_max: Some = 100_000
    waiting_max: Some = 1_000
    memory_max: Size = 64 << 20


class TicketSettings(Part):
    """What one ticket may bring."""

    text_max: Size = 256 << 10
    attachments_max: AnyNumber = 30


class FetchSettings(Part):
    """Limits of our own requests."""

    attachment_max: Size = 100 << 20
    deadline: Span = 20.0
    attachment_deadline: Span = 60.0
    answer_max: Size = 10 << 20


class UnpackSettings(Part):
    """Limits of the unpacking child."""

    expanded_max: Size = 1 << 30
    member_max: Size = 256 << 20
    ratio_max: Some = 200
    members_max: AnyNumber = 10_000
    depth_max: AnyNumber = 3
    nested_buffer: Size = 64 << 20
    name_max: Some = 1024
    wall: Span = 60.0
    memory: Size = 512 << 20


class ScanSettings(Part):
    """What is kept of what was found."""

    line_max: Size = 8 << 10
    context_lines: AnyNumber = 20


class RulesSettings(Part):
    """Where rules and their samples lie, and their limits. Empty folders: `./rules`, else the starter set."""

    folder: Path | None = None
    samples: Path | None = None
    file_max: Size = 256 << 10
    max: Some = 5_000


class QuoteSettings(Part):
    """How much log text a post may quote."""

    lines: AnyNumber = 3
    chars: AnyNumber = 200


class KeepSettings(Part):
    """How long raw things are kept, in days; a day at least, for what is tried again needs them."""

    raw: float = Field(default=30.0, ge=1, le=36_500, allow_inf_nan=False)


class SessionSettings(Part):
    """Log-in sessions, in seconds."""

    idle: Span = 30 * 60.0
    absolute: Span = 12 * 3600.0


class WeightSettings(Part):
    """Field weights of the search."""

    title: float = 3.0
    symptoms: float = 1.5
    headings: float = 1.3
    body: float = 1.0
    exact: float = 1.0


class SemanticSettings(Part):
    """Order hits by closeness in meaning too (extra `semantic`). Empty paths: those of the packages."""

    on: bool = False
    model: Path | None = None
    tokenizer: Path | None = None


class KbSettings(Part):
    """Where articles lie and how they are searched. Empty folders: `./kb_index/...`, else the starter set."""

    folder: Path | None = None
    index: Path | None = None
    synonyms: Path | None = None
    engine: Literal["auto", "whoosh", "tantivy"] = "auto"
    semantic: SemanticSettings = SemanticSettings()
    weight: WeightSettings = WeightSettings()
    b: float = 0.5
    terms_max: int = 32
    postings_max: int = 20_000
    hold_from: float = Field(default=0.35, ge=0, le=1)
    say_from: float = Field(default=0.55, ge=0, le=1)


class WorkSettings(Part):
    """How the route is worked: threads, attempts, and how old a ticket may be (hours) to be answered."""

    threads: int = Field(default=2, ge=1, le=32)
    attempts_max: Some = 8
    age_max_hours: Span = 24.0


class BreakerSettings(Part):
    """When a failing desk is left alone: failures in a row, and the first and the longest pause (seconds)."""

    failures: int = Field(default=3, ge=1)
    pause: float = Field(default=5.0, gt=0)
    pause_max: float = Field(default=900.0, gt=0)


class GateSettings(Part):
    """When a rule may post by itself: enough judged suggestions and a lower bound above the target."""

    judged_min: Some = 20
    precision: float = Field(default=0.90, ge=0, lt=1)


class SecretSettings(Part):
    """One secret of a desk; two or more may be active at once, so that rotation loses nothing."""

    value: SecretStr
    not_after: datetime | None = None


class OpenPart(BaseModel):
    """A table with keys that only its kind knows: they stay in `model_extra`, and out of the representation.

    Credentials are among them, as plain text until the kind's own model has read them.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """The fields that every kind has."""
        yield from ((name, getattr(self, name)) for name in type(self).model_fields)


class DeskSettings(OpenPart):
    """What every desk has. Keys that only its kind knows stay in `model_extra` for the kind's own model."""

    kind: str = "generic"
    policy: Policy = "note"
    secrets: tuple[SecretSettings, ...] = ()
    unsigned: bool = False
    body_max: Size | None = None
    products: tuple[str, ...] = ()
    age_max_hours: Span | None = None
    live_since: datetime | None = None
    timezone: str = "UTC"
    bot_ids: tuple[str, ...] = ()
    say_from: float | None = Field(default=None, ge=0, le=1)
    reconcile_every: float = Field(default=600.0, ge=0)
    demo: bool = False


class SourceSettings(OpenPart):
    """What every source of articles has; keys that only its kind knows stay in `model_extra`.

    `every` (None: the kind's own) lies between two passes, `deadline` is the longest one, in seconds.
    """

    kind: str = "folder"
    folder: Path | None = None
    file: Path | None = None
    audience: Literal["public", "internal"] | None = None
    desks: tuple[str, ...] = Field(default=("*",), min_length=1)
    languages: tuple[str, ...] = ()
    product: str = ""
    every: float | None = Field(default=None, gt=0)
    deadline: float = Field(default=600.0, gt=0)
    allow_shrink: bool = False
    user: str = ""
    token: SecretStr | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)


SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Settings(BaseSettings):
    """Everything that can be set. Frozen; made once at start and handed down."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=ENV_PREFIX, env_nested_delimiter="__"
    )

    data: Path = Path("data")
    server: ServerSettings = ServerSettings()
    door: DoorSettings = DoorSettings()
    inbox: InboxSettings = InboxSettings()
    ticket: TicketSettings = TicketSettings()
    fetch: FetchSettings = FetchSettings()
    unpack: UnpackSettings = UnpackSettings()
    scan: ScanSettings = ScanSettings()
    rules: RulesSettings = RulesSettings()
    quote: QuoteSettings = QuoteSettings()
    keep: KeepSettings = KeepSettings()
    session: SessionSettings = SessionSettings()
    kb: KbSettings = KbSettings()
    work: WorkSettings = WorkSettings()
    breaker: BreakerSettings = BreakerSettings()
    gate: GateSettings = GateSettings()
    desks: dict[str, DeskSettings] = Field(default_factory=dict)
    sources: dict[SourceName, SourceSettings] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over what is handed in (the file); no .env file, no secrets folder."""
        return (env_settings, init_settings)

    def limits(self) -> Limits:
        """The limits of reading and scanning one ticket, as the engines take them."""
        return Limits(
            expanded_max_bytes=self.unpack.expanded_max,
            member_max_bytes=self.unpack.member_max,
            ratio_max=self.unpack.ratio_max,
            members_max=self.unpack.members_max,
            depth_max=self.unpack.depth_max,
            nested_buffer_bytes=self.unpack.nested_buffer,
            name_max_bytes=self.unpack.name_max,
            wall_s=self.unpack.wall,
            memory_bytes=self.unpack.memory,
            line_max_bytes=self.scan.line_max,
            context_lines=self.scan.context_lines,
        )

    def public_url(self) -> str:
        """The address people and desks reach us by, without a slash at the end."""
        if self.server.base_url:
            return self.server.base_url.rstrip("/")
        scheme = "https" if self.server.tls_cert else "http"
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        return f"{scheme}://{host}:{self.server.port}"


def find_config(given: Path | None = None) -> Path | None:
    """The configuration file: the one given, else `HERCULES_CONFIG`, else `./hercules.toml` if any."""
    named = os.environ.get("HERCULES_CONFIG", "")
    if given is not None or named:
        return given or Path(named)
    here = Path(CONFIG_NAME)
    return here if here.is_file() else None


def load_settings(config: Path | None = None, **changes: object) -> Settings:
    """Settings from the file (if any), the environment above it, and `changes` for whole tables below both.

    Raises SettingsError naming file, key and what to write instead.
    """
    path = find_config(config)
    values: dict[str, Any] = {**changes, **(_read_toml(path) if path else {})}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error, path)) from None
    except ValueError as error:  # of the library: a variable that should hold JSON
        named = str(error).partition('field "')[2].partition('"')[0].upper()
        raise SettingsError(f"{ENV_PREFIX}{named} (environment): this is no JSON") from None
    known = tuple(f"{ENV_PREFIX}{key}__".upper() for key in Settings.model_fields)
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and "__" in name and not name.upper().startswith(known):
            raise SettingsError(f"{name} (environment): there is no such table of settings")
    return _anchored(settings, path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; `hercules init` writes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None


def _explain(error: ValidationError, path: Path | None) -> str:
    """Each finding on one line, without ever echoing the value (it may be a secret)."""
    lines = []
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        key = ".".join(str(part) for part in found["loc"]) or "(top)"
        hint = _unknown(found["loc"]) if found["type"] == "extra_forbidden" else plain_fault(found["msg"])
        lines.append(f"{_variable(key) or path or 'settings'}: {key}: {hint}")
    return "\n".join(lines)


def _unknown(place: tuple[int | str, ...]) -> str:
    """That there is no such setting; one of the top that came below a table is told where it belongs."""
    name = place[-1]
    if len(place) == 1 or name not in Settings.model_fields:
        return "no such setting"
    where = "it stands above all tables" if name == "data" else f"[{name}] is a table of its own"
    return f"no such setting; {where}"


def _variable(key: str) -> str:
    """The variable of the environment that sets this key or what holds it, which goes before the file's."""
    wanted = f"{ENV_PREFIX}{key.replace('.', '__')}__".upper()
    found = [name for name in os.environ if wanted.startswith(f"{name}__".upper())]
    return f"{max(found, key=len)} (environment)" if found else ""


def _anchored(settings: Settings, path: Path | None) -> Settings:
    """Relative folders are read from the configuration file's own folder, so that any start place does."""
    base = path.resolve().parent if path else Path.cwd()

    def anchored(part: BaseModel, *names: str) -> BaseModel:
        given = ((name, getattr(part, name)) for name in names)
        return part.model_copy(update={name: base / path for name, path in given if path is not None})

    changes = {
        "data": base / settings.data,
        "rules": anchored(settings.rules, "folder", "samples"),
        "kb": anchored(settings.kb, "folder", "index", "synonyms"),
        "sources": {name: anchored(each, "folder", "file") for name, each in settings.sources.items()},
    }
    return settings.model_copy(update=changes)
