"""Required literals: strings of which at least one is in every event that a term can match."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import log2
from typing import NoReturn

from hercules.rules.rarity import information as information
from hercules.rules.rarity import is_weak as is_weak
from hercules.rules.rarity import surprise

_SET_MAX = 32  # more alternatives than this find too much to be of use
_LENGTH_MAX = 64
_LENGTH_MIN = 3
_DEPTH_MAX = 60
_SMALL_CLASS = 4
_REPEAT_MAX = 8
_GROUPS_MAX = 3
_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_UNIT = frozenset({("", False)})
Alternatives = frozenset[tuple[str, bool]]


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """Bytes to find; with `caseless` they are in lower case and ASCII letters of either case are meant."""

    text: bytes
    caseless: bool = False


@dataclass(frozen=True, slots=True)
class _Info:
    """What a piece of a pattern can match: all of it (`exact`), or literals it cannot do without (`best`).

    `all` holds the best ones and further ones that it cannot do without either.
    """

    exact: Alternatives | None = None
    best: Alternatives | None = None
    all: tuple[Alternatives, ...] = ()

    @property
    def needed(self) -> Alternatives | None:
        """The literals of which one must be there."""
        return self.best if self.exact is None else self.exact


_ANY = _Info()
_EMPTY = _Info(exact=_UNIT)


class _TooHard(Exception):
    """The pattern is nested too deep to be worth it; it is then asked of every event."""


def of_value(text: str) -> tuple[Literal, ...] | None:
    """The required literal of a literal term: its best line, since a find must lie within one line."""
    lines = [line for line in text.replace("\r", "\n").split("\n") if line]
    if not lines:
        return None
    return (Literal(max(lines, key=surprise).encode("utf-8")),)


def of_regex(pattern: str) -> tuple[Literal, ...] | None:
    """The required literals of an RE2 pattern that compiles; None when it has none of 3 bytes or more."""
    return literals(in_regex(pattern))


def all_of_regex(pattern: str) -> tuple[tuple[Literal, ...], ...]:
    """Groups of literals: of each group one is in every event that the pattern matches; the rarest first."""
    info = _info(pattern)
    groups = (info.exact,) if info.exact is not None else info.all
    told = [found for group in sorted(groups, key=_worth, reverse=True) if (found := literals(group))]
    return tuple(dict.fromkeys(told))[:_GROUPS_MAX]


def in_regex(pattern: str) -> Alternatives | None:
    """The same as alternatives: (text, caseless)."""
    return found if useful(found := _info(pattern).needed) else None


def _info(pattern: str) -> _Info:
    try:
        return _Walker(pattern).whole()
    except (_TooHard, ValueError):
        return _ANY  # no literal is always right: the term is then asked of every event


def literals(found: Alternatives | None) -> tuple[Literal, ...] | None:
    """Alternatives as literals, None when they are too short to be of use."""
    if found is None or not useful(found):
        return None
    folded = ((text.lower() if caseless else text, caseless) for text, caseless in found)
    return tuple(sorted(Literal(text.encode("ascii"), caseless) for text, caseless in folded))


def useful(found: Alternatives | None) -> bool:
    """True when every alternative is long enough to tell anything."""
    return bool(found) and all(len(text) >= _LENGTH_MIN for text, _ in found or ())


def _worth(found: Alternatives) -> float:
    return min(surprise(text) for text, _ in found) - log2(len(found))


def better(one: Alternatives | None, other: Alternatives | None) -> Alternatives | None:
    """The rarer of two, either of which would do; None when neither is of use."""
    if one is None or not useful(one):
        return other if other is not None and useful(other) else None
    if other is None or not useful(other):
        return one
    return one if _worth(one) >= _worth(other) else other


def _joined(left: Alternatives, right: Alternatives) -> Alternatives | None:
    if len(left) * len(right) > _SET_MAX:
        return None
    joined = {_join(one, other) for one, other in product(left, right)}
    return frozenset(joined) if all(len(text) <= _LENGTH_MAX for text, _ in joined) else None


def _join(one: tuple[str, bool], other: tuple[str, bool]) -> tuple[str, bool]:
    text, caseless = one[0] + other[0], one[1] or other[1]
    return (text.lower() if caseless else text), caseless


def _concat(parts: list[_Info]) -> _Info:
    run, best, whole = _UNIT, None, True
    found: list[Alternatives] = []
    for part in parts:
        joined = None if part.exact is None else _joined(run, part.exact)
        if joined is not None:
            run = joined
            continue
        best, whole = better(better(best, run), part.best), False
        found += [run, *part.all]
        run = _UNIT if part.exact is None else part.exact
    if whole:
        return _Info(exact=run)
    return _Info(best=better(best, run), all=tuple(one for one in [*found, run] if useful(one)))


def _either(branches: list[_Info]) -> _Info:
    if len(branches) == 1:
        return branches[0]
    exact: set[tuple[str, bool]] = set()
    needed: set[tuple[str, bool]] = set()
    whole = True
    for branch in branches:
        whole = whole and branch.exact is not None
        exact |= branch.exact or frozenset()
        part = branch.needed
        if part is None or (branch.exact is None and not useful(part)):
            return _ANY
        needed |= part
    if whole and len(exact) <= _SET_MAX:
        return _Info(exact=frozenset(exact))
    return _of(frozenset(needed)) if len(needed) <= _SET_MAX else _ANY


def _of(needed: Alternatives | None) -> _Info:
    """A piece of which only literals it needs are known."""
    return _Info(best=needed, all=(needed,) if needed is not None and useful(needed) else ())


def _repeated(part: _Info, low: int, high: int | None) -> _Info:
    if high == 0:
        return _EMPTY
    if low == 0:
        maybe = part.exact is not None and high == 1 and len(part.exact) < _SET_MAX
        return _Info(exact=(part.exact or frozenset()) | _UNIT) if maybe else _ANY
    if low == high and low <= _REPEAT_MAX and part.exact is not None:
        return _concat([part] * low)
    return _Info(best=part.best, all=part.all) if part.exact is None else _of(part.exact)


@dataclass(slots=True)
class _Walker:
    """Reads the syntax of RE2 from left to right, as far as literals need it."""

    pattern: str
    at: int = 0
    depth: int = 0
    caseless: bool = False
    quoted: bool = False

    def whole(self) -> _Info:
        """What the whole pattern needs."""
        info = self._alternation()
        if self.at < len(self.pattern):
            self._give_up()
        return info

    def _give_up(self) -> NoReturn:
        raise _TooHard

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _takes(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _alternation(self) -> _Info:
        branches = [self._sequence()]
        while self._takes("|"):
            branches.append(self._sequence())
        return _either(branches)

    def _sequence(self) -> _Info:
        parts: list[_Info] = []
        while self.at < len(self.pattern) and (self.quoted or self._peek() not in "|)"):
            atom = self._atom()
            if atom is not None:
                parts.append(self._repeats(atom))
        return _concat(parts)

    def _repeats(self, part: _Info) -> _Info:
        if self.quoted and self._takes("\\E"):
            self.quoted = False
        while not self.quoted:
            bounds = self._bounds()
            if bounds is None:
                break
            self._takes("?")
            part = _repeated(part, *bounds)
        return part

    def _bounds(self) -> tuple[int, int | None] | None:
        sign = self._peek()
        if sign in _REPEATS:
            self.at += 1
            return _REPEATS[sign]
        if sign != "{":
            return None
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : max(end, self.at + 1)].partition(",")
        if not (low + high).isascii() or not low.isdecimal() or (high and not high.isdecimal()):
            return None  # RE2 takes a brace that is no repeat as itself
        self.at = end + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None

    def _atom(self) -> _Info | None:
        char = self._peek()
        self.at += 1
        if self.quoted:
            return self._quoted(char)
        if char == "(":
            return self._group()
        if char == "[":
            return self._bracket()
        if char == "\\":
            return self._escape()
        if char in "*+?" or (char == "{" and self._is_repeat()):
            self._give_up()  # it repeats what stands before flags or quotes: a(?i)*
        if char in "^$":
            return _EMPTY
        return _ANY if char == "." else self._char(char)

    def _is_repeat(self) -> bool:
        """True when the brace just read opens a repeat."""
        after = self.at
        self.at -= 1
        found = self._bounds() is not None
        self.at = after
        return found

    def _quoted(self, char: str) -> _Info | None:
        if char == "\\" and self._takes("E"):
            self.quoted = False
            return None
        return self._char(char)

    def _char(self, char: str) -> _Info:
        if not char.isascii() or char in "\n\r\0":
            return _ANY
        caseless = self.caseless and char.isalpha()
        return _Info(exact=frozenset({(char.lower() if caseless else char, caseless)}))

    def _group(self) -> _Info | None:
        before = self.caseless
        if self._takes("?") and not self._named() and self._flags():
            return None  # (?i) holds to the end of the group it stands in
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            self._give_up()
        info = self._alternation()
        if not self._takes(")"):
            self._give_up()
        self.depth -= 1
        self.caseless = before
        return info

    def _named(self) -> bool:
        if not (self._takes("P<") or self._takes("<")):
            return False
        self.at = self.pattern.index(">", self.at) + 1
        return True

    def _flags(self) -> bool:
        """Reads `i-s:` or `i)`; true when the group ends with it."""
        on = True
        while self.at < len(self.pattern):
            char = self._peek()
            self.at += 1
            if char in ":)":
                return char == ")"
            if char == "-":
                on = False
            elif char == "i":
                self.caseless = on
        self._give_up()

    def _escape(self) -> _Info | None:
        char = self._peek()
        self.at += 1
        if char == "Q":
            self.quoted = True
            return None
        if char in "bBAz":
            return _EMPTY
        if char in "pP":
            self._property()
            return _ANY
        if char in "tx":
            return self._char("\t") if char == "t" else self._hex()
        if char.isdecimal():
            self._octal()
            return _ANY
        return _ANY if char.isalnum() else self._char(char)

    def _property(self) -> None:
        self.at = self.pattern.index("}", self.at) + 1 if self._peek() == "{" else self.at + 1

    def _octal(self) -> None:
        end = min(self.at + 2, len(self.pattern))
        while self.at < end and self._peek() in "01234567":
            self.at += 1

    def _hex(self) -> _Info:
        if self._takes("{"):
            end = self.pattern.index("}", self.at)
            digits, self.at = self.pattern[self.at : end], end + 1
        else:
            digits, self.at = self.pattern[self.at : self.at + 2], self.at + 2
        code = int(digits, 16)
        return self._char(chr(code)) if code < 0x80 else _ANY

    def _bracket(self) -> _Info:
        """A class: its members when they are few and plain, else any character."""
        members: set[str] = set()
        plain = not self._takes("^")
        first = True
        while first or self._peek() != "]":
            first = False
            if self.at >= len(self.pattern):
                self._give_up()
            plain = self._member(members) and plain
        self.at += 1
        if not plain or len(members) > _SMALL_CLASS:
            return _ANY
        found = [self._char(member).exact for member in sorted(members)]
        if any(one is None for one in found):
            return _ANY
        return _Info(exact=frozenset(pair for one in found if one is not None for pair in one))

    def _member(self, members: set[str]) -> bool:
        """Reads one member or range; false when it stands for more than plain characters."""
        if self.pattern.startswith("[:", self.at) and ":]" in self.pattern[self.at :]:
            self.at = self.pattern.index(":]", self.at) + 2
            return False
        low = self._one()
        if not (self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", "")):
            members.add(low or "")
            return low is not None
        self.at += 1
        high = self._one()
        if low is None or high is None or not 0 <= ord(high) - ord(low) < _SMALL_CLASS:
            return False
        members.update(map(chr, range(ord(low), ord(high) + 1)))
        return True

    def _one(self) -> str | None:
        char = self._peek()
        self.at += 1
        if char != "\\":
            return char if char.isascii() else None
        before = self.caseless
        self.caseless = False
        info = self._escape()
        self.caseless = before
        exact = info.exact if info is not None else None
        return next(iter(exact))[0] if exact else None
