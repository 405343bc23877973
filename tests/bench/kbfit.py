"""`python -m tests.bench.kbfit [FOLDER...]`: the weights of ranking and confidence, fitted anew.

Fits on the tuning half of our own labelled tickets and of every FOLDER of labels (as for `hercules kb eval`),
each counting alike, and prints the weights beside those in use, with figures for the frozen half. Nothing is
written: what is better is put into `kb/contract.py` and `kb/confidence.py` by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hercules.kb.confidence import SIGNALS, START, Coefficients, Signals, share
from hercules.kb.contract import IndexOptions, RankWeights, WordStats
from hercules.kb.evaluate import prepared, query_of
from hercules.kb.index import open_index
from hercules.kb.judging import Answered, at_threshold, reciprocal_rank
from hercules.kb.labels import (
    ARTICLES,
    JUDGEMENTS,
    QUERIES,
    Half,
    LabelledSet,
    read_articles,
    read_judgements,
    read_questions,
)
from hercules.kb.query import QueryOptions
from hercules.kb.ranking import (
    CANDIDATES,
    EXACT_FEATURES,
    FEATURE_NAMES,
    TITLE_FEATURES,
    Asked,
    Candidate,
    Page,
    features,
    ranked_hits,
)
from hercules.model import Hit, KbQuery
from tests.kb.ownset import SYNONYMS, labelled

ROUNDS = 150
RIDGE = 0.005
Vector = list[float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One question: the counted features of its candidates, by rank; `right` tells which answer it."""

    half: Half
    ids: list[str]
    rows: list[Vector]
    right: list[bool]
    answerable: bool
    signals: Vector
    first_right: bool


def collected(labels: LabelledSet) -> list[Seen]:
    """All questions asked of an index of the set's articles."""
    found: list[Seen] = []
    with TemporaryDirectory(prefix="hercules-fit-") as folder:
        index = open_index(Path(folder) / "index", IndexOptions(synonyms=SYNONYMS))
        index.rebuild(labels.articles)
        for asked in prepared(labels.questions):
            query = query_of(asked, index, QueryOptions(synonyms=SYNONYMS))
            with _watched(index.words) as (ids, rows, signals):
                hits = index.search(query, 10)
            relevant = labels.relevant(asked.question.id)
            right = [each in relevant for each in ids]
            first = bool(hits) and hits[0].article_id in relevant
            found.append(Seen(asked.question.half, ids, rows, right, bool(relevant), signals, first))
        index.close()
    return found


@contextmanager
def _watched(stats: WordStats) -> Iterator[tuple[list[str], list[Vector], Vector]]:
    """Lists that the next search fills: ids and features of its candidates, signals of its best hit."""
    ids: list[str] = []
    rows: list[Vector] = []
    signals: Vector = []

    def ranked(
        query: KbQuery, candidates: Sequence[Candidate], words: WordStats, options: IndexOptions, limit: int
    ) -> list[Hit]:
        pages = [Page(each) for each in candidates[:CANDIDATES]]
        ids.extend(page.of.article_id for page in pages)
        for counted in features(Asked(query, stats), pages):
            rows.append([getattr(counted, name) * _factor(name, options) for name in FEATURE_NAMES])
        return ranked_hits(query, candidates, words, options, limit)

    def sure(seen: Signals, mix: Coefficients) -> float:
        if not signals:
            signals.extend(getattr(seen, name) for name in SIGNALS)
        return share(seen, mix)

    with (
        patch("hercules.kb.backends.serving.ranked_hits", ranked),
        patch("hercules.kb.confidence.share", sure),
    ):
        yield ids, rows, signals


def _factor(name: str, options: IndexOptions) -> float:
    """What a feature is multiplied by besides its weight."""
    if name in TITLE_FEATURES:
        return options.weights.title
    return options.weights.exact if name in EXACT_FEATURES else 1.0


# --- fitting ------------------------------------------------------------------------------------------


def fit_order(sets: Sequence[Sequence[Seen]]) -> Vector:
    """Weights from 0 on that make the right candidates likely: a conditional logit with a ridge."""
    asked = [[each for each in some if each.half == "tuning" and any(each.right)] for some in sets]
    scale = _scale([row for some in asked for each in some for row in each.rows])

    def slope(weights: Vector) -> Vector:
        total = [2 * RIDGE * weight for weight in weights]
        for some in asked:
            for each in some:
                _add(total, _order_slope(each, weights, scale), 1 / len(some))
        return total

    return [weight / by for weight, by in zip(_descended(slope, len(scale)), scale, strict=True)]


def _order_slope(seen: Seen, weights: Vector, scale: Vector) -> Vector:
    """How the surprise at the right candidates changes with each weight."""
    rows = [[value / by for value, by in zip(row, scale, strict=True)] for row in seen.rows]
    points = [sum(map(float.__mul__, row, weights)) for row in rows]
    top = max(points)
    odds = [exp(point - top) for point in points]
    whole, good = sum(odds), sum(each for each, right in zip(odds, seen.right, strict=True) if right)
    found = [0.0] * len(weights)
    for row, each, right in zip(rows, odds, seen.right, strict=True):
        _add(found, row, each / whole - (each / max(good, 1e-12) if right else 0.0))
    return found


