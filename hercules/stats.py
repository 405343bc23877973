"""Intervals, gates and ratios behind every number a manager sees; pure Python, no packages."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GATE_RECENT = 50
GATE_WRONG_MAX = 6
Z95 = 1.959963984540054
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the ends of its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mix:
    """A change of a crude share taken apart: `within` is the change at the old mix, `mix` the rest."""

    before: float
    now: float
    old_mix: float
    within: float
    mix: float


def _check(count: int, total: int) -> None:
    """Raise ValueError for what is no share. Source: a share counts some of a whole that is not empty."""
    if total <= 0 or not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")


def wilson(count: int, total: int) -> Interval:
    """The 95% score interval of a share (low, high), for showing. Raises ValueError for a total of 0.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212, without continuity correction.
    """
    _check(count, total)
    square = Z95 * Z95
    centre = (count + square / 2) / (total + square)
    half = Z95 * math.sqrt(count * (total - count) / total + square / 4) / (total + square)
    low = 0.0 if count == 0 else max(centre - half, 0.0)
    return low, 1.0 if count == total else min(centre + half, 1.0)


def jeffreys_lower(count: int, total: int, quantile: float = 0.05) -> float:
    """The one-sided lower bound of a share, for gates; a total of 0 gives the prior's bound.

    Source: prior Beta(1/2, 1/2); L. D. Brown, T. T. Cai, A. DasGupta, Stat. Sci. 16 (2001), 101-133.
    """
    if total:
        _check(count, total)
    return beta_inv(quantile, count + 0.5, total - count + 0.5)


def jeffreys(count: int, total: int) -> Interval:
    """The equal-tailed 95% Jeffreys interval of a share (low, high), without correction at the borders.

    Source: L. D. Brown, T. T. Cai, A. DasGupta, Stat. Sci. 16 (2001), 101-133.
    """
    return jeffreys_lower(count, total, 0.025), jeffreys_lower(count, total, 0.975)


def gate_open(correct: int, wrong: int, judged_min: int, precision: float) -> bool:
    """True when enough was judged and the 5% lower bound of the precision reaches the target.

    Source: one-sided Jeffreys bound (see jeffreys_lower), looked at after every label.
    """
    judged = correct + wrong
    # The bound is above the target where the distribution has no more than its share below it.
    return judged >= max(judged_min, 1) and beta_share(precision, correct + 0.5, wrong + 0.5) <= 0.05


@dataclass(frozen=True, slots=True)
class GateState:
    """How a gate stands: the labels since it last closed, among the newest of them so many wrong ones."""

    is_open: bool
    was_closed: bool
    correct: int
    wrong: int
    recent_wrong: int


def gate_state(labels: Iterable[bool], judged_min: int, precision: float) -> GateState:
    """The gate after these labels, oldest first, True for correct.

    Source: opens by gate_open; closes at GATE_WRONG_MAX wrong among the newest GATE_RECENT, then counts anew.
    """
    correct = wrong = 0
    is_open = was_closed = False
    recent: deque[bool] = deque(maxlen=GATE_RECENT)
    for label in labels:
        recent.append(label)
        correct, wrong = correct + label, wrong + (not label)
        if is_open and recent.count(False) >= GATE_WRONG_MAX:
            correct, wrong, is_open, was_closed = 0, 0, False, True
            recent.clear()
        few_wrong = recent.count(False) < GATE_WRONG_MAX
        is_open = is_open or (few_wrong and gate_open(correct, wrong, judged_min, precision))
    return GateState(is_open, was_closed, correct, wrong, recent.count(False))


def newcombe(count1: int, total1: int, count2: int, total2: int) -> Estimate:
    """The difference of two independent shares, first minus second, with its 95% interval.

    Source: R. G. Newcombe, Stat. Med. 17 (1998), 873-890, method 10 (Wilson limits of both).
    """
    low1, high1 = wilson(count1, total1)
    low2, high2 = wilson(count2, total2)
    share1, share2 = count1 / total1, count2 / total2
    below = math.hypot(share1 - low1, high2 - share2)
    above = math.hypot(high1 - share1, share2 - low2)
    difference = share1 - share2
    return Estimate(difference, difference - below, difference + above)


def always_valid(
    count1: int, total1: int, count2: int, total2: int, *, tau: float = 0.10, alpha: float = 0.05
) -> Estimate:
    """The difference of two shares, first minus second, with an interval that may be looked at all the time.

    Source: mixture sequential ratio test, R. Johari et al., KDD 2017; shares shrunk by one success in two.
    """
    _check(count1, total1)
    _check(count2, total2)
    share1, share2 = (count1 + 1) / (total1 + 2), (count2 + 1) / (total2 + 2)
    variance = share1 * (1 - share1) / (total1 + 2) + share2 * (1 - share2) / (total2 + 2)
    spread = variance + tau * tau
    half = math.sqrt(
        variance * spread / (tau * tau) * (2 * math.log(1 / alpha) + math.log(spread / variance))
    )
    difference = share1 - share2
    return Estimate(difference, difference - half, difference + half)


def ratio_of_shares(before: int, total_before: int, now: int, total_now: int) -> Estimate:
    """The share now divided by the share before, with its 95% interval. Raises ValueError where either is 0.

    Source: log ratio of independent shares, D. Katz et al., Biometrics 34 (1978), 469-474.
    """
    _check(before, total_before)
    _check(now, total_now)
    if before == 0 or now == 0:
        raise ValueError("a ratio with 0 on one side has no interval")
    ratio = (now / total_now) / (before / total_before)
    half = Z95 * math.sqrt(1 / now - 1 / total_now + 1 / before - 1 / total_before)
    return Estimate(ratio, ratio * math.exp(-half), ratio * math.exp(half))


def mix_effect(before: Sequence[tuple[int, int]], now: Sequence[tuple[int, int]]) -> Mix:
    """A change of the crude share of the same segments (count, total), taken apart.

    Source: direct standardisation to the totals before; the mix effect is what remains of the change.
    Raises ValueError when the segments differ in number or one of them is empty.
    """
    if len(before) != len(now) or any(total <= 0 for _, total in [*before, *now]):
        raise ValueError("the segments of both periods must be the same and not empty")
    total_before, total_now = sum(total for _, total in before), sum(total for _, total in now)
    crude_before = sum(count for count, _ in before) / total_before
    crude_now = sum(count for count, _ in now) / total_now
    pairs = zip(before, now, strict=True)
    old_mix = sum(old[1] / total_before * new[0] / new[1] for old, new in pairs)
    return Mix(crude_before, crude_now, old_mix, old_mix - crude_before, crude_now - old_mix)


def response_bounds(helped: int, not_helped: int, silent: int) -> Interval:
    """What the share helped would be if all silent ones were not helped, and if all were.

    Source: worst-case bounds for missing answers, C. F. Manski, Am. Econ. Rev. 80 (1990), 319-323.
    """
    total = helped + not_helped + silent
    _check(helped, total)
    return helped / total, (helped + silent) / total


# --- the beta distribution ----------------------------------------------------------------------------


def beta_inv(probability: float, a: float, b: float) -> float:
    """The x at which the beta distribution with parameters a and b has this probability below it.

    Source: bisection on beta_share to the last bit of a float; monotone, so it cannot miss.
    """
    if not 0 <= probability <= 1 or a <= 0 or b <= 0:
        raise ValueError("the quantile needs a probability and two positive parameters")
    low, high = 0.0, 1.0
    for _ in range(1100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_share(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return high


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function: the share of the distribution below x.

    Source: DLMF 8.17.22, the continued fraction, by the method of Lentz; 8.17.4 for the other half.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(logarithm) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function.

    Source: DLMF 8.17.23 (its coefficients), evaluated by the modified method of Lentz.
    """
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    value = d
    for m in range(1, 20_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d or tiny)
            c = 1 + term / c or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return value
