"""Cutting a ticket: which of its lines ask something, and which are noise around the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import re2

from hercules.kb.languages import LANGUAGES, unaccented
from hercules.text import clean, cut, fold

_LINES_MAX = 3_000
_LINE_CHARS_MAX = 4_000
_SIGNATURE_LINES, _SIGNATURE_CHARS = 8, 60
_HANDED_ON_WORDS = 12
_DROPPED_MAX, _DROPPED_CHARS = 200, 120

_FRAME = re2.compile(
    r"^\s*(?:at\s+[\w$.<>/@-]+\s*\(|File \"[^\"]+\", line \d+|\.\.\. \d+ (?:more|common)|from \S+:\d+:in "
    r"|#\d+\s+\S+|goroutine \d+ \[|\s+at\s+\S+:\d+|--- End of inner|Traceback \(most recent)"
)
_STAMP = re2.compile(
    r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]?|\d{1,2}[/.-](?:\d{1,2}|[A-Za-z]{3})[/.-]\d{2,4}[: ]?"
    r"|[A-Z][a-z]{2} +\d{1,2} )?"
    r"\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|CES?T|[+-]\d{2}:?\d{2}))?"
)
_KLOG = re2.compile(r"^[IWEF]\d{4} \d{2}:\d{2}:\d{2}")
_LEVEL = re2.compile(
    r"\b(?:(TRACE|DEBUG|INFO|NOTICE|LOG|VERBOSE)"
    r"|(WARN|WARNING|ERROR|ERR|FATAL|SEVERE|CRITICAL|CRIT|PANIC|ALERT|EMERG))\b"
    r"|[\[=\" ](?:(trace|debug|info|notice)|(warn|warning|error|fatal|crit|alert|emerg|panic))[\]\" ]"
)
_TROUBLE = re2.compile(
    r"(?i)\b(?:error|fail\w*|exception|refused|denied|timed? ?out|panic|fatal|cannot|unable|killed)\b"
)
_EXCEPTION = re2.compile(
    r"((?:[a-zA-Z_$][\w$]*\.)*[A-Z][\w$]*(?:Exception|Error|Failure|Fault|Interrupt))\b(?:\s*[:\]]\s*(.*))?"
)
_EXCEPTION_LINE = re2.compile(
    r"^\s*(?:Caused by: |Exception in thread \"[^\"]*\" |\[wrapped\] |Suppressed: |nested: )?"
    r"((?:[a-zA-Z_$][\w$]*\.)+[A-Z][\w$]*|[A-Z]\w*(?:Exception|Error))(?:: (.*))?$"
)
_BLOB = re2.compile(r"\b(?:[0-9a-fA-F]{24,}|[A-Za-z0-9+/]{48,}={0,2})(?:\b|$)")
_HEX_LINE = re2.compile(r"^\s*(?:[0-9a-fA-F]{2,8}[: ]+){6,}")
_PROGRESS = re2.compile(r"(?:[=#█.>-]{6,}.*\d{1,3} ?%|\d{1,3} ?%.*[=#█.>|-]{6,}|^[\s=#*_~+.-]{4,}$)")
_MARKER = re2.compile(
    r"\[(?:email|phone|ip|secret|token|card|iban|url|user|host|id|name|password|key)(?:-\d+)?\]"
)
_MAIL_INTRO = re2.compile(r"(?i)^\s*(?:on .{4,120} wrote:|am .{4,120} schrieb.*:|el .{4,120} escribi.*:)\s*$")
_MAIL_HEAD = re2.compile(
    r"(?i)^\s*(?:-{2,} ?(?:original message|forwarded message|mensaje original|mensaje reenviado).*"
    r"|_{20,}|begin forwarded message:)\s*$"
)
_FORWARDED = re2.compile(r"(?i)forwarded|reenviado|weitergeleitet")
_MAIL_FIELD = re2.compile(r"^(?:From|Sent|To|Cc|Date|Subject|De|Para|Enviado|Enviado el|Fecha|Asunto): ")
_DISCLAIMER = re2.compile(
    r"(?i)(?:e-?mail|message).{0,60}(?:confidential|privileged|intended (?:solely|only))"
    r"|confidentiality notice|please consider the environment"
)
_ENVIRONMENT = re2.compile(
    r"(?i)^\s*[-*]?\s*(?:environment|env|os|operating system|browser|build|versions?|system|platform|setup"
    r"|java|hardware)\s*[:=]\s*\S"
)
_QUOTED = re2.compile(r"\"([^\"\n]+)\"|`([^`\n]+)`|(?:^|\s)'([^'\n]+)'(?:[\s.,;:]|$)")
_QUOTE_CHARS = range(6, 301)
_MASKS = (
    (re2.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{12,30}\b"), " "),
    (re2.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), " "),
    (re2.compile(r"(?:/[\w.@-]+){3,}"), " "),
    (re2.compile(r"@[0-9a-f]{5,}\b|\b[0-9a-f]{7,}\b|\b\d{5,}\b"), " "),
)
_THREAD = re2.compile(r"^(?:\s*(?:\[[^\]]{0,80}\]|\([^)]{0,60}\)|\d+(?:#\d+)?:|\*\d+))+")
_LOGGER = re2.compile(r"^\s*(?:[a-z][\w-]*\.){2,}[\w$.-]+\s*[:-]?\s*")


@dataclass(slots=True)
class Kept:
    """What cutting left, by kind and in order; `dropped` tells why and how each line that was cut began."""

    prose: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    exceptions: list[tuple[str, str]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    environment: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def drop(self, why: str, line: str) -> None:
        """Notes a line that was cut, up to a number of them."""
        if len(self.dropped) < _DROPPED_MAX:
            self.dropped.append(f"{why}: {cut(line.strip(), _DROPPED_CHARS)}")


_GREETINGS = tuple(greeting for spoken in LANGUAGES.values() for greeting in spoken.greetings)
_GREETINGS_ON = tuple(f"{greeting} " for greeting in _GREETINGS)
_CLOSINGS = tuple(closing for spoken in LANGUAGES.values() for closing in spoken.closings)
_LONG_CLOSINGS = tuple(closing for closing in _CLOSINGS if " " in closing)
"""Those of several words: one word alone, such as `best`, begins many a sentence."""


def cut_ticket(text: str) -> Kept:
    """A ticket's description taken apart. It may greet in one language and ask in another."""
    kept = Kept()
    seen: set[str] = set()
    for line in _without_ends(clean(text).split("\n")[:_LINES_MAX], kept):
        _take(line[:_LINE_CHARS_MAX], kept, seen)
    return kept


