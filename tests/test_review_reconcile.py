"""Files that a desk lists again with every pass are news once, whoever told of them first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules.desks.proof import sign_standard, standard_key
from hercules.house import House
from hercules.reconcile import run_pass
from hercules.store import desks, inbox, outbox
from hercules.store.desks import Pass
from tests.listing import ListingDesk, Plain, listing_desk
from tests.serving import TROUBLE, Served, inline, serving, ticket_body, utc_now, wait_for

FAKE = "fake"


@pytest.fixture
def desk() -> Iterator[ListingDesk]:
    with listing_desk() as found:
        yield found


def commented(comment_id: str, *files: Plain) -> Plain:
    comment = {"id": comment_id, "author": {"id": "c1", "kind": "customer"}, "text": "Here it is."}
    return {
        "type": "comment.created",
        "ticket": {"id": "1"},
        "at": utc_now().isoformat(),
        "comment": {**comment, "attachments": list(files)},
    }


def idle(house: House) -> bool:
    with house.db.read() as conn:
        counts = outbox.states(conn, house.desk_ids)
        return not inbox.pending(conn) and not counts["waiting"] + counts["sending"] + counts["retry"]


def ask(served: Served) -> Pass:
    """One pass, kept and worked off."""
    house = served.house
    with house.db.read() as conn:
        before = desks.passes(conn, frozenset({FAKE})).get(FAKE)
    done = run_pass(house, FAKE, before, lambda: False)
    assert done is not None
    house.db.do(lambda conn: desks.save_pass(conn, done))
    assert wait_for(lambda: idle(house))
    return done


def log(word: str) -> Plain:
    return inline(f"{word}.log", TROUBLE.format(word=word).encode())


def test_a_listed_file_is_news_once(tmp_path: Path, desk: ListingDesk) -> None:
    settings = desk.settings(reconcile_every=86_400)
    desk.items += [ticket_body("1", attachments=[log("w1")]), commented("7", log("w2")), commented("8")]
    with serving(tmp_path, more_desks={FAKE: settings}) as served:
        assert wait_for(lambda: desk.listed and idle(served.house))
        assert ask(served).found == 0
        desk.items.append(commented("9", log("w3")))
        assert ask(served).found == 1
        del desk.items[1]  # a later window tells other files: those known stay known
        assert ask(served).found == 0


def test_a_file_that_a_delivery_told_is_no_news_when_it_is_listed(tmp_path: Path, desk: ListingDesk) -> None:
    settings = desk.settings(reconcile_every=86_400)
    bodies = [ticket_body("1"), commented("7", log("w2"))]
    with serving(tmp_path, more_desks={FAKE: settings}) as served:
        assert wait_for(lambda: desk.listed and idle(served.house))
        for at, body in enumerate(bodies):
            raw = json.dumps(body).encode()
            headers = sign_standard([standard_key(desk.secret, "test")], f"d-{at}", utc_now(), raw)
            assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers).status_code == 202
        assert wait_for(lambda: idle(served.house))
        desk.items += bodies
        assert ask(served).found == 0
