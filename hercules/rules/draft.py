"""Drafts a rule from one line of a log: the pattern, a hit and a miss sample, and a stub of the article."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import re2

from hercules.logs.lines import events
from hercules.model import HerculesError, Limits, LogFile, NotScanned
from hercules.rules import patterns
from hercules.rules.confirm import Matcher
from hercules.rules.masking import Piece, core_of, is_rare, is_telling, message_of, pieces_of
from hercules.rules.nouns import Place, Term
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.writing import (
    DRAFT_CAUSE,
    DRAFT_CHECK,
    DRAFT_STEPS,
    DRAFT_SYMPTOMS,
    DRAFT_TEXTS,
    DRAFT_TITLE,
    Value,
    yaml_file,
)
from hercules.text import cut

NEIGHBOURS = 20
_EVENT_LINES = 60
_ID_CHARS = 40
_ID_WORDS = 4
_TITLE_CHARS = 120
_MESSAGE_FIELDS = ("msg", "message", "error", "err", "exception", "log", "text", "event")
# What is raised names itself; at the begin of an event the same is a logger and its message.
_RAISED = re2.compile(r"^(?:[\w$]+\.)*[A-Z][\w$]*: ")
_NO_PLACE = Place("draft", 1, 1)


@dataclass(frozen=True, slots=True)
class Picked:
    """One event of the file `name` with those around it; `line` is the chosen line within it, from 0."""

    name: str
    encoding: str
    event: bytes
    line: int
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]

    @property
    def is_utf8(self) -> bool:
        """True when the bytes are UTF-8, as those of UTF-16 files are by now."""
        return self.encoding.lower().startswith("utf")

    def text(self, raw: bytes) -> str:
        """Bytes of this file as text."""
        return raw.decode("utf-8" if self.is_utf8 else self.encoding, "replace")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written. `miss` is empty when the log has nothing else; `notes` say what to look at."""

    rule_id: str
    product: str
    rule: bytes
    hit: bytes
    miss: bytes
    article: bytes
    notes: tuple[str, ...]


def pick(files: Iterable[LogFile | NotScanned], line: int, limits: Limits, name: str = "") -> Picked:
    """The event that holds a line (from 1) of the file `name`, with up to 20 events before and after it.

    Without a name it is the first file. Raises HerculesError when it cannot be read or has no such line.
    """
    why = "there is no text in it"
    for file in files:
        if isinstance(file, NotScanned):
            why = file.detail or file.reason
        elif not name or file.name == name:
            return _picked(file, line, limits)
        else:
            why = f"there is no {name}, but for example {file.name}"
            for _ in file.chunks:
                continue  # the next file cannot be opened before this one is at its end
    raise HerculesError(f"no line can be taken from the file: {why}")


def _picked(file: LogFile, line: int, limits: Limits) -> Picked:
    before: deque[bytes] = deque(maxlen=NEIGHBOURS)
    found: tuple[bytes, int] | None = None
    after: list[bytes] = []
    last = 0
    for first, text in events(file.chunks, file.shape, limits):
        last = first + text.count(b"\n")
        if found is not None:
            after.append(text)
            if len(after) == NEIGHBOURS:
                break
        elif first <= line <= last:
            found = text, line - first
        else:
            before.append(text)
    if found is None:
        raise HerculesError(f"{file.name} has no text in line {line}; its last one is {last}")
    return Picked(file.name, file.encoding, *found, tuple(before), tuple(after))


