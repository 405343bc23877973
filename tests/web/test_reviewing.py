"""Reviews by the pages' forms and by the API: once, by name, of the version that was seen."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from hercules.store import inbox
from tests.serving import DESK, TROUBLE, Plain, Served, inline, serving, ticket_body, wait_for
from tests.web.kit import answered, csrf, log_in

OWN_SITE = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests here."""
    with serving(tmp_path_factory.mktemp("reviewing")) as found:
        yield found


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """A client that is logged in."""
    with log_in(served) as client:
        yield client


def press(browser: httpx.Client, told: Plain, verdict: str, **fields: str) -> httpx.Response:
    """Press a button of the review form as a browser does."""
    path = f"/review/{told['suggestion_id']}"
    with_token = fields.pop("csrf", "") or csrf(browser, path)
    form = {"csrf": with_token, "version": str(told["version"]), "verdict": verdict, **fields}
    return browser.post(path, data=form, headers=OWN_SITE)


def replies(served: Served, ticket_id: str) -> int:
    time.sleep(0.3)
    return len(served.desk.posted(ticket_id, "reply"))


def test_approving_five_times_sends_one_reply(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "five")
    token = csrf(browser, f"/review/{told['suggestion_id']}")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: press(browser, told, "approve", csrf=token), range(5)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409, 409]
    again = next(answer for answer in answers if answer.status_code == 409)
    assert "Ann Tester" in again.text, "the first outcome is told"
    assert served.desk.wait_for("five", "reply") is not None
    assert replies(served, "five") == 1
    api = f"/api/suggestions/{told['suggestion_id']}/review"
    for _ in range(5):
        assert served.client.post(api, json={"verdict": "approve"}, headers=served.api()).status_code == 409
    assert replies(served, "five") == 1


def test_the_reviewers_name_is_kept(served: Served) -> None:
    told = answered(served, "named")
    with log_in(served, "  Zoë\t O'Hara <i> ") as browser:
        assert press(browser, told, "approve").status_code == 303
        page = browser.get(f"/review/{told['suggestion_id']}").text
        assert "Approved by Zoë O&#39;Hara &lt;i&gt; at" in page
    assert served.ticket("named")["review"]["reviewer"] == "Zoë O'Hara <i>"


def test_a_name_by_the_api_may_hold_any_letters(served: Served) -> None:
    told = answered(served, "letters")
    headers = [(b"authorization", served.api()["authorization"].encode())]
    headers.append((b"x-hercules-reviewer", "Zoë Łuk".encode()))
    path = f"/api/suggestions/{told['suggestion_id']}/review"
    answer = served.client.post(path, json={"verdict": "approve"}, headers=headers)
    assert answer.status_code == 200
    assert served.ticket("letters")["review"]["reviewer"] == "Zoë Łuk"


def test_the_draft_approved_as_it_stands_is_no_edit(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "asis")
    page = browser.get(f"/review/{told['suggestion_id']}").text
    draft = page.partition('maxlength="20000">')[2].partition("</textarea>")[0]
    assert "A volume has reached its disk quota" in draft
    assert press(browser, told, "approve", text=draft.replace("\n", "\r\n")).status_code == 303
    assert served.ticket("asis")["review"]["verdict"] == "approve"


def test_changed_words_are_sent_as_they_were_written(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "edited")
    words = "Dear customer,\r\nplease raise the <b>quota</b> & tell us.\r\n\r\nBye"
    assert press(browser, told, "approve", text=words).status_code == 303
    reply = served.desk.wait_for("edited", "reply")
    assert reply is not None
    assert "please raise the <b>quota</b> & tell us." in reply.body
    assert "disk quota" not in reply.body
    assert "\r" not in reply.body
    assert reply.key in reply.body
    assert served.ticket("edited")["review"]["verdict"] == "edit"
    page = browser.get(f"/review/{told['suggestion_id']}").text
    assert "Approved with changes by Ann Tester" in page


def test_rejecting_needs_a_reason_and_sends_nothing(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "rejected")
    for reason in ("", "because", "<b>", "wrong " * 10):
        assert press(browser, told, "reject", reason=reason).status_code == 422, reason
    assert served.ticket("rejected")["review"] is None
    assert press(browser, told, "reject", reason="outdated").status_code == 303
    assert "Rejected by Ann Tester" in browser.get(f"/review/{told['suggestion_id']}").text
    assert served.ticket("rejected")["review"]["reason"] == "outdated"
    assert press(browser, told, "approve", csrf=_any_token(browser, served)).status_code in (403, 409)
    assert replies(served, "rejected") == 0


