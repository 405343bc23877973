"""The page of one ticket: what the customer wrote, and what of the answers the customer does not get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hercules.model import Evidence
from hercules.web.review import block_of
from tests.serving import DESK, TROUBLE, Served, inline, serving, ticket_body, utc_now, write_content
from tests.web.kit import log_in

DESCRIPTION = "Nothing works since noon.\n\nMail me at joe@example.org <script>alert(1)</script>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("ticketpage")
    write_content(folder)
    article = folder / "articles" / "acme-quota.md"
    article.write_text(article.read_text().replace("product: acme", "product: acme\naudience: internal"))
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[httpx.Client]:
    with log_in(served) as client:
        yield client


def page_of(served: Served, browser: httpx.Client, ticket_id: str) -> str:
    """The page of a new ticket with a log that a rule knows."""
    log = inline("app.log", TROUBLE.format(word="vol17").encode())
    body = ticket_body(
        ticket_id,
        "The volume is stuck",
        description=DESCRIPTION,
        requester={"id": ticket_id},
        attachments=[log],
        url="https://desk.example.com/t/1",
    )
    assert served.post(body).status_code == 202
    told = served.ticket(ticket_id)
    return browser.get(f"/review/{told['suggestion_id']}").text


def test_what_the_customer_wrote_is_shown_redacted(served: Served, browser: httpx.Client) -> None:
    page = page_of(served, browser, "text-1")
    assert "The volume is stuck" in page
    assert "Nothing works since noon.\n\nMail me at [email]" in page
    assert "joe@example.org" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_when_it_was_first_and_last_seen_is_shown(served: Served, browser: httpx.Client) -> None:
    once = TROUBLE.format(word="vol18")
    log = inline("app.log", (once + once.replace(" 11:", " 12:") + once.replace(" 11:", " 14:")).encode())
    body = ticket_body("seen-1", "Again and again", requester={"id": "seen-1"}, attachments=[log])
    assert served.post(body).status_code == 202
    page = browser.get(f"/review/{served.ticket('seen-1')['suggestion_id']}").text
    assert "3 times" in page
    assert "first seen <time" in page
    seen = page.partition("first seen")[2].partition("</span>")[0]
    assert 'datetime="2026-10-03T11:22:32.500000+00:00">2026-10-03 11:22:32<' in seen
    assert (
        'datetime="2026-10-03T14:22:32.500000+00:00">2026-10-03 14:22:32<' in seen.partition("last seen")[2]
    )


def test_text_that_is_no_longer_kept_leads_to_the_desk(served: Served, browser: httpx.Client) -> None:
    from hercules.store import inbox

    page_of(served, browser, "text-2")
    suggestion_id = served.ticket("text-2")["suggestion_id"]
    served.house.db.do(lambda conn: inbox.prune(conn, DESK, utc_now()))
    page = browser.get(f"/review/{suggestion_id}").text
    assert "Nothing works since noon" not in page
    assert "No text is stored (any more)." in page
    assert '<a href="https://desk.example.com/t/1" rel="noreferrer">Read it at the desk</a>' in page


def test_an_internal_answer_is_said_to_stay_inside(served: Served, browser: httpx.Client) -> None:
    page = page_of(served, browser, "inside-1").replace("&#39;", "'")
    assert "This article is internal: it is not in the customer's reply." in page
    assert "A volume has reached its disk quota is internal: not in the customer's reply." in page
    note = served.note("inside-1")
    assert note is not None
    assert "This article is internal" in note.body.replace("\\", "")


def test_the_place_told_is_the_line_of_the_match() -> None:
    """An event may begin lines above it; the reason beside it names the same line."""
    event = "ERROR cannot save\n\tat com.example.A\nCaused by: no room"
    block = block_of(Evidence("app.log", 47, None, event, ((len(event) - 7, len(event)),)))
    assert block.line == 49
    assert [line.number for line in block.lines] == [47, 48, 49]
