"""How long a search takes on the starter articles and on made-up ones, and how fast an index is built."""

from __future__ import annotations

import itertools
import random
import time
from datetime import UTC, datetime

from hercules.demo import Sample, read_samples
from hercules.folders import find_folders, parts_of, starter
from hercules.kb.article import sealed
from hercules.kb.index import SearchIndex, open_index
from hercules.kb.query import QueryOptions, build
from hercules.library import read_source
from hercules.logs.bundle import open_bundle
from hercules.model import Article, KbQuery, Ticket
from hercules.rulebook import load_rulebook
from hercules.rules.scan import scan
from hercules.settings import Settings
from hercules.wiring import index_options, sources
from tests.bench.measure import Row, on_disk, quantile

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
WORDS_AN_ARTICLE = 150
_WORDS = 5000
_SYLLABLES = "ka lo mi ru te san dor vel pin gor has bil nor ect ion".split()


def run(rounds: int = 5, made_up: int = 1000) -> list[Row]:
    """Queries of the sample tickets, logs read; on the made-up articles also tickets in their words."""
    settings = Settings()
    folders = find_folders(settings)
    ours = [article for source in sources(folders) for article in read_source(source)[0]]
    rows: list[Row] = []
    with on_disk() as folder:
        for name, articles in ((f"{len(ours)} starter articles", ours), ("", many(made_up))):
            title = name or f"{made_up} articles of {WORDS_AN_ARTICLE} words"
            index = open_index(folder / str(len(articles)), index_options(settings, folders))
            built: list[float] = []
            for _ in range(min(rounds, 3)):
                begun = time.perf_counter()
                index.rebuild(articles)
                built.append(len(articles) / (time.perf_counter() - begun))
            took = _search(index, rounds, [] if name else articles)
            rows.append(Row(f"search p50, {title}", [quantile(each, 0.5) for each in took], "ms", "less"))
            rows.append(Row(f"search p99, {title}", [quantile(each, 0.99) for each in took], "ms", "less"))
            rows.append(Row(f"building, {title}", built, "articles/s"))
            index.close()
    return rows


def _search(index: SearchIndex, rounds: int, articles: list[Article]) -> list[list[float]]:
    """Milliseconds of each search, round by round, after one round that is not counted."""
    queries = [*_queries(index), *_queries_in_words_of(articles, index)]
    return [[_took(index, query) for query in queries] for _ in range(rounds + 1)][1:]


def _took(index: SearchIndex, query: KbQuery) -> float:
    begun = time.perf_counter()
    index.search(query)
    return (time.perf_counter() - begun) * 1000


def _queries(index: SearchIndex) -> list[KbQuery]:
    settings = Settings()
    rules = load_rulebook((find_folders(settings).rules,), settings.rules).ruleset
    limits = settings.limits()
    queries = []
    for sample in read_samples(starter("sample_logs", "tickets")):
        found = scan(open_bundle(parts_of(sample.files), limits, AS_OF), rules, limits)
        queries.append(build(_ticket(sample), found.matches, found.errors, index.words, QueryOptions()))
    return queries


def _ticket(sample: Sample) -> Ticket:
    subject, description = (str(sample.ticket.get(key, "")) for key in ("subject", "description"))
    return Ticket("bench", str(sample.ticket["id"]), subject, description, AS_OF)


def _queries_in_words_of(articles: list[Article], index: SearchIndex) -> list[KbQuery]:
    dice = random.Random(3)
    tickets = [
        Ticket("bench", str(number), article.title, _text(dice, 60), AS_OF)
        for number, article in enumerate(dice.sample(articles, min(50, len(articles))))
    ]
    return [build(ticket, (), (), index.words, QueryOptions()) for ticket in tickets]


def many(count: int) -> list[Article]:
    """Made-up articles whose words are as uneven as those of a language (Zipf's law)."""
    dice = random.Random(2)
    return [
        sealed(
            Article(
                id=f"folder:made-{number}",
                title=_text(dice, 6),
                body=_text(dice, WORDS_AN_ARTICLE),
                symptoms=_text(dice, 15),
            )
        )
        for number in range(count)
    ]


def ticket_words(seed: int, words: int) -> str:
    """Words of a ticket, drawn like those of the articles."""
    return _text(random.Random(seed), words)


def _text(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=words))


_NAMES = random.Random(1)
_VOCABULARY = ["".join(_NAMES.choices(_SYLLABLES, k=2 + n % 3)) for n in range(_WORDS)]
_WEIGHTS = list(itertools.accumulate(1 / (rank + 3) for rank in range(_WORDS)))
