"""The builder: which terms with which weights, and which are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.contract import NoWords, SearchIndex
from hercules.kb.index import IndexOptions, open_index
from hercules.kb.query import QueryOptions, build, choose
from hercules.kb.words import RUN
from hercules.model import ErrorEvent, Filters, Match, Term

from .samples import article, keys, many, query_of, text_terms, ticket, weight_of


@dataclass
class Counts:
    """Statistics by hand."""

    articles: int = 100
    common: dict[str, int] = field(default_factory=dict)
    left: int = 0
    unnamed: int = 0

    def found_in(self, text: str, exact: bool) -> int:
        return self.common.get(text, 1)

    def postings(self, text: str, exact: bool) -> int:
        return self.found_in(text, exact)

    def leaves(self, filters: Filters) -> int:
        return self.left if filters.product == "ledger" else self.unnamed

    def near(self, word: str) -> list[str]:
        return []


def test_weights_follow_the_place(index: SearchIndex) -> None:
    match = Match("r1", "Sign in fails", "high", "stable", 1, (), search="certificate metadata")
    query = query_of(
        index,
        "Archive stops",
        'Notifications are lost, it says "the queue is cleared". Code ARCH-00507.',
        matches=(match,),
        errors=(ErrorEvent("a.log", 1, "ERROR Sched - two schedulers run"),),
    )
    assert (weight_of(query, "archiv").weight, weight_of(query, "archiv").source) == (2.0, "subject")
    assert (weight_of(query, "notif").weight, weight_of(query, "notif").source) == (1.0, "prose")
    assert (weight_of(query, "queue").weight, weight_of(query, "queue").source) == (2.0, "quote")
    assert (weight_of(query, "arch-00507").weight, weight_of(query, "arch-00507").exact) == (3.0, True)
    assert (weight_of(query, "metadata").weight, weight_of(query, "metadata").source) == (2.5, "rule")
    assert (weight_of(query, "schedul").weight, weight_of(query, "schedul").source) == (1.0, "log")


def test_folded_matches_ask_nothing(index: SearchIndex) -> None:
    match = Match("r1", "metadata", "high", "stable", 1, (), folded_under="r2")
    assert "metadata" not in text_terms(query_of(index, "Archive stops", matches=(match,)))


def test_courtesy_is_not_asked(index: SearchIndex) -> None:
    query = query_of(index, "Urgent problem, please help", "Thanks a lot! We look forward to an answer.")
    assert not text_terms(query) & {"urgent", "problem", "pleas", "help", "thank", "lot"}


def test_exceptions_ask_for_class_and_message(index: SearchIndex) -> None:
    query = query_of(
        index,
        "Trouble",
        "com.example.PoolExhaustedException: no free connection in the pool\n\tat a.b(C.java:1)",
    )
    assert (
        weight_of(query, "poolexhaustedexception").source,
        weight_of(query, "poolexhaustedexception").weight,
    ) == (
        "exception",
        2.5,
    )
    assert any(term.exact and RUN in term.text for term in query.terms)


def test_words_of_log_lines_stand_apart(index: SearchIndex) -> None:
    query = query_of(index, "archive", "2026-10-29 07:30:14 ERROR the archive stops")
    assert {term.source for term in query.terms if term.text == "archiv"} == {"subject", "log"}


def test_at_most_32_known_terms_and_16_of_the_logs() -> None:
    text = " ".join(f"prose{at}" for at in range(200))
    logs = tuple(ErrorEvent("a", at, f"ERROR alpha{at} beta{at} gamma{at}") for at in range(30))
    query = build(ticket("one two three", text), (), logs, Counts(), QueryOptions())
    assert len([term for term in query.terms if term.source != "log"]) == 32
    assert len([term for term in query.terms if term.source == "log"]) == 16
    assert {"three"} <= text_terms(query), "the subject comes first"


def test_rare_words_are_preferred_and_common_ones_dropped() -> None:
    terms = [Term(f"rare{at}", 1.0, "prose") for at in range(10)] + [Term("everywhere", 1.0, "subject")]
    assert "everywhere" not in {
        term.text for term in choose(terms, Counts(common={"everywhere": 60}), QueryOptions())
    }
    few = [Term("rare", 1.0, "prose"), Term("everywhere", 1.0, "subject")]
    assert "everywhere" in {
        term.text for term in choose(few, Counts(common={"everywhere": 60}), QueryOptions())
    }


def test_the_budget_of_postings_holds() -> None:
    counts = Counts(articles=1_000_000, common={f"w{at}": 9_000 for at in range(10)})
    chosen = choose([Term(f"w{at}", 1.0, "prose") for at in range(10)], counts, QueryOptions())
    assert len(chosen) == 2


def test_unknown_words_come_last_and_are_bounded() -> None:
    counts = Counts(common={f"u{at}": 0 for at in range(100)})
    terms = [Term(f"u{at}", 1.0, "prose") for at in range(100)] + [Term("known", 1.0, "prose")]
    chosen = choose(terms, counts, QueryOptions())
    assert chosen[0].text == "known"
    assert len(chosen) == 33


def test_a_product_filters_only_where_enough_is_left() -> None:
    options = QueryOptions()
    narrow = build(ticket("archive", product="Ledger"), (), (), Counts(left=5), options)
    assert narrow.filters.product == "ledger"
    wide = build(ticket("archive", product="Ledger"), (), (), Counts(left=4), options)
    assert wide.filters.product == ""
    assert weight_of(wide, "ledger").weight == 1.5


def test_a_product_that_no_article_has_hides_nothing() -> None:
    """A desk may name it otherwise than the articles do: those without a product alone are not enough."""
    general = Counts(left=9, unnamed=9)
    asked = build(ticket("archive", product="Ledger"), (), (), general, QueryOptions())
    assert asked.filters.product == ""
    assert weight_of(asked, "ledger").weight == 1.5


def test_articles_of_the_tickets_version_come_first(tmp_path: Path, engine: str) -> None:
    text = "The nightly export stops half way."
    pages = [
        article(f"v{at}", "The export stops", text, versions=(version,))
        for at, version in enumerate(("7.x", "8.0", "v9.12", "10.x", ""))
    ]
    index = open_index(tmp_path / "index", IndexOptions(), engine)
    index.rebuild([*pages, *many(40)])

    def first(version: str) -> str:
        return keys(index.search(query_of(index, "Nightly export stops", version=version)))[0]

    assert [first(each) for each in ("7.4.1", "8.0", "Ledger 9.12.3-m1", "10.1")] == ["v0", "v1", "v2", "v3"]
    assert first("8.4") == first("") == first("unknown") == "v0", (
        "no article is of it: the order of their ids"
    )
    (hit, *_) = index.search(query_of(index, "Nightly export stops", version="9.12.3"))
    assert ("9.12", "near", "exact") in hit.matched
    index.close()


def test_the_desk_and_everybody_are_asked(index: SearchIndex) -> None:
    query = query_of(index, "archive", options=QueryOptions(audience="public"))
    assert query.filters.desk_ids == frozenset({"desk-a", "*"})
    assert query.filters.audience == "public"


def test_synonyms_are_asked_with_less_weight(index: SearchIndex) -> None:
    query = query_of(index, "volume jam", options=QueryOptions(synonyms="jam, stuck => exhausted pool\n"))
    assert weight_of(query, "exhaust").weight == 2.0 * 0.6
    assert "exhaust" not in text_terms(query_of(index, "volume jam"))


def test_environment_lines_count_little(index: SearchIndex) -> None:
    query = query_of(index, "Trouble", "Environment: archive 4, pool 7")
    assert weight_of(query, "archiv").weight == 0.3


def test_without_articles_nothing_known_is_asked() -> None:
    query = build(ticket("archive is full"), (), (), NoWords(), QueryOptions())
    assert {term.text for term in query.terms} == {"archiv", "full"}
    assert query.raw.startswith("archive is full")


def test_what_was_cut_is_told(index: SearchIndex) -> None:
    assert any("greeting" in line for line in query_of(index, "x", "Hello,\nthe archive stops").dropped)


@given(st.text(max_size=200), st.text(max_size=600))
@settings(max_examples=100, deadline=None)
def test_any_ticket_makes_a_query(subject: str, description: str) -> None:
    query = build(ticket(subject, description), (), (), Counts(), QueryOptions())
    assert len(query.terms) <= 32 + 16 + 32
    assert all(term.weight > 0 for term in query.terms)


# --- near spellings ---------------------------------------------------------------------------------


def test_a_mistyped_word_asks_for_the_near_one_too(index: SearchIndex) -> None:
    query = query_of(index, "The arhcive is full", "nothing is written")
    assert weight_of(query, "archiv").weight == pytest.approx(2.0 * 0.7)
    assert weight_of(query, "archiv").shown == "archive"


@pytest.mark.parametrize("word", ["ARHCIVE", "Arhcive2", "arhcive-2", "ArhCive", "arhc", "archive"])
def test_codes_names_numbers_and_known_words_are_never_guessed(word: str) -> None:
    class Guessing(Counts):
        def near(self, word: str) -> list[str]:
            raise AssertionError(word)

    stats = Guessing(common={"arhciv": 0} if word != "archive" else {})
    build(ticket(word, ""), (), (), stats, QueryOptions())


def test_only_a_few_words_are_guessed() -> None:
    class Guessing(Counts):
        def near(self, word: str) -> list[str]:
            return [f"near{word}"]

        def found_in(self, text: str, exact: bool) -> int:
            return int(text.startswith("near"))

    query = build(
        ticket("x", " ".join(f"mistype{'abcdefghij'[at]}" for at in range(10))),
        (),
        (),
        Guessing(),
        QueryOptions(),
    )
    assert sum(term.text.startswith("near") for term in query.terms) == 4
