"""Version numbers: their order, ranges such as `>=9.0 <9.4.2 || 10.x`, and whether a fix is in."""

from __future__ import annotations

from collections.abc import Sequence

import re2

_VERSION = re2.compile(r"^[vV]?(\d{1,9}(?:\.\d{1,9}){0,9})(?:[.-]?([A-Za-z][0-9A-Za-z.-]*))?(?:\+.*)?$")
_WILD = re2.compile(r"^[vV]?(\d{1,9}(?:\.\d{1,9}){0,8})\.(?:[xX*])(?:\.[xX*])*$")
_OPERATORS = (">=", "<=", "!=", "<", ">", "=")
# What comes before a release, earliest first.
_STAGES = ("dev", "snapshot", "pre", "preview", "eap", "alpha", "beta", "milestone", "m", "rc", "cr")
_BEFORE_RELEASE = {stage: place - len(_STAGES) for place, stage in enumerate(_STAGES)}
_PIECE = re2.compile(r"\d{1,18}|[a-z]+")  # a number of thousands of digits is an error to Python

Key = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


def key(text: str) -> Key | None:
    """What versions are ordered by, None when the text is no version.

    Numbers by segment, missing ones 0; `-rc`, `-m`, `-beta`, `-alpha`, `-snapshot` come before the release,
    other tails (`-ga`, `-p1`) after it; a leading v and a build after `+` do not count.
    """
    found = _VERSION.search(text.strip())
    if found is None:
        return None
    numbers = [int(part) for part in found.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    pieces = _PIECE.findall((found.group(2) or "").lower())
    if not pieces or pieces in (["final"], ["ga"], ["release"]):
        return tuple(numbers), 0, ()
    if pieces == ["x"]:
        return None
    stage = _BEFORE_RELEASE.get(pieces[0], 1)
    rest = pieces if stage == 1 else pieces[1:]
    return tuple(numbers), stage, tuple((1, int(one), "") if one.isdecimal() else (0, 0, one) for one in rest)


def is_range(text: str) -> bool:
    """True for a range that can be read."""
    return all(_comparisons(part) for part in text.split("||"))


def within(version: str, allowed: str) -> bool | None:
    """Whether a version lies in a range, None when the version cannot be read."""
    if key(version) is None:
        return None
    return any(
        all(_holds(version, operator, wanted) for operator, wanted in _comparisons(part))
        for part in allowed.split("||")
    )


def is_fixed(version: str, fixed_in: Sequence[str]) -> bool | None:
    """Whether a version has the fix, None when it cannot be read.

    It has if an entry of its own major.minor is not above it, or if it is not below the greatest entry.
    """
    own = key(version)
    entries = [found for text in fixed_in if (found := key(text)) is not None]
    if own is None or not entries:
        return None
    branch = [entry for entry in entries if _padded(entry[0])[:2] == _padded(own[0])[:2]]
    return any(entry <= own for entry in branch) or own >= max(entries)


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0)


def _comparisons(part: str) -> list[tuple[str, str]]:
    """The comparisons of one alternative, empty when one of them cannot be read."""
    found: list[tuple[str, str]] = []
    operator = ""
    for word in part.split():
        sign = next((sign for sign in _OPERATORS if word.startswith(sign)), "")
        wanted = word[len(sign) :]
        if sign and operator:
            return []
        operator = operator or sign
        if not wanted:
            continue
        if not (key(wanted) or wanted in ("*", "x", "X") or _WILD.search(wanted)):
            return []
        found.append((operator or "=", wanted))
        operator = ""
    return [] if operator else found


def _holds(version: str, operator: str, wanted: str) -> bool:
    own, wild = key(version), _WILD.search(wanted)
    if wanted in ("*", "x", "X"):
        return operator in ("=", ">=", "<=")
    if wild is not None:
        return _holds_wild(own, operator, [int(part) for part in wild.group(1).split(".")])
    other = key(wanted)
    if own is None or other is None:
        return False
    return _compare(operator, (own > other) - (own < other))


def _holds_wild(own: Key | None, operator: str, wanted: list[int]) -> bool:
    if own is None:
        return False
    numbers = [*own[0], *[0] * len(wanted)][: len(wanted)]
    return _compare(operator, (numbers > wanted) - (numbers < wanted))


def _compare(operator: str, sign: int) -> bool:
    return {
        "=": sign == 0,
        "!=": sign != 0,
        "<": sign < 0,
        "<=": sign <= 0,
        ">": sign > 0,
        ">=": sign >= 0,
    }[operator]