def fit_share(sets: Sequence[Sequence[Seen]]) -> tuple[float, Vector]:
    """Base and coefficients from 0 on of a logistic mix that tells whether the first hit is right."""
    told = [[each for each in some if each.half == "tuning" and each.signals] for some in sets]
    scale = _scale([each.signals for some in told for each in some])

    def slope(mix: Vector) -> Vector:
        total = [0.0, *(2 * RIDGE * weight for weight in mix[1:])]
        for some in told:
            for each in some:
                row = [1.0, *(value / by for value, by in zip(each.signals, scale, strict=True))]
                point = max(min(sum(map(float.__mul__, row, mix)), 30.0), -30.0)
                _add(total, row, (1 / (1 + exp(-point)) - each.first_right) / len(some))
        return total

    base, *weights = _descended(slope, len(scale) + 1, free=1)
    return base, [weight / by for weight, by in zip(weights, scale, strict=True)]


def _scale(rows: Sequence[Vector]) -> Vector:
    """The standard deviation of each column."""
    count = len(rows)
    middle = [sum(column) / count for column in zip(*rows, strict=True)]
    spread = [sum((row[at] - mean) ** 2 for row in rows) / count for at, mean in enumerate(middle)]
    return [value**0.5 or 1.0 for value in spread]


def _add(total: Vector, row: Vector, times: float) -> None:
    for at, value in enumerate(row):
        total[at] += value * times


def _descended(slope: Callable[[Vector], Vector], count: int, free: int = 0) -> Vector:
    """The lowest point, all but the first `free` values from 0 on. Source: M. Riedmiller, Rprop (1994)."""
    at, step, before = [0.1] * count, [0.1] * count, [0.0] * count
    for _ in range(ROUNDS):
        now = slope(at)
        for place, value in enumerate(now):
            step[place] *= 1.2 if value * before[place] > 0 else 0.5 if value * before[place] < 0 else 1.0
            at[place] -= step[place] * ((value > 0) - (value < 0))
            if place >= free:
                at[place] = max(at[place], 0.0)
        before = now
    return at


# --- telling ------------------------------------------------------------------------------------------


def order_figures(some: Sequence[Seen], weights: Vector, half: Half) -> str:
    """MRR@10 and P@1 of one half with these weights."""
    asked = [each for each in some if each.half == half and each.answerable]
    ranks = []
    for each in asked:
        points = [sum(map(float.__mul__, row, weights)) for row in each.rows]
        ranked = sorted(zip(points, each.ids, strict=True), key=lambda pair: (-pair[0], pair[1]))
        good = {key for key, right in zip(each.ids, each.right, strict=True) if right}
        ranks.append(reciprocal_rank([key for _, key in ranked], good, 10))
    count = len(asked) or 1
    return f"MRR@10 {sum(ranks) / count:.3f}  P@1 {sum(rank == 1 for rank in ranks) / count:.3f}"


def share_figures(some: Sequence[Seen], base: float, mix: Vector, half: Half, say_from: float = 0.55) -> str:
    """Precision, coverage and silence at one threshold, and the mean surprise, with this mix."""
    asked = [each for each in some if each.half == half]
    seen, surprise = [], 0.0
    for each in asked:
        point = base + sum(map(float.__mul__, each.signals, mix)) if each.signals else -30.0
        value = 1 / (1 + exp(-max(min(point, 30.0), -30.0)))
        seen.append(Answered(value, each.first_right, each.answerable))
        surprise -= log(max(value if each.first_right else 1 - value, 1e-12)) / len(asked)
    found = at_threshold(seen, say_from)
    silence = "-" if found.silence is None else f"{found.silence:.3f}"
    return (
        f"precision {found.precision or 0:.3f}  coverage {found.coverage:.3f}  silence {silence}  "
        f"surprise {surprise:.3f}"
    )


def read_folder(folder: Path) -> LabelledSet:
    """The labelled set of a folder."""
    articles = read_articles(ARTICLES, (folder / ARTICLES).read_bytes())
    questions = read_questions(QUERIES, (folder / QUERIES).read_bytes())
    known = {each.id for each in questions}, {each.id for each in articles}
    return LabelledSet(
        articles, questions, read_judgements(JUDGEMENTS, (folder / JUDGEMENTS).read_bytes(), *known)
    )


def main(names: Sequence[str]) -> int:
    """Fit and tell."""
    sets = {"own": collected(labelled()), **{name: collected(read_folder(Path(name))) for name in names}}
    used = [getattr(RankWeights(), name) for name in FEATURE_NAMES]
    fitted = fit_order(list(sets.values()))
    for title, weights in (("order, in use", used), ("order, fitted", fitted)):
        told = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(FEATURE_NAMES, weights, strict=True))
        print(f"{title}: {told}")
        for name, some in sets.items():
            print(f"  {name}: tuning {order_figures(some, weights, 'tuning')}")
            print(f"  {name}: frozen {order_figures(some, weights, 'frozen')}")
    mixes = (
        ("share, in use", START.base, [getattr(START, name) for name in SIGNALS]),
        ("share, fitted", *fit_share(list(sets.values()))),
    )
    for title, base, mix in mixes:
        told = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(SIGNALS, mix, strict=True))
        print(f"{title}: base {base:.3g}, {told}")
        for name, some in sets.items():
            print(f"  {name}: tuning {share_figures(some, base, mix, 'tuning')}")
            print(f"  {name}: frozen {share_figures(some, base, mix, 'frozen')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