def cut_event(text: str) -> Kept:
    """A log event taken apart: its message as `logs`, its exceptions, without stamps, ids and frames."""
    kept = Kept()
    first, *rest = clean(text).split("\n")[:_LINES_MAX]
    _take_message(first[:_LINE_CHARS_MAX], kept, set())
    for line in rest:
        _take_exception(line[:_LINE_CHARS_MAX], kept)
    return kept


# --- lines around the question --------------------------------------------------------------------


def _without_ends(lines: list[str], kept: Kept) -> Iterator[str]:
    """The lines without old mail, greeting, signature and disclaimer."""
    old_mail = forwarded = False
    for at, line in enumerate(lines):
        bare = line.strip()
        if _MAIL_HEAD.match(line) and any(_MAIL_FIELD.match(other) for other in lines[at + 1 : at + 4]):
            if _says_something(lines[:at]) and not _FORWARDED.search(line):
                _drop_all("old mail", lines[at:], kept)
                return
            kept.drop("head of a mail", line)
            forwarded = True
            continue
        if forwarded and (_MAIL_FIELD.match(line) or not bare):
            kept.drop("head of a mail", line)
            continue
        forwarded = False
        if bare == "--" or (_is_closing(bare) and _is_short(lines[at + 1 :])):
            _drop_all("signature", lines[at:], kept)
            return
        if _MAIL_INTRO.match(line):
            old_mail = True
            kept.drop("old mail", line)
        elif old_mail and bare.startswith(">"):
            kept.drop("old mail", line)
        elif _DISCLAIMER.search(line):
            kept.drop("disclaimer", line)
        elif bare:
            yield _without_greeting(line, kept)


def _says_something(lines: Iterable[str]) -> bool:
    """True when there is a question above an old mail, and not only a word that hands it on."""
    return sum(len(line.split()) for line in lines) > _HANDED_ON_WORDS


def _drop_all(why: str, lines: Iterable[str], kept: Kept) -> None:
    for line in lines:
        if line.strip():
            kept.drop(why, line)


