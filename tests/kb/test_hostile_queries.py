"""Hostile texts by ticket and search box: answers, never an error; the bench tells how quickly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.contract import SearchIndex
from hercules.kb.cut import cut_ticket
from tests.bench.kbhostile import ask_box, ask_ticket, hostile_texts
from tests.patience import ending

from .samples import POOL


def test_pieces_and_their_mixtures(index: SearchIndex) -> None:
    for text in hostile_texts(400):
        ask_ticket(index, text)
        ask_box(index, text, POOL)


@given(st.text(max_size=500))
@settings(max_examples=60, deadline=None)
def test_any_text(index: SearchIndex, text: str) -> None:
    ask_ticket(index, text)
    ask_box(index, text, POOL)


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "a.",
        "\u0301",
        "\x00",
        "\n",
        "(((",
        "word-",
        "ERROR 10:00:00 x\n",
        "\u202e\u05d0 ",
        "Ab",
        '"',
        "> x\n",
    ],
)
def test_a_megabyte_ends(index: SearchIndex, piece: str) -> None:
    text = (piece * ((1 << 20) // len(piece) + 1))[: 1 << 20]
    with ending():
        ask_ticket(index, text)
        ask_box(index, text, POOL)


def test_what_is_dropped_is_bounded() -> None:
    kept = cut_ticket("at a.b(C.java:1)\n" * 100_000)
    assert len(kept.dropped) <= 200
