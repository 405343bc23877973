"""HTML and Confluence's storage form to blocks of plain text, in time that its size bounds."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field

import re2
from selectolax.lexbor import LexborHTMLParser, LexborNode

from hercules.kb.blocks import Block
from hercules.text import clean, one_line

TAGS_MAX = 400_000
DEPTH_MAX = 300
_FEW_TAGS = 20_000
_NAME_MAX = 64
_CLOSED_BY_OTHERS = frozenset(
    "area base br col dd dt embed hr img input li link meta option p source tbody td tfoot th thead tr track "
    "wbr".split()
)  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer header hr html main ol p section summary table tbody tfoot thead tr ul li ac:task "
    "ac:rich-text-body ac:layout ac:layout-section ac:layout-cell".split()
)
_WITHIN_ROW = frozenset("p div br li ul ol".split())
_UNSEEN = frozenset(
    "head nav footer aside script style template noscript iframe object svg math form button select textarea "
    "canvas audio video -comment ac:parameter ac:image ac:emoticon ac:placeholder ac:task-id ac:task-status "
    "ri:page ri:attachment ri:user ri:url".split()
)
_OUTSIDE_UNSEEN = _UNSEEN | {"header"}
_CODE = frozenset(("pre", "ac:plain-text-body"))
_KEPT_MACROS = frozenset(
    "code noformat panel info note tip warning expand excerpt section column details".split()
)
_SELF_CLOSED = re2.compile(r"<((?:ac|ri|at):[a-zA-Z-]+)((?:\s[^<>]*)?)/>")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


class TooNested(ValueError):
    """The page has more tags, or deeper ones, than a page for people has."""


@dataclass(slots=True)
class WebPage:
    """The blocks of a page with what its head tells; '' and () where it tells nothing."""

    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    language: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()


def read_html(source: str) -> WebPage:
    """The `main` or `article` of a page, else its body, without navigation and scripts. Raises TooNested."""
    parser = _parsed(source)
    page = WebPage()
    root = parser.css_first("main") or parser.css_first("article")
    unseen = _UNSEEN if root is not None else _OUTSIDE_UNSEEN
    root = root if root is not None else parser.body
    if root is not None:
        page.blocks = _Writer(unseen).read(root)
    _read_head(parser, page)
    return page


def read_storage(source: str) -> WebPage:
    """A page in storage form: the text of code, noformat and panels is kept, other macros are left out.

    Raises TooNested.
    """
    plain = _SELF_CLOSED.sub(r"<\1\2></\1>", _without_cdata(source))
    root = _parsed(plain).body
    return WebPage(_Writer(_UNSEEN).read(root) if root is not None else [])


def _read_head(parser: LexborHTMLParser, page: WebPage) -> None:
    title = parser.css_first("title")
    page.title = one_line(title.text()) if title is not None else ""
    root = parser.css_first("html")
    page.language = one_line((root.attributes.get("lang") if root is not None else "") or "")
    link = parser.css_first('link[rel="canonical"]')
    page.url = one_line((link.attributes.get("href") if link is not None else "") or "")
    words = parser.css_first('meta[name="keywords"]')
    named = ((words.attributes.get("content") if words is not None else "") or "").split(",")
    page.tags = tuple(word for word in (one_line(each) for each in named) if word)


# --- bounds -------------------------------------------------------------------------------------------


def _parsed(source: str) -> LexborHTMLParser:
    """A parser's time grows with the square of the nesting, which is therefore looked at before."""
    tags = source.count("<")
    if tags > TAGS_MAX:
        raise TooNested(f"the page has more than {TAGS_MAX} tags")
    if tags > _FEW_TAGS and _too_deep(source):
        raise TooNested(f"the tags of the page are nested deeper than {DEPTH_MAX}")
    return LexborHTMLParser(source.replace("\x00", ""))


def _too_deep(source: str) -> bool:
    """True when tags may be nested deeper than they should: those that end with others do not count."""
    opened: dict[str, int] = {}
    depth = 0
    for part in source.split("<"):
        closing = part.startswith("/")
        name = part[closing : closing + _NAME_MAX].partition(">")[0].partition("/")[0]
        name = name.split(None, 1)[0].casefold() if name[:1].isalpha() else ""
        if not name or name in _CLOSED_BY_OTHERS:
            continue
        if not closing:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
    return False


def _without_cdata(source: str) -> str:
    """Sections of plain text as escaped text: HTML knows no such sections."""
    parts, position = [], 0
    while (start := source.find(_CDATA, position)) >= 0:
        end = source.find(_CDATA_END, start)
        inside = source[start + len(_CDATA) : end if end >= 0 else len(source)]
        parts += [source[position:start], html.escape(inside)]
        position = end + len(_CDATA_END) if end >= 0 else len(source)
    return "".join(parts) + source[position:]


# --- text -----------------------------------------------------------------------------------------------


class _Writer:
    """Walks the tree without recursion and gathers text until something begins a new block."""

    def __init__(self, unseen: frozenset[str]) -> None:
        self._unseen = unseen
        self._blocks: list[Block] = []
        self._line: list[str] = []
        self._heading = self._rows = 0
        self._item = False

    def read(self, root: LexborNode) -> list[Block]:
        """The blocks below a node, in order."""
        stack: list[tuple[LexborNode, bool]] = [(root, True)]
        while stack:
            node, entering = stack.pop()
            if not entering:
                self._leave(node.tag or "")
            elif self._enter(node):
                stack.append((node, False))
                stack.extend((child, True) for child in reversed(list(_children(node))))
        self._end()
        return self._blocks

    def _enter(self, node: LexborNode) -> bool:
        """Take a node in; True when its children are to be looked at too."""
        tag = node.tag or ""
        if tag == "-text":
            self._line.append(node.text(deep=False))
            return False
        if tag in self._unseen or "hidden" in node.attributes:
            return False
        if tag == "ac:structured-macro":
            return self._macro(node)
        if tag in _CODE:
            self._end()
            self._blocks.append(Block("code", clean(node.text()).strip("\n")))
            return False
        self._break(tag)
        self._heading = _HEADINGS.get(tag, self._heading)
        self._item = self._item or tag in ("li", "tr")
        self._rows += tag == "tr"
        return True

    def _macro(self, node: LexborNode) -> bool:
        self._end()
        if (node.attributes.get("ac:name") or "").casefold() not in _KEPT_MACROS:
            return False
        for child in _children(node):
            if child.tag == "ac:parameter" and child.attributes.get("ac:name") == "title":
                self._blocks.append(Block("text", one_line(child.text())))
        return True

    def _leave(self, tag: str) -> None:
        self._rows -= tag == "tr"
        if tag in ("td", "th"):
            self._line.append(" | ")
        self._break(tag)
        if tag in _HEADINGS:
            self._heading = 0

    def _break(self, tag: str) -> None:
        """End the block where a tag does so; the paragraphs of a table's cell stay on its row."""
        if self._rows and tag in _WITHIN_ROW:
            self._line.append(" ")
        elif tag in _HEADINGS or tag in _BREAKS:
            self._end()

    def _end(self) -> None:
        """What was gathered becomes a block."""
        text = one_line("".join(self._line)).removesuffix("|").rstrip()
        self._line.clear()
        if not text:
            return
        if self._heading:
            self._blocks.append(Block("heading", text, self._heading))
        else:
            self._blocks.append(Block("item" if self._item else "text", text))
        self._item = False


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next
