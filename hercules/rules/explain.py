"""Why a rule fired or did not: conditions, terms with their hits, frames that were tried, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from hercules.logs.stamps import Stamped
from hercules.model import Limits, LogFile, NotScanned, Ticket
from hercules.rules.conditions import Asker, Part, Truth
from hercules.rules.confirm import Matcher
from hercules.rules.evidence import Redact, decoded
from hercules.rules.factors import factors
from hercules.rules.nearly import Nearly
from hercules.rules.nouns import Node, Rule
from hercules.rules.scope import Scope
from hercules.rules.spans import Teller
from hercules.rules.trace import Seen, Tracer, Trail, places
from hercules.rules.windows import attempts, no_stamp
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

    `hits` are the first ones, `count` all of them, `taken` as many as the scan takes. `near`: for a term that
    is nowhere, the event with most of its words and what is different there.
    """

    name: str
    kind: str
    text: str
    needed: int
    literals: tuple[str, ...]
    count: int
    hits: tuple[TermHit, ...]
    taken: int
    near: str = ""

    @property
    def fast(self) -> bool:
        """True when a literal finds the events to ask."""
        return bool(self.literals)


@dataclass(frozen=True, slots=True)
class PhraseReport:
    """One phrase of a condition on the ticket's text: `any`, `all` or `none` of it must be there.

    `words` is what was found, folded and redacted, and `file` and `line` tell where: '' when it is not there.
    """

    condition: str
    part: Part
    kind: str
    text: str
    file: str = ""
    line: int = 0
    words: str = ""

    @property
    def stops(self) -> bool:
        """True when this phrase alone makes the condition false."""
        return self.part == ("none" if self.file else "all")


@dataclass(frozen=True, slots=True)
class FrameReport:
    """One frame that was tried: file and line of its events, and what became of it.

    `notes` say what its windows covered, `unmeasured` what could not be checked for want of times.
    """

    places: tuple[tuple[str, int], ...]
    outcome: str
    good: bool
    notes: tuple[str, ...] = ()
    unmeasured: str = ""


@dataclass(slots=True)
class Explanation:
    """All that was found out about one rule on some files. `verdict` is a sentence.

    `times` tells for each file that was read by which kind of time stamp, shown by example; '' for none.
    """

    rule_id: str
    fires: bool = False
    verdict: str = ""
    conditions: list[tuple[str, Truth]] = field(default_factory=list)
    phrases: list[PhraseReport] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    times: list[tuple[str, str]] = field(default_factory=list)
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
    asker = Asker(ticket)
    made.conditions = list(asker.truths(rule))
    made.phrases = list(_phrases(asker, rule, redact))
    verdict = asker.verdict(rule)
    scope = Scope(rule.files or rule.source_files, rule.exclude_files)
    tracer = Tracer(rule.node, limits, _KEPT_BYTES) if rule.node is not None else None
    if tracer is not None:
        tracer.nearly = {number: Nearly.of(term) for number, term in enumerate(tracer.node.positives)}
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
            made.times.append((file.name, file.shape.example if isinstance(file.shape, Stamped) else ""))
            tracer.read(file)
    if tracer is not None and rule.node is not None:
        _Node(rule.node, list(tracer.trails.values()), redact, tracer.nearly).into(made)
    made.fires = verdict.truth != "no" and (rule.node is None or any(frame.good for frame in made.frames))
    made.verdict = _verdict(rule, made, verdict.unknown)
    return made


def _phrases(asker: Asker, rule: Rule, redact: Redact) -> Iterator[PhraseReport]:
    for key, part, phrase, said in asker.phrases(rule):
        made = PhraseReport(key, part, phrase.kind, phrase.text)
        if said is not None:
            words = cut(redact(clean(said.words)), _TEXT_CHARS)
            made = replace(made, file=f"ticket/{said.field}.txt", line=said.line, words=words)
        yield made


@dataclass(frozen=True, slots=True)
class _Node:
    """The pattern part of a rule with what was found of it."""

    node: Node
    trails: Sequence[Trail]
    redact: Redact
    nearly: Mapping[int, Nearly]

    def into(self, made: Explanation) -> None:
        """Fill in terms and frames."""
        made.terms = [self._term(number) for number in range(len(self.node.terms))]
        good: list[FrameReport] = []
        bad: list[FrameReport] = []
        for trail in self.trails:
            teller = Teller.of(self.node, trail)
            tried = list(attempts(self.node, teller.hits))
            doubt = teller.unmeasured(tried)
            for attempt in tried:
                made.frames_all += 1
                kept = good if attempt.good else bad
                if len(kept) < SHOWN_MAX:
                    kept.append(
                        FrameReport(
                            places(attempt.frame, teller.seen),
                            teller.outcome(attempt),
                            attempt.good,
                            tuple(teller.notes(attempt)),
                            doubt if attempt.good else "",
                        )
                    )
        good.sort(key=lambda frame: bool(frame.unmeasured))
        made.frames = good + bad

    def _term(self, number: int) -> TermReport:
        term = self.node.terms[number]
        positives = len(self.node.positives)
        name = f"term {number + 1}" if number < positives else f"negation {number - positives + 1}"
        found = [seen for trail in self.trails for seen in trail.by_term[number]]
        literals = tuple(literal.text.decode("utf-8", "replace") for literal in factors(term) or ())
        shown = tuple(self._hit(seen, Matcher(term)) for seen in islice(found, SHOWN_MAX))
        count = sum(trail.counts[number] for trail in self.trails)
        near = self._near(number) if not count else ""
        return TermReport(name, term.kind, term.text, term.count, literals, count, shown, len(found), near)

    def _near(self, number: int) -> str:
        nearly = self.nearly.get(number)
        told = nearly.told() if nearly is not None else ""
        return f"{nearly.file}:{nearly.line} {told}" if nearly is not None and told else ""

    def _hit(self, seen: Seen, matcher: Matcher) -> TermHit:
        """The event's line with the match, as far as it was kept."""
        found = matcher.find(seen.text)
        start = seen.text.rfind(b"\n", 0, found.start) + 1 if found else 0
        line = decoded(seen.text[start:].split(b"\n", 1)[0], "utf-8")
        number = seen.line + seen.text.count(b"\n", 0, start)
        return TermHit(seen.file, number, seen.at, cut(self.redact(clean(line)), _TEXT_CHARS))


