"""The page of deliveries: how desks stand, what came, and trying again what was given up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from hercules.desks.desk import check_body
from hercules.desks.proof import sign_standard, standard_key
from hercules.model import Visibility
from hercules.reconcile import run_pass
from hercules.store import desks, outbox
from hercules.store.db import Connection
from hercules.store.outbox import OutboxRow
from tests.listing import ListingDesk, listing_desk
from tests.serving import DESK, TROUBLE, Served, inline, serving, ticket_body, utc_now, wait_for
from tests.web.kit import csrf, log_in

OWN_SITE = {"sec-fetch-site": "same-origin"}
FAKE = "fake"
CANARY = "Bearer canary-0f-the-desk"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture(scope="module")
def desk() -> Iterator[ListingDesk]:
    with listing_desk() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, desk: ListingDesk) -> Iterator[Served]:
    """One service for all tests here, with a desk that can be asked and one that cannot."""
    with serving(
        tmp_path_factory.mktemp("deliveries"),
        more_desks={FAKE: desk.settings(headers={"Authorization": CANARY})},
    ) as found:
        yield found


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    with log_in(served) as client:
        yield client


def page(browser: httpx.Client) -> str:
    return browser.get("/deliveries").text


def test_each_desk_shows_whether_it_is_asked_and_what_asking_found(
    served: Served, browser: httpx.Client, desk: ListingDesk
) -> None:
    assert wait_for(lambda: "last seen whole" in page(browser))
    assert "0 of 0 tickets with news" in page(browser)
    assert "not set up: missed webhooks stay missed" in page(browser), "the other desk"
    assert page(browser).count("works</span>") == 2
    desk.trouble = (503, {}, {"retry-after": "600"})
    done = run_pass(served.house, FAKE, None, lambda: False)
    assert done is not None
    served.house.db.do(lambda conn: desks.save_pass(conn, done))
    desk.trouble = None
    told = page(browser)
    assert "left alone</span>" in told
    assert "the desk answered 503. Posts wait." in told
    assert "failed 1×" in told


def test_refused_deliveries_are_counted_and_shown_and_nothing_of_them_is_kept(
    served: Served, browser: httpx.Client
) -> None:
    answers = [served.client.post(f"/hooks/{FAKE}", content=b'{"a": "c4nary"}') for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, '{"error": "unauthorized"}')}
    assert wait_for(lambda: "3 deliveries refused" in page(browser))
    assert "wrong or missing secret" in page(browser)
    assert page(browser).count("deliveries refused") == 1, "of this desk only"
    assert "c4nary" not in page(browser)
    assert "last webhook: never" in page(browser)


def test_a_delivery_is_told_by_its_ticket_and_a_test_as_such(served: Served, browser: httpx.Client) -> None:
    long_id = "0a" * 32
    assert served.post(ticket_body("t77", "Shop is <down>"), long_id).status_code == 202
    assert served.post(json.loads(check_body("n1")), "t-check").status_code == 202
    assert wait_for(lambda: served.states()["done"] >= 2)
    told = page(browser)
    assert "new ticket of ticket t77: Shop is &lt;down&gt;" not in told
    assert "new ticket t77: Shop is &lt;down&gt;" in told
    assert f'title="{long_id}"' in told
    assert f">{long_id[:12]}…</code>" in told
    assert f">{long_id}</code>" not in told
    assert '<span class="tag">test</span>' in told
    assert ">in hand: 0<" in told
    assert ">given up: 0<" in told


def test_a_delivery_shows_its_body_redacted(served: Served, browser: httpx.Client) -> None:
    body = ticket_body("r1", f"Token {TOKEN}", description="Hello <b>there</b>")
    body.pop("type")
    assert served.post(body, "a/b?c&d").status_code == 202
    assert wait_for(lambda: served.states()["unreadable"] == 1)
    assert "a/b?c&amp;d" in page(browser)
    asked = {"desk_id": DESK, "delivery_id": "a/b?c&d"}
    answer = browser.get("/deliveries/one", params=asked)
    assert answer.status_code == 200
    assert "unreadable" in answer.text
    assert "type does not name an event" in answer.text
    assert "&lt;b&gt;there&lt;/b&gt;" in answer.text
    assert TOKEN not in answer.text + page(browser)
    assert "delivery_id=a/b%3Fc%26d" in page(browser)
    for wrong in ({**asked, "delivery_id": "x"}, {**asked, "desk_id": "x"}, {}):
        assert browser.get("/deliveries/one", params=wrong).status_code == 404


def test_nobody_who_is_not_logged_in_sees_a_body(served: Served) -> None:
    asked = {"desk_id": DESK, "delivery_id": "x"}
    assert served.client.get("/deliveries/one", params=asked).status_code in (303, 401, 403)


def given_up(served: Served, ticket_id: str, state: str, kind: Visibility = "note") -> None:
    """A post in this state; the other desk's outbox is free of others."""

    def put(conn: Connection) -> None:
        later = utc_now()
        assert outbox.put(conn, DESK, kind, ticket_id, "H-AAAAAAAA", "s", later)
        row = outbox.take(conn, later)
        assert row is not None
        (outbox.dead if state == "dead" else outbox.unknown)(conn, DESK, row.row_id, "the desk said no")

    served.house.db.do(put)


