"""The settings of a generic desk, checked at start; each complaint names desk, key and what to write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal
from urllib.parse import urljoin

from pydantic import Field, JsonValue, SecretStr, field_validator

from hercules.calling import Reach
from hercules.desks.common import HostReader, Table, given_secrets, read_table, read_zone
from hercules.desks.desk import Secret, aware
from hercules.desks.generic.template import (
    JsonTemplate,
    RequestTemplate,
    Template,
    fixed_host,
    read_json_template,
    read_template,
)
from hercules.desks.mapper import FieldMap, make_map
from hercules.desks.paths import FieldPath, read_path
from hercules.desks.proof import URL_SECRET_MIN_CHARS, Encoding, standard_key
from hercules.model import Dialect, SettingsError
from hercules.settings import DeskSettings

ProofKind = Literal["standard", "hmac", "hub-sha256", "header-token", "basic", "url-secret"]
HeaderTable = dict[str, SecretStr]
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding"))
_HEADER_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


def _default_body() -> JsonValue:
    return {"ticket_id": "{ticket_id}", "key": "{key}", "body": "{body}"}


class PostSettings(Table):
    """One templated request; `remote_id` is the path to the id of the new comment in the answer."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    url: str
    headers: HeaderTable = Field(default={})
    body: JsonValue = Field(default_factory=_default_body)
    remote_id: str = "id"


class FoundSettings(Table):
    """How our post is known in a list: an item by one of `bot_ids` whose text holds the key."""

    path: str
    text: str
    author: str
    id: str = "id"


class LookupSettings(Table):
    """The request that tells whether a post arrived: 404 says no; `found` says where the answer shows it."""

    url: str
    headers: HeaderTable = Field(default={})
    found: str | FoundSettings = ""


class GenericSettings(Table):
    """What `[desks.NAME]` of kind `generic` may hold beside what every desk has."""

    proof: ProofKind = "standard"
    header: str = ""
    encoding: Encoding = "hex"
    prefix: str = ""
    id_header: str = ""
    window_s: float = Field(default=300.0, gt=0)
    signatures_max: int = Field(default=8, ge=1, le=64)
    map: dict[str, JsonValue] = Field(default={})
    dialect: Dialect = "plain"
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    file_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    plain_hosts: tuple[str, ...] = ()
    headers: HeaderTable = Field(default={})
    sign_secret: SecretStr | None = None
    reply_url: str = ""
    note: PostSettings | None = None
    reply: PostSettings | None = None
    lookup: LookupSettings | Literal[False] | None = None
    list_url: str = ""

    @field_validator("base_url")
    @classmethod
    def _as_folder(cls, url: str) -> str:
        """With a slash at its end: without one, joining would drop its last part."""
        return url if not url or url.endswith("/") else f"{url}/"


@dataclass(frozen=True, slots=True)
class Found:
    """`FoundSettings`, checked."""

    path: FieldPath
    text: FieldPath
    author: FieldPath
    id: FieldPath


