"""Why a rule fired or did not: conditions, terms with their hits, frames that were tried, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from hercules.model import Limits, LogFile, NotScanned, Ticket
from hercules.rules.conditions import Asker, Truth
from hercules.rules.confirm import Matcher
from hercules.rules.evidence import Redact, decoded
from hercules.rules.factors import factors
from hercules.rules.nouns import Node, Rule
from hercules.rules.scope import Scope
from hercules.rules.trace import Seen, Tracer, Trail, places
from hercules.rules.windows import Attempt, Frame, Key, attempts
from hercules.text import clean, cut

SHOWN_MAX = 10
_TEXT_CHARS = 200
_KEPT_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class TermHit:
    """An event in which a term was found; line from 1, text redacted."""

    file: str
    line: int
    time: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class TermReport:
    """One term: what it asks, whether a required literal puts it on the fast path, and where it was found.

    `hits` are the first ones, `count` all of them.
    """

    name: str
    kind: str
    text: str
    needed: int
    literals: tuple[str, ...]
    count: int
    hits: tuple[TermHit, ...]

    @property
    def fast(self) -> bool:
        """True when a literal finds the events to ask."""
        return bool(self.literals)


@dataclass(frozen=True, slots=True)
class FrameReport:
    """One frame that was tried: file and line of its events, and what became of it."""

    places: tuple[tuple[str, int], ...]
    outcome: str
    good: bool


@dataclass(slots=True)
class Explanation:
    """All that was found out about one rule on some files. `verdict` is a sentence."""

    rule_id: str
    fires: bool = False
    verdict: str = ""
    conditions: list[tuple[str, Truth]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    terms: list[TermReport] = field(default_factory=list)
    frames: list[FrameReport] = field(default_factory=list)
    frames_all: int = 0


def explain(
    rule: Rule,
    files: Iterable[LogFile | NotScanned],
    limits: Limits,
    redact: Redact,
    ticket: Ticket | None = None,
    *,
    scoped: bool = True,
) -> Explanation:
    """Ask every event of these files for every term, and say what stopped the rule.

    Files are read once, in order. `scoped` false: the rule's `files` do not count.
    """
    made = Explanation(rule.id)
    made.conditions = list(Asker(ticket).truths(rule))
    verdict = Asker(ticket).verdict(rule)
    scope = Scope(rule.files or rule.source_files, rule.exclude_files)
    tracer = Tracer(rule.node, limits, _KEPT_BYTES) if rule.node is not None else None
    for file in files:
        if isinstance(file, NotScanned):
            made.passed_over.append((file.name, f"not read: {file.detail or file.reason}"))
        elif tracer is None or (scoped and not scope.takes(file.name)):
            why = "the rule reads no logs" if tracer is None else "files or exclude_files leave it out"
            made.passed_over.append((file.name, why))
            for _ in file.chunks:
                continue  # the next file cannot be opened before this one is at its end
        else:
            made.read.append(file.name)
            tracer.read(file)
    if tracer is not None and rule.node is not None:
        _Node(rule.node, list(tracer.trails.values()), redact).into(made)
    made.fires = verdict.truth != "no" and (rule.node is None or any(frame.good for frame in made.frames))
    made.verdict = _verdict(rule, made, verdict.unknown)
    return made


@dataclass(frozen=True, slots=True)
class _Node:
    """The pattern part of a rule with what was found of it."""

    node: Node
    trails: Sequence[Trail]
    redact: Redact

    def into(self, made: Explanation) -> None:
        """Fill in terms and frames."""
        made.terms = [self._term(number) for number in range(len(self.node.terms))]
        good: list[FrameReport] = []
        bad: list[FrameReport] = []
        for trail in self.trails:
            seen = trail.seen()
            for attempt in attempts(self.node, trail.hits()):
                made.frames_all += 1
                kept = good if attempt.good else bad
                if len(kept) < SHOWN_MAX:
                    kept.append(self._frame(attempt, trail, seen))
        made.frames = good + bad

    def _term(self, number: int) -> TermReport:
        term = self.node.terms[number]
        positives = len(self.node.positives)
        name = f"term {number + 1}" if number < positives else f"negation {number - positives + 1}"
        found = [seen for trail in self.trails for seen in trail.by_term[number]]
        literals = tuple(literal.text.decode("utf-8", "replace") for literal in factors(term) or ())
        shown = tuple(self._hit(seen, Matcher(term)) for seen in islice(found, SHOWN_MAX))
        return TermReport(name, term.kind, term.text, term.count, literals, len(found), shown)

    def _hit(self, seen: Seen, matcher: Matcher) -> TermHit:
        """The event's line with the match, as far as it was kept."""
        found = matcher.find(seen.text)
        start = seen.text.rfind(b"\n", 0, found.start) + 1 if found else 0
        line = decoded(seen.text[start:].split(b"\n", 1)[0], "utf-8")
        number = seen.line + seen.text.count(b"\n", 0, start)
        return TermHit(seen.file, number, seen.at, cut(self.redact(clean(line)), _TEXT_CHARS))

    def _frame(self, attempt: Attempt, trail: Trail, seen: dict[Key, Seen]) -> FrameReport:
        where = places(attempt.frame, seen)
        if attempt.good:
            return FrameReport(where, "a match", True)
        if attempt.too_wide:
            width = _seconds(attempt.frame)
            told = (
                f"too wide: {width:g} s between first and last, the window is {self.node.window_s or 0:g} s"
            )
            return FrameReport(where, told, False)
        return FrameReport(where, self._blocked(attempt, trail, seen), False)

    def _blocked(self, attempt: Attempt, trail: Trail, seen: dict[Key, Seen]) -> str:
        number = attempt.negate or 0
        hits = trail.hits().by_term[len(self.node.positives) + number]
        anchor = attempt.frame[self.node.negates[number].anchor]
        nearest = min(hits, key=lambda key: (abs(key[0] - anchor[0]), abs(key[2] - anchor[2])), default=None)
        where = f" at {seen[nearest].file}:{seen[nearest].line}" if nearest is not None else ""
        return f"blocked by negation {number + 1}{where}"


