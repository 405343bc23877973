"""The settings of a django-helpdesk desk, checked at start; each complaint names desk and key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from pydantic import SecretStr

from hercules.calling import Reach, basic
from hercules.desks.common import HostSettings, given_secrets, reach_of, read_table, read_zone
from hercules.desks.desk import Secret
from hercules.desks.proof import URL_SECRET_MIN_CHARS
from hercules.model import SettingsError
from hercules.settings import DeskSettings


class DjangoHelpdeskSettings(HostSettings):
    """What `[desks.NAME]` of this kind may hold beside what every desk has.

    The statuses are those of the desk's own settings, for a desk that has changed them.
    """

    user: str = "hercules"
    password: SecretStr = SecretStr("")
    closed_statuses: tuple[int, ...] = (3, 4, 5)
    open_statuses: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one desk, checked. `root` is the address of its first page, with a slash at the end."""

    desk_id: str
    root: str
    user: str
    headers: dict[str, str] = field(repr=False)
    secrets: tuple[Secret, ...]
    bot_ids: frozenset[str]
    reach: Reach
    zone: tzinfo
    closed: frozenset[int]
    open: frozenset[int]


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    settings = read_table(DjangoHelpdeskSettings, desk_id, common)
    _check_account(f"desks.{desk_id}", settings, common)
    return Config(
        desk_id=desk_id,
        root=settings.base_url.rstrip("/") + "/",
        user=settings.user,
        headers={"authorization": basic(settings.user, settings.password.get_secret_value())},
        secrets=given_secrets(desk_id, common, chars_min=URL_SECRET_MIN_CHARS, in_path=True),
        bot_ids=frozenset(common.bot_ids),
        reach=reach_of(desk_id, settings),
        zone=read_zone(f"desks.{desk_id}", common.timezone),
        closed=frozenset(settings.closed_statuses),
        open=frozenset(settings.open_statuses),
    )


def _check_account(where: str, settings: DjangoHelpdeskSettings, common: DeskSettings) -> None:
    if not settings.user or ":" in settings.user:
        raise SettingsError(f"{where}.user: write the name of our own account, without a colon")
    if not settings.password.get_secret_value():
        raise SettingsError(f"{where}.password: write the password of the account {settings.user!r}")
    if not common.bot_ids:
        # Without it our own comments would count as an engineer's, and a post in doubt would be sent twice.
        raise SettingsError(
            f"{where}.bot_ids: write the number of the account {settings.user!r}, as in its address "
            "/admin/auth/user/NUMBER/change/"
        )
