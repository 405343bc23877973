"""Kill -9 while articles change and people search: nothing that was committed is missing afterwards."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.article_writers import MADE_UP

ROOT = Path(__file__).parents[1]
KILLS = 20
KILL_WITHIN_S = 0.6
SETTINGS = """
data = "data"
[kb]
index = "index"
[rules]
folder = "rules"
"""


def run_and_kill(data: Path, first: int, dice: random.Random) -> tuple[list[str], list[str]]:
    """What the process told at its start, and until it was killed."""
    command = [sys.executable, "-m", "tests.article_writers", str(data), str(first)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        start: list[str] = []
        while (line := process.stdout.readline()) != "ready\n":
            assert line, start
            start.append(line.rstrip("\n"))
        time.sleep(0.1 + KILL_WITHIN_S * dice.random())
        process.kill()
        told = process.stdout.read().split("\n")
    return start, told[:-1]  # what follows the last line's end was cut off


def check(start: list[str], known: dict[str, int]) -> None:
    """After a restart the base holds at least what was told, and the index what the base holds."""
    assert [line.split()[:2] for line in start] == [["holds", animal] for animal in MADE_UP]
    for _, animal, edition, found in map(str.split, start):
        assert found == str(edition != "0"), start
        last = known.get(animal, 0)
        # Only a removal that was under way may have taken a committed edition away.
        assert int(edition) >= last or (edition == "0" and last % 5 == 3), (animal, edition, last)


@pytest.mark.slow
def test_killed_at_random_moments_no_committed_article_is_missing(tmp_path: Path) -> None:
    (tmp_path / "hercules.toml").write_text(SETTINGS)
    (tmp_path / "rules").mkdir()  # reading rules at each start would take most of the time
    dice = random.Random(20)
    known: dict[str, int] = {}
    commits = 0
    for kill in range(KILLS + 1):
        start, lines = run_and_kill(tmp_path, 1 + kill * 100_000, dice)
        check(start, known)
        assert [line for line in lines if not line.startswith(("committed ", "removed "))] == []
        commits += len(lines)
        for line in lines:
            what, animal, *edition = line.split()
            known[animal] = int(edition[0]) if what == "committed" else 0
    print(f"{commits} commits before {KILLS + 1} kills")
    assert commits > KILLS
