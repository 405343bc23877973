"""The analysers: what is one token, what is exact, and what never makes a token."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.languages import LANGUAGES, language
from hercules.kb.words import RUN, codes, raw_words, shingles, words, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Connections are refused", ["connect", "refus"]),
        ("The user's e-mail", ["user", "e-mail", "mail"]),
        ("MaxConnectionPool", ["maxconnectionpool", "max", "connect", "pool"]),
        ("max_wal_senders", ["max_wal_senders", "max", "wal", "sender"]),
        ("Café naïve", ["cafe", "naiv"]),
        ("it’s don’t", []),
        ("x y 7", []),
        ("a" * 41, []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_of_a_text_and_of_a_question_meet() -> None:
    assert set(words("replication slots")) == set(words("Replication SLOT"))


def test_scripts_without_spaces_are_found_by_pairs() -> None:
    assert "磁盘" in words("服务器磁盘已满")


def test_an_unknown_language_is_read_as_english() -> None:
    assert language("xx") is language("en-GB") is LANGUAGES["en"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ORA-01555 snapshot too old", "ora-01555"),
        ("see JRASERVER-1234", "jraserver-1234"),
        ("code 0x80070005", "0x80070005"),
        ("HTTP 503 from upstream", "http:503"),
        ("exit code 137", "exit:137"),
        ("java.util.NoSuchElementException: x", "nosuchelementexception"),
        ("java.util.NoSuchElementException: x", "java.util.nosuchelementexception"),
        ("OOMKilled", "oomkilled"),
        ("set max_connections", "max_connections"),
        ("ECONNREFUSED", "econnrefused"),
    ],
)
def test_codes(text: str, expected: str) -> None:
    assert expected in codes(text)


def test_plain_words_are_no_codes() -> None:
    assert codes("Please look at the Server and Restart it, thanks") == []


def test_runs_mask_numbers() -> None:
    assert shingles("waited 30 seconds then 40 more") == shingles("waited 31 seconds then 41 more")
    assert shingles("too many clients already") == [
        f"too{RUN}many{RUN}clients",
        f"many{RUN}clients{RUN}already",
    ]


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_makes_short_tokens_without_spaces(text: str) -> None:
    for token in (*words(text), *codes(text)):
        assert 2 <= len(token) <= 80
        assert not any(letter.isspace() for letter in token)


def test_a_megabyte_of_one_word_is_no_token() -> None:
    assert words("x" * 1_000_000) == []
    assert codes("A_" * 500_000) == []


PIECES = st.sampled_from([*"ab7_é.'-ß漢 \n/,", "\u0301", "\u200b", "..", "x.y"])


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(st.characters(exclude_categories=["Cn", "Cs"])))
@settings(max_examples=300)
def test_the_quick_way_gives_the_words_of_the_pattern(text: str) -> None:
    assert written(text) == [raw for raw, _, _ in raw_words(text)]
