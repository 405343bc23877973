"""The event that comes nearest to a term which is found nowhere: the one a person would compare it with."""

from __future__ import annotations

from dataclasses import dataclass

from hercules.rules.factors import factors
from hercules.rules.nouns import Term


@dataclass(slots=True)
class Nearly:
    """Told of one event after the other, it remembers the first with most words of a term.

    `file` and `line` (from 1) say where it is; `lacks` is the first word that is not there, '' for none.
    """

    words: tuple[bytes, ...]
    file: str = ""
    line: int = 0
    lacks: str = ""
    _best: int = 0
    _same_case: bool = False

    @classmethod
    def of(cls, term: Term) -> Nearly:
        """One that knows the words of a term's required literals."""
        literals = factors(term) or ()
        return cls(tuple(word for literal in literals for word in _words(literal.text)))

    def look(self, file: str, line: int, text: bytes) -> None:
        """Take note of one event."""
        folded = text.lower()
        have = [word for word in self.words if word.lower() in folded]
        if len(have) > self._best:
            lacking = [word for word in self.words if word not in have]
            self._best, self.file, self.line = len(have), file, line
            self.lacks = lacking[0].decode("utf-8", "replace") if lacking else ""
            self._same_case = all(word in text for word in have)

    def told(self) -> str:
        """What is different in that event; '' when none has a word of the term."""
        if not self.line:
            return ""
        if self.lacks:
            return f"lacks {self.lacks!r}"
        if not self._same_case:
            return "has its words in other upper and lower case: write it so, or regex: with (?i)"
        return "has its words, but not written as the term says"


def _words(text: bytes) -> list[bytes]:
    plain = text.decode("utf-8", "replace")
    return "".join(char if char.isalnum() else " " for char in plain).encode().split()
