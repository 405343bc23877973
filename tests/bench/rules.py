"""The scan with 60, 500 and 5,000 made-up rules: against `cat`, ripgrep, a loop over `re` and inflating."""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hercules.rules.database import Ruleset
from tests.bench.hostile import bad_files, hostile_lines
from tests.bench.logtext import Signature, signatures, write_logs
from tests.bench.measure import MIB, Row, on_disk, ratios, spent
from tests.bench.scanning import lines_found, made_up_rules, scan_files

PLANTED = 12
SHARE = 0.002
_LOOP_BYTES = 128 << 10
_BLOCK_BYTES = 256 << 10
_RG_PART = 10  # of the largest set ripgrep reads so much less: it would take minutes
Works = Mapping[str, Callable[[], object]]


def run(
    rounds: int = 5,
    size_mib: float = 200,
    stream_mib: int = 2_048,
    line_mib: int = 100,
    hostile_every: int = 1,
    counts: tuple[int, int, int] = (60, 500, 5_000),
) -> list[Row]:
    """CPU time for the same bytes and finds, all taken in turn; then load, memory and hostile input."""
    sets = {count: made_up_rules(count) for count in counts}
    with on_disk() as folder:
        paths, lines, pairs = write_logs(folder, int(size_mib * MIB), signatures(PLANTED), SHARE)
        logs = _Logs(folder, paths, counts)
        logs.check(2 * pairs)
        share = 200 * pairs / lines
        print(f"rules: {logs.size / MIB:.0f} MiB, {lines:,} lines, {share:.2f}% of them found by a rule")
        rows = (
            _plain(rounds, logs, sets)
            + _zipped(rounds, logs, sets)
            + _flooded(rounds, folder, logs, sets[counts[0]])
        )
    return rows + _loads(rounds, counts[1:]) + _memory(stream_mib, line_mib) + _hostile(hostile_every)