@dataclass(frozen=True, slots=True)
class Lookup:
    """`LookupSettings`, checked. `found` None: any 2xx with content says yes."""

    request: RequestTemplate
    found: FieldPath | Found | None


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one generic desk, checked and ready for use."""

    desk_id: str
    settings: GenericSettings
    secrets: tuple[Secret, ...]
    zone: tzinfo
    fields: FieldMap
    reach: Reach
    headers: dict[str, str] = field(repr=False)
    sign_keys: tuple[Secret, ...]
    note: RequestTemplate | None
    reply: RequestTemplate | None
    lookup: Lookup | None


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    where = f"desks.{desk_id}"
    settings = read_table(GenericSettings, desk_id, common)
    return _Checker(where, desk_id, common, settings).config()


class _Checker:
    def __init__(self, where: str, desk_id: str, common: DeskSettings, settings: GenericSettings) -> None:
        self.where, self.desk_id, self.common, self.settings = where, desk_id, common, settings

    def config(self) -> Config:
        settings = self.settings
        secrets = self.secrets()
        headers = {
            name.lower(): self.header_text(f"headers.{name}", name, value)
            for name, value in settings.headers.items()
        }
        note, reply = self.post("note", settings.note), self.post("reply", settings.reply)
        lookup = self.lookup()
        return Config(
            desk_id=self.desk_id,
            settings=settings,
            secrets=secrets,
            zone=read_zone(self.where, self.common.timezone),
            fields=make_map(settings.map, f"{self.where}.map"),
            reach=self.reach(),
            headers=headers,
            sign_keys=self.sign_keys(secrets),
            note=note,
            reply=reply,
            lookup=lookup,
        )

    def error(self, key: str, why: object) -> SettingsError:
        return SettingsError(f"{self.where}.{key}: {why}")

    # --- secrets

    def secrets(self) -> tuple[Secret, ...]:
        common, proof = self.common, self.settings.proof
        secrets = given_secrets(
            self.desk_id,
            common,
            chars_min=URL_SECRET_MIN_CHARS if proof == "url-secret" else 1,
            in_path=proof == "url-secret",
        )
        if proof == "standard":
            return tuple(
                Secret(
                    standard_key(each.value.get_secret_value(), f"{self.where}.secrets[{at}].value"),
                    aware(each.not_after),
                )
                for at, each in enumerate(common.secrets)
            )
        for at, secret in enumerate(secrets):
            self.check_form(f"secrets[{at}].value", secret.value)
        return secrets

    def check_form(self, key: str, value: bytes) -> None:
        """A secret that could never match is a slip to be told now, not a 401 for ever."""
        proof = self.settings.proof
        if proof == "basic" and b":" not in value:
            raise self.error(key, "proof basic needs user:password")
        if proof == "header-token" and (
            not all(0x20 <= byte < 0x7F for byte in value) or value != value.strip()
        ):
            raise self.error(key, "a token in a header is visible ASCII without spaces around it")

    def sign_keys(self, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        """What our own requests are signed with: a key of its own, else the secrets the desk signs with."""
        own = self.settings.sign_secret
        if own is not None:
            return (Secret(standard_key(own.get_secret_value(), f"{self.where}.sign_secret")),)
        return secrets if self.settings.proof == "standard" else ()

    # --- requests

    def post(self, key: str, settings: PostSettings | None) -> RequestTemplate | None:
        if settings is None:
            return None
        return RequestTemplate(
            method=settings.method,
            url=self.url(f"{key}.url", settings.url),
            headers=self.headers(f"{key}.headers", settings.headers),
            body=self.body(f"{key}.body", settings.body),
            remote_id=self.path(f"{key}.remote_id", settings.remote_id),
        )

    def lookup(self) -> Lookup | None:
        settings = self.settings.lookup
        if not settings:
            return None
        request = RequestTemplate(
            method="GET",
            url=self.url("lookup.url", settings.url),
            headers=self.headers("lookup.headers", settings.headers),
            body=None,
            remote_id=self.path("lookup.found", "id"),
        )
        if "body" in request.url.slots:
            raise self.error("lookup.url", "{body} is not known when a post is looked for")
        if "key" not in request.url.slots and not isinstance(settings.found, FoundSettings):
            raise self.error(
                "lookup.url",
                "put {key} into it, or set found = {path, text, author} to tell our post from others",
            )
        return Lookup(request, self.found(settings.found))

    def found(self, settings: str | FoundSettings) -> FieldPath | Found | None:
        if isinstance(settings, str):
            return self.path("lookup.found", settings) if settings else None
        if not self.common.bot_ids:
            raise self.error("bot_ids", "lookup.found.author needs the id of our own account here")
        return Found(
            path=self.path("lookup.found.path", settings.path),
            text=self.path("lookup.found.text", settings.text),
            author=self.path("lookup.found.author", settings.author),
            id=self.path("lookup.found.id", settings.id),
        )

    def path(self, key: str, text: str) -> FieldPath:
        try:
            return read_path(text)
        except ValueError as error:
            raise self.error(key, error) from None

    def body(self, key: str, value: JsonValue) -> JsonTemplate:
        try:
            return read_json_template(value)
        except ValueError as error:
            raise self.error(key, error) from None

    def url(self, key: str, text: str) -> Template:
        full = self.full_url(text)
        self.host(key, full)
        try:
            return read_template(full)
        except ValueError as error:
            raise self.error(key, error) from None

    def full_url(self, text: str) -> str:
        return urljoin(self.settings.base_url, text) if self.settings.base_url else text

    def headers(self, key: str, table: HeaderTable) -> dict[str, Template]:
        return {name.lower(): self.header(f"{key}.{name}", name, value) for name, value in table.items()}

    def header(self, key: str, name: str, value: SecretStr) -> Template:
        try:
            template = read_template(self.header_text(key, name, value))
        except ValueError:
            raise self.error(
                key, "only {ticket_id} and {key} are slots here; write {{ and }} for braces"
            ) from None
        if "body" in template.slots:
            raise self.error(key, "{body} does not fit into a header")
        return template

    def header_text(self, key: str, name: str, value: SecretStr) -> str:
        text = value.get_secret_value()
        if not name or not _HEADER_LETTERS.issuperset(name.lower()) or name.lower() in _OWN_HEADERS:
            raise self.error(key, "this header cannot be set")
        if not text.isascii() or not text.isprintable():
            raise self.error(key, "a header's value is visible ASCII")
        return text

    # --- hosts

    def reach(self) -> Reach:
        settings = self.settings
        posts = (settings.note, settings.reply, settings.lookup or None)
        urls = {"base_url": settings.base_url, "reply_url": settings.reply_url, "list_url": settings.list_url}
        own = {self.host(key, self.full_url(url)) for key, url in urls.items() if url}
        own |= {self.host("url", self.full_url(post.url)) for post in posts if post}
        return Reach(
            hosts=frozenset(own) | self.listed("hosts", settings.hosts),
            file_hosts=self.listed("file_hosts", settings.file_hosts),
            private_hosts=self.listed("private_hosts", settings.private_hosts),
            plain_hosts=self.plain(),
        )

    def plain(self) -> frozenset[str]:
        """Hosts that may be spoken to without TLS: those named for it, and those of a private network."""
        settings = self.settings
        return self.listed("plain_hosts", settings.plain_hosts) | self.listed(
            "private_hosts", settings.private_hosts
        )

    def host(self, key: str, url: str) -> str:
        """The host of one of our own URLs, which must be fit to be spoken to; no slot stands in it."""
        try:
            fixed_host(url)
        except ValueError as error:
            raise self.error(key, error) from None
        return HostReader(self.where, self.plain()).host(key, url)

    def listed(self, key: str, entries: Iterable[str]) -> frozenset[str]:
        return HostReader(self.where).listed(key, entries)
