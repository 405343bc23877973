"""Near spellings of mistyped words among the words of the articles; codes and numbers are never guessed."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_LETTERS_MIN, _LETTERS_MAX, _LONG_WORD = 5, 40, 8


def near_words(word: str, known: Sequence[str], limit: int = 5) -> list[str]:
    """Known words within one letter's change of this one, two from eight letters; nearest first.

    None for a word that is known, is short, or holds anything but letters.
    """
    folded = word.strip().casefold()
    if not (_LETTERS_MIN <= len(folded) <= _LETTERS_MAX and folded.isalpha()) or folded in known:
        return []
    far = 2 if len(folded) >= _LONG_WORD else 1
    near = process.extract(folded, known, scorer=OSA.distance, score_cutoff=far, limit=limit)
    return [str(found) for found, _, _ in near]
