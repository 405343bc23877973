"""Tickets as far as we must know them again: redacted, without their text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hercules.model import Verdict, Visibility
from hercules.store.outbox import OutboxState
from hercules.store.schema import outbox, suggestions, tickets, to_json
from hercules.store.suggestions import SuggestionState
from hercules.store.upsert import insert_new, insert_or
from hercules.text import fold

TicketState = Literal["open", "closed"]
TicketFilter = Literal["all", "waiting", "reviewed", "replied", "silent", "trouble", "unanswered"]


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as stored. Subject and tags must be redacted, `customer_key` and `org_key` pseudonyms.

    `likeness` is equal for tickets whose texts are near-identical, as the caller judges it. `state_at` is
    when the desk last closed or reopened it, else when it was opened.
    """

    desk_id: str
    ticket_id: str
    opened_at: datetime
    subject: str = ""
    customer_key: str = ""
    org_key: str = ""
    request_type: str = ""
    product: str = ""
    version: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    assignee: str = ""
    likeness: str = ""
    state: TicketState = "open"
    state_at: datetime | None = None
    human_replied: bool = False
    backfilled: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A ticket with what became of it; None where there is no suggestion, note or reply.

    `title` and `confidence` are those of the best answer, '' and 0 without one.
    """

    ticket: TicketRow
    suggestion_id: str | None
    verdict: Verdict | None
    reason: str
    state: SuggestionState | None
    title: str
    confidence: float
    note: OutboxState | None
    reply: OutboxState | None


_KEY = ("desk_id", "ticket_id")
# Told by events of their own, so a newer description of the ticket does not change them.
_KEPT = ("opened_at", "state", "state_at", "human_replied", "backfilled", "demo")
_note = outbox.alias("note")
_reply = outbox.alias("reply")


def put(conn: sa.Connection, row: TicketRow) -> bool:
    """Store a ticket, True when it is new. A known one gets the new description.

    Its opening time, state, `human_replied`, `backfilled` and `demo` stay as they are.
    """
    values = _values(row)
    if conn.execute(insert_new(conn, tickets), values).rowcount == 1:
        return True
    conn.execute(insert_or(conn, tickets, _KEY, _KEPT), values)
    return False


def get(conn: sa.Connection, desk_id: str, ticket_id: str) -> TicketRow | None:
    """One ticket."""
    found = conn.execute(sa.select(tickets).where(*_is(desk_id, ticket_id))).first()
    return None if found is None else _row(found)


def close(conn: sa.Connection, desk_id: str, ticket_id: str, at: datetime) -> bool:
    """The desk closed it at that time; False when it is unknown or was reopened later."""
    return _set_state(conn, desk_id, ticket_id, "closed", at)


def reopen(conn: sa.Connection, desk_id: str, ticket_id: str, at: datetime) -> bool:
    """The desk opened it again at that time; False when it is unknown or was closed later."""
    return _set_state(conn, desk_id, ticket_id, "open", at)


def human_replied(conn: sa.Connection, desk_id: str, ticket_id: str) -> bool:
    """An engineer answered in public; False when the ticket is unknown."""
    statement = sa.update(tickets).where(*_is(desk_id, ticket_id)).values(human_replied=True)
    return conn.execute(statement).rowcount == 1


def twins(conn: sa.Connection, desk_id: str, customer_key: str, since: datetime) -> list[TicketRow]:
    """The tickets this customer opened since a time, oldest first; none for an unknown customer (`''`)."""
    if not customer_key:
        return []
    theirs = (tickets.c.desk_id == desk_id, tickets.c.customer_key == customer_key)
    query = sa.select(tickets).where(*theirs, tickets.c.opened_at >= since)
    return [_row(each) for each in conn.execute(query.order_by(tickets.c.opened_at, tickets.c.ticket_id))]


def list_some(
    conn: sa.Connection,
    desk_ids: frozenset[str],
    which: TicketFilter = "all",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> list[ListedTicket]:
    """Tickets, newest first, with what became of them; `words` must occur as they stand, case aside."""
    columns = (
        tickets,
        suggestions.c.suggestion_id,
        suggestions.c.verdict,
        suggestions.c.reason,
        suggestions.c.state.label("suggestion_state"),
        suggestions.c.title,
        suggestions.c.confidence,
        _note.c.state.label("note"),
        _reply.c.state.label("reply"),
    )
    query = _listed(sa.select(*columns), desk_ids, which, words)
    newest = (tickets.c.opened_at.desc(), tickets.c.desk_id, tickets.c.ticket_id.desc())
    return [_listed_row(each) for each in conn.execute(query.order_by(*newest).limit(limit).offset(offset))]


def count_some(
    conn: sa.Connection, desk_ids: frozenset[str], which: TicketFilter = "all", words: str = ""
) -> int:
    """How many tickets `list_some` would give without a limit."""
    found: int = conn.execute(_listed(sa.select(sa.func.count()), desk_ids, which, words)).scalar_one()
    return found


def _listed(
    query: sa.Select[Any], desk_ids: frozenset[str], which: TicketFilter, words: str
) -> sa.Select[Any]:
    answered = (suggestions.c.desk_id == tickets.c.desk_id) & (suggestions.c.ticket_id == tickets.c.ticket_id)
    joined = (
        tickets.outerjoin(suggestions, answered)
        .outerjoin(_note, _effect(_note, "note"))
        .outerjoin(_reply, _effect(_reply, "reply"))
    )
    query = query.select_from(joined).where(tickets.c.desk_id.in_(sorted(desk_ids)), _condition(which))
    if words.strip():
        query = query.where(tickets.c.search.contains(fold(words), autoescape=True))
    return query


def _effect(table: sa.FromClause, kind: Visibility) -> sa.ColumnElement[bool]:
    same = (table.c.desk_id == tickets.c.desk_id) & (table.c.subject == tickets.c.ticket_id)
    return same & (table.c.kind == kind)


def _condition(which: TicketFilter) -> sa.ColumnElement[bool]:
    state = suggestions.c.state
    troubled = ("unknown", "dead")
    conditions: dict[TicketFilter, sa.ColumnElement[bool]] = {
        "all": sa.true(),
        "waiting": (state == "open") & suggestions.c.verdict.in_(("NOTE", "HOLD")),
        "reviewed": state.in_(("approved", "edited", "rejected")),
        "replied": _reply.c.state == "sent",
        "silent": state == "silent",
        "trouble": _note.c.state.in_(troubled) | _reply.c.state.in_(troubled),
        "unanswered": suggestions.c.suggestion_id.is_(None),
    }
    return conditions[which]


def _is(desk_id: str, ticket_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return tickets.c.desk_id == desk_id, tickets.c.ticket_id == ticket_id


def _set_state(conn: sa.Connection, desk_id: str, ticket_id: str, state: TicketState, at: datetime) -> bool:
    """News may come out of order: the latest by the desk's own time counts."""
    statement = sa.update(tickets).where(*_is(desk_id, ticket_id), tickets.c.state_at <= at)
    return conn.execute(statement.values(state=state, state_at=at)).rowcount == 1


