"""The route of one ticket: the only place that knows the order from delivery to reply."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hercules.answer.policy import Facts, Gate, decide, track_of
from hercules.answer.reply import key_of
from hercules.answer.suggest import AnswerOptions, merge
from hercules.desks.desk import Desk, is_check
from hercules.events import (
    CommentAdded,
    Decided,
    Event,
    FileAdded,
    Knocked,
    Suggested,
    TicketOpened,
)
from hercules.fetching import Fetched, fetch, place_key
from hercules.house import House
from hercules.kb.query import QueryOptions
from hercules.keeping import keep_body
from hercules.look import Engines, Look, look
from hercules.model import (
    Article,
    BadDelivery,
    Conflict,
    Decision,
    NotFound,
    NotYet,
    Part,
    Suggestion,
    Ticket,
    TicketRef,
    Visibility,
)
from hercules.recording import FOUND_HEADER, age_max_s, found_events, keyed, live_since, record, shown
from hercules.store import articles, inbox, journal, outbox, suggestions, tickets
from hercules.store import files as store_files
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.store.tickets import TicketRow
from hercules.text import cut

LATE_FILES_S = 24 * 3600.0
TWIN_S = 600.0
WAIT_TRIES = 5  # how often news of a ticket wait for its opening to be worked off
_SEP = "\x1f"


# --- reading a delivery -----------------------------------------------------------------------------


def handle(house: House, row: InboxRow) -> None:
    """Take one delivery its whole way to a stored decision.

    Raises BadDelivery when it cannot be read, DeskError when the desk could not be asked.
    """
    desk = house.desks.get(row.desk_id)
    if desk is None:
        raise BadDelivery(f"desk {row.desk_id!r} is no longer in the settings")
    if is_check(row.body):
        _done(house, row, "a test delivery")
        return
    events = _read(house, desk, row)
    house.step("read")
    record(house, events)
    opened = next((event for event in events if isinstance(event, TicketOpened) and event.ticket), None)
    late = [event for event in events if isinstance(event, FileAdded) and event.attachment]
    if opened and opened.ticket and not _known(house, opened.ticket.ref):
        answer(house, _within(house, _with_files(opened.ticket, late)), row)
    elif late:
        answer_late(house, late, row)
    else:
        _done(house, row, "" if events else "ignored")


def _read(house: House, desk: Desk, row: InboxRow) -> list[Event]:
    events = []
    read = found_events if FOUND_HEADER in row.headers else desk.read
    for event in _told(desk, read(row.delivery)):
        if isinstance(event, CommentAdded) and desk.own_comment(event):
            house.metrics.loops.labels(row.desk_id).inc()
        else:
            events.append(keyed(house, event))
    return events


def _told(desk: Desk, events: Sequence[Event]) -> Iterator[Event]:
    """The events, each ticket of which only a knock was heard as its desk tells it. Raises DeskError."""
    knocked = dict.fromkeys(event.ticket_id for event in events if isinstance(event, Knocked))
    yield from (event for event in events if not isinstance(event, Knocked))
    for ticket_id in knocked:
        yield from desk.read_ticket(TicketRef(desk.desk_id, ticket_id))


def _with_files(ticket: Ticket, added: Sequence[FileAdded]) -> Ticket:
    """The ticket with the files that the same news tell apart from it."""
    known = {(file.name, file.url) for file in ticket.attachments}
    files = [event.attachment for event in added if event.ticket_id == ticket.ticket_id and event.attachment]
    more = tuple(file for file in files if file.content is not None or (file.name, file.url) not in known)
    return replace(ticket, attachments=ticket.attachments + more)


def _within(house: House, ticket: Ticket) -> Ticket:
    """The ticket with its text cut to what one ticket may bring."""
    most = house.settings.ticket.text_max
    return replace(ticket, subject=cut(ticket.subject, 1000), description=cut(ticket.description, most))


def _known(house: House, ref: TicketRef) -> bool:
    with house.db.read() as conn:
        return suggestions.exists(conn, ref.desk_id, ref.ticket_id)


# --- answering ----------------------------------------------------------------------------------------


def suggestion_id_of(ref: TicketRef) -> str:
    """The suggestion's id, made from the ticket alone, so that a second run makes the same one."""
    text = f"{ref.desk_id}{_SEP}{ref.ticket_id}".encode("utf-8", "replace")
    return "s" + hashlib.sha256(text).hexdigest()[:20]


def engines(house: House, desk_id: str) -> Engines:
    """The engines as this desk uses them, with the rule set in use now."""
    settings, desk = house.settings, house.desk_settings[desk_id]

    def find_article(key: str) -> Article | None:
        """An article by its key, as rules name it, or by its id, as hits do."""
        seen_by = frozenset({desk_id, "*"})
        with house.db.read() as conn:
            return articles.by_key(conn, seen_by, key) or articles.get(conn, seen_by, key)

    return Engines(
        ruleset=house.rulesets.now,
        index=house.index,
        limits=settings.limits(),
        query=QueryOptions(
            terms_max=settings.kb.terms_max,
            postings_max=settings.kb.postings_max,
            synonyms=house.synonyms,
        ),
        answers=AnswerOptions(
            hold_from=settings.kb.hold_from,
            say_from=settings.kb.say_from if desk.say_from is None else desk.say_from,
        ),
        find_article=find_article,
        products=frozenset(desk.products),
    )


