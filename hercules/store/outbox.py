"""Effects to do at desks: written as intent before the call and as fact after it, once for each subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa

from hercules.model import REFUSED, Conflict, Visibility
from hercules.store.schema import OUTBOX_OPEN, outbox
from hercules.store.turns import Turns
from hercules.store.upsert import insert_new

OutboxState = Literal["waiting", "sending", "retry", "sent", "dead", "withdrawn", "unknown"]
STATES: tuple[OutboxState, ...] = ("waiting", "sending", "retry", "sent", "dead", "withdrawn", "unknown")
_NOT_OUT: tuple[OutboxState, ...] = ("waiting", "retry")
_TURNS = Turns(outbox, OUTBOX_OPEN, "waiting")
_ROW = sa.select(outbox)
# Built once: making a statement costs the writer ten times what the database needs to run it.
_IS_ROW = outbox.c.id == sa.bindparam("row_id")
_BY_ROW_ID = _ROW.where(_IS_ROW)
_SENDING = sa.update(outbox).where(_IS_ROW).values(state="sending", attempts=outbox.c.attempts + 1)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One effect and how far it came. `subject` is the ticket's id for a note or reply.

    `text` is an engineer's own wording, '' for ours; `key` is the marker that finds it at the desk.
    `doubt` when an earlier attempt may have reached the desk; `refusals` counts answers that our account may
    not do this, which are no attempts.
    """

    row_id: int
    desk_id: str
    kind: Visibility
    subject: str
    key: str
    suggestion_id: str
    text: str
    reviewer: str
    state: OutboxState
    attempts: int
    not_before: datetime
    why: str
    remote_id: str
    doubt: bool
    created_at: datetime
    sent_at: datetime | None
    refusals: int = 0


def put(
    conn: sa.Connection,
    desk_id: str,
    kind: Visibility,
    subject: str,
    key: str,
    suggestion_id: str,
    now: datetime,
    text: str = "",
    reviewer: str = "",
) -> bool:
    """Write down an effect to do; False, and nothing written, when this subject has one of its kind."""
    values = {
        "desk_id": desk_id,
        "kind": kind,
        "subject": subject,
        "key": key,
        "suggestion_id": suggestion_id,
        "body": text,
        "reviewer": reviewer,
        "created_at": now,
        "not_before": now,
    }
    return conn.execute(insert_new(conn, outbox), values).rowcount == 1


def take(
    conn: sa.Connection,
    now: datetime,
    busy_desks: Collection[str] = (),
    paused_desks: Collection[str] = (),
) -> OutboxRow | None:
    """Mark the effect whose turn it is as sending and count the attempt; None when nothing is due.

    Desks come round robin, `busy_desks` at the end, `paused_desks` not at all.
    """
    row_id = _TURNS.next(conn, now, busy_desks, paused_desks)
    if row_id is None:
        return None
    conn.execute(_SENDING, {"row_id": row_id})
    return _row(conn.execute(_BY_ROW_ID, {"row_id": row_id}).one())


def sent(conn: sa.Connection, desk_id: str, row_id: int, remote_id: str, now: datetime) -> None:
    """It is at the desk under `remote_id`. Raises Conflict when it was not being sent."""
    _leave(conn, desk_id, row_id, {"state": "sent", "remote_id": remote_id, "sent_at": now, "why": ""})


def retry(
    conn: sa.Connection,
    desk_id: str,
    row_id: int,
    not_before: datetime,
    why: str,
    doubt: bool = False,
    *,
    counted: bool = True,
    refused: bool = False,
) -> None:
    """Try again from `not_before` on; with `doubt` this attempt may have reached the desk all the same.

    A doubt once raised stays. With `counted` false this was no attempt: the desk is away, not the post bad;
    with `refused` it is counted as a refusal of our account.
    Raises Conflict when it was not being sent.
    """
    values: dict[str, object] = {"state": "retry", "not_before": not_before, "why": why}
    uncounted = {} if counted else {"attempts": outbox.c.attempts - 1}
    refusals = {"refusals": outbox.c.refusals + 1} if refused else {}
    _leave(conn, desk_id, row_id, values | ({"doubt": True} if doubt else {}) | uncounted | refusals)