def _any_token(browser: httpx.Client, served: Served) -> str:
    return csrf(browser, f"/review/{answered(served, 'other')['suggestion_id']}")


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": ""},
        {"verdict": "delete"},
        {"verdict": "edit", "text": ""},
        {"verdict": "edit", "text": " \r\n"},
        {"version": ""},
        {"version": "-1"},
        {"version": "1.0"},
        {"version": "१"},
        {"version": "x"},
    ],
)
def test_an_incomplete_form_is_422(served: Served, browser: httpx.Client, fields: dict[str, str]) -> None:
    told = answered(served, "incomplete")
    path = f"/review/{told['suggestion_id']}"
    form = {"csrf": csrf(browser, path), "version": "1", "verdict": "approve", **fields}
    assert browser.post(path, data=form, headers=OWN_SITE).status_code == 422
    assert served.ticket("incomplete")["review"] is None


def test_who_looked_at_an_old_version_is_told(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "stale")
    token = csrf(browser, f"/review/{told['suggestion_id']}")
    late = ticket_body("stale", "Ticket stale")
    late["type"] = "ticket.updated"
    late["ticket"]["attachments"] = [inline("late.log", TROUBLE.format(word="second").encode())]
    assert served.post(late).status_code == 202
    assert wait_for(lambda: served.ticket("stale")["version"] == 2)
    answer = press(browser, told, "approve", csrf=token)
    assert answer.status_code == 409
    assert "changed to version 2" in answer.text
    path = f"/api/suggestions/{told['suggestion_id']}/review"
    for version in (1, 3, 0, -1, 10**9, 10**30):
        sent = {"verdict": "approve", "version": version}
        answer = served.client.post(path, json=sent, headers=served.api())
        assert answer.status_code in (409, 422), version
    assert replies(served, "stale") == 0
    assert press(browser, served.ticket("stale"), "approve", csrf=token).status_code == 303
    assert served.desk.wait_for("stale", "reply") is not None


BAD_REVIEWS: list[bytes] = [
    b"",
    b"[]",
    b"null",
    b"NaN",
    b"{",
    b"[" * 100_000,
    b'{"verdict": 1}',
    b'{"verdict": null}',
    b'{"verdict": "x"}',
    b'{"verdict": "reject"}',
    b'{"verdict": "reject", "reason": "x"}',
    b'{"verdict": "reject", "reason": []}',
    b'{"verdict": "edit"}',
    b'{"verdict": "edit", "text": " "}',
    b'{"verdict": "edit", "text": NaN}',
    b'{"verdict": "approve", "version": "1"}',
    b'{"verdict": "approve", "version": 1e999}',
    b'{"verdict": "approve", "version": true}',
    b'{"verdict": "approve", "version": ' + b"9" * 5000 + b"}",
    b'{"verdict": "approve", "reviewer": 1}',
    b'{"verdict": "approve", "reviewer": "' + b"n" * 100 + b'"}',
    b'{"verdict": "edit", "text": "' + b"t" * 30_000 + b'"}',
    b"\xff\xfe\x00",
    b'{"verdict": "\\ud800"}',
]


def test_a_bad_review_by_the_api_is_422_and_echoes_nothing(served: Served) -> None:
    told = answered(served, "bad")
    path = f"/api/suggestions/{told['suggestion_id']}/review"
    for body in BAD_REVIEWS:
        answer = served.client.post(path, content=body, headers=served.api())
        assert answer.status_code == 422, body[:80]
        assert len(answer.content) < 500
        json.loads(answer.content)
    assert served.ticket("bad")["review"] is None
    too_large = served.client.post(path, content=b"{" + b" " * (2 << 20), headers=served.api())
    assert too_large.status_code == 413


def test_texts_with_odd_characters_are_kept_whole(served: Served) -> None:
    told = answered(served, "odd")
    path = f"/api/suggestions/{told['suggestion_id']}/review"
    body = b'{"verdict": "edit", "text": "a\\ud800b\\u0000c", "reviewer": "R\\udfff"}'
    assert served.client.post(path, content=body, headers=served.api()).status_code == 200
    assert served.ticket("odd")["review"]["reviewer"] == "R\ufffd"
    assert served.desk.wait_for("odd", "reply") is not None


