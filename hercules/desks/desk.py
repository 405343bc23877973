"""The contract every desk keeps: verify, read, fetch, post, look for a post."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from hercules.events import CommentAdded, Event
from hercules.model import (
    Attachment,
    Delivery,
    Dialect,
    Grade,
    Posted,
    Proof,
    Refused,
    Reply,
    SettingsError,
    TicketRef,
    Visibility,
)
from hercules.settings import SecretSettings

Headers = Sequence[tuple[bytes, bytes]]
"""The raw pairs of a request, names in lower case as ASGI gives them; a doubled header is two pairs."""


class Answer(Protocol):
    """What came back from a desk. Header names are lower case; `retry_after_s` is capped at one hour."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, lower-case names."""

    @property
    def body(self) -> bytes:
        """The body as sent, not decoded."""

    @property
    def retry_after_s(self) -> float | None:
        """How long the desk asks us to wait, None when it did not say."""


class Client(Protocol):
    """A guarded HTTP client, bound to the hosts of one desk."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline_s: float,
        answer_max_bytes: int,
    ) -> Answer:
        """One request; any status is an answer. Raises DeskError where there is none, with its outcome."""

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """The body of a GET in chunks. Raises DeskError: a permanent one when it is over `limit_bytes`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one desk may be reached, each host as `name` (the scheme's own port) or `name:port`.

    Credentials go to `hosts` only. `private_hosts` may have private or loopback addresses; `plain_hosts` may
    be spoken to without TLS.
    """

    hosts: frozenset[str] = frozenset()
    file_hosts: frozenset[str] = frozenset()
    private_hosts: frozenset[str] = frozenset()
    plain_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What a desk's own requests may cost."""

    deadline_s: float = 20.0
    attachment_deadline_s: float = 60.0
    answer_max_bytes: int = 10 << 20


class Desk(Protocol):
    """One configured support desk.

    `notes` and `replies`: whether it can take an internal note, a public reply. `can_find`: whether
    `find_marker` can tell if a post arrived. `kept_headers` are the header names `read` wants to see.
    """

    @property
    def kind(self) -> str:
        """The name of the adapter."""

    @property
    def desk_id(self) -> str:
        """This desk's name in the settings."""

    @property
    def dialect(self) -> Dialect:
        """How posts are written."""

    @property
    def grade(self) -> Grade:
        """What the adapter can do."""

    @property
    def hosts(self) -> frozenset[str]:
        """Exact hosts for API calls; credentials go here only."""

    @property
    def file_hosts(self) -> frozenset[str]:
        """Hosts attachments may come from, without credentials."""

    @property
    def notes(self) -> bool:
        """True when the desk takes internal notes."""

    @property
    def replies(self) -> bool:
        """True when the desk takes public replies."""

    @property
    def can_find(self) -> bool:
        """True when `find_marker` can be asked."""

    @property
    def bot_ids(self) -> frozenset[str]:
        """The ids of our own account at the desk."""

    @property
    def body_max_bytes(self) -> int:
        """The largest delivery this desk may send."""

    @property
    def kept_headers(self) -> frozenset[str]:
        """Lower-case names of the headers `read` needs; never one that carries a secret."""

    def verify(self, headers: Headers, raw: bytes, now: datetime, url_secret: str = "") -> Proof:
        """The proof of a delivery. Pure; raises Refused and nothing else."""

    def read(self, delivery: Delivery) -> list[Event]:
        """The events of a delivery, [] when there is nothing for us. Pure; raises BadDelivery."""

    def read_ticket(self, ticket: TicketRef) -> list[Event]:
        """The events of a ticket asked for at the desk, [] where deliveries tell all. Raises DeskError."""

    def own_comment(self, event: CommentAdded) -> bool:
        """True when the comment is our own and must not be answered."""

    def fetch(self, attachment: Attachment, limit: int) -> Iterator[bytes]:
        """The file in chunks, `limit` bytes at most.

        Raises DeskError; a permanent one after the last allowed byte when the file is larger.
        """

    def post(self, reply: Reply, key: str) -> Posted:
        """One write at the desk. Raises DeskError whose outcome is `no` or `unknown`."""

    def find_marker(self, ticket: TicketRef, key: str, visibility: Visibility | None = None) -> Posted | None:
        """Our post with this key, None when the desk says there is none. Raises DeskError."""

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """What happened since then, as far as the desk can be asked. Raises DeskError."""


# --- shared by the kinds --------------------------------------------------------------------------


def one_header(headers: Headers, name: str) -> bytes | None:
    """The value of a header, None when it is absent. Raises Refused when it occurs twice."""
    wanted = name.lower().encode("ascii", "replace")
    found = [value for key, value in headers if key.lower() == wanted]
    if len(found) > 1:
        raise Refused(f"the header {name} occurs twice")
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Secret:
    """A key in bytes as its scheme uses it, and until when it counts (None: for ever)."""

    value: bytes
    not_after: datetime | None = None

    def __repr__(self) -> str:
        return f"Secret(***, not_after={self.not_after!r})"


def plain_secrets(
    desk_id: str, settings: Sequence[SecretSettings], *, chars_min: int = 1
) -> tuple[Secret, ...]:
    """The desk's secrets as UTF-8 bytes. Raises SettingsError for an empty or a too short one."""
    return tuple(
        Secret(_long_enough(desk_id, at, each, chars_min), aware(each.not_after))
        for at, each in enumerate(settings)
    )


def _long_enough(desk_id: str, at: int, secret: SecretSettings, chars_min: int) -> bytes:
    value = secret.value.get_secret_value()
    if not value.strip():
        raise SettingsError(
            f"desks.{desk_id}.secrets[{at}].value is empty; write the secret or drop the entry"
        )
    if len(value) < chars_min:
        raise SettingsError(
            f"desks.{desk_id}.secrets[{at}].value has {len(value)} characters; "
            f"this proof needs {chars_min} or more"
        )
    return value.encode("utf-8")


def aware(time: datetime | None) -> datetime | None:
    """The time as aware UTC; one without a zone is read as UTC."""
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
