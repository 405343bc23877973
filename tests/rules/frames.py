"""Made-up rules of sets and sequences with logs, and a reading of both as the language says it.

It shares no code with the engine: events are the lines that were written, terms are words in them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hercules.model import Limits
from hercules.rules.database import Engine, compile_rules
from tests.rules.kit import HEAD, load, log, run

ALL = replace(Limits(), evidence_max=100_000, hits_max=100_000)
Answer = tuple[int, tuple[int, ...]]
"""How many frames there are, and the lines shown: the first frame whole, of others the first event."""

_WORDS = ("alpha", "bravo", "carol")
_DENIED = ("nixie", "never")


@dataclass(frozen=True, slots=True)
class Event:
    """One line: its place in the order of time, its time in seconds and its number."""

    order: int
    second: int
    line: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Denial:
    """A negate term. `plain`: written without window, slide and absolute."""

    word: str
    anchor: int
    window: int | None
    slide: int
    absolute: bool

    @property
    def plain(self) -> bool:
        """True when it says nothing of times."""
        return self.window is None and not self.slide and not self.absolute


@dataclass(frozen=True, slots=True)
class Case:
    """A rule in parts, the lines it is for, and the size of the chunks they come in (0: whole)."""

    is_set: bool
    terms: tuple[tuple[str, int], ...]
    window: int | None
    denials: tuple[Denial, ...]
    stamped: bool
    lines: tuple[tuple[int, frozenset[str]], ...] = field(repr=False)
    chunk: int = 0

    @property
    def needed(self) -> int:
        """How many events a frame has."""
        return sum(count for _, count in self.terms)

    def rule(self) -> str:
        """The rule as it is written."""
        steps = ", ".join(f"{{value: {word}, count: {count}}}" for word, count in self.terms)
        window = "" if self.window is None and self.is_set and self.needed == 1 else self._window()
        denied = ", ".join(map(_denied, self.denials))
        kind, key = ("set", "match") if self.is_set else ("sequence", "order")
        return f"{HEAD}{kind}: {{{window}{key}: [{steps}], negate: [{denied}]}}\n"

    def _window(self) -> str:
        return "window: file, " if self.window is None else f"window: {self.window}s, "

    def text(self) -> str:
        """The log."""
        return "".join(f"{self._stamp(second)}{' '.join(sorted(words))}.\n" for second, words in self.lines)

    def _stamp(self, second: int) -> str:
        return f"2026-10-05 10:{second // 60:02}:{second % 60:02},000 INFO " if self.stamped else "INFO "


def _denied(one: Denial) -> str:
    parts = [f"value: {one.word}", f"anchor: {one.anchor}"]
    parts += [] if one.window is None else [f"window: {one.window}s"]
    parts += [f"slide: {one.slide}s"] if one.slide else []
    return f"{{{', '.join([*parts, 'absolute: true'] if one.absolute else parts)}}}"


def case(seed: int) -> Case:
    """The case with this number."""
    dice = random.Random(seed)
    is_set = dice.random() < 0.5
    size = dice.randrange(1, 4) if is_set else dice.randrange(2, 4)
    terms = tuple((dice.choice(_WORDS), dice.choice((1, 1, 2))) for _ in range(size))
    needed = sum(count for _, count in terms)
    window = None if needed == 1 else dice.choice((None, 0, 1, 2, 5, 12))
    denials = tuple(_denial(dice, word, needed) for word in _DENIED[: dice.randrange(3)])
    return Case(is_set, terms, window, denials, dice.random() < 0.8, _lines(dice), dice.choice((0, 0, 7, 64)))


def _denial(dice: random.Random, word: str, needed: int) -> Denial:
    window, slide = dice.choice((None, 0, 1, 3)), dice.choice((0, 0, -2, 1))
    return Denial(word, dice.randrange(needed), window, slide, dice.random() < 0.3)


def _lines(dice: random.Random) -> tuple[tuple[int, frozenset[str]], ...]:
    made, second = [], 30
    for _ in range(dice.randrange(1, 26)):
        second += dice.choice((0, 0, 1, 1, 2, 6, -1))
        words = {word for word in _WORDS if dice.random() < 0.35}
        made.append((second, frozenset(words | {word for word in _DENIED if dice.random() < 0.08})))
    return tuple(made)


def without_denials(made: Case) -> Case:
    """The same case without negate terms."""
    return replace(made, denials=())


# --- the reading ------------------------------------------------------------------------------------


def expected(made: Case) -> Answer:
    """The frames of a case, found step by step as the language says."""
    events = _events(made)
    queues = _queues(made, events)
    count, lines = 0, list[int]()
    while (frame := _frame(made, queues)) is not None:
        if made.stamped and made.window is not None and _width(frame) > made.window:
            earliest = min(event.order for event in frame)
            queue = next(queue for _, queue in queues if queue and queue[0].order == earliest)
            del queue[0]
            continue
        anchor = _blocked_at(made, events, frame)
        gone = frame if anchor is None else [anchor]
        if anchor is None:
            count += 1
            lines += dict.fromkeys(event.line for event in (frame if count == 1 else frame[:1]))
        for _, queue in queues:
            queue[:] = [event for event in queue if event not in gone]
    return count, tuple(lines)


def _events(made: Case) -> list[Event]:
    lines = enumerate(made.lines, 1)
    numbered = [(second if made.stamped else 0, line, words) for line, (second, words) in lines]
    ordered = sorted(numbered, key=lambda one: one[:2])
    return [Event(order, *one) for order, one in enumerate(ordered)]


def _queues(made: Case, events: list[Event]) -> list[tuple[int, list[Event]]]:
    """For each step how many events it takes and those that fit; equal terms of a set are one."""
    terms = made.terms
    if made.is_set:
        words = sorted({word for word, _ in terms})
        terms = tuple((word, sum(count for one, count in made.terms if one == word)) for word in words)
    return [(count, [event for event in events if word in event.words]) for word, count in terms]


def _frame(made: Case, queues: list[tuple[int, list[Event]]]) -> list[Event] | None:
    """The first frame that there is, by step in a sequence and by time in a set."""
    frame: list[Event] = []
    for count, queue in queues:
        after = frame[-1].order if frame and not made.is_set else -1
        taken = [event for event in queue if event.order > after][:count]
        if len(taken) < count:
            return None
        frame += taken
    return sorted(frame, key=lambda event: event.order) if made.is_set else frame


def _width(frame: list[Event]) -> int:
    return max(event.second for event in frame) - min(event.second for event in frame)


def _blocked_at(made: Case, events: list[Event], frame: list[Event]) -> Event | None:
    """The anchor of the first negate term that denies a frame, None when none does."""
    for one in made.denials:
        denying = [event for event in events if one.word in event.words]
        if any(_denies(made, one, event, frame) for event in denying):
            return frame[one.anchor]
    return None


def _denies(made: Case, one: Denial, event: Event, frame: list[Event]) -> bool:
    if not made.stamped:
        lines = [each.line for each in frame]
        return not one.plain or min(lines) <= event.line <= max(lines)
    begin = frame[one.anchor].second + one.slide
    long = max(0, (one.window or 0) + (0 if one.absolute else _width(frame)))
    return begin <= event.second <= begin + long


def found(made: Case, engine: Engine) -> Answer:
    """What the engine finds. Raises RuntimeError when the rule is refused."""
    rules, refusals = load(made.rule())
    if not rules:
        raise RuntimeError(f"{made.rule()}: {refusals[0]}")
    scanned = run(compile_rules(rules, refusals, engine), log(made.text(), chunk=made.chunk), limits=ALL)
    if not scanned.matches:
        return 0, ()
    [match] = scanned.matches
    return match.count, tuple(proof.line for proof in match.evidence)
