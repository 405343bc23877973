"""The measures, computed by hand."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hercules.kb.judging import (
    RATES,
    Answered,
    at_threshold,
    average_precision,
    bootstrap,
    judged,
    means,
    ndcg,
    precision_at,
    quantile,
    recall_at,
    reciprocal_rank,
    threshold_for,
)


def test_one_list_by_hand() -> None:
    found = judged("q", list("axbyc"), list("axbyc"), {"a": 1, "b": 2, "c": 0, "z": 3})
    assert found.rates["map"] == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert found.rates["mrr@10"] == 1.0
    gain = 1 / log2(2) + 3 / log2(4)
    best = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)
    assert found.rates["ndcg@10"] == pytest.approx(gain / best)
    assert found.rates["p@1"] == 1.0
    assert found.rates["p@5"] == pytest.approx(2 / 5)
    assert found.rates["recall@10"] == found.rates["recall@50"] == pytest.approx(2 / 3)
    assert found.hits == 5
    assert tuple(found.rates) == RATES


def test_no_hit_and_fewer_than_k() -> None:
    nothing = judged("q", [], [], {"a": 1})
    assert set(nothing.rates.values()) == {0.0}
    assert precision_at(["a"], {"a"}, 5) == pytest.approx(1 / 5)
    assert recall_at(["a"], {"a", "b"}, 10) == 0.5


def test_the_first_relevant_counts_and_only_within_ten() -> None:
    ranked = [f"x{at}" for at in range(10)]
    assert reciprocal_rank([*ranked[:2], "a", "b"], {"a", "b"}, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank([*ranked, "a"], {"a"}, 10) == 0.0
    assert reciprocal_rank([*ranked[:9], "a"], {"a"}, 10) == pytest.approx(1 / 10)


def test_average_precision_looks_at_a_thousand_whatever_the_limit() -> None:
    deep = [f"x{at}" for at in range(999)] + ["a"]
    found = judged("q", deep[:50], deep, {"a": 1})
    assert found.rates["map"] == pytest.approx(1 / 1000)
    assert found.rates["recall@50"] == 0.0
    assert judged("q", deep[:50], ["y", *deep], {"a": 1}).rates["map"] == 0.0
    assert average_precision(list("ab"), {"a", "b"}) == 1.0


def test_equal_grades_may_stand_in_any_order() -> None:
    assert ndcg(list("ab"), {"a": 2, "b": 2}, 10) == ndcg(list("ba"), {"a": 2, "b": 2}, 10) == 1.0
    assert ndcg(list("ab"), {"a": 1, "b": 2}, 10) < 1.0


@given(st.permutations(list("abcdef")), st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3)))
def test_rates_are_shares(ranked: list[str], relevance: dict[str, int]) -> None:
    found = judged("q", ranked, ranked, relevance)
    assert all(0 <= value <= 1 + 1e-9 for value in found.rates.values())


def test_means_are_over_questions() -> None:
    told = [judged("q", ["a"], ["a"], {"a": 1}), judged("r", ["b"], ["b"], {"a": 1})]
    assert means(told)["mrr@10"] == 0.5
    assert means([])["mrr@10"] == 0.0


def test_the_interval_holds_the_mean_and_narrows() -> None:
    steps = iter(range(10**9))

    def draw(count: int) -> list[int]:
        return [next(steps) * 7919 % count for _ in range(count)]

    few, many = [0.0, 1.0] * 20, [0.0, 1.0] * 500
    low, high = bootstrap(few, draw, 200)
    assert low <= 0.5 <= high
    assert bootstrap([], draw) == (0.0, 0.0)
    assert bootstrap([1.0] * 9, draw, 50) == (1.0, 1.0)
    closer = bootstrap(many, draw, 100)
    assert closer[1] - closer[0] <= high - low + 0.01


def test_quantiles_are_nearest_ranks() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0.0, 0.25, 0.5, 0.51, 1.0)] == [1, 1, 2, 3, 4]


# --- thresholds -------------------------------------------------------------------------------------

SEEN = [
    Answered(0.9, True, True),
    Answered(0.8, True, True),
    Answered(0.7, False, True),
    Answered(0.6, True, True),
    Answered(0.5, False, False),
    Answered(0.1, False, False),
    Answered(0.0, False, True),
]


def test_what_a_threshold_gives() -> None:
    found = at_threshold(SEEN, 0.5)
    assert (found.answered, found.right) == (5, 3)
    assert found.precision == pytest.approx(3 / 5)
    assert found.coverage == pytest.approx(4 / 5)
    assert found.silence == 0.5
    nothing = at_threshold(SEEN, 0.95)
    assert (nothing.answered, nothing.precision, nothing.silence) == (0, None, 1.0)
    assert at_threshold(SEEN[:2], 0.5).silence is None
    assert at_threshold(SEEN, 0.0).answered == 6, "a question without a hit is never answered"


def test_the_threshold_of_a_precision_covers_the_most() -> None:
    found = threshold_for(SEEN, 0.75)
    assert found is not None
    assert (found.answered, found.precision) == (4, 0.75)
    assert found.say_from == 0.55
    best = threshold_for(SEEN, 1.0)
    assert best is not None
    assert (best.say_from, best.answered) == (0.75, 2)
    assert threshold_for([Answered(0.9, False, True)], 0.5) is None
    assert threshold_for([], 0.5) is None


def test_near_shares_are_told_apart() -> None:
    close = [Answered(0.912345, True, True), Answered(0.912344, False, True)]
    found = threshold_for(close, 1.0)
    assert found is not None
    assert found.answered == 1
