"""The Jira desk: signed webhooks in, one comment out, by the platform's or the service desk's API."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property, partial

from hercules.desks.calls import CalledDesk, member, members, readable, within
from hercules.desks.desk import (
    Finding,
    Headers,
    SignedTest,
    lasting,
    probed,
)
from hercules.desks.jira.asking import Api
from hercules.desks.jira.config import Config, read_settings
from hercules.desks.jira.reading import Change, Issue, events_of, marks, person, told_public
from hercules.desks.jira.setting_up import SETUP
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.paths import as_line, as_number, as_time
from hercules.desks.proof import body_signature, verify_hmac, verify_url_secret
from hercules.events import CommentAdded, Event
from hercules.model import (
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

BODY_MAX_BYTES = 4 << 20
ID_HEADER = "x-atlassian-webhook-identifier"
SIGNATURE_HEADER = "x-hub-signature"
STARS = 5.0
_GRADE = Grade(
    verified="yes",
    fetches="yes",
    posts="yes",
    sees_close="part",
    sees_rating="part",
    proved_against="separately written signer, Atlassian's document schema, others' clients at a fake",
)


class JiraDesk(CalledDesk[Config]):
    """A project at a Jira."""

    kind = "jira"
    grade = _GRADE
    setup = SETUP
    kept_headers: frozenset[str] = frozenset()
    replies = True
    can_find = True
    can_list = True
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def dialect(self) -> Dialect:
        """ADF at the Cloud's platform; the service desk and Data Center take wiki text."""
        return "adf" if self.config.cloud and not self.config.service_desk else "wiki"

    @property
    def notes(self) -> bool:
        """The platform alone knows no internal comments, but such as only one role may read."""
        return self.config.service_desk or bool(self.config.settings.note_role)

    @property
    def home(self) -> str:
        """The desk's own address."""
        return f"{self.config.base}/"

    @cached_property
    def _api(self) -> Api:
        return Api(self._calls, self.config)

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """`X-Hub-Signature: sha256=<hex>` over the body, or the secret in the path. Raises Refused."""
        config, in_path = self.config, self.config.settings.proof == "url-secret"
        if url_secret and not in_path:
            raise Refused("this desk takes no secret in the path")
        if not config.secrets:
            return Proof(None, id_is_signed=False)
        if in_path:
            return verify_url_secret(url_secret, headers, now, config.secrets, id_header=ID_HEADER)
        return verify_hmac(
            headers,
            raw,
            now,
            config.secrets,
            name=SIGNATURE_HEADER,
            prefix="sha256=",
            id_header=ID_HEADER,
        )

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery. Raises BadDelivery naming the path."""
        body = read_json(delivery.body, self._json_limits).value
        return events_of(self.config, body, delivery.received_at)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """All that an issue tells of itself: its opening, comments, changes and rating."""
        found = self._api.issue(ticket.ticket_id)
        issue = Issue(self.config, found, self._clock())
        if not issue.wanted:
            return []
        return list(self._all_of(issue, found, self._api.comments(issue.id), None))

    def _all_of(
        self, issue: Issue, found: Json, comments: Iterator[Json], since: datetime | None
    ) -> Iterator[Event]:
        yield issue.opened()
        for at, comment in enumerate(comments):
            yield issue.comment(comment, f"comments[{at}]")
        for history in reversed(members(found, "changelog", "histories")):
            created = as_time(member(history, "created"), "changelog.histories[].created", UTC)
            if since is None or created is None or created >= since:
                change = Change(
                    members(history, "items"),
                    as_line(member(history, "id")),
                    created,
                    member(history, "author"),
                )
                yield from issue.changes(change)
        yield from self._rated(issue)

    def _rated(self, issue: Issue) -> Iterator[Event]:
        """The customer's stars for a closed request, where they are asked for."""
        if not self.config.settings.ratings or not self.config.service_desk or not issue.done:
            return
        stars = self._api.rating(issue.id)
        if stars is not None:
            yield issue.make.rated(f"stars-{stars:g}", None, stars, STARS)

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by one of `bot_ids`; our reference in another's words does not count."""
        return event.author_id in self.bot_ids

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """What happened in issues that were changed since then.

        The query counts back in minutes, because a date in it would be one of the account's own time zone,
        and it is ordered by what never changes, so that no issue slips between two pages.
        """
        yield from readable(self._api.search(self._jql(since)), partial(self._recent, since), "issues")

    def _recent(self, since: datetime, found: Json) -> Iterator[Event]:
        issue = Issue(self.config, found, self._clock(), "issues[]")
        if issue.wanted:
            yield from self._all_of(issue, found, self._comments_of(issue), since)

    def _jql(self, since: datetime) -> str:
        minutes = max(math.ceil((self._clock() - since).total_seconds() / 60), 0) + 1
        projects = ", ".join(f'"{key}"' for key in self.config.settings.projects)
        within_projects = f"project in ({projects}) AND " if projects else ""
        return f'{within_projects}updated >= "-{minutes}m" ORDER BY created ASC'

    def _comments_of(self, issue: Issue) -> Iterator[Json]:
        """The comments that came with the issue; asked for where not all came or they tell too little."""
        came = members(issue.fields, "comment", "comments")
        total = as_number(within(issue.fields, "comment", "total"))
        silent = self.config.service_desk and any(told_public(comment) is None for comment in came)
        if total is None or total > len(came) or silent:
            return self._api.comments(issue.id)
        return iter(came)

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """Headers and path by the proof the settings ask for. Raises SettingsError."""
        if not self.config.secrets:
            return SignedTest({})
        secret = lasting(self.desk_id, self.config.secrets, now)
        if self.config.settings.proof == "url-secret":
            return SignedTest({}, url_secret=secret.decode("ascii"))
        return SignedTest({SIGNATURE_HEADER: "sha256=" + body_signature(secret, body).decode("ascii")})

    def probe(self) -> Iterator[Finding]:
        """Who we are, whether we may read and comment; nothing is written."""
        where = f"desks.{self.desk_id}"
        first = probed("credentials", self._probe_myself, f"look at user, token and bot_ids of {where}")
        yield first
        if not first.ok:
            return
        yield probed("reads tickets", self._probe_read, "give the account the permission Browse projects")
        yield probed("writes", self._probe_write, "give the account the permission Add comments")
        if self.config.service_desk:
            mend = f"make the account an agent of the project, or set {where}.service_desk = false"
            yield probed("writes notes", self._probe_notes, mend)
        else:
            told = f"notes are for the role {self.config.settings.note_role!r}" if self.notes else "no notes"
            yield Finding("writes notes", None, f"without service_desk: {told}")

    def _probe_myself(self) -> str:
        who = person(self._api.myself(), self.bot_ids)
        if who not in self.bot_ids:
            raise DeskError(f"the token is of the account {who!r}, which is not in bot_ids")
        return f"the token is of the account {who}"

    def _probe_read(self) -> str:
        next(iter(self._api.search(self._jql(self._clock()))), None)
        return "the search answers"

    def _probe_write(self) -> str:
        if not self._api.may_comment():
            raise DeskError("the account may not add comments")
        return "the account may add comments"

    def _probe_notes(self) -> str:
        if not self._api.desks():
            raise DeskError("the account sees no service desk")
        return "the account sees the service desk; only a first note can prove that it is taken as internal"

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One comment. Raises DeskError with its outcome."""
        return Posted(self._api.write(reply, key) or key)

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our comment with this key, by our own account; None when there is none. Raises DeskError."""
        desk = self.config.service_desk
        found = self._api.request_comments if desk else self._api.comments
        for comment in found(ticket.ticket_id):
            ours = person(member(comment, "author"), self.bot_ids) in self.bot_ids
            if ours and key in marks(comment):
                return Posted(as_line(member(comment, "id")) or key, found=True)
        return None
