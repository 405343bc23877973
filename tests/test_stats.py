"""Check values computed elsewhere, and an exact oracle in rational numbers."""

from __future__ import annotations

import inspect
import math
import random
from fractions import Fraction

import pytest

from hercules import stats
from hercules.stats import (
    always_valid,
    beta_inv,
    beta_share,
    gate_open,
    jeffreys,
    jeffreys_lower,
    mix_effect,
    newcombe,
    ratio_of_shares,
    response_bounds,
    wilson,
)

WILSON = [
    (0, 10, 0.000000, 0.277533), (1, 10, 0.017876, 0.404150), (5, 10, 0.236593, 0.763407),
    (9, 10, 0.595850, 0.982124), (10, 10, 0.722467, 1.000000), (19, 20, 0.763869, 0.991119),
    (45, 50, 0.786398, 0.956524), (90, 100, 0.825634, 0.944771), (680, 10000, 0.063230, 0.073102),
    (3276, 7800, 0.409089, 0.430990),
]  # fmt: skip
JEFFREYS = [
    (0, 0, 0.006156, 0.001541, 0.998459), (0, 10, 0.000192, 0.000048, 0.217196),
    (9, 10, 0.669437, 0.618685, 0.988988), (10, 10, 0.829227, 0.782804, 0.999952),
    (18, 18, 0.900124, 0.871442, 0.999973), (19, 20, 0.820445, 0.789181, 0.994551),
    (20, 20, 0.909524, 0.883361, 0.999976), (35, 36, 0.896454, 0.877426, 0.996986),
    (47, 50, 0.865584, 0.848467, 0.982813), (49, 50, 0.924461, 0.910320, 0.997834),
    (95, 100, 0.904229, 0.893900, 0.980668), (190, 200, 0.919719, 0.913125, 0.974007),
]  # fmt: skip
NEWCOMBE = [
    (54, 60, 420, 540, 0.122222, 0.015487, 0.187129), (45, 50, 360, 450, 0.100000, -0.018682, 0.168917),
    (90, 100, 800, 1000, 0.100000, 0.021972, 0.151732), (180, 200, 1440, 1800, 0.100000, 0.047475, 0.139290),
    (9, 10, 81, 90, 0.0, -0.307683, 0.114121), (0, 10, 0, 90, 0.0, -0.040936, 0.277533),
    (5, 20, 90, 180, -0.250000, -0.405904, -0.019666),
]  # fmt: skip
ALWAYS = [
    (54, 60, 420, 540, 0.110344, -0.023977, 0.244665), (45, 50, 360, 450, 0.085943, -0.061988, 0.233873),
    (90, 100, 800, 1000, 0.092756, -0.008082, 0.193593), (180, 200, 1440, 1800, 0.096373, 0.024324, 0.168422),
]  # fmt: skip
RATIO = [
    (100, 1000, 68, 1000, 0.68, 0.506111, 0.913633), (1000, 10000, 680, 10000, 0.68, 0.619368, 0.746568),
    (5000, 50000, 3400, 50000, 0.68, 0.652183, 0.709003), (120, 1500, 90, 1800, 0.625, 0.479708, 0.814298),
]  # fmt: skip
SMALLEST = {0.80: (9, 18, 26, 33, 40, 47), 0.90: (18, 38, 54, 69, 83, 96), 0.95: (38, 77, 109, 139, 167, 195)}
EVER_OPENS = {
    0.70: 0.0008, 0.80: 0.0129, 0.85: 0.0519, 0.88: 0.1342, 0.90: 0.2714, 0.95: 0.9414, 0.98: 1.0000,
}  # fmt: skip


def near(value: float) -> object:
    return pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("k", "n", "low", "high"), WILSON)
