"""The one YAML reader: parser events to nodes with line and column, where every scalar stays a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NoReturn, Protocol

import yaml

from hercules.model import HerculesError, Refusal

Style = Literal["plain", "single", "double", "literal", "folded"]
Plain = str | list["Plain"] | dict[str, "Plain"]

_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_REFUSALS_MAX = 20
_CODE = "E-yaml"


class YamlRefused(HerculesError):
    """A file that is not the YAML we take; `.refusals` names each place with what to write instead."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("\n".join(map(str, refusals)))
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar as written, never typed: `no` is "no" and `9.10` is "9.10". Line and column count from 1."""

    value: str
    style: Style
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence. Line and column count from 1."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping with its pairs in the order written; keys are unique texts. Line and column count from 1."""

    pairs: tuple[tuple[TextNode, Node], ...]
    line: int
    column: int

    def get(self, key: str) -> Node | None:
        """The value under a key, None when the key is not there."""
        return next((value for name, value in self.pairs if name.value == key), None)

    def key(self, key: str) -> TextNode | None:
        """The key itself, for its line and column."""
        return next((name for name, _ in self.pairs if name.value == key), None)

    def keys(self) -> tuple[str, ...]:
        """The names of all pairs, in the order written."""
        return tuple(name.value for name, _ in self.pairs)


Node = MapNode | ListNode | TextNode


def read_yaml(
    data: bytes, name: str, *, file_max: int = 256 << 10, depth_max: int = 20, nodes_max: int = 20_000
) -> Node:
    """The one document of a file. `file_max` counts bytes, `depth_max` nested levels, `nodes_max` all nodes.

    Raises YamlRefused, with up to 20 places, for: too large, not UTF-8, broken syntax, no or a second
    document, alias, anchor, tag, merge key, a key that is no text or comes twice, too deep, too many nodes.
    """
    build = _Build(name, depth_max, nodes_max)
    text = _text(build, data, file_max)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            build.take(event)
    except yaml.MarkedYAMLError as broken:
        build.stop(_at(broken.problem_mark or broken.context_mark), *_syntax(broken))
    except yaml.YAMLError as broken:
        build.stop(None, f"this is not YAML: {_one_line(str(broken))}", "Remove the character named.")
    if build.root is None and not build.refusals:
        build.stop(None, "the file holds no document", "Write the fields, or delete the file.")
    if build.refusals or build.root is None:
        raise YamlRefused(build.refusals)
    return build.root


def plain(node: Node) -> Plain:
    """The node as texts, lists and dicts, without lines."""
    if isinstance(node, TextNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key.value: plain(value) for key, value in node.pairs}


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order written."""
    yield node
    if isinstance(node, ListNode):
        for item in node.items:
            yield from walk(item)
    elif isinstance(node, MapNode):
        for _, value in node.pairs:
            yield from walk(value)


def _text(build: _Build, data: bytes, file_max: int) -> str:
    if len(data) > file_max:
        build.stop(
            None,
            f"the file has {len(data)} bytes, at most {file_max} are read",
            "Split it into several files.",
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
        build.stop(None, "the file is UTF-16 or UTF-32", "Save it as UTF-8.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as broken:
        before = data[: broken.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        build.stop(_Mark(line - 1, column - 1), "a byte here is not UTF-8", "Save the file as UTF-8.")


def _syntax(broken: yaml.MarkedYAMLError) -> tuple[str, str]:
    problem = _one_line(broken.problem or broken.context or "it cannot be read")
    hint = "Put the value in single quotes, or mend the indentation."
    if "tab" in problem or "cannot start any token" in problem:
        hint = "Indent with spaces, not tabs; quote a value that starts with @, ` or %."
    if "mapping values are not allowed" in problem:
        hint = "Put a value that holds ': ' in single quotes."
    return f"this is not YAML: {problem}", hint


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place counted from 0, as the parser does."""

    line: int
    column: int


