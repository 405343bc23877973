"""What pages, API and command line show alike: tickets, searches, reports and the actives that feed them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast
from zoneinfo import ZoneInfo

from hercules.codec import to_plain
from hercules.events import ActivesStated, Recorded, TicketOpened
from hercules.house import House, no_desk
from hercules.kb.box import box_query, read_box, snippet
from hercules.kb.query import QueryOptions
from hercules.kb.spelling import near_headings
from hercules.keeping import FILE_TAKEN_OUT
from hercules.model import (
    Article,
    BadDelivery,
    Filters,
    Hit,
    NotFound,
    Period,
    SettingsError,
    Table,
    Term,
    Ticket,
    Visibility,
)
from hercules.periods import last_month_label, period_of
from hercules.recording import FOUND_HEADER, found_events
from hercules.redact import redact
from hercules.reports.report import TOLD, ReportOptions
from hercules.store import articles, inbox, journal, outbox
from hercules.store.db import Connection
from hercules.store.inbox import InboxRow
from hercules.store.outbox import OutboxRow
from hercules.store.suggestions import ReviewRow, SuggestionRow
from hercules.store.tickets import TicketRow
from hercules.text import clean
from hercules.wiring import REPORTS

POST_STATES = {
    "waiting": "waiting to be sent",
    "sending": "being sent",
    "retry": "will be tried again",
    "sent": "sent",
    "dead": "given up",
    "withdrawn": "withdrawn",
    "unknown": "unknown: look at the desk",
}


# --- one ticket -----------------------------------------------------------------------------------------


def ticket(
    house: House, row: TicketRow, stored: SuggestionRow, posts: Sequence[OutboxRow], review: ReviewRow | None
) -> dict[str, object]:
    """One ticket with its suggestions as the API tells it."""
    suggestion = stored.suggestion
    return {
        "desk_id": row.desk_id,
        "ticket_id": row.ticket_id,
        "subject": row.subject,
        "opened_at": row.opened_at.isoformat(),
        "suggestion_id": suggestion.suggestion_id,
        "version": suggestion.version,
        "decision": {"verdict": stored.decision.verdict, "reason": stored.decision.reason},
        "suggestions": [_item(item) for item in suggestion.items],
        "experimental": [_item(item) for item in suggestion.seen],
        "files": to_plain(suggestion.files),
        "not_scanned": to_plain(suggestion.not_scanned),
        "unexplained": to_plain(suggestion.errors),
        "rules_hash": suggestion.rules_hash,
        "review_url": f"{house.base_url}/review/{suggestion.suggestion_id}",
        "posts": [_post(post) for post in posts],
        "review": None if review is None else to_plain(review.review),
    }


def ticket_text(house: House, conn: Connection, stored: SuggestionRow) -> str:
    """What the customer wrote, redacted and cut, as the delivery it came by keeps it; '' when it is gone."""
    ref = (stored.suggestion.desk_id, stored.suggestion.ticket_id)
    for row in inbox.kept_at(conn, ref[0], stored.created_at):
        for told in told_tickets(house, row):
            if (told.desk_id, told.ticket_id) == ref:
                return clean(redact(told.description)).strip()
    return ""


def told_tickets(house: House, row: InboxRow) -> Iterator[Ticket]:
    """The tickets a kept delivery opened, as far as redaction left it readable; its desk is not asked."""
    desk = house.desks.get(row.desk_id)
    if desk is None or not row.body:
        return
    read = found_events if FOUND_HEADER in row.headers else desk.read
    body = row.body.replace(FILE_TAKEN_OUT.encode(), b"")  # an empty file can be read again
    try:
        events = read(replace(row.delivery, body=body))
    except BadDelivery:
        return  # it was read once; what redaction left of it is no delivery any more
    for event in events:
        if isinstance(event, TicketOpened) and event.ticket:
            yield event.ticket


def _item(item: object) -> dict[str, object]:
    """An item with all of its main fields, also those that stand at their default."""
    plain: dict[str, object] = {
        "title": "", "why": "", "confidence": 0.0, "article_id": "", "url": "", "rule_id": "",
        "rule_status": "", "severity": "", "message": "", "evidence": [], "count": 0,
    }  # fmt: skip
    plain.update(cast(dict[str, object], to_plain(item)))
    return plain


def posts_of(conn: Connection, desk_id: str, ticket_id: str) -> list[OutboxRow]:
    """The note and the reply of a ticket, as far as there are."""
    kinds: tuple[Visibility, ...] = ("note", "reply")
    found = [outbox.get(conn, desk_id, kind, ticket_id) for kind in kinds]
    return [post for post in found if post is not None]


def _post(post: OutboxRow) -> dict[str, object]:
    return {
        "kind": post.kind,
        "state": post.state,
        "key": post.key,
        "attempts": post.attempts,
        "why": post.why,
        "remote_id": post.remote_id,
    }


# --- search ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of the search box, the words asked for, and what may have been meant."""

    hits: tuple[Hit, ...]
    terms: tuple[Term, ...] = ()
    meant: tuple[str, ...] = ()


