"""Writes rule files: one field a line, every text quoted so that it is read back as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = str | Sequence["Value"] | Mapping[str, "Value"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")

# What a draft says where its author has to: lint asks for better as long as it stands there.
DRAFT_TITLE = "The log says: "
DRAFT_TEXTS: Mapping[str, str] = {
    "description": "What the program was doing when it wrote this line.",
    "cause": "Why it happens.",
    "impact": "What users notice.",
    "mitigation": "What helps.",
}
DRAFT_SYMPTOMS = "What users notice."
DRAFT_CAUSE = "Why it happens."
DRAFT_STEPS = "1. What to do, step by step."
DRAFT_CHECK = "How to see that it is over."
DRAFT_ARTICLE = (DRAFT_SYMPTOMS, DRAFT_CAUSE, DRAFT_STEPS, DRAFT_CHECK)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written: its path below the folder it goes to, and its bytes."""

    path: tuple[str, ...]
    data: bytes


def scalar(text: str) -> str:
    """A text as one YAML scalar: plain where it is a word, else in single quotes, else with escapes."""
    if text and text[0].isalpha() and _PLAIN.issuperset(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65_536 else f"\\U{code:08x}"


def yaml_lines(fields: Mapping[str, Value], indent: str = "") -> list[str]:
    """A mapping as YAML in block style; empty texts, lists and mappings are left out."""
    lines = []
    for key, value in fields.items():
        if isinstance(value, str):
            lines += [f"{indent}{key}: {scalar(value)}"] if value else []
        elif isinstance(value, Mapping):
            below = yaml_lines(value, indent + "  ")
            lines += [f"{indent}{key}:", *below] if below else []
        elif value:
            lines += [f"{indent}{key}:", *_items(value, indent + "  ")]
    return lines


def _items(values: Sequence[Value], indent: str) -> list[str]:
    lines: list[str] = []
    for value in values:
        if isinstance(value, str):
            lines.append(f"{indent}- {scalar(value)}")
        elif isinstance(value, Mapping):
            below = yaml_lines(value, indent + "  ")
            lines += [f"{indent}- {below[0].strip()}", *below[1:]] if below else []
        else:
            lines += [f"{indent}-", *_items(value, indent + "  ")]
    return lines


def yaml_file(fields: Mapping[str, Value], comment: str = "") -> bytes:
    """A rule as the bytes of its file."""
    told = "".join(f"# {line}\n" for line in comment.splitlines())
    return (told + "\n".join(yaml_lines(fields)) + "\n").encode()
