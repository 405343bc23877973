"""How the worker treats failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.model import DeskError
from hercules.recording import why_of
from hercules.worker import BACKOFF_MOST_S, backoff_s
from tests.serving import DESK, TROUBLE, inline, serving, ticket_body, wait_for


def test_backoff_doubles_and_is_bounded() -> None:
    longest = [backoff_s(attempt, lambda: 1.0) for attempt in (1, 2, 3, 50)]
    assert longest == [5.0, 10.0, 20.0, BACKOFF_MOST_S]
    assert backoff_s(3, lambda: 0.0) == 0.0


def test_a_why_is_one_redacted_line() -> None:
    why = why_of(DeskError("line one\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyz123456"))
    assert "\n" not in why
    assert "abcdefghijklmnop" not in why


@pytest.mark.parametrize("step", ["taken", "read", "fetched", "answered"])
def test_a_failing_step_is_tried_again(tmp_path: Path, step: str) -> None:
    """An error in the middle of the route leaves the delivery to be taken again, and one note in the end."""
    failed: list[str] = []

    def fail_once(name: str) -> None:
        if name == step and not failed:
            failed.append(name)
            raise DeskError("the desk is away", "no", 0.05)

    with serving(tmp_path, step=fail_once) as served:
        served.post(ticket_body("1", attachments=[inline("a.log", TROUBLE.format(word="w").encode())]))
        if step == "taken":
            assert wait_for(lambda: served.states().get("leased") == 1)
            return
        assert served.ticket("1")["suggestions"]
        assert served.note("1") is not None
        assert failed == [step]
        assert len(served.desk.posted("1", "note")) == 1


def test_what_fails_for_ever_is_dead_and_shown(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "fetched":
            raise DeskError("never works", "no", 0.01)

    with serving(tmp_path, step=fail) as served:
        served.post(ticket_body("1"), "d1")
        assert wait_for(lambda: served.states().get("dead") == 1)
        from hercules.store import inbox

        with served.house.db.read() as conn:
            row = inbox.get(conn, DESK, "d1")
        assert row is not None
        assert "never works" in row.why
        assert row.body, "the body of a dead delivery is kept"