def _look(house: House, ticket: Ticket, fetched: Fetched) -> Look:
    with ExitStack() as stack:
        parts = [
            Part(name, path=stack.enter_context(house.attachments.open(digest)))
            for name, digest in fetched.kept
        ]
        seen = look(
            ticket,
            parts,
            engines(house, ticket.desk_id),
            house.clock(),
            suggestion_id_of(ticket.ref),
            fetched.unread,
        )
    house.metrics.scan.observe(seen.scan_s)
    house.metrics.search.observe(seen.search_s)
    house.metrics.scan_bytes.inc(sum(file.bytes for file in seen.scan.files))
    for left in seen.scan.not_scanned:
        house.metrics.limits.labels(left.reason).inc()
    return seen


def answer(house: House, ticket: Ticket, row: InboxRow) -> Decision:
    """Look at a new ticket and store suggestion, decision and what is to be posted in one transaction."""
    desk = house.desks[ticket.desk_id]
    fetched = fetch(house, desk, ticket.attachments, row)
    house.step("fetched")
    suggestion = _look(house, ticket, fetched).suggestion
    decision = _decide(house, suggestion)
    house.step("answered")
    outcome = _Outcome(suggestion, decision, fetched, keep_body(row.body))
    _keep(house, outcome, row)
    house.metrics.tickets.labels(ticket.desk_id).inc()
    house.metrics.decisions.labels(ticket.desk_id, decision.verdict).inc()
    house.bell.ring()
    return decision


def answer_late(house: House, late: Sequence[FileAdded], row: InboxRow) -> None:
    """Look at files that came later, alone, and let them join a suggestion; what is posted stays as it is."""
    ref = TicketRef(late[0].desk_id, late[0].ticket_id)
    with house.db.read() as conn:
        ticket = tickets.get(conn, ref.desk_id, ref.ticket_id)
        before = suggestions.of_ticket(conn, ref.desk_id, ref.ticket_id)
    if (ticket is None or before is None) and row.attempts <= WAIT_TRIES:
        raise NotYet("its ticket is still being looked at")
    if ticket is None or before is None or _seconds(house.clock() - ticket.opened_at) > LATE_FILES_S:
        _done(house, row, "the file came too late or for an unknown ticket")
        return
    with house.db.read() as conn:
        read = store_files.known(conn, ref.desk_id, ref.ticket_id)
    told = (event.attachment for event in late if event.attachment)
    files = tuple(file for file in told if place_key(file) not in read)
    fetched = _fresh(house, ref, fetch(house, house.desks[ref.desk_id], files, row))
    if not fetched.kept:
        house.db.do(lambda conn: store_files.add(conn, ref.desk_id, ref.ticket_id, fetched.keys))
        _done(house, row, "no file that was not read before")
        return
    joined = merge(before.suggestion, _look(house, _bare(ticket), fetched).suggestion)
    decision = _decide(house, joined)
    outcome = _Outcome(joined, decision, fetched, keep_body(row.body), before.suggestion)
    house.step("joined")
    _keep(house, outcome, row)
    house.bell.ring()


def _fresh(house: House, ref: TicketRef, fetched: Fetched) -> Fetched:
    """Without the files whose content this ticket had before: desks list all files with every change."""
    keys = {digest: _file_key(ref.ticket_id, digest) for _, digest in fetched.kept}
    with house.db.read() as conn:
        known = journal.known(conn, ref.desk_id, keys.values())
    kept = tuple((name, digest) for name, digest in fetched.kept if keys[digest] not in known)
    return replace(fetched, kept=kept)


def _file_key(ticket_id: str, digest: str) -> str:
    return f"file:{ticket_id}:{digest}"


def _bare(row: TicketRow) -> Ticket:
    """A stored ticket without words: late files are looked at alone."""
    return Ticket(
        desk_id=row.desk_id,
        ticket_id=row.ticket_id,
        subject="",
        description="",
        opened_at=row.opened_at,
        tags=row.tags,
        product=row.product,
        version=row.version,
        request_type=row.request_type,
    )


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _decide(house: House, suggestion: Suggestion) -> Decision:
    desk = house.desks[suggestion.desk_id]
    common = house.desk_settings[suggestion.desk_id]
    with house.db.read() as conn:
        ticket = tickets.get(conn, suggestion.desk_id, suggestion.ticket_id)
        asked = (item.rule_id for item in suggestion.items)
        labels = suggestions.ledger(conn, suggestion.desk_id, asked)
        twin = _twin(conn, ticket) if ticket else ""
    if ticket is None:
        raise NotFound(f"ticket {suggestion.ticket_id} was never opened here")
    facts = Facts(
        now=house.clock(),
        opened_at=ticket.opened_at,
        live_since=live_since(house, suggestion.desk_id),
        age_max_s=age_max_s(house, suggestion.desk_id),
        backfilled=ticket.backfilled,
        closed=ticket.state == "closed",
        human_replied=ticket.human_replied,
        has_notes=desk.notes,
        has_replies=desk.replies,
        twin_of=twin,
    )
    gate = Gate(house.settings.gate.judged_min, house.settings.gate.precision)
    tracks = {rule_id: track_of(each, gate) for rule_id, each in labels.items()}
    say_from = engines(house, suggestion.desk_id).answers.say_from
    return decide(suggestion, common.policy, facts, tracks, gate, say_from)


