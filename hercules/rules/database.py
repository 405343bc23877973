"""A compiled set of rules: one search for all required literals, and for each find the terms to ask."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal as Word
from typing import Protocol

import re2

from hercules.model import Refusal
from hercules.rules import checks
from hercules.rules.confirm import Matcher
from hercules.rules.errors import ERROR_WORDS
from hercules.rules.literals import Literal
from hercules.rules.nouns import Rule
from hercules.rules.patterns import byte_options
from hercules.rules.scope import Scope
from hercules.rules.wholes import may_be_whole

try:
    import hyperscan
except ImportError:  # no wheel for this platform: the literals are then found by re2, with equal results
    _HAS_HYPERSCAN = False
else:
    _HAS_HYPERSCAN = True

Engine = Word["auto", "hyperscan", "re2"]
Find = tuple[int, int]  # (end offset, literal)
TermRef = tuple[int, int]  # (rule, term); the term counts through positives and negates

ERROR_REF: TermRef = (-1, 0)
ERRORS_ONLY: tuple[TermRef, ...] = (ERROR_REF,)
"""The refs of a literal that only errors without a rule are looked for by."""

FINDS_MAX = 200_000
_ENGINE_VERSION = "2"
_WHOLES_MAX = 64
_SET_MEMORY_BYTES = 1 << 30


class Finder(Protocol):
    """Finds literals in a buffer."""

    def find(self, buffer: bytes) -> list[Find] | None:
        """Every (end offset, literal), ends rising; None when there are more than FINDS_MAX."""

    def finds_any(self, buffer: bytes) -> bool:
        """True when there is one at all; this is much faster."""


class _Hyperscan:
    """All literals at once. Starts of matches are never asked for: they cost several times the search."""

    def __init__(
        self, literals: Sequence[Literal], wholes: Sequence[str] = (), wanted: Sequence[int] | None = None
    ) -> None:
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = [hyperscan.HS_FLAG_CASELESS if literal.caseless else 0 for literal in literals]
        flags += [hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE] * len(wholes)
        texts = [_escaped(literal.text) for literal in literals] + [one.encode() for one in wholes]
        ids = list(range(len(texts)) if wanted is None else wanted)
        self._database.compile(
            expressions=[texts[number] for number in ids],
            ids=ids,
            elements=len(ids),
            flags=[flags[number] for number in ids],
        )
        self._local = threading.local()

    def find(self, buffer: bytes) -> list[Find] | None:
        """Every (end offset, literal), ends rising; None when there are more than FINDS_MAX."""
        found: list[Find] = []

        def take(literal: int, start: int, end: int, flags: int, context: object) -> bool | None:
            found.append((end, literal))
            return True if len(found) > FINDS_MAX else None

        try:
            self._database.scan(buffer, match_event_handler=take, scratch=self._scratch())
        except hyperscan.ScanTerminated:
            return None
        found.sort()
        return found

    def finds_any(self, buffer: bytes) -> bool:
        """True when there is one at all; this is much faster."""
        try:
            self._database.scan(buffer, match_event_handler=_stop, scratch=self._scratch())
        except hyperscan.ScanTerminated:
            return True
        return False

    def _scratch(self) -> hyperscan.Scratch:
        """This thread's scratch space: one is never shared by threads."""
        scratch: hyperscan.Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        return scratch


class _Plain:
    """The same without hyperscan: a set tells which literals are there at all, then each is looked up."""

    def __init__(self, literals: Sequence[Literal]) -> None:
        self._literals = literals
        options = byte_options()
        options.max_mem = _SET_MEMORY_BYTES
        self._set = re2.Set.SearchSet(options)
        for literal in literals:
            self._set.Add((b"(?i)" if literal.caseless else b"") + _escaped(literal.text))
        self._set.Compile()

    def find(self, buffer: bytes) -> list[Find] | None:
        """Every (end offset, literal), ends rising; None when there are more than FINDS_MAX."""
        found: list[Find] = []
        lower = b""
        for number in self._set.Match(buffer) or ():
            literal = self._literals[number]
            lower = lower or (buffer.lower() if literal.caseless else b"")
            text, size = (lower if literal.caseless else buffer), len(literal.text)
            start = text.find(literal.text)
            while start >= 0:
                found.append((start + size, number))
                if len(found) > FINDS_MAX:
                    return None
                start = text.find(literal.text, start + 1)
        found.sort()
        return found

    def finds_any(self, buffer: bytes) -> bool:
        """True when there is one at all; this is much faster."""
        return self._set.Match(buffer) is not None


def _stop(*_: object) -> bool:
    """Takes the first find and ends the search."""
    return True


class Presence:
    """Tells whether a buffer can hold a match of a term at all, by all the literals that the term needs.

    It is asked where the literal is found so often that looking at each event would cost more.
    """

    def __init__(self, make: Callable[[Sequence[Literal]], Finder]) -> None:
        self._make = make
        self._finders: dict[tuple[Literal, ...], Finder] = {}
        self._of: dict[Matcher, tuple[Finder, ...]] = {}

    def missing(self, matcher: Matcher, buffer: bytes, seen: dict[Finder, bool]) -> int:
        """The number of a group of literals that has none in the buffer, -1 when each may have one.

        `seen` keeps what is known of the buffer.
        """
        finders = self._of.get(matcher)
        if finders is None:
            groups = () if matcher.has_field else matcher.groups
            finders = self._of[matcher] = tuple(map(self._finder, groups if len(groups) > 1 else ()))
        for number, finder in enumerate(finders):
            there = seen.get(finder)
            if there is None:
                there = seen[finder] = finder.finds_any(buffer)
            if not there:
                return number
        return -1

    def _finder(self, group: tuple[Literal, ...]) -> Finder:
        found = self._finders.get(group)
        if found is None:
            found = self._finders[group] = self._make(group)
        return found


