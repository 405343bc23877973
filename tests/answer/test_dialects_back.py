"""What each dialect writes is read back by another parser as the very text it was made of, three times."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from hercules.answer.dialects import Block, Bullets, Link, Log, Mark, Paragraph, Text, encode
from hercules.text import clean, one_line

from .test_dialects import ADDRESS, HOSTILE

KEY = "H-ABCDEFGH"
MORE = (
    # Markdown
    "*" * 40, "_" * 40, "**a*b**c", "\\*a\\*", "\\\\", "a\\", "`", "``", "```text\nx\n```", "````\n```",
    "~~~~\n", "[a][b]", "![a][b]", "[a]: <javascript:1> 'x'", "<javascript:alert(1)>", "<a@b.test>",
    "&copy;", "&#x3C;b&#x3E;", "&amp;lt;", "1) one", "-\tx", "+\tx", "\t\tindented", "    indented",
    "Setext\n===", "Setext\n---", "a  \nb", "a\\\nb", "***", "* * *", "|a|b|\n|-|-|\n|1|2|", "[^1]: note",
    "==mark==", "H~2~O", "x^2^", "[[wiki]]", "- [x] done", "<!--", "-->", "<![CDATA[x]]>", "<?php x ?>",
    "<!DOCTYPE html>", "</textarea>", "</p></li></ul>",
    # mentions, commands, templates
    "@here", "@[~accountid:1]", "@\u200beveryone", "/spend 3h", "/assign @me", "\n/close\n", "!merge",
    "GH-12", "gh-1", "org/repo@deadbeef", "{{#if x}}", "{% include 'x' %}", "{{{x}}}",
    "${jndi:ldap://x.test/a}", "#{1+1}", "<%= 7*7 %>", "{%comment%}", "%{x}",
    # wiki and ADF
    "{quote}", "{panel:title=x}y{panel}", "{html}<b>{html}", "{noformat}", "{NOFORMAT}", "{code}",
    "{CODE:sql}", "{{mono}}", "[~accountid:5]", "[#anchor]", "[^file.log]", "[mailto:a@b.test]", "\\{code}",
    "h1.x", "h6. y", "bq.z", "*bold* _it_ -del- +ins+ ^up^ ~down~ ??c??", "----\n", "(!) (?) (on) (*r)",
    "&#123;code&#125;", '{"type":"media","attrs":{}}', "\\u0022}]}", '"version":1', "a\x7f\x80\x9fb",
    "\ufeffbom", "\u2066x\u2069",
    # hosts and addresses
    "http:\\\\x.test", "hTTp://X.test", "ftp://x.test/a", "data:text/html,<b>", "file:///etc/passwd",
    "//x.test/y", "xn--e1afmkfd.test", "http://[::1]/", "https://kb.example.test/other?b=1&c=2",
    "see www.x.test.",
)  # fmt: skip
TEXTS = tuple(dict.fromkeys((*HOSTILE, *MORE)))


@dataclass(frozen=True, slots=True)
class Back:
    """What a parser saw: the title, the file name, the evidence line for line, the links, what else it is."""

    title: str
    name: str
    evidence: str
    links: tuple[str, ...]


def document(text: str) -> tuple[Block, ...]:
    """The text as a title that is a link, as a file's name, and as lines of a log."""
    return (
        Bullets(((Link(text, ADDRESS), Text(" in "), Text(text), Text(" ends")),)),
        Log(("first", text, "last")),
        Paragraph((Mark(KEY),)),
    )


def wanted(text: str) -> Back:
    """The cleaned source: title and name on one line, the evidence as its lines are."""
    lines = ["first", *clean(text).split("\n"), "last"]
    evidence = "\n".join(line for line in lines if line.strip())
    return Back(one_line(text), one_line(text), evidence, (ADDRESS,))


def seen(title: str, rest: str, evidence: str, links: list[str]) -> Back:
    """What was read, without the zero-width spaces that break mentions apart."""
    title, rest, evidence = (each.replace("\u200b", "") for each in (title, rest, evidence))
    assert rest.startswith(" in ")
    assert rest.endswith(" ends")
    return Back(" ".join(title.split()), " ".join(rest[4:-5].split()), evidence, tuple(links))


# --- the readers ----------------------------------------------------------------------------------


