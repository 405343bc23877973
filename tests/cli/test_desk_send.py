"""`hercules desk send`: a ticket from a file, signed, through the door of a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Ran, run
from tests.processes import Process, processes
from tests.serving import DESK, TROUBLE, inline


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with processes(tmp_path_factory.mktemp("sending")) as found:
        found.start()
        yield found


def send(service: Process, tmp_path: Path, body: object, desk: str = DESK) -> Ran:
    (tmp_path / "t.json").write_text(body if isinstance(body, str) else json.dumps(body))
    return run("desk", "send", desk, tmp_path / "t.json", "--config", service.config)


def test_a_ticket_goes_the_whole_way_once(service: Process, tmp_path: Path) -> None:
    log = inline("app.log", TROUBLE.format(word="vol17").encode())
    bare = {"id": "send-1", "subject": "Stuck", "description": "Nothing works.", "attachments": [log]}
    ran = send(service, tmp_path, bare)
    assert ran.code == 0, ran
    assert ran.lines[0] == "Ticket send-1: A volume has reached its disk quota"
    assert ran.lines[1].startswith("NOTE: ")
    assert "/review/s" in ran.lines[2]
    assert service.desk.wait_for("send-1", "note")
    assert "send one with another id" in send(service, tmp_path, bare).complaint()
    whole = {"type": "ticket.created", "ticket": {**bare, "id": "send-2", "attachments": []}}
    assert send(service, tmp_path, whole).lines[0] == "Ticket send-2: no answer"


def test_what_opens_no_ticket_is_not_sent(service: Process, tmp_path: Path) -> None:
    assert (
        "opens no ticket"
        in send(service, tmp_path, {"type": "ticket.closed", "ticket": {"id": 1}}).complaint()
    )
    assert "this is no ticket" in send(service, tmp_path, {"foo": 1}).complaint()
    assert "ticket.id" in send(service, tmp_path, {"type": "ticket.created", "ticket": {}}).complaint()
    send(service, tmp_path, "nonsense").complaint()
    assert "hercules desk list" in send(service, tmp_path, {"id": 1}, desk="nix").complaint(code=2)
    gone = run("desk", "send", DESK, tmp_path / "gone.json", "--config", service.config)
    assert "no such file" in gone.complaint(code=2)


def test_a_bare_ticket_for_a_desk_with_a_map_is_told(service: Process, tmp_path: Path) -> None:
    text = service.config.read_text()
    mapped = (
        'kind = "generic"\nproof = "header-token"\nsecrets = [{ value = "token-of-a-desk-with-a-map" }]\n'
    )
    fields = '[desks.mapped.map]\nevent = { path = "action", opened = ["new"] }\nid = "issue.number"\n'
    config = tmp_path / "hercules.toml"
    config.write_text(f"{text}\n[desks.mapped]\n{mapped}{fields}")
    (tmp_path / "t.json").write_text('{"id": "1", "subject": "x"}')
    told = run("desk", "send", "mapped", tmp_path / "t.json", "--config", config).complaint()
    assert "t.json: action does not name an event" in told
    assert "desks.mapped has a map, so the file holds what the desk itself sends" in told


def test_without_a_service_it_says_how_to_start_one(admin: Path) -> None:
    text = (admin / "hercules.toml").read_text()
    (admin / "hercules.toml").write_text(text + "\n[server]\nport = 1\n")
    (admin / "t.json").write_text('{"id": "1", "subject": "x"}')
    assert "`hercules serve` starts it" in run("desk", "send", "shop", "t.json", folder=admin).complaint()
