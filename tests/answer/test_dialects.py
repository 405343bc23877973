"""Hostile text comes out of every dialect as the same visible text, without links or tags of its own."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser

from hercules.answer.dialects import Block, Bullets, Link, Log, Mark, Paragraph, Text, encode, safe_url
from hercules.model import Dialect
from hercules.text import clean

ADDRESS = "https://kb.example.test/a?b=1&c=2"
HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</pre><script>alert(1)</script>",
    "&lt;b&gt; &amp;", '"><svg/onload=alert(1)>', "<!-- hercules:H-AAAAAAAA -->",
    "<details><summary>x</summary>", "```", "````text", "~~~", "`code` **bold** __u__ *i* ~~s~~",
    "@everyone and @org/team", "#1 owner/repo#1 GH-1 !2 $3 %4 ~bug &5", "![x](https://evil.test/?q=)",
    "[click](javascript:alert(1))", "[~admin] [x|javascript:1]", "/close", "/label ~a", "- [ ] task",
    "1. one", "# heading", "> quote", "----", "a trailing backslash \\", "{{ contact.email }} {% raw %}",
    "{noformat}h1. x{noformat}", "{code:java}x{code} {color:red}x{color}", "!http://x.test/y.png!",
    "h1. big", "bq. q", "C:\\temp\\new", "||head||cell|", '{"type":"mention","attrs":{"id":"1"}}', '"}]}',
    "\ud800 lone", "line\r\nTo: x", "\x1b[31mred\x1b[0m", "\u202egnp.exe",
    "https://evil.test/x www.evil.test mailto:a", ":smile: 12:30 :D (x) (/)", "&#60;script&#62;",
    "x" * 2_000, "a\x00b", "$\\frac{a}{b}$", "^sup^ ??cite?? +ins+", "<http://evil.test>", "=====",
    "tab\there", "[ref]: https://evil.test", "| a | b |", "* star", "+ plus", "\u2028next",
    "<a href=\"//x\">y</a>",
)  # fmt: skip
DIALECTS: tuple[Dialect, ...] = ("adf", "wiki", "html", "markdown", "plain")


def visible(text: str) -> str:
    """What a reader sees of the source, on one line."""
    return " ".join(clean(text).replace("\u200b", "").split())


def document(text: str) -> tuple[Block, ...]:
    """The text in every place: words, a list, a title with link, log lines."""
    return (
        Paragraph((Text("begin "), Text(text), Text(" end"))),
        Bullets(((Link(text, ADDRESS), Text(f" file {text}")),)),
        Log(("2026 first", text, "last")),
        Paragraph((Mark("H-ABCDEFGH"),)),
    )


def wanted(text: str) -> list[str]:
    """The visible text of the blocks of `document`."""
    return [
        visible(f"begin {text} end"),
        visible(f"{text} file {text}"),
        visible(f"2026 first {text} last"),
        "H-ABCDEFGH",
    ]


def walk(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from walk(token.children or [])


def read_markdown(body: str) -> tuple[list[str], list[str], list[str]]:
    """Blocks of text, links, and kinds of tokens, by an independent parser with tables and strikes on."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
    every = list(walk(tokens))
    links = [str(token.attrs["href"]) for token in every if token.type == "link_open"]
    blocks = []
    for token in tokens:
        if token.type == "inline":
            parts = [
                child.content if child.type in ("text", "code_inline") else ""
                for child in token.children or []
            ]
            blocks.append(visible("".join(parts)))
        elif token.type == "fence":
            blocks.append(visible(token.content))
    return blocks, links, sorted({token.type for token in every})


def read_html(body: str) -> tuple[list[str], list[str], list[str]]:
    tree = LexborHTMLParser(body)
    assert tree.body is not None
    nodes = [node for node in tree.body.traverse() if node.tag not in ("body",)]
    blocks = [visible(node.text(deep=True)) for node in tree.css("p, li, pre")]
    links = [str(node.attributes.get("href")) for node in tree.css("a")]
    return blocks, links, sorted({str(node.tag) for node in nodes})


def read_adf(body: str) -> tuple[list[str], list[str], list[str]]:
    tree = json.loads(body)
    links: list[str] = []
    kinds: set[str] = set()

    def words(node: dict[str, object]) -> str:
        kinds.add(str(node["type"]))
        for mark in node.get("marks", []):  # type: ignore[attr-defined]  # JSON read back
            kinds.add(f"mark:{mark['type']}")
            links.append(mark["attrs"]["href"])
        if node["type"] == "text":
            assert node["text"], "no empty text node"
            return str(node["text"])
        return "".join(words(child) for child in node.get("content", []))  # type: ignore[attr-defined]  # as above

    return [visible(words(block)) for block in tree["content"]], links, sorted(kinds)


def test_markdown_shows_the_same_text() -> None:
    for text in HOSTILE:
        blocks, links, kinds = read_markdown(encode(document(text), "markdown"))
        assert blocks == wanted(text), text
        assert links == [ADDRESS]
        assert set(kinds) <= {
            "paragraph_open", "paragraph_close", "inline", "text", "text_special", "bullet_list_open",
            "bullet_list_close", "list_item_open", "list_item_close", "link_open", "link_close", "fence",
        }  # fmt: skip


