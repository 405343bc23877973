"""The nouns of Hercules and all of its error classes: frozen values without any input or output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

# --- errors ---------------------------------------------------------------------------------------


class HerculesError(Exception):
    """An error with a sentence a person can act on; every error of ours is one."""


class SettingsError(HerculesError):
    """A setting is missing or wrong; the message names it and says what to write instead."""


class Refused(HerculesError):
    """A delivery without a valid proof; the sender is told nothing but 401."""


class BadDelivery(HerculesError):
    """A verified delivery that cannot be read; the message names the field path."""


class Overloaded(HerculesError):
    """The store cannot take more now; the door answers 503 with Retry-After."""

    def __init__(self, message: str, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeskError(HerculesError):
    """A call to a desk failed. `outcome` is `no` when nothing can have happened there, else `unknown`."""

    def __init__(
        self,
        message: str,
        outcome: Literal["no", "unknown"] = "no",
        retry_after_s: float | None = None,
        *,
        permanent: bool = False,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.retry_after_s = retry_after_s
        self.permanent = permanent


class Unreadable(DeskError):
    """What was asked for is not there, or too much to be read: another try would end the same way."""


REFUSED = "the desk refused our credentials"


class CredentialsRefused(DeskError):
    """The desk answered 401 or 403, so nothing happened: our account, or its right to this one ticket."""


class Unreached(DeskError):
    """No connection, or no answer: what was sent, credentials and all, says nothing about it."""


class DeskPaused(DeskError):
    """The desk failed too often, or asked us to wait: nothing was sent, and this counts as no attempt."""


class NotFound(HerculesError):
    """What was asked for is not there."""


class NotYet(HerculesError):
    """Something else must be worked off first; it is tried again shortly."""


class Conflict(HerculesError):
    """The act was overtaken by another one; the message tells the first outcome."""


class IndexBroken(HerculesError):
    """The search index cannot be read; it is rebuilt from the articles."""


class StoreError(HerculesError):
    """The database cannot be opened or written; the message says what to do."""


class Locked(StoreError):
    """Another process of ours holds the data folder."""


# --- limits ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What one ticket may cost the log reader and the scan; each limit that is hit is named to the reader."""

    expanded_max_bytes: int = 1 << 30
    member_max_bytes: int = 256 << 20
    ratio_max: int = 200
    ratio_after_bytes: int = 10 << 20
    members_max: int = 10_000
    depth_max: int = 3
    nested_buffer_bytes: int = 64 << 20
    name_max_bytes: int = 1024
    wall_s: float = 60.0
    memory_bytes: int = 512 << 20
    chunk_bytes: int = 1 << 20
    line_max_bytes: int = 8192
    event_lines: int = 200
    event_bytes: int = 65_536
    hits_max: int = 1_000
    evidence_max: int = 10
    context_lines: int = 20
    errors_max: int = 200


# --- desks ----------------------------------------------------------------------------------------

