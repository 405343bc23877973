"""One encoder for each desk dialect: neutral blocks to text in which no stranger's words become markup."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import nh3
import re2

from hercules.model import Dialect
from hercules.text import clean, one_line

BREAK = "\u200b"
"""Zero-width space: put inside what a desk would take for a mention, a command or a template."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address; where the address is not http or https only the words remain."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Our own reference, letters, digits and hyphens: written unescaped, so that a desk's search finds it."""

    text: str


Inline = Text | Link | Mark


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words and links in a row."""

    parts: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each entry is words and links in a row."""

    entries: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """Quoted log lines, shown as they are."""

    lines: tuple[str, ...]


Block = Paragraph | Bullets | Log
_Parts = Sequence[Inline]
_Words = Callable[[str], str]
_Href = Callable[[str, str], str]


def encode(document: Sequence[Block], dialect: Dialect) -> str:
    """The document in the desk's dialect. Shown text is the cleaned source, but for zero-width spaces."""
    return ENCODERS[dialect]([block for block in map(_tidy, document) if block is not None])


def safe_url(url: str) -> str:
    """The address with all but plain characters percent-encoded, or '' when it is not http or https."""
    if any(ord(char) < 0x20 for char in url):
        return ""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return ""
        host = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
    except ValueError:
        return ""
    if not _HOST.fullmatch(host):
        return ""
    path = quote(parts.path, safe="/%:;=,.~-_$+&")
    query = "?" + quote(parts.query, safe="/%:;=,.~-_$+&?") if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe="/%:;=,.~-_$+&?") if parts.fragment else ""
    return f"{parts.scheme}://{host}{path}{query}{fragment}"


_MARK = re2.compile(r"[A-Za-z0-9-]+")
_HOST = re2.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def _tidy(block: Block) -> Block | None:
    """The block cleaned: inline text on one line, log lines without line ends, nothing empty."""
    if isinstance(block, Paragraph):
        parts = _tidy_parts(block.parts)
        return Paragraph(parts) if parts else None
    if isinstance(block, Bullets):
        entries = tuple(parts for parts in map(_tidy_parts, block.entries) if parts)
        return Bullets(entries) if entries else None
    lines = tuple(line for text in block.lines for line in clean(text).split("\n") if line.strip())
    return Log(lines) if lines else None


def _tidy_parts(parts: _Parts) -> tuple[Inline, ...]:
    found: list[Inline] = []
    for part in parts:
        words = clean(part.text).replace("\n", " ").replace("\t", " ")
        url = safe_url(part.url) if isinstance(part, Link) else ""
        if isinstance(part, Link) and url:
            found.append(Link(one_line(words) or url, url))
        elif isinstance(part, Mark) and _MARK.fullmatch(words):
            found.append(part)
        elif words:
            found.append(Text(words))
    return tuple(found) if any(part.text.strip() for part in found) else ()


def _join(parts: _Parts, words: _Words, href: _Href) -> str:
    found = []
    for part in parts:
        if isinstance(part, Link):
            found.append(href(part.text, part.url))
        else:
            found.append(part.text if isinstance(part, Mark) else words(part.text))
    return "".join(found)


# --- HTML ---------------------------------------------------------------------------------------------

_TAGS = {"p", "ul", "ol", "li", "a", "code", "pre", "strong", "em", "br"}


def _html(document: Sequence[Block]) -> str:
    """Escaped text between our own tags; the sanitiser behind it lets nothing but those through."""
    made = "\n".join(_html_block(block) for block in document)
    attributes = {"a": {"href"}}
    return nh3.clean(made, tags=_TAGS, attributes=attributes, url_schemes={"http", "https"}, link_rel=None)


def _html_block(block: Block) -> str:
    if isinstance(block, Log):
        return f"<pre>{_html_words(chr(10).join(block.lines))}</pre>"
    if isinstance(block, Bullets):
        entries = (f"<li>{_join(parts, _html_words, _html_link)}</li>" for parts in block.entries)
        return f"<ul>{''.join(entries)}</ul>"
    return f"<p>{_join(block.parts, _html_words, _html_link)}</p>"


def _html_words(words: str) -> str:
    """Escaped; what a desk might expand as a template is broken, since it does so after the HTML is read."""
    return html.escape(_broken(words, (_TEMPLATE,)))


def _html_link(words: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{_html_words(words)}</a>'


# --- Markdown -----------------------------------------------------------------------------------------

_PUNCTUATION = re2.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$])")
# Desks look for these after rendering, where a backslash is gone: mentions, references, emoji, addresses.
# Each has two groups: what is broken apart by a zero-width space.
_SIGIL = re2.compile(r"([@#!$%~&^])([\pL\pN_\"{\[])")
_NUMBERED = re2.compile(r"\b(GH-|gh-)([0-9])")
_EMOJI = re2.compile(r"(:)([A-Za-z0-9_+\-]+:)")
_TEMPLATE = re2.compile(r"(\{)([{%#])")
_SCHEME = re2.compile(r"(?i)\b([a-z]{3,6}:)(//)")
_BARE = re2.compile(r"(?i)\b(www)(\.)")
_REFERENCES = (_SIGIL, _NUMBERED, _EMOJI, _TEMPLATE, _SCHEME, _BARE)


