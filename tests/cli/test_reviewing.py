"""`hercules review` and `hercules delivery` beside a running service, as an engineer without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules.cli.shared import short_house
from hercules.store import outbox, tickets
from hercules.store.db import Connection
from hercules.store.tickets import TicketRow
from tests.commands import Ran, run
from tests.processes import Process, processes
from tests.serving import DESK, utc_now, wait_for


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service in a process of its own; every test uses tickets of its own."""
    with processes(tmp_path_factory.mktemp("service")) as found:
        found.start()
        yield found


def command(service: Process, *args: object) -> Ran:
    return run(*args, "--config", service.config)


def suggested(service: Process, ticket_id: str) -> str:
    """The suggestion of a ticket that has its note."""
    service.post(ticket_id)
    assert service.desk.wait_for(ticket_id, "note")
    listed = command(service, "review", "list", "--show", "all", "--json").json
    (found,) = [str(row["suggestion_id"]) for row in listed if row["ticket_id"] == ticket_id]
    return found


def test_list_shows_what_waits_for_a_review(service: Process) -> None:
    suggestion_id = suggested(service, "list-1")
    ran = command(service, "review", "list")
    assert f"{suggestion_id} " in ran.out
    assert f"{DESK}/list-1  Help" in ran.out
    assert "A volume has reached its disk quota" in ran.out
    rows = command(service, "review", "list", "--json").json
    known = {"suggestion_id", "desk_id", "ticket_id", "subject", "first", "state", "note", "reply"}
    assert rows[0].keys() == known
    assert command(service, "review", "list", "--show", "silent").out == "Nothing here.\n"
    assert command(service, "review", "list", "--show", "none").complaint(code=2)


def test_approve_sends_one_reply_and_a_second_verdict_is_refused(service: Process) -> None:
    suggestion_id = suggested(service, "approve-1")
    ran = command(service, "review", "approve", suggestion_id, "--by", "Ann Engineer")
    assert (ran.code, ran.out) == (0, "The reply is being sent.\n")
    assert service.desk.wait_for("approve-1", "reply")

    def standing() -> str:
        lines = command(service, "review", "list", "--show", "all").lines
        return lines[1 + next(at for at, line in enumerate(lines) if line.startswith(suggestion_id))]

    assert wait_for(lambda: standing().endswith("(approved, replied)")), standing()
    command(service, "review", "approve", suggestion_id, "--by", "Ann Engineer").complaint()
    command(service, "review", "reject", suggestion_id, "--by", "A", "--reason", "wrong").complaint()
    sent = [post for post in service.desk.board.arrived if post.ticket_id == "approve-1"]
    assert [post.visibility for post in sent] == ["note", "reply"]
    reviewed = command(service, "review", "list", "--show", "reviewed", "--json").json
    assert suggestion_id in {row["suggestion_id"] for row in reviewed}
    waiting = command(service, "review", "list", "--json").json
    assert suggestion_id not in {row["suggestion_id"] for row in waiting}


def test_reject_needs_a_known_reason_and_a_name(service: Process) -> None:
    suggestion_id = suggested(service, "reject-1")
    reject = ("review", "reject", suggestion_id)
    assert command(service, *reject, "--by", "A", "--reason", "ugly").complaint(code=2)
    for nobody in ("", " \n\x07"):
        told = command(service, *reject, "--by", nobody, "--reason", "wrong").complaint(code=2)
        assert "--by must name you" in told
    assert command(service, *reject, "--reason", "wrong").code == 2
    ran = command(service, *reject, "--by", "A", "--reason", "outdated")
    assert ran.out == "Rejected; nothing is sent.\n"
    assert (
        "There is no suggestion nix" in command(service, "review", "approve", "nix", "--by", "A").complaint()
    )


def test_what_cannot_be_read_is_listed_shown_and_run_again(service: Process) -> None:
    from hercules.desks.proof import sign_standard, standard_key

    raw = b'{"type": "ticket.created", "ticket": {"subject": "password=hunter2secret"}}'
    headers = sign_standard([standard_key(service.secret, "test")], "bad-1", utc_now(), raw)
    assert service.client.post(f"/hooks/{DESK}", content=raw, headers=headers).status_code == 202

    def listed() -> list[str]:
        return [line for line in command(service, "delivery", "list").lines if " bad-1 " in line]

    assert wait_for(listed)
    (line,) = listed()
    assert f"unreadable {DESK} bad-1 BadDelivery: ticket.id is missing" in line
    shown = command(service, "delivery", "show", "bad-1")
    assert '"type": "ticket.created"' in shown.out
    assert "hunter2secret" not in shown.out
    assert "ticket.id is missing" in shown.err
    ran = command(service, "delivery", "retry", "bad-1")
    assert ran.out == f"{DESK}: bad-1 will be run again by the service.\n"
    assert wait_for(listed), "it is still unreadable, and still there"
    assert command(service, "delivery", "retry", "nix").complaint()
    assert command(service, "delivery", "retry", "bad-1", "--desk", "nix").complaint()
    assert command(service, "delivery", "show", "nix").complaint()


def test_deliveries_can_be_listed_by_state(service: Process) -> None:
    suggested(service, "state-1")
    done = command(service, "delivery", "list", "--state", "done").lines
    assert len(done) >= 1
    assert all(line.split()[2] == "done" for line in done)
    assert len(command(service, "delivery", "list", "--state", "all", "--limit", "1").lines) == 1
    assert command(service, "delivery", "list", "--state", "dead").out == "No such deliveries.\n"
    assert "--state must be" in command(service, "delivery", "list", "--state", "odd").complaint(code=2)
    assert command(service, "delivery", "posts").out == "No post waits for a person.\n"
    resolve = ("delivery", "resolve", DESK, "state-1")
    assert command(service, *resolve, "shout", "--posted").complaint(code=2)
    assert command(service, *resolve, "note", "--posted").complaint()
    assert command(service, *resolve, "note").code == 2, "what was seen must be said"


@pytest.mark.parametrize("state", ["dead", "unknown"])
def test_failed_posts_are_told(admin: Path, state: str) -> None:
    with short_house(admin / "hercules.toml") as house:
        now, ticket_id = utc_now(), "4711"

        def fail(conn: Connection) -> None:
            tickets.put(conn, TicketRow("shop", ticket_id, now, "Help"))
            outbox.put(conn, "shop", "note", ticket_id, "H-AAAAAAAA", "s", now)
            row = outbox.get(conn, "shop", "note", ticket_id)
            assert row is not None
            outbox.take(conn, now)
            (outbox.dead if state == "dead" else outbox.unknown)(conn, "shop", row.row_id, "the desk said no")

        house.db.do(fail)
    waiting = run("review", "list", folder=admin).lines
    assert waiting == [
        "Nothing here.",
        "1 ticket has a post that failed: hercules review list --show trouble",
    ]
    listed = run("review", "list", "--show", "trouble", folder=admin)
    assert listed.lines[0].endswith("shop/4711  Help")
    said = {"dead": "the note could not be posted", "unknown": "hercules delivery posts"}[state]
    assert said in listed.lines[2]
    assert len(listed.lines) == 3
    (row,) = run("review", "list", "--show", "trouble", "--json", folder=admin).json
    assert (row["note"], row["reply"]) == (state, None)
