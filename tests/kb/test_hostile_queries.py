"""Hostile texts by ticket and search box: answers, never an error, and quickly; more by a bench."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.contract import SearchIndex
from hercules.kb.cut import cut_ticket
from tests.bench.kbhostile import LIMIT_MS, ask_box, ask_ticket, hostile_texts, took_ms

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
def test_a_megabyte_takes_no_half_second(index: SearchIndex, piece: str) -> None:
    text = (piece * ((1 << 20) // len(piece) + 1))[: 1 << 20]
    assert median(took_ms(lambda: ask_ticket(index, text)) for _ in range(3)) < LIMIT_MS
    assert median(took_ms(lambda: ask_box(index, text, POOL)) for _ in range(3)) < LIMIT_MS


def test_what_is_dropped_is_bounded() -> None:
    kept = cut_ticket("at a.b(C.java:1)\n" * 100_000)
    assert len(kept.dropped) <= 200
