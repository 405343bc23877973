"""Plain text made comparable, harmless and short."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hercules.text import clean, cut, fold, one_line, whole


def test_folding_makes_equal_what_reads_equal() -> None:
    assert fold("  \u201cCannot\u00a0 open\u201d \u2014 FILE ") == '"cannot open" - file'
    assert fold("\ufb01le") == fold("FILE")


def test_cleaning_takes_what_the_eye_cannot_see() -> None:
    assert clean("\x1b[31mred\x1b[0m\u202eevil\u200b\x00\r\nnext\ttab") == "redevil\nnext\ttab"
    assert clean("a\u2028b") == "a b"
    assert clean("\ud800") == "\ufffd"


def test_cutting() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde\u2026"
    assert one_line("a\n b\t c ") == "a b c"


@given(st.text(st.characters()))
def test_whatever_comes_can_be_encoded_and_stays_clean(text: str) -> None:
    shown = clean(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert clean(shown) == shown
    assert whole(text).encode("utf-8").decode("utf-8") == whole(text)
    assert fold(fold(text)) == fold(text)