def _escaped(text: bytes) -> bytes:
    """A literal as a pattern that every engine reads alike."""
    return b"".join(
        bytes((byte,)) if chr(byte).isalnum() and byte < 128 else b"\\x%02x" % byte for byte in text
    )


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules ready to scan with; shared by threads and never changed.

    `hash` is the SHA-256 (hex) of all rules; `refusals` is what was wrong with the files they came from.
    `scopes[scope_of[rule]]` tells the files of a rule, `refs[literal]` are the terms to ask at a find, `slow`
    the terms without a literal: they are asked of every event. Of these `wholes` are looked for as they are,
    which holds for text without `\\r` only: `patterns`, numbered behind the literals.
    """

    rules: tuple[Rule, ...]
    refusals: tuple[Refusal, ...]
    hash: str
    engine: str
    finder: Finder = field(repr=False)
    literals: tuple[Literal, ...] = field(repr=False)
    patterns: tuple[str, ...] = field(repr=False)
    refs: tuple[tuple[TermRef, ...], ...] = field(repr=False)
    slow: tuple[TermRef, ...] = field(repr=False)
    wholes: tuple[TermRef, ...] = field(repr=False)
    matchers: tuple[tuple[Matcher, ...], ...] = field(repr=False)
    scopes: tuple[Scope, ...] = field(repr=False)
    scope_of: tuple[int, ...] = field(repr=False)
    sizes: tuple[int, ...] = field(repr=False)
    presence: Presence = field(repr=False)

    @property
    def recompiles(self) -> bool:
        """True when a search for other literals is made within milliseconds."""
        return self.engine == "hyperscan"

    def finder_of(self, literals: Sequence[Literal], wanted: Sequence[int] | None = None) -> Finder:
        """A search for these literals and the whole patterns; `wanted` are the numbers of those to find."""
        return _Hyperscan(literals, self.patterns, wanted) if self.recompiles else _Plain(literals)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, without regard to case."""
        wanted = rule_id.lower()
        return next((rule for rule in self.rules if rule.id.lower() == wanted), None)


def compile_rules(
    rules: Iterable[Rule], refusals: Iterable[Refusal] = (), engine: Engine = "auto"
) -> Ruleset:
    """One database for these rules. `engine` is for tests; `auto` takes hyperscan where it is installed."""
    ordered = tuple(rules)
    table: dict[Literal, list[TermRef]] = {Literal(word): [ERROR_REF] for word in ERROR_WORDS}
    slow: list[TermRef] = []
    sizes = [_enter(number, rule, table, slow) for number, rule in enumerate(ordered)]
    literals, scopes = tuple(table), list(dict.fromkeys(map(_globs, ordered)))
    places = {globs: number for number, globs in enumerate(scopes)}
    fast = _HAS_HYPERSCAN if engine == "auto" else engine == "hyperscan"
    wholes = _wholes(ordered, slow) if fast else {}
    refs = [tuple(dict.fromkeys(refs)) for refs in table.values()] + [(ref,) for ref in wholes]
    return Ruleset(
        rules=ordered,
        refusals=tuple(refusals),
        hash=_hash(ordered),
        engine="hyperscan" if fast else "re2",
        finder=_Hyperscan(literals, tuple(wholes.values())) if fast else _Plain(literals),
        literals=literals,
        patterns=tuple(wholes.values()),
        refs=tuple(refs),
        slow=tuple(ref for ref in slow if ref not in wholes),
        wholes=tuple(wholes),
        matchers=tuple(tuple(map(Matcher, rule.node.terms)) if rule.node else () for rule in ordered),
        scopes=tuple(Scope(*globs) for globs in scopes),
        scope_of=tuple(places[_globs(rule)] for rule in ordered),
        sizes=tuple(sizes),
        presence=Presence(_Hyperscan if fast else _Plain),
    )


def _wholes(rules: Sequence[Rule], slow: Sequence[TermRef]) -> dict[TermRef, str]:
    """The patterns without a literal that the fast search can look for, some of them at most."""
    found: dict[TermRef, str] = {}
    for number, index in slow:
        node = rules[number].node
        term = node.terms[index] if node else None
        if term is None or term.kind != "regex" or term.field or not may_be_whole(term.text):
            continue
        if len(found) < _WHOLES_MAX and _compiles(term.text):
            found[number, index] = term.text
    return found


def _compiles(pattern: str) -> bool:
    """True when hyperscan takes the pattern; one that it does not take would spoil the whole set."""
    try:
        _Hyperscan((), (pattern,))
    except hyperscan.HyperscanError:
        return False
    return True


def _enter(number: int, rule: Rule, table: dict[Literal, list[TermRef]], slow: list[TermRef]) -> int:
    """Puts a rule's terms into the table; gives the bytes that its positives require."""
    size = 0
    for index, term in enumerate(rule.node.terms if rule.node else ()):
        found = checks.factors(term)
        if found is None:
            slow.append((number, index))
            continue
        for literal in found:
            table.setdefault(literal, []).append((number, index))
        if rule.node and index < len(rule.node.positives):
            size += min(len(literal.text) for literal in found)
    return size


def _globs(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The globs of a rule; its own win over those of its log source."""
    return rule.files or rule.source_files, rule.exclude_files


def _hash(rules: Sequence[Rule]) -> str:
    text = "\n".join([_ENGINE_VERSION, *sorted(rule.digest or repr(rule) for rule in rules)])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