NOTHING = Found(())
MEANT_BELOW = 3
NEAR_AMONG = 2_000


def search(house: House, text: str, limit: int, product: str) -> Found:
    """What an engineer's search box finds. Raises HerculesError for a text that cannot be asked."""
    box = read_box(text)
    if product:
        box = replace(box, product=product.casefold())
    filters = Filters(desk_ids=house.desk_ids | {"*"})
    query = box_query(box, house.index.words, QueryOptions(synonyms=house.synonyms), filters)
    hits = tuple(house.index.search(query, limit=limit))
    meant: list[str] = []
    if len(hits) < MEANT_BELOW:
        for word in box.words:
            meant.extend(house.index.suggest(word))
    return Found(hits, query.terms, tuple(dict.fromkeys(meant))[:5])


def pages_of(house: House, found: Found) -> dict[str, Article]:
    """The articles of the hits by their ids, best first, as far as they are still there."""
    ids = [hit.article_id for hit in found.hits]
    with house.db.read() as conn:
        held = articles.some(conn, house.desk_ids | {"*"}, ids)
    return {article_id: held[article_id] for article_id in ids if article_id in held}


def shown_hits(found: Found, pages: Mapping[str, Article]) -> list[dict[str, object]]:
    """Hits of these articles with a snippet and what they matched, for a page."""
    return [
        {
            "id": page.id,
            "title": page.title,
            "product": page.product,
            "updated_at": page.updated_at,
            "matched": ", ".join(sorted({f"{term} ({field})" for term, _, field in hit.matched})),
            "snippet": snippet(page, found.terms),
        }
        for hit in found.hits
        if (page := pages.get(hit.article_id)) is not None
    ]


@dataclass(frozen=True, slots=True)
class NearHeading:
    """A heading that reads like what was asked; `heading` is '' where it is the article's title."""

    id: str
    title: str
    heading: str = ""


def nearest(house: House, text: str) -> list[NearHeading]:
    """Where to look when nothing was found: the nearest titles and headings, each article once."""
    desk_ids = house.desk_ids | {"*"}
    with house.db.read() as conn:
        ids = [article_id for article_id, _ in articles.titles(conn, desk_ids)][:NEAR_AMONG]
        held = articles.some(conn, desk_ids, ids).values()
    places = [NearHeading(page.id, page.title) for page in held]
    places += [NearHeading(page.id, page.title, each) for page in held for each in page.headings.split("\n")]
    near = near_headings(" ".join(read_box(text).words), [each.heading or each.title for each in places])
    return list({places[at].id: places[at] for at in reversed(near)}.values())[::-1]


# --- reports --------------------------------------------------------------------------------------------


def zone_of(house: House, desk_id: str) -> ZoneInfo:
    """The time zone periods are computed in."""
    return ZoneInfo(house.desk_settings[desk_id].timezone)


