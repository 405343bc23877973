"""The route of one ticket: the only place that knows the order from delivery to reply."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hercules.answer.policy import Facts, Gate, decide
from hercules.answer.reply import key_of
from hercules.answer.suggest import AnswerOptions, merge
from hercules.desks.desk import Desk
from hercules.events import (
    CommentAdded,
    Decided,
    Event,
    FileAdded,
    Suggested,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketUpdated,
)
from hercules.house import House
from hercules.kb.query import QueryOptions
from hercules.look import Engines, Look, look
from hercules.model import (
    Article,
    Attachment,
    BadDelivery,
    Decision,
    DeskError,
    NotFound,
    NotScanned,
    Part,
    Suggestion,
    Ticket,
    TicketRef,
    Visibility,
)
from hercules.redact import Redactor, redact
from hercules.store import articles, desks, inbox, journal, outbox, suggestions, tickets
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.store.tickets import TicketRow
from hercules.text import cut, fold, one_line

CLOCK_SLACK_S = 300.0  # a desk's clock may be behind ours by this much
LATE_FILES_S = 24 * 3600.0
TWIN_S = 600.0
FETCH_TRIES = 3
_SEP = "\x1f"


# --- reading a delivery -----------------------------------------------------------------------------


def handle(house: House, row: InboxRow) -> None:
    """Take one delivery its whole way to a stored decision.

    Raises BadDelivery when it cannot be read, DeskError when the desk could not be asked.
    """
    desk = house.desks.get(row.desk_id)
    if desk is None:
        raise BadDelivery(f"desk {row.desk_id!r} is no longer in the settings")
    events = _read(house, desk, row)
    house.step("read")
    record(house, events)
    opened = next((event for event in events if isinstance(event, TicketOpened) and event.ticket), None)
    late = [event for event in events if isinstance(event, FileAdded) and event.attachment]
    if opened and opened.ticket and not _known(house, opened.ticket.ref):
        answer(house, _within(house, opened.ticket), row)
    elif late:
        answer_late(house, late, row)
    else:
        house.db.do(lambda conn: _done(house, conn, row, "" if events else "ignored"))


def _read(house: House, desk: Desk, row: InboxRow) -> list[Event]:
    events = []
    for event in desk.read(row.delivery):
        if isinstance(event, CommentAdded) and desk.own_comment(event):
            house.metrics.loops.labels(row.desk_id).inc()
        else:
            events.append(_keyed(house, event))
    return events


def _keyed(house: House, event: Event) -> Event:
    """The opening event with the customer's pseudonym, and marked when it tells of the past."""
    if not isinstance(event, TicketOpened) or event.ticket is None:
        return event
    requester = event.ticket.requester
    who = requester.id or requester.email
    return replace(
        event,
        customer_key=customer_key(house, event.desk_id, who) if who else "",
        product=event.ticket.product,
        version=event.ticket.version,
        request_type=event.ticket.request_type,
        backfilled=event.backfilled or _is_past(house, event.ticket),
    )


def customer_key(house: House, desk_id: str, customer_id: str) -> str:
    """The pseudonym of a customer: HMAC-SHA256 of desk and id under the data folder's pepper, in hex."""
    text = f"{desk_id}:{customer_id}".encode("utf-8", "replace")
    return hmac.new(house.pepper, text, hashlib.sha256).hexdigest()[:32]


def _is_past(house: House, ticket: Ticket) -> bool:
    age = house.clock() - ticket.opened_at
    old = age > timedelta(seconds=_age_max_s(house, ticket.desk_id))
    return old or ticket.opened_at < _live_since(house, ticket.desk_id)


def _live_since(house: House, desk_id: str) -> datetime:
    """Tickets opened before this are history: the desk's setting, else when it was first seen here."""
    given = house.desk_settings[desk_id].live_since
    if given is not None:
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    with house.db.read() as conn:
        known = desks.known_since(conn, desk_id)
    return known - timedelta(seconds=CLOCK_SLACK_S) if known else house.clock()


def _age_max_s(house: House, desk_id: str) -> float:
    hours = house.desk_settings[desk_id].age_max_hours
    return 3600.0 * (house.settings.work.age_max_hours if hours is None else hours)


