"""Setting up a Zendesk desk: what is asked, what to do at Zendesk, and what can be proven of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hercules.desks.calls import member
from hercules.desks.desk import Finding, Question, Setup, probed
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_bool, as_line
from hercules.desks.zendesk.api import Api, name_of
from hercules.desks.zendesk.config import Config
from hercules.model import DeskError

SETUP = Setup(
    title="Zendesk Support",
    questions=(
        Question("base_url", "Address of your Zendesk, for example https://acme.zendesk.com"),
        Question("email", "E-mail address of the agent account that Hercules uses"),
        Question("api_token", "API token (Admin Center, Apps and integrations, Zendesk API)", secret=True),
        Question("bot_ids", "User id of that account (the number in the address of its profile)", many=True),
        Question(
            "hook",
            "Webhook of which kind: event (needs no trigger) or trigger",
            default="event",
            choices=("event", "trigger"),
        ),
        Question(
            "file_hosts", "Hosts attachments are redirected to, if you know them", many=True, optional=True
        ),
    ),
    steps=(
        "In Admin Center, under Apps and integrations, Webhooks, create a webhook of kind `{hook}`.",
        "Its endpoint: {hook_url} (method POST, format JSON, no authentication)",
        "Kind `event`: subscribe it to Ticket created, Comment added, Attachment linked to comment, Status "
        "changed and Subject changed. Kind `trigger`: docs/desks/zendesk.md has the body of each trigger.",
        "Its signing secret (Reveal secret) is the one that stands in desks.{name}.secrets.",
    ),
    secret="given",
    docs="docs/desks/zendesk.md",
)
_STAFF = ("agent", "admin")


class Prober:
    """Asks Zendesk what it can be asked without changing anything."""

    def __init__(self, config: Config, api: Api, now: datetime) -> None:
        self._config, self._api, self._now = config, api, now
        self._me: Json = None

    def findings(self) -> Iterator[Finding]:
        """What was found, one after the other."""
        where = f"desks.{self._config.desk_id}"
        signed_in = probed(
            "credentials", self._sign_in, f"look at {where}.email and api_token (or oauth_token)"
        )
        yield signed_in
        if not signed_in.ok:
            return
        yield probed("own account", self._own, f"put the id of the account of the token into {where}.bot_ids")
        yield probed(
            "role", self._role, "make the account an agent or an admin in Admin Center, Team members"
        )
        yield probed("reads tickets", self._tickets, "give the account access to all tickets")
        yield probed(
            "finds missed tickets",
            self._export,
            "the incremental export is for admins: without it only webhooks tell of tickets",
        )
        yield self._writes()

    def _sign_in(self) -> str:
        """Wrong credentials are answered as the anonymous user, with 200 and no id."""
        user = member(self._api.get("users/me"), "user")
        if not as_line(member(user, "id")):
            raise DeskError("Zendesk does not take the credentials")
        self._me = user
        return f"signed in as {name_of(user)}"

    def _own(self) -> str:
        user_id = as_line(member(self._me, "id"))
        if user_id not in self._config.bot_ids:
            raise DeskError(f"the token's account has the id {user_id}, which is not in bot_ids")
        return f"{user_id} is in bot_ids"

    def _role(self) -> str:
        role = as_line(member(self._me, "role"))
        if role not in _STAFF:
            raise DeskError(f"the account is of role {role or 'unknown'}")
        return role

    def _tickets(self) -> str:
        page = self._api.get("tickets", **{"page[size]": 1})
        if not isinstance(member(page, "tickets"), list):
            raise DeskError("the list of tickets was not answered")
        return "the list of tickets is answered"

    def _export(self) -> str:
        next(self._api.changed_since(self._now, self._now), None)
        return "the incremental export is answered"

    def _writes(self) -> Finding:
        if as_bool(member(self._me, "only_private_comments"), default=False):
            mend = 'give it a role that may comment in public, or use policy = "note"'
            return Finding("writes", False, f"the account may write internal notes only; {mend}")
        return Finding("writes", None, "notes and replies are set up; only a first post can prove them")
