"""Strangers' text on our pages: it is shown as text, wherever it stands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from hercules.store import tickets
from hercules.store.tickets import TicketRow
from tests.serving import DESK, Plain, Served, inline, serving, ticket_body, wait_for, write_content
from tests.web.kit import log_in

XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror='alert(1)'>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</code></pre><iframe src=javascript:alert(1)></iframe>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "{{ 7919*7919 }}{% raw %}",
    "${7919*7919}#{7919*7919}<%= 7919*7919 %>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<style>*{display:none}</style>",
    "<form action=https://evil.example><button>log in</button>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<ScRiPt >alert(1)</sCrIpT>",
    "<math><mi xlink:href=javascript:alert(1)>x",
    "--><!--<script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
)  # fmt: skip
# What our own templates are made of; anything else came from a stranger.
OUR_TAGS = frozenset(
    "html head meta title link body a header div nav form input span button main h1 h2 h3 p ul li code table "
    "thead tbody tr th td time footer label select option textarea article mark details summary strong br "
    "section pre em ol blockquote hr dl dt dd kbd script".split()
)


class Tags(HTMLParser):
    """Every tag of a page with its attributes, as a browser's parser sees them (near enough)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(text: str, where: str) -> None:
    for tag, attributes in Tags(text).found:
        assert tag in OUR_TAGS, (where, tag)
        for name, value in attributes.items():
            assert not name.startswith("on"), (where, tag, name)
            assert name != "style", (where, tag)
            if name in ("href", "src", "action"):
                assert not re.match(r"\s*(?:javascript|data|vbscript):", value or "", re.I), (where, value)
        if tag in ("script", "link", "form", "img", "iframe"):
            target = attributes.get("src") or attributes.get("href") or attributes.get("action") or ""
            assert target.startswith("/"), (where, tag, target)
    assert "62710561" not in text, "a template was run"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service with hostile articles beside the usual one."""
    folder = tmp_path_factory.mktemp("pages")
    write_content(folder)
    for number, text in enumerate(XSS):
        write_article(folder / "articles", number, text)
    with serving(folder) as found:
        yield found


def write_article(folder: Path, number: int, text: str) -> None:
    title = text.replace("'", "''")
    body = f"## Symptoms\n\n{text}\n\n`{text}`\n\n    {text}\n\n## Resolution\n\nGizmo{number} {text}\n"
    (folder / f"hostile-{number}.md").write_text(f"---\nid: hostile-{number}\ntitle: '{title}'\n---\n{body}")


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[httpx.Client]:
    """A client that is logged in."""
    with log_in(served, "<script>alert(1)</script>") as client:
        yield client


@pytest.fixture(scope="module")
def hostile(served: Served) -> dict[str, Plain]:
    """A ticket for each text, which stands wherever a stranger's text can."""
    for number, text in enumerate(XSS):
        assert served.post(hostile_ticket(number, text), f"hostile-{number}").status_code == 202
    return {text: served.ticket(f"x{number}{text}") for number, text in enumerate(XSS)}


def hostile_ticket(number: int, text: str) -> Plain:
    log = (
        f"2026-10-03 11:22:31,001 INFO  [main] before {text}\n"
        f"2026-10-03 11:22:32,500 ERROR [{text}] disk quota of w{number} exceeded for volume {text}\n"
        f"\tat com.example.{text}(Volume.java:77)\n"
        f"2026-10-03 11:22:33,001 INFO  [main] after {text}\n"
        f"2026-10-03 11:22:34,001 ERROR [main] nobody explains {text}\n"
    )
    return ticket_body(
        f"x{number}{text}",
        f"Subject {text}",
        description=text,
        product=text,
        version=text,
        url=f"javascript:alert({number})",
        attachments=[
            inline(f"a{text}.log", log.encode()),
            {"name": f"b{text}", "url": "https://evil.example/"},
        ],
        requester={"id": text, "email": text, "name": text},
    )


