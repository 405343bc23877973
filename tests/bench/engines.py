"""Search engines side by side on the same made-up articles and long tickets: CPU time, taken in turn."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from whoosh.fields import ID, TEXT, Schema
from whoosh.index import create_in
from whoosh.qparser import MultifieldParser, OrGroup

from hercules.kb.index import IndexOptions, SearchIndex, open_index
from hercules.kb.query import QueryOptions, build
from hercules.model import Article, Ticket
from tests.bench.kb import AS_OF, many, ticket_words
from tests.bench.measure import MIB, Row, on_disk, quantile

TICKET_WORDS = 160
Ask = Callable[[Ticket], object]


def run(rounds: int = 5, made_up: int = 10_000, large: int = 100_000, tickets: int = 20) -> list[Row]:
    """Milliseconds of CPU for one long ticket, from its text to ten hits; and how fast an index is built."""
    articles = many(made_up)
    asked = [
        _ticket(each, number) for number, each in enumerate(articles[:: len(articles) // tickets][:tickets])
    ]
    rows: list[Row] = []
    with on_disk() as folder:
        built, engines = _engines(folder, articles)
        rows += [
            Row(f"building {made_up:,} articles, {name}", [speed], "articles/s") for name, speed in built
        ]
        rows += _asked(rounds, engines, asked, f"{made_up:,}")
        if find_spec("tantivy"):
            rows += _large(folder, rounds, large, tickets)
    return rows


def _ticket(article: Article, number: int) -> Ticket:
    return Ticket("bench", str(number), article.title, ticket_words(number, TICKET_WORDS), AS_OF)


def _engines(folder: Path, articles: list[Article]) -> tuple[list[tuple[str, float]], Mapping[str, Ask]]:
    """Each engine's speed of building, and how it is asked."""
    ours = ["whoosh", *(["tantivy"] if find_spec("tantivy") else [])]
    built: list[tuple[str, float]] = []
    asked: dict[str, Ask] = {}

    def made(name: str, make: Callable[[], Ask]) -> None:
        begun = time.process_time()
        asked[name] = make()
        built.append((name, len(articles) / (time.process_time() - begun)))

    for engine in ours:
        made(f"Hercules on {engine}", lambda engine=engine: _ours(folder / engine, engine, articles))  # type: ignore[misc]  # bound now
    made("plain Whoosh, OrGroup", lambda: _plain_whoosh(folder / "plain", articles))
    made("SQLite FTS5", lambda: _fts5(folder / "fts.db", articles))
    return built, asked


def _ours(folder: Path, engine: str, articles: list[Article]) -> Ask:
    index = open_index(folder, IndexOptions(), engine)
    index.rebuild(articles)
    return lambda ticket: _search(index, ticket)


def _search(index: SearchIndex, ticket: Ticket) -> object:
    return index.search(build(ticket, (), (), index.words, QueryOptions()))


def _plain_whoosh(folder: Path, articles: list[Article]) -> Ask:
    """Whoosh as its own documents show it, with the group that does not ask for every word."""
    folder.mkdir()
    index = create_in(str(folder), Schema(id=ID(stored=True), title=TEXT(stored=True), body=TEXT))
    writer = index.writer(limitmb=256)
    for article in articles:
        writer.add_document(id=article.id, title=article.title, body=article.body)
    writer.commit()
    searcher = index.searcher()
    parser = MultifieldParser(["title", "body"], index.schema, group=OrGroup)
    return lambda ticket: list(searcher.search(parser.parse(f"{ticket.subject} {ticket.description}")))


def _fts5(path: Path, articles: list[Article]) -> Ask:
    base = sqlite3.connect(path)
    base.execute("create virtual table kb using fts5(id unindexed, title, body, tokenize = 'porter')")
    rows = ((article.id, article.title, article.body) for article in articles)
    base.executemany("insert into kb values (?, ?, ?)", rows)
    base.commit()
    sql = "select id from kb where kb match ? order by bm25(kb, 0, 2, 1) limit 10"

    def ask(ticket: Ticket) -> object:
        words = dict.fromkeys(f"{ticket.subject} {ticket.description}".split())
        return base.execute(sql, (" OR ".join(words),)).fetchall()

    return ask


def _asked(rounds: int, engines: Mapping[str, Ask], tickets: Sequence[Ticket], count: str) -> list[Row]:
    """p50 and p99 of each engine, round by round; plain Whoosh takes seconds, so it is asked less."""
    took: dict[str, list[list[float]]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, ask in engines.items():
            some = tickets[:3] if name.startswith("plain") else tickets
            took[name].append([_milliseconds(ask, ticket) for ticket in some])
    rows = []
    for name, all_rounds in took.items():
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            figures = [quantile(each, share) for each in all_rounds]
            rows.append(Row(f"long ticket {label}, {count} articles, {name}", figures, "ms", "less"))
    return rows


def _milliseconds(ask: Ask, ticket: Ticket) -> float:
    begun = time.process_time()
    ask(ticket)
    return 1000 * (time.process_time() - begun)


def _large(folder: Path, rounds: int, count: int, tickets: int) -> list[Row]:
    """tantivy on a large collection."""
    articles = many(count)
    begun = time.process_time()
    index = open_index(folder / "large", IndexOptions(), "tantivy")
    index.rebuild(articles)
    speed = count / (time.process_time() - begun)
    asked = [_ticket(each, number) for number, each in enumerate(articles[: tickets * 7 : 7])]
    rows = _asked(rounds, {"Hercules on tantivy": lambda ticket: _search(index, ticket)}, asked, f"{count:,}")
    size = Row("its index on disk", [index.stats().size_bytes / MIB], "MiB", "less")
    return [Row(f"building {count:,} articles, Hercules on tantivy", [speed], "articles/s"), *rows, size]
