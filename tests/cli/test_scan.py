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
    (start, end) = first["spans"][0]
    assert "output buffer limits" in first["text"][start:end]
    assert match["first_seen"] == first["time"]
    assert match["first_seen"] < match["last_seen"]
    seen = [match[name][:19].replace("T", " ") for name in ("first_seen", "last_seen")]
    assert f"  first seen {seen[0]}, last seen {seen[1]}" in run("scan", HIT, folder=tmp_path).lines
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
    assert "no such rules folder" in run("scan", HIT, "--rules", tmp_path / "none").complaint(2)


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


def test_answer_takes_a_bare_ticket_and_shows_the_shape(tmp_path: Path) -> None:
    ticket = tmp_path / "t.json"
    words = {"subject": "Second cache server never gets ready", "description": "It starts to copy again."}
    for body in ({"id": 7, **words}, words, {"ticket": {"id": 7, **words}}):
        ticket.write_text(json.dumps(body))
        assert run("answer", ticket, HIT, "--json").json["items"][0]["rule_id"] == RULE
    for nothing in ('{"foo": 1}', "{}", '{"ticket": 7}', "7"):
        ticket.write_text(nothing)
        run("answer", ticket).complaint()
    ticket.write_text('{"foo": 1}')
    assert '{"id": "4711", "subject": ' in run("answer", ticket).complaint()
    assert '"subject": "Cannot start"' in " ".join(run("answer", "--help").out.split())


INTERNAL = """\
---
id: acme-{name}
title: {title}
audience: {audience}
---
## Symptoms
The {name} of the ledger overflows and the ledger stops.
"""
RULED = """\
id: acme-{name}
title: A {name} overflows
status: test
severity: high
set:
  match:
    - regex: 'the {name} of the ledger overflows'
answer:
  kb: acme-{name}
"""


def own_folder(admin: Path, **audiences: str) -> None:
    """A rule and an article for each of these nouns, the articles for these audiences."""
    for folder in ("rules/acme", "kb_index/articles"):
        (admin / folder).mkdir(parents=True)
    for name, audience in audiences.items():
        article = INTERNAL.format(name=name, title=f"When a {name} overflows", audience=audience)
        (admin / "kb_index" / "articles" / f"acme-{name}.md").write_text(article)
        (admin / "rules" / "acme" / f"acme-{name}.yaml").write_text(RULED.format(name=name))


def test_answer_says_what_the_customer_does_not_get(admin: Path) -> None:
    own_folder(admin, ring="internal", wheel="public")
    logs = [admin / f"{name}.log" for name in ("ring", "wheel")]
    for name, log in zip(("ring", "wheel"), logs, strict=True):
        log.write_text(f"2026-11-02 09:00:01 ERROR [main] the {name} of the ledger overflows\n" * 5)
    (admin / "t.json").write_text(json.dumps({"subject": "Help", "description": "It stops."}))
    both = run("answer", "t.json", *logs, folder=admin)
    assert "When a ring overflows is internal: not in the customer's reply.\n" in both.out
    reply = both.out.partition("The reply would say:")[2]
    assert "When a wheel overflows" in reply
    assert "ring" not in reply
    alone = run("answer", "t.json", logs[0], folder=admin)
    assert "When a ring overflows is internal: not in the customer's reply.\n" in alone.out
    assert "The reply would say:" not in alone.out
    assert alone.lines[-1] == "The customer would get no reply: nothing else is left."


def test_places_beyond_the_third_are_counted(admin: Path) -> None:
    own_folder(admin, ring="public")
    (admin / "app.log").write_text("2026-11-02 09:00:01 ERROR [main] the ring of the ledger overflows\n" * 7)
    (admin / "t.json").write_text(json.dumps({"subject": "Help"}))
    for ran in (run("scan", "app.log", folder=admin), run("answer", "t.json", "app.log", folder=admin)):
        assert sum("app.log:" in line for line in ran.lines) == 3
        assert [line.strip() for line in ran.lines if " more" in line][-1] == "and 4 more"
