"""The required literals of a term, whatever its kind: one of them is in every event that it can match."""

from __future__ import annotations

from functools import lru_cache

from hercules.rules import jq
from hercules.rules.jqneeds import needed
from hercules.rules.literals import Literal, in_regex, literals, of_regex, of_value
from hercules.rules.nouns import Term, TermKind
from hercules.rules.rarity import surprise

_ALTERNATIVES_MAX = 32
_KEPT_MAX = 16_384
_JSON_MARKS = frozenset('"\\/{}[],:')


def factors(term: Term) -> tuple[Literal, ...] | None:
    """The required literals of a term, None when it has none."""
    return _factors(term.kind, term.text, bool(term.field))


@lru_cache(maxsize=_KEPT_MAX)
def _factors(kind: TermKind, text: str, has_field: bool) -> tuple[Literal, ...] | None:
    if kind == "jq":
        found = needed(jq.parse(text).part)
        return None if found is None or len(found) > _ALTERNATIVES_MAX else literals(found)
    if has_field:
        return _of_field(kind, text)
    return of_value(text) if kind == "value" else of_regex(text)


def _of_field(kind: TermKind, text: str) -> tuple[Literal, ...] | None:
    """Of a value within JSON only runs that JSON writes as they are: words, not numbers or punctuation."""
    found = frozenset({(text, False)}) if kind == "value" else in_regex(text)
    if found is None:
        return None
    runs = [(_run(one), caseless) for one, caseless in found]
    if not all(run for run, _ in runs):
        return None
    return literals(frozenset(runs))


def _run(text: str) -> str:
    """The most telling run without a sign that JSON escapes or sets by itself, '' when none has a word."""
    cut = "".join(
        char if char.isascii() and char.isprintable() and char not in _JSON_MARKS else "\n" for char in text
    )
    words = [run for run in cut.split("\n") if any(char.isalpha() and char not in "eE" for char in run)]
    return max(words, key=surprise, default="")