def _within(house: House, ticket: Ticket) -> Ticket:
    """The ticket with its text cut to what one ticket may bring."""
    most = house.settings.ticket.text_max
    return replace(ticket, subject=cut(ticket.subject, 1000), description=cut(ticket.description, most))


def _known(house: House, ref: TicketRef) -> bool:
    with house.db.read() as conn:
        return suggestions.exists(conn, ref.desk_id, ref.ticket_id)


def record(house: House, events: Sequence[Event]) -> None:
    """Put the events into the journal and the tickets' state; known ones are dropped by their natural key."""
    now = house.clock()
    news = [event for event in events if not isinstance(event, FileAdded)]

    def save(conn: Connection) -> None:
        for recorded in journal.append(conn, news, now):
            _apply(conn, recorded.event)

    if news:
        house.db.do(save)


def _apply(conn: Connection, event: Event) -> None:
    if isinstance(event, TicketOpened) and event.ticket:
        tickets.put(conn, _ticket_row(event, event.ticket))
    elif isinstance(event, TicketClosed):
        tickets.close(conn, event.desk_id, event.ticket_id, event.at)
    elif isinstance(event, TicketReopened):
        tickets.reopen(conn, event.desk_id, event.ticket_id, event.at)
    elif isinstance(event, CommentAdded) and event.author_kind == "human" and event.public:
        tickets.human_replied(conn, event.desk_id, event.ticket_id)
    elif isinstance(event, TicketUpdated) and event.ticket:
        known = tickets.get(conn, event.desk_id, event.ticket_id)
        if known:
            tickets.put(conn, replace(known, subject=_shown(event.ticket.subject)))


def _shown(text: str) -> str:
    return cut(redact(one_line(text)), 300)


def _ticket_row(event: TicketOpened, ticket: Ticket) -> TicketRow:
    return TicketRow(
        desk_id=ticket.desk_id,
        ticket_id=ticket.ticket_id,
        subject=_shown(ticket.subject),
        customer_key=event.customer_key,
        request_type=ticket.request_type,
        product=ticket.product,
        version=ticket.version,
        tags=tuple(_shown(tag) for tag in ticket.tags),
        url=ticket.url,
        likeness=_likeness(ticket),
        opened_at=ticket.opened_at,
        backfilled=event.backfilled,
        demo=event.demo,
    )


def _likeness(ticket: Ticket) -> str:
    """Equal for tickets that say the same but for case, white space, punctuation and numbers."""
    letters = "".join(each for each in fold(ticket.subject + " " + ticket.description) if each.isalpha())
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()[:32] if len(letters) > 20 else ""


# --- answering ----------------------------------------------------------------------------------------


def suggestion_id_of(ref: TicketRef) -> str:
    """The suggestion's id, made from the ticket alone, so that a second run makes the same one."""
    text = f"{ref.desk_id}{_SEP}{ref.ticket_id}".encode("utf-8", "replace")
    return "s" + hashlib.sha256(text).hexdigest()[:20]


def engines(house: House, desk_id: str) -> Engines:
    """The engines as this desk uses them, with the rule set in use now."""
    settings, desk = house.settings, house.desk_settings[desk_id]

    def find_article(key: str) -> Article | None:
        with house.db.read() as conn:
            return articles.by_key(conn, frozenset({desk_id, "*"}), key)

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


@dataclass(frozen=True, slots=True)
class _Fetched:
    """Attachments on disk (name, content hash) and those that could not be had."""

    kept: tuple[tuple[str, str], ...]
    unread: tuple[NotScanned, ...]


def _fetch(house: House, desk: Desk, attachments: Sequence[Attachment], attempts: int) -> _Fetched:
    kept: list[tuple[str, str]] = []
    unread: list[NotScanned] = []
    most = house.settings.ticket.attachments_max
    for attachment in attachments[:most]:
        try:
            kept.append((attachment.name, _keep(house, desk, attachment, unread)))
        except DeskError as error:
            if not error.permanent and attempts < FETCH_TRIES:
                raise
            unread.append(NotScanned(attachment.name, "not-fetched", str(error)))
    for attachment in attachments[most:]:
        unread.append(NotScanned(attachment.name, "members", f"only {most} attachments are read"))
    return _Fetched(tuple(kept), tuple(unread))


