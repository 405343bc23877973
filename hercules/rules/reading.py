"""Types the texts of a YAML node, and says of all that does not fit where it is and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import re2
from rapidfuzz import fuzz, process

from hercules.model import Refusal
from hercules.rules.nouns import Place
from hercules.yamlfile import ListNode, MapNode, Node, TextNode

Known = TypeVar("Known", bound=str)

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re2.compile(r"^-?(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h|d))+$")
_PIECE = re2.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_INTEGER = re2.compile(r"^[0-9]{1,9}$")
_TEXT_MAX = 20_000
_NEAR = 60.0
_SHOWN_CHARS = 120
# Fields that are often written at the root of a rule, and where they belong.
_BELOW = {
    **dict.fromkeys(("match", "event"), "below set"),
    "order": "below sequence",
    **dict.fromkeys(("window", "negate"), "below set or sequence"),
    **dict.fromkeys(("value", "regex", "jq", "count", "extract"), "in a term, below match or order"),
    **dict.fromkeys(("kb", "search", "message"), "below answer"),
    **dict.fromkeys(("version", "request_type", "text", "subject"), "below when"),
    "no_match": "below tests",
}


def nearest(name: str, names: Collection[str]) -> str:
    """The known name that looks most like this one, '' when none does."""
    found = process.extractOne(name, sorted(names), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return str(found[0]) if found else ""


def seconds(text: str) -> float | None:
    """A duration such as `1h30m` or `300ms` in seconds, to the microsecond; None when it is none."""
    if not _DURATION.search(text):
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(text))
    return round(-total if text.startswith("-") else total, 6)


@dataclass(slots=True)
class Reader:
    """Reads the nodes of one rule and keeps what it has to refuse."""

    file: str
    rule: str = ""
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, node: Node, code: str, message: str, fix: str = "", offset: int = 0) -> None:
        """Note a finding at a node, `offset` characters into it where the way it is written keeps them."""
        line, column = node.line, node.column
        if isinstance(node, TextNode) and node.style in ("plain", "single", "double"):
            column += offset + (node.style != "plain" and offset > 0)
        self.refusals.append(Refusal(self.file, line, column, code, message, fix, self.rule))

    @property
    def failed(self) -> bool:
        """True when one of the findings is an error."""
        return any(refusal.code.startswith("E-") for refusal in self.refusals)

    def place(self, node: Node) -> Place:
        """Where a node was written."""
        return Place(self.file, node.line, node.column)

    def known(self, node: MapNode, names: Collection[str], where: str, code: str = "E-unknown-field") -> None:
        """Refuse keys that are not among the names, with the nearest one."""
        for key, _ in node.pairs:
            if key.value not in names:
                self.unknown(key, names, where, code)

    def unknown(
        self, key: TextNode, names: Collection[str], where: str, code: str = "E-unknown-field"
    ) -> None:
        """Refuse one key, with the place where it belongs or the nearest known name."""
        near = nearest(key.value, names)
        some = ", ".join(sorted(names)[:12])
        fix = f"Did you mean {near}?" if near else f"Known here: {some}{', ..' if len(names) > 12 else '.'}"
        below = _BELOW.get(key.value, "") if where == "a rule" else ""
        self.refuse(key, code, f"{where} has no field {key.value!r}", f"Write it {below}." if below else fix)

    def is_unquoted(self, node: MapNode, names: Collection[str], what: str) -> bool:
        """Refuse a text with `: ` in it, such as a line of a log, which YAML takes for a field; true then."""
        key, value = node.pairs[0] if len(node.pairs) == 1 else (None, None)
        if key is None or not isinstance(value, TextNode) or key.value in names or nearest(key.value, names):
            return False
        text = f"{key.value}: {value.value}".replace("'", "''").split("\n")[0]
        message = f"{what} is read as a field {key.value!r}, since YAML takes ': ' for one"
        self.refuse(key, "E-value", message, f"Put it in single quotes: '{text[:_SHOWN_CHARS]}'")
        return True

    def mapping(self, node: Node | None, what: str) -> MapNode | None:
        """A mapping, None when absent or refused."""
        if node is None or isinstance(node, MapNode):
            return node
        self.refuse(node, "E-value", f"{what} must be a mapping", f"Write the fields of {what} below it.")
        return None

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list, empty when absent or refused."""
        if node is None:
            return ()
        if isinstance(node, ListNode):
            return node.items
        self.refuse(node, "E-value", f"{what} must be a list", f"Write {what}: [..] or one '- ' line each.")
        return ()

    def text(self, node: Node | None, what: str, longest: int = _TEXT_MAX) -> str:
        """A text, '' when absent or refused."""
        if node is None:
            return ""
        if not isinstance(node, TextNode):
            self.refuse(node, "E-value", f"{what} must be a text", "Write one value after the colon.")
            return ""
        if len(node.value) > longest:
            message = f"{what} has {len(node.value)} characters, at most {longest} are taken"
            self.refuse(node, "E-value", message, "Make it shorter.")
            return ""
        return node.value

    def texts(self, node: Node | None, what: str, most: int = 1_000) -> tuple[str, ...]:
        """One text or a list of texts, none of them empty."""
        items: Sequence[Node] = (node,) if isinstance(node, TextNode) else self.items(node, what)
        if node is not None and len(items) > most:
            message = f"{what} has {len(items)} items, at most {most} are taken"
            self.refuse(node, "E-value", message, "Keep the ones that matter.")
            return ()
        found = []
        for item in items:
            text = self.text(item, f"an item of {what}")
            if not text.strip() and isinstance(item, TextNode):
                self.refuse(item, "E-value", f"an item of {what} is empty", "Write it, or remove it.")
            found.append(text)
        return tuple(found)

    def choice(self, node: Node | None, what: str, known: Sequence[Known], default: Known) -> Known:
        """One of the known words, or the number of its place among them where that is a digit."""
        text = self.text(node, what)
        if node is None or not text:
            self.blank(node, what)
            return default
        for word in known:
            if word == text:
                return word
        near = nearest(text, known)
        fix = f"Did you mean {near}?" if near else f"Write one of: {', '.join(known)}."
        self.refuse(node, "E-value", f"{what} is {text!r}", fix)
        return default

    def blank(self, node: Node | None, what: str) -> None:
        """Refuse a field that is there with nothing in it."""
        if isinstance(node, TextNode) and not node.value.strip():
            self.refuse(node, "E-value", f"{what} is empty", "Write a value, or remove the field.")

    def integer(self, node: Node | None, what: str, low: int, high: int, default: int) -> int:
        """A whole number within bounds, both included."""
        if node is None:
            return default
        text = self.text(node, what)
        if _INTEGER.search(text) and low <= int(text) <= high:
            return int(text)
        message = f"{what} must be a whole number from {low} to {high}"
        self.refuse(node, "E-value", message, f"Write digits, for example {low}.")
        return default

    def boolean(self, node: Node | None, what: str) -> bool:
        """`true` or `false`; other words for them are refused."""
        text = self.text(node, what)
        if node is not None and text not in ("true", "false"):
            self.refuse(
                node, "E-value", f"{what} must be true or false, not {text!r}", "Write true or false."
            )
        return text == "true"

    def duration(self, node: Node | None, what: str, *, signed: bool = False) -> float | None:
        """Seconds of a duration such as `5s`; None when absent or refused."""
        if node is None:
            return None
        found = seconds(self.text(node, what))
        if found is None or (found < 0 and not signed):
            self.refuse(node, "E-value", f"{what} is not a duration", "Write for example 30s, 5m or 1h30m.")
            return None
        return found
