"""The unpacking child may lie, die or fall silent: it costs its own archive only, and it can do no harm."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hercules
from hercules.logs import bundle
from hercules.logs.bundle import open_bundle
from hercules.model import LogFile, Part

from .archives import (
    AS_OF,
    LIMITS,
    LOG,
    opened,
    zipped,
)

LINES = b"2026-01-01 00:00:00 the same line\n"
BUNDLE = zipped([("one.log", LOG)])


def frame(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


BEGIN = frame(b"M", json.dumps({"names": ["b.zip", "a"]}).encode())
DATA = frame(b"D", LINES)
END = frame(b"E", b'{"bytes": 5, "stopped": null}')
DONE = frame(b"Z", b'{"stopped": null}')


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts another program in the child's place."""
    return lambda program: monkeypatch.setattr(bundle, "_CHILD", program)


def writes(data: bytes, then: str = "") -> str:
    return f"import os, sys, time; os.write(1, {data!r}); {then}"


@pytest.mark.parametrize(
    ("program", "read", "refused"),
    [
        (writes(BEGIN + DATA + END + DONE), 1, []),
        (writes(BEGIN + DATA + END), 1, [("b.zip", "crash")]),
        (writes(BEGIN + DATA), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(BEGIN + DATA[:-3]), 0, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(BEGIN + DATA, "os.kill(os.getpid(), 9)"), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(BEGIN + DATA, "sys.exit(3)"), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(b"", "sys.exit(3)"), 0, [("b.zip", "crash")]),
        (writes(b"Q\0\0\0\0"), 0, [("b.zip", "crash")]),
        (writes(b"M\x7f\0\0\0"), 0, [("b.zip", "crash")]),
        (writes(DATA), 0, [("b.zip", "crash")]),
        (writes(END), 0, [("b.zip", "crash")]),
        (writes(BEGIN + BEGIN), 0, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(BEGIN + DATA + DONE), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(frame(b"M", b"[]")), 0, [("b.zip", "crash")]),
        (writes(frame(b"M", b'{"names": [1]}')), 0, [("b.zip", "crash")]),
        (writes(frame(b"M", b"\xff")), 0, [("b.zip", "crash")]),
        (writes(BEGIN + DATA + frame(b"E", b"[]")), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(BEGIN + DATA + b"?????", "time.sleep(60)"), 1, [("b.zip!a", "crash"), ("b.zip", "crash")]),
        (writes(frame(b"S", b'{"names": ["x"], "reason": "because"}') + DONE), 0, [("x", "crash")]),
        (writes(frame(b"Z", b'{"stopped": "time"}')), 0, [("b.zip", "time")]),
    ],
)  # fmt: skip
def test_a_child_that_lies_or_dies_costs_its_archive_only(
    child: Callable[[str], None], program: str, read: int, refused: list[tuple[str, str]]
) -> None:
    child(program)
    texts, told = opened(("b.zip", BUNDLE), ("a.log", LOG))
    assert texts.pop("a.log") == LOG
    assert list(texts.values()) == [LINES] * read
    assert told == refused


def test_a_silent_child_is_killed_at_the_wall(child: Callable[[str], None]) -> None:
    child(writes(BEGIN + DATA, "time.sleep(60)"))
    texts, told = opened(("b.zip", BUNDLE), limits=replace(LIMITS, wall_s=0.7))
    assert told == [("b.zip!a", "time"), ("b.zip", "time")]
    assert texts == {"b.zip!a": LINES}


def test_a_child_that_writes_more_than_the_budget_is_stopped(child: Callable[[str], None]) -> None:
    child(writes(BEGIN, f"[os.write(1, {DATA!r}) for _ in range(10**6)]"))
    texts, told = opened(("b.zip", BUNDLE), limits=replace(LIMITS, expanded_max_bytes=50_000))
    assert told == [("b.zip!a", "size"), ("b.zip", "size")]
    assert len(texts["b.zip!a"]) <= 50_000


def test_a_reader_that_stops_leaves_no_process_behind(
    child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    child(writes(BEGIN + DATA, "time.sleep(60)"))
    marks: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def kept(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        marks.append(popen(*args, **kwargs))
        return marks[-1]

    monkeypatch.setattr(subprocess, "Popen", kept)
    reading = open_bundle([Part("b.zip", data=BUNDLE)], replace(LIMITS, wall_s=0.7), AS_OF)
    assert isinstance(next(reading), LogFile)
    reading.close()  # type: ignore[attr-defined]  # it is a generator
    assert [process.returncode for process in marks] == [-9]


def test_the_child_can_write_no_file(tmp_path: Path) -> None:
    root = str(Path(hercules.__file__).resolve().parents[1])
    program = (
        f"import sys; sys.path.append({root!r})\n"
        "from hercules.logs.unpack import confine; confine(1 << 29, 5.0)\n"
        f"try:\n    f = open({str(tmp_path / 'x')!r}, 'w'); f.write('x'); f.flush()\n"
        "except OSError as error: print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "OSError", done.stderr
    assert (tmp_path / "x").read_text() == ""


def test_the_child_loads_the_standard_library_only() -> None:
    root = str(Path(hercules.__file__).resolve().parents[1])
    program = (
        f"import sys; sys.path.append({root!r}); import hercules.logs.unpack\n"
        "known = sys.stdlib_module_names\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] not in known and m != '__main__'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=30
    )
    assert done.stdout.strip() == str(
        [
            "hercules",
            "hercules.logs",
            "hercules.logs.streams",
            "hercules.logs.unpack",
            "hercules.logs.untar",
            "hercules.logs.unzip",
        ]
    ), done.stderr