def draft(
    picked: Picked, redact: Callable[[str], str], product: str, today: date, rule_id: str = ""
) -> Draft:
    """A rule with samples and an article, secrets and personal data taken out of all of them.

    `rule_id` '' makes one from the words of the line. Raises HerculesError when the line says too little or
    an id or product cannot be used.
    """

    def clean(raw: bytes) -> bytes:
        text = redact(picked.text(raw))
        return "\n".join(text.split("\n")[:_EVENT_LINES]).encode()

    event = clean(picked.event)
    chosen = picked.event.split(b"\n")[picked.line]
    line = redact(picked.text(chosen))
    message = line if picked.line and _RAISED.search(line) else message_of(line)
    made = _pattern(message, event, ascii_only=not picked.is_utf8)
    matcher = Matcher(made.term)
    if matcher.find(event) is None:
        raise HerculesError("the line says too little beside numbers, names and secrets to find it again")
    rule_id = rule_id or _id(product, made)
    around = [clean(text) for text in (*picked.before[-NEIGHBOURS // 2 :], *picked.after[: NEIGHBOURS // 2])]
    count = len(picked.before[-NEIGHBOURS // 2 :])
    healthy = [clean(text) for text in (*picked.before, *picked.after)]
    miss = [text for text in healthy if matcher.find(text) is None]
    title = cut(f"{DRAFT_TITLE}{made.shown}", _TITLE_CHARS)
    rule = _rule(rule_id, title, product, made.yaml, today)
    _check(rule, product)
    return Draft(
        rule_id=rule_id,
        product=product,
        rule=rule,
        hit=_joined([*around[:count], event, *around[count:]]),
        miss=_joined(miss),
        article=_article(
            rule_id, made.shown, product, chosen_shown=redact(chosen.decode("utf-8", "replace"))
        ),
        notes=tuple(_notes(made, miss, matcher.find(picked.event) is not None)),
    )


# --- the pattern ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Made:
    """A pattern in all its forms: as a term, as YAML, and as words to show."""

    term: Term
    yaml: Value
    shown: str
    words: tuple[str, ...]
    telling: bool


def _pattern(message: str, event: bytes, *, ascii_only: bool) -> _Made:
    found = _json_message(event)
    field, text = found if found is not None else ("", message)
    pieces = core_of(pieces_of(text, ascii_only=ascii_only))
    if not pieces:
        raise HerculesError("the line holds nothing but numbers, names and signs")
    slots = any(piece.is_slot for piece in pieces)
    shown = "".join("…" if piece.is_slot else piece.text for piece in pieces)
    words = tuple(word for piece in pieces if not piece.is_slot for word in _words(piece.text))
    pattern = _regex(pieces) if slots else pieces[0].text
    kind = "regex" if slots else "value"
    term = Term("regex" if slots else "value", pattern, _NO_PLACE, field=field)
    bare = not slots and not field and not patterns.looks_like_regex(pattern)
    written: Value = pattern if bare else {kind: pattern} | ({"field": field} if field else {})
    return _Made(term, written, " ".join(shown.split()), words, is_telling(pieces))


def _json_message(event: bytes) -> tuple[str, str] | None:
    """The field of a JSON event that says what happened, and its text; None when there is none."""
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    for name in _MESSAGE_FIELDS:
        text = value.get(name)
        if isinstance(text, str) and len(text.split()) > 1:
            return name, text.split("\n")[0]
    return None


def _regex(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text if piece.is_slot else _escape(piece.text) for piece in pieces)


def _escape(text: str) -> str:
    """The text as a pattern, readable: only signs that mean something get a backslash."""
    return "".join("\\" + char if char in "\\.+*?()|[]{}^$" else char for char in text)


def _words(text: str) -> list[str]:
    plain = "".join(char if char.isascii() and char.isalpha() else " " for char in text)
    return [word.lower() for word in plain.split() if len(word) > 2]


def _id(product: str, made: _Made) -> str:
    """The product and the first telling words, without those that the product's name says already.

    A line in letters that no id takes has its pattern's checksum there.
    """
    found = "-".join(product.lower().split())
    words = made.words or (hashlib.sha256(made.term.text.encode()).hexdigest()[:6],)
    rare = [word for word in dict.fromkeys(words) if is_rare(word) and word not in found.split("-")]
    for word in (rare or list(words))[:_ID_WORDS]:
        if len(found) + len(word) + 1 > _ID_CHARS:
            break
        found += f"-{word}"
    return found


# --- the files --------------------------------------------------------------------------------------


def _rule(rule_id: str, title: str, product: str, term: Value, today: date) -> bytes:
    fields: dict[str, Value] = {
        "id": rule_id,
        "title": title,
        "status": "experimental",
        "severity": "medium",
        "product": product,
        "since": today.isoformat(),
        **DRAFT_TEXTS,
        "set": {"match": [term]},
        "answer": {"kb": rule_id},
    }
    told = "Drafted from one line of a log. Make the title a sentence of your own, fill in the four texts,\n"
    return yaml_file(fields, told + "and raise the status to test when lint and test are clean.")


def _check(rule: bytes, product: str) -> None:
    if re2.search(r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$", product) is None:
        raise HerculesError(f"{product!r} cannot be a product: write letters, digits, dots and dashes")
    _, refusals = read_rules([RuleFile("draft.yaml", rule, product)])
    errors = [each for each in refusals if each.code.startswith("E-")]
    if errors:
        raise HerculesError(f"the draft would be refused: {errors[0].message}. {errors[0].fix}")


def _joined(parts: Sequence[bytes]) -> bytes:
    return b"\n".join(parts) + b"\n" if parts else b""


def _article(rule_id: str, shown: str, product: str, chosen_shown: str) -> bytes:
    lines = [
        "---",
        f"id: {rule_id}",
        f"title: {json.dumps(cut(shown, _TITLE_CHARS), ensure_ascii=False)}",
        f"product: {product}",
        "audience: internal",
        "status: draft",
        "---",
        "",
        "## Symptoms",
        "",
        DRAFT_SYMPTOMS,
        "",
        "The log says:",
        "",
        "```",
        cut(chosen_shown, 400).replace("```", "'''"),
        "```",
        "",
        "## Cause",
        "",
        DRAFT_CAUSE,
        "",
        "## Resolution",
        "",
        DRAFT_STEPS,
        "",
        "## How to check",
        "",
        DRAFT_CHECK,
        "",
    ]
    return "\n".join(lines).encode()


def _notes(made: _Made, miss: Sequence[bytes], fires: bool) -> list[str]:
    found = []
    if not fires:
        found.append(
            "it does not fire on the line as it stands in the log, where nothing was hidden: mend it"
        )
    if not made.telling:
        found.append("the line says little that healthy logs do not say: add a word or a second term")
    if sum(text.count(b"\n") + 1 for text in miss) < 3:
        found.append("the log has too few other lines: add a healthy log as miss1.log")
    return found
