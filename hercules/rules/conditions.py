"""Asks a ticket for a rule's conditions: yes, no or unknown, and the words that made one true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import re2

from hercules.model import Ticket
from hercules.rules import versions
from hercules.rules.confirm import Captured, typed
from hercules.rules.nouns import Choice, Phrase, Rule, When
from hercules.rules.patterns import compile_text
from hercules.text import fold

Truth = Literal["yes", "no", "unknown"]
Part = Literal["any", "all", "none"]
TextField = Literal["subject", "description"]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Said:
    """A place in the ticket's text that a condition found: the line counts from 1 and is not redacted.

    `words` is what was found, folded.
    """

    field: TextField
    line: int
    text: str
    captures: Captured = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the conditions of one rule come to; `unknown` names those that the ticket does not answer."""

    truth: Truth
    unknown: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()


class Asker:
    """Asks one ticket, or none. The ticket's text is folded once; patterns are compiled where needed."""

    def __init__(self, ticket: Ticket | None) -> None:
        self._ticket = ticket
        self._texts: dict[TextField, _Folded] = {}
        if ticket is not None:
            self._texts["subject"] = _Folded("subject", ticket.subject)
            self._texts["description"] = _Folded("description", ticket.description)

    def verdict(self, rule: Rule) -> Verdict:
        """Whether a rule applies. For a rule without a pattern unknown is no."""
        truths = dict(self.truths(rule))
        unknown = tuple(key for key, truth in truths.items() if truth == "unknown")
        if "no" in truths.values() or (rule.node is None and (unknown or not truths)):
            return Verdict("no")
        said = tuple(self._said(rule.when)) if rule.node is None else ()
        return Verdict("unknown" if unknown else "yes", unknown, said)

    def truths(self, rule: Rule) -> Iterator[tuple[str, Truth]]:
        """Each condition that a rule has, by its key, and what the ticket says to it."""
        when, ticket = rule.when, self._ticket
        if when.product:
            yield "product", _equal(ticket.product if ticket else "", when.product)
        if when.version:
            yield "version", self._version(lambda version: versions.within(version, when.version))
        if rule.fixed_in:
            yield "fixed_in", self._version(lambda version: _lacks_fix(version, rule))
        if when.tags:
            tags = {fold(tag) for tag in ticket.tags} if ticket else None
            yield "tags", _choice(when.tags, None if tags is None else lambda tag: fold(tag) in tags)
        if when.request_type:
            yield "request_type", _equal(ticket.request_type if ticket else "", when.request_type)
        if when.desk:
            yield "desk", _equal(ticket.desk_id if ticket else "", when.desk)
        if when.language:
            yield "language", _language(ticket.language if ticket else "", when.language)
        for key, choice, fields in _text_conditions(when):
            yield key, _choice(choice, partial(self._has, fields) if ticket else None)

    def phrases(self, rule: Rule) -> Iterator[tuple[str, Part, Phrase, Said | None]]:
        """Each phrase that a rule asks a ticket's text for: condition, part, phrase, and where it stands."""
        for key, choice, fields in _text_conditions(rule.when) if self._ticket else ():
            parts: tuple[tuple[Part, tuple[Phrase, ...]], ...] = (
                ("any", choice.any),
                ("all", choice.all),
                ("none", choice.none),
            )
            for part, phrases in parts:
                for phrase in phrases:
                    yield key, part, phrase, next(self._finds(phrase, fields), None)

    def _version(self, holds: Callable[[str], bool | None]) -> Truth:
        version = self._ticket.version if self._ticket else ""
        return _truth(holds(version) if version else None)

    def _has(self, fields: Sequence[TextField], phrase: Phrase) -> bool:
        return next(self._finds(phrase, fields), None) is not None

    def _finds(self, phrase: Phrase, fields: Sequence[TextField]) -> Iterator[Said]:
        for name in fields:
            found = self._texts[name].find(phrase)
            if found is not None:
                yield found

    def _said(self, when: When) -> Iterator[Said]:
        """One place for each phrase that was found, none twice."""
        seen = set()
        for _, choice, fields in _text_conditions(when):
            for phrase in (*choice.any, *choice.all):
                for said in self._finds(phrase, fields):
                    if (said.field, said.line) not in seen or said.captures:
                        seen.add((said.field, said.line))
                        yield said


