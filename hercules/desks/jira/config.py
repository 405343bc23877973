"""The settings of a Jira desk, checked at start; each complaint names desk, key and what to write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pydantic import SecretStr

from hercules.calling import Reach, basic
from hercules.desks.common import HostSettings, given_secrets, reach_of, read_table
from hercules.desks.desk import Secret
from hercules.desks.paths import FieldPath, read_path
from hercules.desks.proof import URL_SECRET_MIN_CHARS
from hercules.model import SettingsError
from hercules.settings import DeskSettings

Edition = Literal["cloud", "datacenter"]
_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_DONE = ("Done", "Closed", "Resolved", "Completed", "Canceled", "Cancelled", "Declined")


class JiraSettings(HostSettings):
    """What `[desks.NAME]` holds for a Jira.

    `token` is an API token of the account `user` (its mail) in the Cloud, a personal access token at a Data
    Center, where `user` stays empty (with it, `token` is a password). `service_desk`: the project is one of
    Jira Service Management. `note_role`: without it, the role that may read notes, else there are none.
    `product` and `version` are paths below `fields`; `done_statuses` are the names of closed statuses.
    """

    edition: Edition = "cloud"
    service_desk: bool = True
    proof: Literal["hub-sha256", "url-secret"] = "hub-sha256"
    user: str = ""
    token: SecretStr
    projects: tuple[str, ...] = ()
    note_role: str = ""
    product: str = ""
    version: str = "versions[].name"
    done_statuses: tuple[str, ...] = _DONE
    ratings: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """Checked settings. `headers` prove who we are; `base` has no slash at the end."""

    desk_id: str
    settings: JiraSettings
    reach: Reach
    secrets: tuple[Secret, ...]
    bot_ids: frozenset[str]
    base: str
    product: FieldPath | None
    version: FieldPath | None
    done: frozenset[str]
    headers: dict[str, str] = field(repr=False)

    @property
    def cloud(self) -> bool:
        """True for Jira Cloud."""
        return self.settings.edition == "cloud"

    @property
    def service_desk(self) -> bool:
        """True for Jira Service Management."""
        return self.settings.service_desk

    @property
    def api(self) -> str:
        """Where the platform's API lies."""
        return f"{self.base}/rest/api/{3 if self.cloud else 2}"

    @property
    def requests(self) -> str:
        """Where the API for customers' requests lies."""
        return f"{self.base}/rest/servicedeskapi/request"


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The desk's settings. Raises SettingsError naming desk and key."""
    settings = read_table(JiraSettings, desk_id, common)
    where = f"desks.{desk_id}"
    in_path = settings.proof == "url-secret"
    secrets = given_secrets(
        desk_id, common, chars_min=URL_SECRET_MIN_CHARS if in_path else 1, in_path=in_path
    )
    reach = reach_of(desk_id, settings)  # first: an address with a password in it is not to be shown
    if not common.bot_ids:
        raise SettingsError(
            f"{where}.bot_ids: write the id of Hercules' own account; {settings.base_url.rstrip('/')}"
            "/rest/api/2/myself shows it as accountId (Cloud) or key (Data Center)"
        )
    for project in settings.projects:
        if not _PROJECT.fullmatch(project):
            raise SettingsError(f'{where}.projects: {project!r} is no project key; write for example ["SUP"]')
    return Config(
        desk_id=desk_id,
        settings=settings,
        reach=reach,
        secrets=secrets,
        bot_ids=frozenset(common.bot_ids),
        base=settings.base_url.rstrip("/"),
        product=_path(f"{where}.product", settings.product),
        version=_path(f"{where}.version", settings.version),
        done=frozenset(name.casefold() for name in settings.done_statuses),
        headers=_credentials(where, settings),
    )


def _path(where: str, text: str) -> FieldPath | None:
    try:
        return read_path(text) if text else None
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from None


def _credentials(where: str, settings: JiraSettings) -> dict[str, str]:
    """Basic with `user`, else Bearer. Raises SettingsError."""
    token = settings.token.get_secret_value()
    if not token or not token.isascii() or not token.isprintable():
        raise SettingsError(f"{where}.token: a token is visible ASCII")
    if settings.edition == "cloud" and not settings.user:
        raise SettingsError(f"{where}.user: write the mail address of the account whose API token this is")
    if not settings.user:
        return {"authorization": f"Bearer {token}"}
    return {"authorization": basic(settings.user, token)}
