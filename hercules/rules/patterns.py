"""Compiles RE2 patterns the one way all of the engine does, and says what is wrong with one that will not."""

from __future__ import annotations

from dataclasses import dataclass

import re2

PATTERN_MAX = 1_000
MEMORY_BYTES = 32 << 20
_REPEAT_MAX = 1_000
_NOT_RE2 = (
    ("(?<!", "look-behind is not RE2", "Put what must not be there into a negate term."),
    ("(?<=", "look-behind is not RE2", "Match the part before it too, and capture the rest in a group."),
    ("(?!", "look-ahead is not RE2", "Put what must not be there into a negate term."),
    ("(?=", "look-ahead is not RE2", "Match the two parts as two terms of a set."),
    ("(?>", "atomic groups are not RE2", "Write (?:..); RE2 never backtracks."),
    ("(?#", "comments are not RE2", "Remove it; write a YAML comment."),
    ("(?P=", "back-references are not RE2", "Match the parts as two terms of a set."),
    ("\\Z", "\\Z is not RE2", "Write \\z or $; both mean the end of the event."),
    ("\\G", "\\G is not RE2", "Remove it."),
    ("\\K", "\\K is not RE2", "Use a capture with a group."),
)
_ESCAPES_MEANT = ("\\d", "\\w", "\\s", "\\.", "\\[", "\\(", "\\b", "\\S", "\\D", "\\W", "\\{", "\\*", "\\+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a pattern is refused; `offset` counts characters from the pattern's start."""

    code: str
    message: str
    fix: str
    offset: int = 0


def byte_options() -> re2.Options:
    """How a pattern reads logs: bytes as they are, the dot takes newlines, nothing is printed."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    return options


def text_options() -> re2.Options:
    """How a pattern reads a ticket's folded text: characters, either case."""
    options = re2.Options()
    options.dot_nl = True
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    return options


def compile_bytes(pattern: str) -> re2._Regexp:
    """A pattern for bytes. Raises re2.error when it is none; rules are checked when they are read."""
    return re2.compile(pattern.encode("utf-8"), byte_options())


def compile_text(pattern: str) -> re2._Regexp:
    """A pattern for folded text. Raises re2.error when it is none."""
    return re2.compile(pattern, text_options())


def problem(pattern: str) -> Problem | None:
    """What keeps a pattern from being used in a rule, None when nothing does."""
    if not pattern:
        return Problem("E-empty-pattern", "the pattern is empty", "Write what to look for.")
    if len(pattern) > PATTERN_MAX:
        message = f"the pattern has {len(pattern)} characters, at most {PATTERN_MAX} are taken"
        return Problem("E-not-re2", message, "Split it into several terms.")
    try:
        compiled = compile_bytes(pattern)
    except re2.error as broken:
        return _explained(pattern, _reason(broken))
    if _matches_nothing(compiled):
        return Problem(
            "E-empty-pattern", "the pattern matches the empty string", "Ask for at least one character."
        )
    return None


def _matches_nothing(compiled: re2._Regexp) -> bool:
    found = (compiled.search(probe) for probe in (b"", b"a b", b"- 1", b"~"))
    return any(one is not None and one.start() == one.end() for one in found)


def _reason(broken: re2.error) -> str:
    first = broken.args[0] if broken.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _explained(pattern: str, reason: str) -> Problem:
    what, _, part = reason.partition(": ")
    offset = max(pattern.find(part), 0) if part else 0
    for sign, message, fix in _NOT_RE2:
        if part.startswith(sign):
            return Problem("E-not-re2", message, fix, offset)
    if what == "invalid escape sequence" and part[1:2].isdecimal():
        fix = "Match the parts as two terms of a set."
        return Problem("E-not-re2", "back-references are not RE2", fix, offset)
    if what == "bad repetition operator" and part[-1:] == "+":
        return Problem("E-not-re2", "possessive repeats are not RE2", f"Write {part[:-1]}.", offset)
    if what == "invalid repetition size":
        fix = f"RE2 repeats at most {_REPEAT_MAX} times in all; write a plain + or *."
        return Problem("E-not-re2", f"the repeat {part} is too large or turned round", fix, offset)
    if what == "pattern too large - compile failed":
        return Problem("E-not-re2", "the pattern grows too large", "Make its repeats smaller.")
    fix = "Put a backslash before a sign that is meant as itself, and quote the pattern with '..'."
    return Problem("E-regex", reason, fix, offset)


def looks_like_regex(text: str) -> bool:
    """True for a literal that was probably meant as a pattern."""
    return "(.+)" in text or ".*" in text or any(sign in text for sign in _ESCAPES_MEANT)
