"""Tokens and sessions."""

from __future__ import annotations

import sqlalchemy as sa

from hercules.store import people
from hercules.store.people import Person

from .samples import NASTY, NOW, later

IDLE_S, ABSOLUTE_S = 1800.0, 43_200.0


def person(conn: sa.Connection, session_id: str, seconds: float = 0) -> Person | None:
    row = people.of_session(conn, session_id, later(seconds), IDLE_S, ABSOLUTE_S)
    return row.person if row else None


def started(conn: sa.Connection, token: str, name: str = "") -> str:
    session_id = people.start_session(conn, token, NOW, name)
    assert session_id is not None
    return session_id


def test_a_token_opens_and_is_kept_as_a_hash_only(conn: sa.Connection) -> None:
    token = people.new_token(conn, "Ada", "admin", NOW)
    assert len(token) > 40
    assert token != people.new_token(conn, "Ada", "admin", NOW)
    assert people.of_token(conn, token) == Person("Ada", "admin")
    assert people.start_session(conn, token, NOW)
    for table in ("tokens", "sessions"):
        assert token not in str(conn.execute(sa.text(f"SELECT * FROM {table}")).all())


def test_strangers_stay_outside(conn: sa.Connection) -> None:
    token = people.new_token(conn, "Ada", "engineer", NOW)
    for wrong in ("", token[:-1], token + "x", token.upper(), NASTY, "%"):
        assert people.of_token(conn, wrong) is None
        assert people.start_session(conn, wrong, NOW) is None
        assert person(conn, wrong) is None


def test_a_token_made_elsewhere(conn: sa.Connection) -> None:
    assert people.put_token(conn, "t0", "Ada", "manager", NOW)
    assert not people.put_token(conn, "t0", "Bob", "admin", NOW)
    assert people.of_token(conn, "t0") == Person("Ada", "manager")


def test_a_session_ends_when_idle_or_old(conn: sa.Connection) -> None:
    people.put_token(conn, "t0", "Ada", "admin", NOW)
    session_id = started(conn, "t0")
    assert person(conn, session_id, 1799) == Person("Ada", "admin")
    assert person(conn, session_id, 1800) is None
    for seconds in range(1000, 43_000, 1000):
        assert person(conn, session_id, seconds) == Person("Ada", "admin")
        assert people.touch(conn, session_id, later(seconds))
    assert person(conn, session_id, 43_199)
    assert person(conn, session_id, 43_200) is None


def test_use_is_written_down_once_a_minute(conn: sa.Connection) -> None:
    people.put_token(conn, "t0", "Ada", "admin", NOW)
    session_id = started(conn, "t0")
    stale = [people.of_session(conn, session_id, later(n), IDLE_S, ABSOLUTE_S) for n in (0, 60, 61)]
    assert [row.stale for row in stale if row] == [False, False, True]


def test_people_who_share_a_token_have_their_own_names(conn: sa.Connection) -> None:
    people.put_token(conn, "t0", "admin", "admin", NOW)
    ada, bob = started(conn, "t0", "Ada"), started(conn, "t0", "Bob")
    assert person(conn, ada) == Person("Ada", "admin")
    assert people.end_session(conn, ada)
    assert not people.end_session(conn, ada)
    assert not people.touch(conn, ada, NOW)
    assert person(conn, ada) is None
    assert person(conn, bob) == Person("Bob", "admin")


def test_revoking_ends_the_sessions_too(conn: sa.Connection) -> None:
    people.put_token(conn, "t0", "Ada", "admin", NOW)
    people.put_token(conn, "t1", "Bob", "admin", NOW)
    mine, theirs = started(conn, "t0", "Bob"), started(conn, "t1", "Ada")
    assert people.revoke(conn, "Ada", later(1)) == 1
    assert people.revoke(conn, "Ada", later(2)) == 0
    assert people.of_token(conn, "t0") is None
    assert person(conn, mine) is None
    assert person(conn, theirs) == Person("Ada", "admin")
    listed = people.list_tokens(conn)
    assert {(row.name, row.role, row.created_at, row.revoked_at) for row in listed} == {
        ("Ada", "admin", NOW, later(1)),
        ("Bob", "admin", NOW, None),
    }
    assert {len(row.mark) for row in listed} == {8}
    assert not people.put_token(conn, "t0", "Ada", "admin", NOW)


def test_ended_sessions_are_pruned(conn: sa.Connection) -> None:
    people.put_token(conn, "t0", "Ada", "admin", NOW)
    kept, dropped = started(conn, "t0"), started(conn, "t0")
    people.touch(conn, kept, later(100))
    assert people.prune_sessions(conn, later(1850), IDLE_S, ABSOLUTE_S) == 1
    assert person(conn, kept, 1850)
    assert person(conn, dropped, 0) is None
    assert people.prune_sessions(conn, later(43_200), IDLE_S, ABSOLUTE_S) == 1
