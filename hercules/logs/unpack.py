"""The unpacking child: walks the archive on descriptor 0 and writes its members as frames to descriptor 1.

It runs as a program of its own with the standard library only, so that hostile archives meet a process that
can be killed, cannot write a file and holds no secrets. Its argument is JSON: the outer name and the limits.
A frame is a type byte, four bytes of length (big-endian, at most 262,144) and the payload: `M` a member
begins, `D` its data, `E` it ends (with a reason when it was stopped), `S` one was skipped, `Z` all is told.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import math
import os
import resource
import sys

from hercules.logs.streams import (
    BLOCK,
    ERRORS,
    Budget,
    Limited,
    Slice,
    Stop,
    Stream,
    expanded,
    kind_of,
)
from hercules.logs.untar import tar_headers
from hercules.logs.unzip import Entry, directory

NAME_CHARS = 1_000
SUFFIXES = {".gz": "", ".bz2": "", ".xz": "", ".z": "", ".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}

Names = tuple[str, ...]


def inner_name(name: str) -> str:
    """The name of what a compressed file holds: its own without folder and suffix."""
    base = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = base.rpartition(".")
    return stem + SUFFIXES[dot + suffix.lower()] if stem and dot + suffix.lower() in SUFFIXES else base


# --- frames ----------------------------------------------------------------------------------------


def send(kind: bytes, payload: bytes) -> None:
    head = kind + len(payload).to_bytes(4, "big")
    try:
        sent = os.writev(1, [head, payload])
        rest = memoryview(head + payload)[sent:] if sent < len(head) + len(payload) else memoryview(b"")
        while rest:
            rest = rest[os.write(1, rest) :]
    except BrokenPipeError:
        sys.exit(0)  # the parent has heard enough


def tell(kind: bytes, names: Names = (), **fields: object) -> None:
    short = [name if len(name) <= NAME_CHARS else shortened(name) for name in names]
    send(kind, json.dumps({"names": short, **fields} if names else fields).encode())


def shortened(name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{name[: NAME_CHARS - 9]}~{digest}"


def reason_of(error: BaseException) -> str:
    if isinstance(error, Stop):
        return error.reason
    over = isinstance(error, MemoryError) or "emory usage limit" in str(error)
    return "memory" if over else "corrupt"


# --- the walk --------------------------------------------------------------------------------------


class Walker:
    """Walks archives within archives and tells of each member."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def walk(self, names: Names, stream: Stream, depth: int = 0) -> None:
        """A member of any kind: told as it is, or opened when it is an archive."""
        try:
            kind = kind_of(stream.peek())
            if not kind:
                self._leaf(names, stream)
            elif depth >= self._budget.depth_max:
                raise Stop("depth")
            else:
                self._open(kind, names, stream, depth + 1)
        except (*ERRORS, Stop) as error:
            if isinstance(error, Stop) and error.whole:
                raise
            tell(b"S", names, reason=reason_of(error))

    def _open(self, kind: str, names: Names, stream: Stream, depth: int) -> None:
        if kind == "tar":
            self._tar(names, stream, depth)
        elif kind == "zip":
            self._zip(names, stream, depth)
        else:
            inner = expanded(kind, stream, self._budget)
            if kind_of(inner.peek()) == "tar":
                self._tar(names, inner, depth)
                while inner.read(BLOCK):
                    pass  # the end of the compressed stream holds its checksum
            else:
                self.walk((*names, inner_name(names[-1])), inner, depth)

    def _leaf(self, names: Names, stream: Stream) -> None:
        tell(b"M", names)
        size, failed = 0, None
        try:
            while data := stream.read(BLOCK):
                size += len(data)
                if size > self._budget.member_max:
                    raise Stop("size")
                send(b"D", data)
        except (*ERRORS, Stop) as error:
            failed = error
        tell(b"E", bytes=size, stopped=reason_of(failed) if failed else None)
        if isinstance(failed, Stop) and failed.whole:
            raise failed

    def _zip(self, names: Names, stream: Stream, depth: int) -> None:
        base = stream if isinstance(stream, Slice) else None
        if base is not None:
            self._entries(names, base, depth)
            return
        data = self._held(stream)
        self._budget.nested -= len(data)
        view = Slice(lambda at, n: data[at : at + n], 0, len(data), self._budget)
        try:
            self._entries(names, view, depth)
        finally:
            self._budget.nested += len(data)

    def _held(self, stream: Stream) -> bytes:
        """An inner archive that must be sought in, in memory."""
        parts, size = [], 0
        while data := stream.read(BLOCK):
            size += len(data)
            if size > self._budget.nested:
                raise Stop("memory")
            parts.append(data)
        return b"".join(parts)

    def _entries(self, names: Names, base: Slice, depth: int) -> None:
        for entry in directory(base, self._budget.members):
            self._budget.member()
            if not entry.name.endswith("/"):
                self._entry((*names, entry.name), entry, base, depth)

    def _entry(self, names: Names, entry: Entry, base: Slice, depth: int) -> None:
        reason = entry.refusal()
        if reason:
            tell(b"S", names, reason=reason)
            return
        try:
            stream = entry.stream(base, self._budget)
        except ERRORS as error:
            tell(b"S", names, reason=reason_of(error))
            return
        self.walk(names, stream, depth)

    def _tar(self, names: Names, stream: Stream, depth: int) -> None:
        for header in tar_headers(stream, self._budget):
            inner = (*names, header.name)
            body = Limited(stream, header.size)
            if header.refusal:
                tell(b"S", inner, reason=header.refusal)
            elif header.regular:
                self.walk(inner, body, depth)
            stream.skip(body.left + -header.size % 512)


# --- the program -----------------------------------------------------------------------------------


def confine(memory: int, wall_s: float) -> None:
    """Takes from this process what unpacking does not need. What a system lacks is left out."""
    limits = {
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 16,
        resource.RLIMIT_CPU: math.ceil(wall_s) + 1,
        resource.RLIMIT_AS: memory,
    }
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).unshare(0x1000_0000 | 0x4000_0000)  # a user and a network namespace of its own


def main(argument: str) -> None:
    given = json.loads(argument)
    name, memory, wall_s = given.pop("name"), given.pop("memory"), given.pop("wall_s")
    b"".decode("cp437")  # the codec's file is read before files are few
    confine(memory, wall_s)
    budget = Budget(**given)
    stopped = None
    try:
        size = os.fstat(0).st_size
        Walker(budget).walk((name,), Slice(lambda at, n: os.pread(0, n, at), 0, size, budget))
    except Stop as stop:
        stopped = stop.reason
    tell(b"Z", stopped=stopped)
