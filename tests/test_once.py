"""At most one note and one reply for a ticket, and none that came too late: whatever desk and people do."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from hercules.desks.proof import sign_standard, standard_key
from hercules.model import StoreError
from hercules.recording import FOUND_HEADER
from hercules.store import inbox, outbox
from hercules.store.outbox import OutboxRow
from hercules.web.hooks import KEPT_HEADERS
from tests.desks.servers import Asked, Reply
from tests.listing import ListingDesk, Plain, listing_desk
from tests.patience import PATIENCE_S
from tests.serving import TROUBLE, Served, inline, serving, ticket_body, utc_now, wait_for

FAKE = "fake"
QUICK = {"failures": 1, "pause": 0.3, "pause_max": 0.3}


@pytest.fixture
def desk() -> Iterator[ListingDesk]:
    with listing_desk() as found:
        yield found


def deliver(served: Served, desk: ListingDesk, body: Plain, to: str = FAKE) -> None:
    served.counter[0] += 1
    raw = json.dumps(body).encode()
    headers = sign_standard([standard_key(desk.secret, "test")], f"d{served.counter[0]}", utc_now(), raw)
    assert served.client.post(f"/hooks/{to}", content=raw, headers=headers).status_code == 202


def opened(ticket_id: str) -> Plain:
    return ticket_body(ticket_id, attachments=[inline("a.log", TROUBLE.format(word="w").encode())])


def comment(ticket_id: str, author: str, kind: str) -> Plain:
    told = {"id": "c1", "author": {"id": author, "kind": kind}, "public": True, "text": "See H-ABCDEFGH"}
    return {"type": "comment.created", "ticket": {"id": ticket_id}, "comment": told}


def row_of(served: Served, ticket_id: str) -> OutboxRow | None:
    with served.house.db.read() as conn:
        return outbox.get(conn, FAKE, "note", ticket_id)


def in_state(served: Served, ticket_id: str, state: str) -> OutboxRow | None:
    row = row_of(served, ticket_id)
    return row if row is not None and row.state == state else None


def test_after_an_unknown_outcome_the_marker_is_looked_for_first(tmp_path: Path, desk: ListingDesk) -> None:
    desk.after_post = (500, {}, {})
    with serving(tmp_path, more_desks={FAKE: desk.settings()}, breaker=QUICK) as served:
        deliver(served, desk, opened("1"))
        assert wait_for(lambda: in_state(served, "1", "sent"))
    assert desk.posts == [("1", "note")]


def test_a_post_that_could_not_be_recorded_is_found_and_not_sent_again(
    tmp_path: Path, desk: ListingDesk
) -> None:
    """As when the disk is full just then: nobody restarts the service for it."""
    trouble = [StoreError("the disk is full")]

    def step(name: str) -> None:
        if name == "posted" and trouble:
            raise trouble.pop()

    with serving(tmp_path, more_desks={FAKE: desk.settings()}, breaker=QUICK, step=step) as served:
        deliver(served, desk, opened("1"))
        assert wait_for(lambda: in_state(served, "1", "sent"))
    assert (desk.posts, trouble) == ([("1", "note")], [])


def test_a_desk_that_is_away_loses_no_post_however_long_it_takes(tmp_path: Path, desk: ListingDesk) -> None:
    more: Plain = {"breaker": QUICK, "work": {"attempts_max": 1, "threads": 1}}
    with serving(tmp_path, more_desks={FAKE: desk.settings(reconcile_every=0)}, **more) as served:
        desk.trouble = (503, {}, {})
        deliver(served, desk, opened("2"))
        time.sleep(1.5)  # four pauses and more
        row = row_of(served, "2")
        assert row is not None
        assert row.state == "retry"
        asked = len(desk.server.asked)
        assert 2 <= asked <= 6, "asked now and then, not all the time"
        desk.trouble = None
        assert wait_for(lambda: in_state(served, "2", "sent"))
    assert desk.posts == [("2", "note")]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_lose_no_post_and_a_restart_sends_it(
    tmp_path: Path, desk: ListingDesk, status: int
) -> None:
    desk.trouble = (status, {}, {})
    more: Plain = {
        "more_desks": {FAKE: desk.settings(reconcile_every=0)},
        "work": {"attempts_max": 1},
        "breaker": {**QUICK, "pause": 600.0, "pause_max": 600.0},
    }
    with serving(tmp_path, **more) as served:
        deliver(served, desk, opened("r1"))
        row = wait_for(lambda: in_state(served, "r1", "retry"))
        assert row
        assert f"the desk refused our credentials ({status})" in row.why
        assert (row.attempts, row.refusals) == (0, 1)
        assert served.house.paused() == {FAKE}
        assert served.house.breakers[FAKE].state.why in row.why
    desk.trouble = None
    with serving(tmp_path, **more) as served:
        assert wait_for(lambda: in_state(served, "r1", "sent")), "before its pause is over"
    assert desk.posts == [("r1", "note")]


def test_a_ticket_we_may_not_write_to_is_given_up_alone(
    tmp_path: Path, desk: ListingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried twelve times; the posts of other tickets go on, and show that our account is good."""
    monkeypatch.setattr("hercules.worker.BACKOFF_FIRST_S", 0.02)
    monkeypatch.setattr("hercules.worker.IDLE_S", 0.02)
    monkeypatch.setattr("hercules.worker.BACKOFF_MOST_S", 0.05)
    refused: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.method == "POST" and asked.json["ticket_id"] == "p1":
            refused.append("p1")
            return 403, {}, {}
        return desk.answer(asked)

    desk.server.answer = answer
    quick = {**QUICK, "pause": 0.05, "pause_max": 0.05}
    with serving(tmp_path, more_desks={FAKE: desk.settings(reconcile_every=0)}, breaker=quick) as served:
        deliver(served, desk, opened("p1"))
        assert wait_for(lambda: len(refused) > 14), "with no other post it may be our account: it waits"
        assert in_state(served, "p1", "dead") is None
        deliver(served, desk, opened("p2"))
        assert wait_for(lambda: in_state(served, "p2", "sent"))
        assert wait_for(lambda: in_state(served, "p1", "dead"))
        deliver(served, desk, opened("p3"))
        assert wait_for(lambda: in_state(served, "p3", "sent"))
    assert desk.posts == [("p2", "note"), ("p3", "note")]