def test_wilson(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == (near(low), near(high))


@pytest.mark.parametrize(("k", "n", "gate", "low", "high"), JEFFREYS)
def test_jeffreys(k: int, n: int, gate: float, low: float, high: float) -> None:
    assert jeffreys_lower(k, n) == near(gate)
    assert jeffreys(k, n) == (near(low), near(high))


@pytest.mark.parametrize(("k1", "n1", "k2", "n2", "d", "low", "high"), NEWCOMBE)
def test_newcombe(k1: int, n1: int, k2: int, n2: int, d: float, low: float, high: float) -> None:
    found = newcombe(k1, n1, k2, n2)
    assert (found.value, found.low, found.high) == (near(d), near(low), near(high))


@pytest.mark.parametrize(("k1", "n1", "k2", "n2", "d", "low", "high"), ALWAYS)
def test_always_valid(k1: int, n1: int, k2: int, n2: int, d: float, low: float, high: float) -> None:
    found = always_valid(k1, n1, k2, n2)
    assert (found.value, found.low, found.high) == (near(d), near(low), near(high))


@pytest.mark.parametrize(("a", "n1", "b", "n2", "ratio", "low", "high"), RATIO)
def test_ratio_of_shares(a: int, n1: int, b: int, n2: int, ratio: float, low: float, high: float) -> None:
    found = ratio_of_shares(a, n1, b, n2)
    assert (found.value, found.low, found.high) == (near(ratio), near(low), near(high))


@pytest.mark.parametrize("target", SMALLEST)
def test_smallest_count_that_opens_the_gate(target: float) -> None:
    for wrong, smallest in enumerate(SMALLEST[target]):
        assert gate_open(smallest - wrong, wrong, 1, target)
        assert not gate_open(smallest - 1 - wrong, wrong, 1, target)


def test_gate_needs_enough_labels() -> None:
    assert not gate_open(19, 0, 20, 0.90)
    assert gate_open(20, 0, 20, 0.90)
    assert not gate_open(0, 0, 0, 0.0)


@pytest.mark.parametrize("true", EVER_OPENS)
def test_probability_that_a_gate_ever_opens(true: float) -> None:
    """Exact: the states are (labels, wrong ones); an opened gate is left out of what goes on."""
    most = [_most_wrong(n) for n in range(201)]
    alive, opened = {0: 1.0}, 0.0
    for n in range(1, 201):
        following: dict[int, float] = {}
        for wrong, chance in alive.items():
            following[wrong] = following.get(wrong, 0.0) + chance * true
            following[wrong + 1] = following.get(wrong + 1, 0.0) + chance * (1 - true)
        opened += sum(chance for wrong, chance in following.items() if wrong <= most[n])
        alive = {wrong: chance for wrong, chance in following.items() if wrong > most[n]}
    assert opened == pytest.approx(EVER_OPENS[true], abs=1e-4)


_MOST: dict[int, int] = {}


def _most_wrong(n: int) -> int:
    """The greatest number of wrong labels among n at which the gate is open, -1 for none."""
    if n not in _MOST:
        wrong = max(_MOST.get(n - 1, -1), -1)
        while wrong + 1 <= n and gate_open(n - wrong - 1, wrong + 1, 20, 0.90):
            wrong += 1
        _MOST[n] = wrong
    return _MOST[n]


def test_beta_share_equals_the_exact_binomial_tail() -> None:
    rng = random.Random(1)
    for _ in range(300):
        a, b = rng.randrange(1, 60), rng.randrange(1, 60)
        x = Fraction(rng.randrange(1, 999), 1000)
        n = a + b - 1
        exact = sum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))
        assert beta_share(float(x), a, b) == pytest.approx(float(exact), abs=1e-12)


def test_beta_inv_turns_back() -> None:
    rng = random.Random(2)
    for _ in range(300):
        a, b, p = rng.uniform(0.5, 300), rng.uniform(0.5, 300), rng.uniform(0.001, 0.999)
        assert beta_share(beta_inv(p, a, b), a, b) == pytest.approx(p, abs=1e-10)


def test_mix_effect_shows_that_both_segments_improved() -> None:
    found = mix_effect([(400, 8000), (600, 2000)], [(720, 16000), (2320, 8000)])
    assert (found.before, found.now, found.old_mix) == (near(0.1), near(0.126667), near(0.094))
    assert (found.within, found.mix) == (near(-0.006), near(0.032667))


def test_response_bounds() -> None:
    assert response_bounds(30, 5, 65) == (near(0.3), near(0.95))


@pytest.mark.parametrize(("k", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_no_share_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(k, n)
    with pytest.raises(ValueError, match="no share"):
        ratio_of_shares(k, n, 1, 2)


def test_ratio_with_nothing_on_one_side_is_refused() -> None:
    with pytest.raises(ValueError, match="0 on one side"):
        ratio_of_shares(0, 10, 1, 10)


def test_mix_of_other_segments_is_refused() -> None:
    with pytest.raises(ValueError, match="segments"):
        mix_effect([(1, 2)], [(1, 2), (1, 2)])


def test_every_function_names_its_source() -> None:
    functions = [each for name, each in inspect.getmembers(stats, inspect.isfunction) if name != "dataclass"]
    assert [each.__name__ for each in functions if "Source:" not in (each.__doc__ or "")] == []
