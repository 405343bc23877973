"""What one desk's customers say is never seen at another desk."""

from __future__ import annotations

from pathlib import Path

from hercules.demo import DemoDesk, new_secret
from tests.serving import TROUBLE, Served, inline, serving, ticket_body

CANARY = "canaryxyzzy"


def test_canaries_of_one_desk_stay_there(tmp_path: Path) -> None:
    other_desk, other_secret = DemoDesk(), new_secret()
    other_desk.start()
    desks = {"other": other_desk.settings(other_secret)}
    try:
        with serving(tmp_path, more_desks=desks) as served:
            _play(served, other_desk, other_secret)
    finally:
        other_desk.stop()


def _play(served: Served, other_desk: DemoDesk, other_secret: str) -> None:
    log = inline("a.log", TROUBLE.format(word=CANARY).encode())
    served.post(ticket_body("1", f"Subject {CANARY}", attachments=[log]))
    assert CANARY in str(served.ticket("1"))
    note = served.note("1")
    assert note is not None
    assert CANARY in note.body
    mine, served.secret = served.secret, other_secret
    served.post(
        ticket_body("1", "Quota", attachments=[inline("b.log", TROUBLE.format(word="beta").encode())]),
        desk="other",
    )
    served.secret = mine
    theirs = other_desk.wait_for("1", "note")
    assert theirs is not None
    assert "beta" in theirs.body
    assert CANARY not in theirs.body
    asked = {"desk_id": "other", "ticket_id": "1"}
    told = served.client.get("/api/tickets", params=asked, headers=served.api()).text
    assert CANARY not in told
    for name in ("contact-index", "deflection", "rules"):
        report = served.client.get(f"/api/reports/{name}", params={"desk_id": "other"}, headers=served.api())
        assert report.status_code == 200
        assert CANARY not in report.text
    hits = served.client.get("/api/search", params={"q": CANARY}, headers=served.api()).json()["hits"]
    assert hits == []
    assert other_desk.posted("1", "note")[0].key != served.desk.posted("1", "note")[0].key
