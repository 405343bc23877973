"""What the settings of every kind of desk share: tables, hosts, zones, told with desk and key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from hercules.calling import Reach
from hercules.desks.calls import host_of
from hercules.desks.desk import Secret, plain_secrets
from hercules.model import SettingsError
from hercules.settings import DeskSettings
from hercules.text import plain_fault

_FORM = re.compile(r"\w+Settings|literal\[.*\]|str")
"""What the library calls the forms that a setting may have."""

PATH_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Table(BaseModel):
    """A table of the settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HostSettings(Table):
    """Where a desk and its files are reached; `private_hosts` may be in a private network, without TLS."""

    base_url: str = ""
    file_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    plain_hosts: tuple[str, ...] = ()


T = TypeVar("T", bound=Table)


def read_table(model: type[T], desk_id: str, common: DeskSettings) -> T:
    """What `[desks.NAME]` holds for its kind. Raises SettingsError naming desk and key, never the value."""
    try:
        return model.model_validate(common.model_extra or {})
    except ValidationError as error:
        raise SettingsError(f"desks.{desk_id}.{_first(error, model)}") from None


def _first(error: ValidationError, model: type[Table]) -> str:
    """The first complaint without the value, which may be a secret.

    Where one of several forms is wanted, the complaint of the form that got furthest.
    """
    told = [
        (tuple(str(part) for part in each["loc"] if not _FORM.fullmatch(str(part))), each)
        for each in error.errors(include_url=False, include_input=False)
    ]
    key = told[0][0][0]
    path, found = max((each for each in told if each[0][0] == key), key=lambda each: len(each[0]))
    where = ".".join(path)
    if found["type"] == "extra_forbidden":
        near = get_close_matches(path[-1], [*model.model_fields, *DeskSettings.model_fields], 1)
        return f"{where}: no such setting" + (f"; did you mean {near[0]}?" if near else "")
    forms = [plain_fault(each["msg"]) for place, each in told if place == path]
    bare = [form.removeprefix("write ").removeprefix("Input should be ").lower() for form in forms[1:]]
    return f"{where}: {' or '.join((forms[0], *bare))}"


def read_zone(where: str, name: str) -> tzinfo:
    """The zone for times without one. Raises SettingsError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"{where}.timezone: {name!r} is not known; write for example Europe/Berlin"
        ) from None


def given_secrets(
    desk_id: str, common: DeskSettings, *, chars_min: int = 1, in_path: bool = False
) -> tuple[Secret, ...]:
    """The desk's secrets, none for one set to be `unsigned`.

    Raises SettingsError when there are none and none were waived, or one could never match.
    """
    where = f"desks.{desk_id}"
    if common.unsigned and common.secrets:
        raise SettingsError(f"{where}.unsigned: a desk with secrets is not unsigned; drop one of the two")
    if not common.unsigned and not common.secrets:
        raise SettingsError(
            f"{where}.secrets: a desk without any proof is refused; add one, or set unsigned = true"
        )
    secrets = plain_secrets(desk_id, common.secrets, chars_min=chars_min)
    for at, secret in enumerate(secrets):
        if in_path and not PATH_LETTERS.issuperset(secret.value):
            raise SettingsError(
                f"{where}.secrets[{at}].value: a secret in a path holds letters, digits, - . _ ~ only"
            )
    return secrets


def token_of(key: str, secret: SecretStr) -> str:
    """A token that fits a header. Raises SettingsError naming its key, never the token."""
    token = secret.get_secret_value()
    if not token.strip():
        raise SettingsError(f"{key}: write the access token of the account that answers")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError(f"{key}: a token is visible ASCII without spaces")
    return token


@dataclass(frozen=True, slots=True)
class HostReader:
    """Reads the hosts of one desk's settings; every complaint names desk and key."""

    where: str
    plain: frozenset[str] = frozenset()

    def host(self, key: str, url: str) -> str:
        """The host of one of our own URLs, which must be fit to be spoken to. Raises SettingsError."""
        try:
            host = host_of(url)
        except ValueError as error:
            raise SettingsError(f"{self.where}.{key}: {error}") from None
        if urlsplit(url).scheme == "http" and not {host, f"{host}:80"} & self.plain:
            raise SettingsError(
                f"{self.where}.{key}: http is not safe; use https, or list {host!r} in plain_hosts "
                "or private_hosts"
            )
        return host

    def listed(self, key: str, entries: Iterable[str]) -> frozenset[str]:
        """A list of hosts. Raises SettingsError for an entry that is none."""
        return frozenset(self._entry(key, entry) for entry in entries)

    def _entry(self, key: str, entry: str) -> str:
        try:
            if set(entry) & set("/@?#\\ "):
                raise ValueError(entry)
            return host_of(f"https://{entry}")
        except ValueError:
            raise SettingsError(
                f"{self.where}.{key}: an entry is a host or host:port, for example desk.example.com"
            ) from None


def reach_of(desk_id: str, settings: HostSettings, *, more_hosts: Iterable[str] = ()) -> Reach:
    """Where a desk with these settings may be reached: the host of `base_url`, and what is listed.

    `more_hosts` are hosts a kind needs by itself; credentials go there too. Raises SettingsError.
    """
    where = f"desks.{desk_id}"
    if not settings.base_url:
        raise SettingsError(f"{where}.base_url: write the desk's own address, https://desk.example.com")
    private = HostReader(where).listed("private_hosts", settings.private_hosts)
    plain = HostReader(where).listed("plain_hosts", settings.plain_hosts) | private
    reader = HostReader(where, plain)
    return Reach(
        hosts=frozenset((reader.host("base_url", settings.base_url), *more_hosts)),
        file_hosts=reader.listed("file_hosts", settings.file_hosts),
        private_hosts=private,
        plain_hosts=plain,
    )
