"""Markdown with front matter to an Article, and an Article to safe HTML."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import get_args

import nh3
import re2
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hercules.kb.blocks import Block, by_line, take_apart
from hercules.model import Article, Audience, HerculesError, Refusal
from hercules.text import clean, one_line
from hercules.yamlfile import ListNode, MapNode, Node, TextNode, YamlRefused, read_yaml

ARTICLE_MAX_BYTES = 512 << 10
_TITLE_MAX, _VALUE_MAX, _KEY_MAX, _LIST_MAX = 300, 500, 200, 50
_COST_MAX_US, _MARKS = 1_000_000, "[]!*_~`<>&|\\"
_STATUSES = ("published", "draft", "archived")
_LISTS = ("tags", "versions")
_TEXTS = ("id", "title", "product", "url", "audience", "status", "updated", "language", "desk")
_FENCE = re2.compile(rb"^---[ \t]*\r?$")
_URL = re2.compile(r"^https?://[^\s<>\"']+$")
_KEY = re2.compile(r"^[\pL\pN][\pL\pN._/ -]*$")

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}


class ArticleRefused(HerculesError):
    """A page that is no article; `refusals` name the places."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(str(refusal) for refusal in self.refusals))


@dataclass(frozen=True, slots=True)
class _Front:
    """The checked front matter: texts and lists by name."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    updated_at: datetime | None


def read_markdown(name: str, data: bytes, source: str = "folder", tag: str = "en") -> Article:
    """The article in a Markdown file `name` (its path below the source's folder).

    Without front matter the id is the path without its ending, and the title the first heading; `tag` is the
    language of a page that names none. Raises ArticleRefused with one Refusal for each fault.
    """
    if len(data) > ARTICLE_MAX_BYTES:
        raise ArticleRefused([_refusal(name, 1, "E-SIZE", f"more than {ARTICLE_MAX_BYTES} bytes")])
    head, body = _split(name, data)
    front = _read_front(name, head)
    markdown = clean(_decoded(name, body))
    tag = front.texts.get("language") or tag
    return sealed(_article(name, front, markdown, source, tag))


def _article(name: str, front: _Front, markdown: str, source: str, tag: str) -> Article:
    texts = front.texts
    cut = take_apart(markdown_blocks(markdown), tag)
    title = texts.get("title") or (cut.headings[0] if cut.headings else "")
    if not title:
        fix = "Add `title:` to the front matter or begin the page with a heading."
        raise ArticleRefused([_refusal(name, 1, "E-TITLE", "the article has no title", fix)])
    audience: Audience = "internal" if texts.get("audience") == "internal" else "public"
    return Article(
        id=f"{source}:{texts.get('id') or name.removesuffix('.md')}",
        title=title,
        body="\n".join(cut.body),
        desk_id=texts.get("desk") or "*",
        source=source,
        headings="\n".join(cut.headings),
        symptoms="\n".join(cut.symptoms),
        exact="\n".join(cut.exact),
        markdown=markdown,
        url=texts.get("url", ""),
        product=texts.get("product", "").casefold(),
        versions=front.lists.get("versions", ()),
        tags=tuple(tag.casefold() for tag in front.lists.get("tags", ())),
        language=tag,
        audience=audience,
        status=texts.get("status") or "published",
        updated_at=front.updated_at,
    )


def sealed(article: Article) -> Article:
    """The article with its digest: SHA-256 (hex) over all other fields, in the order of their names."""
    values = {field.name: getattr(article, field.name) for field in fields(article) if field.name != "digest"}
    plain = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True)
    return replace(article, digest=hashlib.sha256(plain.encode()).hexdigest())


def is_url(text: str) -> bool:
    """True for a web address that may stand in a link."""
    return bool(_URL.match(text))


def to_html(article: Article) -> str:
    """The page as safe HTML: raw HTML is shown as text, only our own tags and schemes are left."""
    if costly(article.markdown):
        return f"<pre>{html.escape(article.markdown)}</pre>"
    return nh3.clean(
        str(_parser().render(article.markdown)),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


# --- front matter ---------------------------------------------------------------------------------


def _split(name: str, data: bytes) -> tuple[bytes, bytes]:
    """Front matter and the rest; the first has an empty line before it, so that lines count as written."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not _FENCE.match(lines[0]):
        return b"", data
    for at, line in enumerate(lines[1:], start=1):
        if _FENCE.match(line):
            return b"\n" + b"\n".join(lines[1:at]) + b"\n", b"\n".join(lines[at + 1 :])
    raise ArticleRefused(
        [_refusal(name, 1, "E-FRONT", "the front matter has no end", "Add a line `---` after it.")]
    )


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ArticleRefused(
            [_refusal(name, line, "E-ENCODING", "the page is not UTF-8", "Save it as UTF-8.")]
        ) from error


def _read_front(name: str, head: bytes) -> _Front:
    if not head.strip():
        return _Front({}, {}, None)
    try:
        node = read_yaml(head, name)
    except YamlRefused as error:
        raise ArticleRefused(error.refusals) from error
    if not isinstance(node, MapNode):
        raise ArticleRefused(
            [_refusal(name, 2, "E-FRONT", "the front matter is no mapping of names to values")]
        )
    return _check_front(name, node)


def _check_front(name: str, node: MapNode) -> _Front:
    refusals: list[Refusal] = []
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, value in node.pairs:
        if key.value in _LISTS:
            lists[key.value] = _list(name, key.value, value, refusals)
        elif key.value in _TEXTS:
            texts[key.value] = _text(name, key.value, value, refusals)
        else:
            known = ", ".join(sorted((*_LISTS, *_TEXTS)))
            refusals.append(
                _at(name, key, "E-KEY", f"unknown name {one_line(key.value)[:40]!r}", f"Known: {known}.")
            )
    updated_at = _checked_date(name, texts.get("updated", ""), node, refusals)
    if refusals:
        raise ArticleRefused(refusals)
    return _Front(texts, lists, updated_at)


def _text(name: str, key: str, node: Node, refusals: list[Refusal]) -> str:
    if not isinstance(node, TextNode):
        refusals.append(_at(name, node, "E-VALUE", f"`{key}` must be one text"))
        return ""
    value = one_line(node.value)
    fault = _fault(key, value)
    if fault:
        refusals.append(_at(name, node, "E-VALUE", fault))
    return value


def _fault(key: str, value: str) -> str:
    """What is wrong with a value, or an empty text."""
    if len(value) > (_TITLE_MAX if key == "title" else _VALUE_MAX):
        return f"`{key}` is too long"
    if key == "audience" and value not in get_args(Audience):
        return "`audience` must be public or internal"
    if key == "status" and value not in _STATUSES:
        return f"`status` must be one of {', '.join(_STATUSES)}"
    if key == "url" and value and not is_url(value):
        return "`url` must begin with https:// or http://"
    if key == "id" and value and (len(value) > _KEY_MAX or not _KEY.match(value)):
        return f"`id` must be at most {_KEY_MAX} letters, digits, dots, dashes or slashes"
    return ""


def _list(name: str, key: str, node: Node, refusals: list[Refusal]) -> tuple[str, ...]:
    """A list of texts; one text is cut at its commas."""
    if isinstance(node, TextNode):
        return tuple(part for part in (one_line(part) for part in node.value.split(",")) if part)
    items = node.items if isinstance(node, ListNode) else ()
    texts = [item for item in items if isinstance(item, TextNode) and len(item.value) <= _VALUE_MAX]
    if not isinstance(node, ListNode) or len(texts) < len(items) or len(items) > _LIST_MAX:
        refusals.append(_at(name, node, "E-VALUE", f"`{key}` must be a list of at most {_LIST_MAX} texts"))
    return tuple(part for part in (one_line(text.value) for text in texts) if part)


def _checked_date(name: str, value: str, node: MapNode, refusals: list[Refusal]) -> datetime | None:
    if not value:
        return None
    try:
        stamp = datetime.fromisoformat(value) if len(value) > 10 else datetime.combine(
            date.fromisoformat(value), datetime.min.time()
        )  # fmt: skip
    except ValueError:
        where: Node = next(item for key, item in node.pairs if key.value == "updated")
        refusals.append(_at(name, where, "E-VALUE", "`updated` is no date", "Write it as 2026-10-31."))
        return None
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)


