"""How rare a string is in logs: what is rare is worth searching for."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from hercules.rules import grams

_UNSEEN = 11
_DIGITS = str.maketrans("0123456789", "0000000000")

# Words that most logs are full of: they tell little, however long they are.
_COMMON = frozenset(
    """access application at because by caused class closed com connect connection could disabled error
    errors event exception exit exited failed failure fatal file for from host http https info internal
    invalid is java javax lang level line log main message name node not null of on org out process
    refused request response run running runtime server service socket started status stopped system
    task the thread time timed timeout to unable unknown user util value warn warning with""".split()
)


class _Text(Protocol):
    """Anything with bytes in it."""

    @property
    def text(self) -> bytes: ...


def information(text: str) -> float:
    """How much a string tells a reader: common words count little, other ones by length."""
    total, word = 0.0, ""
    for before, char in zip(" " + text, text + " ", strict=False):
        if not char.isalnum() or (before.islower() and char.isupper()):
            total += _word(word)
            word = ""
        if char.isalnum():
            word += char
        else:
            total += 0.5
    return total + _word(word)


def surprise(text: str) -> float:
    """How surprising a string is in a log, in bits: its first two signs, then each sign after the two before.

    Source: a Markov chain of second order, its counts from logs of our own making; what never occurred there
    counts as 11 bits.
    """
    signs = gram_text(text)
    pairs, triples = _tables()
    if len(signs) < 2:
        return float(len(signs))
    found = pairs.get(signs[:2], _UNSEEN)
    return float(found + sum(triples.get(signs[at : at + 3], _UNSEEN) for at in range(len(signs) - 2)))


def gram_text(text: str) -> str:
    """A text as the tables have it: lower case, every digit as 0."""
    return text.lower().translate(_DIGITS)


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, int], dict[str, int]]:
    pairs = {run[at : at + 2]: level for level, run in grams.PAIRS.items() for at in range(0, len(run), 2)}
    triples = {
        run[at : at + 3]: level for level, run in grams.TRIPLES.items() for at in range(0, len(run), 3)
    }
    return pairs, triples


def is_weak(literal: _Text) -> bool:
    """True for a literal that ordinary lines hold too: under 6 bytes, or one common word."""
    text = literal.text.decode("utf-8", "replace").strip()
    return len(text) < 6 or text.lower() in _COMMON


def _word(word: str) -> float:
    return 2.0 if word.lower() in _COMMON else 1.5 * min(len(word), 16)
