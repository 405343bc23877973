"""The files of labelled questions: what is read, and how a fault is named."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.labels import (
    BadLabels,
    LabelledSet,
    Question,
    article_id,
    articles_jsonl,
    half_of,
    judgements_tsv,
    questions_jsonl,
    read_articles,
    read_judgements,
    read_questions,
)

QUESTIONS, ARTICLES = {"q1"}, {article_id("a1")}


def test_articles_are_taken_apart_as_markdown() -> None:
    body = "## Symptoms\n\nIt hangs.\n\n## Cause\n\n`x.y.PoolException`"
    line = json.dumps({"id": "a1", "title": "Pool", "body": body, "tags": ["DB"], "product": "Ledger"})
    (found,) = read_articles("articles.jsonl", f"\ufeff{line}\r\n\n".encode())
    assert (found.id, found.title, found.symptoms) == ("eval:a1", "Pool", "It hangs.")
    assert (found.tags, found.product, found.headings) == (("db",), "ledger", "Symptoms\nCause")
    spanish = json.dumps(
        {"id": "a2", "title": "El disco", "body": "El disco de la base de datos se ha llenado."}
    )
    assert read_articles("articles.jsonl", spanish.encode())[0].language == "es"


def test_questions_have_a_text_or_the_parts_of_a_ticket() -> None:
    lines = [
        {"id": "q1", "text": "It hangs."},
        {"id": "q2", "subject": "Hangs", "description": "It hangs.", "log": "ERROR x", "more": 1},
    ]
    found = read_questions("q", "\n".join(map(json.dumps, lines)).encode())
    assert found == (
        Question("q1", description="It hangs."),
        Question("q2", subject="Hangs", description="It hangs.", log="ERROR x"),
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "one JSON object"),
        (b"\xff", "UTF-8"),
        (b'{"text": "x"}', "`id` is missing"),
        (b'{"id": 7, "text": "x"}', "`id` must be a text"),
        (b'{"id": "a\\tb", "text": "x"}', "tab"),
        (b'{"id": "a"}', "`text`"),
        (b'{"id": "a", "text": 3}', "`text` must be a text"),
        (b'{"id": "old", "text": "x"}', "doubled"),
    ],
)
def test_a_bad_question_is_named_by_file_and_line(line: bytes, says: str) -> None:
    data = b'{"id": "old", "text": "x"}\n\n' + line
    with pytest.raises(BadLabels, match=r"^q\.jsonl:3: ") as raised:
        read_questions("q.jsonl", data)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("q1 a1 1", "tab"),
        ("q1\ta1", "tab"),
        ("q2\ta1\t1", "no question 'q2'"),
        ("q1\ta2\t1", "no article 'a2'"),
        ("q1\ta1\t-1", "no relevance"),
        ("q1\ta1\t1.5", "no relevance"),
        ("q1\ta1\t\u0661", "no relevance"),
        ("q1\ta1\t1", "a second time"),
    ],
)
def test_a_bad_judgement_is_named_by_file_and_line(line: str, says: str) -> None:
    with pytest.raises(BadLabels, match=r"^j\.tsv:2: ") as raised:
        read_judgements("j.tsv", f"q1\ta1\t0\n{line}\n".encode(), QUESTIONS, ARTICLES)
    assert says in str(raised.value)


def test_relevance_0_answers_nothing() -> None:
    judged = read_judgements("j", b"q1\ta1\t0\n", QUESTIONS, ARTICLES)
    labels = LabelledSet((), (Question("q1"),), judged)
    assert (labels.relevant("q1"), labels.answerable) == (frozenset(), ())


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_articles, read_questions):
        with suppress(BadLabels):
            read("f", data)


def test_what_is_written_can_be_read() -> None:
    pages = read_articles("a", b'{"id": "a1", "title": "T", "body": "B\\n\\nC", "tags": ["x"]}')
    again = read_articles("a", articles_jsonl(pages).encode())
    assert (again[0].title, again[0].markdown, again[0].tags) == ("T", "B\n\nC", ("x",))
    asked = (Question("q1", "s", "d\nd", "log"), Question("q2", "s"))
    assert read_questions("q", questions_jsonl(asked).encode()) == asked
    text = judgements_tsv([("q1", "a1", 2)])
    assert read_judgements("j", text.encode(), QUESTIONS, ARTICLES) == {"q1": {"eval:a1": 2}}


def test_halves_are_stable_and_even() -> None:
    halves = [half_of(f"q{at}") for at in range(1000)]
    assert halves == [half_of(f"q{at}") for at in range(1000)]
    assert 450 < halves.count("frozen") < 550
