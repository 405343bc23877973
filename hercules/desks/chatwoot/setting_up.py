"""Setting up a Chatwoot desk: what is asked, what to do at Chatwoot, and what can be proven of it."""

from __future__ import annotations

from collections.abc import Iterator

from hercules.desks.calls import member, members
from hercules.desks.chatwoot.api import Api
from hercules.desks.chatwoot.config import Config
from hercules.desks.desk import Finding, Question, Setup, probed
from hercules.desks.jsonbody import Json
from hercules.desks.paths import as_line
from hercules.model import DeskError

SETUP = Setup(
    title="Chatwoot",
    questions=(
        Question("base_url", "Address of your Chatwoot, for example https://app.chatwoot.com"),
        Question("account_id", "Number of the account (in the address of its pages, /app/accounts/1)"),
        Question("api_token", "Access token of Hercules' agent (its Profile settings)", secret=True),
        Question("bot_ids", "Id of that agent (its first page of /api/v1/profile shows it)", many=True),
        Question(
            "proof",
            "Does your version sign webhooks (it then shows a secret), or not (url-secret)?",
            default="signature",
            choices=("signature", "url-secret"),
        ),
        Question("file_hosts", "Hosts of the storage that files are redirected to", many=True, optional=True),
    ),
    steps=(
        "In Chatwoot, under Settings, Integrations, Webhooks, add a webhook.",
        "Its URL: {hook_url}",
        "Its events: Message created, Message updated, Conversation status changed.",
        "{by_proof}",
        "Add Hercules' agent to every inbox it shall answer in: Settings, Inboxes, Collaborators.",
    ),
    secret="given",
    secret_forms={"signature": "given", "url-secret": "path"},
    by_proof={
        "signature": "The secret that Chatwoot shows for it is the one that stands in desks.{name}.secrets.",
        "url-secret": "The end of the URL is the secret: show it to nobody.",
    },
    docs="docs/desks/chatwoot.md",
)


class Prober:
    """Asks Chatwoot what it can be asked without changing anything."""

    def __init__(self, config: Config, api: Api) -> None:
        self._config, self._api = config, api
        self._me: Json = None

    def findings(self) -> Iterator[Finding]:
        """What was found, one after the other."""
        where = f"desks.{self._config.desk_id}"
        signed_in = probed("credentials", self._sign_in, f"look at {where}.base_url and api_token")
        yield signed_in
        if not signed_in.ok:
            return
        yield probed("own account", self._own, f"put the id of the agent of the token into {where}.bot_ids")
        yield probed("account", self._account, f"add the agent to the account, or mend {where}.account_id")
        yield probed("reads tickets", self._conversations, "add the agent to the inboxes it shall read")
        yield Finding("writes", None, "notes and replies are set up; only a first post can prove them")

    def _sign_in(self) -> str:
        found = self._api.profile()
        user_id = as_line(member(found, "id"))
        if not user_id:
            raise DeskError("Chatwoot does not say who the token belongs to")
        self._me = found
        return f"signed in as {as_line(member(found, 'name'))} (id {user_id})"

    def _own(self) -> str:
        user_id = as_line(member(self._me, "id"))
        if user_id not in self._config.bot_ids:
            raise DeskError(f"the token's agent has the id {user_id}, which is not in bot_ids")
        return f"{user_id} is in bot_ids"

    def _account(self) -> str:
        ids = [as_line(member(account, "id")) for account in members(self._me, "accounts")]
        if self._config.account_id not in ids:
            raise DeskError(f"the agent is in the accounts {', '.join(ids) or '(none)'}")
        return f"the agent is in account {self._config.account_id}"

    def _conversations(self) -> str:
        found = next(self._api.conversations(), [])
        return f"{len(found)} conversations on the first page"
