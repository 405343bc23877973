"""Near spellings: known words for a mistyped one, and headings that read like what was asked."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from hercules.kb.words import plain
from hercules.text import fold

_ALIKE_FROM = 60.0
_ASKED_CHARS = 200
_LETTERS_MIN, _LETTERS_MAX, _LONG_WORD = 5, 40, 8


def near_words(word: str, known: Sequence[str], limit: int = 5) -> list[str]:
    """Known words within one letter's change of this one, two from eight letters; nearest first.

    None for a word that is known, with its accents or without, is short, or holds anything but letters:
    codes and numbers are never guessed.
    """
    folded = plain(word).strip().casefold()
    if not (_LETTERS_MIN <= len(folded) <= _LETTERS_MAX and folded.isalpha()) or folded in known:
        return []
    far = 2 if len(folded) >= _LONG_WORD else 1
    near = process.extract(folded, known, scorer=OSA.distance, score_cutoff=far, limit=limit)
    return [str(found) for found, _, _ in near]


def near_headings(asked: str, headings: Sequence[str], limit: int = 5) -> list[int]:
    """The places of the headings that read most like what was asked, nearest first; none where none does."""
    folded = [fold(heading) for heading in headings]
    near = process.extract(
        fold(asked[:_ASKED_CHARS]), folded, scorer=fuzz.WRatio, score_cutoff=_ALIKE_FROM, limit=limit
    )
    return [place for _, _, place in near]
