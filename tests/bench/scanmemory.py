"""Peak memory of one scan over what the process holds when idle, in a process of its own.

`python -m tests.bench.scanmemory stream|line BYTES` prints KiB; 0 where the system does not tell.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hercules.logs import clean
from hercules.logs.lines import shape_of
from hercules.model import LogFile
from hercules.rules.database import Ruleset
from hercules.rules.scan import scan
from tests.bench.logtext import signatures, write_logs
from tests.bench.measure import MIB
from tests.bench.scanning import AS_OF, LIMITS, made_up_rules, scan_files

_STATUS = Path("/proc/self/status")
_BLOCK_BYTES = 256 << 10


def main(kind: str, size_bytes: int) -> int:
    """Scan once small to be warm, then the real thing."""
    ruleset = made_up_rules(500)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths, _, _ = write_logs(folder, 4 * MIB, signatures(12), 0.002)
        scan_files(paths, ruleset)
        data = paths[0].read_bytes()
        line = folder / "line.log"
        if kind == "line":
            _write_line(line, size_bytes)
        if not _STATUS.exists():
            return 0
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
        idle = _kib("VmRSS")
        if kind == "line":
            if sum(file.bytes for file in scan_files([line], ruleset).files) != line.stat().st_size:
                raise RuntimeError("the line was not read to its end: the figure would mean nothing")
        else:
            _stream(data, size_bytes, ruleset)
        return _kib("VmHWM") - idle


def _stream(data: bytes, size_bytes: int, ruleset: Ruleset) -> None:
    """The same lines again and again, as one file that is never there as a whole."""
    chunks = clean.chunks(_blocks(data, size_bytes), LIMITS)
    file = LogFile("app.log", "utf-8", chunks, shape_of(data[:65_536], AS_OF))
    if not scan([file], ruleset, LIMITS).matches:
        raise RuntimeError("no rule matched: the figure would mean nothing")


def _blocks(data: bytes, size_bytes: int) -> Iterator[bytes]:
    given = 0
    while given < size_bytes:
        source = io.BytesIO(data)
        while block := source.read(_BLOCK_BYTES):
            given += len(block)
            yield block


def _write_line(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        for number in range(size_bytes // MIB):
            file.write((b"word%d and more of it, " % number * 100_000)[:MIB])


def _kib(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
