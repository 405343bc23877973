"""Takes a log line apart: what every such line says, and what differs from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import re2

_CONSTANT_MAX = 160
_SLOTS_MAX = 6
_TELLING = 2.0  # words; a common one counts half
_COMMON = frozenset(
    """the and for with from not that this has was are too many all any its can cannot could will would have
    after before while when error errors warn warning info debug fatal failed failure exception connection
    connections connect client server request response message user host file line process thread service
    started stopped starting timeout timed out unknown invalid access open opening closed null java main
    http https get post status code unable""".split()
)
_LEVELS = "ERROR|WARN|WARNING|INFO|DEBUG|TRACE|FATAL|SEVERE|CRITICAL|NOTICE|PANIC|ALERT|EMERG|FINE|CONFIG|LOG"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"

# What may stand before the message: stamps always go, the rest as long as something telling is left.
_DATE = (
    rf"(?:(?:{_MONTHS}) +\d{{1,2}}|\d{{1,2}}[ /-](?:{_MONTHS})[ /-]\d{{4}}"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{6,8})"
)
_TIME = r"(?:\d{1,2}:\d{2}(?::\d{2})?(?:[.,:]\d{1,9})?)"
_STAMPS = (
    re2.compile(r"^[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+ +\d+ "),
    re2.compile(r"^\d+:[A-Z] "),
    re2.compile(
        rf"^[\[<]?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?{_DATE}?[T :,-]*{_TIME}?(?: [AP]M)?(?: \d{{4}})?"
        r" ?(?:Z|UTC|GMT|CEST|CET|[+-]\d{2}:?\d{2})?[\]>,]?(?:\s|$)"
    ),
)
_SYSLOG = re2.compile(r"^[\w.-]+ [\w./@-]+(?:\[\d+\])?: ")
_HEADS = (
    re2.compile(r"^[\s:|,;*#-]+"),
    re2.compile(rf"^(?:{_LEVELS})\b:?"),
    re2.compile(r"^\[[^\[\]]{0,120}\]"),
    re2.compile(r"^<[^<>]{0,40}>"),
    re2.compile(r"^\([^()]{0,60}\)"),
    re2.compile(r"^\d+(?:#\d+)?:?(?:\s|$)"),
    re2.compile(r"^[\w.@/-]+\[\d+\]:"),
    re2.compile(r"^[\w.\[\]-]+@[\w.\[\]-]+ "),
    re2.compile(r"^[\w-]+\.(?:go|py|js|c|cc|cpp|java):\d+\]?:?"),
    re2.compile(r"^\S{1,60} +\| "),
)
# A level with whatever stands before it: `orbit[77:a1] <worker#3> ERROR `. Groups of signs count as one word.
_LEVEL = re2.compile(rf"(?:^|[\s\[(<|:])(?:{_LEVELS})(?:[\])>|:,]|\s|$)+")
_GROUP = re2.compile(r"\[[^\[\]]{0,120}\]|<[^<>]{0,60}>|\([^()]{0,60}\)")
_FRAME_CHARS = 120
_FRAME_WORDS = 6
_LOGGER = re2.compile(r"^((?:[\w$]+\.)+[\w$<>]+):?(?: -)?\s")
_LOGFMT = re2.compile(r'\b(?:msg|message)="[^"]+ [^"]+"')

# What differs: the first that fits wins; the text in its place is a pattern of its own.
_SLOTS: tuple[tuple[str, str], ...] = (
    (r"\[(?:token|secret|email|ip)(?:-\d+)?\](?::\d+)?", r"\S+"),
    (r"\[(?:private-key|cookie|card)(?:-\d+)?\]", r"[^\n]+"),  # these may have spaces in them
    (r"[A-Za-z][A-Za-z0-9+.-]*://(?:\[[a-z]+(?:-\d+)?\]|[^\s\"'<>)\]])+", r"\S+"),
    (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", r"[0-9a-fA-F-]+"),
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", r"\S+"),
    (r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?Z?)?", r"[\d:., TZ-]+"),
    (r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?", r"[\d.:]+"),
    (r"(?:[A-Za-z]:)?(?:[\\/][\w.$@%+~-]+){2,}[\\/]?", r"\S+"),
    (r"\b0x[0-9a-fA-F]+\b", r"\w+"),
    (r"\b\d+(?:\.\d+)+\b", r"[\d.]+"),
    (r"\b[A-Za-z_-]*\d[\w-]*\b", r"[\w-]+"),
)
_SLOT = re2.compile("|".join(f"({pattern})" for pattern, _ in _SLOTS))
_NOT_ASCII = re2.compile(r"[^\x00-\x7F]+")
_NUMBER = re2.compile(r"^\d+$")
_QUOTED = re2.compile(r"\"([^\"\n]{0,300})\"|'([^'\n]{0,300})'")
# A code before a colon or in brackets names the error (ORA-00600:), it does not tell one from the other.
_CODE = re2.compile(r"^[A-Z]{1,10}-?\d{3,6}$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: text that stays, or (`is_slot`) the pattern of what differs."""

    text: str
    is_slot: bool = False


def message_of(line: str) -> str:
    """A line without stamp, level, thread and logger in front, as long as something telling is left."""
    rest = _without_stamp(line.strip())
    logfmt = _LOGFMT.search(rest)
    if logfmt is not None:
        rest = rest[logfmt.start() :]
    while True:
        shorter = _behind_level(rest)
        if shorter == rest or not is_telling(pieces_of(shorter)):
            shorter = _beheaded(rest)
        if shorter == rest or not is_telling(pieces_of(shorter)):
            return rest
        rest = _without_stamp(shorter)