def _values(row: TicketRow) -> dict[str, object]:
    words = (row.ticket_id, row.subject, row.product, row.version, *row.tags)
    return {
        "desk_id": row.desk_id,
        "ticket_id": row.ticket_id,
        "subject": row.subject,
        "customer_key": row.customer_key,
        "org_key": row.org_key,
        "request_type": row.request_type,
        "product": row.product,
        "version": row.version,
        "tags": to_json(row.tags),
        "url": row.url,
        "assignee": row.assignee,
        "likeness": row.likeness,
        "search": fold(" ".join(words)),
        "state": row.state,
        "state_at": row.state_at or row.opened_at,
        "opened_at": row.opened_at,
        "human_replied": row.human_replied,
        "backfilled": row.backfilled,
        "demo": row.demo,
    }


def _row(found: sa.Row[Any]) -> TicketRow:
    return TicketRow(
        desk_id=found.desk_id,
        ticket_id=found.ticket_id,
        opened_at=found.opened_at,
        subject=found.subject,
        customer_key=found.customer_key,
        org_key=found.org_key,
        request_type=found.request_type,
        product=found.product,
        version=found.version,
        tags=tuple(json.loads(found.tags)),
        url=found.url,
        assignee=found.assignee,
        likeness=found.likeness,
        state=found.state,
        state_at=found.state_at,
        human_replied=found.human_replied,
        backfilled=found.backfilled,
        demo=found.demo,
    )


def _listed_row(found: sa.Row[Any]) -> ListedTicket:
    return ListedTicket(
        ticket=_row(found),
        suggestion_id=found.suggestion_id,
        verdict=found.verdict,
        reason=found.reason or "",
        state=found.suggestion_state,
        title=found.title or "",
        confidence=found.confidence or 0.0,
        note=found.note,
        reply=found.reply,
    )