def test_a_file_is_waited_for_while_its_desk_is_away(tmp_path: Path, desk: ListingDesk) -> None:
    def answer(asked: Asked) -> Reply:
        if desk.trouble is None and asked.path == "/a.log":
            return 200, TROUBLE.format(word="w").encode(), {}
        return desk.answer(asked)

    desk.server.answer = answer
    desk.trouble = (503, {}, {})
    body = ticket_body("3", attachments=[{"name": "a.log", "url": "/a.log"}])
    with serving(
        tmp_path, more_desks={FAKE: desk.settings(reconcile_every=0)}, breaker={**QUICK, "pause": 0.1}
    ) as served:
        deliver(served, desk, body)
        time.sleep(1.0)
        assert row_of(served, "3") is None, "no answer from half of the ticket"
        desk.trouble = None
        assert wait_for(lambda: desk.posts == [("3", "note")])


@pytest.mark.parametrize(
    ("news", "why"),
    [
        (comment("4", "e1", "human"), "a person replied"),
        ({"type": "ticket.closed", "ticket": {"id": "4"}}, "was closed"),
    ],
)
def test_a_note_that_was_overtaken_is_withdrawn(
    tmp_path: Path, desk: ListingDesk, news: Plain, why: str
) -> None:
    more: Plain = {"breaker": {**QUICK, "pause": 0.7, "pause_max": 0.7}}
    with serving(tmp_path, more_desks={FAKE: desk.settings(reconcile_every=0)}, **more) as served:
        desk.trouble = (503, {}, {})
        deliver(served, desk, opened("4"))
        assert wait_for(lambda: in_state(served, "4", "retry"))
        deliver(served, desk, news)
        assert wait_for(lambda: served.states()["done"] == 2)
        desk.trouble = None
        assert wait_for(lambda: (row := in_state(served, "4", "withdrawn")) and why in row.why)
    assert desk.posts == []


def test_our_own_comment_withdraws_nothing_and_starts_nothing(tmp_path: Path, desk: ListingDesk) -> None:
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:
        deliver(served, desk, opened("5"))
        assert wait_for(lambda: in_state(served, "5", "sent"))
        for author, kind in (("hercules", "human"), ("other-bot", "bot")):
            deliver(served, desk, comment("5", author, kind))
        assert wait_for(lambda: served.states()["done"] == 3)
        assert f'hercules_loops_total{{desk="{FAKE}"}} 2.0' in served.house.metrics.text().decode()
    assert desk.posts == [("5", "note")]


