"""Analysers: prose to stemmed words, technical text to exact codes, names and shingles of three words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import re2

from hercules.kb.languages import language
from hercules.text import whole

ANALYSER_VERSION = 2
"""Part of the index's schema hash: raise it with every change that makes other tokens."""

RUN = "~"
"""Joins the words of a run of three; no code and no word holds it."""

_TOKEN_MIN, _TOKEN_MAX = 2, 40
_RAW_MAX = 200
_VERSION_PARTS = 4
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2013": "-"})

_WORD = re2.compile(r"[\pL\pN\pM_]+(?:[.'-][\pL\pN\pM_]+)*")
_HUMP = re2.compile(r"\p{Lu}+\p{Ll}+|\p{Lu}+|[\p{Ll}\p{Lo}\p{Lm}\pM]+|\pN+")
_CJK = re2.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+")

_CODE = re2.compile(
    r"\b(?:[A-Z][A-Z0-9]{1,15}-[0-9]{2,8}"  # ORA-01555, JRASERVER-123
    r"|0[xX][0-9A-Fa-f]{3,16}"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"  # CLUSTER_BLOCK_EXCEPTION
    r"|E[A-Z]{4,14}"  # ECONNREFUSED
    r"|[a-z][a-z0-9]*(?:_[a-z0-9]+)+"  # max_connections
    r"|[a-z][a-z0-9]*(?:-[a-z0-9]+){2,})\b"  # client-output-buffer-limit
)
_NUMBERED = re2.compile(
    r"(?i)\b(http|error|errno|code|status|sqlstate|signal|exit|event id)(?:[ _-]code)?\s*[:=#/ (]{1,3}\s*"
    r"([0-9]{1,7}|[0-9][0-9A-Z]{4})\b"
)
_CLASS = re2.compile(r"\b(?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\b")
_VERSION = re2.compile(r"[0-9][0-9a-z]{0,11}(?:[.-][0-9a-z]{1,12}){0,5}")
_CAMEL = re2.compile(r"^[A-Z]*[A-Z]?[a-z0-9]+[A-Z]|^[A-Z]{2,}[a-z]")


_SPACE = ord(" ")
_JOINTS = ".'-"


def plain(text: str) -> str:
    """The text without accents, compatibility forms and typographic quotes; case is kept."""
    if text.isascii():
        return text
    parted = unicodedata.normalize("NFKD", whole(text).translate(_QUOTES)).translate(_ACCENTS)
    return unicodedata.normalize("NFC", parted)


class _Parting(dict[int, int]):
    """For `str.translate`: what may stand in a word stays, everything else becomes a space."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        kept = letter in _JOINTS or letter == "_" or unicodedata.category(letter)[0] in "LNM"
        self[code] = code if kept else _SPACE
        return self[code]


_PARTING = _Parting()


def written(text: str) -> list[str]:
    """The words of a text as written, in order.

    Nearly all stand between other characters; only what holds a mark inside or at its edge is taken apart
    by the pattern, since the binding of re2 costs a microsecond or more for each of its finds.
    """
    found: list[str] = []
    for piece in text.translate(_PARTING).split():
        if piece.isalnum():
            found.append(piece)
        else:
            found.extend(_WORD.findall(piece))
    return found


def raw_words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text as written, each with its start and end (characters)."""
    for found in _WORD.finditer(text):
        if found.end() - found.start() <= _RAW_MAX:
            yield found.group(), found.start(), found.end()


def words(text: str, tag: str = "en") -> list[str]:
    """Stemmed tokens in order, without stop words; `tag` names the language."""
    found: list[str] = []
    for raw in written(plain(text)):
        if len(raw) <= _RAW_MAX:
            found.extend(word_tokens(raw, tag))
    return found


def written_words(text: str, tag: str = "en") -> list[tuple[str, str]]:
    """As `words`, each token with the word as it was written, accents and all."""
    found: list[tuple[str, str]] = []
    folded = written(plain(text))
    as_told = folded if text.isascii() else written(text.translate(_QUOTES))
    if len(as_told) != len(folded):  # a compatibility form that is several words
        as_told = folded
    for raw, told in zip(folded, as_told, strict=True):
        if len(raw) <= _RAW_MAX:
            found.extend((token, told) for token in word_tokens(raw, tag))
    return found


@lru_cache(maxsize=65_536)
def word_tokens(raw: str, tag: str = "en") -> tuple[str, ...]:
    """The tokens of one written word: itself and, when it is built of several, its parts."""
    spoken = language(tag)
    joined = raw.casefold().removesuffix("'s")
    if joined in spoken.stop_words:
        return ()
    tokens = dict.fromkeys(
        _stemmed(part, tag) for part in (joined, *_parts(raw)) if part not in spoken.stop_words
    )
    return tuple(token for token in tokens if _TOKEN_MIN <= len(token) <= _TOKEN_MAX)


def _parts(raw: str) -> list[str]:
    """Words inside a word: by mark, by camel hump, by pairs where a script writes no spaces."""
    if _CJK.search(raw):
        return [run[at : at + 2] for run in _CJK.findall(raw) for at in range(max(len(run) - 1, 1))]
    parts = [part.casefold() for part in _HUMP.findall(raw)]
    return [part for part in parts if len(part) > 1] if len(parts) > 1 else []


def _stemmed(word: str, tag: str) -> str:
    """The stem of a plain word; words with digits or marks inside stay as they are."""
    return language(tag).stem(word) if word.isalpha() and len(word) <= _TOKEN_MAX else word


def version_names(text: str) -> list[tuple[str, str]]:
    """A version and those it is part of, as exact names and as shown: `9.12.3` is one of 9.12 and of 9."""
    found = _VERSION.search(plain(text[:_RAW_MAX]).casefold())
    named = found.group() if found else ""
    steps = [at for at, letter in enumerate(named) if letter in ".-"][: _VERSION_PARTS - 1]
    return [(f"version:{named[:at]}", named[:at]) for at in (*steps, len(named))] if named else []


def version_name(text: str) -> str:
    """The exact name of what an article says of its version, such as `9.12` or `9.x`; '' for no version."""
    names = version_names(text)
    while names and names[-1][1].endswith((".x", "-x")):
        names.pop()
    return names[-1][0] if names else ""


def codes(text: str) -> list[str]:
    """Exact names in order, folded: error codes, constants, settings, class names (whole and last part)."""
    flat = plain(text)
    found = [code.casefold() for code in _CODE.findall(flat)]
    found += [
        f"{kind.casefold().replace(' ', '')}:{number.casefold()}" for kind, number in _NUMBERED.findall(flat)
    ]
    for name in _CLASS.findall(flat):
        found.extend(_class_names(name))
    return [code for code in dict.fromkeys(found) if _TOKEN_MIN < len(code) <= 2 * _TOKEN_MAX]


def _class_names(name: str) -> list[str]:
    last = name.rpartition(".")[2]
    if not _CAMEL.search(last):
        return []
    return [name.casefold(), last.casefold()] if last != name else [last.casefold()]


def shingles(text: str) -> list[str]:
    """Runs of three neighbouring words, numbers masked, joined by `RUN`: the mark of a copied text."""
    flat = [
        "#" if word.isdigit() else word.casefold() for word in written(plain(text)) if len(word) <= _TOKEN_MAX
    ]
    return [RUN.join(flat[at : at + 3]) for at in range(len(flat) - 2)]
