"""How sure a hit is: a few signals of query and article mixed into one share between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import exp, log

from hercules.kb.words import RUN, words
from hercules.model import Hit, KbQuery, Term


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The mix: share = 1 / (1 + exp(-(base + sum of coefficient x signal))). Start values, set by hand.

    `unknown` is what a word that no article holds counts, as a part of a word that one article holds: such
    words show that a ticket speaks of something else, but in a small collection most words are unknown.
    `strong` and `weak` are what a word counts by the field it is found in.
    """

    base: float = -5.1
    coverage: float = 1.5
    evidence: float = 1.7
    lead: float = 3.0
    codes: float = 0.8
    copied: float = 2.8
    titled: float = 3.8
    unknown: float = 0.5
    strong: float = 1.0
    weak: float = 0.4


START = Coefficients()


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one hit.

    `coverage`: the part (0..1) of the query's information (weight x idf) that the article holds.
    `evidence`: rare words found, each 0..1 by its rarity and its field, summed.
    `lead`: the part (0..1) of the best hit's coverage that the second lacks; for the others, which have
    none, minus the part that they lack themselves.
    `codes`: exact codes and names found, each 0..1 by its rarity, summed.
    `copied`: runs of three words found as they stand in an article's examples, likewise.
    `titled`: the part (0..1) of the information of the article's title that the query holds.
    """

    coverage: float
    evidence: float
    lead: float
    codes: float
    copied: float
    titled: float


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
    seen = [signals(asked, hit, _titled(hit, found_in, articles), articles, mix) for hit in hits]
    seen = [replace(one, lead=_lead(seen, at)) for at, one in enumerate(seen)]
    shares = accumulate((share(one, mix) for one in seen), min)
    return [replace(hit, share=value) for hit, value in zip(hits, shares, strict=True)]


def _lead(seen: Sequence[Signals], at: int) -> float:
    """The part of the best hit's coverage that the second one lacks; for the others minus what they lack."""
    best = seen[0].coverage
    if len(seen) < 2 or best <= 0:
        return 0.0
    return max(1 - seen[1].coverage / best, 0.0) if at == 0 else min(seen[at].coverage / best - 1, 0.0)


@dataclass(frozen=True, slots=True)
class _Word:
    """A term with the number of articles that hold it."""

    term: Term
    found_in: int


def _titled(hit: Hit, found_in: Callable[[str, bool], int], articles: int) -> float:
    """The part of the title's information that the query says too."""
    said = {text for text, _, field in hit.matched if field == "title"}
    held = asked = 0.0
    for token in set(words(hit.title)):
        rare = rarity(articles, found_in(token, False))
        asked += rare
        held += rare if token in said else 0.0
    return held / asked if asked else 0.0


def signals(
    asked_words: Sequence[_Word], hit: Hit, titled: float, articles: int, mix: Coefficients
) -> Signals:
    """The signals of one hit, its lead left at 0."""
    fields: dict[tuple[str, bool], set[str]] = {}
    for text, _, field in hit.matched:
        fields.setdefault((text, field == "exact"), set()).add(field)
    top = rarity(articles, 1)
    asked = held = evidence = codes = copied = 0.0
    for word in asked_words:
        term = word.term
        rare = rarity(articles, word.found_in) if word.found_in else mix.unknown * top
        if (term.text, True) in fields and term.exact:
            worth = (rare / top) ** 2
            codes, copied = (codes, copied + worth) if RUN in term.text else (codes + worth, copied)
        if term.exact or term.source == "log":
            continue
        asked += term.weight * rare
        places = fields.get((term.text, False))
        if places:
            held += term.weight * rare
            strength = mix.strong if places & {"title", "symptoms"} else mix.weak
            evidence += min(term.weight, 1.0) * strength * (rare / top) ** 2
    return Signals(held / asked if asked else 0.0, evidence, 0.0, codes, copied, titled)


def share(seen: Signals, mix: Coefficients) -> float:
    """The share of a hit, 0..1: comparable between queries and with a desk's thresholds."""
    point = (
        mix.base
        + mix.coverage * seen.coverage
        + mix.evidence * log(1 + seen.evidence)
        + mix.lead * seen.lead * seen.evidence / (1 + seen.evidence)
        + mix.codes * log(1 + seen.codes)
        + mix.copied * log(1 + seen.copied)
        + mix.titled * seen.titled
    )
    return 1 / (1 + exp(-max(min(point, 30.0), -30.0)))