def unknown(conn: sa.Connection, desk_id: str, row_id: int, why: str) -> None:
    """It may or may not be at the desk: a person must look. Raises Conflict when it was not being sent."""
    _leave(conn, desk_id, row_id, {"state": "unknown", "why": why, "doubt": True})


def dead(conn: sa.Connection, desk_id: str, row_id: int, why: str) -> None:
    """It will not be tried again. Raises Conflict when it was not being sent."""
    _leave(conn, desk_id, row_id, {"state": "dead", "why": why})


def withdrawn(conn: sa.Connection, desk_id: str, row_id: int, why: str) -> None:
    """It is no longer wanted. Raises Conflict when it is at the desk or may be on its way there."""
    _leave(
        conn, desk_id, row_id, {"state": "withdrawn", "why": why}, ("waiting", "retry", "sending", "unknown")
    )


def withdraw_waiting(conn: sa.Connection, desk_id: str, subject: str, why: str) -> int:
    """What still waits for this subject is no longer wanted; how many there were."""
    theirs = (outbox.c.desk_id == desk_id, outbox.c.subject == subject, outbox.c.state.in_(_NOT_OUT))
    return conn.execute(sa.update(outbox).where(*theirs).values(state="withdrawn", why=why)).rowcount


def resolve(
    conn: sa.Connection, desk_id: str, kind: Visibility, subject: str, posted: bool, now: datetime
) -> bool:
    """A person looked at the desk for an effect of unknown outcome: it is there, or it is to be sent again.

    False when there is no such effect, or its outcome is known.
    """
    theirs = (outbox.c.desk_id == desk_id, outbox.c.kind == kind, outbox.c.subject == subject)
    there = {"state": "sent", "sent_at": now, "why": "a person found it at the desk"}
    absent = {
        "state": "retry",
        "not_before": now,
        "doubt": False,
        "why": "a person did not find it at the desk",
    }
    statement = sa.update(outbox).where(*theirs, outbox.c.state == "unknown")
    return conn.execute(statement.values(there if posted else absent)).rowcount == 1


def again(conn: sa.Connection, desk_id: str, kind: Visibility, subject: str, now: datetime) -> bool:
    """Try a dead effect again, attempts kept so that the desk is asked first; False when it is not dead."""
    theirs = (outbox.c.desk_id == desk_id, outbox.c.kind == kind, outbox.c.subject == subject)
    return _revive(conn, now, *theirs) == 1


def hurry(conn: sa.Connection, desk_id: str, now: datetime) -> int:
    """What waits for another try at this desk is due now; how many there were."""
    theirs = (OUTBOX_OPEN, outbox.c.desk_id == desk_id, outbox.c.state == "retry", outbox.c.not_before > now)
    return conn.execute(sa.update(outbox).where(*theirs).values(not_before=now)).rowcount


def again_all(conn: sa.Connection, desk_id: str, now: datetime, subject: str | None = None) -> int:
    """Try all dead effects of a desk again, with `subject` those of one ticket; how many there were."""
    of_one = () if subject is None else (outbox.c.subject == subject,)
    return _revive(conn, now, outbox.c.desk_id == desk_id, *of_one)


def _revive(conn: sa.Connection, now: datetime, *which: sa.ColumnElement[bool]) -> int:
    values = {"state": "retry", "not_before": now, "refusals": 0}
    return conn.execute(sa.update(outbox).where(*which, outbox.c.state == "dead").values(values)).rowcount


def renew(
    conn: sa.Connection,
    desk_id: str,
    kind: Visibility,
    subject: str,
    suggestion_id: str,
    now: datetime,
    text: str = "",
    reviewer: str = "",
) -> bool:
    """A person wants an effect in place of one that is not at the desk; False when it is, or may soon be.

    A doubt stays: then the desk is asked first whether the one before arrived after all.
    """
    theirs = (outbox.c.desk_id == desk_id, outbox.c.kind == kind, outbox.c.subject == subject)
    values = {
        "state": "retry",
        "suggestion_id": suggestion_id,
        "body": text,
        "reviewer": reviewer,
        "not_before": now,
        "refusals": 0,
        "why": "",
    }
    statement = sa.update(outbox).where(*theirs, outbox.c.state.in_((*_NOT_OUT, "withdrawn", "dead")))
    return conn.execute(statement.values(values)).rowcount == 1


