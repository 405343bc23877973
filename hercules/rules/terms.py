"""Reads the pattern part of a rule: sets, sequences, their terms, negations, windows and captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import re2

from hercules.rules import jq, patterns
from hercules.rules.nouns import Capture, CaptureType, Negate, NodeKind, Place, Term, TermKind
from hercules.rules.nouns import Node as PatternNode
from hercules.rules.reading import Reader
from hercules.yamlfile import MapNode, Node, TextNode

CAPTURE_TYPES: tuple[CaptureType, ...] = ("text", "class", "code", "version", "number")
_TERM_FIELDS = ("value", "regex", "jq", "field", "count", "extract", "set", "sequence", "event", "promql")
_NEGATE_FIELDS = (*_TERM_FIELDS, "window", "slide", "anchor", "absolute")
_NODE_FIELDS: dict[NodeKind, tuple[str, ...]] = {
    "set": ("window", "event", "match", "negate", "correlations"),
    "sequence": ("window", "event", "order", "negate", "correlations"),
}
_OF_THE_TERM = ("count", "field", "extract")
_NOT_RUN = ("set", "sequence", "promql")
TERM_KINDS: tuple[TermKind, ...] = ("value", "regex", "jq")
_FIELD_MAX = 200
_COUNT_MAX = 10_000
_TERMS_MAX = 64
_NAME = re2.compile(r"^[A-Za-z][A-Za-z0-9_]{0,31}$")
_WHOLE_FILE = "file"


def read_terms(reader: Reader, node: Node | None) -> dict[str, Term]:
    """Terms by name, for use in patterns below."""
    table = reader.mapping(node, "terms")
    named: dict[str, Term] = {}
    for key, value in table.pairs if table else ():
        term = _term(reader, value, {}, _TERM_FIELDS)
        if term is not None:
            named[key.value] = term
    return named


def read_node(reader: Reader, kind: NodeKind, node: Node, named: Mapping[str, Term]) -> PatternNode | None:
    """A `set` or `sequence`; None when it was refused or is of a kind that is not run."""
    table = reader.mapping(node, kind)
    if table is None:
        return None
    reader.known(table, _NODE_FIELDS[kind], kind)
    if (extra := table.key("correlations")) is not None:
        _not_run(reader, extra, "correlations are")
    positives = _positives(reader, kind, table, named)
    negates = tuple(
        found
        for item in reader.items(table.get("negate"), "negate")
        if (found := _negate(reader, item, named)) is not None
    )
    if reader.failed:
        return None
    made = PatternNode(kind, positives, reader.place(table), negates, source=_source(reader, table))
    return _checked(reader, table, _with_window(reader, table, made))


def _positives(reader: Reader, kind: NodeKind, table: MapNode, named: Mapping[str, Term]) -> tuple[Term, ...]:
    part = "match" if kind == "set" else "order"
    items = reader.items(table.get(part), part)
    terms = [_term(reader, item, named, _TERM_FIELDS) for item in items]
    if not items:
        reader.refuse(table, "E-no-positive", f"{kind} has nothing under {part}", "Add a term to look for.")
    return tuple(term for term in terms if term is not None)


def _with_window(reader: Reader, table: MapNode, made: PatternNode) -> PatternNode:
    node = table.get("window")
    if isinstance(node, TextNode) and node.value == _WHOLE_FILE:
        return made
    window_s = reader.duration(node, "window")
    two = made.expanded >= 2
    if made.kind == "sequence" and not two:
        fix = "Add the next step, or write a set."
        reader.refuse(table, "E-window", "a sequence needs two events at least", fix)
    elif two and node is None:
        fix = "Write window: 5m, or window: file for anywhere in the same file."
        reader.refuse(table, "E-window", f"a {made.kind} of {made.expanded} events needs a window", fix)
    elif not two and node is not None:
        fix = "Remove it; or add a second term or a count."
        reader.refuse(node, "E-window", "a window over one single event means nothing", fix)
    return replace(made, window_s=window_s)


def _checked(reader: Reader, table: MapNode, made: PatternNode) -> PatternNode | None:
    if len(made.terms) > _TERMS_MAX:
        fix = "Write fewer terms, or one regex with alternatives."
        reader.refuse(table, "E-value", f"{len(made.terms)} terms, at most {_TERMS_MAX} are taken", fix)
    for negate in made.negates:
        if negate.anchor >= made.expanded:
            message = f"anchor {negate.anchor} names no event; a frame has {made.expanded}, counted from 0"
            reader.refuse(_at(negate.term.place), "E-anchor", message, "Write a smaller anchor.")
    return None if reader.failed else made


def _at(place: Place) -> TextNode:
    return TextNode("", "plain", place.line, place.column)


def _source(reader: Reader, table: MapNode) -> str:
    event = reader.mapping(table.get("event"), "event")
    if event is None:
        return ""
    reader.known(event, ("source", "origin"), "event")
    return reader.text(event.get("source"), "source")


def _not_run(reader: Reader, node: Node, what: str) -> None:
    fix = "The rule is left out; write it without them."
    reader.refuse(node, "W-not-run", f"{what} read but not run", fix)


def _negate(reader: Reader, node: Node, named: Mapping[str, Term]) -> Negate | None:
    term = _term(reader, node, named, _NEGATE_FIELDS)
    if term is None:
        return None
    if term.count > 1:
        reader.refuse(node, "E-negate-count", "a negate term takes no count", "Remove it.")
    if isinstance(node, MapNode) and node.get("extract") is not None:
        reader.refuse(node, "E-negate-extract", "a negate term takes no extract", "Remove it.")
    term = replace(term, captures=())
    if not isinstance(node, MapNode):
        return Negate(term)
    return Negate(
        term,
        anchor=reader.integer(node.get("anchor"), "anchor", 0, _COUNT_MAX, 0),
        window_s=reader.duration(node.get("window"), "window"),
        slide_s=reader.duration(node.get("slide"), "slide", signed=True) or 0.0,
        absolute=reader.boolean(node.get("absolute"), "absolute"),
    )


def _term(reader: Reader, node: Node, named: Mapping[str, Term], fields: tuple[str, ...]) -> Term | None:
    if isinstance(node, TextNode):
        return _reference(node, named) or _value(reader, node, bare=True)
    table = reader.mapping(node, "a term")
    if table is None or reader.is_unquoted(table, fields, "the term"):
        return None
    reader.known(table, fields, "a term")
    for key in table.keys():
        if key in _NOT_RUN:
            _not_run(reader, table.key(key) or table, f"{key} within a term is")
    if any(key in _NOT_RUN for key in table.keys()):
        return None
    return _written(reader, table, named)


def _reference(node: TextNode, named: Mapping[str, Term]) -> Term | None:
    return named.get(node.value)


def _written(reader: Reader, table: MapNode, named: Mapping[str, Term]) -> Term | None:
    kinds = [kind for kind in TERM_KINDS if table.get(kind) is not None]
    if len(kinds) != 1:
        fix = "Write value: for a literal, regex: for an RE2 pattern or jq: for a query."
        reader.refuse(table, "E-term", "a term has exactly one of value, regex and jq", fix)
        return None
    value = table.get("value")
    if isinstance(value, TextNode) and (found := _reference(value, named)) is not None:
        for key in filter(None, map(table.key, _OF_THE_TERM)):
            fix = f"Write it at {value.value} below terms, or take another term."
            reader.refuse(key, "W-reference", f"{key.value} beside the name of a term is not used", fix)
        return found
    term = _of_kind(reader, kinds[0], table.get(kinds[0]))
    if term is None:
        return None
    count = reader.integer(table.get("count"), "count", 1, _COUNT_MAX, 1)
    field = _field(reader, table, term)
    return replace(term, count=count, captures=_captures(reader, table, term), field=field)


def _of_kind(reader: Reader, kind: TermKind, node: Node | None) -> Term | None:
    if kind == "jq":
        query = _jq(reader, node)
        return None if query is None or node is None else Term("jq", query, reader.place(node))
    return _regex(reader, node) if kind == "regex" else _value(reader, node, bare=False)


def _jq(reader: Reader, node: Node | None) -> str | None:
    """The text of a query of the subset."""
    text = reader.text(node, "jq", patterns.PATTERN_MAX)
    if not isinstance(node, TextNode) or (node.value and not text):
        return None
    if not text.strip():
        reader.refuse(node, "E-empty-pattern", "the query is empty", "Write what to look for.")
        return None
    try:
        jq.parse(text)
    except jq.JqRefused as refused:
        where = f"column {refused.offset + 1} of the query: "
        reader.refuse(node, "E-jq", where + str(refused), refused.fix, refused.offset)
        return None
    return text


def _field(reader: Reader, table: MapNode, term: Term) -> str:
    """The path of the value that the term is asked in, '' for the whole event."""
    node = table.get("field")
    text = reader.text(node, "field", _FIELD_MAX)
    if node is not None and (not text or not all(part.strip() for part in text.split("."))):
        reader.refuse(node, "E-value", f"{text!r} is no path of a field", "Write it as a.b.c.")
    if node is not None and term.kind == "jq":
        fix = "Name the path in the query itself."
        reader.refuse(node, "E-term", "field goes with value or regex, not with jq", fix)
    return text


def _value(reader: Reader, node: Node | None, *, bare: bool) -> Term | None:
    text = reader.text(node, "value", patterns.PATTERN_MAX)
    if not isinstance(node, TextNode) or (node.value and not text):
        return None
    if not text.strip():
        reader.refuse(node, "E-empty-pattern", "the literal is empty", "Write what to look for.")
        return None
    if text.endswith("\n"):
        fix = "Write the block with '|-', or the text in quotes on one line."
        reader.refuse(node, "E-trailing-newline", "the literal ends with a newline; no event does", fix)
        return None
    if patterns.looks_like_regex(text):
        code = "E-looks-like-regex" if bare else "W-looks-like-regex"
        fix = "Write regex: for a pattern, or value: when this very text is meant."
        reader.refuse(node, code, "a literal that looks like a pattern", fix)
    return Term("value", text, reader.place(node))


def _regex(reader: Reader, node: Node | None) -> Term | None:
    pattern = reader.text(node, "regex")
    if not isinstance(node, TextNode):
        return None
    if pattern.endswith("\n"):
        fix = "Write the block with '|-', or the pattern in single quotes on one line."
        reader.refuse(node, "E-trailing-newline", "the pattern ends with a newline; no event does", fix)
        return None
    found = patterns.problem(pattern)
    if found is not None:
        reader.refuse(node, found.code, found.message, found.fix, found.offset)
        return None
    return Term("regex", pattern, reader.place(node))


def _captures(reader: Reader, table: MapNode, term: Term) -> tuple[Capture, ...]:
    own = named_groups(term) if term.kind == "regex" else ()
    found = {name: Capture(name, "") for name in own}
    for item in reader.items(table.get("extract"), "extract"):
        capture = read_capture(reader, item, own)
        if capture is not None:
            found[capture.name] = capture
    return tuple(found.values())


def named_groups(term: Term) -> tuple[str, ...]:
    """The names of a pattern's named groups that can be used in a message."""
    names = patterns.compile_bytes(term.text).groupindex
    return tuple(name for key in names if _NAME.search(name := _text_of(key)))


