"""What waits to be posted says what was decided and approved, whatever files and reviews come meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hercules.desks.proof import sign_standard, standard_key
from hercules.house import no_step
from hercules.model import Delivery, Review, Visibility
from hercules.posting import Reviewing, review
from hercules.recording import found_delivery
from hercules.store import inbox, outbox, suggestions
from hercules.store.outbox import OutboxRow
from hercules.store.suggestions import SuggestionRow
from tests.listing import ListingDesk, Plain, listing_desk
from tests.patience import PATIENCE_S
from tests.serving import (
    ARTICLE,
    RULE,
    TROUBLE,
    Served,
    inline,
    serving,
    ticket_body,
    utc_now,
    wait_for,
    write_content,
)

FAKE = "fake"
OTHER_LINE = "2026-10-03 11:22:34,000 ERROR [main] licence of {word} has ended for good\n"
OTHER_RULE = """\
id: acme-licence-ended
title: The licence has ended
status: test
severity: high
set:
  match:
    - regex: 'licence of (?P<what>\\w+) has ended for good'
answer:
  kb: acme-licence
"""
OTHER_ARTICLE = """\
---
id: acme-licence
title: How to renew a licence
product: acme
---
## Resolution
Ask for another licence.
"""


@pytest.fixture
def desk() -> Iterator[ListingDesk]:
    with listing_desk() as found:
        yield found


@contextmanager
def served_with(
    folder: Path, desk: ListingDesk, step: Callable[[str], None] = no_step, **changes: object
) -> Iterator[Served]:
    """A service with two rules; a desk in trouble is tried again twice a second."""
    write_content(folder)
    (folder / "rules/acme/acme-licence-ended.yaml").write_text(OTHER_RULE)
    (folder / "articles/acme-licence.md").write_text(OTHER_ARTICLE)
    (folder / "rules/acme/acme-quota-exceeded.yaml").write_text(
        RULE.replace("status: test", "status: stable")
    )
    (folder / "articles/acme-quota.md").write_text(ARTICLE)
    more = {FAKE: desk.settings(reconcile_every=0, **changes)}
    breaker = {"failures": 1, "pause": 0.5, "pause_max": 0.5}
    gate = {"judged_min": 1, "precision": 0.0}
    with serving(folder, more_desks=more, breaker=breaker, gate=gate, step=step) as served:
        yield served


def deliver(served: Served, desk: ListingDesk, kind: str, file: Plain) -> None:
    body = {**ticket_body("1", attachments=[file]), "type": kind}
    served.counter[0] += 1
    raw = json.dumps(body).encode()
    headers = sign_standard([standard_key(desk.secret, "test")], f"d{served.counter[0]}", utc_now(), raw)
    assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers).status_code == 202


def quota() -> Plain:
    return inline("a.log", TROUBLE.format(word="w").encode())


def licence() -> Plain:
    return inline("late.log", OTHER_LINE.format(word="w").encode())


def row_of(served: Served, kind: Visibility, state: str) -> OutboxRow | None:
    with served.house.db.read() as conn:
        row = outbox.get(conn, FAKE, kind, "1")
    return row if row is not None and row.state == state else None


def stored(served: Served) -> SuggestionRow:
    with served.house.db.read() as conn:
        found = suggestions.of_ticket(conn, FAKE, "1")
    assert found is not None
    return found


def judge(served: Served, verdict: str, text: str = "") -> Reviewing:
    given = Review(verdict, "Ada", utc_now(), text, "wrong" if verdict == "reject" else "")  # type: ignore[arg-type]  # one of them
    return review(served.house, stored(served).suggestion.suggestion_id, given)


def replies(desk: ListingDesk) -> list[str]:
    """The words of the public replies at the desk."""
    return [
        each.json["body"]
        for each in desk.server.asked
        if each.method == "POST" and each.json["visibility"] == "reply"
    ]


def test_a_reply_says_what_was_approved_and_not_what_a_late_file_added(
    tmp_path: Path, desk: ListingDesk
) -> None:
    with served_with(tmp_path, desk) as served:
        deliver(served, desk, "ticket.created", quota())
        assert wait_for(lambda: row_of(served, "note", "sent"))
        desk.trouble = (503, {}, {})
        assert judge(served, "approve").queued
        assert wait_for(lambda: row_of(served, "reply", "retry"))
        deliver(served, desk, "ticket.updated", licence())
        assert wait_for(lambda: stored(served).suggestion.version == 2)
        desk.trouble = None
        assert wait_for(lambda: row_of(served, "reply", "withdrawn"))
        assert (stored(served).state, desk.posts) == ("open", [("1", "note")])
        assert judge(served, "approve").queued
        assert wait_for(lambda: row_of(served, "reply", "sent"))
    assert desk.posts == [("1", "note"), ("1", "reply")]
    assert "How to renew a licence" in replies(desk)[-1]


def test_a_late_file_without_news_leaves_a_review_as_it_is(tmp_path: Path, desk: ListingDesk) -> None:
    with served_with(tmp_path, desk) as served:
        deliver(served, desk, "ticket.created", quota())
        assert wait_for(lambda: row_of(served, "note", "sent"))
        desk.trouble = (503, {}, {})
        assert judge(served, "approve").queued
        deliver(served, desk, "ticket.updated", inline("b.log", b"2026-10-03 11:22:31 INFO nothing\n"))
        assert wait_for(lambda: served.states()["done"] == 2)
        assert (stored(served).suggestion.version, stored(served).state) == (1, "approved")
        desk.trouble = None
        assert wait_for(lambda: row_of(served, "reply", "sent"))
    assert desk.posts == [("1", "note"), ("1", "reply")]


def automatic(served: Served, desk: ListingDesk) -> None:
    """A reply that may go out by itself, and waits since the desk is away."""

    def earned() -> None:
        served.house.db.do(
            lambda conn: suggestions.put_labels(
                conn, FAKE, "0", ["acme-quota-exceeded"], "correct", "judge", utc_now()
            )
        )

    earned()
    desk.trouble = (503, {}, {})
    deliver(served, desk, "ticket.created", quota())
    assert wait_for(lambda: row_of(served, "reply", "retry"))


def test_a_reply_by_itself_is_withdrawn_when_a_late_file_adds_what_may_not_go_out_so(
    tmp_path: Path, desk: ListingDesk
) -> None:
    with served_with(tmp_path, desk, policy="post") as served:
        automatic(served, desk)
        deliver(served, desk, "ticket.updated", licence())
        assert wait_for(lambda: stored(served).decision.verdict == "NOTE")
        desk.trouble = None
        row = wait_for(lambda: row_of(served, "reply", "withdrawn"))
        assert row
        assert "acme-licence-ended is not stable" in row.why
        assert wait_for(lambda: row_of(served, "note", "sent"))
    assert desk.posts == [("1", "note")]


def test_a_rejected_answer_does_not_leave_later(tmp_path: Path, desk: ListingDesk) -> None:
    with served_with(tmp_path, desk, policy="post") as served:
        automatic(served, desk)
        assert judge(served, "reject") == Reviewing(False, "Rejected; nothing is sent.")
        assert row_of(served, "reply", "withdrawn")
        desk.trouble = None
    assert desk.posts == []


def test_an_engineers_words_take_the_place_of_what_still_waits(tmp_path: Path, desk: ListingDesk) -> None:
    with served_with(tmp_path, desk, policy="post") as served:
        automatic(served, desk)
        assert judge(served, "edit", "Please delete old snapshots.").queued
        desk.trouble = None
        assert wait_for(lambda: row_of(served, "reply", "sent"))
    assert desk.posts == [("1", "reply")]
    assert "Please delete old snapshots" in replies(desk)[-1]
    assert "robot and wrote this by myself" not in replies(desk)[-1]


def test_of_two_late_files_at_once_both_are_told(tmp_path: Path, desk: ListingDesk) -> None:
    both, waiting = threading.Barrier(2), [1, 2]

    def step(name: str) -> None:
        if name == "joined" and waiting:
            waiting.pop()
            both.wait(PATIENCE_S)

    with served_with(tmp_path, desk, step) as served:
        deliver(served, desk, "ticket.created", inline("a.log", b"2026-10-03 11:22:31 INFO nothing\n"))
        assert wait_for(lambda: served.states()["done"] == 1)
        for file in (quota(), licence()):
            deliver(served, desk, "ticket.updated", file)
        assert wait_for(lambda: served.states()["done"] == 3)
        told = stored(served).suggestion
    assert {item.rule_id for item in told.items} == {"acme-quota-exceeded", "acme-licence-ended"}
    assert told.version == 3


def test_a_file_that_only_the_slower_of_two_openings_tells_is_looked_at(
    tmp_path: Path, desk: ListingDesk
) -> None:
    """As when a ticket is found by asking, with the customer's next message, while its webhook comes."""
    held, go_on = threading.Event(), threading.Event()

    def step(name: str) -> None:
        if name == "fetched" and not held.is_set():
            held.set()
            go_on.wait(PATIENCE_S)

    bare = ticket_body("1", "Help me")
    comment = {
        "id": "7",
        "author": {"id": "c9", "kind": "customer"},
        "text": "Here",
        "attachments": [quota()],
    }
    said = {"type": "comment.created", "ticket": {"id": "1"}, "comment": comment}
    with served_with(tmp_path, desk, step) as served:
        house = served.house
        bodies = [Delivery(FAKE, "", {}, json.dumps(each).encode(), utc_now()) for each in (bare, said)]
        found = found_delivery(
            FAKE, [event for each in bodies for event in house.desks[FAKE].read(each)], utc_now()
        )
        house.db.do(lambda conn: inbox.put(conn, FAKE, found, "digest", dedupe_body=False))
        house.bell.ring()
        assert held.wait(PATIENCE_S)
        raw = json.dumps(bare).encode()
        headers = sign_standard([standard_key(desk.secret, "test")], "d1", utc_now(), raw)
        assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers).status_code == 202
        assert wait_for(lambda: served.states()["done"] == 1)
        go_on.set()
        assert wait_for(lambda: served.states()["done"] == 2)
        assert [item.rule_id for item in stored(served).suggestion.items] == ["acme-quota-exceeded"]
        assert wait_for(lambda: row_of(served, "note", "sent"))
    assert desk.posts == [("1", "note")]
