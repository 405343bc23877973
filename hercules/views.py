"""What pages, API and command line show alike: tickets, searches, reports and the actives that feed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast
from zoneinfo import ZoneInfo

from hercules.codec import to_plain
from hercules.events import ActivesStated, TicketOpened
from hercules.house import House
from hercules.kb.box import box_query, read_box, snippet
from hercules.kb.query import QueryOptions
from hercules.model import Article, Filters, Hit, NotFound, Period, SettingsError, Table, Term, Visibility
from hercules.periods import last_month_label, period_of
from hercules.reports.report import ReportOptions
from hercules.store import articles, journal, outbox
from hercules.store.db import Connection
from hercules.store.outbox import OutboxRow
from hercules.store.suggestions import ReviewRow, SuggestionRow
from hercules.store.tickets import TicketRow
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


def search(house: House, text: str, limit: int, product: str) -> Found:
    """What an engineer's search box finds. Raises HerculesError for a text that cannot be asked."""
    box = read_box(f"{text} product:{product}" if product else text)
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
            "key": page.key,
            "title": page.title,
            "product": page.product,
            "updated_at": page.updated_at,
            "matched": ", ".join(sorted({f"{term} ({field})" for term, _, field in hit.matched})),
            "snippet": snippet(page, found.terms),
        }
        for hit in found.hits
        if (page := pages.get(hit.article_id)) is not None
    ]


# --- reports --------------------------------------------------------------------------------------------


def zone_of(house: House, desk_id: str) -> ZoneInfo:
    """The time zone periods are computed in."""
    return ZoneInfo(house.desk_settings[desk_id].timezone)


def last_month(house: House) -> str:
    """The newest whole month, as its label."""
    return last_month_label(house.clock())


def report(house: House, name: str, desk_id: str, period: str) -> Table:
    """A report of one desk and period (a label such as `2026-10`, '' for the newest whole month).

    Raises NotFound for a report or desk that is not there, SettingsError for a period that cannot be read.
    """
    make = REPORTS.get(name)
    if make is None:
        raise NotFound(f"there is no report {name!r}; known are {', '.join(REPORTS)}")
    if desk_id not in house.desks:
        raise NotFound(f"there is no desk {desk_id!r}; known are {', '.join(sorted(house.desks)) or 'none'}")
    span: Period = period_of(period or last_month(house), zone_of(house, desk_id))
    options = ReportOptions(
        desk_ids=(desk_id,),
        statuses={rule.id: rule.status for rule in house.rulesets.now.rules},
        judged_min=house.settings.gate.judged_min,
        precision=house.settings.gate.precision,
    )
    with house.db.read() as conn:
        recorded = list(journal.read(conn, frozenset({desk_id})))
    return make(recorded, span, house.clock(), options)


def busiest_desk(house: House) -> str:
    """The desk with most tickets, '' when there is no desk."""
    counts = dict.fromkeys(sorted(house.desks), 0)
    with house.db.read() as conn:
        for recorded in journal.read(conn, house.desk_ids, [TicketOpened]):
            counts[recorded.event.desk_id] += 1
    return max(counts, key=lambda desk_id: counts[desk_id]) if counts else ""


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
        raise NotFound(f"there is no desk {desk_id!r}; known are {', '.join(sorted(house.desks)) or 'none'}")
    period_of(period, zone_of(house, desk_id))
    if unit not in ("customer", "organisation"):
        raise SettingsError(f"unit must be customer or organisation, not {unit!r}")
    now = house.clock()
    stated = [
        ActivesStated(
            desk_id=desk_id,
            ticket_id="",
            natural_key=f"actives:{period}:{segment}:{now.isoformat()}",
            at=now,
            actor=actor,
            period=period,
            unit=cast(Literal["customer", "organisation"], unit),
            segment=segment,
            count=count,
            source=source,
        )
        for segment, count in segments
    ]
    house.db.do(lambda conn: journal.append(conn, stated, now))