# --- the verdict ------------------------------------------------------------------------------------


def _verdict(rule: Rule, made: Explanation, unknown: Sequence[str]) -> str:
    if made.fires:
        first = next((frame for frame in made.frames if frame.good), None)
        doubts = [*unknown, *([first.unmeasured] if first is not None and first.unmeasured else ())]
        sure = f", but {', '.join(doubts)} could not be checked" if doubts else ""
        if first is None:
            return f"{rule.id} fires by the words and fields of the ticket{sure}."
        return f"{rule.id} fires at {_told(first)}{sure}."
    return f"{rule.id} is silent: {next(_whys(rule, made))}."


def _whys(rule: Rule, made: Explanation) -> Iterator[str]:
    """What stopped the rule, the plainest reason first."""
    stops: tuple[Truth, ...] = ("no", "unknown") if rule.node is None else ("no",)
    for key, truth in made.conditions:
        if truth in stops:
            yield f"condition {key} is {truth}{_of_phrases(key, truth, made.phrases)}"
    if rule.node is None:
        yield "none of its conditions was asked"
    if not made.read:
        yield "none of the files is one that it reads"
    for report in made.terms[: len(rule.node.positives) if rule.node else 0]:
        if report.count < report.needed:
            events = f"{report.count} events of {report.needed}"
            near = f"; nearest {report.near}" if report.near else ""
            yield f"{report.name} was found in {events} ({cut(report.text, 80)}){near}"
    for frame in made.frames:
        yield f"the events at {_told(frame)} are {frame.outcome}"
    yield "its terms were found, but not together in one file, or not in the order of the steps"


def _of_phrases(key: str, truth: Truth, phrases: Sequence[PhraseReport]) -> str:
    """Which words of the ticket, or the lack of which, made a condition false; '' where none did."""
    own = [each for each in phrases if each.condition == key]
    if truth != "no" or not own:
        return ""
    stop = next((each for each in own if each.stops), None)
    if stop is None:
        return ": nothing of its any is in the ticket"
    if stop.part == "all":
        return f": {cut(_quoted(stop.text), 80)} is not in the ticket"
    return f": {stop.file}:{stop.line} has {_quoted(stop.words)}, which it rules out"


def _told(frame: FrameReport) -> str:
    return ", ".join(f"{file}:{line}" for file, line in frame.places[:4])


def _quoted(text: str) -> str:
    """A pattern as its author wrote it, on one line: a backslash stays one backslash."""
    return "'" + clean(text).replace("\n", "\\n") + "'"


# --- in lines ---------------------------------------------------------------------------------------


def in_lines(made: Explanation, stamp: Callable[[datetime], str] = datetime.isoformat) -> Iterator[str]:
    """The explanation for a terminal, the verdict last."""
    for key, truth in made.conditions:
        yield f"condition {key}: {truth}"
        for phrase in (each for each in made.phrases if each.condition == key):
            where = f"{phrase.file}:{phrase.line}: {phrase.words}" if phrase.file else "not there"
            yield f"  {phrase.part}: {phrase.kind} {_quoted(phrase.text)}: {where}"
    for name, why in made.passed_over:
        yield f"passed over {name}: {why}"
    for name, example in made.times:
        yield f"times of {name}: by `{example}`" if example else no_stamp(name)
    for report in made.terms:
        path = (
            f"fast path by {' | '.join(map(_quoted, report.literals))}"
            if report.fast
            else "no literal: slow path"
        )
        times = f" x {report.needed}" if report.needed > 1 else ""
        most = f", the first {report.taken} of them are taken" if report.taken < report.count else ""
        told = f"{report.name}{times}: {report.kind} {_quoted(report.text)}: {path}"
        yield f"{told}; {report.count} events{most}"
        for hit in report.hits:
            at = f" {stamp(hit.time)}" if hit.time else ""
            yield f"  {hit.file}:{hit.line}{at}: {hit.text}"
    for frame in made.frames:
        yield f"frame {_told(frame)}: {frame.outcome}"
        yield from (f"  {note}" for note in frame.notes)
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
        "phrases": [_plain_phrase(each) for each in made.phrases],
        "files": made.read,
        "times": [{"file": name, "stamp": example or None} for name, example in made.times],
        "passed_over": [{"file": name, "why": why} for name, why in made.passed_over],
        "terms": [_plain_term(report) for report in made.terms],
        "frames": [
            {
                "outcome": frame.outcome,
                "fires": frame.good,
                "notes": list(frame.notes),
                "unverified": frame.unmeasured,
                "events": [{"file": file, "line": line} for file, line in frame.places],
            }
            for frame in made.frames
        ],
        "frames_tried": made.frames_all,
    }


def _plain_phrase(report: PhraseReport) -> dict[str, object]:
    return {
        "condition": report.condition,
        "part": report.part,
        "kind": report.kind,
        "text": report.text,
        "file": report.file or None,
        "line": report.line or None,
        "words": report.words if report.file else None,
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
        "taken": report.taken,
        "near": report.near or None,
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
