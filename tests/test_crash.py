"""Kill -9 at any moment: no ticket that was taken is lost, and no note is posted twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from hercules.settings import load_settings
from hercules.store import inbox, outbox
from hercules.wiring import build, close
from tests.commands import run
from tests.processes import Process, processes
from tests.serving import DESK, wait_for

KILLS = 20
KILL_WITHIN_S = 0.15
STEPS = ("taken", "read", "fetched", "answered", "saving", "marked", "posted")


def arrivals(service: Process) -> Counter[tuple[str, str]]:
    """How often a post came for each ticket and kind, doubles and all."""
    return Counter((post.ticket_id, post.visibility) for post in service.desk.board.arrived)


def stored(service: Process) -> tuple[dict[str, int], dict[str, int]]:
    """How many deliveries and posts stand in each state, zeros left out."""
    house = build(load_settings(service.config), exclusive=False)
    try:
        with house.db.read() as conn:
            taken = inbox.states(conn, house.desk_ids)
            posts = outbox.states(conn, house.desk_ids)
    finally:
        close(house)
    return {key: n for key, n in taken.items() if n}, {key: n for key, n in posts.items() if n}


def settled(service: Process, tickets: int) -> bool:
    """True when every ticket is worked off and its note is known to be sent."""
    wanted = ({"done": tickets}, {"sent": tickets}) if tickets else ({}, {})
    return wait_for(lambda: stored(service) == wanted) is True


@pytest.mark.slow
def test_killed_at_random_moments_every_ticket_has_one_note(tmp_path: Path) -> None:
    rng = random.Random(20)
    tickets: list[str] = []
    early = 0
    with processes(tmp_path) as service:
        for kill in range(KILLS):
            service.start()
            fresh = [f"{kill}-{number}" for number in range(rng.choice((1, 1, 2, 4)))]
            for ticket_id in fresh:
                service.post(ticket_id)
            tickets += fresh
            time.sleep(KILL_WITHIN_S * rng.random())
            service.kill()
            early += any(not service.desk.posted(ticket_id, "note") for ticket_id in fresh)
        service.start()
        assert settled(service, len(tickets)), (stored(service), service.log.read_text()[-2000:])
        time.sleep(0.2)
        assert arrivals(service) == Counter({(ticket_id, "note"): 1 for ticket_id in tickets})
        assert service.stop() == 0
    print(f"{early} of {KILLS} kills fell before the note, {len(tickets)} tickets")
    assert early >= 3


@pytest.mark.slow
def test_killed_at_each_step_the_ticket_has_one_note(tmp_path: Path) -> None:
    with processes(tmp_path) as service:
        for number, step in enumerate(STEPS):
            armed = tmp_path / f"armed-{step}"
            service.start_dying(step, armed)
            assert settled(service, number), (step, service.log.read_text()[-2000:])
            armed.touch()
            service.post_deadly(step)
            service.wait_dead()
            assert len(service.desk.posted(step, "note")) == (step == "posted")
        service.start()
        assert settled(service, len(STEPS)), (stored(service), service.log.read_text()[-2000:])
        time.sleep(0.2)
        assert arrivals(service) == Counter({(step, "note"): 1 for step in STEPS})


@pytest.mark.slow
def test_without_a_look_up_an_unknown_outcome_waits_for_a_person(tmp_path: Path) -> None:
    with processes(tmp_path, lookup=False) as service:
        for step in ("posted", "marked"):
            armed = tmp_path / f"armed-{step}"
            service.start_dying(step, armed)
            armed.touch()
            service.post_deadly(step)
            service.wait_dead()
        service.start()
        assert wait_for(lambda: stored(service) == ({"done": 2}, {"unknown": 2})), stored(service)
        time.sleep(0.2)
        assert arrivals(service) == {("posted", "note"): 1}, "nothing is posted on a guess"
        listed = run("delivery", "posts", "--config", service.config).lines
        assert [line.split()[:4] for line in listed] == [
            ["unknown", "note", DESK, "marked"],
            ["unknown", "note", DESK, "posted"],
        ]

        def resolve(ticket_id: str, seen: str) -> tuple[int, str]:
            ran = run("delivery", "resolve", DESK, ticket_id, "note", seen, "--config", service.config)
            return ran.code, ran.out or ran.err

        assert resolve("posted", "--posted") == (0, "Recorded.\n")
        assert resolve("marked", "--not-posted") == (0, "It will be sent.\n")
        assert settled(service, 2), stored(service)
        assert arrivals(service) == {("posted", "note"): 1, ("marked", "note"): 1}
        code, told = resolve("posted", "--posted")
        assert code == 1
        assert "no such post of unknown outcome" in told
        assert run("delivery", "posts", "--config", service.config).out == "No post waits for a person.\n"
