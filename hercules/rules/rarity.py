"""How rare a string is in logs: what is rare is worth searching for."""

from __future__ import annotations

from typing import Protocol

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
    """How rare a string is in logs, roughly in bits: common words count little, other ones by length."""
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


def is_weak(literal: _Text) -> bool:
    """True for a literal that ordinary lines hold too: under 6 bytes, or one common word."""
    text = literal.text.decode("utf-8", "replace").strip()
    return len(text) < 6 or text.lower() in _COMMON


def _word(word: str) -> float:
    return 2.0 if word.lower() in _COMMON else 1.5 * min(len(word), 16)
