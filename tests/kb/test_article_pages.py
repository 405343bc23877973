"""Pages of all forms to articles: HTML, storage form, plain text, and hostile ones in bounded time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.article import ARTICLE_MAX_BYTES, ArticleRefused, markdown_blocks, read_markdown, to_html
from hercules.kb.pages import PAGE_MAX_BYTES, Origin, mark_of_page, read_page
from hercules.model import Article
from hercules.sources.source import SourcePage
from tests.patience import ending

HTML = b"""<!doctype html><html lang="en-GB"><head><title>Site - Quota</title>
<meta name="keywords" content="Disk, quota"><link rel="canonical" href="https://kb.example/quota">
<style>p { color: red }</style></head><body><header>Logo</header><nav><a href="/">Home</a></nav>
<article><header><h1>A disk quota</h1></header>
<p>First <b>words</b> with&nbsp;<code>max_pool</code><br>and a line. <script>alert(1)</script></p>
<h2>Problem: it is full</h2><ul><li>Writes <i>fail</i>.</li><li><p>Pages hang.</p></li></ul>
<pre>
quota of vol17
   exceeded &lt;now&gt;
</pre>
<h3>When</h3><p>At noon.</p>
<h2>Answer</h2>
<table><thead><tr><th>Setting</th><th>Value</th></tr></thead><tr><td><p>pool</p></td><td>40</td></tr></table>
<p hidden>unseen</p><svg><text>drawn</text></svg><noscript>no script</noscript>
</article><aside>Ads</aside><footer>Imprint</footer></body></html>"""


def article(data: bytes | str, media: str = "html", **more: object) -> Article:
    raw = data.encode() if isinstance(data, str) else data
    made = read_page(SourcePage("k", "k", raw, media, **more), Origin("docs"))  # type: ignore[arg-type]  # test data
    return made[0]


def test_an_html_page_with_everything() -> None:
    found = article(HTML)
    assert (found.id, found.source, found.title) == ("docs:k", "docs", "A disk quota")
    assert (found.language, found.url, found.tags) == ("en-GB", "https://kb.example/quota", ("disk", "quota"))
    assert found.headings.split("\n") == ["A disk quota", "Problem: it is full", "When", "Answer"]
    code = "quota of vol17\n   exceeded <now>"
    assert found.exact == code
    assert found.symptoms == f"Writes fail.\nPages hang.\n{code}\nAt noon."
    lines = found.body.split("\n")
    assert lines[1:3] == ["First words with max_pool", "and a line."]
    assert lines[-2:] == ["Setting | Value", "pool | 40"]
    for part in ("Logo", "Home", "alert", "color", "Ads", "Imprint", "unseen", "drawn", "no script"):
        assert part not in found.body + found.markdown


def test_without_article_or_main_the_body_counts_without_its_frame() -> None:
    found = article("<header>Logo</header><nav>n</nav><h1>T</h1><p>Text.</p><footer>f</footer>")
    assert found.body == "T\nText."


def test_what_the_source_tells_goes_before_what_the_page_says() -> None:
    at = datetime(2026, 10, 8, tzinfo=UTC)
    found = article(
        HTML,
        title="Told",
        url="https://a.example/x",
        tags=("One",),
        language="de",
        audience="internal",
        updated_at=at,
    )
    assert (found.title, found.url, found.tags, found.language, found.audience, found.updated_at) == (
        "Told",
        "https://a.example/x",
        ("one",),
        "de",
        "internal",
        at,
    )
    assert article("<h1>x</h1>", url="javascript:alert(1)").url == ""


def test_storage_form_keeps_code_noformat_and_panels() -> None:
    found = article(
        '<ac:structured-macro ac:name="toc" /><p>Intro <ac:emoticon ac:name="smile" /></p>'
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">java</ac:parameter>'
        '<ac:plain-text-body><![CDATA[if (a < b) { x("</p>"); }\ny ]]]]><![CDATA[> z]]></ac:plain-text-body>'
        '</ac:structured-macro><ac:structured-macro ac:name="panel"><ac:parameter ac:name="title">Note well'
        "</ac:parameter><ac:rich-text-body><p>Inside.</p></ac:rich-text-body></ac:structured-macro>"
        '<ac:structured-macro ac:name="noformat"><ac:plain-text-body><![CDATA[raw *text*]]>'
        '</ac:plain-text-body></ac:structured-macro><ac:structured-macro ac:name="jira">'
        '<ac:parameter ac:name="key">ABC-1</ac:parameter></ac:structured-macro>'
        '<p><ac:link><ri:page ri:content-title="Other" /><ac:plain-text-link-body><![CDATA[a link]]>'
        "</ac:plain-text-link-body></ac:link> ends.</p>",
        "storage",
        title="T",
    )
    assert found.exact == 'if (a < b) { x("</p>"); }\ny ]]> z\nraw *text*'
    assert found.body.split("\n") == [
        "Intro",
        'if (a < b) { x("</p>"); }',
        "y ]]> z",
        "Note well",
        "Inside.",
        "raw *text*",
        "a link ends.",
    ]
    assert "ABC-1" not in found.body + found.markdown


def test_plain_text_and_markdown_without_front_matter() -> None:
    plain = article("# no heading\n\n*as it is*", "plain", title="T")
    assert (plain.body, plain.headings) == ("# no heading\n*as it is*", "")
    assert "<em>" not in to_html(plain)
    marked = article("---\ntitle: no front matter\n---\n## Error\nIt *hangs*.", "commonmark", title="T")
    assert (marked.symptoms, marked.title) == ("It hangs.", "T")


TEXTS = [
    "<b>x</b> & *y* _z_ `a` [l](javascript:x) ![i](u) # h",
    "1. one",
    "- dash",
    "    four",
    "a | b",
    "~~~",
    "==",
]


@pytest.mark.parametrize("text", [*TEXTS, "\\*", "***", "> q", "<!-- c -->", "&lt;script&gt;", "\x00\u202e"])
def test_no_mark_in_the_text_of_a_page_means_anything_when_it_is_shown(text: str) -> None:
    found = article(text, "plain", title="T")
    blocks = markdown_blocks(found.markdown)
    assert "".join(block.text for block in blocks) == found.body
    html = to_html(found)
    for tag in ("<b>", "<em>", "<a ", "<img", "<h1", "<li", "<pre", "<blockquote", "<script", "<hr"):
        assert tag not in html


def test_code_with_fences_stays_code() -> None:
    found = article("<h1>T</h1><pre>```\n</pre><pre>a ````` b\n# c</pre>")
    blocks = [block for block in markdown_blocks(found.markdown) if block.kind == "code"]
    assert [block.text for block in blocks] == ["```", "a ````` b\n# c"]


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("<h1>Größe</h1>".encode(), "Größe"),
        (b"\xef\xbb\xbf<h1>T</h1>", "T"),
        (b'<meta charset="iso-8859-2"><h1>\xb1</h1>', "ą"),
        (b'<meta charset="zip"><h1>Gr\xf6\xdfe</h1>', "Größe"),
        ("<h1>T\u202e\u0000x</h1>".encode(), "Tx"),
    ],
)
def test_encodings(raw: bytes, title: str) -> None:
    assert article(raw).title == title


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<p>text alone", "E-TITLE"),
        (b"<h1>T</h1>" + b"x" * PAGE_MAX_BYTES, "E-SIZE"),
        (b"<h1>T</h1><p>" + b"word " * (ARTICLE_MAX_BYTES // 5), "E-SIZE"),
        (b"<h1>T</h1>" + b"<div>" * 30_000, "E-NESTED"),
        (b"<h1>T</h1>" + b"<i></p>" * 90_000, "E-NESTED"),
        (b"<h1>T</h1>" + b"<div/>" * 90_000, "E-NESTED"),
        (b"<h1>T</h1>" + b"<A\n><b>" * 90_000, "E-NESTED"),
        (b"<h1>T</h1>" + b"<p>" * 500_000, "E-NESTED"),
    ],
)
def test_what_is_no_article_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with ending(), pytest.raises(ArticleRefused) as caught:
        article(data)
    assert caught.value.refusals[0].code == code


@pytest.mark.parametrize(
    "part", ["<p>a</p>", "<tr><td>1</td><td>2</td></tr>", "<a href=x>y</a>", "</p>", "<b>x</b>"]
)
def test_many_flat_tags_are_an_article(part: str) -> None:
    with ending():
        found = article(f"<h1>T</h1><table>{part * 12_000}</table>")
    assert found.title == "T"


HOSTILE = {
    "brackets": "[", "pictures": "![", "links": "[a](", "stars": "*a ", "mixed": "_*", "ticks": "`",
    "quotes": "> ", "lines": "a\n", "list": "- a\n", "headings": "# a\n", "lazy": ">a\n", "amp": "&",
    "bars": "|a", "table": "|a|\n", "refs": "[a]: b\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markdown_is_read_and_shown_in_bounded_time(name: str) -> None:
    part = HOSTILE[name]
    text = "# T\n\n" + part * ((ARTICLE_MAX_BYTES - 100) // len(part))
    with ending():
        found = read_markdown("a.md", text.encode())
        to_html(found)
    assert found.title == "T"


def test_a_wide_table_does_not_fill_its_rows_for_ever() -> None:
    text = "# T\n\n" + "|a" * 20_000 + "|\n" + "|-" * 20_000 + "|\n" + "|b\n" * 20_000
    with ending():
        to_html(read_markdown("a.md", text.encode()))


def test_a_page_read_line_by_line_keeps_headings_and_code() -> None:
    text = "# T\n\n## Symptoms\nIt hangs.\n```\nERR-1\n```\n## Rest\n" + "[" * 200_000
    found = read_markdown("a.md", text.encode())
    assert (found.headings, found.symptoms, found.exact) == ("T\nSymptoms\nRest", "It hangs.\nERR-1", "ERR-1")
    assert "<script" not in to_html(read_markdown("a.md", (text + "<script>alert(1)</script>").encode()))


def test_origin_makes_one_article_for_each_desk_and_takes_its_languages() -> None:
    page = SourcePage("k", "k", b"x", "plain", title="T", language="es-MX")
    made = read_page(page, Origin("docs", desks=("a", "b"), languages=("en", "es")))
    assert [(each.id, each.desk_id, each.key) for each in made] == [
        ("docs@a:k", "a", "k"),
        ("docs@b:k", "b", "k"),
    ]
    assert len({each.digest for each in made}) == 2
    assert read_page(page, Origin("docs", languages=("de",))) == ()
    front = SourcePage("p", "p.md", b"---\ntitle: T\ndesk: c\nlanguage: es\n---\n## Error\n")
    (own,) = read_page(front, Origin("docs", desks=("a", "b"), audience="internal"))
    assert (own.id, own.desk_id, own.audience, own.language) == ("docs@c:p", "c", "internal", "es")
    assert own.key == "p"


def test_a_mark_changes_with_the_page_and_with_what_is_set() -> None:
    page, origin = SourcePage("k", "k", b"x", "plain", title="T"), Origin("docs")
    marks = {
        mark_of_page(page, origin),
        mark_of_page(SourcePage("k", "k", b"y", "plain", title="T"), origin),
        mark_of_page(SourcePage("k", "k", b"x", "html", title="T"), origin),
        mark_of_page(SourcePage("k", "k", b"x", "plain", title="T", audience="internal"), origin),
        mark_of_page(page, Origin("docs", product="acme")),
        mark_of_page(page, Origin("docs", audience="internal")),
    }
    assert len(marks) == 6


def test_a_long_key_is_shortened_and_stays_its_own() -> None:
    ids = {
        read_page(SourcePage("x" * 300 + end, "n", b"x", "plain", title="T"), Origin())[0].id for end in "ab"
    }
    assert len(ids) == 2
    assert all(len(each) < 220 for each in ids)


@given(st.binary(max_size=300), st.sampled_from(["html", "storage", "commonmark", "plain"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_article_or_refused(data: bytes, media: str) -> None:
    for raw in (data, b"<h1>" + data + b"<ac:structured-macro ac:name='code'><![CDATA[" + data):
        with suppress(ArticleRefused):
            found = article(raw, media, title="T")
            assert "<script" not in to_html(found)