def report(house: House, name: str, desk_id: str, period: str) -> Table:
    """A report of one desk and period, a label such as `2026-10`.

    '' is the newest whole month that has tickets, else the month that is running. Raises NotFound for a
    report or desk that is not there, SettingsError for a period that cannot be read.
    """
    if name not in REPORTS:
        raise NotFound(f"there is no report {name!r}; known are {', '.join(REPORTS)}")
    return reports(house, desk_id, period, (name,))[name]


def reports(
    house: House, desk_id: str, period: str, names: Collection[str] = tuple(REPORTS)
) -> dict[str, Table]:
    """Several reports of one desk, period and moment, by their names; see `report`."""
    if desk_id not in house.desks:
        raise no_desk(desk_id, house.desks)
    zone = zone_of(house, desk_id)
    with house.db.read() as conn:
        recorded = list(journal.read(conn, frozenset({desk_id}), TOLD))
    now = house.clock()
    last = last_month_label(now.astimezone(zone))
    months = _months(recorded, zone)
    span = period_of(period or _newest(months, last), zone)
    options = ReportOptions(
        desk_ids=(desk_id,),
        statuses={rule.id: rule.status for rule in house.rulesets.now.rules},
        judged_min=house.settings.gate.judged_min,
        precision=house.settings.gate.precision,
        zone=zone,
    )
    added = tuple(_period_notes(desk_id, months, span, now))
    made = {name: REPORTS[name](recorded, span, now, options) for name in names}
    return {
        name: replace(table, notes=tuple(dict.fromkeys((*table.notes, *added))))
        for name, table in made.items()
    }


def _months(recorded: Sequence[Recorded], zone: ZoneInfo) -> frozenset[str]:
    """The months in which tickets were opened; history that was read in does not count."""
    opened = (each.event for each in recorded if isinstance(each.event, TicketOpened))
    return frozenset(each.at.astimezone(zone).strftime("%Y-%m") for each in opened if not each.backfilled)


def _newest(months: frozenset[str], last: str) -> str:
    """The newest month with tickets that is over; without one the newest of all, without any `last`."""
    return max((each for each in months if each <= last), default=max(months, default=last))


def _period_notes(desk_id: str, months: frozenset[str], span: Period, now: datetime) -> Iterator[str]:
    """What explains a table of zeros, or a period that is not over, with the next step."""
    label = span.label
    if not months:
        yield f"No ticket of {desk_id} has come yet; prove the connection: hercules desk check {desk_id}"
    elif not any(each.startswith(label) or label.startswith(each) for each in months):
        yield f"No ticket was opened in {label}; the newest month with tickets is {max(months)}."
    elif span.start <= now < span.end:
        yield "The period is not over yet."


def busiest_desk(house: House) -> str:
    """The desk with most tickets, '' when there is no desk."""
    with house.db.read() as conn:
        counts = journal.counts(conn, house.desk_ids, TicketOpened)
    return max(sorted(counts), key=lambda desk_id: counts[desk_id], default="")


def put_actives(
    house: House,
    desk_id: str,
    period: str,
    unit: str,
    source: str,
    segments: Sequence[tuple[str, int]],
    actor: str,
) -> None:
    """Journal how many customers were active in a period; the newest statement wins.

    Raises NotFound for an unknown desk, SettingsError for a period or unit that cannot be read.
    """
    if desk_id not in house.desks:
        raise no_desk(desk_id, house.desks)
    label = period_of(period, zone_of(house, desk_id)).label
    names = [segment for segment, _ in segments]
    if len(set(names)) < len(names):
        raise SettingsError("each segment may be told once")
    if unit not in ("customer", "organisation"):
        raise SettingsError(f"unit must be customer or organisation, not {unit!r}")
    now = house.clock()
    stated = [
        ActivesStated(
            desk_id=desk_id,
            ticket_id="",
            natural_key=f"actives:{label}:{segment}:{now.isoformat()}",
            at=now,
            actor=actor,
            period=label,
            unit=cast(Literal["customer", "organisation"], unit),
            segment=segment,
            count=count,
            source=source,
        )
        for segment, count in segments
    ]
    house.db.do(lambda conn: journal.append(conn, stated, now))
