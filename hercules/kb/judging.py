"""Measures of ranked lists against labels, their intervals, and the threshold of a wanted precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2

MAP_RANKS = 1_000
"""Average precision looks at so many ranks, whatever the limit of the list."""

RATES = ("map", "mrr@10", "ndcg@10", "p@1", "p@5", "recall@10", "recall@50")
Draw = Callable[[int], Sequence[int]]
"""Gives so many numbers below this number, drawn with replacement."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one question gave: every rate (0..1) by name, and how many hits there were."""

    question_id: str
    rates: Mapping[str, float]
    hits: int


def judged(
    question_id: str, ranked: Sequence[str], whole: Sequence[str], relevance: Mapping[str, int]
) -> Judgement:
    """The measures of one list. `ranked` is the list up to its limit, `whole` the one for average precision.

    Source: C. D. Manning, P. Raghavan, H. Schuetze, Introduction to Information Retrieval (2008), chapter 8;
    gain 2^relevance - 1 and discount log2(rank + 1) of Burges et al. (2005).
    """
    relevant = {key for key, value in relevance.items() if value > 0}
    rates = {
        "map": average_precision(whole[:MAP_RANKS], relevant),
        "mrr@10": reciprocal_rank(ranked, relevant, 10),
        "ndcg@10": ndcg(ranked, relevance, 10),
        "p@1": precision_at(ranked, relevant, 1),
        "p@5": precision_at(ranked, relevant, 5),
        "recall@10": recall_at(ranked, relevant, 10),
        "recall@50": recall_at(ranked, relevant, 50),
    }
    return Judgement(question_id, rates, len(ranked))


def average_precision(ranked: Sequence[str], relevant: set[str]) -> float:
    """The sum of the precision at each relevant rank over the number of all relevant articles."""
    found, total = 0, 0.0
    for rank, key in enumerate(ranked, start=1):
        if key in relevant:
            found += 1
            total += found / rank
    return total / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: set[str], k: int) -> float:
    """1 / rank of the first relevant article, 0 beyond rank k."""
    return next((1 / rank for rank, key in enumerate(ranked[:k], start=1) if key in relevant), 0.0)


def ndcg(ranked: Sequence[str], relevance: Mapping[str, int], k: int) -> float:
    """The discounted gain of the first k over that of the best order of all judgements."""
    best = _gain(sorted(relevance.values(), reverse=True)[:k])
    return _gain([relevance.get(key, 0) for key in ranked[:k]]) / best if best else 0.0


def _gain(values: Iterable[int]) -> float:
    return sum((2.0**value - 1) / log2(rank + 1) for rank, value in enumerate(values, start=1))


def precision_at(ranked: Sequence[str], relevant: set[str], k: int) -> float:
    """The part of k places that relevant articles fill, also when fewer than k came."""
    return sum(key in relevant for key in ranked[:k]) / k


def recall_at(ranked: Sequence[str], relevant: set[str], k: int) -> float:
    """The part of all relevant articles among the first k."""
    return sum(key in relevant for key in ranked[:k]) / len(relevant) if relevant else 0.0


def means(judgements: Sequence[Judgement]) -> dict[str, float]:
    """The mean of every rate over the questions; 0 without any."""
    count = len(judgements) or 1
    return {name: sum(each.rates[name] for each in judgements) / count for name in RATES}


def bootstrap(values: Sequence[float], draw: Draw, rounds: int = 1_000) -> tuple[float, float]:
    """The 95% percentile interval of a mean over questions (low, high). Source: B. Efron (1979)."""
    if not values:
        return 0.0, 0.0
    count = len(values)
    drawn = sorted(sum(values[at] for at in draw(count)) / count for _ in range(rounds))
    return quantile(drawn, 0.025), quantile(drawn, 0.975)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of ordered values that `share` of them do not exceed (nearest rank)."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


# --- thresholds -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """One question as a desk would see it: how sure the best hit is (0..1) and what is known of it.

    `right`: the best hit answers it; `answerable`: some article does.
    """

    share: float
    right: bool
    answerable: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """What is answered from a share on. `coverage` is the part of the answerable questions that is answered.

    `precision` is None when nothing is answered, `silence` (the part of the unanswerable questions that
    stays unanswered) None when there is none.
    """

    say_from: float
    answered: int
    right: int
    precision: float | None
    coverage: float
    silence: float | None


def at_threshold(seen: Sequence[Answered], say_from: float) -> Threshold:
    """What a threshold would have given. Questions that nothing answers count against the precision."""
    said = [each for each in seen if each.share >= say_from and each.share > 0]
    right = sum(each.right for each in said)
    answerable = sum(each.answerable for each in seen)
    unanswerable = len(seen) - answerable
    loud = sum(not each.answerable for each in said)
    return Threshold(
        say_from,
        len(said),
        right,
        right / len(said) if said else None,
        sum(each.answerable for each in said) / answerable if answerable else 0.0,
        1 - loud / unanswerable if unanswerable else None,
    )


def threshold_for(seen: Sequence[Answered], precision: float) -> Threshold | None:
    """The threshold with the greatest coverage at which what is answered is right often enough.

    It lies half way down to the next share that would be answered, in steps of 0.01 where that fits. None
    when no threshold reaches the precision.
    """
    shares = sorted({each.share for each in seen if each.share > 0})
    good = [at for at in shares if (at_threshold(seen, at).precision or 0.0) >= precision]
    if not good:
        return None
    lowest = good[0]
    below = max((at for at in shares if at < lowest), default=0.0)
    return at_threshold(seen, _between(below, lowest))


def _between(below: float, lowest: float) -> float:
    """A round number above one share and not above the next."""
    for digits in (2, 3, 4):
        value = round((below + lowest) / 2, digits)
        if below < value <= lowest:
            return value
    return lowest
