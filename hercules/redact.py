"""Secrets and personal data out of text: each is replaced by a marker such as `[email]`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import re2

from hercules.sensitive import (
    HEADERS,
    NAMED,
    PERSONAL,
    TOKENS,
    Kind,
    Span,
    byte_options,
    compiled,
    decoded,
)
from hercules.text import whole

_PEM_BEGIN = compiled(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = compiled(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_REST = compiled(rb"(?:(?:\\[nr]|\s)*[A-Za-z0-9+/]{16,}={0,2})*")
_PEM_MAX_BYTES = 16_384
_ENCODED = compiled(rb"[A-Za-z0-9+/_\-]{24,}={0,2}")
_BREAK = compiled(rb"[A-Za-z0-9_.+/=\-](\r?\n[ \t]*)[A-Za-z0-9_.+/=\-]")


class Redactor:
    """Takes secrets and personal data out of the texts of one ticket.

    The same secret gets the same marker in every text: `[email]`, the second different one `[email-2]`.
    Works on UTF-8 bytes inside; lone surrogates come out as U+FFFD. Never raises for any text.
    """

    __slots__ = ("_counts", "_markers")

    def __init__(self) -> None:
        self._markers: dict[bytes, bytes] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """The text with each secret replaced; what is no secret is returned as it was."""
        return self._redact(whole(text).encode()).decode()

    def _redact(self, text: bytes) -> bytes:
        due = _present(text)
        if not due:
            return text
        for place, kind in enumerate(_KINDS):
            if place in due:
                hidden = self._hide(kind, text)
                if hidden is not text:  # a marker can end one kind's match and begin another's
                    text, due = hidden, _present(hidden)
        return text

    def _hide(self, kind: Kind, text: bytes) -> bytes:
        parts, done = [], 0
        for start, end in kind.spans(text):
            if start >= done:
                parts += [text[done:start], self._marker(kind.marker, text[start:end])]
                done = end
        return b"".join([*parts, text[done:]]) if parts else text

    def _marker(self, word: str, secret: bytes) -> bytes:
        known = self._markers.get(secret)
        if known is None:
            count = self._counts[word] = self._counts.get(word, 0) + 1
            known = self._markers[secret] = (f"[{word}]" if count == 1 else f"[{word}-{count}]").encode()
        return known


def redact(text: str) -> str:
    """The text without secrets and personal data, on its own (a Redactor serves several texts)."""
    return Redactor()(text)


# --- kinds that a pattern alone cannot find -----------------------------------------------------------


def _pem_spans(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
    """Private keys from BEGIN to END, or as far as base64 goes where the end is cut off."""
    for found in pattern.finditer(text):
        start, end = found.span()
        last = _PEM_END.search(text, end, min(end + _PEM_MAX_BYTES, len(text)))
        rest = last or _PEM_REST.search(text, end)
        yield start, rest.end() if rest else end


def _encoded_spans(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
    """Runs of base64 whose inside holds a secret."""
    for found in pattern.finditer(text):
        inner = decoded(found.group())
        if inner and _holds_secret(inner):
            yield found.span()


def _holds_secret(text: bytes) -> bool:
    """True when any kind hides something; base64 within base64 is not looked into."""
    kinds = (_KINDS[place] for place in _present(text))
    return any(next(kind.spans(text), None) for kind in kinds if kind.pattern is not _ENCODED)


def _split_spans(pattern: re2._Regexp, text: bytes) -> Iterator[Span]:
    """Tokens that a line end cuts in two: looked for in the text with such line ends taken out."""
    joined, places = _joined(pattern, text)
    found: list[Span] = []
    for place in _present(joined):
        if _KINDS[place] in TOKENS:
            found += _crossing(_KINDS[place], text, joined, places)
    yield from sorted(found)


def _crossing(kind: Kind, text: bytes, joined: bytes, places: list[Span]) -> Iterator[Span]:
    """Matches over a line end; the first word of a further line stays when the token is whole without it."""
    complete = {start for start, _ in kind.spans(text)}
    for start, end in kind.spans(joined):
        first, last = _place(places, start), _place(places, end - 1) + 1
        if last - first > end - start and not _ends_line(text, last):
            cut = max(at for at, _ in places if at < end)
            if kind.pattern.search(joined, max(start - 1, 0), cut):
                end, last = cut, _place(places, cut - 1) + 1
        if last - first > end - start and (first not in complete or _is_wrapped(text, first, last)):
            yield first, last


def _ends_line(text: bytes, end: int) -> bool:
    return text[end : end + 1] in (b"", b"\r", b"\n")


def _is_wrapped(text: bytes, start: int, end: int) -> bool:
    """True when a token that could end at its line goes on: a wide line, nothing behind it on the last."""
    width = text.find(b"\n", start) - text.rfind(b"\n", 0, start) - 1
    return width >= 60 and _ends_line(text, end)


def _joined(pattern: re2._Regexp, text: bytes) -> tuple[bytes, list[Span]]:
    """The text without the line ends inside words, and (place in the result, bytes left out before it)."""
    parts: list[bytes] = []
    places: list[Span] = []
    done = at = gone = 0
    while found := pattern.search(text, at):
        start, end = found.span(1)
        parts.append(text[done:start])
        gone += end - start
        places.append((end - gone, gone))
        done = at = end
    return b"".join([*parts, text[done:]]), places


def _place(places: list[Span], at: int) -> int:
    """The place in the original text of a place in the joined one."""
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if places[middle][0] <= at else (low, middle)
    return at + (places[low - 1][1] if low else 0)


# --- the order, and what is there at all --------------------------------------------------------------

_KINDS = (
    Kind("private-key", _PEM_BEGIN, _pem_spans),
    Kind("token", _BREAK, _split_spans),
    *TOKENS,
    *HEADERS,
    *NAMED,
    Kind("token", _ENCODED, _encoded_spans),
    *PERSONAL,
)


def _filter() -> re2.Filter:
    """The patterns of all kinds behind one pass over the text for their literals."""
    ready = re2.Filter()
    for kind in _KINDS:
        ready.Add(kind.hint or kind.pattern.pattern, byte_options())
    ready.Compile()
    return ready


_FILTER = _filter()


def _present(text: bytes) -> Collection[int]:
    """The places in the table of the kinds whose pattern, or hint, matches."""
    return _FILTER.Match(text) or ()
