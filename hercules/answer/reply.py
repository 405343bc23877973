"""The words of notes and replies: everything a customer or engineer reads from us is written here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

import re2

from hercules.answer.dialects import Block, Bullets, Inline, Link, Log, Mark, Paragraph, Text, encode
from hercules.model import (
    DeskError,
    Dialect,
    Evidence,
    Item,
    NotScanned,
    Reply,
    Suggestion,
    TicketRef,
    Visibility,
)
from hercules.redact import Redactor
from hercules.text import clean, cut, one_line, whole

NOT_SENT = "This article is internal: it is not in the customer's reply."
LEAD = "These answers might be helpful to you"
ROBOT = "I am a robot and wrote this by myself"
ANSWER_HERE = "so just answer here if it does not help"
APPROVED = f"I am a robot; a person looked at this before it was sent and will read on, {ANSWER_HERE}"
EDITED = f"A person wrote this with the help of a robot and will read on, {ANSWER_HERE}"
TITLE_CHARS = 120
MESSAGE_CHARS = 400
TEXT_CHARS = 10_000
UNREAD_SHOWN = 3
QUOTE_LINES = 3
QUOTE_CHARS = 200
_ADDRESS = re2.compile(r"https?://[^\s<>\"'`)\]}]+[^\s<>\"'`)\]}.,;:!?]")

ArticleUrl = Callable[[str], str]


def key_of(desk_id: str, ticket_id: str, visibility: Visibility) -> str:
    """The reference in the footer, `H-XXXXXXXX`: made from the ticket alone, so that it never changes."""
    text = whole("\x1f".join((desk_id, ticket_id, visibility))).encode()
    return "H-" + base64.b32encode(hashlib.sha256(text).digest()).decode("ascii")[:8]


def shows_customer(suggestion: Suggestion) -> bool:
    """True when at least one answer may be shown to a customer."""
    return any(item.audience == "public" for item in suggestion.items)


def left_out(suggestion: Suggestion) -> tuple[str, ...]:
    """A sentence for each answer that the customer's reply leaves out."""
    return tuple(
        f"{one_line(item.title)} is internal: not in the customer's reply."
        for item in suggestion.items
        if item.audience != "public"
    )


def write(
    suggestion: Suggestion,
    visibility: Visibility,
    dialect: Dialect,
    *,
    review_url: str = "",
    article_url: ArticleUrl | None = None,
    quote_lines: int = QUOTE_LINES,
    quote_chars: int = QUOTE_CHARS,
    text: str = "",
    approved: bool = False,
) -> Reply:
    """The note or reply for a suggestion, in the desk's dialect, with its reference in the footer.

    `text` are an engineer's own words in place of ours; `approved` when a person looked at it.
    `article_url` makes a link from an article's id where the article has no address of its own. Raises
    DeskError when a reply would be empty because all answers are internal.
    """
    key = key_of(suggestion.desk_id, suggestion.ticket_id, visibility)
    writer = _Writer(Redactor(), article_url, quote_lines, quote_chars)
    lead = [] if text.strip() else [Paragraph((Text(_lead(visibility)),))]
    if text.strip():
        middle = list(writer.own_words(text))
    elif visibility == "note":
        middle = [
            block for number, item in enumerate(suggestion.items, 1) for block in writer.answer(number, item)
        ]
    elif shows_customer(suggestion):
        middle = [writer.public_answers(suggestion)]
    else:
        raise DeskError("no answer of this suggestion may be shown to a customer", "no", permanent=True)
    last = writer.note_end(suggestion, review_url) if visibility == "note" else ()
    told = EDITED if text.strip() else APPROVED if approved and visibility == "reply" else _told(visibility)
    document = [*lead, *middle, *last, Paragraph((Text(f"{told}. Reference "), Mark(key)))]
    ticket = TicketRef(suggestion.desk_id, suggestion.ticket_id)
    return Reply(ticket, visibility, dialect, encode(document, dialect), key)


def _lead(visibility: Visibility) -> str:
    return f"{LEAD}:" if visibility == "reply" else f"{LEAD} (nothing was sent to the customer):"


def _told(visibility: Visibility) -> str:
    return ROBOT if visibility == "note" else f"{ROBOT}; a person will read on, {ANSWER_HERE}"


