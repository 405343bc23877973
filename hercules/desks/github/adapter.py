"""Issues of GitHub: signed deliveries in, one public comment out, found again by a hidden marker."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from hercules.desks.calls import Calls, file_of, member, within
from hercules.desks.desk import (
    CallLimits,
    Client,
    Finding,
    Headers,
    Reach,
    SignedTest,
    lasting,
    probed,
)
from hercules.desks.github.api import Api
from hercules.desks.github.config import SETUP, Config, read_settings
from hercules.desks.github.reading import Reader
from hercules.desks.jsonbody import Json, JsonLimits, read_json
from hercules.desks.paths import as_line, as_text
from hercules.desks.proof import body_signature, verify_hmac
from hercules.events import CommentAdded, Event
from hercules.model import (
    Attachment,
    BadDelivery,
    Delivery,
    DeskError,
    Dialect,
    Grade,
    Posted,
    Proof,
    Refused,
    Reply,
    TicketRef,
    Visibility,
)
from hercules.settings import DeskSettings

BODY_MAX_BYTES = 25 << 20  # as much as GitHub sends
SIGNATURE, DELIVERY = "x-hub-signature-256", "x-github-delivery"
_REFERENCE = re.compile(r"\bH-[A-Z2-7]{8}\b")
_ISSUE = re.compile(r"([^/#\s]+/[^/#\s]+)#([0-9]+)")
_COMMENT_OF_ISSUE = re.compile(r"/issues/([0-9]+)#")


def now_utc() -> datetime:
    """The time on the wall, for the end of a rate limit."""
    return datetime.now(UTC)


class GitHubDesk:
    """One or more repositories at GitHub. It sends through `client`, which must be bound to `reach(...)`."""

    kind = "github"
    grade = Grade(
        verified="yes",
        fetches="part",
        posts="part",
        sees_close="yes",
        sees_rating="no",
        proved_against="independent signer, fake",
    )
    setup = SETUP
    dialect: Dialect = "markdown"
    notes = False  # every comment is public
    replies = True
    can_find = True
    can_list = True
    kept_headers = frozenset(("x-github-event", DELIVERY))

    def __init__(
        self,
        desk_id: str,
        common: DeskSettings,
        client: Client,
        *,
        limits: CallLimits = CallLimits(),  # noqa: B008 - frozen
        json_limits: JsonLimits = JsonLimits(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Raises SettingsError naming desk and key."""
        self.config: Config = read_settings(desk_id, common)
        self.desk_id = desk_id
        self.bot_ids = frozenset(common.bot_ids)
        self.body_max_bytes = BODY_MAX_BYTES if common.body_max is None else common.body_max
        self.hosts, self.file_hosts = self.config.reach.hosts, self.config.reach.file_hosts
        self._json_limits, self._clock = json_limits, clock
        self._calls = Calls(client, limits)
        self._api = Api(self._calls, self.config, clock)
        self._reader = Reader(self.config, frozenset(login.lower() for login in common.bot_ids))

    @staticmethod
    def reach(desk_id: str, common: DeskSettings) -> Reach:
        """The hosts such a desk needs, for making its client. Raises SettingsError."""
        return read_settings(desk_id, common).reach

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """Proof by `X-Hub-Signature-256`; the older header with SHA-1 is not looked at. Raises Refused."""
        if url_secret:
            raise Refused("this desk takes no secret in the path")
        if not self.config.secrets:
            return Proof(None, id_is_signed=False)
        return verify_hmac(
            headers, raw, now, self.config.secrets, name=SIGNATURE, prefix="sha256=", id_header=DELIVERY
        )

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery. Raises BadDelivery naming the path."""
        if delivery.body.startswith(b"payload="):
            raise BadDelivery("the webhook sends a form; set its content type to application/json")
        body = read_json(delivery.body, self._json_limits).value
        if not isinstance(body, dict):
            raise BadDelivery("the body is not an object")
        return self._reader.delivery(body, delivery.received_at)

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by our account, or by a robot and with a reference of ours in it."""
        by_robot = event.author_kind == "bot" and _REFERENCE.search(event.text) is not None
        return self._reader.is_ours(event.author_id) or by_robot

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """The issue as the API tells it. Raises DeskError."""
        repository, number = self._issue(ticket)
        issue = self._api.get(f"/repos/{repository}/issues/{number}")
        return self._told(repository, issue)

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """Every issue that changed since then, and every comment on them. Raises DeskError, BadDelivery."""
        unread: list[BadDelivery] = []
        for repository in self.config.repositories.values():
            openers: dict[str, str] = {}
            for issue in self._api.pages(f"/repos/{repository}/issues", self._since(since, state="all")):
                told = _readable(partial(self._told, repository, issue), unread)
                if told:  # neither a pull request nor by a robot
                    openers[as_text(member(issue, "number"))] = as_text(within(issue, "user", "login"))
                yield from told
            asked = self._api.pages(f"/repos/{repository}/issues/comments", self._since(since))
            for comment in asked:
                yield from _readable(partial(self._told_comment, repository, comment, openers), unread)
        if unread:
            raise BadDelivery(f"{len(unread)} listed items could not be read; the first: {unread[0]}")

    @staticmethod
    def _since(since: datetime, **more: str) -> dict[str, str]:
        """By creation: what changes while we read moves nothing out of the pages still to come."""
        at = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"since": at, "sort": "created", "direction": "asc", **more}

    def _told(self, repository: str, issue: Json) -> list[Event]:
        now = self._clock()
        events = self._reader.listed(repository, issue, now)
        if events and member(issue, "state_reason") == "reopened" and member(issue, "state") == "open":
            change = self._last_reopening(repository, as_text(member(issue, "number")))
            events += self._reader.reopened(repository, issue, change, now) if change else []
        return events

    def _last_reopening(self, repository: str, number: str) -> Json:
        """An issue does not tell when it was reopened, its history does."""
        changes = self._api.pages(f"/repos/{repository}/issues/{number}/events", {})
        found = [change for change in changes if member(change, "event") == "reopened"]
        return found[-1] if found else None

    def _told_comment(self, repository: str, comment: Json, openers: dict[str, str]) -> list[Event]:
        """A comment; those on pull requests and on issues that were not listed are not ours."""
        place = _COMMENT_OF_ISSUE.search(as_text(member(comment, "html_url")))
        if place is None or place[1] not in openers:
            return []
        return self._reader.listed_comment(repository, place[1], openers[place[1]], comment, self._clock())

    # --- files

    def fetch(self, attachment: Attachment, limit: int) -> Iterator[bytes]:
        """The file by its link; the token goes to the API's host only.

        Raises DeskError: a permanent one for a foreign host, and after `limit` bytes when the file goes on.
        """
        yield from file_of(
            self._calls,
            attachment,
            limit,
            base_url=self.config.web,
            hosts=self.hosts,
            file_hosts=self.file_hosts,
            credentials=self.config.headers,
        )

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One comment with the hidden marker at its end. Raises DeskError with its outcome."""
        if reply.visibility != "reply":
            raise DeskError('GitHub has no internal notes: set policy = "hold"', "no", permanent=True)
        repository, number = self._issue(reply.ticket)
        path = f"/repos/{repository}/issues/{number}/comments"
        answer = self._api.write(path, {"body": f"{reply.body}\n\n<!-- hercules:{key} -->"})
        return Posted(as_line(member(answer, "id")) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our account's comment with this key, None when there is none. Raises DeskError."""
        repository, number = self._issue(ticket)
        for comment in self._api.pages(f"/repos/{repository}/issues/{number}/comments", {}):
            author = as_line(within(comment, "user", "login"))
            if self._reader.is_ours(author) and key in as_text(member(comment, "body")):
                return Posted(as_line(member(comment, "id")) or key, found=True)
        return None

    def _issue(self, ticket: TicketRef) -> tuple[str, str]:
        found = _ISSUE.fullmatch(ticket.ticket_id)
        repository = self.config.repository(found[1]) if found else None
        if not found or repository is None:
            raise DeskError(
                f"{ticket.ticket_id!r} is in none of desks.{self.desk_id}.repositories", "no", permanent=True
            )
        return repository, found[2]

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """A ping with the signature. Raises SettingsError when no secret is active."""
        headers = {"x-github-event": "ping", "content-type": "application/json"}
        if self.config.secrets:
            secret = lasting(self.desk_id, self.config.secrets, now)
            headers[SIGNATURE] = "sha256=" + body_signature(secret, body).decode("ascii")
        return SignedTest(headers)

    def probe(self) -> Iterator[Finding]:
        """The account behind the token, and each repository; whether it may comment a first one proves."""
        who = probed("account", self._probe_account, f"make a new token and set desks.{self.desk_id}.token")
        yield who
        if not who.ok:
            return
        for repository in self.config.repositories.values():
            yield probed(
                f"reads {repository}",
                partial(self._probe_repository, repository),
                "let the token read the issues of this repository",
            )
        yield Finding(
            "writes", None, "the token needs `issues: write`; only a first comment can prove that it has it"
        )

    def _probe_account(self) -> str:
        login = as_line(member(self._api.get("/user"), "login"))
        if not self._reader.is_ours(login):
            raise DeskError(f"the token belongs to {login!r}, which is not in bot_ids", permanent=True)
        return f"the token belongs to {login}"

    def _probe_repository(self, name: str) -> str:
        found = self._api.get(f"/repos/{name}")
        if member(found, "has_issues") is False:
            raise DeskError("issues are switched off here", permanent=True)
        if member(found, "archived") is True:
            raise DeskError("the repository is archived: nobody can comment", permanent=True)
        next(self._api.pages(f"/repos/{name}/issues", {"state": "all"}), None)
        return "its issues can be read"


def _readable(read: Callable[[], list[Event]], unread: list[BadDelivery]) -> list[Event]:
    try:
        return read()
    except BadDelivery as error:
        unread.append(error)
        return []