class _Spot(Protocol):
    """What the parser's two kinds of marks have in common."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


def _at(mark: _Spot | None) -> _Mark:
    return _Mark(mark.line, mark.column) if mark is not None else _Mark(0, 0)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    line: int
    column: int
    is_map: bool
    items: list[Node] = field(default_factory=list)
    keys: dict[str, TextNode] = field(default_factory=dict)
    key: TextNode | None = None
    waits_for_value: bool = False


@dataclass(slots=True)
class _Build:
    """Takes parser events and grows the tree; what may be read on after is collected, the rest stops."""

    name: str
    depth_max: int
    nodes_max: int
    root: Node | None = None
    refusals: list[Refusal] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def refuse(self, mark: _Mark | None, message: str, fix: str) -> None:
        """Note a finding and read on, unless there are enough of them."""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.refusals.append(Refusal(self.name, line, column, _CODE, message, fix))
        if len(self.refusals) >= _REFUSALS_MAX:
            raise YamlRefused(self.refusals)

    def stop(self, mark: _Mark | None, message: str, fix: str) -> NoReturn:
        """Note a finding after which nothing more can be read. Raises YamlRefused always."""
        self.refuse(mark, message, fix)
        raise YamlRefused(self.refusals)

    def take(self, event: yaml.Event) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(_at(event.start_mark), "a second document starts here", "Use one file per document.")
        if event.tags:
            self.refuse(_at(event.start_mark), "tag directives are not read", "Remove the %TAG line.")

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark = _at(event.start_mark)
        self.refuse(mark, f"alias *{event.anchor} is not read", "Write the value out again.")
        self._put(TextNode("", "plain", mark.line + 1, mark.column + 1))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark = _at(event.start_mark)
        self._marks(mark, event.anchor, event.tag)
        style = _STYLES.get(event.style or "", "plain")
        self._put(TextNode(event.value, style, mark.line + 1, mark.column + 1))

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        mark = _at(event.start_mark)
        self._marks(mark, event.anchor, event.tag)
        if len(self.opened) >= self.depth_max:
            self.stop(mark, f"nested deeper than {self.depth_max} levels", "Make the structure flat.")
        is_map = isinstance(event, yaml.MappingStartEvent)
        if self.opened and self.opened[-1].is_map and not self.opened[-1].waits_for_value:
            self.stop(mark, "a key must be a text", "Write the key as a word; no '? ', no list or mapping.")
        self.opened.append(_Open(mark.line + 1, mark.column + 1, is_map))

    def _close(self) -> None:
        done = self.opened.pop()
        if done.is_map:
            pairs = tuple(zip(done.keys.values(), done.items, strict=True))
            self._put(MapNode(pairs, done.line, done.column))
        else:
            self._put(ListNode(tuple(done.items), done.line, done.column))

    def _marks(self, mark: _Mark, anchor: str | None, tag: str | None) -> None:
        if anchor is not None:
            self.refuse(mark, f"anchor &{anchor} is not read", "Remove it; write the values out.")
        if tag is not None:
            self.refuse(mark, f"tag {tag} is not read", "Remove it; every value is a text here.")

    def _put(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > self.nodes_max:
            self.stop(
                _Mark(node.line - 1, node.column - 1),
                f"more than {self.nodes_max} values",
                "Split it into several files.",
            )
        if not self.opened:
            self.root = node
            return
        top = self.opened[-1]
        if not top.is_map:
            top.items.append(node)
        elif top.waits_for_value:
            self._value(top, node)
        else:
            self._key(top, node)

    def _key(self, top: _Open, node: Node) -> None:
        assert isinstance(node, TextNode)  # collections as keys were stopped when they opened
        top.waits_for_value, top.key = True, node
        mark = _Mark(node.line - 1, node.column - 1)
        if node.value == "<<":
            self.refuse(mark, "merge key << is not read", "Write the fields out.")
        elif not node.value.strip():
            self.refuse(mark, "a key is empty", "Name the field before the colon.")
        elif node.value in top.keys:
            first = top.keys[node.value].line
            self.refuse(mark, f"key {node.value!r} was written in line {first} already", "Keep one of them.")

    def _value(self, top: _Open, node: Node) -> None:
        top.waits_for_value = False
        if top.key is not None and top.key.value not in top.keys:
            top.keys[top.key.value] = top.key
            top.items.append(node)
