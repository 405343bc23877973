"""The subset of jq that rules may use: it always ends, and reads nothing but the event.

A query is `.`, `.a.b`, `."a b"`, `.["a"]`, `.[0]`, `.[]`, postfix `?`, `|`, `,`, parentheses, strings,
numbers, `true false null`, `== != < <= > >=`, `and or not`, `//`, and `select(f) has(k) contains(x)
startswith(s) endswith(s) test("re"; "flags") length keys type tostring ascii_downcase any(f) all(f)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import NoReturn

import re2

from hercules.model import HerculesError
from hercules.rules import jqnodes as nodes
from hercules.rules.jqnodes import Part
from hercules.rules.jqvalues import PLAIN, Budget, JqFailed, Json, OverBudget, truthy

OUTPUTS_MAX = 10_000
_STEPS = 2_000
_BYTES_A_STEP = 32
_DEPTH_MAX = 60
_NUMBER = re2.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,3})?")
_WORD = re2.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRING = re2.compile(r'"(?:[^"\\]|\\.)*"')
_SIGNS = ("==", "!=", "<=", ">=", "<", ">", "//", "|", ",", "(", ")", "[", "]", "?", ";", ".")
_COMPARE = frozenset(("==", "!=", "<=", ">=", "<", ">"))
_CONSTANTS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_FLAGS = "gins"
_KNOWN = (
    "select has contains startswith endswith test length keys type tostring ascii_downcase any all not"
).split()


class JqRefused(HerculesError):
    """A query outside the subset; `offset` counts characters from its start."""

    def __init__(self, message: str, offset: int, fix: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.fix = fix or f"Known: paths, comparisons, and, or, //, {', '.join(_KNOWN)}."


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    text: str
    part: Part

    def holds(self, value: Json, size_bytes: int) -> bool:
        """True when an output is neither null nor false; a failure, or too many steps or outputs, is false.

        `size_bytes` is how large the event is: the steps it may cost grow with it.
        """
        return self.first(value, size_bytes) is not None

    def first(self, value: Json, size_bytes: int) -> Json:
        """The first output that is neither null nor false, None when there is none."""
        budget = Budget(_STEPS + size_bytes // _BYTES_A_STEP)
        try:
            for number, found in enumerate(self.part.run(value, budget)):
                if truthy(found):
                    return found
                if number >= OUTPUTS_MAX:
                    return None
        except (JqFailed, OverBudget, RecursionError):
            return None
        return None


def parse(text: str) -> Query:
    """A query of the subset. Raises JqRefused with the place of what is not."""
    parser = _Parser(text, _words(text))
    part = parser.pipe()
    if parser.at < len(parser.words):
        parser.refuse(f"{parser.peek()!r} is not expected here")
    return Query(text, part)


def parsed(event: bytes) -> Json:
    """An event as JSON: all of it, else from its first `{` on. Raises ValueError when it is none."""
    text = event.decode("utf-8", "replace")
    try:
        return _loaded(text)
    except ValueError:
        brace = text.find("{", 1)
        if brace < 0:
            raise
        return _loaded(text[brace:])


def _loaded(text: str) -> Json:
    try:
        found: Json = json.loads(text, parse_constant=_no_constant)
    except RecursionError as deep:
        raise ValueError("nested too deep") from deep
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# --- reading ----------------------------------------------------------------------------------------


def _words(text: str) -> list[tuple[str, int]]:
    """The words of a query with their places."""
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        word = _word(text, at)
        found.append((word, at))
        at += len(word)
    return found


def _word(text: str, at: int) -> str:
    for sort in (_NUMBER, _WORD, _STRING):
        match = sort.match(text, at)
        if match is not None:
            return str(match.group())
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return sign
    if text[at] == '"':
        raise JqRefused("the string has no end", at, "Close it with a double quote.")
    raise JqRefused(f"{text[at]!r} is outside the subset of jq that rules may use", at)


@dataclass(slots=True)
class _Parser:
    """Reads words from left to right; from low to high: `|`, `,`, `//`, or, and, comparisons, postfix."""

    text: str
    words: list[tuple[str, int]]
    at: int = 0
    depth: int = 0

    def peek(self) -> str:
        """The next word, '' at the end."""
        return self.words[self.at][0] if self.at < len(self.words) else ""

    def refuse(self, message: str, back: int = 0) -> NoReturn:
        """Raises JqRefused at the next word, or so many words before it."""
        at = max(self.at - back, 0)
        raise JqRefused(message, self.words[at][1] if at < len(self.words) else len(self.text))

    def takes(self, word: str) -> bool:
        """Reads the word if it comes next."""
        if self.peek() != word:
            return False
        self.at += 1
        return True

    def needs(self, word: str) -> None:
        """Reads the word, or refuses the query."""
        if not self.takes(word):
            self.refuse(f"{word!r} is missing here")

    def pipe(self) -> Part:
        """A whole query, or what stands in parentheses."""
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            self.refuse(f"more than {_DEPTH_MAX} levels of parentheses")
        parts = [self._comma()]
        while self.takes("|"):
            parts.append(self._comma())
        made = parts.pop()
        while parts:
            made = nodes.Pipe(parts.pop(), made)
        self.depth -= 1
        return made

    def _comma(self) -> Part:
        left = self._else()
        while self.takes(","):
            left = nodes.Both(left, self._else())
        return left

    def _else(self) -> Part:
        parts = [self._or()]
        while self.takes("//"):
            parts.append(self._or())
        made = parts.pop()
        while parts:
            made = nodes.Else(parts.pop(), made)
        return made

    def _or(self) -> Part:
        left = self._and()
        while self.takes("or"):
            left = nodes.Logic(left, self._and(), is_and=False)
        return left

    def _and(self) -> Part:
        left = self._compare()
        while self.takes("and"):
            left = nodes.Logic(left, self._compare(), is_and=True)
        return left

    def _compare(self) -> Part:
        left, sign = self._postfix(), self.peek()
        if sign not in _COMPARE:
            return left
        self.at += 1
        made = nodes.Compare(sign, left, self._postfix())
        if self.peek() in _COMPARE:
            self.refuse("comparisons do not chain; write two of them joined by and")
        return made

    def _postfix(self) -> Part:
        made = self._start()
        while True:
            if self.takes("?"):
                made = self._optional(made)
            elif self.takes("["):
                made = self._bracket(made)
            elif self.peek() == "." and self._is_name(self.at + 1):
                self.at += 1
                made = nodes.At(made, self._name())
            elif self.peek() == "." and self._after() == "[":
                self.at += 1
            else:
                return made

    def _optional(self, made: Part) -> Part:
        """`?` takes back the failure of the last step alone, or of all that stands in parentheses."""
        if isinstance(made, nodes.At | nodes.Each) and self.words[self.at - 2][0] != ")":
            return replace(made, optional=True)
        return nodes.Try(made)

    def _after(self) -> str:
        return self.words[self.at + 1][0] if self.at + 1 < len(self.words) else ""

    def _is_name(self, at: int) -> bool:
        """True for a word or string right behind a dot."""
        if at >= len(self.words) or not (self.words[at][0][:1].isalpha() or self.words[at][0][:1] in '_"'):
            return False
        return self.words[at][1] == self.words[at - 1][1] + 1

    def _name(self) -> str:
        word = self.peek()
        if word.startswith('"'):
            return self._string()
        self.at += 1
        return word

    def _bracket(self, base: Part) -> Part:
        if self.takes("]"):
            return nodes.Each(base)
        word = self.peek()
        if word.startswith('"'):
            key: str | int = self._string()
        elif word.lstrip("-").isdecimal():
            key = int(word)
            self.at += 1
        else:
            self.refuse("only a string, a whole number or nothing may stand in brackets")
        self.needs("]")
        return nodes.At(base, key)

    def _start(self) -> Part:
        word = self.peek()
        if word == ".":
            self.at += 1
            return nodes.At(nodes.Same(), self._name()) if self._is_name(self.at) else nodes.Same()
        if word == "(":
            return self._parenthesis()
        if word.startswith('"'):
            return nodes.Constant(self._string())
        if word in _CONSTANTS:
            self.at += 1
            return nodes.Constant(_CONSTANTS[word])
        if word[:1].isdecimal() or word[:1] == "-":
            self.at += 1
            return nodes.Constant(float(word) if set(word) & set(".eE") else int(word))
        return self._call(word)

    def _parenthesis(self) -> Part:
        self.at += 1
        made = self.pipe()
        self.needs(")")
        return made

    def _string(self) -> str:
        word = self.peek()
        try:
            text = json.loads(word)
        except ValueError:
            self.refuse("an escape of this string is none of JSON's; interpolation is not read")
        self.at += 1
        return str(text)

    def _call(self, word: str) -> Part:
        if word not in _KNOWN:
            self.refuse(
                f"{word!r} is outside the subset of jq that rules may use" if word else "a part is missing"
            )
        self.at += 1
        if word in PLAIN:
            return nodes.Call(word)
        self.needs("(")
        made = self._matches() if word == "test" else self._given(word)
        self.needs(")")
        return made

    def _given(self, word: str) -> Part:
        argument = self.pipe()
        if word == "select":
            return nodes.Select(argument)
        if word in ("any", "all"):
            return nodes.Quantifier(argument, word == "any")
        return nodes.Call(word, argument)

    def _matches(self) -> Part:
        if not self.peek().startswith('"'):
            self.refuse("test takes a pattern in double quotes")
        pattern, flags = self._string(), ""
        if self.takes(";"):
            if not self.peek().startswith('"'):
                self.refuse("the flags of test stand in double quotes")
            flags = self._string()
            if set(flags) - set(_FLAGS):
                self.refuse(f"of the flags only {', '.join(_FLAGS)} are known", back=1)
        whole = _with_flags(pattern, flags)
        try:
            return nodes.Matches(whole, re2.compile(whole, _OPTIONS))
        except re2.error:
            self.refuse("the pattern is not RE2", back=1)


def _with_flags(pattern: str, flags: str) -> str:
    on = "".join(flag for flag in "is" if flag in flags)
    return f"(?{on}){pattern}" if on else pattern


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return options


_OPTIONS = _options()
