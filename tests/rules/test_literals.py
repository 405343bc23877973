"""Required literals: never missing from a match, and as telling as they can be."""

from __future__ import annotations

import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hercules.rules.literals import Literal, information, is_weak, of_regex, of_value
from hercules.rules.patterns import compile_bytes


def found(pattern: str) -> set[str] | None:
    literals = of_regex(pattern)
    return None if literals is None else {literal.text.decode() for literal in literals}


def test_concatenation_takes_the_best_run() -> None:
    assert found(r"error.*OutOfMemoryError: \d+ heap") == {"OutOfMemoryError: "}
    assert found(r"tail routine(.+)started") == {"tail routine"}


def test_every_branch_of_an_alternation_counts() -> None:
    assert found("Partition .* failed|Replica.*down|lost quorum") == {"Partition ", "Replica", "lost quorum"}
    assert found(r"Partition|\d+") is None
    assert found(r"(?:fatal|panic): out of (?:memory|space)") == {
        "fatal: out of memory",
        "fatal: out of space",
        "panic: out of memory",
        "panic: out of space",
    }


def test_what_may_be_absent_is_no_factor() -> None:
    assert found(r"(?:Quorum)?lost") == {"Quorumlost", "lost"}
    assert found("(?:Quorum)*x") is None
    assert found("(?:Quorum){0,3}x") is None
    assert found("(?:Quorum)+") == {"Quorum"}
    assert found("(?:Quorum){2}") == {"QuorumQuorum"}
    assert found("(?:ab){2,}") is None


def test_small_classes_expand_and_others_break() -> None:
    assert found("[Ff]ailed") == {"Failed", "failed"}
    assert found("x[0-9]failed") == {"failed"}
    assert found("x[^f]failed") == {"failed"}
    assert found("x[[:alpha:]]failed") == {"failed"}
    assert found(r"[\]\-]failed") == {"]failed", "-failed"}
    assert found("[]a]failed") == {"]failed", "afailed"}


def test_flags_hold_to_the_end_of_their_group() -> None:
    assert of_regex("(?i)Failed") == (Literal(b"failed", True),)
    assert of_regex("(?:(?i)Failed)X") == (Literal(b"failedx", True),)
    assert of_regex("(?i:a)BCD|(?-i)EFG") == (Literal(b"EFG"), Literal(b"abcd", True))


def test_escapes_and_quotes() -> None:
    assert found(r"\Qa.b*c\Ed") == {"a.b*cd"}
    assert found(r"java\.lang\.Error") == {"java.lang.Error"}
    assert found(r"\x41BCD\x{45}") == {"ABCDE"}
    assert found(r"\bword\b$") == {"word"}
    assert found("line\\nnext-line") == {"next-line"}
    assert found("café noir") == {" noir"}


def test_a_repeat_of_what_stands_before_flags_is_not_guessed() -> None:
    assert found("word(?i){0,2}") is None
    assert found("word(?i)*") is None
    assert found("word(?i){x}") == {"word{x}"}


def test_deep_nesting_gives_none_instead_of_an_error() -> None:
    assert of_regex("(?:" * 400 + "word" + ")" * 400) is None


def test_value_takes_its_best_line() -> None:
    assert of_value("Too many open files") == (Literal(b"Too many open files"),)
    assert of_value("a\nlonger line\r\nb") == (Literal(b"longer line"),)
    assert of_value("\n") is None
    assert of_value("é") == (Literal("é".encode()),)


def test_common_words_tell_little() -> None:
    assert information("connection") < information("mnesia")
    assert found("connection error.*mnesia") == {"mnesia"}
    assert is_weak(Literal(b"core"))
    assert is_weak(Literal(b"connection"))
    assert not is_weak(Literal(b"OutOfMemoryError"))


_PLAIN_ATOMS = r"a b Ab abc bca \. . \d \w [ab] [^a] [a-c] \x61 ^ $ \b"
_ODD_ATOMS = r"(?i) \Qa.\E é [é] \t { [[:digit:]] (?s:.) \pL \141"
_ATOMS = st.sampled_from([*_PLAIN_ATOMS.split(), *_ODD_ATOMS.split()])


def _patterns() -> st.SearchStrategy[str]:
    def grow(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        group = st.sampled_from(["({})", "(?:{})", "(?i:{})", "(?P<n>{})", "(?-i:{})"])
        sign = st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "+?", "{2,}"])
        return (
            st.tuples(group, below, sign).map(lambda part: part[0].format(part[1]) + part[2])
            | st.lists(below, min_size=1, max_size=3).map("".join)
            | st.lists(below, min_size=1, max_size=3).map("|".join)
            | st.tuples(below, sign).map("".join)
        )

    return st.recursive(_ATOMS, grow, max_leaves=8)


@settings(max_examples=400, deadline=None)
@given(_patterns(), st.lists(st.text(alphabet="abcABC.1é\n\t{", max_size=12), min_size=4, max_size=8))
def test_no_match_without_one_of_the_literals(pattern: str, texts: list[str]) -> None:
    try:
        compiled = compile_bytes(pattern)
    except re2.error:
        assume(False)
    literals = of_regex(pattern)
    for text in texts:
        data = text.encode()
        if literals is not None and compiled.search(data):
            assert any((one.text in data.lower() if one.caseless else one.text in data) for one in literals)
