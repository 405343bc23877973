"""Markup of a desk (HTML, Markdown, wiki, ADF) to plain text that keeps every line of a pasted log."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Literal, get_args

from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser, LexborNode

from hercules.desks.jsonbody import Json
from hercules.text import clean, whole

Markup = Literal["html", "markdown", "wiki", "adf", "plain"]
MARKUPS: tuple[str, ...] = get_args(Markup)
SOURCE_MAX_CHARS = 1 << 18
HTML_TAGS_MAX = 20_000

_BLOCKS = frozenset(
    "address article aside blockquote center dd details dialog div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_UNSEEN = frozenset(
    ("head", "script", "style", "template", "noscript", "iframe", "object", "svg", "-comment")
)
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_TAG = re.compile(r"<[^<>]*>")
_MANY_LINES = re.compile(r"\n{3,}")


def plain_text(value: Json, markup: Markup) -> str:
    """The visible text, cleaned, at most two line ends in a row; '' for a value that is no such markup.

    ADF is an object; a text given as ADF is taken as wiki, since one desk sends either in the same field.
    Of very long markup the first 256 Ki characters are read.
    """
    if isinstance(value, dict):
        return _tidy(_adf(value)) if markup == "adf" else ""
    if not isinstance(value, str):
        return ""
    if markup == "plain":
        return clean(value)
    source = whole(value[:SOURCE_MAX_CHARS])
    readers = {"html": _html, "markdown": _markdown, "wiki": _wiki, "adf": _wiki}
    return _tidy(readers[markup](source))


def _tidy(text: str) -> str:
    return _MANY_LINES.sub("\n\n", clean(text)).strip("\n")


# --- HTML -----------------------------------------------------------------------------------------


def _html(source: str) -> str:
    if source.count("<") > HTML_TAGS_MAX:  # a parser's time grows with the square of the nesting
        return html.unescape(_TAG.sub("\n", source))
    root = LexborHTMLParser(source.replace("\x00", "")).root
    if root is None:
        return ""
    out: list[str] = []
    for node, entering, in_pre in _steps(root):
        _write_node(out, node, entering, in_pre)
    return "".join(out)


def _steps(root: LexborNode) -> Iterator[tuple[LexborNode, bool, bool]]:
    """Every visible node on the way in and on the way out, without recursion: nesting has no limit here."""
    stack: list[tuple[LexborNode, bool, bool]] = [(root, True, False)]
    while stack:
        node, entering, in_pre = stack.pop()
        if entering and node.tag in _UNSEEN:
            continue
        yield node, entering, in_pre
        if entering:
            stack.append((node, False, in_pre))
            inside = in_pre or node.tag in ("pre", "textarea")
            children = list(_children(node))
            stack.extend((child, True, inside) for child in reversed(children))


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _write_node(out: list[str], node: LexborNode, entering: bool, in_pre: bool) -> None:
    tag = node.tag or ""
    if tag == "-text":
        if entering:
            _write_text(out, node.text(deep=False), in_pre)
    elif tag == "br":
        if entering:
            out.append("\n")
    elif tag in _BLOCKS:
        _end_line(out)
        if tag == "p" and not entering:
            out.append("\n")
    elif tag in ("td", "th") and not entering:
        out.append("\t")


def _write_text(out: list[str], text: str, in_pre: bool) -> None:
    if in_pre:
        out.append(text)
        return
    flat = _SPACES.sub(" ", text)
    if flat.startswith(" ") and (not out or out[-1].endswith((" ", "\n", "\t"))):
        flat = flat[1:]
    if flat:
        out.append(flat)


def _end_line(out: list[str]) -> None:
    if out and not out[-1].endswith("\n"):
        out.append("\n")


# --- Markdown -------------------------------------------------------------------------------------


def _markdown(source: str) -> str:
    """HTML stays as text: `<init>` in a stack trace is no tag."""
    out: list[str] = []
    for token in MarkdownIt("commonmark", {"html": False}).parse(source):
        if token.type == "inline":
            out.append("".join(_inline(token.children or [])))
            out.append("\n")
        elif token.type in ("fence", "code_block"):
            out.append(token.content)
        elif token.type == "paragraph_close" and not token.hidden:
            out.append("\n")
    return "".join(out)


def _inline(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif token.type != "image":
            yield token.content
        else:
            yield "".join(_inline(token.children or []))


# --- wiki -----------------------------------------------------------------------------------------

_VERBATIM = re.compile(r"(?<!\{)\{(noformat|code)(?::[^{}\n]{0,200})?\}(?!\})")
_WIKI_TAG = re.compile(r"\{(?:quote|panel|color|expand|anchor|status)(?::[^{}\n]{0,200})?\}")
_WIKI_LINE = re.compile(r"^(?:h[1-6]\.|bq\.|[*#]{1,6}(?=\s)) ?", re.MULTILINE)
_WIKI_LINK = re.compile(r"\[([^\[\]|\n]{1,500})\|[^\[\]\n]{1,2000}\]")
_WIKI_ESCAPE = re.compile(r"\\([\[\]{}!*_+^~?|#-])")


def _wiki(source: str) -> str:
    """What stands in `{noformat}` or `{code}` is kept as it is; around it the common marks are taken away."""
    out: list[str] = []
    position = 0
    while opening := _VERBATIM.search(source, position):
        out.append(_wiki_prose(source[position : opening.start()]))
        closing = source.find("{" + opening[1] + "}", opening.end())
        end = len(source) if closing < 0 else closing
        out.append("\n" + source[opening.end() : end].strip("\r\n") + "\n")
        position = min(end + len(opening[1]) + 2, len(source))
    return "".join(out) + _wiki_prose(source[position:])


def _wiki_prose(text: str) -> str:
    text = _WIKI_LINE.sub("", _WIKI_TAG.sub("", text))
    text = _WIKI_LINK.sub(r"\1", text).replace("{{", "").replace("}}", "")
    return _WIKI_ESCAPE.sub(r"\1", text)


# --- ADF ------------------------------------------------------------------------------------------

_ADF_BLOCKS = frozenset(
    "paragraph heading codeBlock blockquote listItem bulletList orderedList panel rule table tableRow "
    "mediaSingle mediaGroup expand taskItem decisionItem".split()
)


def _adf(document: dict[str, Json]) -> str:
    out: list[str] = []
    stack: list[Json] = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, dict):
            stack.extend(reversed(_adf_parts(node, out)))
    return "".join(out)


def _adf_parts(node: dict[str, Json], out: list[str]) -> list[Json]:
    """What a node shows, in order: texts and further nodes."""
    told = node.get("type")
    kind = told if isinstance(told, str) else ""
    if kind == "text":
        return [node.get("text")]
    if kind == "hardBreak":
        return ["\n"]
    content = node.get("content")
    if isinstance(content, list):
        if kind in _ADF_BLOCKS:
            _end_line(out)
            return [*content, "\n"]
        return [*content, "\t"] if kind in ("tableCell", "tableHeader") else list(content)
    attributes = node.get("attrs")
    if not isinstance(attributes, dict):
        return []
    names = ("text", "shortName", "url")
    return [next((shown for name in names if isinstance(shown := attributes.get(name), str)), "")]
