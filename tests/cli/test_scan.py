"""`hercules scan` and `hercules answer`: the engines of the route on files, without a desk."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from hercules import flow
from hercules.offline import offline_engines
from hercules.settings import load_settings
from hercules.wiring import build, close
from tests.commands import ROOT, run

SAMPLES = ROOT / "sample_logs"
TICKETS = sorted((SAMPLES / "tickets").glob("*.json"))
RULE = "redis-replica-output-buffer"
HIT = SAMPLES / "redis" / RULE / "hit1.log"


def test_scan_tells_rule_file_and_line(tmp_path: Path) -> None:
    ran = run("scan", HIT, folder=tmp_path)
    assert ran.code == 0
    assert ran.lines[0].startswith(f"{RULE} (high")
    assert f"  {HIT}:18: " in ran.out
    assert re.match(r"1 of \d+ rules matched in 1 files, 49 lines, ", ran.lines[-1])


def test_scan_json_has_the_agreed_shape(tmp_path: Path) -> None:
    found = run("scan", HIT, "--json", folder=tmp_path).json
    assert {"files", "matches", "not_scanned", "seconds"} <= found.keys()
    (file,) = found["files"]
    assert file == {"name": str(HIT), "bytes": HIT.stat().st_size, "lines": 49, "encoding": "utf-8"}
    (match,) = found["matches"]
    assert {"rule", "severity", "title", "count", "evidence"} <= match.keys()
    assert (match["rule"], match["severity"], match["count"]) == (RULE, "high", 3)
    assert len(match["evidence"]) <= 10
    first = match["evidence"][0]
    assert {"file", "line", "time", "text", "captures"} <= first.keys()
    assert (first["file"], first["line"]) == (str(HIT), 18)
    assert first["time"].startswith("2026-10-12T10:22:57")
    assert first["time"].endswith("Z")
    assert first["captures"] == {"buffer_bytes": "268443676"}
    assert isinstance(found["seconds"], float)


def test_a_zip_is_opened_and_what_is_no_log_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as made:
        made.write(HIT, "logs/redis.log")
        made.writestr("core.bin", bytes(range(256)) * 64)
    found = run("scan", bundle, "--json").json
    assert [match["rule"] for match in found["matches"]] == [RULE]
    assert found["matches"][0]["evidence"][0]["file"] == f"{bundle}!logs/redis.log"
    assert [(left["name"], left["reason"]) for left in found["not_scanned"]] == [
        (f"{bundle}!core.bin", "binary")
    ]
    assert f"not read: {bundle}!core.bin: binary" in run("scan", bundle).out


def test_a_folder_is_every_file_below_it_and_one_match_a_rule(tmp_path: Path) -> None:
    for name, first in (("a/one.log", b""), ("b/c/two.log", b"# of another day\n"), ("b/copy.log", b"")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(first + HIT.read_bytes())
    found = run("scan", ".", "--json", folder=tmp_path).json
    (match,) = found["matches"]
    assert match["count"] == 6
    assert {each["file"] for each in match["evidence"]} == {"a/one.log", "b/c/two.log"}
    assert [(left["name"], left["reason"]) for left in found["not_scanned"]] == [("b/copy.log", "duplicate")]


def test_scanning_all_samples_finds_all_rules_with_logs() -> None:
    found = run("scan", SAMPLES, "--json").json
    with_logs = {path.parent.name for path in SAMPLES.glob("*/*/hit*.log")}
    assert with_logs <= {match["rule"] for match in found["matches"]}
    assert len(with_logs) >= 14


def test_other_rules_may_be_given_and_broken_ones_are_named(tmp_path: Path) -> None:
    rule = tmp_path / "own.yaml"
    rule.write_text("id: own-rule\ntitle: Replica lost\nset: {match: ['Connection with replica']}\n")
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: broken-rule\ntitle: x\nset: {match: [{regex: '(?=x)'}]}\n")
    ran = run("scan", HIT, "--rules", tmp_path, "--json")
    assert [match["rule"] for match in ran.json["matches"]] == ["own-rule"]
    assert f"{broken}:3:" in ran.err
    assert "no such rules folder" in run("scan", HIT, "--rules", tmp_path / "none").complaint()


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    assert "no such file or folder" in run("scan", tmp_path / "gone.log").complaint(code=2)
    assert run("scan").code == 2


def test_hostile_text_cannot_move_the_terminal(tmp_path: Path) -> None:
    evil = tmp_path / "evil.log"
    evil.write_text(
        "1:M 12 Oct 2026 10:22:57.683 * in background: fork: Cannot allocate memory \x1b[2J\x07[bold]\n"
    )
    ran = run("scan", evil)
    assert "redis-background-save-fork" in ran.out
    assert not {"\x1b", "\x07"} & set(ran.out)
    assert "[bold]" in ran.out


# --- answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TICKETS, ids=lambda path: path.stem)
def test_each_sample_ticket_gets_what_it_expects(path: Path, tmp_path: Path) -> None:
    expect = json.loads(path.read_text())["expect"]
    ran = run("answer", path, "--json", folder=tmp_path)
    assert ran.code == 0
    items = ran.json.get("items", [])
    if expect["silent"]:
        assert items == []
        return
    assert items[0].get("rule_id") == expect["rule"]
    assert items[0]["article_id"] == f"folder:{expect['article']}"


def test_there_are_twelve_sample_tickets_of_the_kinds_that_are_promised() -> None:
    expects = [json.loads(path.read_text())["expect"] for path in TICKETS]
    assert len(expects) == 12
    assert sum(expect["silent"] for expect in expects) == 2
    assert sum(expect["rule"] is None and not expect["silent"] for expect in expects) >= 1


def test_answer_prints_the_reply_it_would_draft(tmp_path: Path) -> None:
    ran = run("answer", SAMPLES / "tickets" / "redis-replica-resync.json", folder=tmp_path)
    assert "The reply would say:" in ran.out
    assert "These answers might be helpful to you" in ran.out
    assert list(tmp_path.iterdir()) == [], "nothing is stored"
    silent = run("answer", SAMPLES / "tickets" / "parking-invoice.json")
    assert silent.out == "Silence: nothing stands above the threshold.\n"


def test_answer_looks_as_the_service_does(admin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules, thresholds, synonyms and limits: else it would promise what the route does not keep."""
    monkeypatch.chdir(admin)
    house = build(load_settings(), exclusive=False)
    route = flow.engines(house, "shop")
    with offline_engines(house.settings) as offline:
        assert offline.query == route.query
        assert offline.query.synonyms
        assert (offline.answers, offline.limits) == (route.answers, route.limits)
        assert offline.ruleset.hash == route.ruleset.hash
    close(house)


def test_answer_takes_other_files_and_refuses_what_is_no_ticket(tmp_path: Path) -> None:
    ticket = tmp_path / "t.json"
    ticket.write_text(json.dumps({"type": "ticket.created", "ticket": {"id": 1, "subject": "Hello"}}))
    assert run("answer", ticket, HIT, "--json").json["items"][0]["rule_id"] == RULE
    for body in ('{"type": "ticket.created", "ticket": {}}', "[]", "nonsense", '{"type": "ticket.closed"}'):
        ticket.write_text(body)
        run("answer", ticket).complaint()
    assert "no such file" in run("answer", tmp_path / "gone.json").complaint(code=2)
