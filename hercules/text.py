"""Plain text made comparable (fold), harmless (clean), short (cut) and readable (plain_fault)."""

from __future__ import annotations

import unicodedata

import re2

_ANSI = re2.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_PLAIN = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u00a0": " ",
    }
)  # fmt: skip
_ZERO_WIDTH = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x180E, *range(0xE0000, 0xE0080)}
_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}
_DROPPED: dict[int, str | None] = dict.fromkeys(_CONTROLS | _BIDI | _ZERO_WIDTH)
_DROPPED |= {0x2028: " ", 0x2029: " "}
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def whole(text: str) -> str:
    """The text with lone surrogates replaced, so that it can be encoded; nothing else is changed."""
    return text if text.isascii() else text.translate(_SURROGATES)


def fold(text: str) -> str:
    """Text for comparing: NFKC, case folded, plain quotes and dashes, white space runs to one space."""
    plain = unicodedata.normalize("NFKC", whole(text)).translate(_PLAIN).casefold()
    return " ".join(plain.split())


def clean(text: str) -> str:
    """Text for showing: without ANSI sequences, control, bidi and zero-width characters.

    Tab and newline stay, CR LF becomes a newline; lone surrogates become U+FFFD.
    """
    plain = whole(text).replace("\r\n", "\n").replace("\r", "\n")
    return str(_ANSI.sub("", plain)).translate(_DROPPED)


def cut(text: str, chars: int) -> str:
    """At most `chars` characters, the last one an ellipsis when something was left out."""
    return text if len(text) <= chars else text[: max(chars - 1, 0)] + "\u2026"


def one_line(text: str) -> str:
    """Text on one line: every run of white space is one space."""
    return " ".join(clean(text).split())


def plain_fault(told: str) -> str:
    """What a checking library found wrong with a setting, in words for who writes settings."""
    plain = told.removeprefix("Value error, ").partition(" or instance of ")[0]
    for theirs, ours in _KINDS.items():
        plain = plain.replace(f"Input should be a valid {theirs}", f"write a {ours}")
    return plain.replace("Field required", "this is needed")


_KINDS = {
    "dictionary": "table",
    "tuple": "list",
    "list": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
}
