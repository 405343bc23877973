"""Runs `hercules` in this process as the command line would, and tells what came of it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog

from hercules.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as JSON values."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines of its output."""
        return self.out.splitlines()

    def complaint(self, code: int = 1) -> str:
        """The one line a failed command must leave, with this exit code and nothing on its output."""
        assert self.code == code, self
        assert self.out == "", self
        (line,) = self.err.splitlines()
        assert line.startswith("hercules: "), self
        return line


@contextmanager
def _in_folder(folder: Path | None) -> Iterator[None]:
    """In another folder, and with what a command sets for its whole process put back at the end."""
    before, on_end, log = Path.cwd(), signal.getsignal(signal.SIGTERM), structlog.get_config()
    os.chdir(folder or before)
    try:
        yield
    finally:
        os.chdir(before)
        signal.signal(signal.SIGTERM, on_end)
        structlog.configure(**log)


def run(*args: object, folder: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run the very entry point of the command in a folder; only the process is missing."""
    out, err = StringIO(), StringIO()
    code: object = 0
    with (
        _in_folder(folder),
        patch.dict(os.environ, env or {}),
        patch.object(sys, "argv", ["hercules", *map(str, args)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int | None), code
    return Ran(code or 0, out.getvalue(), err.getvalue())