@pytest.mark.parametrize("suggestion_id", ["nothing", "%00", "%ff", "s" * 3000])
def test_an_unknown_suggestion_is_404(served: Served, browser: httpx.Client, suggestion_id: str) -> None:
    path = f"/api/suggestions/{suggestion_id}/review"
    answer = served.client.post(path, json={"verdict": "approve"}, headers=served.api())
    assert answer.status_code == 404
    assert browser.get(f"/review/{suggestion_id}").status_code == 404


def test_the_api_asks_for_what_it_needs(served: Served) -> None:
    asked: list[tuple[str, int]] = [
        ("/api/tickets", 422),
        ("/api/tickets?desk_id=acme", 422),
        ("/api/tickets?desk_id=x&ticket_id=y", 404),
        ("/api/tickets?desk_id=acme&ticket_id=%00%ff", 404),
        ("/api/reports/nothing?desk_id=acme", 404),
        ("/api/reports/rules?desk_id=nobody", 404),
        ("/api/reports/rules?desk_id=acme&period=x", 422),
        ("/api/reports/rules?desk_id=acme&period=9999-99", 422),
        ("/api/reports/contact-index?desk_id=acme&period=0001", 422),
        ("/api/search", 422),
        ("/api/search?q=", 200),
        ("/api/search?q=a&limit=x", 422),
        ("/api/search?q=a&limit=-5", 200),
        ("/api/search?q=%00%ff%22*~", 200),
        ("/api/search?q=a&product=%22%00", 200),
        ("/api/search?q=" + "w%20" * 5000, 200),
    ]
    for path, status in asked:
        answer = served.client.get(path, headers=served.api())
        assert answer.status_code == status, (path[:80], answer.text[:200])
        json.loads(answer.content)


def test_bad_actives_are_told(served: Served) -> None:
    good = {"segments": [{"segment": "all", "count": 5}]}
    bad: list[tuple[str, object, int]] = [
        ("acme/2026-10", {}, 422),
        ("acme/2026-10", {"segments": []}, 422),
        ("acme/2026-10", {"segments": [1]}, 422),
        ("acme/2026-10", {"segments": [{"count": -1}]}, 422),
        ("acme/2026-10", {"segments": [{"count": True}]}, 422),
        ("acme/2026-10", {"segments": [{"count": 10**30}]}, 422),
        ("acme/x", good, 422),
        ("nobody/2026-10", good, 404),
        ("acme/2026-10", {"segments": good["segments"] * 2}, 422),
        ("acme/2026-10", {**good, "unit": "cats"}, 422),
        ("acme/%00", good, 422),
    ]
    for path, body, status in bad:
        answer = served.client.put(f"/api/actives/{path}", json=body, headers=served.api())
        assert answer.status_code == status, (path, body, answer.text)
    assert served.client.put("/api/actives/acme/2026-1", json=good, headers=served.api()).status_code == 200
    asked = {"desk_id": DESK, "period": "2026-01", "format": "json"}
    told = served.client.get("/api/reports/contact-index", params=asked, headers=served.api()).json()
    assert told["rows"][0]["actives"]["value"] == 5, "a month has one name"


def test_a_delivery_is_run_again_by_its_form_only(served: Served, browser: httpx.Client) -> None:
    assert served.post(b'{"type": "ticket.created"}', "again").status_code == 202
    assert wait_for(lambda: served.states().get("unreadable") == 1)
    form = {"desk_id": DESK, "delivery_id": "again"}
    assert browser.post("/deliveries/retry", data=form, headers=OWN_SITE).status_code == 403
    form["csrf"] = csrf(browser, "/deliveries", "/deliveries/retry")
    gone = {**form, "delivery_id": "gone"}
    assert browser.post("/deliveries/retry", data=gone, headers=OWN_SITE).status_code == 404
    assert browser.post("/deliveries/retry", data=form, headers=OWN_SITE).status_code == 303

    def tried() -> bool:
        with served.house.db.read() as conn:
            row = inbox.get(conn, DESK, "again")
        return row is not None and row.state == "unreadable" and row.attempts == 1

    assert wait_for(tried)
