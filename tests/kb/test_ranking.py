"""The final order: what each feature counts, and that place and share do not depend on the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hercules.kb.contract import FieldWeights, IndexOptions, RankWeights, SearchIndex
from hercules.kb.ranking import (
    CANDIDATES,
    FEATURE_NAMES,
    Asked,
    Candidate,
    Features,
    Page,
    features,
    points,
    ranked_hits,
)
from hercules.model import KbQuery, Term

from .samples import query_of
from .test_query import Counts

STATS = Counts(articles=1000)


def candidate(key: str, score: float, held: dict[str, list[str]]) -> Candidate:
    body = [*held.get("title", []), *held.get("body", [])]
    return Candidate(key, key, "", "public", "", score, {**held, "body": body})


def asked(*words: str, terms: tuple[Term, ...] = ()) -> KbQuery:
    spoken = tuple(Term(word, 1.0, "prose") for word in dict.fromkeys(words))
    return KbQuery((*spoken, *terms), tokens=words)


def counted(query: KbQuery, **held: list[str]) -> Features:
    (found,) = features(Asked(query, STATS), [Page(candidate("a", 1.0, held))])
    return found


def test_each_feature_counts_its_own() -> None:
    plain = counted(asked("disk", "full"), body=["disk", "is", "full"])
    assert plain.words > 0
    assert plain.title == plain.symptoms == plain.pairs == plain.codes == plain.copied == plain.logs == 0
    titled = counted(asked("disk", "full"), title=["disk", "full"])
    assert (titled.title, titled.opening) == (1.0, 1.0)
    assert titled.title_pairs > 0
    assert counted(asked("disk", "full"), title=["disk", "full", "archiv"]).title == pytest.approx(2 / 3)
    assert counted(asked("full", "disk"), title=["disk", "full"]).title_pairs == 0
    assert counted(asked("disk", "full"), body=["disk", "full"]).pairs > 0
    assert counted(asked("disk", "full"), symptoms=["disk"]).symptoms == pytest.approx(1 / 2)


def test_only_the_first_words_are_an_opening() -> None:
    late = counted(asked(*(f"w{at}" for at in range(40)), "disk"), title=["disk"])
    assert (late.title, late.opening) == (1.0, 0.0)


def test_exact_terms_and_log_lines_count_apart() -> None:
    code, run = Term("ora-01555", 3.0, "code", exact=True), Term("a~b~c", 2.0, "quote", exact=True)
    logged = Term("quota", 1.0, "log")
    found = counted(asked("x", terms=(code, run, logged)), exact=["ora-01555", "a~b~c"], body=["quota"])
    assert found.codes > 0
    assert found.copied > 0
    assert found.logs > 0
    assert found.words == 0, "a word of a log line is none of the question"


def test_words_nobody_knows_and_asked_away_count_nothing() -> None:
    stats = Counts(articles=1000, common={"nowhere": 0})
    query = KbQuery((Term("away", -1.0, "prose"), Term("nowhere", 1.0, "prose")), tokens=("nowhere",))
    assert Asked(query, stats).words == {}


def test_field_weights_still_count() -> None:
    one = Features(**dict.fromkeys(FEATURE_NAMES, 1.0))
    low = IndexOptions(weights=FieldWeights(title=0, exact=0))
    assert points(one, IndexOptions()) > points(one, low)
    assert points(one, replace(low, ranking=RankWeights(words=1.0))) > points(one, low)


def test_the_first_are_ordered_anew_and_the_rest_stays_behind() -> None:
    some = [candidate(f"c{at:03d}", 200.0 - at, {"body": ["disk"]}) for at in range(120)]
    some[CANDIDATES - 1] = replace(some[CANDIDATES - 1], held={"title": ["disk"], "body": ["disk"]})
    hits = ranked_hits(asked("disk"), some, STATS, IndexOptions(), 120)
    assert hits[0].article_id == f"c{CANDIDATES - 1:03d}"
    assert [hit.article_id for hit in hits[CANDIDATES:]] == [each.article_id for each in some[CANDIDATES:]]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_equal_points_go_by_id() -> None:
    some = [candidate(key, 1.0, {"body": ["disk"]}) for key in ("b", "c", "a")]
    hits = ranked_hits(asked("disk"), some, STATS, IndexOptions(), 3)
    assert [hit.article_id for hit in hits] == ["a", "b", "c"]
    assert ranked_hits(asked("disk"), [], STATS, IndexOptions(), 3) == []


def test_a_longer_list_begins_as_the_shorter_one(index: SearchIndex) -> None:
    query = query_of(
        index, "The archive is full", "Writes fail with ARCH-00507, notifications are sent twice."
    )
    whole = index.search(query, 8)
    for limit in range(1, 8):
        assert index.search(query, limit) == whole[:limit]


def test_a_foreign_log_does_not_move_the_answer(index: SearchIndex) -> None:
    words = ("Users cannot sign in", "The sign-in ends on a page about a certificate.")
    log = "\n".join(
        f"2026-10-29 07:30:{at:02d} ERROR the connection pool has no free slot {at}" for at in range(30)
    )
    calm = index.search(query_of(index, *words))
    noisy = index.search(query_of(index, words[0], f"{words[1]}\n{log}"))
    assert calm[0].article_id == noisy[0].article_id == "folder:login"
