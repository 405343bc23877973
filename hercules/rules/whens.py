"""Reads a rule's `when`: the conditions on the ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import re2

from hercules.rules import patterns, versions
from hercules.rules.nouns import Capture, Choice, Phrase, When
from hercules.rules.reading import Reader
from hercules.rules.terms import read_capture
from hercules.text import fold
from hercules.yamlfile import MapNode, Node, TextNode

WHEN_FIELDS = (
    "product",
    "version",
    "tags",
    "request_type",
    "desk",
    "language",
    "subject",
    "description",
    "text",
)
_PARTS = ("any", "all", "none")
Item = TypeVar("Item")


def read_when(reader: Reader, node: Node | None) -> When:
    """The conditions; those that were refused are left out, and with an error the rule is too."""
    table = reader.mapping(node, "when")
    if table is None:
        return When()
    reader.known(table, WHEN_FIELDS, "when")
    if not table.pairs:
        reader.refuse(table, "E-value", "when is empty", "Write a condition, or remove it.")
    return When(
        product=reader.texts(table.get("product"), "product"),
        desk=reader.texts(table.get("desk"), "desk"),
        request_type=reader.texts(table.get("request_type"), "request_type"),
        language=reader.texts(table.get("language"), "language"),
        version=_version(reader, table.get("version")),
        tags=_choice(reader, table.get("tags"), "tags", _tag),
        subject=_choice(reader, table.get("subject"), "subject", _phrase),
        description=_choice(reader, table.get("description"), "description", _phrase),
        text=_choice(reader, table.get("text"), "text", _phrase),
    )


def _version(reader: Reader, node: Node | None) -> str:
    text = reader.text(node, "version")
    if node is not None and not versions.is_range(text):
        fix = "Write for example '>=9.0 <9.4.2 || 10.x'."
        reader.refuse(node, "E-value", f"{text!r} is no version range", fix)
        return ""
    return text


def _choice(
    reader: Reader, node: Node | None, what: str, read: Callable[[Reader, Node], Item | None]
) -> Choice[Item] | None:
    if node is None:
        return None
    if not isinstance(node, MapNode):
        return Choice(any=_items(reader, node, what, read))
    reader.known(node, _PARTS, what)
    if not node.pairs:
        reader.refuse(node, "E-value", f"{what} is empty", "Write any, all or none below it.")
    parts = {part: _items(reader, node.get(part), f"{what}.{part}", read) for part in _PARTS}
    return Choice(parts["any"], parts["all"], parts["none"])


def _items(
    reader: Reader, node: Node | None, what: str, read: Callable[[Reader, Node], Item | None]
) -> tuple[Item, ...]:
    nodes = (node,) if isinstance(node, TextNode) else reader.items(node, what)
    if node is not None and not nodes:
        reader.refuse(node, "E-value", f"{what} is empty", "Write a value, or remove it.")
    found = [read(reader, item) for item in nodes]
    return tuple(item for item in found if item is not None)


def _tag(reader: Reader, node: Node) -> str | None:
    text = reader.text(node, "a tag")
    if not text.strip():
        reader.blank(node, "a tag")
        return None
    return text


def _phrase(reader: Reader, node: Node) -> Phrase | None:
    if isinstance(node, TextNode):
        words = fold(node.value)
        if not words:
            reader.refuse(node, "E-empty-pattern", "the phrase is empty", "Write the words to look for.")
            return None
        if patterns.looks_like_regex(node.value):
            fix = "Write {regex: '..'} for a pattern."
            reader.refuse(node, "E-looks-like-regex", "a phrase that looks like a pattern", fix)
        return Phrase("phrase", words)
    table = reader.mapping(node, "a phrase")
    if table is None:
        return None
    reader.known(table, ("regex", "extract"), "a phrase")
    return _pattern(reader, table)


def _pattern(reader: Reader, table: MapNode) -> Phrase | None:
    node = table.get("regex")
    pattern = reader.text(node, "regex")
    if not isinstance(node, TextNode):
        reader.refuse(table, "E-term", "a phrase is words or {regex: ..}", "Write regex: here.")
        return None
    found = patterns.problem(pattern)
    if found is not None:
        reader.refuse(node, found.code, found.message, found.fix, found.offset)
        return None
    own = tuple(str(name) for name in _compiled(pattern).groupindex)
    captures = {name: Capture(name, "") for name in own}
    for item in reader.items(table.get("extract"), "extract"):
        capture = read_capture(reader, item, own, of_event=False)
        if capture is not None:
            captures[capture.name] = capture
    return Phrase("regex", pattern, tuple(captures.values()))


def _compiled(pattern: str) -> re2._Regexp:
    return patterns.compile_text(pattern)
