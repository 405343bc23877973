"""Asks an index labelled questions as tickets and judges what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from hercules.kb.contract import SearchIndex
from hercules.kb.judging import MAP_RANKS, Answered, Judgement, judged
from hercules.kb.labels import LabelledSet, Question
from hercules.kb.query import QueryOptions, build, build_raw
from hercules.logs.bundle import text_file
from hercules.model import ErrorEvent, Hit, KbQuery, Limits, Ticket
from hercules.rules.database import compile_rules
from hercules.rules.scan import scan

Builder = Literal["raw", "cut"]
BUILDERS: tuple[Builder, ...] = ("raw", "cut")
_DESK = "eval"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the index is asked it: its ticket and the error events of its log."""

    question: Question
    ticket: Ticket
    errors: tuple[ErrorEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question gave. `judgement` is None when no article answers it.

    `took_s` is the time of builder and search in seconds.
    """

    question: Question
    answered: Answered
    judgement: Judgement | None
    took_s: float


def prepared(questions: Iterable[Question]) -> Iterator[Asked]:
    """The tickets of questions, their logs read for errors as those of a ticket are, by no rule."""
    nothing, limits = compile_rules(()), Limits()
    for each in questions:
        ticket = Ticket(
            _DESK,
            each.id,
            each.subject,
            each.description,
            _EPOCH,
            product=each.product,
            language=each.language,
        )
        files = [text_file("log.txt", each.log, _EPOCH)] if each.log else []
        yield Asked(each, ticket, scan(files, nothing, limits).errors if files else ())


def query_of(asked: Asked, index: SearchIndex, options: QueryOptions, builder: Builder = "cut") -> KbQuery:
    """The query of a question; `raw` asks every word of ticket and log alike."""
    if builder == "raw":
        whole = replace(asked.ticket, description=f"{asked.ticket.description}\n{asked.question.log}")
        return build_raw(whole, index.words, options)
    return build(asked.ticket, (), asked.errors, index.words, options)


def outcome(
    asked: Asked,
    labels: LabelledSet,
    index: SearchIndex,
    options: QueryOptions,
    *,
    clock: Callable[[], float],
    builder: Builder = "cut",
    limit: int = 50,
) -> Outcome:
    """Asks one question. Only builder and search are timed, by `clock` (seconds)."""
    begun = clock()
    query = query_of(asked, index, options, builder)
    hits = index.search(query, limit)
    took_s = clock() - begun
    relevant = labels.relevant(asked.question.id)
    told = None
    if relevant:
        all_here = len(hits) < limit or relevant.issubset(_ids(hits))
        whole = hits if all_here else index.search(query, MAP_RANKS)
        told = judged(asked.question.id, _ids(hits), _ids(whole), labels.judged.get(asked.question.id, {}))
    best = hits[0] if hits else None
    seen = Answered(
        best.share if best else 0.0, best is not None and best.article_id in relevant, bool(relevant)
    )
    return Outcome(asked.question, seen, told, took_s)


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.article_id for hit in hits]
