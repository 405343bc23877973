"""Looks at one ticket with all engines: files to matches, words to articles, both to a suggestion."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from hercules.answer.suggest import AnswerOptions, suggest
from hercules.kb.index import SearchIndex
from hercules.kb.query import QueryOptions, build
from hercules.logs.bundle import open_bundle, text_file
from hercules.model import (
    Article,
    Hit,
    Limits,
    LogFile,
    NotScanned,
    Part,
    Scan,
    Suggestion,
    Ticket,
)
from hercules.redact import Redactor
from hercules.rules.database import Ruleset
from hercules.rules.scan import scan

FindArticle = Callable[[str], Article | None]


@dataclass(frozen=True, slots=True)
class Engines:
    """What a look works with: rules, index and how much each may cost; the same for door and command line."""

    ruleset: Ruleset
    index: SearchIndex
    limits: Limits
    query: QueryOptions
    answers: AnswerOptions
    find_article: FindArticle
    products: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look gave, and how long reading and searching took (seconds)."""

    scan: Scan
    hits: tuple[Hit, ...]
    suggestion: Suggestion
    scan_s: float
    search_s: float


def text_files(ticket: Ticket, as_of: datetime) -> Iterator[LogFile]:
    """The ticket's own words as files, so that a pasted log fires the same rules as an attached one."""
    if ticket.subject:
        yield text_file("ticket/subject.txt", ticket.subject, as_of)
    if ticket.description:
        yield text_file("ticket/description.txt", ticket.description, as_of)
    for number, comment in enumerate(ticket.comments, 1):
        yield text_file(f"ticket/comment-{number}.txt", comment, as_of)


def look(
    ticket: Ticket,
    parts: Iterable[Part],
    engines: Engines,
    as_of: datetime,
    suggestion_id: str,
    unread: Sequence[NotScanned] = (),
) -> Look:
    """What today's rules and articles say of this ticket. Nothing is stored and nothing is sent.

    `unread` are attachments that could not be had; they are told beside what was read.
    """
    begun = time.monotonic()
    redactor = Redactor()
    files: Iterable[LogFile | NotScanned] = chain(
        text_files(ticket, as_of), open_bundle(parts, engines.limits, as_of), unread
    )
    found = scan(files, engines.ruleset, engines.limits, ticket, redactor, engines.products)
    scanned = time.monotonic()
    query = build(ticket, found.matches, found.errors, engines.index.words, engines.query)
    hits = tuple(engines.index.search(query))
    searched = time.monotonic()
    suggestion = suggest(
        ticket.ref,
        found,
        hits,
        engines.find_article,
        engines.answers,
        suggestion_id,
        engines.ruleset.hash,
    )
    return Look(found, hits, suggestion, scanned - begun, searched - scanned)
