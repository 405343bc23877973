"""Filters of the search page: what the hits have in common, as links with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from hercules.model import Article

FACETS = ("product", "version", "source", "age")
SEARCHED = 50
"""How many hits are looked at; the filters count among them."""

_VALUES_SHOWN = 12
_VALUE_CHARS = 80
_AGES = ((0.5, "half a year"), (1.0, "a year"), (3.0, "three years"))
_OLDER, _UNDATED = "older", "undated"
_YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: how many hits have it, and the query string that sets it or drops it again."""

    value: str
    count: int
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with its values, the commonest first."""

    name: str
    choices: tuple[Choice, ...]


def chosen_of(values: Mapping[str, str]) -> dict[str, str]:
    """The filters that are set, from the parameters of a request."""
    return {name: values[name][:_VALUE_CHARS] for name in FACETS if values.get(name)}


def passes(article: Article, chosen: Mapping[str, str], now: datetime) -> bool:
    """True when an article has every chosen value."""
    return all(value in values_of(article, name, now) for name, value in chosen.items())


def values_of(article: Article, name: str, now: datetime) -> tuple[str, ...]:
    """What an article says of one filter."""
    if name == "product":
        return (article.product,) if article.product else ()
    if name == "version":
        return article.versions
    return (article.source,) if name == "source" else (age_of(article, now),)


def age_of(article: Article, now: datetime) -> str:
    """How long ago its text was changed, as a span."""
    if article.updated_at is None:
        return _UNDATED
    years = (now - article.updated_at).days / _YEAR_DAYS
    return next((name for most, name in _AGES if years <= most), _OLDER)


def facets(articles: Iterable[Article], asked: str, chosen: Mapping[str, str], now: datetime) -> list[Facet]:
    """The filters that would part these articles, and those that are set."""
    pages: Sequence[Article] = tuple(articles)
    found = []
    for name in FACETS:
        counts = Counter(value for page in pages for value in values_of(page, name, now))
        if name in chosen or len(counts) > 1:
            found.append(Facet(name, _choices(name, counts, asked, chosen)))
    return found


def narrowed(
    pages: Mapping[str, Article], asked: str, chosen: Mapping[str, str], now: datetime
) -> tuple[dict[str, Article], list[Facet]]:
    """The articles that have every chosen value, and the filters of those."""
    kept = {key: page for key, page in pages.items() if passes(page, chosen, now)}
    return kept, facets(kept.values(), asked, chosen, now)


def _choices(name: str, counts: Counter[str], asked: str, chosen: Mapping[str, str]) -> tuple[Choice, ...]:
    if name in chosen:
        rest = {key: value for key, value in chosen.items() if key != name}
        return (Choice(chosen[name], counts[chosen[name]], _query(asked, rest), True),)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_VALUES_SHOWN]
    return tuple(
        Choice(value, count, _query(asked, {**chosen, name: value}), False) for value, count in ranked
    )


def _query(asked: str, chosen: Mapping[str, str]) -> str:
    return urlencode({"q": asked, **chosen}, errors="replace")