Dialect = Literal["adf", "wiki", "html", "markdown", "plain"]
AuthorKind = Literal["customer", "human", "bot"]
Visibility = Literal["note", "reply"]
Policy = Literal["note", "hold", "shadow", "post"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One raw webhook as it came: headers with lower-case names, the body's very bytes, time of receipt."""

    desk_id: str
    delivery_id: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verified delivery says of itself. `delivery_id` None: the body's SHA-256 takes its place."""

    delivery_id: str | None
    id_is_signed: bool
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked. `id` is the desk's own; all fields may be empty."""

    id: str = ""
    email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a ticket: either `url` or inline `content` (decoded bytes)."""

    name: str
    url: str | None = None
    content: bytes | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A ticket's name: the desk and the desk's own id."""

    desk_id: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its desk tells it, text already plain. `opened_at` is aware UTC."""

    desk_id: str
    ticket_id: str
    subject: str
    description: str
    opened_at: datetime
    requester: Requester = Requester()
    tags: tuple[str, ...] = ()
    product: str = ""
    version: str = ""
    request_type: str = ""
    language: str = ""
    url: str = ""
    status: str = ""
    comments: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def ref(self) -> TicketRef:
        """The ticket's name."""
        return TicketRef(self.desk_id, self.ticket_id)


@dataclass(frozen=True, slots=True)
class Posted:
    """A note or reply that is at the desk; `found` when it was there already."""

    remote_id: str
    found: bool = False


Mark = Literal["yes", "part", "no"]


@dataclass(frozen=True, slots=True)
class Grade:
    """What an adapter can do, shown in the README's table."""

    verified: Mark
    fetches: Mark
    posts: Mark
    sees_close: Mark
    sees_rating: Mark
    proved_against: str


# --- log files ------------------------------------------------------------------------------------

NotScannedReason = Literal[
    "binary",
    "encrypted",
    "unknown-type",
    "size",
    "ratio",
    "members",
    "depth",
    "time",
    "memory",
    "crash",
    "link",
    "corrupt",
    "unreadable-encoding",
    "duplicate",
    "empty",
    "more",
    "not-fetched",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment to open: a stored plain file (`path`) or bytes in memory (`data`), one of the two."""

    name: str
    path: Path | None = None
    data: bytes | None = None


class Shape(Protocol):
    """How the lines of one file begin: which of them start an event, and when they were written."""

    @property
    def stamped(self) -> bool:
        """True when the file has a known time stamp."""

    def starts(self, line: bytes) -> bool:
        """True when this line begins a new event."""

    def time(self, line: bytes) -> datetime | None:
        """The line's time as aware UTC, None when it carries none."""


@dataclass(slots=True)
class LogFile:
    """A readable file: clean chunks (whole lines but for the last), read once, in order.

    Line numbers of the chunks are those of the original. `shape` was found in the first chunk.
    """

    name: str
    encoding: str
    chunks: Iterator[bytes]
    shape: Shape


@dataclass(frozen=True, slots=True)
class NotScanned:
    """A file, or the rest of one, that was not read, and why; `detail` is a sentence for a person."""

    name: str
    reason: NotScannedReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read: its name inside the bundle and how much of it."""

    name: str
    bytes: int
    lines: int
    encoding: str


# --- rules and matches ----------------------------------------------------------------------------

Severity = Literal["critical", "high", "medium", "low", "info"]
RuleStatus = Literal["experimental", "test", "stable", "deprecated"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding in a rule file or article: where (line and column from 1), what, and how to mend it."""

    file: str
    line: int
    column: int
    code: str
    message: str
    fix: str = ""
    rule: str = ""

    def __str__(self) -> str:
        stop = "" if self.message.endswith((".", "!", "?", "…")) else "."
        fix = f"{stop} Fix: {self.fix}" if self.fix else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}{fix}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The place that proves a match. All text is redacted.

    `line` counts from 1 (the event's first line); `spans` are character offsets (start, end) of the matched
    text within `text`; `before` and `after` are the neighbouring lines, oldest first.
    """

    file: str
    line: int
    time: datetime | None
    text: str
    spans: tuple[tuple[int, int], ...] = ()
    captures: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def matched_line(self) -> tuple[int, str]:
        """The line where the matched text begins, by number, and that line: an event may have many."""
        start = self.spans[0][0] if self.spans else 0
        above = self.text.count("\n", 0, start)
        return self.line + above, self.text.split("\n")[above]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule found, with its proof. `message` has its slots filled.

    `unverified` names what could not be checked: conditions by their key, a window without times in words.
    `rank` orders matches, greater first: (severity 0..4, positive terms, literal bytes).
    `folded_under` is the id of the matching rule that supersedes this one, if any. `first_at` and `last_at`
    are when it was first and last seen in the logs, over all of its `count`; None where stamps do not tell.
    """

    rule_id: str
    title: str
    severity: Severity
    status: RuleStatus
    count: int
    evidence: tuple[Evidence, ...]
    captures: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    kb: tuple[str, ...] = ()
    search: str = ""
    product: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    folded_under: str | None = None
    rank: tuple[int, int, int] = (0, 0, 0)
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An error event that no rule explained, masked so that equal errors compare equal, and redacted."""

    file: str
    line: int
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Scan:
    """What reading the files of one ticket gave; matches best first, folded ones last."""

    matches: tuple[Match, ...] = ()
    errors: tuple[ErrorEvent, ...] = ()
    files: tuple[FileRead, ...] = ()
    not_scanned: tuple[NotScanned, ...] = ()


# --- knowledge base -------------------------------------------------------------------------------

Audience = Literal["public", "internal"]


@dataclass(frozen=True, slots=True)
class Article:
    """A knowledge-base page as plain text. `desk_id` `*` means every desk; `digest` is over all other fields.

    `id` is `<source>:<key>`; `symptoms` and `exact` (code blocks) are cut out of `body` for weighting and
    are contained in it too. `markdown` is the page as written, for showing.
    """

    id: str
    title: str
    body: str
    desk_id: str = "*"
    source: str = "folder"
    headings: str = ""
    symptoms: str = ""
    exact: str = ""
    markdown: str = ""
    url: str = ""
    product: str = ""
    versions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = "en"
    audience: Audience = "public"
    status: str = "published"
    updated_at: datetime | None = None
    digest: str = ""

    @property
    def key(self) -> str:
        """The id without its source: what a rule's `answer.kb` names."""
        return self.id.partition(":")[2]


TermSource = Literal["subject", "prose", "quote", "code", "exception", "rule", "log"]
TermOrigin = Literal[TermSource, "near"]


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted word of a query, already analysed; `exact` asks the field of codes and class names.

    A negative weight means that no hit may hold it. `shown` is the word as it was written, for people.
    `source` tells how it is weighed, `origin` (None: the same) where it stands as `shown`: a word of the
    ticket that a matched rule says too weighs as the rule's and is still the ticket's. `near` are words that
    stand nowhere: synonyms and near spellings.
    """

    text: str
    weight: float
    source: TermSource
    exact: bool = False
    shown: str = ""
    origin: TermOrigin | None = None

    @property
    def stands(self) -> TermOrigin:
        """Where the word stands."""
        return self.origin or self.source


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must be. `desk_ids` holds the asking desk and `*`."""

    desk_ids: frozenset[str] = frozenset({"*"})
    product: str = ""
    language: str = ""
    tags_any: frozenset[str] = frozenset()
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class KbQuery:
    """What a ticket asks of the index. `dropped` tells which lines were left out, for explaining.

    `tokens` are the analysed words of subject and prose in their order, also those that no term asks for.
    `away` are runs of words that no hit may hold side by side.
    """

    terms: tuple[Term, ...]
    filters: Filters = Filters()
    raw: str = ""
    dropped: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    away: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found by search. `share` (0..1) is comparable between queries, `score` is the engine's own.

    `matched` holds (word as written, where it stands: a TermOrigin, field).
    """

    article_id: str
    title: str
    url: str
    score: float
    share: float
    matched: tuple[tuple[str, str, str], ...] = ()
    audience: Audience = "public"
    product: str = ""


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an index holds. `built_at` is an ISO time as stamped by the builder, '' for an empty index."""

    articles: int
    generation: int
    built_at: str
    engine: str
    schema: str
    size_bytes: int = 0


# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One ranked answer: an article, the rule or words that led to it, and the proof.

    `confidence` 0..1 orders answers and is compared with the desk's threshold; without `rule_id` it is
    search only. `count`, `first_at` and `last_at` are those of the rule's match.
    """

    title: str
    why: str
    confidence: float
    article_id: str = ""
    url: str = ""
    rule_id: str = ""
    rule_status: RuleStatus | Literal[""] = ""
    severity: Severity | Literal[""] = ""
    message: str = ""
    audience: Audience = "public"
    evidence: tuple[Evidence, ...] = ()
    count: int = 0
    unverified: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Ranked answers for one ticket, at most three, with what was read and what was not.

    `seen` holds matches of rules that only engineers see (experimental).
    """

    suggestion_id: str
    desk_id: str
    ticket_id: str
    items: tuple[Item, ...]
    seen: tuple[Item, ...] = ()
    files: tuple[FileRead, ...] = ()
    not_scanned: tuple[NotScanned, ...] = ()
    errors: tuple[ErrorEvent, ...] = ()
    rules_hash: str = ""
    version: int = 1


Verdict = Literal["POST", "NOTE", "HOLD", "SILENT"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy says of a suggestion, with its reason in words."""

    verdict: Verdict
    reason: str


ReviewVerdict = Literal["approve", "edit", "reject"]
RejectReason = Literal["wrong", "outdated", "duplicate", "not-needed", "other"]


@dataclass(frozen=True, slots=True)
class Review:
    """What an engineer says of a suggestion. `text` replaces the reply's text when the verdict is edit."""

    verdict: ReviewVerdict
    reviewer: str
    at: datetime
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """The reviews of one rule so far: what decides whether it may post by itself.

    With `is_open` it may: its gate opened, and has not closed since.
    """

    correct: int = 0
    wrong: int = 0
    recent_wrong: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The text to post, already in the desk's dialect, with its marker `key` in the footer."""

    ticket: TicketRef
    visibility: Visibility
    dialect: Dialect
    body: str
    key: str


# --- reports --------------------------------------------------------------------------------------

ColumnKind = Literal["count", "share", "points", "ratio", "duration", "score", "text"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One number with its interval and n, or the reason why there is none; text cells hold a string."""

    value: float | int | str | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and how its numbers are to be shown."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time `[start, end)` in aware UTC, with the label people use (`2026-10`)."""

    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Table:
    """A finished report: the only thing that page, command line, JSON and CSV see."""

    name: str
    title: str
    headline: str
    desk_ids: tuple[str, ...]
    period: Period
    as_of: datetime
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    version: int = 1
