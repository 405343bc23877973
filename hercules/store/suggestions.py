"""Suggestions, one for each ticket, with the reviews of them and the labels that rules earn by those."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa

from hercules.model import Conflict, Decision, NotFound, Review, ReviewVerdict, Suggestion, Track
from hercules.store.schema import labels, of_json, reviews, suggestions, to_json
from hercules.store.upsert import insert_new, insert_or

SuggestionState = Literal["open", "silent", "approved", "edited", "rejected"]
Arm = Literal["treated", "holdout"]
Label = Literal["correct", "wrong", "unsure"]
LabelSource = Literal["judge", "approve", "vote"]
RECENT_LABELS = 50
_DONE: dict[ReviewVerdict, SuggestionState] = {"approve": "approved", "edit": "edited", "reject": "rejected"}
# A label is replaced only by one of at least the same weight.
_WEIGHT: dict[LabelSource, int] = {"vote": 0, "approve": 1, "judge": 2}


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """A suggestion as stored; `state` is open while a person may still judge this version of it."""

    suggestion: Suggestion
    decision: Decision
    arm: Arm
    state: SuggestionState
    created_at: datetime
    updated_at: datetime


NEWEST_HITS = 5


@dataclass(frozen=True, slots=True)
class RuleHits:
    """On how many tickets a rule matched, and when it did last (aware UTC).

    `newest`: suggestion, desk and ticket (their ids) of the newest ones, last one first.
    """

    count: int
    last_at: datetime
    newest: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """What an engineer said of one version of a suggestion."""

    suggestion_id: str
    version: int
    review: Review
    label: Label


def put(conn: sa.Connection, suggestion: Suggestion, decision: Decision, arm: Arm, now: datetime) -> bool:
    """Store the suggestion of a ticket; False, and nothing stored, when the ticket has one."""
    values = {
        "desk_id": suggestion.desk_id,
        "ticket_id": suggestion.ticket_id,
        "suggestion_id": suggestion.suggestion_id,
        "arm": arm,
        "created_at": now,
        **_changing(suggestion, decision, now),
    }
    return conn.execute(insert_new(conn, suggestions), values).rowcount == 1


def update(conn: sa.Connection, suggestion: Suggestion, decision: Decision, now: datetime) -> Suggestion:
    """Store a changed suggestion under the next version, open for review again; it is returned with that.

    A reviewed one whose answers are the same stays reviewed, under its version. Raises NotFound when there is
    none of this id.
    """
    before = get(conn, suggestion.desk_id, suggestion.suggestion_id)
    if before is None:
        raise _not_found(suggestion.suggestion_id)
    judged = before.state in _DONE.values() and suggestion.items == before.suggestion.items
    changed = replace(suggestion, version=before.suggestion.version + (0 if judged else 1))
    values = _changing(changed, decision, now) | ({"state": before.state} if judged else {})
    conn.execute(
        sa.update(suggestions).where(*_is(suggestion.desk_id, suggestion.suggestion_id)).values(values)
    )
    return changed


def set_state(conn: sa.Connection, desk_id: str, suggestion_id: str, state: SuggestionState) -> bool:
    """Change the state; False when there is no such suggestion."""
    statement = sa.update(suggestions).where(*_is(desk_id, suggestion_id)).values(state=state)
    return conn.execute(statement).rowcount == 1


def get(conn: sa.Connection, desk_id: str, suggestion_id: str) -> SuggestionRow | None:
    """One suggestion by its id."""
    found = conn.execute(sa.select(suggestions).where(*_is(desk_id, suggestion_id))).first()
    return None if found is None else _row(found)


def of_ticket(conn: sa.Connection, desk_id: str, ticket_id: str) -> SuggestionRow | None:
    """The suggestion of a ticket."""
    theirs = (suggestions.c.desk_id == desk_id, suggestions.c.ticket_id == ticket_id)
    found = conn.execute(sa.select(suggestions).where(*theirs)).first()
    return None if found is None else _row(found)


def exists(conn: sa.Connection, desk_id: str, ticket_id: str) -> bool:
    """True when the ticket has a suggestion: what tells whether it is still to be answered."""
    theirs = (suggestions.c.desk_id == desk_id, suggestions.c.ticket_id == ticket_id)
    return conn.scalar(sa.select(suggestions.c.version).where(*theirs)) is not None


def find(conn: sa.Connection, desk_ids: frozenset[str], suggestion_id: str) -> SuggestionRow | None:
    """The suggestion of this id, if one of these desks has it."""
    among = (suggestions.c.desk_id.in_(sorted(desk_ids)), suggestions.c.suggestion_id == suggestion_id)
    found = conn.execute(sa.select(suggestions).where(*among)).first()
    return None if found is None else _row(found)


def waiting(conn: sa.Connection, desk_ids: frozenset[str]) -> int:
    """How many suggestions wait for a review."""
    is_open = (suggestions.c.state == "open", suggestions.c.verdict.in_(("NOTE", "HOLD")))
    count = sa.select(sa.func.count()).select_from(suggestions)
    return conn.execute(count.where(suggestions.c.desk_id.in_(sorted(desk_ids)), *is_open)).scalar_one()


def add_review(conn: sa.Connection, seen: Suggestion, review: Review, label: Label) -> None:
    """Record the one review of the version `seen`, set the suggestion's state, label the rules it names.

    Raises NotFound without such a suggestion, Conflict when this version was reviewed already (telling
    how) or is not the newest.
    """
    desk_id, suggestion_id = seen.desk_id, seen.suggestion_id
    row = get(conn, desk_id, suggestion_id)
    if row is None:
        raise _not_found(suggestion_id)
    first = review_of(conn, desk_id, suggestion_id, seen.version)
    if first is not None:
        raise _already(first)
    if row.suggestion.version != seen.version:
        raise Conflict(f"The suggestion has changed to version {row.suggestion.version}; look at that one.")
    conn.execute(sa.insert(reviews), _review_values(seen, review, label))
    set_state(conn, desk_id, suggestion_id, _DONE[review.verdict])
    rule_ids = {item.rule_id for item in row.suggestion.items if item.rule_id}
    put_labels(conn, desk_id, seen.ticket_id, rule_ids, label, "approve", review.at)


def review_of(
    conn: sa.Connection, desk_id: str, suggestion_id: str, version: int | None = None
) -> ReviewRow | None:
    """The review of a version of a suggestion, or of the newest version that has one."""
    query = sa.select(reviews).where(reviews.c.desk_id == desk_id, reviews.c.suggestion_id == suggestion_id)
    if version is not None:
        query = query.where(reviews.c.version == version)
    found = conn.execute(query.order_by(reviews.c.version.desc()).limit(1)).first()
    if found is None:
        return None
    review = Review(found.verdict, found.reviewer, found.at, found.body, found.reason)
    return ReviewRow(found.suggestion_id, found.version, review, found.label)


def put_labels(
    conn: sa.Connection,
    desk_id: str,
    ticket_id: str,
    rule_ids: Iterable[str],
    label: Label,
    source: LabelSource,
    at: datetime,
) -> None:
    """Say of rules whether they were right on a ticket; one label for each rule and ticket.

    A judgement after the outcome outweighs a review before posting, and that a vote. `unsure` is no label.
    """
    if label == "unsure":
        return
    for rule_id in sorted(set(rule_ids)):
        theirs = (labels.c.desk_id == desk_id, labels.c.rule_id == rule_id, labels.c.ticket_id == ticket_id)
        before = conn.scalar(sa.select(labels.c.source).where(*theirs))
        if before is not None and _WEIGHT[cast(LabelSource, before)] > _WEIGHT[source]:
            continue
        key = {"desk_id": desk_id, "rule_id": rule_id, "ticket_id": ticket_id}
        values = {**key, "label": label, "source": source, "at": at}
        conn.execute(insert_or(conn, labels, tuple(key)), values)


def tracks(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[str, Track]:
    """How each rule fared at these desks; `recent_wrong` counts among its newest 50 labels."""
    newest_first = (labels.c.at.desc(), labels.c.desk_id, labels.c.ticket_id)
    age = sa.func.row_number().over(partition_by=labels.c.rule_id, order_by=newest_first)
    numbered = (
        sa.select(labels.c.rule_id, labels.c.label, age.label("age"))
        .where(labels.c.desk_id.in_(sorted(desk_ids)))
        .subquery()
    )
    wrong = numbered.c.label == "wrong"
    query = sa.select(
        numbered.c.rule_id,
        _how_many(numbered.c.label == "correct"),
        _how_many(wrong),
        _how_many(wrong & (numbered.c.age <= RECENT_LABELS)),
    ).group_by(numbered.c.rule_id)
    return {rule_id: Track(*counts) for rule_id, *counts in conn.execute(query)}


def ledger(conn: sa.Connection, desk_id: str, rule_ids: Iterable[str]) -> dict[str, list[bool]]:
    """The labels of each of these rules at a desk, oldest first; True where it was right."""
    of_rules = (labels.c.desk_id == desk_id, labels.c.rule_id.in_(sorted(set(rule_ids))))
    query = sa.select(labels.c.rule_id, labels.c.label).where(*of_rules)
    found: dict[str, list[bool]] = {}
    for rule_id, label in conn.execute(query.order_by(labels.c.at, labels.c.ticket_id)):
        found.setdefault(rule_id, []).append(label == "correct")
    return found


def experimental_hits(conn: sa.Connection, desk_ids: frozenset[str], newest: int) -> dict[str, RuleHits]:
    """How often experimental rules matched on the newest so many tickets: those are shown, not suggested."""
    table = suggestions.c
    query = sa.select(
        table.data, table.updated_at, table.suggestion_id, table.desk_id, table.ticket_id
    ).where(table.desk_id.in_(sorted(desk_ids)))
    found: dict[str, RuleHits] = {}
    for data, at, *ids in conn.execute(query.order_by(table.updated_at.desc()).limit(newest)):
        for rule_id in {item.get("rule_id", "") for item in json.loads(data).get("seen", ())} - {""}:
            before = found.get(rule_id, RuleHits(0, at))
            last = (*before.newest, tuple(ids))[:NEWEST_HITS]
            found[rule_id] = RuleHits(before.count + 1, max(before.last_at, at), last)
    return found


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _review_values(seen: Suggestion, review: Review, label: Label) -> dict[str, object]:
    return {
        "desk_id": seen.desk_id,
        "suggestion_id": seen.suggestion_id,
        "version": seen.version,
        "verdict": review.verdict,
        "label": label,
        "reviewer": review.reviewer,
        "at": review.at,
        "body": review.text,
        "reason": review.reason,
    }


def _already(first: ReviewRow) -> Conflict:
    what = {"approve": "approved", "edit": "approved with changes", "reject": "rejected"}[
        first.review.verdict
    ]
    why = f" ({first.review.reason})" if first.review.reason else ""
    when = first.review.at.strftime("%Y-%m-%d %H:%M UTC")
    return Conflict(f"Already {what} by {first.review.reviewer} at {when}{why}.")


def _not_found(suggestion_id: str) -> NotFound:
    return NotFound(f"There is no suggestion {suggestion_id}.")


def _is(desk_id: str, suggestion_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return suggestions.c.desk_id == desk_id, suggestions.c.suggestion_id == suggestion_id


def _changing(suggestion: Suggestion, decision: Decision, now: datetime) -> dict[str, object]:
    best = suggestion.items[0] if suggestion.items else None
    return {
        "version": suggestion.version,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "state": "silent" if decision.verdict == "SILENT" else "open",
        "rules_hash": suggestion.rules_hash,
        "title": best.title if best else "",
        "confidence": best.confidence if best else 0.0,
        "updated_at": now,
        "data": to_json(suggestion),
    }


def _row(found: sa.Row[Any]) -> SuggestionRow:
    return SuggestionRow(
        suggestion=of_json(Suggestion, found.data),
        decision=Decision(found.verdict, found.reason),
        arm=found.arm,
        state=found.state,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
