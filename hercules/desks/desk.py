"""The contract every desk keeps: verify, read, fetch, post, look for a post."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from hercules.calling import Client, Reach
from hercules.desks.jsonbody import JsonLimits
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
    SettingsError,
    TicketRef,
    Unreached,
    Visibility,
)
from hercules.settings import DeskSettings, SecretSettings

Headers = Sequence[tuple[bytes, bytes]]
"""The raw pairs of a request, names in lower case as ASGI gives them; a doubled header is two pairs."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What a desk's own requests may cost."""

    deadline_s: float = 20.0
    attachment_deadline_s: float = 60.0
    answer_max_bytes: int = 10 << 20


SecretForm = Literal["standard", "text", "path", "basic", "given"]
"""What proves a kind's deliveries.

`standard` (`whsec_` and base64) and `text` (64 letters and digits) are made by us and typed in at the desk;
`path` is made by us and stands in the hook URL; `basic` is `hercules:` and a password made by us; `given` is
made by the desk and asked for.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing `hercules desk add` asks (each is an option `--set KEY=VALUE` too).

    `key` is where the answer stands below `[desks.NAME]`, dotted for a table in it (`headers.authorization`).
    An answer to a `secret` question is typed unseen. With `many` it is a list, written with commas. Without
    `default` an answer is needed unless `optional`; an empty answer writes nothing.
    """

    key: str
    ask: str
    default: str = ""
    choices: tuple[str, ...] = ()
    secret: bool = False
    many: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """What `hercules desk add` needs to know of a kind: the questions and what to do at the desk.

    `steps` are sentences for the desk's admin, printed in their order and numbered, with the slots
    `{hook_url}` (with the secret where it is of form `path`), `{secret}`, `{name}`, `{base_url}` and one for
    each answer of a question whose key has no dot. For a kind that knows several proofs `secret_forms` gives
    the form by the answer to `proof`, and `by_proof` a sentence that stands where a step is `{by_proof}`.
    `fixed` are settings written as they are, dotted keys too.
    """

    title: str
    questions: tuple[Question, ...]
    steps: tuple[str, ...]
    secret: SecretForm = "text"
    secret_forms: Mapping[str, SecretForm] = field(default_factory=dict)
    by_proof: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str | bool | int | tuple[str, ...]] = field(default_factory=dict)
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `hercules desk check`: what was looked at, how it stands, and when not well how to mend it.

    `ok` None: it cannot be proven without posting, `detail` says what to look at instead.
    """

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class SignedTest:
    """How a test delivery is sent: headers, and what stands in the path after the desk's name."""

    headers: Mapping[str, str] = field(repr=False)
    url_secret: str = field(default="", repr=False)
    tail: str = ""


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

    @property
    def can_list(self) -> bool:
        """True when `list_recent` can be asked."""

    def list_recent(self, since: datetime) -> Iterator[Event]:
        """What happened since then, as far as the desk can be asked, with the keys of `read`.

        A ticket that was opened before but changed since is told by its opening too (a known one is dropped
        by its key), and by a `TicketClosed` or `TicketReopened` where the desk shows its state. Asked lazily,
        page by page: the reader may stop or wait between two events. Raises DeskError where the desk cannot
        be asked; an item that cannot be read is passed over, and a BadDelivery that names the first one and
        how many there were is raised after the last.
        """

    @property
    def setup(self) -> Setup:
        """What `hercules desk add` asks and prints for this kind (a class attribute)."""

    def probe(self) -> Iterator[Finding]:
        """What `hercules desk check` can prove without changing anything at the desk; raises nothing.

        At least: the credentials are taken; tickets may be read; notes may be written, where the desk tells
        it (else `ok` None). A failed step says how to mend it and ends the probe when nothing after it can
        be told; `probed` makes a Finding of one step. The clock is compared by the caller, by the `Date`
        header of the answers.
        """

    def test_delivery(self, body: bytes, now: datetime) -> SignedTest:
        """Headers and path by which `verify` takes this body, by the `lasting` secret.

        Where an event is named by a header, one that `read` passes over. The body is ours (`is_check`) and
        never reaches `read`. Raises SettingsError when no secret is active.
        """


class DeskKind(Protocol):
    """What the table of kinds holds: the class of a desk."""

    @property
    def grade(self) -> Grade:
        """What the adapter can do."""

    @property
    def setup(self) -> Setup:
        """What `hercules desk add` asks and prints."""

    @staticmethod
    def reach(desk_id: str, common: DeskSettings) -> Reach:
        """The hosts such a desk needs, for making its client. Raises SettingsError."""

    def __call__(
        self,
        desk_id: str,
        common: DeskSettings,
        client: Client,
        *,
        limits: CallLimits,
        json_limits: JsonLimits,
        clock: Callable[[], datetime],
    ) -> Desk:
        """The desk of these settings. Raises SettingsError naming desk and key."""


# --- shared by the kinds --------------------------------------------------------------------------

_REFERENCE = re.compile(r"\bH-[A-Z2-7]{8}\b")
_CHECK_START = b'{"hercules_check":'


def now_utc() -> datetime:
    """The time on the wall, for what nobody else dates."""
    return datetime.now(UTC)


def quotes_us(event: CommentAdded) -> bool:
    """True for a robot's comment with a reference of ours in it: our own words, sent on by the desk."""
    return event.author_kind == "bot" and _REFERENCE.search(event.text) is not None


def check_body(nonce: str) -> bytes:
    """The body of a test delivery; `nonce` (letters and digits) makes each another one."""
    return _CHECK_START + b'"' + nonce.encode("ascii") + b'"}'


def is_check(body: bytes) -> bool:
    """True for the body of a test delivery: it went through the door, and that is all it is for."""
    return body.startswith(_CHECK_START)


def one_header(headers: Headers, name: str) -> bytes | None:
    """The value of a header, None when it is absent. Raises Refused when it occurs twice."""
    wanted = name.lower().encode("ascii", "replace")
    found = [value for key, value in headers if key.lower() == wanted]
    if len(found) > 1:
        raise Refused(f"the header {name} occurs twice")
    return found[0] if found else None


def probed(name: str, ask: Callable[[], str], mend: str) -> Finding:
    """A step of a probe: `ask` gives what was seen; if it raises DeskError or BadDelivery, `mend` is told.

    Nothing can be said of credentials and rights where nobody answered.
    """
    try:
        return Finding(name, True, ask())
    except Unreached as error:
        return Finding(name, False, f"{error}; look at base_url, and at the network between us and the desk")
    except (DeskError, BadDelivery) as error:
        return Finding(name, False, f"{error}; {mend}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key in bytes as its scheme uses it, and until when it counts (None: for ever)."""

    value: bytes
    not_after: datetime | None = None

    def __repr__(self) -> str:
        return f"Secret(***, not_after={self.not_after!r})"


def lasting(desk_id: str, secrets: Sequence[Secret], now: datetime) -> bytes:
    """The active secret that lasts longest. Raises SettingsError when none is active."""
    active = [secret for secret in secrets if secret.not_after is None or now < secret.not_after]
    if not active:
        raise SettingsError(f"desks.{desk_id}.secrets: none is active; run `hercules desk rotate {desk_id}`")
    return max(active, key=lambda secret: (secret.not_after is None, secret.not_after or now)).value


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
