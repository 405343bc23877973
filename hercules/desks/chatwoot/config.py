"""The settings of a Chatwoot desk, checked at start; each complaint names desk, key and what to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from pydantic import Field, SecretStr

from hercules.calling import Reach
from hercules.desks.common import HostSettings, given_secrets, reach_of, read_table, read_zone, token_of
from hercules.desks.desk import Secret
from hercules.desks.proof import URL_SECRET_MIN_CHARS
from hercules.model import SettingsError
from hercules.settings import DeskSettings


class ChatwootSettings(HostSettings):
    """What `[desks.NAME]` of kind `chatwoot` may hold beside what every desk has.

    `proof` is `url-secret` for versions that do not sign their webhooks.
    """

    proof: Literal["signature", "url-secret"] = "signature"
    account_id: int = Field(ge=1)
    api_token: SecretStr
    window_s: float = Field(default=300.0, gt=0)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one Chatwoot desk, checked and ready for use."""

    desk_id: str
    settings: ChatwootSettings
    secrets: tuple[Secret, ...]
    zone: tzinfo
    reach: Reach
    headers: dict[str, str] = field(repr=False)
    bot_ids: frozenset[str] = frozenset()

    @property
    def base_url(self) -> str:
        """The desk's address without a slash at the end."""
        return self.settings.base_url.rstrip("/")

    @property
    def account_id(self) -> str:
        """The account, as text."""
        return str(self.settings.account_id)


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    where = f"desks.{desk_id}"
    settings = read_table(ChatwootSettings, desk_id, common)
    in_path = settings.proof == "url-secret"
    reach = reach_of(desk_id, settings)  # first: an address with a password in it is not to be shown
    if not common.bot_ids:
        raise SettingsError(
            f"{where}.bot_ids: write the id of the agent that posts; "
            f"{settings.base_url}/api/v1/profile shows it to that agent"
        )
    return Config(
        desk_id=desk_id,
        settings=settings,
        secrets=given_secrets(
            desk_id, common, chars_min=URL_SECRET_MIN_CHARS if in_path else 1, in_path=in_path
        ),
        zone=read_zone(where, common.timezone),
        reach=reach,
        headers={"api_access_token": token_of(f"{where}.api_token", settings.api_token)},
        bot_ids=frozenset(common.bot_ids),
    )