def test_the_list_shows_text_as_text(browser: httpx.Client, hostile: dict[str, Plain]) -> None:
    page = browser.get("/review", params={"show": "all"}).text
    assert_harmless(page, "list")
    for text in XSS:
        assert f"Subject {' '.join(text.split())}" in html.unescape(page), text


def test_the_search_of_the_list_shows_text_as_text(browser: httpx.Client) -> None:
    for text in XSS:
        for params in ({"q": text}, {"show": text}, {"q": text, "page": "2"}, {"page": text}):
            assert_harmless(browser.get("/review", params=params).text, str(params))


def test_a_ticket_shows_text_as_text(browser: httpx.Client, hostile: dict[str, Plain]) -> None:
    for text, told in hostile.items():
        page = browser.get(f"/review/{told['suggestion_id']}")
        assert page.status_code == 200
        assert_harmless(page.text, text)
        assert "Open at the desk" not in page.text, "no link to what the ticket calls its URL"
        assert "<mark>disk quota of " in page.text


def test_the_deliveries_show_text_as_text(served: Served, browser: httpx.Client) -> None:
    for number, text in enumerate(XSS):
        body = ticket_body("x", created_at=text)
        assert served.post(body, f"unread-{number}").status_code == 202
        served.post({"type": text, "ticket": {"id": text}}, re.sub(r"[^!-~]", "", f"id{number}{text}"))
    assert wait_for(lambda: served.states().get("new") == 0 and served.states().get("leased") == 0)
    assert_harmless(browser.get("/deliveries").text, "deliveries")


def test_articles_show_text_as_text(served: Served, browser: httpx.Client) -> None:
    assert_harmless(browser.get("/kb").text, "kb")
    for number, text in enumerate(XSS):
        page = browser.get(f"/kb/hostile-{number}")
        assert page.status_code == 200, text
        assert_harmless(page.text, text)
        found = browser.get("/kb", params={"q": f"Gizmo{number} {text}"})
        assert found.status_code == 200
        assert_harmless(found.text, text)
        assert_harmless(browser.get("/kb", params={"q": text}).text, text)
        assert_harmless(browser.get(f"/kb/{text}").text, text)


def test_words_in_an_address_are_shown_as_text(served: Served, browser: httpx.Client) -> None:
    for text in XSS:
        for path in ("/reports", "/login", "/nowhere"):
            params = {"desk": text, "period": text, "next": text}
            assert_harmless(browser.get(path, params=params).text, f"{path} {text}")
        assert_harmless(browser.get(f"/{text}").text, text)
        assert_harmless(browser.get(f"/review/{text}").text, text)
        wrong = browser.post("/login", data={"token": "", "name": text, "next": text})
        assert_harmless(wrong.text, text)


def test_the_api_tells_text_as_json(served: Served, hostile: dict[str, Plain]) -> None:
    for told in hostile.values():
        asked = {"desk_id": DESK, "ticket_id": told["ticket_id"]}
        answer = served.client.get("/api/tickets", params=asked, headers=served.api())
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_long_and_odd_texts_do_not_break_a_page(served: Served, browser: httpx.Client) -> None:
    odd = "\u202eevil\u2066 \x1b[31m\x07 \ufeff zero\u200bwidth " + "W" * 5000
    log = f"2026-10-03 11:22:32,500 ERROR [t] disk quota of long exceeded for volume {odd}\n" + "x" * 100_000
    served.post(ticket_body("odd", odd, attachments=[inline(odd, log.encode())]))
    told = served.ticket("odd")
    page = browser.get(f"/review/{told['suggestion_id']}").text
    for character in "\u202e\u2066\x1b\x07":
        assert character not in page
        assert character not in browser.get("/review?show=all").text


def test_a_ticket_that_was_not_looked_at_yet_is_no_answered_one(tmp_path: Path) -> None:
    with serving(tmp_path, work=False) as served, log_in(served) as client:
        row = TicketRow(DESK, "t1", served.house.clock(), "Wait")
        served.house.db.do(lambda conn: tickets.put(conn, row))
        told = client.get("/review?show=all").text
        assert "not looked at yet" in told
        assert "Something to suggest for 0 of 1 tickets" in told
