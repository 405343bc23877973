"""Required literals of jq queries: what the text of an event must hold for a query to be true.

JSON that escapes plain letters (`\\u0041`) is not found; no logger writes it.
"""

from __future__ import annotations

from hercules.rules import jqnodes as nodes
from hercules.rules.jqnodes import Part
from hercules.rules.literals import Alternatives, better, in_regex, useful

_ESCAPED = frozenset('"\\/')


def needed(part: Part) -> Alternatives | None:
    """Literals of which one is in the text of every value for which `part` has a true output."""
    if isinstance(part, nodes.Compare):
        return _compared(part)
    if isinstance(part, nodes.Logic):
        left, right = needed(part.left), needed(part.right)
        return better(left, right) if part.is_and else _either(left, right)
    if isinstance(part, nodes.Quantifier):
        return needed(part.condition) if part.is_any else None
    if isinstance(part, nodes.Matches):
        return _plain(in_regex(part.pattern))
    if isinstance(part, nodes.Call):
        return _called(part)
    return _joined(part, of_true=True) if isinstance(part, _JOINS) else present(part)


def present(part: Part) -> Alternatives | None:
    """Literals of which one is in the text of every value for which `part` has an output that is not null."""
    if isinstance(part, nodes.At):
        below = present(part.base)
        own = _quoted(part.key) if isinstance(part.key, str) and _is_verbatim(part.base) else None
        return better(own, below)
    if isinstance(part, nodes.Each):
        return present(part.base)
    return _joined(part, of_true=False) if isinstance(part, _JOINS) else None


_JOINS = (nodes.Try, nodes.Pipe, nodes.Both, nodes.Else, nodes.Select)


def _joined(part: Part, *, of_true: bool) -> Alternatives | None:
    """What the parts that only pass values on need, for a true output or for one that is not null."""
    wanted = needed if of_true else present
    if isinstance(part, nodes.Try):
        return wanted(part.base)
    if isinstance(part, nodes.Pipe):
        after = wanted(part.right) if _is_verbatim(part.left) else None
        return better(after, _gives(part.left))
    if isinstance(part, nodes.Both | nodes.Else):
        return _either(wanted(part.left), wanted(part.right))
    return needed(part.condition) if isinstance(part, nodes.Select) else None


def _gives(part: Part) -> Alternatives | None:
    """What must be there for any output at all."""
    if isinstance(part, nodes.Select):
        return needed(part.condition)
    if isinstance(part, nodes.Each):
        return better(present(part.base), _gives(part.base))
    if isinstance(part, nodes.At | nodes.Try):
        return _gives(part.base)
    if isinstance(part, nodes.Pipe):
        return better(_gives(part.left), _gives(part.right) if _is_verbatim(part.left) else None)
    if isinstance(part, nodes.Both):
        return _either(_gives(part.left), _gives(part.right))
    return None


def _is_verbatim(part: Part) -> bool:
    """True when every output stands in the event as it is."""
    if isinstance(part, nodes.Same):
        return True
    if isinstance(part, nodes.At | nodes.Each | nodes.Try):
        return _is_verbatim(part.base)
    if isinstance(part, nodes.Pipe | nodes.Both | nodes.Else):
        return _is_verbatim(part.left) and _is_verbatim(part.right)
    return isinstance(part, nodes.Select)


def _compared(part: nodes.Compare) -> Alternatives | None:
    one, other, sign = part.left, part.right, part.sign
    if isinstance(one, nodes.Constant):
        one, other = other, one
        sign = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
    if not isinstance(other, nodes.Constant):
        return better(_gives(one), _gives(other))
    is_null = other.value is None
    if sign == "!=" and not is_null:
        return _gives(one)
    if (sign == "==" and is_null) or sign in ("<", "<=") or (sign == ">=" and is_null):
        return _gives(one)
    if sign == "==" and isinstance(other.value, str) and _is_verbatim(one):
        own = _quoted(other.value)
        return own if useful(own) else present(one)  # keys are in every record, values in few
    return present(one)


def _called(part: nodes.Call) -> Alternatives | None:
    given = part.argument.value if isinstance(part.argument, nodes.Constant) else None
    if not isinstance(given, str):
        return None
    if part.name == "has":
        return _quoted(given)
    return _plain(frozenset({(given, False)})) if given else None


def _quoted(text: str) -> Alternatives | None:
    """A string or key as JSON writes it, None when it may be written in another way."""
    found = _plain(frozenset({(text, False)}))
    return None if found is None else frozenset((f'"{one}"', caseless) for one, caseless in found)


def _plain(found: Alternatives | None) -> Alternatives | None:
    """Only what JSON writes as it is."""
    if found is None or not all(_is_plain(text) for text, _ in found):
        return None
    return found


def _is_plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and not set(text) & _ESCAPED


def _either(one: Alternatives | None, other: Alternatives | None) -> Alternatives | None:
    if one is None or other is None or not useful(one) or not useful(other):
        return None
    return one | other