def from_markdown(body: str) -> Back:
    """By markdown-it with tables, strikes and addresses in plain text on."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
    inline = [token for token in tokens if token.type == "inline"]
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert [token.content for token in inline][1:] == [KEY]
    assert fence.info == "text"
    parts: list[list[str]] = [[], []]
    links, place = [], 1
    for child in inline[0].children or []:
        if child.type == "link_open":
            links.append(str(child.attrs["href"]))
            place = 0
        elif child.type == "link_close":
            place = 1
        else:
            assert child.type in ("text", "text_special"), child.type
            parts[place].append(child.content)
    return seen("".join(parts[0]), "".join(parts[1]), fence.content.removesuffix("\n"), links)


def from_html(body: str) -> Back:
    """By lexbor, the parser of a browser's kind."""
    tree = LexborHTMLParser(body)
    (entry,), (quoted,), (link,) = tree.css("li"), tree.css("pre"), tree.css("a")
    assert {node.tag for node in tree.css("body *")} == {"ul", "li", "a", "pre", "p"}
    assert set(link.attributes) == {"href"}
    title = link.text()
    return seen(title, entry.text()[len(title) :], quoted.text(), [str(link.attributes["href"])])


class Plainer(HTMLParser):
    """The standard library's parser, which knows no error correction."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        self.texts[where] = self.texts.get(where, "") + data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def from_html_again(body: str) -> Back:
    """By the standard library."""
    reader = Plainer()
    reader.feed(body)
    reader.close()
    assert reader.open == []
    assert set(reader.texts) <= {"", "a", "li", "pre", "p"}
    return seen(reader.texts["a"], reader.texts["li"], reader.texts["pre"], reader.links)


def from_adf(body: str) -> Back:
    """By a walk over the tree that knows only the nodes that may be there."""
    tree = json.loads(body)
    assert set(tree) == {"version", "type", "content"}
    bullets, code, mark = tree["content"]
    links: list[str] = []
    title, rest = "", ""
    for node in _texts(bullets, "bulletList", "listItem", "paragraph"):
        for mark_ in node.get("marks", []):
            assert mark_["type"] == "link"
            links.append(mark_["attrs"]["href"])
        title, rest = (title + node["text"], rest) if "marks" in node else (title, rest + node["text"])
    (quoted,) = _texts(code, "codeBlock")
    assert [node["text"] for node in _texts(mark, "paragraph")] == [KEY]
    return seen(title, rest, quoted["text"], links)


def _texts(node: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The text nodes below nodes of these kinds, one inside the other."""
    if not kinds:
        assert node["type"] == "text"
        assert node["text"]
        assert set(node) <= {"type", "text", "marks"}
        return [node]
    assert node["type"] == kinds[0]
    return [text for child in node["content"] for text in _texts(child, *kinds[1:])]


_WIKI_LINK = re.compile(r"\* \[([^\[\]|]*)\|([^\[\]|\s]*)\](.*)", re.DOTALL)
_WIKI_ACTIVE = re.compile(r"[\\{}\[\]!*_+^~?|#<>@-]|^\s*(?:h[1-6]|bq)\.|:[/)D]|www\.", re.MULTILINE)


def from_wiki(body: str) -> Back:
    """By a reader of our own: a list entry with one link, a verbatim block, and not one active sign else."""
    entry, _, after = body.partition("\n\n{noformat}\n")
    quoted, _, mark = after.rpartition("\n{noformat}\n\n")
    assert mark == KEY
    assert not re.search(r"\{(?:noformat|code)", quoted, re.IGNORECASE), "a macro in the block would end it"
    found = _WIKI_LINK.fullmatch(entry)
    assert found is not None
    title, url, rest = found.groups()
    for words in (title, rest):
        without = re.sub(r"&#[0-9]{2,3};", "", words)
        assert not _WIKI_ACTIVE.search(without), words
        assert "&" not in without
    return seen(html.unescape(title), html.unescape(rest), quoted, [url])


def from_plain(body: str) -> Back:
    """By its lines: the entry, four spaces before each line of the evidence, the reference."""
    lines = body.split("\n")
    assert lines[-1] == KEY
    assert lines[1] == ""
    assert lines[-2] == ""
    assert all(line.startswith("    ") for line in lines[2:-2])
    title, _, rest = lines[0].removeprefix("- ").partition(f": {ADDRESS} ")
    return seen(title, f" {rest}", "\n".join(line[4:] for line in lines[2:-2]), [ADDRESS])


READERS = [
    pytest.param("markdown", from_markdown, id="markdown-it"),
    pytest.param("html", from_html, id="html-lexbor"),
    pytest.param("html", from_html_again, id="html-stdlib"),
    pytest.param("adf", from_adf, id="adf"),
    pytest.param("wiki", from_wiki, id="wiki"),
    pytest.param("plain", from_plain, id="plain"),
]


def test_there_are_120_texts() -> None:
    assert len(TEXTS) >= 120
    assert all(one_line(text) for text in TEXTS)


@pytest.mark.parametrize(("dialect", "read"), READERS)
def test_every_text_comes_back_as_it_was(dialect: Any, read: Any) -> None:
    wrong = [text for text in TEXTS if read(encode(document(text), dialect)) != wanted(text)]
    assert wrong == []