def _keep(house: House, desk: Desk, attachment: Attachment, unread: list[NotScanned]) -> str:
    """Keep an attachment's content and give its hash; one that is too large is kept up to the limit."""
    if attachment.content is not None:
        return house.attachments.put((attachment.content,)).digest
    chunks = desk.fetch(attachment, house.settings.fetch.attachment_max)
    return house.attachments.put(_up_to_limit(chunks, attachment.name, unread)).digest


def _up_to_limit(chunks: Iterator[bytes], name: str, unread: list[NotScanned]) -> Iterator[bytes]:
    came = False
    try:
        for chunk in chunks:
            came = True
            yield chunk
    except DeskError as error:
        if not (came and error.permanent):
            raise
        unread.append(NotScanned(name, "size", str(error)))


def _look(house: House, ticket: Ticket, fetched: _Fetched) -> Look:
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
    fetched = _fetch(house, desk, ticket.attachments, row.attempts)
    house.step("fetched")
    suggestion = _look(house, ticket, fetched).suggestion
    decision = _decide(house, suggestion)
    house.step("answered")
    house.db.do(lambda conn: _save(house, conn, suggestion, decision, row))
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
    if ticket is None or before is None or _seconds(house.clock() - ticket.opened_at) > LATE_FILES_S:
        house.db.do(lambda conn: _done(house, conn, row, "late file passed over", late))
        return
    files = tuple(event.attachment for event in late if event.attachment)
    fetched = _fetch(house, house.desks[ref.desk_id], files, row.attempts)
    alone = _look(house, _bare(ticket), fetched).suggestion
    joined = merge(before.suggestion, alone)
    decision = _decide(house, joined)
    house.db.do(lambda conn: _save(house, conn, joined, decision, row, late))
    house.bell.ring()


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
        tracks = suggestions.tracks(conn, frozenset({suggestion.desk_id}))
        twin = _twin(conn, ticket) if ticket else ""
    if ticket is None:
        raise NotFound(f"ticket {suggestion.ticket_id} was never opened here")
    facts = Facts(
        now=house.clock(),
        opened_at=ticket.opened_at,
        live_since=_live_since(house, suggestion.desk_id),
        age_max_s=_age_max_s(house, suggestion.desk_id),
        backfilled=ticket.backfilled,
        closed=ticket.state == "closed",
        human_replied=ticket.human_replied,
        has_notes=desk.notes,
        has_replies=desk.replies,
        twin_of=twin,
    )
    gate = Gate(house.settings.gate.judged_min, house.settings.gate.precision)
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


def _save(
    house: House,
    conn: Connection,
    suggestion: Suggestion,
    decision: Decision,
    row: InboxRow,
    late: Sequence[FileAdded] = (),
) -> None:
    now = house.clock()
    if late:
        suggestion = suggestions.update(conn, suggestion, decision, now)
    else:
        suggestions.put(conn, suggestion, decision, "treated", now)
    journal.append(conn, [*late, *_outcome(suggestion, decision, now)], now)
    if decision.verdict in ("NOTE", "POST"):
        kind: Visibility = "note" if decision.verdict == "NOTE" else "reply"
        _queue(conn, suggestion, kind, now)
    inbox.done(conn, row.desk_id, row.row_id, now, kept_body(row.body), "")
    house.step("saving")


def _outcome(suggestion: Suggestion, decision: Decision, now: datetime) -> tuple[Event, ...]:
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


def _done(house: House, conn: Connection, row: InboxRow, why: str, late: Sequence[FileAdded] = ()) -> None:
    now = house.clock()
    if late:
        journal.append(conn, late, now)
    inbox.done(conn, row.desk_id, row.row_id, now, kept_body(row.body), why)


def kept_body(body: bytes) -> bytes:
    """What stays of a delivery once it is done: its JSON with long texts cut and every text redacted."""
    redactor = Redactor()

    def walk(value: object) -> object:
        if isinstance(value, str):
            return redactor(cut(value, 2000))
        if isinstance(value, dict):
            return {cut(redactor(key), 200): walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    try:
        plain = json.loads(body)
    except (ValueError, RecursionError):
        return redactor(cut(body[:65_536].decode("utf-8", "replace"), 20_000)).encode()
    return json.dumps(walk(plain), ensure_ascii=True).encode()
