"""Rows of the table, what machine this is, and the CPU time of processes."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

MIB = 1 << 20
_PACKAGES = ("fastapi", "uvicorn", "uvloop", "httptools", "sqlalchemy", "hyperscan", "google-re2")
_PACKAGES_KB = ("whoosh-reloaded",)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: a value for each round. `unit` is `x` for a ratio; `better` says which way is good."""

    what: str
    values: Sequence[float]
    unit: str = "x"
    better: Literal["more", "less"] = "more"

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round, so that what slowed both of a round down is in both."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall and CPU time of a piece of work in seconds; CPU holds children that ended within it."""

    wall_s: float
    cpu_s: float


def spent(work: Callable[[], object]) -> Spent:
    """Do the work once and tell what it took."""
    cpu, begun = _cpu_s(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - begun, _cpu_s() - cpu)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cpu_of(pid: int) -> float:
    """CPU seconds of another process and its ended children so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def on_disk() -> Iterator[Path]:
    """A temporary folder on a real disk where there is one: a flush to memory costs nothing."""
    with tempfile.TemporaryDirectory(prefix="hercules-bench-", dir=_disk()) as name:
        yield Path(name)


def _disk() -> str:
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()


def machine() -> list[str]:
    """What the figures were taken on."""
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES + _PACKAGES_KB)
    return [
        f"CPU: {_cpu_model()}, {os.cpu_count()} cores; load average before: {load}",
        f"data on a {_filesystem(_disk())} filesystem; {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}; {packages}",
    ]


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _filesystem(folder: str) -> str:
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return "unknown"
    parts = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    below = [(len(place), kind) for place, kind in parts if Path(folder).is_relative_to(place)]
    return max(below)[1] if below else "unknown"