def test_a_late_file_updates_what_is_held_and_posts_nothing_again(tmp_path: Path, desk: ListingDesk) -> None:
    late = ticket_body("6", attachments=[inline("late.log", TROUBLE.format(word="late").encode())])
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:
        deliver(served, desk, opened("6"))
        assert wait_for(lambda: in_state(served, "6", "sent"))
        for _ in range(2):
            deliver(served, desk, {**late, "type": "ticket.updated"})
        assert wait_for(lambda: served.states()["done"] == 3)
    assert desk.posts == [("6", "note")]


def test_a_slow_desk_holds_up_nobody_else(tmp_path: Path, desk: ListingDesk) -> None:
    let_go = threading.Event()
    with listing_desk() as slow:
        answer = slow.answer

        def wait(asked: Asked) -> Reply:
            let_go.wait(PATIENCE_S)
            return answer(asked)

        slow.server.answer = wait
        changes: Plain = {"reconcile_every": 0, "secrets": [{"value": desk.secret}]}
        more = {FAKE: desk.settings(reconcile_every=0), "slow": slow.settings(**changes)}
        with serving(tmp_path, more_desks=more) as served:
            for number in range(4):
                deliver(served, desk, opened(f"s{number}"), "slow")
            assert wait_for(lambda: slow.server.asked)
            deliver(served, desk, opened("7"))
            assert wait_for(lambda: desk.posts == [("7", "note")])
            assert slow.posts == []
            let_go.set()
            assert wait_for(lambda: len(slow.posts) == 4)


def test_nobody_can_send_what_looks_as_if_we_had_found_it(tmp_path: Path, desk: ListingDesk) -> None:
    """What is found by asking needs no proof, so its mark must never come in by the door."""
    with serving(tmp_path, more_desks={FAKE: desk.settings()}, work=False) as served:
        raw = json.dumps([["TicketClosed", {"desk_id": "acme", "ticket_id": "1"}]]).encode()
        headers = sign_standard([standard_key(desk.secret, "test")], "d1", utc_now(), raw)
        mark = {FOUND_HEADER: "1", FOUND_HEADER.upper(): "1"}
        assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers | mark).status_code == 202
        with served.house.db.read() as conn:
            row = inbox.get(conn, FAKE, "d1")
    assert row is not None
    assert FOUND_HEADER not in row.headers
    assert b"found" not in b"".join(KEPT_HEADERS)


def test_a_file_that_was_read_is_not_fetched_again(tmp_path: Path, desk: ListingDesk) -> None:
    """Some desks list all files of a ticket with every comment."""
    logs = {"/a.log": TROUBLE.format(word="w").encode(), "/b.log": b"2026-10-03 11:22:31 INFO nothing\n"}

    def answer(asked: Asked) -> Reply:
        return (200, logs[asked.path], {}) if asked.path in logs else desk.answer(asked)

    desk.server.answer = answer
    first, second = ({"name": path.strip("/"), "url": path} for path in logs)
    with serving(tmp_path, more_desks={FAKE: desk.settings(reconcile_every=0)}) as served:
        deliver(served, desk, ticket_body("8", attachments=[first]))
        assert wait_for(lambda: in_state(served, "8", "sent"))
        for number in range(3):
            updated = {**ticket_body("8", attachments=[first, second]), "type": "ticket.updated"}
            deliver(served, desk, {**updated, "at": f"2026-01-0{number + 1}T00:00:00Z"})
            assert wait_for(lambda done=number + 2: served.states()["done"] == done)  # type: ignore[misc]  # bound
    assert sorted(asked.path for asked in desk.server.asked if asked.path in logs) == ["/a.log", "/b.log"]


def test_a_backup_that_is_put_back_posts_nothing_again(tmp_path: Path, desk: ListingDesk) -> None:
    """The desk knows more than we do then: of a ticket that is not brand-new it is asked first."""
    hour_ago = utc_now() - timedelta(hours=1)
    more: Plain = {FAKE: desk.settings(reconcile_every=0, live_since=hour_ago)}
    with serving(tmp_path, more_desks=more):
        pass
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    body = opened("1")
    body["ticket"]["created_at"] = (utc_now() - timedelta(minutes=20)).isoformat()
    for _ in range(2):
        with serving(tmp_path, more_desks=more) as served:
            deliver(served, desk, body)
            assert wait_for(partial(in_state, served, "1", "sent"))
        shutil.rmtree(tmp_path / "data")
        shutil.copytree(tmp_path / "backup", tmp_path / "data")
    assert desk.posts == [("1", "note")]