def _without_stamp(text: str) -> str:
    for pattern in _STAMPS:
        match = pattern.search(text)
        stamp = match.group(0) if match is not None else ""
        if sum(map(str.isdigit, stamp)) < 1 or stamp.strip().isdigit():
            continue
        text = text[len(stamp) :]
        syslog = _SYSLOG.search(text) if stamp[:3] in _MONTHS else None
        text = text[syslog.end() :] if syslog is not None else text
    return text


def _behind_level(text: str) -> str:
    """What follows the level, when no sentence but a program, a process or a thread stands before it."""
    match = _LEVEL.search(text[:_FRAME_CHARS])
    if match is None:
        return text
    words = _GROUP.sub("[]", text[: match.start()]).split()
    plain = sum(1 for word in words if word.isalpha())
    is_frame = len(words) <= _FRAME_WORDS and plain <= 1 and (not words or plain < len(words))
    return text[match.end() :] if is_frame else text


def _beheaded(text: str) -> str:
    for pattern in _HEADS:
        match = pattern.search(text)
        if match is not None:
            return text[match.end() :]
    logger = _LOGGER.search(text)
    if logger is not None and not logger.group(1).endswith(("Exception", "Error")):
        return text[logger.end() :]
    return text


def pieces_of(message: str, *, ascii_only: bool = False) -> list[Piece]:
    """A message as texts that stay and slots for what differs, neither two of a kind in a row.

    With `ascii_only` letters that encodings write in different bytes differ too.
    """
    found: list[Piece] = []
    for piece in _foreign_apart(_cut(message)) if ascii_only else _cut(message):
        if found and found[-1].is_slot == piece.is_slot:
            last = found.pop()
            piece = Piece(r".+" if piece.is_slot else last.text + piece.text, piece.is_slot)
        if piece.text:
            found.append(piece)
    return found


def _cut(message: str) -> Iterator[Piece]:
    at = 0
    for match in _QUOTED.finditer(message):
        inner = match.group(1) if match.group(1) is not None else match.group(2)
        is_message = message[: match.start()].endswith(("msg=", "message=", "err=", "error="))
        if is_message or _is_sentence(inner) or _is_apostrophe(message, match.start()):
            continue
        yield from _slotted(message[at : match.start() + 1])
        if inner:
            quote = message[match.start()]
            yield Piece(f"[^{quote}]+", True)
        at = match.end() - 1
    yield from _slotted(message[at:])


def _foreign_apart(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces, with a slot for each run of characters that are not ASCII."""
    for piece in pieces:
        at = 0
        for match in () if piece.is_slot else _NOT_ASCII.finditer(piece.text):
            yield Piece(piece.text[at : match.start()])
            yield Piece(r"[^\x00-\x7F]+", True)
            at = match.end()
        yield Piece(piece.text[at:], piece.is_slot)


def _is_sentence(text: str) -> bool:
    return sum(1 for word in text.split() if word.isalpha()) >= 3


def _is_apostrophe(message: str, at: int) -> bool:
    """True for the quote in `can't`: the text behind it is not quoted."""
    return message[at] == "'" and at > 0 and message[at - 1].isalnum()


def _slotted(text: str) -> Iterator[Piece]:
    at = 0
    for match in _SLOT.finditer(text):
        word = match.group(0)
        beside = text[match.end() : match.end() + 1], text[match.start() - 1 : match.start()]
        if _CODE.search(word) and (beside[0] == ":" or beside == ("]", "[")):
            continue
        yield Piece(text[at : match.start()])
        number = next(place for place, group in enumerate(match.groups()) if group is not None)
        yield Piece(r"\d+" if _NUMBER.search(word) else _SLOTS[number][1], True)
        at = match.end()
    yield Piece(text[at:])


def core_of(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without slots at the ends, cut where enough is said; too many slots become one."""
    kept: list[Piece] = []
    size = slots = 0
    for number, piece in enumerate(pieces):
        if piece.is_slot:
            slots += 1
            if size > _CONSTANT_MAX:
                break
            if slots > _SLOTS_MAX:
                kept += _tail(pieces[number:])
                break
            kept.append(piece)
            continue
        room = _CONSTANT_MAX * 2 - size
        text = piece.text if len(piece.text) <= room else piece.text[:room].rpartition(" ")[0]
        size += len(text)
        kept.append(Piece(text))
        if text != piece.text:
            break
    while kept and (kept[0].is_slot or not any(map(str.isalnum, kept[0].text))):
        kept.pop(0)
    while kept and (kept[-1].is_slot or not any(map(str.isalnum, kept[-1].text))):
        kept.pop()
    return _trimmed(kept)


def _tail(pieces: Sequence[Piece]) -> list[Piece]:
    """The last text of these behind one slot for all before it; nothing when it has less than two words."""
    last = [piece for piece in pieces if not piece.is_slot][-1:]
    return [Piece(r"[^\n]+", True), *last] if last and len(last[0].text.split()) > 1 else []


def _trimmed(kept: list[Piece]) -> list[Piece]:
    if kept:
        kept[0] = Piece(kept[0].text.lstrip(" \t\"'([{-:,;"))
        kept[-1] = Piece(kept[-1].text.rstrip(" \t\"'([{-:,;=.<"))
    return kept


def _constant(pieces: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in pieces if not piece.is_slot)


def is_rare(word: str) -> bool:
    """True for a word (in lower case) that few lines hold."""
    return word not in _COMMON


def is_telling(pieces: Sequence[Piece]) -> bool:
    """True when the texts that stay say enough to tell this line from healthy ones."""
    plain = "".join(char if char.isalpha() else " " for char in _constant(pieces).lower())
    words = [word for word in plain.split() if len(word) > 2]
    rare = [word for word in words if is_rare(word)]
    return bool(rare) and len(rare) + 0.5 * (len(words) - len(rare)) >= _TELLING
