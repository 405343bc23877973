"""Lint that needs a whole rule or all of them: slots, promises, weak literals, cycles, unknown ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hercules.model import Refusal
from hercules.rules import literals
from hercules.rules.factors import factors as factors
from hercules.rules.nouns import Rule, Term
from hercules.rules.reading import Reader, nearest
from hercules.rules.writing import DRAFT_TEXTS, DRAFT_TITLE
from hercules.text import fold
from hercules.yamlfile import ListNode, MapNode, Node, TextNode

REPLY_TYPES = frozenset({"class", "code", "version", "number"})
BUILT_IN_SLOTS = frozenset({"product", "version", "fixed_in", "count"})
_PROMISES = ("this is the cause", "the fix is", "will solve", "will fix", "guaranteed")
_PHRASE = "these answers might be helpful"
_REACHES = ("window", "slide", "anchor", "absolute")


# --- message slots ----------------------------------------------------------------------------------


def slots(message: str) -> tuple[tuple[str, bool], ...] | None:
    """A message cut into texts and slot names: (text, False) or (name, True); None when braces do not pair.

    `{{` and `}}` are literal braces.
    """
    found: list[tuple[str, bool]] = []
    text, rest = "", message
    while rest:
        char = rest[0]
        if rest[:2] in ("{{", "}}"):
            text, rest = text + char, rest[2:]
        elif char == "{":
            name, closed, after = rest[1:].partition("}")
            if not closed:
                return None
            found += [(text, False), (name, True)]
            text, rest = "", after
        elif char == "}":
            return None
        else:
            text, rest = text + char, rest[1:]
    return (*found, (text, False))


def capture_types(rule: Rule) -> dict[str, str]:
    """The type of each capture of a rule by name."""
    terms = rule.node.positives if rule.node else ()
    captures = [capture for term in terms for capture in term.captures]
    for choice in (rule.when.subject, rule.when.description, rule.when.text):
        phrases = (*choice.any, *choice.all) if choice else ()
        captures += [capture for phrase in phrases for capture in phrase.captures]
    return {capture.name: capture.type for capture in captures}


def rule(reader: Reader, made: Rule, fields: Mapping[str, Node]) -> None:
    """Note what is wrong or weak in one rule."""
    answer = fields.get("answer")
    message = answer.get("message") if isinstance(answer, MapNode) else None
    if isinstance(message, TextNode):
        _message(reader, made, message)
    _placeholders(reader, fields)
    if made.node is not None and not reader.failed:
        _short_negates(reader, made, fields[made.node.kind])
        for term in made.node.terms:
            _no_literal(reader, term)
        _short(reader, made)


def _message(reader: Reader, made: Rule, node: TextNode) -> None:
    cut = slots(made.answer.message)
    if cut is None:
        fix = "Write {name} for a slot and {{ or }} for a brace."
        reader.refuse(node, "E-slot", "the braces of the message do not pair", fix)
        return
    types = capture_types(made)
    fitting = sorted(BUILT_IN_SLOTS | {name for name, kind in types.items() if kind in REPLY_TYPES})
    for name, is_slot in cut:
        if not is_slot or name in fitting:
            continue
        message = f"slot {{{name}}} has no capture"
        named = f"Capture it by a group (?P<{name}>..) in a regex. " if name.isidentifier() else ""
        fix = f"{named}Known here: {', '.join(fitting)}."
        if name in types:
            message = f"capture {name} is of type {types[name]}, which only engineers see"
            fix = f"Give it one of the types {', '.join(sorted(REPLY_TYPES))}."
        elif near := nearest(name, fitting):
            fix = f"Did you mean {near}?"
        reader.refuse(node, "E-slot", message, fix)
    folded = fold(made.answer.message)
    for promise in (*_PROMISES, _PHRASE):
        if promise in folded:
            fix = "Say what the log shows; what helps is the article's part."
            reader.refuse(node, "W-verdict", f"the message says {promise!r}", fix)


def _placeholders(reader: Reader, fields: Mapping[str, Node]) -> None:
    """Warn of texts that a draft was written with and that nobody has replaced."""
    for name, text in (("title", DRAFT_TITLE), *DRAFT_TEXTS.items()):
        node = fields.get(name)
        same = isinstance(node, TextNode) and (
            node.value.startswith(text) if name == "title" else node.value == text
        )
        if node is not None and same:
            fix = "Write one of your own." if name == "title" else "Write it, or remove the field."
            reader.refuse(node, "W-placeholder", f"the {name} is still that of the draft", fix)


def _short_negates(reader: Reader, made: Rule, written: Node) -> None:
    """Warn of negations that say nothing of where they look, in a frame of several events."""
    listed = written.get("negate") if isinstance(written, MapNode) else None
    for node in listed.items if isinstance(listed, ListNode) else ():
        said = isinstance(node, MapNode) and any(node.get(name) is not None for name in _REACHES)
        if made.node is not None and made.node.expanded > 1 and not said:
            message = "a negate without a window covers only lines between the first and the last event"
            fix = "Write {value: .., window: 5m} to look that long after the last one too, or anchor: 0."
            reader.refuse(node, "W-negate-window", message, fix)


# --- literals ---------------------------------------------------------------------------------------


def _where(term: Term) -> TextNode:
    return TextNode("", "plain", term.place.line, term.place.column)


def _no_literal(reader: Reader, term: Term) -> None:
    found = factors(term)
    if found is None or min(len(literal.text) for literal in found) < 4:
        fix = "Add a word of four letters or more that every match holds."
        slow = "so every event is asked" if found is None else "so it is found too often"
        message = f"no literal of 4 bytes is in every match, {slow}"
        reader.refuse(_where(term), "W-no-literal", message, fix)


def _short(reader: Reader, made: Rule) -> None:
    """Warn when nothing that a rule asks for is telling."""
    positives = made.node.positives if made.node else ()
    found = [factors(term) for term in positives]
    weak = [one for one in found if one is not None and any(map(literals.is_weak, one))]
    if found and len(weak) == len(found):
        text = weak[0][0].text.decode("utf-8", "replace")
        fix = "Take more of the line; short or common words fire on healthy logs."
        reader.refuse(_where(positives[0]), "W-short", f"{text!r} is all that the rule needs", fix)


# --- all rules together -----------------------------------------------------------------------------


def together(rules: Sequence[Rule]) -> tuple[list[Rule], list[Refusal]]:
    """The rules without those that supersede each other in a circle, and what is wrong between rules."""
    by_id = {made.id.lower(): made for made in rules}
    refusals = [refusal for made in rules for refusal in _unknown_ids(made, by_id)]
    circular = [made for made in rules if _reaches(made, made.id.lower(), by_id)]
    for made in circular:
        message = f"{made.id} supersedes itself, by way of {', '.join(made.supersedes)}"
        refusals.append(_refusal(made, "E-cycle", message, "Remove one of the supersedes."))
    gone = {made.id for made in circular}
    return [made for made in rules if made.id not in gone], refusals


def _unknown_ids(made: Rule, by_id: Mapping[str, Rule]) -> list[Refusal]:
    found = []
    for other in (*made.supersedes, *made.related):
        if other.lower() not in by_id:
            near = nearest(other.lower(), by_id)
            fix = f"Did you mean {near}?" if near else "Remove it."
            found.append(_refusal(made, "W-unknown-rule", f"there is no rule {other}", fix))
    return found


def _reaches(made: Rule, wanted: str, by_id: Mapping[str, Rule]) -> bool:
    waiting, seen = [name.lower() for name in made.supersedes], set[str]()
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen and name in by_id:
            seen.add(name)
            waiting += [other.lower() for other in by_id[name].supersedes]
    return False


def _refusal(made: Rule, code: str, message: str, fix: str) -> Refusal:
    return Refusal(made.file, made.line, made.place.column, code, message, fix, made.id)
