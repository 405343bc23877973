"""What leaves the house: posting a note or reply at most once, and the reviews that allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import structlog

from hercules.answer.reply import draft as reply_draft
from hercules.answer.reply import key_of, shows_customer, write
from hercules.desks.desk import Desk
from hercules.events import Replied, Reviewed
from hercules.house import House, no_desk
from hercules.model import (
    DeskError,
    HerculesError,
    NotFound,
    Posted,
    Reply,
    Review,
    Suggestion,
    TicketRef,
    Verdict,
    Visibility,
)
from hercules.store import articles, inbox, journal, outbox, suggestions, tickets
from hercules.store.db import Connection
from hercules.store.outbox import OutboxRow
from hercules.store.suggestions import SuggestionRow
from hercules.store.tickets import TicketRow

log = structlog.get_logger("hercules.posting")

LOOK_FIRST_AFTER_S = 600.0
# The decisions that post each kind without a review: a reply decided on later takes no note back.
_POSTED_BY: Mapping[Visibility, frozenset[Verdict]] = {
    "note": frozenset(("NOTE", "POST")),
    "reply": frozenset(("POST",)),
}


def reply(house: House, row: OutboxRow) -> Posted | None:
    """Post one note or reply that the outbox holds, and record it.

    None when it stays unknown, or is no longer wanted. Raises DeskError when the desk refused it or could not
    be reached.
    """
    desk = house.desks.get(row.desk_id)
    if desk is None:
        raise DeskError(f"desk {row.desk_id!r} is no longer in the settings", "no", permanent=True)
    ref = TicketRef(row.desk_id, row.subject)
    posted = _find_first(house, desk, row, ref)
    if posted is None:
        if row.doubt and not desk.can_find:
            _leave_unknown(house, row, "it was being sent when we stopped, and the desk cannot be asked")
            return None
        stored = _stored(house, row)
        overtaken = _overtaken(house, row, stored)
        if overtaken:
            house.db.do(lambda conn: outbox.withdrawn(conn, row.desk_id, row.row_id, overtaken))
            house.metrics.replies.labels(row.desk_id, row.kind, "withdrawn").inc()
            return None
        posted = desk.post(_write(house, desk, row, stored.suggestion), row.key)
    house.step("posted")
    house.db.do(lambda conn: _sent(house, conn, row, posted))
    outcome = "found" if posted.found else "posted"
    house.metrics.replies.labels(row.desk_id, row.kind, outcome).inc()
    return posted


def _find_first(house: House, desk: Desk, row: OutboxRow, ref: TicketRef) -> Posted | None:
    """The post if it is at the desk already; asked whenever an earlier attempt may have reached it.

    Of an older ticket we may not remember it: a backup that was put back knows less than the desk.
    """
    if not desk.can_find:
        return None
    with house.db.read() as conn:
        ticket = tickets.get(conn, row.desk_id, row.subject)
    since = min(row.created_at, ticket.opened_at) if ticket else row.created_at
    age = (house.clock() - since).total_seconds()
    if row.attempts <= 1 and age < LOOK_FIRST_AFTER_S and not row.doubt:
        return None
    return desk.find_marker(ref, row.key, row.kind)


def _stored(house: House, row: OutboxRow) -> SuggestionRow:
    with house.db.read() as conn:
        stored = suggestions.of_ticket(conn, row.desk_id, row.subject)
    if stored is None:
        raise DeskError(f"the suggestion of ticket {row.subject} is gone", "no", permanent=True)
    return stored


def _overtaken(house: House, row: OutboxRow, stored: SuggestionRow) -> str:
    """What happened while this waited that speaks against it, or ''.

    What a person approved is sent, but only as they saw it; their own words are sent as they are.
    """
    if row.reviewer:
        changed = not row.text and stored.state not in ("approved", "edited")
        return "a late file changed the answers after the approval; look at them again" if changed else ""
    with house.db.read() as conn:
        ticket = tickets.get(conn, row.desk_id, row.subject)
    if ticket is not None and ticket.state == "closed":
        return "the ticket was closed before this could be posted"
    if ticket is not None and ticket.human_replied:
        return "a person replied before this could be posted"
    if stored.decision.verdict not in _POSTED_BY[row.kind]:
        return f"a late file changed the answers before this could be posted: {stored.decision.reason}"
    return ""


def _write(house: House, desk: Desk, row: OutboxRow, suggestion: Suggestion) -> Reply:
    return write(
        suggestion,
        row.kind,
        desk.dialect,
        review_url=review_url(house, suggestion),
        article_url=lambda article_id: article_url(house, article_id),
        quote_lines=house.settings.quote.lines,
        quote_chars=house.settings.quote.chars,
        text=row.text,
        approved=bool(row.reviewer),
    )


def review_url(house: House, suggestion: Suggestion) -> str:
    """Where an engineer reviews this suggestion."""
    return f"{house.base_url}/review/{suggestion.suggestion_id}"


def _sent(house: House, conn: Connection, row: OutboxRow, posted: Posted) -> None:
    now = house.clock()
    outbox.sent(conn, row.desk_id, row.row_id, posted.remote_id, now)
    replied = Replied(
        desk_id=row.desk_id,
        ticket_id=row.subject,
        natural_key=f"replied:{row.subject}:{row.kind}",
        at=now,
        actor=row.reviewer or "hercules",
        suggestion_id=row.suggestion_id,
        public=row.kind == "reply",
        key=row.key,
        remote_id=posted.remote_id,
    )
    journal.append(conn, [replied], now)


def _leave_unknown(house: House, row: OutboxRow, why: str) -> None:
    house.db.do(lambda conn: outbox.unknown(conn, row.desk_id, row.row_id, why))
    log.warning("post left unknown", desk_id=row.desk_id, ticket_id=row.subject, why=why)


def try_desk(house: House, desk_id: str) -> int:
    """Ask a desk again now that is left alone, and do what waits for it; how many things those are.

    One call tries first, so that a desk that is still away gets no flood. Raises NotFound.
    """
    breaker = house.breakers.get(desk_id)
    if breaker is None:
        raise no_desk(desk_id, house.breakers)
    now = house.clock()
    breaker.hurry()
    waiting = house.db.do(lambda conn: outbox.hurry(conn, desk_id, now) + inbox.hurry(conn, desk_id, now))
    house.bell.ring()
    return waiting


# --- reviewing ----------------------------------------------------------------------------------------

Label = Literal["correct", "wrong", "unsure"]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What a review led to: `queued` when a public reply will be sent, with a sentence for the engineer."""

    queued: bool
    told: str