def recover(conn: sa.Connection) -> int:
    """At start: what was being sent is to be tried again, in doubt; how many there were.

    Attempts are kept, so that the next one looks at the desk for the marker first. What waits because our
    credentials were refused is due at once: they may have been mended.
    """
    in_hand = (OUTBOX_OPEN, outbox.c.state == "sending")
    refused = (OUTBOX_OPEN, outbox.c.state == "retry", outbox.c.why.contains(REFUSED))
    conn.execute(sa.update(outbox).where(*refused).values(not_before=outbox.c.created_at))
    return conn.execute(sa.update(outbox).where(*in_hand).values(state="retry", doubt=True)).rowcount


def sent_since(conn: sa.Connection, desk_id: str, since: datetime) -> bool:
    """True when this desk has taken a post since then."""
    theirs = (outbox.c.desk_id == desk_id, outbox.c.state == "sent", outbox.c.sent_at >= since)
    return conn.scalar(sa.select(outbox.c.id).where(*theirs).limit(1)) is not None


def get(conn: sa.Connection, desk_id: str, kind: Visibility, subject: str) -> OutboxRow | None:
    """The effect of this kind on this subject."""
    theirs = (outbox.c.desk_id == desk_id, outbox.c.kind == kind, outbox.c.subject == subject)
    found = conn.execute(_ROW.where(*theirs)).first()
    return None if found is None else _row(found)


def list_some(
    conn: sa.Connection, desk_ids: frozenset[str], states: Sequence[OutboxState] = STATES, limit: int = 50
) -> list[OutboxRow]:
    """The newest effects in these states."""
    query = _ROW.where(outbox.c.desk_id.in_(sorted(desk_ids)), outbox.c.state.in_(list(states)))
    if "sent" not in states:
        query = query.where(OUTBOX_OPEN)
    return [_row(each) for each in conn.execute(query.order_by(outbox.c.id.desc()).limit(limit))]


def states(conn: sa.Connection, desk_ids: frozenset[str]) -> dict[OutboxState, int]:
    """How many effects of these desks stand in each state; every state is there."""
    of_desks = outbox.c.desk_id.in_(sorted(desk_ids))
    grouped = sa.select(outbox.c.state, sa.func.count()).where(of_desks, OUTBOX_OPEN).group_by(outbox.c.state)
    found: dict[OutboxState, int] = dict.fromkeys(STATES, 0)
    for state, count in conn.execute(grouped):
        found[cast(OutboxState, state)] = count
    total = conn.execute(sa.select(sa.func.count()).select_from(outbox).where(of_desks)).scalar_one()
    found["sent"] = total - sum(found.values())
    return found


def _leave(
    conn: sa.Connection,
    desk_id: str,
    row_id: int,
    values: Mapping[str, object],
    leaving: tuple[OutboxState, ...] = ("sending",),
) -> None:
    theirs = (outbox.c.id == row_id, outbox.c.desk_id == desk_id, outbox.c.state.in_(leaving))
    if conn.execute(sa.update(outbox).where(*theirs).values(values)).rowcount != 1:
        raise Conflict("This post is no longer in hand: it was sent, withdrawn or taken up by another.")


def _row(found: sa.Row[Any]) -> OutboxRow:
    return OutboxRow(
        row_id=found.id,
        desk_id=found.desk_id,
        kind=found.kind,
        subject=found.subject,
        key=found.key,
        suggestion_id=found.suggestion_id,
        text=found.body,
        reviewer=found.reviewer,
        state=found.state,
        attempts=found.attempts,
        not_before=found.not_before,
        why=found.why,
        remote_id=found.remote_id,
        doubt=found.doubt,
        created_at=found.created_at,
        sent_at=found.sent_at,
        refusals=found.refusals,
    )