class _Logs:
    """The files that are read, and what is written beside them for the others."""

    def __init__(self, folder: Path, paths: Sequence[Path], counts: Sequence[int]) -> None:
        self.paths = paths
        self.counts = counts
        self.size = sum(path.stat().st_size for path in paths)
        self.parts = [folder / f"part-{path.name}" for path in paths]
        self.archive = folder / "bundle.zip"
        self.patterns = {count: folder / f"{count}.txt" for count in counts}
        for path, part in zip(paths, self.parts, strict=True):
            with path.open("rb") as whole:
                part.write_bytes(whole.read(path.stat().st_size // _RG_PART))
        for count, file in self.patterns.items():
            file.write_text("".join(f"{_wrapped(one)}\n" for one in signatures(count)))
        with zipfile.ZipFile(self.archive, "w", zipfile.ZIP_DEFLATED) as bundle:
            for path in paths:
                bundle.write(path, path.name)

    def check(self, expected: int) -> None:
        """Raises RuntimeError when not all find the very same lines: the figures would mean nothing."""
        for count in self.counts[:2]:
            ours = lines_found(self.paths, made_up_rules(count, counted=False))
            theirs = self._lines(count) if shutil.which("rg") else ours
            if ours != theirs or len(ours) != expected:
                told = f"{len(ours)}, ripgrep {len(theirs)}, {len(ours ^ theirs)} lines differ"
                raise RuntimeError(f"of {expected} planted lines {count} rules find {told}")

    def _lines(self, count: int) -> set[tuple[str, int]]:
        """File and line of what ripgrep finds."""
        told = subprocess.run(self.rg(count, "-Hn"), capture_output=True, check=True).stdout
        parts = (line.split(b":", 2) for line in told.splitlines())
        return {(Path(path.decode()).name, int(number)) for path, number, _ in parts}

    def rg(self, count: int, how: str = "-c") -> list[str]:
        """The command that counts the lines which any of the rules finds."""
        paths = self.paths if count < self.counts[-1] else self.parts
        limits = ["--regex-size-limit", "8G"] if count == self.counts[-1] else []
        return ["rg", "-a", "-j1", how, *limits, "-f", str(self.patterns[count]), *map(str, paths)]


def _wrapped(one: Signature) -> str:
    """A rule as one of the alternatives that ripgrep makes of a file of patterns."""
    if one.literal:
        return (
            "(?:"
            + "".join(
                char if char.isalnum() or char == " " else f"\\x{ord(char):02x}" for char in one.pattern
            )
            + ")"
        )
    return f"(?i:{one.pattern[4:]})" if one.pattern.startswith("(?i)") else f"(?:{one.pattern})"


def _in_turn(rounds: int, works: Works) -> dict[str, list[float]]:
    """CPU seconds of each work in each round, in another order every time."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in random.Random(number).sample(sorted(works), len(works)):
            found[name].append(max(spent(works[name]).cpu_s, 1e-4))
    return found


# --- plain files ------------------------------------------------------------------------------------


def _plain(rounds: int, logs: _Logs, sets: Mapping[int, Ruleset]) -> list[Row]:
    works: dict[str, Callable[[], object]] = {
        "cat": lambda: subprocess.run(["cat", *logs.paths], stdout=subprocess.DEVNULL, check=True),
        "pipe": lambda: _piped(logs.paths),
        "loop": lambda: _loop(logs.paths[0], signatures(logs.counts[1])),
    }
    for count, ruleset in sets.items():
        works[f"{count}"] = lambda ruleset=ruleset: scan_files(logs.paths, ruleset)  # type: ignore[misc] # a default
        if shutil.which("rg"):
            works[f"rg {count}"] = lambda count=count: subprocess.run(  # type: ignore[misc] # a default
                logs.rg(count), stdout=subprocess.DEVNULL, check=True
            )
    if not shutil.which("rg"):
        print("rules: ripgrep (rg) is not installed, its rows are left out")
    few, some, many = logs.counts
    for count in (few, some):
        works[f"bare {count}"] = lambda count=count: _bare(logs.paths, sets[count])  # type: ignore[misc] # a default
    cpu = _in_turn(rounds, works)
    rows = [*_of_size(few, 1, cpu), *_of_size(some, 1, cpu), *_of_size(many, _RG_PART, cpu)]
    loop = ratios([each * logs.size / _LOOP_BYTES for each in cpu["loop"]], cpu[f"{some}"])
    return [*rows, Row(f"{some} rules to a loop of re over lines, CPU", loop)]


def _bare(paths: Sequence[Path], ruleset: Ruleset) -> None:
    """Reading and the search for literals, without lines, confirming and all else: the least a scan costs."""
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK_BYTES):
                ruleset.finder.find(block)


def _of_size(count: int, part: int, cpu: Mapping[str, Sequence[float]]) -> list[Row]:
    own, less = cpu[f"{count}"], f"{count} rules: CPU to that of"
    rows = [
        Row(f"{less} cat > /dev/null", ratios(own, cpu["cat"]), better="less"),
        Row(f"{less} cat into a pipe that is read", ratios(own, cpu["pipe"]), better="less"),
    ]
    if f"bare {count}" in cpu:
        rows.append(
            Row(f"{less} its search for literals alone", ratios(own, cpu[f"bare {count}"]), better="less")
        )
    if f"rg {count}" in cpu:
        theirs = [part * each for each in cpu[f"rg {count}"]]
        rows.append(Row(f"{count} rules to ripgrep -f, CPU", ratios(theirs, own)))
    return rows


def _piped(paths: Sequence[Path]) -> None:
    """What it costs to hand the bytes to a process that takes them and does nothing with them."""
    with subprocess.Popen(["cat", *paths], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        while os.read(cat.stdout.fileno(), _BLOCK_BYTES):
            pass


def _loop(path: Path, rules: Sequence[Signature]) -> int:
    """The obvious way: each line of a small part is asked for each pattern by Python's own engine."""
    patterns = [re.compile(re.escape(one.pattern) if one.literal else one.pattern) for one in rules]
    with path.open("rb") as file:
        lines = file.read(_LOOP_BYTES).decode("utf-8", "replace").split("\n")
    return sum(1 for line in lines for pattern in patterns if pattern.search(line))


# --- archives and floods ----------------------------------------------------------------------------


def _zipped(rounds: int, logs: _Logs, sets: Mapping[int, Ruleset]) -> list[Row]:
    few, some, _ = logs.counts
    works: Works = {
        "inflate": lambda: _inflate(logs.archive),
        f"{few}": lambda: scan_files([logs.archive], sets[few]),
        f"{some}": lambda: scan_files([logs.archive], sets[some]),
    }
    cpu = _in_turn(rounds, works)
    return [
        Row(
            f"zip bundle, {count} rules: CPU to inflate alone",
            ratios(cpu[f"{count}"], cpu["inflate"]),
            better="less",
        )
        for count in (few, some)
    ]


def _inflate(archive: Path) -> None:
    with zipfile.ZipFile(archive) as bundle, archive.open("rb") as file:
        for entry in bundle.infolist():
            file.seek(entry.header_offset + 30 + len(entry.filename))
            left, unpacker = entry.compress_size, zlib.decompressobj(-15)
            while left:
                block = file.read(min(left, 65_536))
                left -= len(block)
                unpacker.decompress(block)


def _flooded(rounds: int, folder: Path, logs: _Logs, ruleset: Ruleset) -> list[Row]:
    """A log where every line is an error that no rule knows, against ordinary lines."""
    dice, flood = random.Random(2), folder / "flood.log"
    with flood.open("w") as file:
        for n in range(max(logs.size // 2_000, 1_000)):
            at = f"2026-10-01 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02},{n % 1000:03}"
            file.write(
                f"{at} ERROR [exec-{n % 30}] request {n} of user{dice.randrange(3_000)} failed: disk full\n"
            )
    cpu = _in_turn(
        rounds,
        {"flood": lambda: scan_files([flood], ruleset), "plain": lambda: scan_files(logs.paths, ruleset)},
    )
    per_byte = [each * logs.size / flood.stat().st_size for each in cpu["flood"]]
    return [
        Row(
            "every line an error: CPU by the byte to ordinary lines",
            ratios(per_byte, cpu["plain"]),
            better="less",
        )
    ]


# --- the rest ---------------------------------------------------------------------------------------


def _loads(rounds: int, counts: Sequence[int]) -> list[Row]:
    cpu = _in_turn(rounds, {f"{count}": lambda count=count: made_up_rules(count) for count in counts})  # type: ignore[misc] # a default
    return [
        Row(f"load of {count} rules, with lint and compiling", cpu[f"{count}"], "s", "less")
        for count in counts
    ]


def _memory(stream_mib: int, line_mib: int) -> list[Row]:
    rows = []
    for kind, size, what in (
        ("stream", stream_mib, f"memory over idle, a log of {stream_mib:,} MiB"),
        ("line", line_mib, f"memory over idle, one line of {line_mib} MiB"),
    ):
        command = [sys.executable, "-m", "tests.bench.scanmemory", kind, str(size * MIB)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows.append(Row(what, [max(int(told) / 1024, 0.01)], "MiB", "less"))
    return rows


def _hostile(every: int) -> list[Row]:
    gc.collect()
    gc.freeze()  # as the service does: else the collector walks the thousands of rules that the bench made
    lines, files = dict(hostile_lines(every)), dict(bad_files())
    return [
        Row(
            f"slowest of {len(lines)} hostile rules on a line of 1 MB, CPU",
            [1e3 * max(lines.values())],
            "ms",
            "less",
        ),
        Row(
            f"slowest of {len(files)} bad rule files to be refused, CPU",
            [1e3 * max(files.values())],
            "ms",
            "less",
        ),
    ]
