"""Which files a rule looks at, and which files are rotations of one another."""

from __future__ import annotations

from collections.abc import Sequence

import re2

from hercules.rules.patterns import text_options

_PACKED = re2.compile(r"(?i)\.(?:gz|bz2|xz|zst|z)$")
_NUMBERED = re2.compile(r"^(.+?)\.(\d{1,4})$")
# Behind the day a number, an hour, or the time: `0.log.20260131-101112`, `x-2026-01-31T10-11-12.345.log`.
_DATED = re2.compile(
    r"^(.+?)[._-](\d{4})-?(\d{2})-?(\d{2})(?:[._T-](\d{1,6}|\d{2}(?:-\d{2}){2}(?:\.\d{3})?))?(\.[A-Za-z]{2,4})?$"
)
_NEWEST_DATE = 10**9
_OF_A_DAY = 10**9


class Scope:
    """The files that globs take. Without globs it takes all of them; matching has no case."""

    def __init__(self, files: Sequence[str], exclude: Sequence[str]) -> None:
        self._files = [_glob(text) for text in files]
        self._exclude = [_glob(text) for text in exclude]

    def takes(self, name: str) -> bool:
        """True when a file with this name inside its bundle is to be read."""
        if not self._files and not self._exclude:
            return True
        names = _spellings(name)
        if any(glob.fullmatch(one) for glob in self._exclude for one in names):
            return False
        return not self._files or any(glob.fullmatch(one) for glob in self._files for one in names)


def stream(name: str) -> tuple[str, int]:
    """A file's name without its rotation, and its place among its rotations: the oldest is the least.

    `x.log.2.gz` is `x.log` at -2, `x-2026-01-31.log` is `x.log` before all numbered ones; of the files of one
    day that have a number or a time behind it, the least is the oldest.
    """
    folder, slash, base = _unpacked(name).rpartition("/")
    plain = _PACKED.sub("", base)
    if (found := _DATED.search(plain)) is not None:
        date = int(found.group(2) + found.group(3) + found.group(4)) - _NEWEST_DATE
        place = date * _OF_A_DAY + int("".join(filter(str.isdecimal, found.group(5) or "0")))
        return folder + slash + found.group(1) + (found.group(6) or ""), place
    if (found := _NUMBERED.search(plain)) is not None:
        return folder + slash + found.group(1), -int(found.group(2))
    return folder + slash + plain, 0


class Streams:
    """Tells the files of one ticket which of them are one log; what is in a log has its key."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], int] = {}

    def key(self, name: str) -> tuple[str, int]:
        """The log that the next file of this name belongs to, and its place among the rotations.

        Two files of one place are no rotations of each other, so the second one is a log of its own.
        """
        log, place = stream(name)
        same = self._seen.get((log, place), 0)
        self._seen[(log, place)] = same + 1
        return f"{log}\n{same}" if same else log, place


def _unpacked(name: str) -> str:
    """The name with `/`, and without what a compressed file holds: `a/x.log.gz!x.log` is `a/x.log.gz`."""
    path = name.replace("\\", "/")
    outer, _, inner = path.rpartition("!")
    base = outer.rpartition("!")[2].rpartition("/")[2]
    return outer if inner in (base, _PACKED.sub("", base)) else path


def _spellings(name: str) -> list[str]:
    """The paths a glob may mean: below the last bundle, the base name, both with and without rotation."""
    path = _unpacked(name).rpartition("!")[2].lstrip("/")
    plain = stream(path)[0]
    packed = _PACKED.sub("", path)
    return [
        *dict.fromkeys(one for whole in (path, packed, plain) for one in (whole, whole.rpartition("/")[2]))
    ]


def _glob(text: str) -> re2._Regexp:
    """`*` and `?` stay within one folder, `**` crosses folders."""
    parts, rest = [], text.replace("\\", "/").lstrip("/")
    while rest:
        for sign, meaning in (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]")):
            if rest.startswith(sign):
                parts.append(meaning)
                rest = rest[len(sign) :]
                break
        else:
            parts.append(re2.escape(rest[0]))
            rest = rest[1:]
    return re2.compile("".join(parts), text_options())
