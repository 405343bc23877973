"""One ticket from the door to the reply, through the doors a desk and an engineer use."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.serving import DESK, TROUBLE, Served, inline, serving, ticket_body, wait_for


def signed_by_others(served: Served, body: bytes, delivery_id: str) -> httpx.Response:
    """A delivery signed by an independent implementation of Standard Webhooks."""
    at = datetime.now(UTC)
    signature = Webhook(served.secret).sign(delivery_id, at, body.decode())
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return served.client.post(f"/hooks/{DESK}", content=body, headers=headers)


def test_a_ticket_with_a_log_gets_its_answer_and_one_note(served: Served) -> None:
    word = "v" + secrets.token_hex(6)
    body = ticket_body("4711", attachments=[inline("app.log", TROUBLE.format(word=word).encode())])
    response = signed_by_others(served, json.dumps(body).encode(), "msg_1")
    assert response.status_code == 202
    told = served.ticket("4711")
    first = told["suggestions"][0]
    assert first["rule_id"] == "acme-quota-exceeded"
    assert first["article_id"] == "folder:acme-quota"
    assert (first["evidence"][0]["file"], first["evidence"][0]["line"]) == ("app.log", 2)
    assert word in first["evidence"][0]["text"]
    note = served.note("4711")
    assert note is not None
    assert word in note.body
    assert "These answers might be helpful to you" in note.body
    assert note.key in note.body
    assert f"/review/{told['suggestion_id']}" in note.body
    time.sleep(0.3)
    assert len(served.desk.posted("4711", "note")) == 1
    assert served.desk.posted("4711", "reply") == []


def test_approving_often_sends_one_reply(served: Served) -> None:
    served.post(ticket_body("1", attachments=[inline("a.log", TROUBLE.format(word="alpha").encode())]))
    suggestion_id = served.ticket("1")["suggestion_id"]
    path = f"/api/suggestions/{suggestion_id}/review"
    answers = []

    def approve() -> None:
        answers.append(
            served.client.post(path, json={"verdict": "approve"}, headers=served.api()).status_code
        )

    threads = [threading.Thread(target=approve) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409, 409]
    reply = served.desk.wait_for("1", "reply")
    assert reply is not None
    assert "robot" in reply.body
    assert "alpha" not in reply.body, "a public reply quotes no log text"
    time.sleep(0.3)
    assert len(served.desk.posted("1", "reply")) == 1


def test_the_same_delivery_twice_is_one_ticket(served: Served) -> None:
    body = ticket_body("7", attachments=[inline("a.log", TROUBLE.format(word="x1").encode())])
    assert [served.post(body, "same-id").status_code for _ in range(5)] == [202] * 5
    served.ticket("7")
    assert served.note("7") is not None
    assert sum(served.states().values()) == 1


def test_silence_below_the_threshold(served: Served) -> None:
    served.post(ticket_body("8", "Parking space", description="Where may I park my car on Monday?"))
    told = served.ticket("8")
    assert told["suggestions"] == []
    assert told["decision"]["verdict"] == "SILENT"
    time.sleep(0.2)
    assert served.desk.board.posts == {}


def test_a_log_pasted_into_the_description_is_read(served: Served) -> None:
    served.post(ticket_body("9", description="Hello,\n" + TROUBLE.format(word="beta") + "Thanks"))
    evidence = served.ticket("9")["suggestions"][0]["evidence"][0]
    assert evidence["file"] == "ticket/description.txt"
    assert evidence["line"] == 3


def test_a_large_file_comes_by_url(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    filler = "2026-10-03 11:22:31,001 INFO  [main] all is well, nothing to see here\n" * 30_000
    path.write_text(filler + TROUBLE.format(word="gamma") + filler)
    served.post(ticket_body("10", attachments=[{"name": "big.log", "url": served.desk.offer(path)}]))
    told = served.ticket("10")
    assert told["suggestions"][0]["evidence"][0]["line"] == 30_002
    assert [file["lines"] for file in told["files"] if file["name"] == "big.log"] == [60_004]


def test_a_file_that_cannot_be_had_is_named(served: Served) -> None:
    served.post(ticket_body("11", attachments=[{"name": "gone.log", "url": "https://other.example/f/1"}]))
    told = served.ticket("11")
    assert told["not_scanned"][0]["name"] == "gone.log"
    assert told["not_scanned"][0]["reason"] == "not-fetched"


@pytest.mark.parametrize(("age_days", "verdict"), [(0, "NOTE"), (2, "HOLD"), (400, "HOLD")])
def test_old_tickets_get_no_post(served: Served, age_days: int, verdict: str) -> None:
    at = datetime.now(UTC) - timedelta(days=age_days)
    log = inline("a.log", TROUBLE.format(word="delta").encode())
    served.post(ticket_body("12", created_at=at.isoformat(), attachments=[log]))
    told = served.ticket("12")
    assert told["decision"]["verdict"] == verdict
    assert told["suggestions"]
    if verdict == "HOLD":
        path = f"/api/suggestions/{told['suggestion_id']}/review"
        answer = served.client.post(path, json={"verdict": "approve"}, headers=served.api())
        assert answer.json()["queued"] is False
        time.sleep(0.2)
        assert served.desk.board.posts == {}


def test_a_late_file_joins_the_suggestion_but_posts_nothing_twice(served: Served) -> None:
    served.post(ticket_body("13", "Something is broken", description="It does not work."))
    assert served.ticket("13")["suggestions"] == []
    late = ticket_body("13", "Something is broken", description="It does not work.")
    late["type"] = "ticket.updated"
    late["ticket"]["attachments"] = [inline("late.log", TROUBLE.format(word="epsilon").encode())]
    served.post(late)
    assert wait_for(lambda: served.ticket("13")["suggestions"])
    told = served.ticket("13")
    assert told["version"] == 2
    assert served.note("13") is not None
    late["ticket"]["attachments"] = [inline("later.log", TROUBLE.format(word="zeta").encode())]
    served.post(late)
    assert wait_for(lambda: served.ticket("13")["version"] == 3)
    time.sleep(0.2)
    assert len(served.desk.posted("13", "note")) == 1


@pytest.mark.parametrize(
    ("policy", "verdict", "posts"), [("hold", "HOLD", 0), ("shadow", "SILENT", 0), ("post", "NOTE", 1)]
)
def test_policies(tmp_path: Path, policy: str, verdict: str, posts: int) -> None:
    with serving(tmp_path, desk_changes={"policy": policy}) as served:
        served.post(ticket_body("14", attachments=[inline("a.log", TROUBLE.format(word="eta").encode())]))
        told = served.ticket("14")
        assert told["decision"]["verdict"] == verdict
        assert told["suggestions"], "what was found is recorded under every policy"
        time.sleep(0.4)
        assert len(served.desk.board.posts) == posts


def test_secrets_of_a_log_leave_in_no_way(served: Served, tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    log = (
        TROUBLE.format(word="theta") + f"2026-10-03 11:22:34,001 INFO password=hunter2secret token {token}\n"
    )
    log = log.replace("exceeded for volume", f"exceeded for volume by ann@example.com using {token}")
    served.post(ticket_body("15", f"Quota {token}", attachments=[inline("a.log", log.encode())]))
    told = json.dumps(served.ticket("15"))
    note = served.note("15")
    assert note is not None
    assert wait_for(lambda: served.states().get("done") == 1)
    served.house.db.checkpoint()
    stored = (tmp_path / "data" / "hercules.db").read_bytes()
    inlined = base64.b64encode(log.encode())[:60]
    for secret in (token, "hunter2secret", "ann@example.com"):
        assert secret not in told
        assert secret not in note.body
        assert secret.encode() not in stored
    assert inlined not in stored


def test_what_cannot_be_read_waits_and_is_run_again(served: Served) -> None:
    assert served.post(b'{"type": "ticket.created", "ticket": {"subject": "no id"}}', "d1").status_code == 202
    assert wait_for(lambda: served.states().get("unreadable") == 1)
    from hercules.store import inbox

    with served.house.db.read() as conn:
        (row,) = inbox.list_some(conn, served.house.desk_ids, ("unreadable",))
    assert "ticket.id" in row.why
    assert served.house.db.do(lambda conn: inbox.again(conn, DESK, "d1"))
    served.house.bell.ring()
    assert wait_for(lambda: served.states().get("unreadable") == 1), "still unreadable, still there"


def test_closing_and_human_replies_are_known(served: Served) -> None:
    served.post(ticket_body("16", "A question", description="Nothing known."))
    served.ticket("16")
    comment = {
        "type": "comment.created",
        "ticket": {"id": "16"},
        "comment": {"id": "77", "author": {"id": "e1", "kind": "human"}, "public": True, "text": "Hello"},
    }
    served.post(comment)
    served.post({"type": "ticket.closed", "ticket": {"id": "16"}})
    from hercules.store import tickets

    def closed() -> bool:
        with served.house.db.read() as conn:
            row = tickets.get(conn, DESK, "16")
        return row is not None and row.state == "closed" and row.human_replied

    assert wait_for(closed)
