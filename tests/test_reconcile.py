"""What no delivery told is found by asking: missed tickets, closings and reopenings, each once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hercules.desks.proof import sign_standard, standard_key
from hercules.house import House
from hercules.reconcile import OVERLAP_S, Rounds, retry_s, run_pass
from hercules.store import desks, inbox, journal, outbox, suggestions, tickets
from hercules.store.desks import Pass
from hercules.store.tickets import TicketRow
from tests.desks.servers import Asked, Reply
from tests.listing import ListingDesk, Plain, housed, listing_desk
from tests.patience import PATIENCE_S
from tests.serving import TROUBLE, Served, inline, serving, ticket_body, utc_now, wait_for

FAKE = "fake"


@pytest.fixture
def desk() -> Iterator[ListingDesk]:
    with listing_desk() as found:
        yield found


def never() -> bool:
    return False


def missed(ticket_id: str, **fields: Any) -> Plain:
    """A ticket that the rule of the test answers, as the desk lists it."""
    log = inline("app.log", TROUBLE.format(word=f"w{ticket_id}").encode())
    return ticket_body(ticket_id, attachments=[log], **fields)


def event(kind: str, ticket_id: str, **more: object) -> Plain:
    return {"type": kind, "ticket": {"id": ticket_id}, "at": utc_now().isoformat(), **more}


def deliver(served: Served, desk: ListingDesk, body: Plain, delivery_id: str) -> httpx.Response:
    raw = json.dumps(body).encode()
    headers = sign_standard([standard_key(desk.secret, "test")], delivery_id, utc_now(), raw)
    return served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers)


def ticket(house: House, ticket_id: str) -> TicketRow | None:
    with house.db.read() as conn:
        return tickets.get(conn, FAKE, ticket_id)


def passed(house: House) -> Pass | None:
    with house.db.read() as conn:
        return desks.passes(conn, frozenset({FAKE})).get(FAKE)


def shown(house: House) -> str:
    """What /metrics tells."""
    return house.metrics.text().decode()


def idle(house: House) -> bool:
    """True when nothing waits in inbox or outbox."""
    with house.db.read() as conn:
        counts = outbox.states(conn, house.desk_ids)
        return not inbox.pending(conn) and not counts["waiting"] + counts["sending"] + counts["retry"]


def ask(house: House) -> Pass:
    """One pass now, kept as the service keeps it."""
    done = run_pass(house, FAKE, passed(house), never)
    assert done is not None
    house.db.do(lambda conn: desks.save_pass(conn, done))
    return done


def test_a_ticket_missed_while_down_is_found_at_the_start_and_answered_once(
    tmp_path: Path, desk: ListingDesk
) -> None:
    more = {FAKE: desk.settings()}
    with serving(tmp_path, more_desks=more):
        pass  # the desk is known from here on
    desk.items.append(missed("1"))
    with serving(tmp_path, more_desks=more) as served:
        assert wait_for(lambda: desk.posts == [("1", "note")])
        assert deliver(served, desk, desk.items[0], "late-1").status_code == 202  # type: ignore[arg-type]  # ours
        assert wait_for(lambda: idle(served.house))
        again = ask(served.house)
        assert wait_for(lambda: idle(served.house))
        assert (again.seen, again.found, again.why) == (1, 0, "")
        with served.house.db.read() as conn:
            kinds = [type(each.event).__name__ for each in journal.of_ticket(conn, FAKE, "1")]
        assert (kinds.count("TicketOpened"), kinds.count("Suggested"), kinds.count("Replied")) == (1, 1, 1)
        text = shown(served.house)
    assert desk.posts == [("1", "note")]
    assert f'hercules_reconcile_found_total{{desk="{FAKE}"}} 1.0' in text
    assert f'hercules_reconcile_good_timestamp_seconds{{desk="{FAKE}"}} 1.' in text
    assert f'hercules_desk_breaker{{desk="{FAKE}"}} 0.0' in text


def test_missed_closings_and_reopenings_are_taken_up(tmp_path: Path, desk: ListingDesk) -> None:
    desk.items += [ticket_body("2", "Hello"), event("ticket.closed", "2")]
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:
        assert wait_for(lambda: (row := ticket(served.house, "2")) and row.state == "closed")
        desk.items.append(event("ticket.reopened", "2"))
        assert ask(served.house).found == 1
        assert wait_for(lambda: (row := ticket(served.house, "2")) and row.state == "open")


@pytest.mark.parametrize(
    ("fields", "more", "why"),
    [
        ({"created_at": (utc_now() - timedelta(hours=30)).isoformat()}, None, "history"),
        ({"created_at": (utc_now() - timedelta(hours=2)).isoformat()}, None, "history"),  # not yet live
        ({}, "closed", "closed"),
        ({}, "human", "a person has replied"),
    ],
)
def test_a_found_ticket_is_answered_by_the_same_rules(
    tmp_path: Path, desk: ListingDesk, fields: Plain, more: str | None, why: str
) -> None:
    desk.items.append(missed("3", **fields))
    if more == "closed":
        desk.items.append(event("ticket.closed", "3"))
    if more == "human":
        comment = {"id": "77", "author": {"id": "e1", "kind": "human"}, "public": True, "text": "Hello"}
        desk.items.append(event("comment.created", "3", comment=comment))
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:

        def held() -> str | None:
            with served.house.db.read() as conn:
                found = suggestions.of_ticket(conn, FAKE, "3")
            return found.decision.reason if found else None

        reason = wait_for(held)
        assert reason is not None
        assert why in reason
        assert wait_for(lambda: idle(served.house))
    assert desk.posts == []


def test_a_bad_item_is_named_and_passed_over(tmp_path: Path, desk: ListingDesk) -> None:
    desk.items += [{"type": "ticket.created", "ticket": {"subject": "no id"}}, 7, missed("4")]
    with housed(tmp_path, {FAKE: desk.settings()}) as house:
        done = ask(house)
    assert done.found == 1
    assert done.failures == 0
    assert "2 listed items could not be read" in done.why
    assert "ticket.id" in done.why


def test_a_pass_overlaps_the_last_good_one_and_a_failed_one_changes_nothing(
    tmp_path: Path, desk: ListingDesk
) -> None:
    with housed(tmp_path, {FAKE: desk.settings()}) as house:
        first = ask(house)
        desk.trouble = (500, {}, {})
        failed = ask(house)
        desk.trouble = None
        ask(house)
    assert first.good_at is not None
    assert (failed.good_at, failed.failures) == (first.good_at, 1)
    assert "500" in failed.why
    assert failed.next_at - failed.ended_at == timedelta(seconds=retry_s(1))
    assert desk.listed[-1] == (first.good_at - timedelta(seconds=OVERLAP_S)).isoformat()


def test_what_was_found_before_a_page_failed_stays_found(tmp_path: Path, desk: ListingDesk) -> None:
    """But for the last ticket before it: what people said on it may stand on the page that failed."""
    desk.items += [missed("5"), missed("6"), missed("7")]
    desk.page = 2
    with housed(tmp_path, {FAKE: desk.settings()}) as house:
        whole = desk.answer

        def half(asked: object) -> object:
            path = getattr(asked, "path", "")
            return (200, b'{"items": [{"ty', {}) if "from=" in path else whole(asked)  # type: ignore[arg-type]  # any

        desk.server.answer = half  # type: ignore[assignment]  # a plain function
        done = ask(house)
        assert (done.found, done.failures, done.good_at) == (1, 1, None)
        desk.server.answer = desk.answer
        done = ask(house)
        assert (done.found, done.failures) == (2, 0)


def test_retry_after_is_honoured_by_passes_and_posts_and_no_post_is_lost(
    tmp_path: Path, desk: ListingDesk
) -> None:
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:
        assert wait_for(lambda: passed(served.house))
        desk.trouble = (429, {}, {"retry-after": "2"})
        done = run_pass(served.house, FAKE, passed(served.house), never)
        assert done is not None
        assert done.next_at - done.ended_at == timedelta(seconds=2)
        desk.trouble = None
        before = len(desk.server.asked)
        assert deliver(served, desk, missed("7"), "d-7").status_code == 202
        waited_from = utc_now()
        assert served.house.breakers[FAKE].state.phase == "open"
        assert f'hercules_desk_breaker{{desk="{FAKE}"}} 2.0' in shown(served.house)
        assert len(desk.server.asked) == before
        assert wait_for(lambda: desk.posts == [("7", "note")])
        assert (utc_now() - waited_from).total_seconds() > 1.0
        assert wait_for(lambda: served.house.breakers[FAKE].state.phase == "closed")


def test_a_pass_that_is_asked_to_wait_goes_on_where_it_was(tmp_path: Path, desk: ListingDesk) -> None:
    """Begun anew, a list longer than the desk's limit would never be read to its end."""
    desk.items += [missed("41"), missed("42"), missed("43")]
    desk.page = 1
    said: list[Reply] = [
        (429, {}, {"retry-after": "1"}),
        (403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
    ]

    def limited(asked: Asked) -> Reply:
        return said.pop() if "from=" in asked.path and said else desk.answer(asked)

    desk.server.answer = limited
    with serving(tmp_path, more_desks={FAKE: desk.settings()}) as served:
        done = wait_for(lambda: passed(served.house))
        assert done is not None
        assert (done.seen, done.found, done.failures, done.why) == (3, 3, 0, "")
        assert wait_for(lambda: len(desk.posts) == 3)
    assert (len(desk.listed), said) == (1, [])


def test_a_desk_that_does_not_answer_holds_up_no_other_pass(tmp_path: Path, desk: ListingDesk) -> None:
    let_go = threading.Event()
    desk.items.append(missed("44"))
    with listing_desk() as slow:
        answer = slow.answer

        def wait(asked: Asked) -> Reply:
            let_go.wait(3 * PATIENCE_S)
            return answer(asked)

        slow.server.answer = wait
        more = {"a-slow": slow.settings(), FAKE: desk.settings()}
        with serving(tmp_path, more_desks=more, fetch={"deadline": 3 * PATIENCE_S}) as served:
            assert wait_for(lambda: slow.server.asked)
            assert wait_for(lambda: desk.posts == [("44", "note")])
            let_go.set()
            assert wait_for(lambda: idle(served.house))


def test_rounds_ask_all_at_the_start_and_then_each_in_its_time(tmp_path: Path, desk: ListingDesk) -> None:
    more = {FAKE: desk.settings(reconcile_every=600), "quiet": desk.settings(reconcile_every=0)}
    with housed(tmp_path, more) as house:
        rounds = Rounds(house, draw=lambda: 1.0)
        assert rounds.next(never)
        assert not rounds.next(never)
        known = passed(house)
        assert known is not None
        assert known.next_at - known.ended_at == timedelta(seconds=630)
        assert Rounds(house).next(never), "a new start asks again at once"
    assert len(desk.listed) == 2


def test_rounds_end_between_two_tickets(tmp_path: Path, desk: ListingDesk) -> None:
    desk.items += [missed("8"), missed("9")]
    with housed(tmp_path, {FAKE: desk.settings()}) as house:
        assert run_pass(house, FAKE, None, lambda: True) is None
        assert passed(house) is None


def test_failing_passes_back_off() -> None:
    assert [retry_s(failures) for failures in (1, 2, 3, 8, 100)] == [30, 60, 120, 3600, 3600]
