"""Turns the pattern lists of Atlassian's log scanner (XML of RegexEntry) into rules of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlsplit
from xml.parsers import expat

from hercules.model import Refusal
from hercules.rules import patterns
from hercules.rules.writing import NewFile, yaml_file

SIZE_MAX = 4 << 20
_ENTRIES_MAX = 5_000
_TEXT_MAX = 20_000
_TITLE_MAX = 160
_ENTRY, _REGEX, _ADDRESS, _NAME = "regexentry", "regex", "url", "pagename"


@dataclass(frozen=True, slots=True)
class Imported:
    """Rule files to write, what was refused (file:line), and what got lost on the way, in sentences."""

    files: tuple[NewFile, ...]
    refusals: tuple[Refusal, ...]
    lost: tuple[str, ...] = ()


@dataclass(slots=True)
class _Entry:
    """One entry as read; line and column are those of its pattern."""

    texts: dict[str, str] = field(default_factory=dict)
    line: int = 1
    column: int = 1


class _TooMuch(Exception):
    """The file holds what is not taken; the message says what."""


def import_atlassian(name: str, data: bytes, product: str) -> Imported:
    """One experimental rule for each entry. `name` is for messages, `product` for ids and the folder.

    The XML is read without document type and entities. Java-only syntax is refused by file and line.
    Raises nothing for any content.
    """
    refusals: list[Refusal] = []
    files: dict[str, NewFile] = {}
    lost = ["no entry has samples: add hit and miss logs before a rule leaves experimental"]
    for entry in _entries(name, data, refusals):
        regex = entry.texts.get(_REGEX, "").strip()
        problem = _problem(regex)
        if problem is not None:
            column = entry.column + problem.offset
            refusals.append(
                Refusal(
                    name, entry.line, column, problem.code, problem.message, problem.fix, _id(product, regex)
                )
            )
            continue
        rule_id = _id(product, regex)
        if rule_id in files:
            lost.append(f"{name}:{entry.line}: the same pattern stands there twice; taken once")
            continue
        files[rule_id] = NewFile((product, f"{rule_id}.yaml"), _rule(rule_id, entry, regex, product, name))
    return Imported(tuple(files.values()), tuple(refusals), tuple(lost) if files else ())


def _id(product: str, regex: str) -> str:
    return f"atl-{product}-{hashlib.sha256(regex.encode()).hexdigest()[:8]}"


def _rule(rule_id: str, entry: _Entry, regex: str, product: str, name: str) -> bytes:
    address = entry.texts.get(_ADDRESS, "").strip()
    title = " ".join(entry.texts.get(_NAME, "").split()) or _title(address) or f"Pattern {rule_id}"
    return yaml_file(
        {
            "id": rule_id,
            "title": title[:_TITLE_MAX],
            "status": "experimental",
            "product": product,
            "references": [address] if address else [],
            "set": {"match": [{"regex": regex}]},
            "answer": {"kb": address},
        },
        f"Imported from {name.replace(chr(92), '/').rpartition('/')[2]}, line {entry.line}.",
    )


def _title(address: str) -> str:
    """The last part of an address in words, without the number that many pages end with."""
    last = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    words = unquote_plus(last).rpartition(".html")[0] or unquote_plus(last)
    parts = words.replace("-", " ").replace("_", " ").split()
    if len(parts) > 1 and parts[-1].isdecimal():
        parts.pop()
    return " ".join("".join(char for char in part if char.isprintable()) for part in parts)


# --- Java's dialect ---------------------------------------------------------------------------------


def _problem(regex: str) -> patterns.Problem | None:
    """Why a Java pattern cannot be taken over: RE2 refuses it, or would read it in another sense."""
    found = patterns.problem(regex)
    if found is not None:
        return found
    at = _set_operation(regex)
    if at >= 0:
        fix = "Write the class out; RE2 has no classes within classes."
        return patterns.Problem("E-not-re2", "&& or [ within a class means another thing to RE2", fix, at)
    at = _vertical(regex)
    if at >= 0:
        return patterns.Problem("E-not-re2", "\\v is one character to RE2", "Write [\\n\\r\\f\\v].", at)
    return None


def _set_operation(regex: str) -> int:
    """Where a class begins or intersects another one within a class, -1 when nowhere."""
    at, inside = 0, False
    while at < len(regex):
        char = regex[at]
        if char == "\\":
            at += 2
            continue
        posix = regex.find(":]", at) if regex.startswith("[:", at) else -1
        if inside and (regex.startswith("&&", at) or (char == "[" and posix < 0)):
            return at
        if inside and char == "[":
            at = posix + 2
            continue
        if char == "[":
            inside = True
            at += 2 if regex.startswith("[^", at) else 1
            at += regex.startswith("]", at)
            continue
        inside = inside and char != "]"
        at += 1
    return -1


def _vertical(regex: str) -> int:
    at = regex.find("\\v")
    while at >= 0:
        slashes = len(regex[:at]) - len(regex[:at].rstrip("\\"))
        if slashes % 2 == 0:
            return at
        at = regex.find("\\v", at + 2)
    return -1


# --- the XML ----------------------------------------------------------------------------------------


def _entries(name: str, data: bytes, refusals: list[Refusal]) -> Iterable[_Entry]:
    if len(data) > SIZE_MAX:
        message = f"the file has {len(data)} bytes, at most {SIZE_MAX} are read"
        refusals.append(Refusal(name, 1, 1, "E-xml", message, "Split it into several files."))
        return ()
    reading = _Reading()
    try:
        return list(reading.entries(data))
    except expat.ExpatError as broken:
        message, fix = f"this is not XML: {expat.ErrorString(broken.code)}", "Mend the file."
        refusals.append(Refusal(name, broken.lineno, broken.offset + 1, "E-xml", message, fix))
    except _TooMuch as broken:
        line, column = reading.at()
        refusals.append(Refusal(name, line, column, "E-xml", str(broken), "Remove it."))
    except (ValueError, LookupError) as broken:  # an encoding that the parser has never heard of
        refusals.append(Refusal(name, 1, 1, "E-xml", f"this cannot be read: {broken}", "Save it as UTF-8."))
    return ()


class _Reading:
    """Reads the entries of one file; a document type, an entity or a huge text stops it."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._found: list[_Entry] = []
        self._entry: _Entry | None = None
        self._field = ""
        self._parser.StartDoctypeDeclHandler = _no_doctype
        self._parser.EntityDeclHandler = _no_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def entries(self, data: bytes) -> Iterator[_Entry]:
        """The entries in order. Raises ExpatError, _TooMuch or ValueError."""
        self._parser.Parse(data, True)
        yield from self._found

    def at(self) -> tuple[int, int]:
        """Line and column (from 1) of the parser."""
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(".")[2].lower()
        if name == _ENTRY:
            if len(self._found) >= _ENTRIES_MAX:
                raise _TooMuch(f"more than {_ENTRIES_MAX} entries")
            self._entry = _Entry()
            self._found.append(self._entry)
        elif self._entry is not None and name in (_REGEX, _ADDRESS, _NAME):
            self._field = name
            if name == _REGEX:
                line, column = self.at()
                self._entry.line, self._entry.column = line, column + len(tag) + 2

    def _end(self, tag: str) -> None:
        name = tag.rpartition(".")[2].lower()
        self._field = ""
        if name == _ENTRY:
            self._entry = None

    def _text(self, text: str) -> None:
        if self._entry is None or not self._field:
            return
        before = self._entry.texts.get(self._field, "")
        if len(before) + len(text) > _TEXT_MAX:
            raise _TooMuch(f"a {self._field} has more than {_TEXT_MAX} characters")
        self._entry.texts[self._field] = before + text


def _no_doctype(*_: object) -> None:
    raise _TooMuch("a document type or an entity is not read")
