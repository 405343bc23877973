"""Joins confirmed hits to frames: a set or the steps of a sequence, within a window, nothing negated."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hercules.rules.nouns import Negate, Node, Term

_MICRO = 1_000_000

Key = tuple[int, int, int]
Frame = tuple[Key, ...]


@dataclass(slots=True)
class Hits:
    """The hits of one node in one file with its rotations.

    Each list belongs to a term (positives, then negates) and holds keys (microseconds, file's place among
    its rotations, byte offset in the file), sorted. `timed` false: the times say nothing. `until`: hits of a
    negation after this one were not looked for, so what is absent there is not known to be absent.
    """

    by_term: Sequence[Sequence[Key]]
    timed: bool
    until: Key | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A frame that was tried: a match, wider than the window, or blocked by negation number `negate`."""

    frame: Frame
    too_wide: bool = False
    negate: int | None = None

    @property
    def good(self) -> bool:
        """True when it is a frame of the node."""
        return not self.too_wide and self.negate is None


def cap(node: Node, hits_max: int) -> int:
    """How many events of each term of a node are taken in one file: at least two frames of them."""
    return max(hits_max, 2 * node.expanded)


def no_stamp(file: str) -> str:
    """Why times say nothing: the file has none."""
    return f"no time stamp was read in {file}"


def no_date(file: str) -> str:
    """Why times say nothing: rotations whose stamps have no date cannot be compared."""
    return f"the time stamps of {file} and its rotations tell no date"


def unmeasured(node: Node, found: Sequence[Frame], untold: str) -> str:
    """What could not be checked of frames that were found although the times say nothing, or ''.

    Where one of them is a single event, it is within every window. A negation counts without times too:
    then it keeps the rule silent wherever it stands.
    """
    if not untold or node.window_s is None or not found or any(len(set(frame)) == 1 for frame in found):
        return ""
    return f"the window of {node.window_s:g} s ({untold})"


def frames(node: Node, hits: Hits) -> list[Frame]:
    """The frames of a node, first one first; the events of a frame in the order of its steps or of time."""
    return [attempt.frame for attempt in attempts(node, hits) if attempt.good]


def attempts(node: Node, hits: Hits) -> Iterator[Attempt]:
    """Every frame that is tried, in order, and what became of it."""
    search = _Set(node, hits) if node.kind == "set" else _Sequence(node, hits)
    while (frame := search.frame()) is not None:
        if search.too_wide(frame):
            search.drop_earliest(frame)
            yield Attempt(frame, too_wide=True)
        elif (negate := search.blocked(frame)) is not None:
            search.remove((frame[node.negates[negate].anchor],))
            yield Attempt(frame, negate=negate)
        else:
            search.remove(frame)
            yield Attempt(frame)


def span(frame: Frame, negate: Negate) -> tuple[int, int]:
    """From when to when a negation counts for a frame, both included, in microseconds since 1970."""
    window = 0 if negate.window_s is None else _micro(negate.window_s)
    start = frame[negate.anchor][0] + _micro(negate.slide_s)
    return start, start + max(0, window + (0 if negate.absolute else _width(frame)))


def _width(frame: Frame) -> int:
    return max(frame)[0] - min(frame)[0]


def _time(key: Key) -> int:
    return key[0]


def _micro(seconds: float) -> int:
    return round(seconds * _MICRO)


@dataclass(slots=True)
class _Search:
    """The queues of a node's positives, each a sorted list read from its `heads` on."""

    node: Node
    hits: Hits
    queues: list[list[Key]] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def _fill(self, terms: Sequence[tuple[Sequence[int], int]]) -> None:
        for indexes, count in terms:
            keys = {key for index in indexes for key in self.hits.by_term[index]}
            self.queues.append(sorted(keys))
            self.heads.append(0)
            self.counts.append(count)

    def too_wide(self, frame: Frame) -> bool:
        """True when the frame's events lie further apart than the window, which includes its ends."""
        if self.node.window_s is None or not self.hits.timed:
            return False
        return _width(frame) > _micro(self.node.window_s)

    def blocked(self, frame: Frame) -> int | None:
        """The number of the first negation that holds, None when none does."""
        for number, negate in enumerate(self.node.negates):
            if self._is_there(frame, negate, self.hits.by_term[len(self.node.positives) + number]):
                return number
        return None

    def _is_there(self, frame: Frame, negate: Negate, keys: Sequence[Key]) -> bool:
        until = self.hits.until
        if not self.hits.timed:
            if negate.has_options:
                return bool(keys) or until is not None
            return bisect_left(keys, min(frame)) < bisect_right(keys, max(frame))
        start, end = span(frame, negate)
        if until is not None and end >= until[0]:
            return True
        return bisect_left(keys, start, key=_time) < bisect_right(keys, end, key=_time)

    def remove(self, events: Sequence[Key]) -> None:
        """Take events out of every queue."""
        for number, queue in enumerate(self.queues):
            for event in events:
                at = bisect_left(queue, event, self.heads[number])
                if at < len(queue) and queue[at] == event:
                    del queue[at]


class _Set(_Search):
    """All terms in any order; equal terms are one term with their counts added."""

    def __init__(self, node: Node, hits: Hits) -> None:
        super().__init__(node, hits)
        merged: dict[tuple[str, str, str], tuple[list[int], int]] = {}
        for index, term in enumerate(node.positives):
            indexes, count = merged.get(_same(term), ([], 0))
            merged[_same(term)] = ([*indexes, index], count + term.count)
        self._fill(list(merged.values()))

    def frame(self) -> Frame | None:
        """The first hits of each queue, by time; None when one has too few."""
        taken: list[Key] = []
        for queue, head, count in zip(self.queues, self.heads, self.counts, strict=True):
            if len(queue) - head < count:
                return None
            taken += queue[head : head + count]
        return tuple(sorted(taken))

    def drop_earliest(self, frame: Frame) -> None:
        """Give up the earliest event in the queue that begins with it."""
        first = frame[0]
        for number, queue in enumerate(self.queues):
            if queue[self.heads[number]] == first:
                self.heads[number] += 1
                return


class _Sequence(_Search):
    """The terms in order; an event is at most one step."""

    def __init__(self, node: Node, hits: Hits) -> None:
        super().__init__(node, hits)
        self._fill([([index], term.count) for index, term in enumerate(node.positives)])

    def frame(self) -> Frame | None:
        """The first hits of the first step, then for each step its first ones after the last taken."""
        taken: list[Key] = []
        for number, queue in enumerate(self.queues):
            at = bisect_right(queue, taken[-1]) if taken else self.heads[number]
            at = max(at, self.heads[number])
            step = queue[at : at + self.counts[number]]
            if len(step) < self.counts[number]:
                return None
            self.heads[number] = at if number else self.heads[0]
            taken += step
        return tuple(taken)

    def drop_earliest(self, frame: Frame) -> None:
        """Give up the first hit of the first step."""
        self.heads[0] += 1


def _same(term: Term) -> tuple[str, str, str]:
    return term.kind, term.text, term.field
