"""Ten thousand hostile queries by ticket and by box: nothing may raise or take half a second."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from hercules.kb.box import box_query, read_box, snippet
from hercules.kb.contract import IndexOptions, SearchIndex
from hercules.kb.index import open_index
from hercules.kb.query import QueryOptions, build
from hercules.model import Article, ErrorEvent, Ticket
from tests.bench.kb import many
from tests.bench.measure import Row, on_disk, quantile
from tests.kb.ownset import SYNONYMS, articles

QUERIES = 10_000
LIMIT_MS = 500.0
AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
_LARGE = 1 << 20
_OPTIONS = QueryOptions(synonyms=SYNONYMS)

_PIECES = (
    "title:(disk OR full) AND NOT body:*",
    "((((((((((",
    "))))))",
    "a AND AND OR NOT b",
    '"never closed',
    "id:[a TO z]",
    "body:{* TO *}",
    "jira~9 disk~0.1",
    "*",
    "**",
    "???",
    "a*b?c",
    "updated:>=now",
    "^5 boost^99",
    "/(a+)+$/",
    "(x+x+)+y",
    "(?=look)(?!around)",
    "\\1\\2",
    "[[:alpha:]]{1,99999}",
    "a" * 300,
    "%00",
    "\x00",
    "\x00\x01\x02\x7f",
    "\u202eabcdef\u202c",
    "\u0627\u0644\u0642\u0631\u0635 \u0645\u0645\u062a\u0644\u0626",
    "\u05d4\u05d3\u05d9\u05e1\u05e7 \u05de\u05dc\u05d0",
    "\u200b\u200d\ufeff",
    "e\u0301" * 200,
    "\U0001f600" * 50,
    "\ud800",
    "\ud83d x \udc00",
    "\u78c1\u76d8\u5df2\u6ee1" * 40,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "${jndi:ldap://x/y}",
    "../../etc/passwd",
    "{{7*7}}",
    "product:jira product:",
    "-",
    "--",
    '-"',
    '""""',
    "product:" + "x" * 500,
    "ORA-01555 0x80070005 HTTP 503",
    "a.b.c.d.e.FException: x",
    "at x.y(Z.java:1)\n" * 50,
    "2026-10-01 10:00:00 ERROR x\n" * 40,
    "> " * 200,
    "\n" * 500,
    "\t\r\f\v",
    "=" * 400,
    "Re: " * 100,
    "From: a\nSent: b\n",
    "-----Original Message-----\n",
    "On x wrote:\n> y\n",
    "disk full",
    "Jira hangs",
    "_" * 200,
    "a-b-c-d-e-f-g" * 30,
    "x" * 39 + " " + "y" * 41,
    "\u0130\u0131\u017f\ufb01",
    "1" * 400,
    "0x" + "f" * 90,
)


def hostile_texts(count: int, seed: int = 5) -> Iterator[str]:
    """Pieces of syntax, controls, scripts and floods, joined and cut at random; a few are 1 MB long."""
    dice = random.Random(seed)
    for number in range(count):
        if number < len(_PIECES):
            yield _PIECES[number]
        elif number % 250 == 1:
            yield _large(dice)
        else:
            text = dice.choice(("", " ", "\n")).join(dice.choices(_PIECES, k=dice.randint(1, 12)))
            start = dice.randrange(len(text) + 1)
            yield text[start : start + dice.choice((20, 200, 5_000))]


def _large(dice: random.Random) -> str:
    piece = dice.choice(_PIECES) + dice.choice(("", " ", "\n", "x", "\x00"))
    if dice.random() < 0.3:
        piece = "".join(chr(dice.randrange(0x20, 0x3000)) for _ in range(5_000))
    return (piece * (_LARGE // len(piece) + 1))[:_LARGE]


def ask_ticket(index: SearchIndex, text: str) -> None:
    """The text as subject, description and log line of a ticket."""
    ticket = Ticket("bench", "1", text[:5_000], text, AS_OF, product=text[:50], language=text[:9])
    errors = (ErrorEvent("a.log", 1, text[:20_000]),)
    query = build(ticket, (), errors, index.words, _OPTIONS)
    for hit in index.search(query):
        assert 0 <= hit.share <= 1
        assert hit.score >= 0


def ask_box(index: SearchIndex, text: str, page: Article) -> None:
    """The text in the search box, with what the page does behind it."""
    box = read_box(text)
    query = box_query(box, index.words, _OPTIONS)
    hits = index.search(query, 20)
    if len(hits) < 3:
        for word in box.words[:8]:
            index.suggest(word)
    if hits:
        snippet(page, query.terms)


def took_ms(ask: Callable[[], None]) -> float:
    """How long one query takes."""
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1000


def run(count: int = QUERIES) -> list[Row]:
    """The queries, half by ticket and half by box, on the starter articles and 2,000 made-up ones."""
    pages = [*articles(), *many(2_000)]
    with on_disk() as folder:
        index = open_index(folder / "hostile", IndexOptions(synonyms=SYNONYMS))
        index.rebuild(pages)
        spent: dict[str, list[float]] = {"ticket": [], "box": []}
        for number, text in enumerate(hostile_texts(count)):
            if number % 2:
                spent["box"].append(took_ms(lambda text=text: ask_box(index, text, pages[0])))  # type: ignore[misc]  # a default binds the text
            else:
                spent["ticket"].append(took_ms(lambda text=text: ask_ticket(index, text)))  # type: ignore[misc]  # a default binds the text
        index.close()
    rows = []
    for name, took in spent.items():
        rows.append(Row(f"hostile by {name}, p99 of {len(took)}", [quantile(took, 0.99)], "ms", "less"))
        rows.append(Row(f"hostile by {name}, slowest (limit {LIMIT_MS:.0f})", [max(took)], "ms", "less"))
    return rows
