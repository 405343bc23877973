"""Patterns without a required literal that the fast search may look for as they are."""

from __future__ import annotations

from dataclasses import dataclass

_PLAIN_ESCAPES = frozenset("dws")
# Of \s and \S the engines differ in one byte: more may be found than there is, never less.
_WIDE_ESCAPES = frozenset("DW")
_SPECIAL = frozenset("^$*+?{}()[]|\\.")
_REPEAT_MAX = 32


def may_be_whole(pattern: str) -> bool:
    """True for a pattern that both engines read alike and that ends in few places.

    Anchors and word borders say other things of a buffer than of an event, a repeated wide class (`.*`,
    `[^x]+`) ends everywhere, and what is rare in patterns may be read in another way: all these are left out.
    """
    try:
        return _Check(pattern.removeprefix("(?i)")).passes()
    except _No:
        return False


class _No(Exception):
    """The pattern has something that is left out."""


@dataclass(slots=True)
class _Check:
    """Reads a pattern from left to right."""

    text: str
    at: int = 0

    def passes(self) -> bool:
        """True at the end of a pattern without anything that is left out."""
        while self.at < len(self.text):
            wide = self._atom()
            self._repeat(wide)
        return True

    def _next(self) -> str:
        self.at += 1
        if self.at > len(self.text):
            raise _No
        return self.text[self.at - 1]

    def _atom(self) -> bool:
        """Reads one atom; true when it takes almost any byte, or a group that could."""
        char = self._next()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char == "(":
            return self._open()
        if char == ".":
            return True
        if char in "|)":
            return char == ")"
        if char in _SPECIAL or not (char.isascii() and char.isprintable()):
            raise _No
        return False

    def _open(self) -> bool:
        if self.text.startswith("?", self.at):
            if not self.text.startswith("?:", self.at):
                raise _No
            self.at += 2
        return True

    def _escape(self) -> bool:
        char = self._next()
        if char in _WIDE_ESCAPES:
            return True
        if char in _PLAIN_ESCAPES or (char.isascii() and not char.isalnum()):
            return False
        raise _No

    def _class(self) -> bool:
        wide = self.text.startswith("^", self.at)
        self.at += wide
        first = True
        while (char := self._next()) != "]" or first:
            first = False
            if char == "[" or not char.isascii():
                raise _No
            if char == "\\" and wide and self.text.startswith("s", self.at):
                raise _No
            if char == "\\":
                wide = self._escape() or wide
        return wide

    def _repeat(self, wide: bool) -> None:
        """Reads what repeats the atom; a wide atom, or a group, may only be optional."""
        sign = self.text[self.at : self.at + 1]
        if sign in ("*", "+"):
            if wide:
                raise _No
            self.at += 1
        elif sign == "?":
            self.at += 1
        elif sign == "{":
            self._bounds(wide)
        if sign and sign in "*+?{" and self.text.startswith("?", self.at):
            self.at += 1

    def _bounds(self, wide: bool) -> None:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, self.at + 1)].partition(",")
        known = low.isdecimal() and low.isascii() and (not comma or (high.isdecimal() and high.isascii()))
        if not known or int(high or low) > _REPEAT_MAX or (wide and comma):
            raise _No
        self.at = end + 1
