"""What a rule is once it has been read: frozen values that the scan and the lint work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from hercules.model import RuleStatus, Severity

Item = TypeVar("Item")

TermKind = Literal["value", "regex", "jq"]
NodeKind = Literal["set", "sequence"]
CaptureType = Literal["text", "class", "code", "version", "number"]
SampleKind = Literal["hit", "miss"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
STATUSES: tuple[RuleStatus, ...] = ("experimental", "test", "stable", "deprecated")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Capture:
    """A value to take out of a matched event. `pattern` '' means the term's own named group.

    `is_jq`: the pattern is a jq query, else it is RE2.
    """

    name: str
    pattern: str
    type: CaptureType = "text"
    is_jq: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """What to look for in one event: a literal (`value`), an RE2 pattern or a jq query.

    It has to be in `count` distinct events. With `field`, the path `a.b` of a value, an event that is a JSON
    object is asked in that value only.
    """

    kind: TermKind
    text: str
    place: Place
    count: int = 1
    captures: tuple[Capture, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class Negate:
    """A term that must not be there; window and slide in seconds, from frame event number `anchor` on."""

    term: Term
    anchor: int = 0
    window_s: float | None = None
    slide_s: float = 0.0
    absolute: bool = False

    @property
    def has_options(self) -> bool:
        """True when it says by itself where it looks."""
        return self.window_s is not None or self.slide_s != 0.0 or self.absolute


@dataclass(frozen=True, slots=True)
class Node:
    """What must come together in one file: all of a set, or a sequence in order, within `window_s` seconds.

    `window_s` None with two or more positives means anywhere in the file.
    """

    kind: NodeKind
    positives: tuple[Term, ...]
    place: Place
    negates: tuple[Negate, ...] = ()
    window_s: float | None = None
    source: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Positives, then negates: the index of a term counts through both."""
        return self.positives + tuple(negate.term for negate in self.negates)

    @property
    def expanded(self) -> int:
        """How many events a frame has."""
        return sum(term.count for term in self.positives)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words or a pattern to find in a ticket's text."""

    kind: Literal["phrase", "regex"]
    text: str
    captures: tuple[Capture, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice(Generic[Item]):
    """One of `any`, all of `all` and none of `none`; an empty part says nothing."""

    any: tuple[Item, ...] = ()
    all: tuple[Item, ...] = ()
    none: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """Conditions on the ticket; what is empty or None is no condition."""

    product: tuple[str, ...] = ()
    desk: tuple[str, ...] = ()
    request_type: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    version: str = ""
    tags: Choice[str] | None = None
    subject: Choice[Phrase] | None = None
    description: Choice[Phrase] | None = None
    text: Choice[Phrase] | None = None

    @property
    def asks(self) -> bool:
        """True when a rule can stand on these conditions alone."""
        return bool(self.request_type or self.tags or self.subject or self.description or self.text)


@dataclass(frozen=True, slots=True)
class Answer:
    """What helps: articles by key or URL, words to search for, one sentence with slots.

    `kb_places`: where each of the articles is named.
    """

    kb: tuple[str, ...] = ()
    search: str = ""
    message: str = ""
    kb_places: tuple[Place, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A sample written in the rule itself. `file` '' means that the name does not matter."""

    kind: SampleKind
    place: Place
    log: str | None = None
    ticket: Mapping[str, str | tuple[str, ...]] | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One known error or question: what to look for, when it applies, which articles may help.

    `file` and `line` tell where it was written; `digest` is the SHA-256 of all it says; `source_files` are
    the globs that its log source stands for.
    """

    id: str
    title: str
    place: Place
    status: RuleStatus = "experimental"
    severity: Severity = "medium"
    product: tuple[str, ...] = ()
    category: str = ""
    tags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exclude_files: tuple[str, ...] = ()
    source_files: tuple[str, ...] = ()
    when: When = When()
    fixed_in: tuple[str, ...] = ()
    node: Node | None = None
    answer: Answer = Answer()
    supersedes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    description: str = ""
    cause: str = ""
    impact: str = ""
    mitigation: str = ""
    falsepositives: str = ""
    references: tuple[str, ...] = ()
    author: str = ""
    review_by: str = ""
    digest: str = field(default="", compare=False)

    @property
    def file(self) -> str:
        """The file the rule stands in."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line where the rule begins, from 1."""
        return self.place.line

    @property
    def severity_rank(self) -> int:
        """4 for critical down to 0 for info."""
        return len(SEVERITIES) - 1 - SEVERITIES.index(self.severity)