class _Writer:
    """Blocks for one note or reply: each stranger's text is redacted, then cleaned, then cut."""

    __slots__ = ("_article_url", "_chars", "_lines", "_redact")

    def __init__(self, redact: Redactor, article_url: ArticleUrl | None, lines: int, chars: int) -> None:
        self._redact = redact
        self._article_url = article_url
        self._lines = lines
        self._chars = chars

    def _said(self, text: str, chars: int) -> str:
        return cut(one_line(self._redact(text)), chars)

    def _title(self, item: Item) -> Inline:
        title = self._said(item.title, TITLE_CHARS) or item.rule_id or item.article_id
        url = item.url
        if not url and item.article_id and self._article_url:
            url = self._article_url(item.article_id)
        return Link(title, url) if url else Text(title)

    # --- for engineers --------------------------------------------------------------------------------

    def answer(self, number: int, item: Item) -> Iterator[Block]:
        """One answer with its why and proof."""
        yield Paragraph((Text(f"{number}. "), self._title(item)))
        said = [
            self._said(item.message, MESSAGE_CHARS),
            self._said(item.why, MESSAGE_CHARS),
            self._standing(item),
        ]
        yield Paragraph((Text(" ".join(part for part in said if part)),))
        if item.evidence:
            proof = item.evidence[0]
            yield Paragraph((Text(f"{self._said(proof.file, TITLE_CHARS)}:{proof.matched_line[0]}"),))
            yield Log(tuple(self._quoted(proof)))

    def _standing(self, item: Item) -> str:
        standing = f"Status {item.rule_status}, severity {item.severity}." if item.rule_id else ""
        also = f" It stands for {', '.join(item.folded)} too." if item.folded else ""
        internal = f" {NOT_SENT}" if item.audience == "internal" else ""
        return self._said(standing + also + internal, MESSAGE_CHARS)

    def _quoted(self, proof: Evidence) -> Iterator[str]:
        """The matched lines, the found text always in sight."""
        start, end = proof.spans[0] if proof.spans else (0, 0)
        first = proof.text.count("\n", 0, start)
        mark = one_line(proof.text[start:end])[: self._chars // 2]
        for line in proof.text.split("\n")[first : first + self._lines]:
            shown = clean(self._redact(line)).replace("\n", " ").rstrip()
            at = shown.find(mark) if mark else 0
            if at > self._chars - len(mark) - 1:
                shown = "\u2026" + shown[max(at - self._chars // 4, 0) :]
            yield cut(shown, self._chars)

    def note_end(self, suggestion: Suggestion, review_url: str) -> Iterator[Block]:
        """What was not read, and where to review."""
        if suggestion.not_scanned:
            yield Bullets(tuple(self._unread(suggestion.not_scanned)))
        if review_url:
            yield Paragraph(
                (Text("Approve, edit or reject a public reply: "), Link("review this suggestion", review_url))
            )

    def _unread(self, files: tuple[NotScanned, ...]) -> Iterator[tuple[Inline, ...]]:
        for file in files[:UNREAD_SHOWN]:
            detail = self._said(file.detail, TITLE_CHARS) or file.reason
            yield (Text(f"Not read: {self._said(file.name, TITLE_CHARS)} ({detail})"),)
        if len(files) > UNREAD_SHOWN:
            yield (Text(f"Not read: {len(files) - UNREAD_SHOWN} more files"),)

    # --- for customers --------------------------------------------------------------------------------

    def public_answers(self, suggestion: Suggestion) -> Block:
        """Titles, links and messages of what customers may see; never a log line, never a why."""
        return Bullets(tuple(self._public(item) for item in suggestion.items if item.audience == "public"))

    def _public(self, item: Item) -> tuple[Inline, ...]:
        title = self._title(item)
        message = self._said(item.message, MESSAGE_CHARS)
        return (title, Text(f" \u2013 {message}")) if message and message != title.text else (title,)

    def own_words(self, text: str) -> Iterator[Block]:
        """An engineer's text line by line; addresses in it become links, all else is plain."""
        plain = cut(clean(self._redact(text)), TEXT_CHARS)
        for line in plain.split("\n"):
            yield Paragraph(tuple(_linked(line)))


def _linked(line: str) -> Iterator[Inline]:
    done = 0
    for found in _ADDRESS.finditer(line):
        start, end = found.span()
        if start > done:
            yield Text(line[done:start])
        yield Link(line[start:end], line[start:end])
        done = end
    if done < len(line):
        yield Text(line[done:])


def draft(suggestion: Suggestion, article_url: ArticleUrl | None = None) -> str:
    """What a customer would read above the footer, as plain text to begin an edit from."""
    if not shows_customer(suggestion):
        return ""
    writer = _Writer(Redactor(), article_url, QUOTE_LINES, QUOTE_CHARS)
    lead = Paragraph((Text(_lead("reply")),))
    return encode([lead, writer.public_answers(suggestion)], "plain").strip()