def state_of(served: Served, ticket_id: str) -> str:
    with served.house.db.read() as conn:
        row = outbox.get(conn, DESK, "note", ticket_id)
    assert row is not None
    return row.state


def test_a_post_that_was_given_up_is_sent_again_by_its_form_only(
    served: Served, browser: httpx.Client
) -> None:
    given_up(served, "p1", "dead")
    assert "the desk said no" in page(browser)
    assert ">given up</span>" in page(browser)
    form = {"desk_id": DESK, "ticket_id": "p1", "kind": "note", "act": "again"}
    send = partial(browser.post, "/deliveries/post", headers=OWN_SITE)
    assert send(data=form).status_code == 403
    form["csrf"] = csrf(browser, "/deliveries", "/deliveries/post")
    assert (
        browser.post("/deliveries/post", data=form, headers={"sec-fetch-site": "cross-site"}).status_code
        == 403
    )
    assert send(data={**form, "act": "burn"}).status_code == 404
    assert send(data={**form, "act": "there"}).status_code == 404, "its outcome is known"
    assert send(data={**form, "ticket_id": "gone"}).status_code == 404
    assert state_of(served, "p1") == "dead"
    assert send(data=form).status_code == 303
    assert wait_for(lambda: "is gone" in page(browser)), "tried again: there is no such ticket"


def test_a_person_tells_what_became_of_an_unknown_one(served: Served, browser: httpx.Client) -> None:
    given_up(served, "p2", "unknown")
    form = {"desk_id": DESK, "ticket_id": "p2", "kind": "note", "act": "there"}
    form["csrf"] = csrf(browser, "/deliveries", "/deliveries/post")
    assert "It is there" in page(browser)
    assert browser.post("/deliveries/post", data=form, headers=OWN_SITE).status_code == 303
    assert state_of(served, "p2") == "sent"


def test_no_secret_is_on_any_page(served: Served, browser: httpx.Client, desk: ListingDesk) -> None:
    told = page(browser) + browser.get("/review").text + served.house.metrics.text().decode()
    told += repr(served.house.settings) + repr(served.house.desks) + str(served.house.desk_settings)
    for secret in (desk.secret, desk.secret.removeprefix("whsec_"), served.secret, CANARY):
        assert secret not in told
    assert {asked.headers["authorization"] for asked in desk.server.asked} == {CANARY}


def test_a_desk_left_alone_is_asked_again_when_a_person_says_so(
    served: Served, browser: httpx.Client, desk: ListingDesk
) -> None:
    breaker = served.house.breakers[FAKE]
    desk.trouble = (503, {}, {"retry-after": "3000"})
    raw = json.dumps(ticket_body("try1", attachments=[inline("a.log", TROUBLE.format(word="t").encode())]))
    breaker.hurry()
    headers = sign_standard([standard_key(desk.secret, "test")], "try-1", utc_now(), raw.encode())
    assert served.client.post(f"/hooks/{FAKE}", content=raw, headers=headers).status_code == 202

    def row() -> OutboxRow | None:
        with served.house.db.read() as conn:
            return outbox.get(conn, FAKE, "note", "try1")

    assert wait_for(lambda: (found := row()) is not None and found.state == "retry")
    assert FAKE in served.house.paused()
    desk.trouble = None
    form = {"desk_id": FAKE, "csrf": csrf(browser, "/deliveries", "/deliveries/try")}
    assert browser.post("/deliveries/try", data=form | {"csrf": "x"}, headers=OWN_SITE).status_code == 403
    assert browser.post("/deliveries/try", data=form | {"desk_id": "x"}, headers=OWN_SITE).status_code == 404
    assert browser.post("/deliveries/try", data=form, headers=OWN_SITE).status_code == 303
    assert wait_for(lambda: (found := row()) is not None and found.state == "sent")
    assert FAKE not in served.house.paused()
    assert desk.posts == [("try1", "note")]
    assert "Try now" not in page(browser)


def test_a_desk_is_asked_again_by_the_api_too(served: Served) -> None:
    asked = served.client.post(f"/api/desks/{FAKE}/try", headers=served.api())
    assert (asked.status_code, asked.json()) == (200, {"status": "tried", "waiting": 0})
    assert served.client.post("/api/desks/nobody/try", headers=served.api()).status_code == 404
    assert served.client.post(f"/api/desks/{FAKE}/try").status_code == 401
