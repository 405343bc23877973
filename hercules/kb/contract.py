"""The contract of every search engine, and what an index is built and asked with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hercules.kb.confidence import START, Coefficients
from hercules.kb.languages import LANGUAGES
from hercules.kb.words import ANALYSER_VERSION
from hercules.model import Article, Filters, Hit, IndexStats, KbQuery

FIELDS_VERSION = 3
TEXT_FIELDS = ("title", "symptoms", "headings", "body")
"""The parts of an article that hold stemmed words; codes and runs of three words are in `exact`."""

ASKED_TEXT, ASKED_EXACT = ("title", "text"), ("exact",)
"""The fields of an index that a word or an exact term is asked of.

`text` holds the words of all parts, those of symptoms and headings with a greater weight: in one field a
word that stands in three parts of a short article does not outweigh one that a long article speaks of.
"""


def asked_fields(exact: bool) -> tuple[str, ...]:
    """The fields a term is asked of."""
    return ASKED_EXACT if exact else ASKED_TEXT


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """How much a word counts by the part of an article it is found in.

    Those of symptoms, headings and body are kept in the index itself, so that another value needs a rebuild.
    """

    title: float = 3.0
    symptoms: float = 1.5
    headings: float = 1.3
    body: float = 1.0
    exact: float = 1.0

    def of(self, field: str) -> float:
        """The weight of an asked field."""
        return {"title": self.title, "text": 1.0, "exact": self.exact}[field]


@dataclass(frozen=True, slots=True)
class RankWeights:
    """How the engine's best hits are ordered anew: the sum of these times what `kb/ranking.py` counts.

    `words`: BM25 over all words of the ticket. `symptoms`: the part (0..1) of the ticket's information that
    the article's symptoms hold. `title`: the part (0..1) of the title's information that the ticket says,
    `opening` the part that its first words say. `title_words` and `title_pairs`: the words and neighbouring
    words of the title that the ticket says, by rarity. `pairs`, `codes`, `copied` and `logs`: neighbouring
    words, exact names, runs of three words, and all of log lines, each as ln(1 + sum of weight x rarity).
    Fitted on questions with known answers by `python -m tests.bench.kbfit`; those of title and exact are
    multiplied by the weights of these fields.
    """

    words: float = 0.035
    symptoms: float = 2.0
    title: float = 2.3
    title_words: float = 0.067
    title_pairs: float = 0.067
    pairs: float = 0.5
    opening: float = 0.87
    codes: float = 0.15
    copied: float = 0.15
    logs: float = 0.3
    meaning: float = 12.0


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How an index is built and scored. `b` is BM25's share of length; `synonyms` the text of that file.

    `ranking` and `confidence` order the hits and tell how sure they are; `meaning` is the model of an extra.
    """

    weights: FieldWeights = FieldWeights()
    b: float = 0.5
    synonyms: str = ""
    ranking: RankWeights = RankWeights()
    confidence: Coefficients = START
    meaning: Meaning | None = None

    @property
    def schema(self) -> str:
        """16 hex digits that differ when an index of these options must be built anew."""
        stops = {tag: sorted(spoken.stop_words) for tag, spoken in sorted(LANGUAGES.items())}
        built_in = (self.weights.symptoms, self.weights.headings, self.weights.body)
        meaning = self.meaning.name if self.meaning else ""  # its vectors lie beside the index
        what = (FIELDS_VERSION, ANALYSER_VERSION, TEXT_FIELDS, stops, self.synonyms, built_in, meaning)
        return hashlib.sha256(repr(what).encode("utf-8", "replace")).hexdigest()[:16]


class Meaning(Protocol):
    """A model that tells how close texts are in what they mean; an extra, and never needed."""

    @property
    def name(self) -> str:
        """Differs when vectors of another model cannot be used."""

    def vectors(self, texts: Sequence[str]) -> Sequence[bytes]:
        """One vector for each text."""

    def closeness(self, text: str, vectors: Sequence[bytes]) -> Sequence[float]:
        """The cosine (-1..1) of a text with each of these."""


class WordStats(Protocol):
    """How common words are in the articles at hand."""

    @property
    def articles(self) -> int:
        """How many articles there are."""

    def found_in(self, text: str, exact: bool) -> int:
        """In how many articles a term is found, at least; 0 when nowhere."""

    def postings(self, text: str, exact: bool) -> int:
        """How many entries a search for the term reads, over all fields."""

    def leaves(self, filters: Filters) -> int:
        """How many articles a filter leaves."""

    def near(self, word: str) -> list[str]:
        """Words of the articles that a mistyped word may stand for, nearest first; none for a known word."""


class NoWords:
    """The statistics of an index without articles."""

    articles = 0

    def found_in(self, text: str, exact: bool) -> int:
        """Nowhere."""
        return 0

    def postings(self, text: str, exact: bool) -> int:
        """None."""
        return 0

    def leaves(self, filters: Filters) -> int:
        """None."""
        return 0

    def near(self, word: str) -> list[str]:
        """None."""
        return []


class SearchIndex(Protocol):
    """A search index in a folder of its own: a cache of the articles that can be built anew at any time."""

    @property
    def words(self) -> WordStats:
        """The statistics of the generation now served."""

    @property
    def broken(self) -> str:
        """Why the index wants a rebuild, in a sentence; empty when it is sound."""

    @property
    def mark(self) -> str:
        """What the last builder handed over to be kept with the generation, such as a place in a journal."""

    def search(self, query: KbQuery, limit: int = 10) -> list[Hit]:
        """Hits, best first, equal scores by id. Raises IndexBroken when the index cannot be read."""

    def rebuild(self, articles: Iterable[Article], built_at: str = "", mark: str = "") -> int:
        """Builds a generation of exactly these articles aside and swaps to it; gives its number.

        Raises IndexBroken when the folder cannot be written; what was served is served on.
        """

    def write(
        self, articles: Iterable[Article], deleted: Iterable[str] = (), built_at: str = "", mark: str = ""
    ) -> int:
        """Makes a generation of the current one with articles put and ids removed; gives its number.

        Raises IndexBroken when the current generation is not sound (then only a rebuild helps) or the folder
        cannot be written.
        """

    def suggest(self, word: str) -> list[str]:
        """Words of the articles that a mistyped word may stand for, nearest first."""

    def stats(self) -> IndexStats:
        """What is served now."""

    def refresh(self) -> bool:
        """Swaps to a newer generation, if another process has built one; True when it did."""

    def close(self) -> None:
        """Lets go of all files. Searching afterwards finds nothing."""