def _twin(conn: Connection, ticket: TicketRow) -> str:
    """An earlier ticket of the same customer that says nearly the same, or ''."""
    if not ticket.customer_key or not ticket.likeness:
        return ""
    since = ticket.opened_at - timedelta(seconds=TWIN_S)
    for other in tickets.twins(conn, ticket.desk_id, ticket.customer_key, since):
        earlier = other.opened_at <= ticket.opened_at and other.ticket_id != ticket.ticket_id
        if earlier and other.likeness == ticket.likeness:
            return other.ticket_id
    return ""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """All that one look leads to, ready to be stored; `body` is what stays of the delivery.

    `before` is what late files were joined to, None for a first look.
    """

    suggestion: Suggestion
    decision: Decision
    fetched: Fetched
    body: bytes
    before: Suggestion | None = None


def _keep(house: House, outcome: _Outcome, row: InboxRow) -> None:
    """Store all of it; where other news of the ticket were quicker, this is worked off again with theirs."""
    try:
        house.db.do(lambda conn: _save(house, conn, outcome, row))
    except Conflict as error:
        raise NotYet(str(error)) from None


def _save(house: House, conn: Connection, outcome: _Outcome, row: InboxRow) -> None:
    """Store suggestion, decision, journal and what is to be posted, and end the delivery: all or nothing.

    Raises Conflict when it was not made from the newest of this ticket.
    """
    now = house.clock()
    suggestion, decision = outcome.suggestion, outcome.decision
    inbox.done(conn, row.desk_id, row.row_id, now, outcome.body, "")
    store_files.add(conn, suggestion.desk_id, suggestion.ticket_id, outcome.fetched.keys)
    if outcome.before is not None:
        newest = suggestions.get(conn, suggestion.desk_id, suggestion.suggestion_id)
        if newest is None or newest.suggestion != outcome.before:
            raise Conflict("another file of this ticket was looked at meanwhile")
        suggestion = suggestions.update(conn, suggestion, decision, now)
    elif not suggestions.put(conn, suggestion, decision, "treated", now):
        raise Conflict("another delivery of this ticket was quicker")
    files = _files_added(suggestion, outcome.fetched, now)
    journal.append(conn, [*files, *_decided(suggestion, decision, now)], now)
    if decision.verdict in ("NOTE", "POST"):
        kind: Visibility = "note" if decision.verdict == "NOTE" else "reply"
        _queue(conn, suggestion, kind, now)
    house.step("saving")


def _files_added(suggestion: Suggestion, fetched: Fetched, now: datetime) -> list[Event]:
    return [
        FileAdded(
            desk_id=suggestion.desk_id,
            ticket_id=suggestion.ticket_id,
            natural_key=_file_key(suggestion.ticket_id, digest),
            at=now,
            time_is_ours=True,
            name=shown(name),
        )
        for name, digest in fetched.kept
    ]


def _decided(suggestion: Suggestion, decision: Decision, now: datetime) -> tuple[Event, ...]:
    ref, version = suggestion.ticket_id, suggestion.version
    items = suggestion.items
    suggested = Suggested(
        desk_id=suggestion.desk_id,
        ticket_id=ref,
        natural_key=f"suggested:{ref}:{version}",
        at=now,
        actor="hercules",
        suggestion_id=suggestion.suggestion_id,
        rule_ids=tuple(item.rule_id for item in items if item.rule_id),
        article_ids=tuple(item.article_id for item in items if item.article_id),
        scores=tuple(round(item.confidence, 4) for item in items),
        eligible=bool(items),
        rules_hash=suggestion.rules_hash,
    )
    decided = Decided(
        desk_id=suggestion.desk_id,
        ticket_id=ref,
        natural_key=f"decided:{ref}:{version}",
        at=now,
        actor="hercules",
        verdict=decision.verdict,
        why=decision.reason,
    )
    return suggested, decided


def _queue(conn: Connection, suggestion: Suggestion, kind: Visibility, now: datetime) -> bool:
    return outbox.put(
        conn,
        suggestion.desk_id,
        kind,
        suggestion.ticket_id,
        key_of(suggestion.desk_id, suggestion.ticket_id, kind),
        suggestion.suggestion_id,
        now,
    )


def _done(house: House, row: InboxRow, why: str) -> None:
    """End a delivery that leads to no look."""
    body = keep_body(row.body)
    house.db.do(lambda conn: inbox.done(conn, row.desk_id, row.row_id, house.clock(), body, why))