def _text_conditions(when: When) -> Iterator[tuple[str, Choice[Phrase], tuple[TextField, ...]]]:
    if when.subject:
        yield "subject", when.subject, ("subject",)
    if when.description:
        yield "description", when.description, ("description",)
    if when.text:
        yield "text", when.text, ("subject", "description")


def _lacks_fix(version: str, rule: Rule) -> bool | None:
    fixed = versions.is_fixed(version, rule.fixed_in)
    return None if fixed is None else not fixed


def _truth(value: bool | None) -> Truth:
    if value is None:
        return "unknown"
    return "yes" if value else "no"


def _equal(value: str, wanted: Sequence[str]) -> Truth:
    own = fold(value)
    return _truth(own in {fold(one) for one in wanted} if own else None)


def _language(value: str, wanted: Sequence[str]) -> Truth:
    own = fold(value).replace("_", "-")
    if not own:
        return "unknown"
    asked = [fold(one).replace("_", "-") for one in wanted]
    return _truth(any(own == one or own.startswith(f"{one}-") for one in asked))


def _choice(choice: Choice[Item], has: Callable[[Item], bool] | None) -> Truth:
    if has is None:
        return "unknown"
    if any(map(has, choice.none)) or not all(map(has, choice.all)):
        return "no"
    return _truth(not choice.any or any(map(has, choice.any)))


class _Folded:
    """A ticket's text folded, with the line of the original that each part comes from."""

    def __init__(self, name: TextField, text: str) -> None:
        self._name = name
        self._lines = text.split("\n")
        self._starts: list[tuple[int, int]] = []  # (offset in the folded text, line from 1)
        parts, size = [], 0
        for number, line in enumerate(self._lines, 1):
            folded = fold(line)
            if folded:
                self._starts.append((size, number))
                parts.append(folded)
                size += len(folded) + 1
        self._text = " ".join(parts)

    def find(self, phrase: Phrase) -> Said | None:
        """The first place of a phrase, None when it is not there."""
        if phrase.kind == "phrase":
            start = _words(self._text, phrase.text)
            return None if start < 0 else self._at(start, (), phrase.text)
        match = compile_text(phrase.text).search(self._text)
        if match is None:
            return None
        return self._at(match.start(), self._captured(phrase, match), match.group(0))

    def _captured(self, phrase: Phrase, match: re2._Match) -> Captured:
        found = []
        for capture in phrase.captures:
            value = self._value(capture.name, capture.pattern, match)
            if value is not None and (fitting := typed(value, capture.type)) is not None:
                found.append((capture.name, capture.type, fitting))
        return tuple(found)

    def _value(self, name: str, pattern: str, match: re2._Match) -> str | None:
        if pattern:
            regex = compile_text(pattern)
            match = regex.search(self._text)
            value = None if match is None else match.group(1 if regex.groups else 0)
        else:
            value = match.group(name)
        return value if isinstance(value, str) else None

    def _at(self, offset: int, captures: Captured, words: str) -> Said:
        line = next((number for start, number in reversed(self._starts) if start <= offset), 1)
        return Said(self._name, line, self._lines[line - 1], captures, words)


def _words(text: str, phrase: str) -> int:
    """Where a phrase stands as whole words, -1 when nowhere."""
    start = text.find(phrase)
    while start >= 0:
        if _is_edge(text, start) and _is_edge(text, start + len(phrase)):
            return start
        start = text.find(phrase, start + 1)
    return -1


def _is_edge(text: str, at: int) -> bool:
    """True unless a word goes on from one side of this place to the other."""
    return not (0 < at < len(text) and _in_word(text[at - 1]) and _in_word(text[at]))


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