def _text_of(name: str | bytes) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def read_capture(
    reader: Reader, node: Node, own: tuple[str, ...], *, of_event: bool = True
) -> Capture | None:
    """One item of `extract`; without a pattern it types the term's own named group of that name.

    `of_event` false: it is for a ticket's text, which no jq query can be asked of.
    """
    table = reader.mapping(node, "an item of extract")
    if table is None:
        return None
    reader.known(table, ("name", "regex", "jq", "type"), "extract")
    name = reader.text(table.get("name"), "name")
    if not _NAME.search(name):
        fix = "Write a letter, then letters, digits or _, 32 at most."
        reader.refuse(table.get("name") or table, "E-value", f"{name!r} is no name for a capture", fix)
        return None
    kind = reader.choice(table.get("type"), "type", CAPTURE_TYPES, "text") if table.get("type") else "text"
    regex, query = table.get("regex"), table.get("jq")
    if query is not None and (regex is not None or not of_event):
        message = f"both regex and jq capture {name!r}" if of_event else "a ticket's text is no JSON"
        reader.refuse(query, "E-term", message, "Keep the regex alone.")
        return None
    if query is not None:
        return Capture(name, _jq(reader, query) or "", kind, is_jq=True)
    if regex is None and name not in own:
        fix = f"Write regex: or jq: here, or name a group (?P<{name}>..) in the term's regex."
        reader.refuse(table, "E-term", f"nothing says how to capture {name!r}", fix)
        return None
    term = _regex(reader, regex) if regex is not None else None
    return Capture(name, term.text if term else "", kind)
