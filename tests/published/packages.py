"""Packages of others, installed once into the cache of the tests and run in processes of their own."""

from __future__ import annotations

import base64
import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256, sha512
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".pytest_cache" / "published"
LOCK = ROOT / "requirements" / "published.lock"
CLIENTS = Path(__file__).parent / "clients"
INSTALL_S = 300.0
RUN_S = 120.0
_NPM = ("--loglevel=error", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
_BEFORE = "2026-11-01"  # what a package of npm needs is taken as it was on this day
_not_had: dict[Path, str] = {}  # asked for once in a process: a missing network is slow to say no


class NotHad(Exception):
    """A package cannot be had here; the message names it and says why."""


def or_skip(get: Callable[[], Path]) -> Path:
    """What `get` gives; the test is skipped, naming the package, where it cannot be had."""
    if os.environ.get("HERCULES_PUBLISHED") == "0":
        pytest.skip("HERCULES_PUBLISHED is 0")
    try:
        return get()
    except NotHad as error:
        pytest.skip(str(error))


# --- npm ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tarball:
    """One version of a package of npm; `integrity` is what npm calls so, `sha512-` of its bytes in base64."""

    name: str
    version: str
    integrity: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def files_of(package: Tarball, *members: str) -> Path:
    """The folder with these files of a package, below their own names. Raises NotHad."""
    folder = CACHE / f"{package.name.replace('/', '-').lstrip('@')}-{package.version}"
    with _once(folder) as missing:
        if missing or not all((folder / member).is_file() for member in members):
            _unpack(_packed(package, folder), members, folder, str(package))
    return folder


def _packed(package: Tarball, folder: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise NotHad(f"{package}: npm is not here")
    _run(str(package), [npm, "pack", *_NPM, str(package)], cwd=folder)
    (tarball,) = folder.glob("*.tgz")
    raw = tarball.read_bytes()
    tarball.unlink()
    found = "sha512-" + base64.b64encode(sha512(raw).digest()).decode()
    if found != package.integrity:
        raise AssertionError(f"{package} is not the package it was: its integrity is {found}")
    return raw


def _unpack(raw: bytes, members: Sequence[str], folder: Path, name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        wanted = {f"package/{member}": folder / member for member in members}
        for entry in archive:
            content = archive.extractfile(entry) if entry.name in wanted else None
            if content is not None:
                place = wanted.pop(entry.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())
    if wanted:
        raise AssertionError(f"{name} has no {', '.join(wanted)}")


def npm_folder(package: str) -> Path:
    """A folder whose node_modules hold `NAME@VERSION`, for Node to run in. Raises NotHad."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotHad(f"{package}: node and npm are not here")
    folder = CACHE / package.replace("/", "-").replace("@", "-").lstrip("-")
    with _once(folder) as missing:
        if missing:
            (folder / "package.json").write_text("{}")
            more = ["--no-audit", "--no-fund", f"--before={_BEFORE}"]
            _run(package, [npm, "install", *more, *_NPM, package], cwd=folder)
    return folder


def ask_node(package: str, program: str, told: object) -> Any:
    """What tests/published/clients/PROGRAM.mjs, beside a package of npm, says of a value, both as JSON.

    Skips where the package cannot be had.
    """
    folder = or_skip(lambda: npm_folder(package))
    code = (CLIENTS / f"{program}.mjs").read_text(encoding="utf-8")
    command = ["node", "--input-type=module", "-e", code, "--", json.dumps(told)]
    return _said(command, cwd=folder, env={"PATH": os.environ.get("PATH", "")})


# --- Python ---------------------------------------------------------------------------------------


def clients() -> Path:
    """The folder with the client libraries of requirements/published.lock. Raises NotHad."""
    made_of = sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:8]
    folder = CACHE / f"clients-{made_of}"
    with _once(folder) as missing:
        if missing:
            _run(LOCK.name, [*_installer(), "--target", str(folder / "site")], cwd=folder)
    return folder / "site"


def _installer() -> list[str]:
    checked = [
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
        str(LOCK),
    ]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", *checked, "--python", sys.executable]
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    python = sys.executable if find_spec("pip") else str(base)
    return [python, "-m", "pip", "--disable-pip-version-check", *checked, "--no-compile", "--retries=1"]


def ask(program: str, told: object) -> Any:
    """What tests/published/clients/PROGRAM.py says of a value, both as JSON.

    It runs with the standard library and the packages of the lock alone. Skips where they cannot be had.
    """
    site = or_skip(clients)
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(site), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-S", "-P", str(CLIENTS / f"{program}.py")]
    return _said(command, cwd=site, env=env, given=json.dumps(told))


# --- both -----------------------------------------------------------------------------------------


@contextmanager
def _once(folder: Path) -> Iterator[bool]:
    """Whether a folder is still to be filled; once it was filled it never is again. Raises NotHad."""
    if folder in _not_had:
        raise NotHad(_not_had[folder])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        done = folder / ".ready"
        try:
            yield not done.is_file()
        except NotHad as error:
            _not_had[folder] = str(error)
            raise
        done.touch()


def _run(name: str, command: Sequence[str], *, cwd: Path) -> None:
    """Run a step of an installation. Raises NotHad."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHad(f"{name}: {error}") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).splitlines()
        why = next((line for line in lines if "rror" in line), "no reason given")
        raise NotHad(f"{name} could not be installed: {why}")


def _said(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], given: str = "") -> Any:
    """The JSON that a program prints; its last words are in the error where it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=given, capture_output=True, text=True, timeout=RUN_S, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return json.loads(done.stdout)