def _seconds(frame: Frame) -> float:
    return (max(frame)[0] - min(frame)[0]) / 1_000_000


# --- the verdict ------------------------------------------------------------------------------------


def _verdict(rule: Rule, made: Explanation, unknown: Sequence[str]) -> str:
    if made.fires:
        sure = f", but {', '.join(unknown)} could not be checked" if unknown else ""
        if rule.node is None:
            return f"{rule.id} fires by the words and fields of the ticket{sure}."
        first = next(frame for frame in made.frames if frame.good)
        return f"{rule.id} fires at {_told(first)}{sure}."
    return f"{rule.id} is silent: {next(_whys(rule, made))}."


def _whys(rule: Rule, made: Explanation) -> Iterator[str]:
    """What stopped the rule, the plainest reason first."""
    stops: tuple[Truth, ...] = ("no", "unknown") if rule.node is None else ("no",)
    for key, truth in made.conditions:
        if truth in stops:
            yield f"condition {key} is {truth}"
    if rule.node is None:
        yield "none of its conditions was asked"
    if not made.read:
        yield "none of the files is one that it reads"
    for report in made.terms[: len(rule.node.positives) if rule.node else 0]:
        if report.count < report.needed:
            events = f"{report.count} events of {report.needed}"
            yield f"{report.name} was found in {events} ({cut(report.text, 80)})"
    for frame in made.frames:
        yield f"the events at {_told(frame)} are {frame.outcome}"
    yield "its terms were found, but not together in one file, or not in the order of the steps"


def _told(frame: FrameReport) -> str:
    return ", ".join(f"{file}:{line}" for file, line in frame.places[:4])


# --- in lines ---------------------------------------------------------------------------------------


def in_lines(made: Explanation, stamp: Callable[[datetime], str] = datetime.isoformat) -> Iterator[str]:
    """The explanation for a terminal, the verdict last."""
    for key, truth in made.conditions:
        yield f"condition {key}: {truth}"
    for name, why in made.passed_over:
        yield f"passed over {name}: {why}"
    for report in made.terms:
        path = (
            f"fast path by {' | '.join(map(repr, report.literals))}"
            if report.fast
            else "no literal: slow path"
        )
        times = f" x {report.needed}" if report.needed > 1 else ""
        yield f"{report.name}{times}: {report.kind} {report.text!r}: {path}; {report.count} events"
        for hit in report.hits:
            at = f" {stamp(hit.time)}" if hit.time else ""
            yield f"  {hit.file}:{hit.line}{at}: {hit.text}"
    for frame in made.frames:
        yield f"frame {_told(frame)}: {frame.outcome}"
    if made.frames_all > len(made.frames):
        yield f"{made.frames_all} frames were tried, {len(made.frames)} are shown"
    yield made.verdict


def plain(made: Explanation) -> dict[str, object]:
    """The explanation as JSON values."""
    return {
        "rule": made.rule_id,
        "fires": made.fires,
        "verdict": made.verdict,
        "conditions": [{"key": key, "truth": truth} for key, truth in made.conditions],
        "files": made.read,
        "passed_over": [{"file": name, "why": why} for name, why in made.passed_over],
        "terms": [_plain_term(report) for report in made.terms],
        "frames": [
            {
                "outcome": frame.outcome,
                "fires": frame.good,
                "events": [{"file": file, "line": line} for file, line in frame.places],
            }
            for frame in made.frames
        ],
        "frames_tried": made.frames_all,
    }


def _plain_term(report: TermReport) -> dict[str, object]:
    return {
        "name": report.name,
        "kind": report.kind,
        "text": report.text,
        "needed": report.needed,
        "literals": list(report.literals),
        "fast": report.fast,
        "count": report.count,
        "hits": [
            {
                "file": hit.file,
                "line": hit.line,
                "time": hit.time.isoformat() if hit.time else None,
                "text": hit.text,
            }
            for hit in report.hits
        ],
    }