def test_markdown_calls_nobody_and_commands_nothing() -> None:
    for text in HOSTILE:
        body = encode(document(text), "markdown")
        outside = "\n".join(body.split("```")[::2]) if "```" not in text else ""
        assert "{{" not in body
        assert "{%" not in body
        assert "@everyone" not in outside
        assert "#1" not in outside
        assert "evil.test/" not in outside or "//evil" in outside
        assert not any(line.startswith("/") for line in outside.split("\n"))
        assert "https://evil" not in outside
        assert "www.evil" not in outside


def test_html_shows_the_same_text() -> None:
    for text in HOSTILE:
        blocks, links, kinds = read_html(encode(document(text), "html"))
        assert blocks == wanted(text), text
        assert links == [ADDRESS]
        assert set(kinds) <= {"p", "ul", "li", "a", "pre", "-text"}


def test_adf_shows_the_same_text() -> None:
    for text in HOSTILE:
        blocks, links, kinds = read_adf(encode(document(text), "adf"))
        assert blocks == wanted(text), text
        assert links == [ADDRESS]
        assert set(kinds) <= {"paragraph", "text", "bulletList", "listItem", "codeBlock", "mark:link"}


def test_wiki_leaves_no_sign_and_shows_the_same_text() -> None:
    for text in HOSTILE:
        words, entry, quoted, mark = _wiki_blocks(encode(document(text), "wiki"))
        assert not set(words) & set("\\{}[]!*_-+^~?|<>@:()"), text
        assert visible(html.unescape(words)) == visible(f"begin {text} end")
        label, address, rest = entry.removeprefix("* [").replace("]", "|").split("|")
        assert visible(html.unescape(f"{label} {rest}")) == visible(f"{text} file {text}")
        assert address == ADDRESS
        inside = quoted.removeprefix("{noformat}\n").removesuffix("\n{noformat}")
        assert "{noformat" not in inside
        assert "{code" not in inside
        assert visible(inside) == visible(f"2026 first {text} last")
        assert mark == "H-ABCDEFGH"


def _wiki_blocks(body: str) -> list[str]:
    before, _, after = body.partition("{noformat}\n")
    inside, _, last = after.partition("\n{noformat}")
    return [*before.strip("\n").split("\n\n"), "{noformat}\n" + inside + "\n{noformat}", last.strip("\n")]


def test_plain_shows_the_same_text_and_fires_no_template() -> None:
    for text in HOSTILE:
        body = encode(document(text), "plain")
        words, entry, *quoted, mark = body.split("\n\n")
        assert visible(words) == visible(f"begin {text} end")
        assert visible(entry) == visible(f"- {text}: {ADDRESS} file {text}")
        assert visible(" ".join(quoted)) == visible(f"2026 first {text} last")
        assert all(line.startswith("    ") for part in quoted for line in part.split("\n"))
        assert "{{" not in body
        assert mark == "H-ABCDEFGH"


@pytest.mark.parametrize("dialect", ["html", "markdown", "plain"])
@pytest.mark.parametrize("text", ["{{ticket.id}}", "{{{x}}}", "{{{{x}}}}", "{% raw %}", "{{% x"])
def test_no_template_is_left_for_the_desk_to_expand(dialect: Dialect, text: str) -> None:
    said = encode(document(text), dialect)
    for opening in ("{{", "{%", "{#"):
        assert opening not in said


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.test/x", "ftp://x.test", "https://",
        "mailto:a@b.test", "", "https://user:pw@x.test/", "https://x y.test/", "https://[::1/",
        "https://x.test:port/", "\x00https://x.test", "https://x\u202e.test/",
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere_safe_stay_words(url: str) -> None:
    assert safe_url(url) == ""
    for dialect in DIALECTS:
        body = encode((Paragraph((Link("words", url),)),), dialect)
        assert "words" in body
        assert "href" not in body
        assert "](" not in body
        assert "|" not in body


def test_addresses_are_encoded_so_that_they_end_where_we_end_them() -> None:
    url = safe_url("https://kb.test:8443/a b(c)[d]{e}|\"'<>\\`?q=ü&x={y}#f)")
    assert url == (
        "https://kb.test:8443/a%20b%28c%29%5Bd%5D%7Be%7D%7C%22%27%3C%3E%5C%60?q=%C3%BC&x=%7By%7D#f%29"
    )
    assert safe_url("http://[::1]:8321/review/s1") == "http://[::1]:8321/review/s1"
    assert safe_url("https://kb.test/a%20b") == "https://kb.test/a%20b"


def test_nothing_empty_is_written() -> None:
    empty = (Paragraph((Text(" \x00 "),)), Bullets(((Text(""),),)), Log(("", " ")))
    for dialect in DIALECTS:
        body = encode(empty, dialect)
        assert body in ("", '{"version": 1, "type": "doc", "content": []}')


def test_a_mark_that_is_none_is_escaped() -> None:
    assert encode((Paragraph((Mark("*x*"),)),), "markdown") == "\\*x\\*"


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    assume(visible(text))
    shown = wanted(text)
    assert read_markdown(encode(document(text), "markdown"))[0] == shown
    assert read_html(encode(document(text), "html"))[0] == shown
    assert read_adf(encode(document(text), "adf"))[0] == shown
