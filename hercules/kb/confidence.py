"""How sure a hit is: a few signals of query and article mixed into one share between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from math import exp, log

from hercules.model import Hit, KbQuery, Term


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The mix: share = 1 / (1 + exp(-(base + sum of coefficient x signal))).

    Fitted on questions with and without an answer by `python -m tests.bench.kbfit`; `base` is a little lower
    than fitted, since silence is cheaper than a wrong answer.
    `unknown` is what a word that no article holds counts, as a part of a word that one article holds: such
    words show that a ticket speaks of something else, but in a small collection most words are unknown.
    `strong` and `weak` are what a word counts by the field it is found in.
    """

    base: float = -8.1
    coverage: float = 4.2
    evidence: float = 1.05
    lead: float = 1.8
    points: float = 1.55
    unknown: float = 0.5
    strong: float = 1.0
    weak: float = 0.4


START = Coefficients()


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one hit.

    `coverage`: the part (0..1) of the query's information (weight x idf) that the article holds.
    `evidence`: ln(1 + the rare words found, each 0..1 by its rarity and its field).
    `lead`: ln(1 + the points before the second hit); for the others minus ln(1 + the points behind the best).
    `points`: ln(1 + the points that ordered the hits).
    """

    coverage: float
    evidence: float
    lead: float
    points: float


SIGNALS = tuple(field.name for field in fields(Signals))


def rarity(articles: int, found_in: int) -> float:
    """The idf of a term: ln(1 + (N - n + 0.5) / (n + 0.5)). Source: Robertson and Zaragoza, BM25 (2009)."""
    return log(1 + (max(articles - found_in, 0) + 0.5) / (found_in + 0.5))


def with_shares(
    query: KbQuery,
    hits: Sequence[Hit],
    found_in: Callable[[str, bool], int],
    articles: int,
    mix: Coefficients,
) -> list[Hit]:
    """The hits with their shares, which never grow from one hit to the next.

    `found_in` tells in how many of all `articles` a term is found. The second hit is needed for the lead of
    the first one.
    """
    asked = [_Word(term, found_in(term.text, term.exact)) for term in query.terms if term.weight > 0]
    points = [max(hit.score, 0.0) for hit in hits]
    seen = [signals(asked, hit, _lead(points, at), articles, mix) for at, hit in enumerate(hits)]
    shares = accumulate((share(one, mix) for one in seen), min)
    return [replace(hit, share=value) for hit, value in zip(hits, shares, strict=True)]


def _lead(points: Sequence[float], at: int) -> float:
    """How far the best hit is before the second one, or another one behind the best."""
    second = points[1] if len(points) > 1 else 0.0
    ahead = points[0] - second if at == 0 else points[0] - points[at]
    return log(1 + max(ahead, 0.0)) * (1 if at == 0 else -1)


@dataclass(frozen=True, slots=True)
class _Word:
    """A term with the number of articles that hold it."""

    term: Term
    found_in: int


def signals(asked_words: Sequence[_Word], hit: Hit, lead: float, articles: int, mix: Coefficients) -> Signals:
    """The signals of one hit. Words of log lines count in the points only."""
    fields_of: dict[str, set[str]] = {}
    for text, _, field in hit.matched:
        if field != "exact":
            fields_of.setdefault(text, set()).add(field)
    top = rarity(articles, 1)
    asked = held = evidence = 0.0
    for word in asked_words:
        term = word.term
        if term.exact or term.source == "log":
            continue
        rare = rarity(articles, word.found_in) if word.found_in else mix.unknown * top
        asked += term.weight * rare
        places = fields_of.get(term.text)
        if places:
            held += term.weight * rare
            strength = mix.strong if places & {"title", "symptoms"} else mix.weak
            evidence += min(term.weight, 1.0) * strength * (rare / top) ** 2
    coverage = held / asked if asked else 0.0
    return Signals(coverage, log(1 + evidence), lead, log(1 + max(hit.score, 0.0)))


def share(seen: Signals, mix: Coefficients) -> float:
    """The share of a hit, 0..1: comparable between queries and with a desk's thresholds."""
    point = mix.base + sum(getattr(mix, name) * getattr(seen, name) for name in SIGNALS)
    return 1 / (1 + exp(-max(min(point, 30.0), -30.0)))