def label_of(given: Review) -> Label:
    """What a verdict says of the rules: approve and edit correct, reject as wrong or outdated wrong."""
    if given.verdict in ("approve", "edit"):
        return "correct"
    return "wrong" if given.reason in ("wrong", "outdated") else "unsure"


def review(house: House, suggestion_id: str, given: Review, version: int | None = None) -> Reviewing:
    """Store an engineer's verdict; an approval or edit queues the one public reply.

    Raises NotFound for an unknown suggestion, Conflict when it was reviewed before or has changed since,
    HerculesError for a reviewer without a name: what nobody approved is not sent.
    """
    if not given.reviewer.strip():
        raise HerculesError("A review needs the name of the person who gives it.")
    told = house.db.do(lambda conn: _review(house, conn, suggestion_id, given, version))
    house.bell.ring()
    return told


def _review(
    house: House, conn: Connection, suggestion_id: str, given: Review, version: int | None
) -> Reviewing:
    stored = suggestions.find(conn, house.desk_ids, suggestion_id)
    if stored is None:
        raise NotFound(f"There is no suggestion {suggestion_id}.")
    suggestion = stored.suggestion
    seen = suggestion if version is None else replace(suggestion, version=version)
    suggestions.add_review(conn, seen, given, label_of(given))
    journal.append(conn, [_reviewed(suggestion, given)], house.clock())
    if given.verdict == "reject":
        outbox.withdraw_waiting(conn, suggestion.desk_id, suggestion.ticket_id, "an engineer rejected it")
        return Reviewing(False, "Rejected; nothing is sent.")
    return _send(house, conn, suggestion, given)


def why_no_reply(house: House, ticket: TicketRow | None) -> str:
    """Why an approval sends nothing for this ticket, '' when it does."""
    if ticket is None:
        return "This ticket is not known here."
    desk = house.desks.get(ticket.desk_id)
    if desk is None or not desk.replies:
        return "This desk has no way to take a public reply."
    if ticket.backfilled:
        return "This ticket was old when it came, so nothing is sent to it."
    return ""


def draft(house: House, suggestion: Suggestion) -> str:
    """The public reply as it would be sent, in plain words and without the footer."""
    return reply_draft(suggestion, article_url=lambda article_id: article_url(house, article_id))


def article_url(house: House, article_id: str) -> str:
    """Where a customer reads an article that has no address of its own."""
    with house.db.read() as conn:
        named = articles.address(conn, house.desk_ids | {"*"}, article_id)
    return f"{house.base_url}/kb/{quote(named)}"


def _send(house: House, conn: Connection, suggestion: Suggestion, given: Review) -> Reviewing:
    """Queue the public reply where one may go out."""
    ticket = tickets.get(conn, suggestion.desk_id, suggestion.ticket_id)
    reason = why_no_reply(house, ticket)
    if given.verdict == "approve" and not shows_customer(suggestion):
        reason = reason or "All of these answers are internal; edit the reply to send words of your own."
    if reason:
        return Reviewing(False, f"Recorded. {reason}")
    queued = _put_reply(conn, suggestion, given, house.clock())
    told = "A public reply was sent before, or is on its way: see its state on the ticket's page."
    return Reviewing(queued, "The reply is being sent." if queued else told)


def _put_reply(conn: Connection, suggestion: Suggestion, given: Review, now: datetime) -> bool:
    """Queue the reply, also in place of one that did not leave; False when one did, or may have."""
    desk_id, ticket_id = suggestion.desk_id, suggestion.ticket_id
    text = given.text if given.verdict == "edit" else ""
    about, who = suggestion.suggestion_id, given.reviewer
    key = key_of(desk_id, ticket_id, "reply")
    put = outbox.put(conn, desk_id, "reply", ticket_id, key, about, now, text=text, reviewer=who)
    return put or outbox.renew(conn, desk_id, "reply", ticket_id, about, now, text, who)


def _reviewed(suggestion: Suggestion, given: Review) -> Reviewed:
    return Reviewed(
        desk_id=suggestion.desk_id,
        ticket_id=suggestion.ticket_id,
        natural_key=f"reviewed:{suggestion.suggestion_id}:{suggestion.version}",
        at=given.at,
        actor=given.reviewer,
        suggestion_id=suggestion.suggestion_id,
        kind="approve",
        verdict=given.verdict,
        label=label_of(given),
        rule_ids=tuple(item.rule_id for item in suggestion.items if item.rule_id),
        reviewer=given.reviewer,
        reason=given.reason,
    )
