"""Markup to plain text: log lines come out whole, nothing hidden comes out, nothing takes long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.desks.jsonbody import Json
from hercules.desks.markup import MARKUPS, Markup, plain_text
from tests.patience import ending

LOG = "2026-01-02 03:04:05 ERROR [main] a.B - x_y *z*\n\tat a.B.<init>(B.java:10)\n\tat a.B.$c(B.java:2)"


def test_a_log_in_html() -> None:
    escaped = LOG.replace("<", "&lt;")
    page = f"<head><title>t</title></head><p>Hello  <b>you</b></p><pre>{escaped}</pre><div>a<br>b</div>"
    assert plain_text(page, "html") == f"Hello you\n\n{LOG}\na\nb"


def test_html_hides_what_is_not_text() -> None:
    page = "a<script>x()</script><style>y</style><!-- z --><template>t</template><svg><text>v</text></svg>b"
    assert plain_text(page, "html") == "ab"
    table = "<table><tr><td>a<td>b</tr><tr><th>c</th></tr></table><ul><li>1<li>2</ul>"
    assert plain_text(table, "html") == "a\tb\t\nc\t\n1\n2"
    assert plain_text("a < b & c &amp; &lt;d&gt; &nbsp;e", "html") == "a < b & c & <d> \xa0e"


def test_a_log_in_markdown() -> None:
    text = f"# It **fails**\n\nsee `x` and [page](https://x.example)\n\n```text\n{LOG}\n```\n\n- one\n- two"
    assert plain_text(text, "markdown") == f"It fails\nsee x and page\n\n{LOG}\none\ntwo"
    assert plain_text("at a.B.<init>(B.java:10)\nnext <b>line</b>", "markdown") == (
        "at a.B.<init>(B.java:10)\nnext <b>line</b>"
    )


def test_a_log_in_wiki() -> None:
    prose = "h2. Broken\n* see [page|https://x.example] {{code}} \\{x\\}"
    text = f"{prose}\n{{code:java|title=a}}\n{LOG}\n{{code}}\nend"
    assert plain_text(text, "wiki") == f"Broken\nsee page code {{x}}\n\n{LOG}\n\nend"
    assert plain_text("{noformat}\nopen {code} end", "wiki") == "open {code} end"


def test_adf() -> None:
    document: Json = {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [text("a"), {"type": "hardBreak"}, text("b"), mention("@you")]},
            {"type": "codeBlock", "content": [text(LOG)]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [text("one")]}, 7, None]},
            {"type": "paragraph", "content": [{"type": "text", "text": {"no": 1}}, {"type": "text"}]},
        ],
    }
    assert plain_text(document, "adf") == f"a\nb@you\n{LOG}\none"
    assert plain_text("h1. wiki after all", "adf") == "wiki after all"


def text(value: str) -> Json:
    return {"type": "text", "text": value, "marks": [{"type": "strong"}]}


def mention(value: str) -> Json:
    return {"type": "mention", "attrs": {"id": "1", "text": value}}


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("value", [None, 1, True, 1.5, [], ["a"]])
def test_values_that_are_no_text(markup: Markup, value: Json) -> None:
    assert plain_text(value, markup) == ""


def test_adf_with_a_type_that_is_none() -> None:
    node: Json = {"type": ["text"], "content": [{"type": {}, "attrs": {"text": "x"}}, {"text": "y"}]}
    assert plain_text({"type": "doc", "content": [node]}, "adf") == "x"


def test_an_object_is_text_only_as_adf() -> None:
    assert plain_text({"text": "x"}, "html") == ""


REPEATED = [
    "<div>",
    "<a><p>",
    "<table><tr><td>",
    "<!--",
    "[",
    "![",
    "[a](",
    "**a",
    "_a_",
    "`a",
    "> ",
    "- ",
    "{code}",
    "{noformat",
    "[a|b",
    "\\[",
]


@pytest.mark.parametrize("markup", ["html", "markdown", "wiki"])
def test_hostile_markup_ends_soon(markup: Markup) -> None:
    for part in REPEATED:
        with ending():
            plain_text(part * (30_000 // len(part)), markup)


def test_very_deep_adf() -> None:
    node: Json = text("x")
    for _ in range(50_000):
        node = {"type": "panel", "content": [node]}
    assert plain_text(node, "adf") == "x"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters() | st.sampled_from('<>&*_`[](){}\\#\n"'), max_size=80))
def test_any_text_gives_clean_text(source: str) -> None:
    for markup in MARKUPS:
        found = plain_text(source, markup)  # type: ignore[arg-type]  # MARKUPS holds the literals
        assert found.encode().decode() == found
        assert not set(found) & {"\x00", "\x1b", "\u202e", "\r"}
