"""Issues of GitHub: signed deliveries in, one public comment out, found again by a hidden marker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial

from hercules.desks.calls import CalledDesk, member, readable, within
from hercules.desks.desk import (
    Finding,
    Headers,
    SignedTest,
    lasting,
    probed,
    quotes_us,
)
from hercules.desks.github.api import Api
from hercules.desks.github.config import SETUP, Config, read_settings
from hercules.desks.github.reading import Reader
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line, as_text
from hercules.desks.proof import body_signature, verify_hmac
from hercules.events import CommentAdded, Event
from hercules.model import (
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

BODY_MAX_BYTES = 25 << 20  # as much as GitHub sends
SIGNATURE, DELIVERY = "x-hub-signature-256", "x-github-delivery"
_ISSUE = re.compile(r"([^/#\s]+/[^/#\s]+)#([0-9]+)")
_COMMENT_OF_ISSUE = re.compile(r"/issues/([0-9]+)#")


@dataclass(frozen=True, slots=True)
class _Listed:
    """A listed issue and those of its comments that were listed too."""

    repository: str
    issue: Json
    comments: list[Json]


class GitHubDesk(CalledDesk[Config]):
    """One or more repositories at GitHub."""

    kind = "github"
    grade = Grade(
        verified="yes",
        fetches="part",
        posts="part",
        sees_close="yes",
        sees_rating="no",
        proved_against="independent signer, GitHub's published examples and API description, fake",
    )
    setup = SETUP
    dialect: Dialect = "markdown"
    notes = False  # every comment is public
    replies = True
    can_find = True
    can_list = True
    kept_headers = frozenset(("x-github-event", DELIVERY))
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def home(self) -> str:
        """The desk's own address."""
        return self.config.web

    @cached_property
    def _api(self) -> Api:
        return Api(self._calls, self.config)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.config, frozenset(login.lower() for login in self.bot_ids))

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
        return self._reader.is_ours(event.author_id) or quotes_us(event)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """The issue as the API tells it. Raises DeskError."""
        repository, number = self._issue(ticket)
        issue = self._api.get(f"/repos/{repository}/issues/{number}")
        return self._told(repository, issue)

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """Every issue that changed since then with its comments since then. Raises DeskError, BadDelivery."""
        yield from readable(self._recent(since), self._whole, "items")

    def _recent(self, since: datetime) -> Iterator[_Listed]:
        """The comments are asked for first: news of one ticket stand together, a person's answer too."""
        for repository in self.config.repositories.values():
            comments: dict[str, list[Json]] = {}
            for comment in self._api.pages(f"/repos/{repository}/issues/comments", self._since(since)):
                place = _COMMENT_OF_ISSUE.search(as_text(member(comment, "html_url")))
                if place is not None:  # else it is one on a pull request
                    comments.setdefault(place[1], []).append(comment)
            for issue in self._api.pages(f"/repos/{repository}/issues", self._since(since, state="all")):
                yield _Listed(repository, issue, comments.get(as_text(member(issue, "number")), []))

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

    def _whole(self, listed: _Listed) -> Iterator[Event]:
        """An issue and its comments; nothing of pull requests and of what robots opened."""
        told = self._told(listed.repository, listed.issue)
        yield from told
        opener = as_text(within(listed.issue, "user", "login"))
        number = as_text(member(listed.issue, "number"))
        for comment in listed.comments if told else ():
            yield from self._reader.listed_comment(listed.repository, number, opener, comment, self._clock())

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
