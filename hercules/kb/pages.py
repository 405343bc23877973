"""A page of any source to the articles it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import re2

from hercules.kb.article import (
    ARTICLE_MAX_BYTES,
    ArticleRefused,
    is_url,
    markdown_blocks,
    read_markdown,
    sealed,
)
from hercules.kb.blocks import Block, take_apart, to_markdown
from hercules.kb.webpage import TooNested, WebPage, read_html, read_storage
from hercules.model import Article, Audience, Refusal
from hercules.text import clean, cut, one_line

FORM = 2
"""Counted up whenever the same page makes another article than before."""
PAGE_MAX_BYTES = 4 << 20
"""Of a page as it came, with all of its tags; its text must keep to `ARTICLE_MAX_BYTES`."""
_TITLE_MAX, _VALUE_MAX, _KEY_MAX, _LIST_MAX = 300, 500, 200, 50
_ENCODINGS = ("utf", "iso", "windows", "cp", "latin", "koi8", "shift", "euc", "gb", "big5", "mac")
_CHARSET = re2.compile(rb"(?i)charset\s*=\s*[\"']?([a-z0-9_-]{1,40})")


class Page(Protocol):
    """What a source gives: bytes, what they are written in, and what was told beside them."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def media(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def product(self) -> str: ...
    @property
    def versions(self) -> tuple[str, ...]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def language(self) -> str: ...
    @property
    def audience(self) -> Audience: ...
    @property
    def status(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """What is set for all pages of a source. `audience` internal outweighs what a page says.

    `languages` are those that are taken, () is all; the first one is that of pages that name none.
    """

    source: str = "folder"
    desks: tuple[str, ...] = ("*",)
    audience: Audience | None = None
    product: str = ""
    languages: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The language of pages that name none."""
        return self.languages[0] if self.languages else "en"


def read_page(page: Page, origin: Origin) -> tuple[Article, ...]:
    """One article for each desk of the source; none for a page in a language that is not taken.

    Raises ArticleRefused.
    """
    article = _front(page, origin) if page.media == "markdown" else _told(page, origin)
    taken = {tag.partition("-")[0].casefold() for tag in origin.languages}
    if taken and article.language.partition("-")[0].casefold() not in taken:
        return ()
    internal = "internal" in (article.audience, origin.audience)
    whole = replace(
        article,
        product=article.product or origin.product.casefold(),
        audience="internal" if internal else "public",
    )
    if whole.desk_id != "*":
        return (_of_desk(whole, whole.desk_id, origin),)
    if len(origin.desks) == 1:
        return (sealed(replace(whole, desk_id=origin.desks[0])),)
    return tuple(_of_desk(whole, desk_id, origin) for desk_id in origin.desks)


def _of_desk(article: Article, desk_id: str, origin: Origin) -> Article:
    """The article for one desk, by an id of its own: another desk may have one of the same key."""
    return sealed(replace(article, desk_id=desk_id, id=f"{origin.source}@{desk_id}:{article.key}"))


def mark_of_page(page: Page, origin: Origin) -> str:
    """A fingerprint of a page and of all that is set for it: equal marks make equal articles."""
    facts = (
        FORM, page.key, page.name, page.media, page.title, page.url, page.product, page.versions, page.tags,
        page.language, page.audience, page.status, page.updated_at,
        origin.source, origin.desks, origin.audience, origin.product, origin.languages,
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode("utf-8", "replace") + b"\0" + page.data).hexdigest()[:32]


# --- the forms --------------------------------------------------------------------------------------


def _front(page: Page, origin: Origin) -> Article:
    """Markdown that may tell everything in its front matter."""
    return read_markdown(page.name, page.data, origin.source, page.language or origin.tag)


def _told(page: Page, origin: Origin) -> Article:
    """A page whose source told what it is."""
    if len(page.data) > PAGE_MAX_BYTES:
        raise _refused(page, "E-SIZE", f"more than {PAGE_MAX_BYTES} bytes", "Make several pages of it.")
    try:
        web = _READERS[page.media](_decoded(page))
    except TooNested as error:
        raise _refused(page, "E-NESTED", f"{error}", "Give it as a simpler page.") from error
    tag = one_line(page.language or web.language)[:35] or origin.tag
    parts = take_apart(web.blocks, tag)
    title = cut(one_line(page.title or _first_heading(web.blocks) or web.title), _TITLE_MAX)
    if not title:
        raise _refused(page, "E-TITLE", "the page has no title", "Give it a title or a heading.")
    markdown = to_markdown(web.blocks)
    if len(markdown.encode("utf-8", "replace")) > ARTICLE_MAX_BYTES:
        what = f"its text has more than {ARTICLE_MAX_BYTES} bytes"
        raise _refused(page, "E-SIZE", what, "Make several pages of it.")
    return Article(
        id=f"{origin.source}:{_key(page.key)}",
        title=title,
        body="\n".join(parts.body),
        source=origin.source,
        headings="\n".join(parts.headings),
        symptoms="\n".join(parts.symptoms),
        exact="\n".join(parts.exact),
        markdown=markdown,
        url=_url(page.url) or _url(web.url),
        product=_short(page.product).casefold(),
        versions=_several(page.versions),
        tags=tuple(tag.casefold() for tag in _several(page.tags or web.tags)),
        language=tag,
        audience=page.audience,
        status=page.status,
        updated_at=page.updated_at,
    )


def _commonmark(text: str) -> WebPage:
    return WebPage(markdown_blocks(text))


def _plain(text: str) -> WebPage:
    return WebPage([Block("text", " ".join(line.split())) for line in text.split("\n")])


_READERS: Mapping[str, Callable[[str], WebPage]] = {
    "commonmark": _commonmark,
    "html": read_html,
    "storage": read_storage,
    "plain": _plain,
}


def _decoded(page: Page) -> str:
    """The text: UTF-8, else what an HTML page says of itself, else the old encoding of the West."""
    raw = page.data.removeprefix(b"\xef\xbb\xbf")
    try:
        return clean(raw.decode())
    except UnicodeDecodeError:
        said = _CHARSET.search(raw[:2048]) if page.media == "html" else None
        named = said.group(1).decode("ascii").lower() if said else ""
    if not named.startswith(_ENCODINGS):
        named = "cp1252"
    try:
        return clean(raw.decode(named, "replace"))
    except (LookupError, ValueError):
        return clean(raw.decode("cp1252", "replace"))


def _first_heading(blocks: Iterable[Block]) -> str:
    return next((block.text for block in blocks if block.kind == "heading"), "")


def _key(key: str) -> str:
    """A key that fits an id: of a long one the beginning and a fingerprint."""
    plain = one_line(key)
    if plain == key and len(key) <= _KEY_MAX:
        return key
    return f"{plain[: _KEY_MAX - 17]}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _url(url: str) -> str:
    return url if len(url) <= _VALUE_MAX and is_url(url) else ""


def _short(text: str) -> str:
    return cut(one_line(text), _VALUE_MAX)


def _several(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in (_short(each) for each in texts) if text)[:_LIST_MAX]


def _refused(page: Page, code: str, what: str, fix: str) -> ArticleRefused:
    return ArticleRefused([Refusal(one_line(page.name), 1, 1, code, what, fix)])