def _refusal(name: str, line: int, code: str, message: str, fix: str = "") -> Refusal:
    return Refusal(name, line, 1, code, message, fix)


def _at(name: str, node: Node, code: str, message: str, fix: str = "") -> Refusal:
    return Refusal(name, node.line, node.column, code, message, fix)


# --- text out of Markdown -------------------------------------------------------------------------


def markdown_blocks(markdown: str) -> list[Block]:
    """The blocks of a Markdown text; one that would take long to parse is read line by line."""
    if costly(markdown):
        return by_line(markdown)
    tokens = _parser().parse(markdown)
    return [
        block
        for before, token in zip([None, *tokens], tokens, strict=False)
        if (block := _block(before, token)) is not None
    ]


def costly(markdown: str) -> bool:
    """True when parsing could take longer than about a second.

    The parser's time is that of its lines and of the characters that may be marks, each with what it costs
    at worst: 35 and 12 µs on the machine it was measured on; a table's rows are filled up to its width.
    """
    lines = markdown.split("\n")
    marks = sum(markdown.count(mark) for mark in _MARKS)
    cells = len(lines) * max(line.count("|") for line in lines)
    return 35 * len(lines) + 12 * marks + 14 * cells > _COST_MAX_US


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _block(before: Token | None, token: Token) -> Block | None:
    """A token as a block: code as written, inline children joined on one line."""
    if token.type in ("fence", "code_block"):
        return Block("code", token.content.strip("\n"))
    if token.type != "inline":
        return None
    parts = [
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or ()
    ]
    text = one_line("".join(parts))
    if before is not None and before.type == "heading_open":
        return Block("heading", text, int(before.tag[1:]))
    return Block("text", text)
