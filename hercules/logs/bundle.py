"""Opens the attachments of one ticket: every readable file in them, and by name what was not read and why."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from hercules.logs import clean, encodings, lines
from hercules.logs.frames import Budget, Member, Why, frames, in_words, members, shown_name
from hercules.model import Limits, LogFile, NotScanned, Part

_BLOCK_BYTES = 256 << 10
_MAGIC_BYTES = 512
_ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"BZh", b"\xfd7zXZ\x00")
_TAR_MARK = slice(257, 262)
_READ_BYTES = 256 << 10
_PIPE_BYTES = 1 << 20  # what Linux lets everybody have: the two processes wait for each other less
_LAST_WORDS_S = 2.0
_ROOT = Path(__file__).resolve().parents[2]
_CHILD = "import sys; sys.path.append(sys.argv[1]); from hercules.logs.unpack import main; main(sys.argv[2])"


def open_bundle(parts: Iterable[Part], limits: Limits, as_of: datetime) -> Iterator[LogFile | NotScanned]:
    """The readable files of all parts in order; one budget for bytes, members and time holds for the call.

    Each LogFile must be consumed before the next item is asked for. A file that stops midway ends its
    chunks, and a NotScanned with its name follows. `as_of` (aware UTC) dates stamps without a year.
    """
    budget = Budget(limits, time.monotonic)
    for part in parts:
        name = shown_name([part.name], limits.name_max_bytes)
        stop = budget.spent()
        if stop is not None:
            yield NotScanned(name, *stop)
            continue
        with _opened(part) as stream:
            yield from _part(name, stream, budget, as_of)


def text_file(name: str, text: str, as_of: datetime) -> LogFile:
    """A text of the ticket itself, such as its description, as a file."""
    data = clean.without_ansi(text.encode("utf-8", "replace"))
    shape = lines.shape_of(data[: encodings.SAMPLE_BYTES], as_of)
    return LogFile(name, "utf-8", iter([data] if data else []), shape)


@contextlib.contextmanager
def _opened(part: Part) -> Iterator[IO[bytes]]:
    """The part as a regular file: the unpacking child needs to seek in it."""
    if part.path is not None:
        with part.path.open("rb", buffering=0) as stored:
            yield stored
        return
    with tempfile.TemporaryFile() as copy:
        copy.write(part.data or b"")
        copy.seek(0)
        yield copy


def _part(name: str, stream: IO[bytes], budget: Budget, as_of: datetime) -> Iterator[LogFile | NotScanned]:
    head = stream.read(_MAGIC_BYTES)
    stream.seek(0)
    if not _is_archive(head):
        yield from _member(_plain(name, stream, budget), budget.limits, as_of)
        return
    with contextlib.closing(_Child(name, stream, budget)) as child:
        for item in members(name, frames(child.blocks()), budget, child.ended):
            if isinstance(item, NotScanned):
                yield item
            else:
                yield from _member(item, budget.limits, as_of)


def _is_archive(head: bytes) -> bool:
    """Told by magic bytes, never by name."""
    return head.startswith(_ARCHIVES) or head[_TAR_MARK] == b"ustar"


def _plain(name: str, stream: IO[bytes], budget: Budget) -> Member:
    """A file that is no archive, read in place: only the ticket's budget and the wall clock limit it."""
    member = Member(name)
    member.blocks = _blocks(member, stream, budget)
    return member


def _blocks(member: Member, stream: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while block := stream.read(_BLOCK_BYTES):
        member.stop = budget.spend(len(block))
        if member.stop is not None:
            return
        yield block


def _member(member: Member, limits: Limits, as_of: datetime) -> Iterator[LogFile | NotScanned]:
    """The file, or why it is not one; then, when it was stopped, why."""
    sample, blocks = clean.peek(member.blocks)
    if sample:
        yield _read(member.name, sample, blocks, limits, as_of)
    elif member.stop is None:
        yield NotScanned(member.name, "empty", "the file is empty")
    if member.stop is not None:
        yield NotScanned(member.name, *member.stop)


def _read(
    name: str, sample: bytes, blocks: Iterator[bytes], limits: Limits, as_of: datetime
) -> LogFile | NotScanned:
    found = encodings.sniff(sample, complete=len(sample) < encodings.SAMPLE_BYTES)
    if found.reason is not None:
        return NotScanned(name, found.reason, found.detail)
    text, chunks = clean.peek(clean.chunks(encodings.utf8(blocks, found), limits))
    if lines.may_be_one_value(text):
        text, chunks = clean.peek(chunks, lines.ONE_VALUE_BYTES + 1)
    return LogFile(name, found.encoding, chunks, lines.shape_of(text, as_of))


class _Child:
    """The unpacking process of one archive; killed with all it may have started when closed or too slow."""

    def __init__(self, name: str, archive: IO[bytes], budget: Budget) -> None:
        self._budget = budget
        self._late = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD, str(_ROOT), json.dumps(_orders(name, budget))],
            stdin=archive,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )

    def blocks(self) -> Iterator[bytes]:
        """What the child writes, until it ends or the wall limit is reached."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        with contextlib.suppress(AttributeError, OSError):  # other systems keep the pipe they have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        while True:
            left_s = self._budget.left_s
            self._late = not left_s or not waiting.poll(left_s * 1000)
            block = b"" if self._late else os.read(pipe, _READ_BYTES)
            if not block:
                return
            yield block

    def ended(self) -> Why:
        """Why the frames ended before their last one."""
        read = f"read {in_words(self._budget.bytes)}"
        if self._late:
            return "time", f"{read} within {self._budget.limits.wall_s:g} s: time limit"
        try:
            code = self._process.wait(timeout=_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return "crash", f"{read}: the unpacker fell silent"
        if code == -signal.SIGXCPU:
            return "time", f"{read}: the unpacker used up its time, time limit"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return "crash", f"{read}: the unpacker ended with {how}"

    def close(self) -> None:
        """Ends the process group and waits for it."""
        with contextlib.suppress(ProcessLookupError):  # it has ended and left nobody behind
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _orders(name: str, budget: Budget) -> dict[str, object]:
    """The child's argument: what is left of the budget when it starts."""
    limits = budget.limits
    return {
        "name": name,
        "memory": limits.memory_bytes,
        "wall_s": budget.left_s,
        "expanded": limits.expanded_max_bytes - budget.bytes,
        "members": limits.members_max - budget.members,
        "nested": limits.nested_buffer_bytes,
        "member_max": limits.member_max_bytes,
        "ratio_max": limits.ratio_max,
        "ratio_after": limits.ratio_after_bytes,
        "depth_max": limits.depth_max,
    }