def _broken(words: str, patterns: Sequence[re2._Regexp]) -> str:
    """The words with a zero-width space between the two groups of each match.

    The replacement is a function because re2 mangles a template that is not ASCII.
    """
    for pattern in patterns:
        for _ in range(2):  # matches may share a character: `{{{` is two of them
            words = pattern.sub(lambda found: found.group(1) + BREAK + found.group(2), words)
    return words


def _markdown(document: Sequence[Block]) -> str:
    return "\n\n".join(_markdown_block(block) for block in document)


def _markdown_block(block: Block) -> str:
    if isinstance(block, Log):
        return _fence(block.lines)
    if isinstance(block, Bullets):
        return "\n".join(f"- {_markdown_line(parts)}" for parts in block.entries)
    return _markdown_line(block.parts)


def _markdown_line(parts: _Parts) -> str:
    line = _join(parts, _markdown_words, _markdown_link).strip(" ")
    return BREAK + line if line.startswith("/") else line


def _markdown_words(words: str) -> str:
    return str(_PUNCTUATION.sub(r"\\\1", _broken(words, _REFERENCES)))


def _markdown_link(words: str, url: str) -> str:
    return f"[{_markdown_words(words)}]({url})"


def _fence(lines: Sequence[str]) -> str:
    """A fence longer than any run of backticks inside, so that no line can close it."""
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    inside = "\n".join(_broken(line, (_TEMPLATE,)) for line in lines)
    return f"{fence}text\n{inside}\n{fence}"


_TICKS = re2.compile("`+")


# --- wiki ---------------------------------------------------------------------------------------------

_WIKI = re2.compile(r"([&\\{}\[\]!*_\-+^~?|#()<>@:])")
_WIKI_START = re2.compile(r"^(\s*(?:h[1-6]|bq))\.")
_WIKI_MACRO = re2.compile(r"(?i)(\{)(noformat|code)")


def _wiki(document: Sequence[Block]) -> str:
    return "\n\n".join(_wiki_block(block) for block in document)


def _wiki_block(block: Block) -> str:
    if isinstance(block, Log):
        inside = "\n".join(_broken(line, (_WIKI_MACRO,)) for line in block.lines)
        return "{noformat}\n" + inside + "\n{noformat}"
    if isinstance(block, Bullets):
        return "\n".join(f"* {_join(parts, _wiki_words, _wiki_link)}" for parts in block.entries)
    return _join(block.parts, _wiki_words, _wiki_link)


def _wiki_words(words: str) -> str:
    """Every character that means something to the wiki as a numeric entity, which it shows as it is."""
    escaped = _WIKI.sub(lambda found: f"&#{ord(found.group())};", words)
    escaped = _BARE.sub(r"\1&#46;", escaped)
    return str(_WIKI_START.sub(r"\1&#46;", escaped))


def _wiki_link(words: str, url: str) -> str:
    return f"[{_wiki_words(words)}|{url}]"


# --- ADF ----------------------------------------------------------------------------------------------

_Node = dict[str, object]


def _adf(document: Sequence[Block]) -> str:
    """A tree of objects written as JSON: strings are never pasted, and no text node is empty."""
    tree = {"version": 1, "type": "doc", "content": [_adf_block(block) for block in document]}
    return json.dumps(tree, ensure_ascii=True, allow_nan=False)


def _adf_block(block: Block) -> _Node:
    if isinstance(block, Log):
        return {"type": "codeBlock", "content": [{"type": "text", "text": "\n".join(block.lines)}]}
    if isinstance(block, Bullets):
        items = [{"type": "listItem", "content": [_adf_line(parts)]} for parts in block.entries]
        return {"type": "bulletList", "content": items}
    return _adf_line(block.parts)


def _adf_line(parts: _Parts) -> _Node:
    return {"type": "paragraph", "content": [_adf_part(part) for part in parts]}


def _adf_part(part: Inline) -> _Node:
    node: _Node = {"type": "text", "text": part.text}
    if isinstance(part, Link):
        node["marks"] = [{"type": "link", "attrs": {"href": part.url}}]
    return node


# --- plain --------------------------------------------------------------------------------------------


def _plain(document: Sequence[Block]) -> str:
    return "\n\n".join(_plain_block(block) for block in document)


def _plain_block(block: Block) -> str:
    if isinstance(block, Log):
        return "\n".join("    " + _plain_words(line) for line in block.lines)
    if isinstance(block, Bullets):
        return "\n".join("- " + _plain_line(parts) for parts in block.entries)
    return _plain_line(block.parts)


def _plain_line(parts: _Parts) -> str:
    line = _join(parts, _plain_words, _plain_link)
    for part in parts:
        if isinstance(part, Link):
            line = line.replace(f"{part.url}  ", f"{part.url} ")
    return line.strip()


def _plain_words(words: str) -> str:
    return _broken(words, (_TEMPLATE,))


def _plain_link(words: str, url: str) -> str:
    """The address between spaces, so that no mail program takes punctuation for a part of it."""
    return f"{url} " if words == url else f"{_plain_words(words)}: {url} "


ENCODERS: Mapping[Dialect, Callable[[Sequence[Block]], str]] = {
    "adf": _adf,
    "wiki": _wiki,
    "html": _html,
    "markdown": _markdown,
    "plain": _plain,
}
