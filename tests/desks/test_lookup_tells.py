"""A look-up whose answer the path misses tells nothing: it must never lead to a second post."""

from __future__ import annotations

import pytest

from hercules.desks.generic.adapter import _tells_none
from hercules.desks.jsonbody import Json


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("comments[].number", {"comments": []}),
        ("comments[].number", {"total": 0, "comments": None}),
        ("comments[].number", {}),
        ("comments[].number", []),
        ("found.id", {"found": None}),
        ("found.id | other[].id", {"other": []}),
    ],
)
def test_an_empty_answer_says_none(path: str, body: Json) -> None:
    assert _tells_none(path, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("coments[].number", {"comments": [{"number": 7}]}),
        ("comments[].nr", {"comments": [{"number": 7}]}),
        ("nr", [{"number": 7}]),
        ("found.id", {"error": "no such query"}),
    ],
)
def test_an_answer_that_the_path_misses_says_nothing(path: str, body: Json) -> None:
    assert not _tells_none(path, body)
