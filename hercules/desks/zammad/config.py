"""The settings of a Zammad desk, checked at start, and what `hercules desk add` asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from pydantic import SecretStr

from hercules.calling import Reach
from hercules.desks.common import HostSettings, given_secrets, reach_of, read_table, read_zone, token_of
from hercules.desks.desk import Question, Secret, Setup
from hercules.model import SettingsError
from hercules.settings import DeskSettings


class ZammadSettings(HostSettings):
    """What `[desks.NAME]` of kind `zammad` may hold beside what every desk has.

    `closed_states` are the names of the states in which a ticket counts as closed: admins may rename them.
    """

    token: SecretStr = SecretStr("")
    closed_states: tuple[str, ...] = ("closed", "merged")


SETUP = Setup(
    title="Zammad",
    questions=(
        Question("base_url", "Address of Zammad, for example https://zammad.example.com"),
        Question("bot_ids", "E-mail address or id of the account that answers", many=True),
        Question("token", "Access token of that account (permission ticket.agent)", secret=True),
    ),
    steps=(
        "In Zammad, open Settings > Manage > Webhook and make a new one (not a pre-defined one).",
        "Endpoint: {hook_url}",
        "HMAC SHA1 Signature Token: {secret}",
        "Leave the payload as it is (no custom payload), and SSL verification on.",
        "Open Settings > Manage > Trigger and make one: activator Action, execution always, condition "
        "`Action is created or updated`, execute `Webhook` with the webhook just made.",
        "Give the account of the token the groups whose tickets it is to answer: read and change.",
    ),
    docs="docs/desks/zammad.md",
)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one Zammad desk, checked. `base` ends without a slash, `closed` is in lower case."""

    desk_id: str
    secrets: tuple[Secret, ...]
    reach: Reach
    zone: tzinfo
    base: str
    closed: frozenset[str]
    headers: dict[str, str] = field(repr=False)


def read_settings(desk_id: str, common: DeskSettings) -> Config:
    """The checked settings of a desk. Raises SettingsError naming desk and key."""
    where = f"desks.{desk_id}"
    settings = read_table(ZammadSettings, desk_id, common)
    secrets = given_secrets(desk_id, common)
    if not common.bot_ids:
        raise SettingsError(f"{where}.bot_ids: write the e-mail address of the account that answers")
    return Config(
        desk_id=desk_id,
        secrets=secrets,
        reach=reach_of(desk_id, settings),
        zone=read_zone(where, common.timezone),
        base=settings.base_url.rstrip("/"),
        closed=frozenset(state.strip().lower() for state in settings.closed_states),
        headers={"authorization": f"Token token={token_of(f'{where}.token', settings.token)}"},
    )
