"""Says in words what windows and negations of a frame covered, and what lay just outside of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from hercules.rules.feed import moment
from hercules.rules.nouns import Negate, Node
from hercules.rules.trace import Seen, Trail
from hercules.rules.windows import Attempt, Frame, Hits, Key, span, unmeasured

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of the frames of one node in one file and its rotations."""

    node: Node
    hits: Hits
    seen: Mapping[Key, Seen]
    untold: str

    @classmethod
    def of(cls, node: Node, trail: Trail) -> Teller:
        """The teller for what was traced."""
        return cls(node, trail.hits(), trail.seen(), trail.untold)

    def outcome(self, attempt: Attempt) -> str:
        """What became of a frame."""
        if attempt.negate is not None:
            return self._blocked(attempt.frame, attempt.negate)
        if attempt.too_wide:
            return f"too wide: {_width(attempt.frame)}, the window is {self.node.window_s or 0:g} s"
        return "a match"

    def unmeasured(self, tried: Sequence[Attempt]) -> str:
        """What could not be checked of the matches among these for want of times, or ''."""
        return unmeasured(self.node, [attempt.frame for attempt in tried if attempt.good], self.untold)

    def notes(self, attempt: Attempt) -> Iterator[str]:
        """What the windows covered, as far as it decided something."""
        if attempt.too_wide:
            return
        if self.unmeasured([attempt]):
            yield f"{self.untold}: the window of {self.node.window_s or 0:g} s was not applied"
        elif attempt.good and self.node.window_s is not None and not self.untold:
            yield f"{_width(attempt.frame)}, window {self.node.window_s:g} s"
        for number, negate in enumerate(self.node.negates):
            if attempt.negate in (None, number) and self._keys(number):
                yield f"negation {number + 1} {self._covered(attempt.frame, negate)}"
                if attempt.good:
                    yield from self._outside(attempt.frame, number, negate)

    def _keys(self, number: int) -> list[Key]:
        return list(self.hits.by_term[len(self.node.positives) + number])

    def _blocked(self, frame: Frame, number: int) -> str:
        negate = self.node.negates[number]
        anchor = frame[negate.anchor]
        nearest = min(
            (key for key in self._keys(number) if self._counts(frame, negate, key)),
            key=lambda key: (abs(key[0] - anchor[0]), abs(key[2] - anchor[2])),
            default=None,
        )
        where = (
            f" at {self._place(nearest)}" if nearest is not None else ", found more often than is looked at"
        )
        return f"blocked by negation {number + 1}{where}"

    def _counts(self, frame: Frame, negate: Negate, key: Key) -> bool:
        """True for an event that keeps a frame from counting, by where it stands."""
        if self.untold:
            return negate.has_options or min(frame) <= key <= max(frame)
        start, end = span(frame, negate)
        return start <= key[0] <= end

    def _covered(self, frame: Frame, negate: Negate) -> str:
        """Where the negation counted for this frame."""
        anchor = self._place(frame[negate.anchor])
        if self.untold and negate.has_options:
            return f"counted anywhere in the file, since {self.untold}"
        if self.untold:
            lines = f"from {self._place(min(frame))} to {self._place(max(frame))}"
            return f"counted {lines} by the order of lines, since {self.untold}"
        start, end = span(frame, negate)
        if start == end:
            return f"counted at {_time(start)} only, the very time of {anchor}"
        return f"counted from {_time(start)} to {_time(end)}, measured from {anchor}"

    def _outside(self, frame: Frame, number: int, negate: Negate) -> Iterator[str]:
        """The nearest event of a negation that did not count, and what would have made it count."""
        keys = self._keys(number)
        if self.untold:
            nearest = min(keys, key=lambda key: abs(key[2] - frame[negate.anchor][2]))
            yield f"{self._place(nearest)} holds negation {number + 1}, but not between these lines"
            return
        start, end = span(frame, negate)
        nearest = min(keys, key=lambda key: max(start - key[0], key[0] - end))
        late, early = nearest[0] - end, start - nearest[0]
        if late > 0:
            far, needed = f"{_seconds(late / _MICRO)} s after the end", (negate.window_s or 0) + late / _MICRO
            fix = f"window: {_duration(needed)} would make it count"
        else:
            far, needed = f"{_seconds(early / _MICRO)} s before the start", negate.slide_s - early / _MICRO
            fix = f"slide: {_duration(needed)} would make it count"
        yield f"{self._place(nearest)} holds negation {number + 1}, but {far} of that: {fix}"

    def _place(self, key: Key) -> str:
        return f"{self.seen[key].file}:{self.seen[key].line}"


def _width(frame: Frame) -> str:
    return f"{_seconds((max(frame)[0] - min(frame)[0]) / _MICRO)} s between first and last"


def _seconds(seconds: float) -> str:
    """To the microsecond, without zeros at the end."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".")


def _time(micros: int) -> str:
    try:
        return moment(micros).isoformat()
    except OverflowError:  # a long window, or a stamp of the year 9999
        return "the end of time" if micros > 0 else "the begin of time"


def _duration(seconds: float) -> str:
    """A duration as rules write it, away from zero to a full millisecond."""
    millis = ceil(round(abs(seconds) * 1000, 3))
    return f"{'-' if seconds < 0 else ''}{_seconds(millis / 1000)}s"
