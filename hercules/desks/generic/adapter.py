"""The generic desk: deliveries by proof and map, one JSON request for each note or reply.

>>> read_json(b'{"type": "ticket.created", "ticket": {"id": 4711, "subject": "Cannot start"}}').value["type"]
'ticket.created'
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from hercules.calling import Answer
from hercules.desks.calls import (
    JSON_HEADERS,
    CalledDesk,
    Request,
    encode,
    endless,
    good,
    joined,
    json_of,
    member,
    next_page,
    readable,
    told_list,
)
from hercules.desks.desk import (
    Finding,
    Headers,
    SignedTest,
    probed,
    quotes_us,
)
from hercules.desks.generic.config import Config, Found, read_settings
from hercules.desks.generic.gate import verify
from hercules.desks.generic.setting_up import SETUP, sign_test
from hercules.desks.generic.template import RequestTemplate, with_query
from hercules.desks.jsonbody import Json, read_json
from hercules.desks.mapper import Reading
from hercules.desks.paths import as_line, as_text
from hercules.desks.proof import active, sign_standard
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

BODY_MAX_BYTES = 25 << 20
PAGES_MAX = 1_000
_GRADE = Grade(
    verified="yes",
    fetches="yes",
    posts="yes",
    sees_close="yes",
    sees_rating="yes",
    proved_against="independent signer, second desk",
)


class GenericDesk(CalledDesk[Config]):
    """A desk made of settings."""

    kind = "generic"
    grade = _GRADE
    setup = SETUP
    kept_headers: frozenset[str] = frozenset()
    body_most = BODY_MAX_BYTES
    settings_of = staticmethod(read_settings)

    @property
    def dialect(self) -> Dialect:
        """How posts are written, as set."""
        return self.config.settings.dialect

    @property
    def notes(self) -> bool:
        """True when there is a request for notes."""
        return self._can_post("note")

    @property
    def replies(self) -> bool:
        """True when there is a request for replies."""
        return self._can_post("reply")

    @property
    def can_find(self) -> bool:
        """True when there is a look-up request: set, or that of `reply_url` unless `lookup = false`."""
        settings = self.config.settings
        return self.config.lookup is not None or (settings.lookup is None and bool(settings.reply_url))

    def _can_post(self, visibility: Visibility) -> bool:
        return self._template(visibility) is not None or bool(self.config.settings.reply_url)

    def _template(self, visibility: Visibility) -> RequestTemplate | None:
        return self.config.note if visibility == "note" else self.config.reply

    @property
    def home(self) -> str:
        """The desk's own address."""
        return self.config.settings.base_url

    # --- in

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """The proof the settings ask for. Raises Refused."""
        return verify(self.config, headers, raw, now, url_secret)

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery by the desk's map. Raises BadDelivery naming the path."""
        body = read_json(delivery.body, self._json_limits).value
        return self._events(body, delivery.delivery_id, delivery.received_at)

    def _events(self, body: Json, delivery_id: str, received_at: datetime) -> list[Event]:
        reading = Reading(self.desk_id, delivery_id, received_at, self.config.zone, self.bot_ids)
        return self.config.fields.events(body, reading)

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """Nothing: deliveries tell all."""
        return []

    def own_comment(self, event: CommentAdded) -> bool:
        """Ours: written by one of `bot_ids`, or by a robot and with a reference of ours in it."""
        return event.author_id in self.bot_ids or quotes_us(event)

    @property
    def can_list(self) -> bool:
        """True when there is a `list_url`."""
        return bool(self.config.settings.list_url)

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """What `list_url` tells: a list of bodies like those of deliveries, or `{items, next}`.

        Raises DeskError; BadDelivery after the last one when some could not be read.
        """
        yield from readable(
            self._listed(since), lambda body: self._events(body, _digest(body), self._clock()), "items"
        )

    def _listed(self, since: datetime) -> Iterator[Json]:
        if not self.config.settings.list_url:
            return
        url = self._full(self.config.settings.list_url)
        page = with_query(url, {"since": since.astimezone(UTC).isoformat()})
        for _ in range(PAGES_MAX):
            value = self._calls.get(page, self.config.headers)
            items = value.get("items") if isinstance(value, dict) else value
            yield from told_list(items, "items")
            following = as_text(value.get("next")) if isinstance(value, dict) else ""
            if not following:
                return
            page = joined(page, following)
        raise endless("list_url", PAGES_MAX)

    # --- trying it out

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """Headers and path by the proof the settings ask for. Raises SettingsError."""
        return sign_test(self.config, body, now)

    def probe(self) -> Iterator[Finding]:
        """The list and the look-up are asked, as far as they are set; nothing is written."""
        mend = f"look at base_url, hosts and headers of desks.{self.desk_id}"
        if self.can_list:
            yield probed("reads tickets", self._probe_list, mend)
        yield (
            probed("finds its posts", self._probe_lookup, mend)
            if self.can_find
            else Finding("finds its posts", None, "no look-up: a post of unknown outcome waits for a person")
        )
        if not self.can_list:
            told = f"set desks.{self.desk_id}.list_url to find missed tickets"
            yield Finding("reads tickets", None, told)
        yield Finding("writes", None, self._told_writes())

    def _probe_list(self) -> str:
        next(iter(self._listed(self._clock())), None)
        return "list_url answers"

    def _probe_lookup(self) -> str:
        self.find_marker(TicketRef(self.desk_id, "hercules-check"), "H-CHECKAAA", "note")
        return "the look-up answers"

    def _told_writes(self) -> str:
        can = [kind for kind, set_up in (("notes", self.notes), ("replies", self.replies)) if set_up]
        if not can:
            return "no request for notes or replies is set, so suggestions wait on the review page"
        return f"{' and '.join(can)} are set up; only a first post can prove that they are taken"

    # --- addresses

    def _full(self, url: str) -> str:
        return joined(self.config.settings.base_url, url)

    # --- out

    def post(self, reply: Reply, key: str) -> Posted:
        """One request that writes the note or reply. Raises DeskError with its outcome."""
        request = self._post_request(reply, key)
        answer = good(self._calls.ask(self._signed(request, key)))
        template = self._template(reply.visibility)
        found = template.remote_id.first(json_of(answer)) if template else member(json_of(answer), "id")
        return Posted(as_line(found) or key)

    def _post_request(self, reply: Reply, key: str) -> Request:
        template = self._template(reply.visibility)
        if template is not None:
            values = {"ticket_id": reply.ticket.ticket_id, "body": reply.body, "key": key}
            return self._filled(template, values)
        url = self.config.settings.reply_url
        if not url:
            raise DeskError(f"desk {self.desk_id} has no request for a {reply.visibility}", permanent=True)
        body: Json = {
            "ticket_id": reply.ticket.ticket_id,
            "key": key,
            "visibility": reply.visibility,
            "format": reply.dialect,
            "body": reply.body,
        }
        return Request("POST", self._full(url), {**self.config.headers, **JSON_HEADERS}, encode(body))

    def _filled(self, template: RequestTemplate, values: Mapping[str, str]) -> Request:
        request = template.fill(values)
        return replace(request, headers={**self.config.headers, **request.headers})

    def _signed(self, request: Request, key: str) -> Request:
        """Our marker as `webhook-id`, so that a desk can drop a second one; signed where we have a key."""
        now = self._clock()
        try:
            keys = active(self.config.sign_keys, now) if self.config.sign_keys else []
        except Refused:
            raise DeskError(f"no secret of desk {self.desk_id} is active to sign with") from None
        ours = sign_standard(keys, key, now, request.body or b"") if keys else {"webhook-id": key}
        return replace(request, headers={**request.headers, **ours})

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our post with this key, None when there is none. Raises DeskError when it cannot be told."""
        if not self.can_find:
            raise DeskError(f"desk {self.desk_id} has no look-up request", "no", permanent=True)
        request: Request | None = self._lookup_request(ticket, key, visibility)
        for _ in range(PAGES_MAX):
            if request is None:
                return None
            answer = self._calls.ask(request)
            if answer.status == 404:
                return None
            found = self._looked_up(good(answer), key)
            if found is not None:
                return found
            request = self._further(request, answer)
        raise DeskError(f"the look-up of desk {self.desk_id} has more than {PAGES_MAX} pages", "unknown")

    def _looked_up(self, answer: Answer, key: str) -> Posted | None:
        body = json_of(answer)
        if body is None and answer.body.strip() not in (b"", b"null"):
            raise DeskError("the look-up was not answered in JSON, so it tells nothing")
        return self._found(body, key, bool(answer.body.strip()))

    def _further(self, request: Request, answer: Answer) -> Request | None:
        """The request for the next page where the comments are listed, None after the last one."""
        listed = self.config.lookup is not None and isinstance(self.config.lookup.found, Found)
        url = next_page(answer, request.url) if listed else None
        return replace(request, url=url) if url else None

    def _lookup_request(self, ticket: TicketRef, key: str, visibility: Visibility | None) -> Request:
        if self.config.lookup is not None:
            return self._filled(self.config.lookup.request, {"ticket_id": ticket.ticket_id, "key": key})
        values = {"ticket_id": ticket.ticket_id, "key": key}
        if visibility:
            values["visibility"] = visibility
        url = with_query(self._full(self.config.settings.reply_url), values)
        # Another id than that of the post: a desk that drops doubles must not take the post for one.
        return self._signed(Request("GET", url, self.config.headers), f"{key}-lookup")

    def _found(self, body: Json, key: str, spoken: bool) -> Posted | None:
        found = self.config.lookup.found if self.config.lookup else None
        if isinstance(found, Found):
            return self._in_list(found, body, key)
        if found is not None:
            values = [as_line(value) for _, value in found.found(body)]
            if not any(values) and not _tells_none(found.text, body):
                raise DeskError(
                    f"the look-up's answer has nothing at {found.text!r}, so it tells nothing", "unknown"
                )
            return next((Posted(value, found=True) for value in values if value), None)
        if spoken and body in ([], {}, None, False):
            return None
        return Posted(as_line(member(body, "id")) or key, found=True)

    def _in_list(self, found: Found, body: Json, key: str) -> Posted | None:
        """Our post among the comments; a list that is the whole answer goes by the path `items[]`."""
        listed: Json = {"items": body} if isinstance(body, list) else body
        items = found.path.found(listed)
        if not items and not any(_tells_none(found.path.text, each) for each in (body, listed)):
            raise DeskError(
                f"the look-up's answer has no list at {found.path.text!r}, so it tells nothing", "unknown"
            )
        for _, item in items:
            ours = as_line(found.author.first(item)) in self.bot_ids
            if ours and key in as_text(found.text.first(item)):
                return Posted(as_line(found.id.first(item)) or key, found=True)
        return None


def _tells_none(path: str, body: Json) -> bool:
    """True when the answer says that there is no post: empty as a whole, or empty on the way of the path.

    An answer with content that the path misses tells nothing: the path may be mistyped.
    """
    for alternative in path.split("|"):
        value: Json = body
        for name in ("", *alternative.split("(")[0].strip().split(".")):
            key = name.removesuffix("[]")
            if isinstance(value, list):
                value = value[0] if value else None
            if key:
                if not isinstance(value, dict) or key not in value:
                    break
                value = value[key]
            if value in ([], {}, None, False, ""):
                return True
    return False


def _digest(body: Json) -> str:
    """A name for a listed body that came without a delivery id."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