def _is_closing(bare: str) -> bool:
    words = unaccented(fold(bare)).strip(" ,.!-")
    return words in _CLOSINGS or (len(words) < _SIGNATURE_CHARS and words.startswith(_LONG_CLOSINGS))


def _is_short(rest: list[str]) -> bool:
    """True when what follows looks like names and addresses, not like more of the question."""
    filled = [line for line in rest if line.strip()]
    return len(filled) <= _SIGNATURE_LINES and all(len(line) <= _SIGNATURE_CHARS for line in filled)


def _without_greeting(line: str, kept: Kept) -> str:
    """The line without `Hello team,` at its beginning; a line of nothing else becomes empty."""
    head, comma, rest = line.partition(",")
    words = unaccented(fold(head)).strip(" \u00a1!.:")
    greets = words in _GREETINGS or words.startswith(_GREETINGS_ON)
    if not greets or len(words.split()) > 5:
        return line
    kept.drop("greeting", head + comma)
    return rest


# --- one line -------------------------------------------------------------------------------------


def _take(line: str, kept: Kept, seen: set[str]) -> None:
    """Puts a line where it belongs. `seen` holds log templates already taken."""
    why = _noise(line)
    if why:
        kept.drop(why, line)
    elif _is_log(line):
        _take_log(line, kept, seen)
    elif _EXCEPTION_LINE.match(line):
        _take_exception(line, kept)
    elif _ENVIRONMENT.match(line):
        kept.environment.append(line)
    elif line.strip():
        _take_prose(line, kept)


def _noise(line: str) -> str:
    """Why a line says nothing, or an empty text."""
    if _FRAME.match(line):
        return "stack frame"
    if _PROGRESS.search(line):
        return "progress"
    if _HEX_LINE.match(line):
        return "hex"
    return ""


def _is_log(line: str) -> bool:
    head = line[:120]
    return bool(_KLOG.match(line) or _STAMP.search(head)) and bool(
        _level(line) or _STAMP.match(head.lstrip(" ["))
    )


def _level(line: str) -> str:
    """`low` or `high` by the first level named near the line's beginning, else an empty text."""
    if _KLOG.match(line):
        return "low" if line[0] == "I" else "high"
    found = _LEVEL.search(line[:200])
    if not found:
        return ""
    return "low" if found.group(1) or found.group(3) else "high"


def _take_log(line: str, kept: Kept, seen: set[str]) -> None:
    level = _level(line)
    if level == "low" or (not level and not _TROUBLE.search(line)):
        kept.drop("log line below warning", line)
        return
    _take_message(line, kept, seen)


def _take_message(line: str, kept: Kept, seen: set[str]) -> None:
    """The message of a log line, once for each template."""
    message = masked(line)
    template = "".join(letter for letter in message if not letter.isdigit())
    if template in seen or not message:
        kept.drop("log line seen before", line)
        return
    seen.add(template)
    kept.logs.append(message)
    _take_named(message, kept)


def masked(line: str) -> str:
    """A log line without stamp, level, thread and logger, ids and addresses blanked."""
    text = _STAMP.sub(" ", _BLOB.sub(" ", line), count=1)
    text = _LEVEL.sub(" ", text, count=1).strip(" ]|:-")
    text = _LOGGER.sub("", _THREAD.sub("", text))
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return " ".join(_MARKER.sub(" ", text).split())


def _take_exception(line: str, kept: Kept) -> None:
    """Names the exception of a line, when the line is one or holds one."""
    found = _EXCEPTION_LINE.match(line)
    if found:
        kept.exceptions.append((found.group(1), masked(found.group(2) or "")))


def _take_named(message: str, kept: Kept) -> None:
    found = _EXCEPTION.search(message)
    if found:
        kept.exceptions.append((found.group(1), masked(found.group(2) or "")))


def _take_prose(line: str, kept: Kept) -> None:
    """A sentence of a person; what it quotes is kept apart too. Markdown quotes count as quoted."""
    text = _MARKER.sub(" ", _BLOB.sub(" ", line))
    bare = text.lstrip("> ").strip()
    if line.lstrip().startswith(">"):
        if bare and not bare.startswith("[!"):
            kept.quotes.append(bare)
        return
    kept.prose.append(bare)
    kept.quotes.extend(
        quote for groups in _QUOTED.findall(text) for quote in groups if len(quote) in _QUOTE_CHARS
    )
    _take_named(text, kept)
