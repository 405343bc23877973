"""A small knowledge base and tickets for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hercules.kb.article import sealed
from hercules.kb.contract import SearchIndex
from hercules.kb.query import QueryOptions, build
from hercules.model import Article, ErrorEvent, Filters, Hit, KbQuery, Match, Term, Ticket

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def article(key: str, title: str, body: str, **fields: object) -> Article:
    """A sealed article of the folder source."""
    return sealed(Article(id=f"folder:{key}", title=title, body=body, **fields))  # type: ignore[arg-type]  # test data


POOL = article(
    "pool",
    "The connection pool is exhausted",
    "All pages hang: PoolExhaustedException: no free connection in the pool. Raise pool_size_max.",
    symptoms="All pages hang for half a minute.",
    exact="PoolExhaustedException: no free connection in the pool",
    markdown="```\nPoolExhaustedException: no free connection in the pool\n```",
    product="ledger",
    tags=("database",),
)
DISK = article(
    "disk",
    "The disk of the archive is full",
    "Writes fail with ARCH-00507 when the volume has no space left. Remove old segments of the archive.",
    symptoms="Writes fail and the archive stops.",
    product="archiver",
    tags=("disk", "archive"),
)
LOGIN = article(
    "login",
    "Users cannot sign in with their company account",
    "The certificate of the identity provider has run out. Fetch the new metadata and restart the gateway.",
    symptoms="Sign-in ends on a page about a certificate.",
    product="gateway",
)
MAIL = article(
    "mail",
    "Notifications are sent twice",
    "Two schedulers run. Stop one scheduler, then clear the queue of notifications.",
    product="ledger",
)
INSIDE = article(
    "inside",
    "Rotating the archive's storage keys",
    "For operators: rotate the storage keys of the archive with the keyring tool.",
    audience="internal",
)
OTHER_DESK = article(
    "other",
    "Our own archive runbook",
    "Archive runbook of one desk only.",
    desk_id="desk-b",
    tags=("runbook",),
)
SPANISH = article("es", "El archivo esta lleno", "El disco del archivo esta lleno.", language="es")
DRAFT = article("draft", "Draft about the archive", "An unfinished page about the archive.", status="draft")
ARTICLES = (POOL, DISK, LOGIN, MAIL, INSIDE, OTHER_DESK, SPANISH, DRAFT)


def ticket(subject: str, description: str = "", **fields: object) -> Ticket:
    """A ticket of desk `desk-a`."""
    return Ticket("desk-a", "1", subject, description, NOW, **fields)  # type: ignore[arg-type]  # test data


def query_of(
    index: SearchIndex,
    subject: str,
    description: str = "",
    matches: tuple[Match, ...] = (),
    errors: tuple[ErrorEvent, ...] = (),
    options: QueryOptions | None = None,
    **fields: object,
) -> KbQuery:
    """The query of such a ticket."""
    asked = ticket(subject, description, **fields)
    return build(asked, matches, errors, index.words, options or QueryOptions())


def found(index: SearchIndex, text: str, **filters: object) -> list[str]:
    """Keys of the hits of some words, best first."""
    terms = query_of(index, text).terms
    return keys(index.search(KbQuery(terms, Filters(**filters))))  # type: ignore[arg-type]  # test data


def keys(hits: list[Hit]) -> list[str]:
    """The keys of hits without their source."""
    return [hit.article_id.removeprefix("folder:") for hit in hits]


def many(count: int) -> Iterator[Article]:
    """Synthetic articles of words by number: `w7` is in every seventh, `own12` only in the twelfth."""
    for at in range(count):
        words = " ".join(f"word{step}" for step in range(2, 60) if at % step == 0)
        yield article(f"a{at:05d}", f"Article own{at}", f"{words} common text of all")


def text_terms(query: KbQuery) -> set[str]:
    """The words a query asks, without its exact terms."""
    return {term.text for term in query.terms if not term.exact}


def weight_of(query: KbQuery, text: str) -> Term:
    """The one term of a text."""
    return next(term for term in query.terms if term.text == text)
