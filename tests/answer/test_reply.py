"""The words of notes and replies, and what must never stand in them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from hercules.answer.reply import key_of, shows_customer, write
from hercules.model import DeskError, Dialect, Evidence, Item, NotScanned, Suggestion

EVENT = (
    "2026-11-20 10:00:00 ERROR pool\njava.io.IOException: Too many open files\n"
    "\tat a.b.C\n\tat a.b.D\n\tat a.b.E"
)
PROOF = Evidence("b.zip!logs/app.log", 812, None, EVENT, ((31, 71),))
ITEM = Item(
    title="Too many open files",
    why="Rule jira-files matched b.zip!logs/app.log line 812.",
    confidence=0.9,
    article_id="folder:open-files",
    url="https://kb.test/open-files",
    rule_id="jira-files",
    rule_status="stable",
    severity="high",
    message="The limit is 4096 files.",
    evidence=(PROOF,),
    count=1,
)
DIALECTS: tuple[Dialect, ...] = ("adf", "wiki", "html", "markdown", "plain")
REVIEW = "http://127.0.0.1:8321/review/s1"


def suggestion(*items: Item) -> Suggestion:
    return Suggestion("s1", "acme", "4711", items or (ITEM,))


def note(*items: Item, dialect: Dialect = "plain") -> str:
    return write(suggestion(*items), "note", dialect, review_url=REVIEW).body


def reply(*items: Item, dialect: Dialect = "plain", text: str = "") -> str:
    return write(suggestion(*items), "reply", dialect, text=text).body


def test_key_is_made_from_desk_ticket_and_kind_alone() -> None:
    assert key_of("acme", "4711", "note") == "H-PHWTT5WV"
    keys = {key_of("acme", "4711", "reply"), key_of("acme", "4711", "note"), key_of("acme", "471", "note")}
    assert len({*keys, key_of("acme4", "711", "note")}) == 4
    assert key_of("acme", "\ud800", "note").startswith("H-")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_note_has_words_proof_links_and_footer(dialect: Dialect) -> None:
    made = write(suggestion(), "note", dialect, review_url=REVIEW)
    assert (made.visibility, made.dialect, made.ticket.ticket_id) == ("note", dialect, "4711")
    assert made.key == key_of("acme", "4711", "note")
    assert "These answers might be helpful to you" in made.body
    assert made.key in made.body
    assert "I am a robot" in made.body
    assert "https://kb.test/open-files" in made.body
    assert REVIEW in made.body
    assert "Too many open files" in made.body
    assert "812" in made.body


def test_note_quotes_three_lines_from_the_match_on() -> None:
    body = note()
    quoted = [line for line in body.split("\n") if line.startswith("    ")]
    assert quoted == ["    java.io.IOException: Too many open files", "    \tat a.b.C", "    \tat a.b.D"]
    assert "b.zip!logs/app.log:813" in body, "the line of the match, not the first one of its event"
    assert "Rule jira-files matched b.zip!logs/app.log line 812." in body
    assert "Status stable, severity high." in body


def test_long_line_is_cut_around_what_was_found() -> None:
    line = "x" * 500 + " NEEDLE here " + "y" * 500
    proof = Evidence("app.log", 3, None, line, ((501, 507),))
    quoted = [line for line in note(replace(ITEM, evidence=(proof,))).split("\n") if line.startswith("    ")]
    assert len(quoted) == 1
    assert len(quoted[0]) <= 4 + 200
    assert "NEEDLE" in quoted[0]


def test_note_tells_what_was_not_read() -> None:
    files = tuple(NotScanned(f"f{number}.bin", "binary", "not text") for number in range(5))
    body = write(replace(suggestion(), not_scanned=files), "note", "plain").body
    assert "- Not read: f0.bin (not text)" in body
    assert "- Not read: 2 more files" in body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_reply_shows_title_link_and_message_but_no_log_line_and_no_why(dialect: Dialect) -> None:
    body = reply(dialect=dialect)
    assert "These answers might be helpful to you" in body
    assert "https://kb.test/open-files" in body
    assert "The limit is 4096 files." in body.replace("\\.", ".")
    for hidden in ("IOException", "app.log", "jira-files", "jira\\-files", "812", "severity", "review"):
        assert hidden not in body
    assert "I am a robot" in body
    assert "a person will read on" in body
    assert key_of("acme", "4711", "reply") in body


def test_reply_shows_no_internal_article() -> None:
    secret = replace(
        ITEM, title="Runbook", url="https://wiki.test/run", message="Run X.", audience="internal"
    )
    body = reply(secret, ITEM)
    assert "Runbook" not in body
    assert "Run X." not in body
    assert "Too many open files" in body
    assert "This article is internal: it is not in the customer's reply." in note(secret)
    assert not shows_customer(suggestion(secret))
    with pytest.raises(DeskError) as caught:
        reply(secret)
    assert (caught.value.outcome, caught.value.permanent) == ("no", True)


def test_article_without_address_gets_ours() -> None:
    made = write(
        suggestion(replace(ITEM, url="")),
        "reply",
        "plain",
        article_url=lambda article_id: f"https://h.test/kb/{article_id}",
    )
    assert f"https://h.test/kb/{ITEM.article_id}" in made.body
    assert "http" not in reply(replace(ITEM, url=""))
    assert "javascript" not in reply(replace(ITEM, url="javascript:alert(1)"))


def test_an_approved_reply_says_that_a_person_looked() -> None:
    body = write(suggestion(), "reply", "plain", approved=True).body
    assert "These answers might be helpful to you" in body
    assert "I am a robot; a person looked at this before it was sent" in body
    assert "by myself" not in body


def test_own_words_replace_the_answers_and_are_plain_text() -> None:
    text = "Hello,\n\nplease read https://kb.test/a(1). *not bold*\n<b>not html</b>"
    body = reply(dialect="html", text=text)
    tree = LexborHTMLParser(body)
    assert [node.attributes["href"] for node in tree.css("a")] == ["https://kb.test/a%281"]
    assert tree.css("b") == []
    assert "*not bold*" in body
    assert "The limit is 4096" not in body
    assert "A person wrote this with the help of a robot" in body
    assert "I am a robot" not in body
    assert "These answers might be helpful to you" not in body
    marked = reply(dialect="markdown", text=text + "\n/close\n@everyone {{x}}")
    rendered = MarkdownIt("commonmark").render(marked)
    assert "<em>" not in rendered
    assert "&lt;b&gt;not html" in rendered
    assert "\n/close" not in marked
    assert "@everyone" not in marked
    assert "{{" not in marked


def test_own_words_may_answer_where_all_articles_are_internal() -> None:
    body = reply(replace(ITEM, audience="internal"), text="Restart it.")
    assert "Restart it." in body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_secret_leaves_from_any_place(dialect: Dialect) -> None:
    leak = "password=hunter2pass joe@example.com 203.0.113.9"
    event = f"ERROR login {leak}"
    item = replace(
        ITEM,
        title=f"T {leak}",
        why=f"W {leak}",
        message=f"M {leak}",
        evidence=(Evidence(leak, 1, None, event, ((0, 5),)),),
    )
    one = replace(suggestion(item), not_scanned=(NotScanned(leak, "binary", leak),))
    for body in (
        write(one, "note", dialect, review_url=REVIEW).body,
        write(one, "reply", dialect).body,
        write(one, "reply", dialect, text=leak).body,
    ):
        for secret in ("hunter2pass", "joe@example", "203.0.113.9", "203\\.0"):
            assert secret not in body


def test_long_texts_are_cut() -> None:
    item = replace(ITEM, title="t" * 5_000, message="m" * 5_000, why="w" * 5_000)
    assert len(note(item)) < 3_000
    assert len(reply(item, text="x" * 50_000)) < 12_000


def test_hostile_text_everywhere_makes_no_markup_of_its_own() -> None:
    bad = '</pre><img src=x onerror=alert(1)> {"type":"mention"} ![x](http://e.test) @all {noformat} [~admin]'
    item = replace(ITEM, title=bad, why=bad, message=bad, evidence=(Evidence(bad, 1, None, bad, ((0, 5),)),))
    page = LexborHTMLParser(note(item, dialect="html"))
    assert page.css("img") == []
    assert [node.attributes["href"] for node in page.css("a")] == ["https://kb.test/open-files", REVIEW]
    tree = json.loads(note(item, dialect="adf"))
    assert {block["type"] for block in tree["content"]} == {"paragraph", "codeBlock"}
    rendered = MarkdownIt("commonmark").render(note(item, dialect="markdown"))
    assert "<img" not in rendered
    assert rendered.count("<a ") == 2
