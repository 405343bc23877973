"""A page as plain blocks: what is searched in it, and Markdown that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import re2

from hercules.kb.languages import language
from hercules.text import one_line

BlockKind = Literal["heading", "text", "item", "code"]
_MARKS = re2.compile(r"([\\`*_\[\]<>&|#~])")
_LINE_START = re2.compile(r"^(\d+)([.)])|^([-+=])")
_TICKS = re2.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of a level (1..6), a paragraph, a list item or row, or code as it was written."""

    kind: BlockKind
    text: str
    level: int = 0


@dataclass(slots=True)
class Cut:
    """A page taken apart, each part as lines of plain text."""

    body: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    symptoms: list[str] = field(default_factory=list)
    exact: list[str] = field(default_factory=list)


def take_apart(blocks: Iterable[Block], tag: str) -> Cut:
    """The parts of a page: what stands below a heading that means symptoms in this language is one."""
    cut = Cut()
    symptom_level = 0  # level of the heading that began the symptoms, 0 outside of them
    for block in blocks:
        if not block.text:
            continue
        cut.body.append(block.text)
        if block.kind == "code":
            cut.exact.append(block.text)
        if block.kind == "heading":
            cut.headings.append(block.text)
            symptom_level = _symptom_level(symptom_level, block.level, block.text, tag)
        elif symptom_level:
            cut.symptoms.append(block.text)
    return cut


def _symptom_level(current: int, level: int, heading: str, tag: str) -> int:
    first = heading.casefold().replace(":", " ").split()[:1]
    if first and first[0] in language(tag).symptom_headings:
        return level
    return current if current and level > current else 0


def by_line(text: str) -> list[Block]:
    """Cleaned text of any form, each line a block: headings and fenced code are known, all else is plain."""
    blocks: list[Block] = []
    fence: list[str] | None = None
    for line in text.split("\n"):
        if line.lstrip(" ").startswith(("```", "~~~")):
            if fence is not None:
                blocks.append(Block("code", "\n".join(fence)))
            fence = [] if fence is None else None
        elif fence is not None:
            fence.append(line)
        else:
            blocks.append(_line(line))
    if fence:
        blocks.append(Block("code", "\n".join(fence)))
    return blocks


def _line(line: str) -> Block:
    marks = len(line) - len(line.lstrip("#"))
    if 1 <= marks <= 6 and line[marks : marks + 1] == " ":
        return Block("heading", " ".join(line[marks:].rstrip("# ").split()), marks)
    return Block("text", " ".join(line.split()))


def to_markdown(blocks: Iterable[Block]) -> str:
    """CommonMark that shows these blocks and nothing else: no mark in their text means anything."""
    return "\n\n".join(_shown(block) for block in blocks if block.text) + "\n"


def _shown(block: Block) -> str:
    if block.kind == "code":
        longest = max((len(run) for run in _TICKS.findall(block.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}\n{block.text}\n{fence}"
    text = _LINE_START.sub(r"\1\\\2\3", _MARKS.sub(r"\\\1", one_line(block.text)))
    if block.kind == "heading":
        return f"{'#' * min(max(block.level, 1), 6)} {text}"
    return f"- {text}" if block.kind == "item" else text
