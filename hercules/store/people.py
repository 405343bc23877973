"""Who may come in: access tokens and sessions, of which only SHA-256 hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from hercules.store.schema import sessions, tokens
from hercules.store.upsert import insert_new

Role = Literal["engineer", "manager", "admin"]
# A session in use is written down once in this time, so that reading pages does not write at each look.
_TOUCH_S = 60.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who showed a valid token or session."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed; only its owner knows the token itself. `mark` is the beginning of its hash."""

    mark: str
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A valid session. `stale` when its last use should be written down by `touch`."""

    person: Person
    created_at: datetime
    used_at: datetime
    stale: bool


def new_token(conn: sa.Connection, name: str, role: Role, now: datetime) -> str:
    """Make a token of 256 random bits and keep its hash; the token is told this once."""
    token = "hercules_" + secrets.token_urlsafe(32)
    put_token(conn, token, name, role, now)
    return token


def put_token(conn: sa.Connection, token: str, name: str, role: Role, now: datetime) -> bool:
    """Keep the hash of a token made elsewhere; False when it is there already."""
    values = {"token_sha256": _sha256(token), "name": name, "role": role, "created_at": now}
    return conn.execute(insert_new(conn, tokens), values).rowcount == 1


def of_token(conn: sa.Connection, token: str) -> Person | None:
    """Whose token this is, None when it is unknown or revoked.

    The look-up goes by the hash of 256 random bits, so its timing tells nothing of the token.
    """
    query = sa.select(tokens.c.name, tokens.c.role)
    valid = (tokens.c.token_sha256 == _sha256(token), tokens.c.revoked_at.is_(None))
    found = conn.execute(query.where(*valid)).first()
    return None if found is None else Person(found.name, found.role)


def list_tokens(conn: sa.Connection) -> list[TokenRow]:
    """All tokens, oldest first, revoked ones too."""
    rows = conn.execute(sa.select(tokens).order_by(tokens.c.created_at, tokens.c.token_sha256))
    return [
        TokenRow(row.token_sha256[:8], row.name, row.role, row.created_at, row.revoked_at) for row in rows
    ]


def revoke(conn: sa.Connection, name: str, now: datetime) -> int:
    """End all tokens of this name and the sessions they opened; how many tokens there were."""
    theirs = (tokens.c.name == name, tokens.c.revoked_at.is_(None))
    ended = sa.select(tokens.c.token_sha256).where(*theirs)
    conn.execute(sa.delete(sessions).where(sessions.c.token_sha256.in_(ended)))
    return conn.execute(sa.update(tokens).where(*theirs).values(revoked_at=now)).rowcount


def start_session(conn: sa.Connection, token: str, now: datetime, name: str = "") -> str | None:
    """A new session for who shows a token, told this once; None when the token is not valid.

    Several people may share a token: `name` is then what each of them is called, '' for the token's own.
    """
    person = of_token(conn, token)
    if person is None:
        return None
    session_id = secrets.token_urlsafe(32)
    values = {
        "session_sha256": _sha256(session_id),
        "token_sha256": _sha256(token),
        "name": name or person.name,
        "role": person.role,
        "created_at": now,
        "used_at": now,
    }
    conn.execute(sa.insert(sessions), values)
    return session_id


def of_session(
    conn: sa.Connection, session_id: str, now: datetime, idle_s: float, absolute_s: float
) -> SessionRow | None:
    """The session, None when it is unknown, was not used for `idle_s` or is older than `absolute_s`."""
    query = sa.select(sessions).where(
        sessions.c.session_sha256 == _sha256(session_id),
        sessions.c.used_at > now - timedelta(seconds=idle_s),
        sessions.c.created_at > now - timedelta(seconds=absolute_s),
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    stale = now - row.used_at > timedelta(seconds=_TOUCH_S)
    return SessionRow(Person(row.name, row.role), row.created_at, row.used_at, stale)


def touch(conn: sa.Connection, session_id: str, now: datetime) -> bool:
    """The session was used now; False when it is gone."""
    mine = sessions.c.session_sha256 == _sha256(session_id)
    return conn.execute(sa.update(sessions).where(mine).values(used_at=now)).rowcount == 1


def end_session(conn: sa.Connection, session_id: str) -> bool:
    """Log out; False when the session was gone already."""
    mine = sessions.c.session_sha256 == _sha256(session_id)
    return conn.execute(sa.delete(sessions).where(mine)).rowcount == 1


def prune_sessions(conn: sa.Connection, now: datetime, idle_s: float, absolute_s: float) -> int:
    """Delete sessions that ran out; how many there were."""
    idle = sessions.c.used_at <= now - timedelta(seconds=idle_s)
    old = sessions.c.created_at <= now - timedelta(seconds=absolute_s)
    return conn.execute(sa.delete(sessions).where(sa.or_(idle, old))).rowcount


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
