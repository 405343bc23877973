"""Markdown pages to articles, refusals with their places, and safe HTML."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.article import ARTICLE_MAX_BYTES, ArticleRefused, read_markdown, sealed, to_html

PAGE = b"""---
id: pool-exhausted
title: The pool is exhausted
tags: [Database, pool]
product: Ledger
versions: [9.4, "9.10"]
url: https://kb.example/pool
audience: internal
status: published
updated: 2026-10-08
language: en
desk: desk-a
---

# Overview

Some *first* words with `max_pool` and a [link](https://x.example "t").

## Symptoms

- Pages hang.
- The log holds:

```
PoolExhaustedException: no free connection
```

### When it begins

At noon.

## Resolution

| Setting | Value |
|---------|-------|
| pool | 40 |

    restart --now
"""


def test_a_page_with_everything() -> None:
    found = read_markdown("ledger/pool.md", PAGE)
    assert (found.id, found.key, found.title) == (
        "folder:pool-exhausted",
        "pool-exhausted",
        "The pool is exhausted",
    )
    assert (found.product, found.tags, found.versions) == ("ledger", ("database", "pool"), ("9.4", "9.10"))
    assert (found.audience, found.status, found.desk_id) == ("internal", "published", "desk-a")
    assert found.updated_at == datetime(2026, 10, 8, tzinfo=UTC)
    assert found.headings.split("\n") == ["Overview", "Symptoms", "When it begins", "Resolution"]
    assert found.symptoms.split("\n") == [
        "Pages hang.",
        "The log holds:",
        "PoolExhaustedException: no free connection",
        "At noon.",
    ]
    assert found.exact.split("\n") == ["PoolExhaustedException: no free connection", "restart --now"]
    assert "Some first words with max_pool and a link." in found.body
    assert "Setting" in found.body
    assert "40" in found.body
    assert "https://x.example" not in found.body
    assert found.markdown.lstrip().startswith("# Overview")


def test_a_page_without_front_matter() -> None:
    found = read_markdown("sub/how-to.md", b"# How to\n\nDo it.")
    assert (found.id, found.title, found.audience, found.desk_id) == (
        "folder:sub/how-to",
        "How to",
        "public",
        "*",
    )
    assert found.updated_at is None


def test_windows_line_ends_and_byte_order_mark() -> None:
    found = read_markdown("a.md", b"\xef\xbb\xbf---\r\ntitle: T\r\ntags: a, b\r\n---\r\n\r\nText.\r\n")
    assert (found.title, found.tags, found.body) == ("T", ("a", "b"), "Text.")


@pytest.mark.parametrize(
    ("data", "line", "code"),
    [
        (b"---\ntitle: A\n", 1, "E-FRONT"),
        (b"---\n- a\n---\n# A\n", 2, "E-FRONT"),
        (b"---\ntitle: A\ncolour: red\n---\n", 3, "E-KEY"),
        (b"---\ntitle: A\naudience: all\n---\n", 3, "E-VALUE"),
        (b"---\ntitle: A\nstatus: gone\n---\n", 3, "E-VALUE"),
        (b"---\ntitle: A\nupdated: soon\n---\n", 3, "E-VALUE"),
        (b"---\ntitle: A\nurl: javascript:alert(1)\n---\n", 3, "E-VALUE"),
        (b"---\ntitle: A\nid: ../../etc\n---\n", 3, "E-VALUE"),
        (b"---\ntitle: [A]\n---\n", 2, "E-VALUE"),
        (b"---\ntitle: A\ntags: {a: b}\n---\n", 3, "E-VALUE"),
        (b"no title at all", 1, "E-TITLE"),
        (b"# A\n\nlast line \xff\n", 3, "E-ENCODING"),
        (b"# A\n" + b"x" * ARTICLE_MAX_BYTES, 1, "E-SIZE"),
    ],
)
def test_refusals_name_the_place(data: bytes, line: int, code: str) -> None:
    with pytest.raises(ArticleRefused) as caught:
        read_markdown("bad.md", data)
    refusal = caught.value.refusals[0]
    assert (refusal.file, refusal.line, refusal.code) == ("bad.md", line, code)
    assert str(refusal).startswith(f"bad.md:{line}:")


def test_broken_yaml_names_its_line_in_the_page() -> None:
    with pytest.raises(ArticleRefused) as caught:
        read_markdown("bad.md", b"---\ntitle: A\ntags: [a\n---\n# A\n")
    assert 3 <= caught.value.refusals[0].line <= 4


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ArticleRefused) as caught:
        read_markdown("bad.md", b"---\ntitle: A\ncolour: red\nstatus: gone\n---\n")
    assert [refusal.line for refusal in caught.value.refusals] == [3, 4]


def test_the_digest_is_over_every_other_field() -> None:
    base = read_markdown("a.md", PAGE)
    assert sealed(replace(base, digest="other")).digest == base.digest
    changes = {
        "title": "x",
        "url": "https://y.example",
        "tags": ("z",),
        "audience": "public",
        "markdown": "m",
    }
    digests = {sealed(replace(base, **{name: value})).digest for name, value in changes.items()}  # type: ignore[arg-type]  # test data
    assert len(digests | {base.digest}) == len(changes) + 1


XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<a href='javascript:alert(1)'>x</a>",
    "![x](https://evil.example/track.png)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example>",
    "<!-- --><style>*{display:none}</style>",
    '```"><script>alert(1)</script>\nx\n```',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


@pytest.mark.parametrize("text", XSS)
def test_html_is_harmless(text: str) -> None:
    html = to_html(read_markdown("a.md", f"# Title\n\n{text}\n".encode())).casefold()
    for part in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        "<style",
        'href="javascript',
        'href="data',
        'href="vb',
        " on",
    ):
        if part == " on":
            assert 'onerror="' not in html
            assert "<a onm" not in html
        else:
            assert part not in html


def test_html_shows_the_page() -> None:
    html = to_html(read_markdown("a.md", PAGE))
    assert "<h2>Symptoms</h2>" in html
    assert "<table>" in html
    assert 'href="https://x.example"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_controls_and_bidi_marks_are_gone() -> None:
    found = read_markdown("a.md", "# Ti\u202etle\u0000\n\nbo\u200bdy \x1b[31mred\x1b[0m\n".encode())
    assert (found.title, found.body.split("\n")[-1]) == ("Title", "body red")


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_article_or_refused(data: bytes) -> None:
    for page in (data, b"---\n" + data + b"\n---\n# T\n", b"# T\n\n" + data):
        with suppress(ArticleRefused):
            to_html(read_markdown("a.md", page))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "> " * 50_000, "*a " * 60_000, "`" * 100_000, "| a " * 20_000]
)
def test_nested_markdown_does_not_hang(text: str) -> None:
    read_markdown("a.md", f"# T\n\n{text}".encode())


def test_the_starter_articles_are_articles() -> None:
    pages = sorted((Path(__file__).parents[2] / "kb_index" / "articles").rglob("*.md"))
    assert pages
    for page in pages:
        found = read_markdown(page.name, page.read_bytes())
        assert found.symptoms or "symptom" not in found.headings.casefold()
        assert found.title
