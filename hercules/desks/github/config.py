"""The settings of a GitHub desk, checked at start, and what `hercules desk add` asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from hercules.calling import Reach
from hercules.desks.common import HostReader, HostSettings, given_secrets, reach_of, read_table, token_of
from hercules.desks.desk import Question, Secret, Setup
from hercules.model import SettingsError
from hercules.settings import DeskSettings

API_URL = "https://api.github.com"
WEB_URL = "https://github.com"
# Where github.com sends who asks for an uploaded file.
FILE_HOSTS = ("github.com", "objects.githubusercontent.com")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.\.?$)[A-Za-z0-9._-]{1,100}")


class GitHubSettings(HostSettings):
    """What `[desks.NAME]` of kind `github` may hold beside what every desk has.

    `base_url` is the address of the API, `web_url` that of the pages (for GitHub Enterprise Server: by
    default the host of `base_url`). Only issues of `repositories` (`owner/name`) are looked at.
    """

    base_url: str = API_URL
    web_url: str = ""
    repositories: tuple[str, ...] = ()
    token: SecretStr = SecretStr("")


SETUP = Setup(
    title="GitHub Issues",
    questions=(
        Question(
            "base_url",
            "Address of the API (for GitHub Enterprise Server: https://HOST/api/v3)",
            default=API_URL,
        ),
        Question("repositories", "Repositories, as owner/name", many=True),
        Question("bot_ids", "Login of the account that answers", many=True),
        Question("token", "Access token of that account (issues: read and write)", secret=True),
    ),
    steps=(
        "In each repository, open Settings > Webhooks > Add webhook (or once for the whole organisation).",
        "Payload URL: {hook_url}",
        "Content type: application/json",
        "Secret: {secret}",
        "Choose `Let me select individual events`, then Issues and Issue comments; untick Pushes.",
        "Save. GitHub sends a ping at once; under Recent Deliveries it must show the answer 202.",
    ),
    fixed={"policy": "hold"},
    docs="docs/desks/github.md",
)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one GitHub desk, checked. `api` and `web` end without a slash."""

    desk_id: str
    secrets: tuple[Secret, ...]
    reach: Reach
    api: str
    web: str
    repositories: dict[str, str]
    headers: dict[str, str] = field(repr=False)

    def repository(self, name: str) -> str | None:
        """The repository as the settings spell it, None for one that is not ours: GitHub takes any case."""
        return self.repositories.get(name.lower())


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    where = f"desks.{desk_id}"
    settings = read_table(GitHubSettings, desk_id, common)
    secrets = given_secrets(desk_id, common)
    if not common.bot_ids:
        raise SettingsError(f"{where}.bot_ids: write the login of the account the token belongs to")
    return Config(
        desk_id=desk_id,
        secrets=secrets,
        reach=_reach(desk_id, settings),
        api=settings.base_url.rstrip("/"),
        web=_web(settings),
        repositories=_repositories(where, settings.repositories),
        headers=_headers(token_of(f"{where}.token", settings.token)),
    )


def _web(settings: GitHubSettings) -> str:
    if settings.web_url:
        return settings.web_url.rstrip("/")
    if settings.base_url.rstrip("/") == API_URL:
        return WEB_URL
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _reach(desk_id: str, settings: GitHubSettings) -> Reach:
    """The API's host for everything with a token, those of uploaded files without."""
    reach = reach_of(desk_id, settings)
    web = HostReader(f"desks.{desk_id}", reach.plain_hosts).host("web_url", _web(settings))
    usual = FILE_HOSTS if web == urlsplit(WEB_URL).netloc else (web,)
    files = reach.file_hosts | (frozenset(usual) - reach.hosts)
    return Reach(reach.hosts, files, reach.private_hosts, reach.plain_hosts)


def _repositories(where: str, names: tuple[str, ...]) -> dict[str, str]:
    if not names:
        raise SettingsError(f'{where}.repositories: name at least one, for example ["acme/shop"]')
    for name in names:
        if not _REPOSITORY.fullmatch(name):
            raise SettingsError(f"{where}.repositories: {name!r} is not written as owner/name")
    return {name.lower(): name for name in names}


def _headers(token: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
    }
