"""`hercules demo`: the main job from end to end, and an honest exit code when it is not done."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hercules.demo import DemoFailed, read_samples
from tests.commands import ROOT

FOLDERS = ("rules", "sample_logs", "kb_index")


def demo(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder and a process of its own, its temporary files apart."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "hercules", "demo", *args]
    env = {**os.environ, "TMPDIR": str(scratch)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A working folder with rules, samples and articles of one's own: copies of the starter set."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("index"))
    return tmp_path


def expect(folder: Path, ticket: str, **expected: object) -> None:
    """Change what a sample ticket expects."""
    path = folder / "sample_logs" / "tickets" / f"{ticket}.json"
    body = json.loads(path.read_text())
    body["expect"].update(expected)
    path.write_text(json.dumps(body))


def said_of(out: str, ticket_id: str) -> str:
    """The part of the output that is about a ticket."""
    return out.split(f"\nTicket {ticket_id}: ")[1].split("\nTicket ")[0]


@pytest.mark.slow
def test_once_shows_twelve_right_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--once", "--port", "0")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "12 right of 12\n" in ran.stdout
    assert ran.stdout.count("\nTicket 10") == 12
    replica = said_of(ran.stdout, "1008")
    assert re.search(r"Rule redis-replica-output-buffer matched redis-primary\.log line \d+", replica)
    assert re.search(r"\n     redis-primary\.log:\d+: ", replica)
    assert "article: folder:redis-replica-output-buffer" in replica
    assert "NOTE: " in replica
    assert "internal note delivered" in replica
    assert re.search(r"http://127\.0\.0\.1:\d+/review/s\w+", replica)
    for silent in ("1006", "1012"):
        assert "silence" in said_of(ran.stdout, silent)
        assert "nothing posted" in said_of(ran.stdout, silent)
    assert "These answers might be helpful to you" in ran.stdout
    assert list((tmp_path / "scratch").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]
    for secret in ("hercules_", "whsec_"):
        assert secret in ran.stdout
        assert secret not in ran.stderr


@pytest.mark.slow
def test_a_wrong_answer_ends_with_code_one_and_says_what_was_wrong(own: Path) -> None:
    expect(own, "redis-replica-resync", rule="redis-background-save-fork")
    expect(own, "parking-invoice", silent=False)
    expect(own, "nginx-intranet-down", silent=True)
    ran = demo(own, "--once", "--port", "0")
    assert ran.returncode == 1, ran.stdout
    assert "9 right of 12, 3 wrong" in ran.stdout
    wrong = "WRONG: expected rule redis-background-save-fork first, got redis-replica-output-buffer"
    assert wrong in said_of(ran.stdout, "1008")
    assert "WRONG: expected an answer, got silence" in said_of(ran.stdout, "1006")
    assert "WRONG: expected silence, got" in said_of(ran.stdout, "1003")
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        ran = demo(tmp_path, "--once", "--port", str(port))
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"hercules: cannot listen on 127.0.0.1 port {port}: ")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_samples_that_are_not_there_are_one_line(own: Path) -> None:
    shutil.rmtree(own / "sample_logs" / "tickets")
    ran = demo(own, "--once", "--port", "0")
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith("hercules: ")
    assert f"there are no sample tickets in {own}" in line


def test_a_sample_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    for text in ("{", "[]", '{"ticket": {"id": 1}}', '{"expect": {}}', '{"expect": {}, "ticket": {}}'):
        path.write_text(text)
        with pytest.raises(DemoFailed, match=re.escape(f"{path}: this is no sample ticket: ")):
            read_samples(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end_and_clears_up(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "hercules", "demo", "--port", "0"]
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        told = ""
        deadline = time.monotonic() + 60
        while "Serving until Ctrl-C" not in told and time.monotonic() < deadline:
            told += process.stdout.readline()
        url = re.search(r"Open (http://\S+)/review", told)
        token = re.search(r"hercules_\S+", told)
        assert url, told
        assert token, told
        with httpx.Client(base_url=url[1], trust_env=False) as client:
            assert client.get("/readyz").status_code == 200
            bearer = {"authorization": f"Bearer {token[0]}"}
            report = client.get("/api/reports/deflection", params={"desk_id": "demo-history"}, headers=bearer)
            assert report.status_code == 200
            assert "demo tickets" in report.text
        process.send_signal(how)
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []
