"""The search box, did-you-mean's neighbours, and snippets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.box import BoxQuery, box_query, read_box, snippet, snippet_html
from hercules.kb.contract import SearchIndex
from hercules.kb.query import QueryOptions
from hercules.kb.synonyms import read_synonyms
from hercules.model import Filters, Term
from hercules.text import one_line

from .samples import POOL, article, keys


def ask(index: SearchIndex, typed: str, filters: Filters | None = None) -> list[str]:
    return keys(index.search(box_query(read_box(typed), index.words, QueryOptions(), filters)))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("disk full", BoxQuery(words=("disk", "full"))),
        ('"disk is full" archive', BoxQuery(words=("archive",), phrases=("disk is full",))),
        ('disk -full -"in use"', BoxQuery(words=("disk",), without=("full", "in use"))),
        ("product:Ledger pool", BoxQuery(words=("pool",), product="ledger")),
        ('"never closed', BoxQuery(phrases=("never closed",))),
        ("product: - -- : x:y", BoxQuery(words=("product:", "-", ":", "x:y"), without=("-",))),
        ("", BoxQuery()),
    ],
)
def test_reading(typed: str, expected: BoxQuery) -> None:
    assert read_box(typed) == expected


def test_only_the_first_200_characters_count() -> None:
    assert sum(map(len, read_box("ab " * 1_000_000).words)) <= 200


def test_finding(index: SearchIndex) -> None:
    assert ask(index, "archive disk")[0] == "disk"
    assert "disk" not in ask(index, "archive -disk")
    assert set(ask(index, "product:ledger pages notifications archive")) >= {"pool", "mail"}
    assert "disk" not in ask(index, "product:ledger archive")
    assert ask(index, '"no free connection"') == ["pool"]
    assert ask(index, "ARCH-00507") == ["disk"]
    assert ask(index, "") == ask(index, "-disk") == []


def test_what_is_asked_away_is_a_whole_word_or_a_whole_phrase(index: SearchIndex) -> None:
    assert "disk" in ask(index, "archive -left-hand"), "which says nothing against `left`"
    assert "disk" in ask(index, 'archive -"full archive"'), "both words, but not side by side"
    assert "disk" not in ask(index, 'archive -"no space left"')
    assert "pool" not in ask(index, "connection -PoolExhaustedException")
    assert "pool" in ask(index, "connection -PoolEmptyException")


def test_synonyms_are_asked_too(index: SearchIndex) -> None:
    options = QueryOptions(synonyms="cupo => connection pool\n")
    (term, *_) = box_query(read_box("cupo"), index.words, options).terms
    assert (term.text, term.weight, term.stands) == ("connect", 0.6, "near")
    assert ask(index, "cupo") == []


def test_filters_of_the_person_hold(index: SearchIndex) -> None:
    assert "other" not in ask(index, "runbook archive")
    assert "other" in ask(index, "runbook archive", Filters(frozenset({"desk-b", "*"})))
    assert "inside" not in ask(index, "archive keys", Filters(audience="public"))


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_anything_can_be_typed(index: SearchIndex, typed: str) -> None:
    ask(index, typed)


# --- snippets -------------------------------------------------------------------------------------


def terms(*texts: str) -> list[Term]:
    return [Term(text, 1.0, "subject") for text in texts]


def test_the_best_window_is_shown() -> None:
    body = "Begin. " + "filler " * 200 + "the pool is exhausted and connections wait " + "filler " * 200
    pieces = snippet(article("a", "t", body), terms("pool", "exhaust", "connect"))
    assert [text for text, marked in pieces if marked] == ["pool", "exhausted", "connections"]
    assert len("".join(text for text, _ in pieces)) <= 200


def test_without_a_word_the_beginning_is_shown() -> None:
    assert snippet(POOL, terms("nowhere"), 10) == [("All pages\u2026", False)]
    assert snippet(article("a", "t", ""), terms("x")) == []


def test_snippets_are_escaped() -> None:
    page = article("a", "t", 'A <script>alert("pool")</script> & <b>pool</b>')
    html = snippet_html(snippet(page, terms("pool")))
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(&quot;<mark>pool</mark>&quot;)" in html
    assert "&amp;" in html


@given(st.text(max_size=500), st.integers(1, 300))
@settings(max_examples=80, deadline=None)
def test_snippets_are_parts_of_the_body(body: str, chars: int) -> None:
    page = article("a", "t", f"{body} pool {body}")
    shown = "".join(text for text, _ in snippet(page, terms("pool"), chars))
    assert len(shown) <= chars
    assert shown.strip("\u2026") in one_line(page.body)


@pytest.mark.parametrize("chars", [40, 77, 200])
def test_snippets_begin_and_end_between_words(chars: int) -> None:
    before, after = (" ".join(f"{side}{number}" for number in range(90)) for side in ("begin", "finish"))
    body = f"{before} the pool is exhausted {after}"
    shown = "".join(text for text, _ in snippet(article("a", "t", body), terms("pool", "exhaust"), chars))
    assert shown.startswith("\u2026")
    assert shown.endswith("\u2026")
    assert "pool is exhausted" in shown
    assert len(shown) <= chars
    assert f" {shown.strip(chr(0x2026))} " in f" {body} "
    whole = "".join(text for text, _ in snippet(article("a", "t", "the pool"), terms("pool"), chars))
    assert whole == "the pool"


# --- synonyms -------------------------------------------------------------------------------------


def test_synonyms_lead_one_way_or_both() -> None:
    synonyms, refusals = read_synonyms("# words\noom, out of memory => memory limit\nlogin, sign-in\n\n")
    assert refusals == ()
    assert synonyms.of("Out of memory, again") == ("memory limit",)
    assert synonyms.of("my LOGIN fails") == ("sign-in",)
    assert synonyms.of("the sign-in.") == ("login",)
    assert synonyms.of("memory limit") == ()
    assert synonyms.of("zoom") == ()


@pytest.mark.parametrize(
    ("line", "line_number"),
    [
        ("a,b,c,d,e,f,g,h,i", 1),
        ("alone", 1),
        ("=> b", 1),
        ("a =>", 1),
        ("a => b\nb => a", 2),
    ],
)
def test_wrong_synonyms_are_told(line: str, line_number: int) -> None:
    _, refusals = read_synonyms(line)
    assert [refusal.line for refusal in refusals] == [line_number]


def test_the_starter_synonyms_are_sound() -> None:
    path = Path(__file__).parents[2] / "kb_index" / "synonyms.txt"
    synonyms, refusals = read_synonyms(path.read_text("utf-8"))
    assert refusals == ()
    assert synonyms.pairs
