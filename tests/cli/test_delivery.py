"""Posts that were given up, sent again by an admin."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.store import outbox
from hercules.store.db import Connection, open_database
from hercules.store.outbox import OutboxRow
from tests.commands import run
from tests.serving import utc_now

TICKETS = ("1", "2", "3")


@pytest.fixture
def folder(admin: Path) -> Path:
    """Three notes that were given up."""

    def put(conn: Connection) -> None:
        for ticket_id in TICKETS:
            assert outbox.put(conn, "shop", "note", ticket_id, "H-AAAAAAAA", "s", utc_now())
            row = outbox.take(conn, utc_now())
            assert row is not None
            outbox.dead(conn, "shop", row.row_id, "the desk answered 422")

    run("desk", "list", folder=admin)
    db = open_database(admin / "data", exclusive=False)
    db.do(put)
    db.close()
    return admin


def states(folder: Path) -> list[str]:
    db = open_database(folder / "data", exclusive=False)
    with db.read() as conn:
        rows: list[OutboxRow | None] = [outbox.get(conn, "shop", "note", each) for each in TICKETS]
    db.close()
    return [row.state for row in rows if row]


def test_what_was_given_up_is_sent_again_one_by_one_or_all(folder: Path) -> None:
    assert "hercules delivery resend" in run("delivery", "posts", folder=folder).out
    ran = run("delivery", "resolve", "shop", "1", "note", "--posted", folder=folder)
    assert ran.code == 1, "what was given up is not at the desk"
    ran = run("delivery", "resolve", "shop", "1", "note", "--not-posted", folder=folder)
    assert (ran.code, states(folder)) == (0, ["retry", "dead", "dead"])
    ran = run("delivery", "resend", "shop", "2", folder=folder)
    assert (ran.code, states(folder)) == (0, ["retry", "retry", "dead"])
    ran = run("delivery", "resend", "shop", "--all", folder=folder)
    assert (ran.out, states(folder)) == ("1 will be sent again by the service.\n", ["retry"] * 3)
    assert "was given up" in run("delivery", "resend", "shop", "--all", folder=folder).complaint()
    told = run("delivery", "posts", folder=folder).lines
    assert [line.split()[:4] for line in told[:3]] == [
        ["retry", "note", "shop", each] for each in reversed(TICKETS)
    ]
    assert ", next " in told[0]
    assert told[3] == "No post waits for a person."
    for wrong in ((), ("1", "--all")):
        assert run("delivery", "resend", "shop", *wrong, folder=folder).code == 2
