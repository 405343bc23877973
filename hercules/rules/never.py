"""Finds rules that can never fire, and what in them keeps them from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2

from hercules.model import Refusal
from hercules.rules import patterns, versions
from hercules.rules.anchors import never_matches
from hercules.rules.nouns import Choice, Negate, Node, Phrase, Place, Rule, Term

_STAMP = re2.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d")
_DAY_FIRST = re2.compile(r"^[\^\[(\\]*20\d\d-[01]\d-[0-3]\d(?:T|[^\w-])")
_ANCHORS = ("^", "$", "\\A", "\\z", "\\b", "\\B")
_ENDLESS = 999_999_999


def never(rule: Rule) -> Iterator[Refusal]:
    """An E-never for each thing in a rule that no log or ticket can fulfil."""
    for place, message, fix in _reasons(rule):
        yield Refusal(place.file, place.line, place.column, "E-never", message, fix, rule.id)


def _reasons(rule: Rule) -> Iterator[tuple[Place, str, str]]:
    if rule.node is not None:
        for term in rule.node.terms:
            yield from _of_term(term)
        for negate in rule.node.negates:
            if _denies_itself(rule.node, negate):
                fix = "Narrow the negation, or remove it."
                yield negate.term.place, "what is negated is asked for too, at the same time", fix
    if rule.files and set(rule.files) <= set(rule.exclude_files):
        yield rule.place, "files and exclude_files name the same files", "Remove one of the two."
    for key, choice in (("tags", rule.when.tags), *_phrases(rule)):
        if choice is not None and _contradicts(choice):
            yield rule.place, f"when.{key} asks for what it rules out", "Remove it from one of the two."
    yield from _of_version(rule)


# --- terms ------------------------------------------------------------------------------------------


def _of_term(term: Term) -> Iterator[tuple[Place, str, str]]:
    if term.kind == "value" and "\n" in term.text.strip("\n"):
        fix = "Write its lines as terms of a set with a window, or a regex with (?s:.)*? between them."
        yield term.place, "the literal goes over the end of a line", fix
    if term.kind == "regex" and never_matches(term.text):
        fix = "Write (?m) if the begin or end of a line is meant."
        yield term.place, "^ stands behind text, or text behind $: both mean the event's own ends", fix
    if _STAMP.search(term.text):
        yield term.place, "it holds a time stamp, which no other log has", "Begin behind the stamp."
    elif term.kind != "jq" and _DAY_FIRST.search(term.text):
        yield term.place, "it begins with the date of one log, which no other has", "Begin behind the stamp."


def _denies_itself(node: Node, negate: Negate) -> bool:
    """True when a negation holds for every frame: its window always has an event that it is in."""
    positives = _expanded(node)
    if not negate.has_options and negate.anchor == 0:
        return any(_always_in(negate.term, term) for term in positives)
    reach = negate.slide_s <= 0.0 <= negate.slide_s + (negate.window_s or 0.0)
    if not reach:
        return False
    if node.kind == "sequence":
        return _always_in(negate.term, positives[negate.anchor])
    return all(_always_in(negate.term, term) for term in positives)


def _expanded(node: Node) -> list[Term]:
    return [term for term in node.positives for _ in range(term.count)]


def _always_in(denied: Term, asked: Term) -> bool:
    """True when every event with the one term has the other one too."""
    if (denied.kind, denied.text, denied.field) == (asked.kind, asked.text, asked.field):
        return True
    if asked.kind != "value" or asked.field or denied.field:
        return False
    if denied.kind == "value":
        return denied.text in asked.text
    plain = denied.kind == "regex" and not any(sign in denied.text for sign in _ANCHORS)
    return plain and patterns.compile_bytes(denied.text).search(asked.text.encode()) is not None


# --- conditions -------------------------------------------------------------------------------------


def _phrases(rule: Rule) -> tuple[tuple[str, Choice[Phrase] | None], ...]:
    when = rule.when
    return ("subject", when.subject), ("description", when.description), ("text", when.text)


def _contradicts(choice: Choice[str] | Choice[Phrase]) -> bool:
    return any(item in choice.none for item in choice.all) or (
        bool(choice.any) and all(item in choice.none for item in choice.any)
    )


def _of_version(rule: Rule) -> Iterator[tuple[Place, str, str]]:
    asked = rule.when.version
    if asked and not any(versions.within(one, asked) for one in candidates(asked, ())):
        yield rule.place, f"no version lies in {asked!r}", "Turn the bounds round, or write || between them."
    elif rule.fixed_in and not any(has_fault(rule, one) for one in candidates(asked, rule.fixed_in)):
        fix = "Widen when.version, or remove fixed_in."
        yield rule.place, f"every version in {asked!r} has the fix of {', '.join(rule.fixed_in)}", fix


def has_fault(rule: Rule, version: str) -> bool:
    """True when the conditions on the version take this one."""
    within = not rule.when.version or versions.within(version, rule.when.version) is True
    return within and (not rule.fixed_in or versions.is_fixed(version, rule.fixed_in) is False)


def candidates(allowed: str, fixed_in: Sequence[str]) -> list[str]:
    """Versions at, just below and just above every one that a range or `fixed_in` names."""
    words = [word.lstrip("<>=!") for word in allowed.replace("||", " ").split()]
    named = [word.replace("*", "0").replace("x", "0").replace("X", "0") for word in words if word]
    found = ["0", "0.0.1", str(_ENDLESS)]
    for name in (*named, *fixed_in):
        key = versions.key(name)
        if key is not None:
            numbers = list(key[0]) or [0]
            above = ".".join(map(str, numbers))
            below = [*numbers[:-1], numbers[-1] - 1, _ENDLESS] if numbers[-1] else [0]
            found += [name, f"{above}.1", f"{above}.{_ENDLESS}", ".".join(map(str, below))]
    return list(dict.fromkeys(found))
