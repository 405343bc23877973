"""The settings of a Zendesk desk, checked at start; each complaint names desk, key and what to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from pydantic import Field, JsonValue, SecretStr

from hercules.calling import Reach, basic
from hercules.desks.common import HostSettings, given_secrets, reach_of, read_table, read_zone, token_of
from hercules.desks.desk import Secret
from hercules.desks.mapper import FieldMap, make_map
from hercules.model import SettingsError
from hercules.settings import DeskSettings


class ZendeskSettings(HostSettings):
    """What `[desks.NAME]` of kind `zendesk` may hold beside what every desk has.

    `product_field` and `version_field` are ids of ticket fields. `window_s` is how far the signed time of a
    delivery may be off: Zendesk may repeat a delivery late, with the time of the first try.
    """

    hook: Literal["event", "trigger"] = "event"
    email: str = ""
    api_token: SecretStr | None = None
    oauth_token: SecretStr | None = None
    window_s: float = Field(default=300.0, gt=0)
    map: dict[str, JsonValue] = Field(default={})
    product_field: int | None = None
    version_field: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one Zendesk desk, checked and ready for use."""

    desk_id: str
    settings: ZendeskSettings
    secrets: tuple[Secret, ...]
    zone: tzinfo
    fields: FieldMap
    reach: Reach
    headers: dict[str, str] = field(repr=False)
    bot_ids: frozenset[str] = frozenset()

    @property
    def base_url(self) -> str:
        """The desk's address without a slash at the end."""
        return self.settings.base_url.rstrip("/")


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    where = f"desks.{desk_id}"
    settings = read_table(ZendeskSettings, desk_id, common)
    if settings.map and settings.hook != "trigger":
        raise SettingsError(f'{where}.map: event webhooks have a fixed body; set hook = "trigger" or drop it')
    reach = reach_of(desk_id, settings)  # first: an address with a password in it is not to be shown
    if not common.bot_ids:
        raise SettingsError(
            f"{where}.bot_ids: write the user id of the account that posts; "
            f"{settings.base_url}/api/v2/users/me shows it"
        )
    return Config(
        desk_id=desk_id,
        settings=settings,
        secrets=given_secrets(desk_id, common),
        zone=read_zone(where, common.timezone),
        fields=make_map(settings.map, f"{where}.map"),
        reach=reach,
        headers={"authorization": _authorization(where, settings)},
        bot_ids=frozenset(common.bot_ids),
    )


def _authorization(where: str, settings: ZendeskSettings) -> str:
    """The header that proves our requests: an OAuth token, or an API token with its user's address."""
    if settings.oauth_token is not None:
        return "Bearer " + token_of(f"{where}.oauth_token", settings.oauth_token)
    if settings.api_token is None:
        raise SettingsError(f"{where}.api_token: write an API token (and email), or an oauth_token")
    if not settings.email:
        raise SettingsError(f"{where}.email: write the address of the account the API token is used for")
    return basic(f"{settings.email}/token", token_of(f"{where}.api_token", settings.api_token))
