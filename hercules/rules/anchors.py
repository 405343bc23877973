"""Finds patterns that no event can match: text asked for before its beginning or after its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_NO_WIDTH = "bB"
_LONG_ESCAPES = {"x": 2, "p": 1, "P": 1}


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a part of a pattern does: `eats` a byte at least, `ends` the event; `dead`: it never matches."""

    eats: bool = False
    ends: bool = False
    dead: bool = False


_NOTHING, _BYTE = _Piece(), _Piece(eats=True)
Edge = Literal["begin", "end"]


def never_matches(pattern: str) -> bool:
    """True for an RE2 pattern with `^` behind text or text behind `$`, on every way through it.

    Without `(?m)` both mean the event's own begin and end. The pattern must compile.
    """
    return _Walk(pattern).whole()


class _Walk:
    """Reads a pattern once, from left to right; it knows only what it needs to follow the anchors."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def whole(self) -> bool:
        """True when no way through the pattern can match."""
        return self._either(eaten=False, ended=False, multiline=False).dead

    def _either(self, *, eaten: bool, ended: bool, multiline: bool) -> _Piece:
        """Alternatives up to a closing parenthesis or the end."""
        ways: list[_Piece] = []
        now, own, multi = _Piece(eaten, ended), _NOTHING, multiline
        while True:
            char = self._peek()
            if char in ("", ")", "|"):
                ways.append(_Piece(own.eats, own.ends, now.dead))
                now, own, multi = _Piece(eaten, ended), _NOTHING, multiline
                self._at += 1
                if char != "|":
                    break
                continue
            piece, multi = self._part(now, multi)
            now, own = _joined(now, piece), _joined(own, piece)
        return _Piece(
            all(way.eats for way in ways), all(way.ends for way in ways), all(way.dead for way in ways)
        )

    def _part(self, before: _Piece, multi: bool) -> tuple[_Piece, bool]:
        """The next atom with its quantifier, seen after what came before it."""
        if self._peek() == "(" and self._text.startswith("(?", self._at):
            flags = self._flags()
            if flags is not None:
                on, _, off = flags[:-1].partition("-")
                inner = (multi or "m" in on) and "m" not in off
                if flags.endswith(")"):
                    return _NOTHING, inner
                piece = self._either(eaten=before.eats, ended=before.ends, multiline=inner)
                return self._quantified(piece), multi
        if self._take("("):
            self._name()
            piece = self._either(eaten=before.eats, ended=before.ends, multiline=multi)
            return self._quantified(piece), multi
        return self._quantified(self._atom(before, multi)), multi

    def _atom(self, before: _Piece, multi: bool) -> _Piece:
        char = self._next()
        if char == "[":
            self._class()
            return _BYTE
        edge: Edge | None = "begin" if char == "^" and not multi else None
        edge = "end" if char == "$" and not multi else edge
        if char in "^$" and edge is None:
            return _NOTHING
        if char == "\\":
            char = self._next()
            if char in _NO_WIDTH:
                return _NOTHING
            if char == "Q":
                return self._quoted()
            edge = "begin" if char == "A" else "end" if char == "z" else None
            self._escape_tail(char)
        if edge == "begin":
            return _Piece(dead=before.eats)
        return _Piece(ends=True) if edge == "end" else _BYTE

    def _quantified(self, piece: _Piece) -> _Piece:
        """The same, or nothing at all where it may be left out."""
        char = self._peek()
        optional = char in ("*", "?") or self._text.startswith(("{0}", "{0,"), self._at)
        if char == "{" and self._is_repeat():
            self._at = self._text.index("}", self._at) + 1
        elif char and char in "*+?":
            self._at += 1
        else:
            return piece
        self._take("?")
        return _NOTHING if optional else piece

    def _is_repeat(self) -> bool:
        inside, closed, _ = self._text[self._at + 1 :].partition("}")
        return bool(closed) and bool(inside) and all(one.isdigit() or one == "," for one in inside)

    def _flags(self) -> str | None:
        """Flags of `(?i)` or `(?i:` with the sign that ends them; None for a named group."""
        end = self._at + 2
        while end < len(self._text) and self._text[end] in "imsU-":
            end += 1
        if self._text[end : end + 1] not in (":", ")"):
            return None
        flags = self._text[self._at + 2 : end + 1]
        self._at = end + 1
        return flags

    def _name(self) -> None:
        for sign in ("?P<", "?<"):
            if self._text.startswith(sign, self._at):
                self._at = self._text.index(">", self._at) + 1

    def _class(self) -> None:
        self._take("^")
        self._take("]")
        while (char := self._next()) not in ("]", ""):
            if char == "\\":
                self._next()
            elif char == "[" and self._peek() == ":":
                end = self._text.find(":]", self._at)
                self._at = end + 2 if end >= 0 else self._at

    def _quoted(self) -> _Piece:
        end = self._text.find("\\E", self._at)
        text = self._text[self._at : end if end >= 0 else len(self._text)]
        self._at += len(text) + (2 if end >= 0 else 0)
        return _BYTE if text else _NOTHING

    def _escape_tail(self, char: str) -> None:
        size = _LONG_ESCAPES.get(char, 0)
        if size and self._peek() == "{":
            self._at = self._text.index("}", self._at) + 1
        else:
            self._at += size

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _take(self, sign: str) -> bool:
        found = self._peek() == sign
        self._at += found
        return found


def _joined(before: _Piece, piece: _Piece) -> _Piece:
    dead = before.dead or piece.dead or (before.ends and piece.eats)
    return _Piece(before.eats or piece.eats, before.ends or piece.ends, dead)
