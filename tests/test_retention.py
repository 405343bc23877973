"""What is raw is kept for its days and no longer, whatever became of its desk."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hercules.desks.proof import sign_standard, standard_key
from hercules.store import inbox
from hercules.wiring import prune
from tests.listing import listing_desk
from tests.serving import DESK, serving, utc_now, wait_for

GONE = "fake"
SECRET = "c4nary-of-a-customer"


def test_bodies_are_dropped_after_their_time_also_unread_ones_of_a_desk_that_is_gone(tmp_path: Path) -> None:
    body = json.dumps({"type": "ticket.created", "note": SECRET}).encode()
    with listing_desk() as desk:
        more = {GONE: desk.settings(reconcile_every=0)}
        with serving(tmp_path, more_desks=more) as served:
            signed = sign_standard([standard_key(desk.secret, "test")], "1", utc_now(), body)
            assert served.client.post(f"/hooks/{GONE}", content=body, headers=signed).status_code == 202
            assert served.post(body, "2").status_code == 202
            assert wait_for(lambda: served.states()["unreadable"] == 2)
    later = utc_now() + timedelta(days=31)
    with serving(tmp_path, work=False) as served:
        prune(served.house)
        with served.house.db.read() as conn:
            kept = [inbox.get(conn, *key) for key in ((GONE, "1"), (DESK, "2"))]
        assert [row.body for row in kept if row] == [body, body], "before its time all of it is there"
        prune(replace(served.house, clock=lambda: later))
        with served.house.db.read() as conn:
            kept = [inbox.get(conn, *key) for key in ((GONE, "1"), (DESK, "2"))]
        assert [(row.state, row.body) for row in kept if row] == [("done", b""), ("done", b"")]
    assert SECRET.encode() not in (tmp_path / "data" / "hercules.db").read_bytes()
