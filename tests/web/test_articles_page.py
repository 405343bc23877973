"""The page of articles: how each did, which tickets found nothing, and where articles come from."""

from __future__ import annotations

from pathlib import Path

from tests.serving import Served, inline, serving, ticket_body, wait_for
from tests.sources.servers import HelpCenter, running
from tests.web.kit import answered, log_in


def test_how_often_an_article_was_suggested_accepted_and_rejected(served: Served) -> None:
    for number, verdict in enumerate(("approve", "reject", "")):
        told = answered(served, f"T-{number}")
        if verdict:
            served.client.post(
                f"/api/suggestions/{told['suggestion_id']}/review",
                json={"verdict": verdict, "version": told["version"], "reviewer": "Ann", "reason": "wrong"},
                headers=served.api(),
            ).raise_for_status()
    with log_in(served) as browser:
        for _ in range(2):  # counted once, however often the page is looked at
            text = browser.get("/kb").text
            row = text.partition('href="/kb/folder%3Aacme-quota"')[2].partition("</tr>")[0]
            counts = [part.partition("<")[0] for part in row.split('<td class="num">')[1:]]
            assert counts == ["3", "1", "1"]


def test_tickets_that_found_nothing_are_listed(served: Served) -> None:
    body = ticket_body("T-none", "Zebra <b>crossing</b>", attachments=[inline("a.log", b"INFO fine\n")])
    assert served.post(body).status_code == 202
    served.ticket("T-none")
    with log_in(served) as browser:
        text = browser.get("/kb").text
    part = text.partition("Tickets that found nothing")[2].partition("<h2>")[0]
    assert "T-none" in part
    assert "Zebra &lt;b&gt;crossing" in part
    assert "1 in all" in part


def test_sources_with_their_last_pass_and_problems(tmp_path: Path) -> None:
    center = HelpCenter()
    with running(center) as host:
        table = {
            "kind": "zendesk",
            "base_url": center.url,
            "user": "robot@example.com",
            "token": "old-canary",
            "private_hosts": [host],
        }
        with serving(tmp_path, sources={"help": table}) as served, log_in(served) as browser:
            assert wait_for(lambda: "may have expired" in browser.get("/kb").text)
            text = browser.get("/kb").text
    assert "Source <code>help</code>: 1 could not be read in the last pass." in text
    assert "the token was refused (401); it may have expired: renew sources.help.token" in text
    assert "canary" not in text
    row = text.partition("<td>help</td>")[2].partition("</tr>")[0]
    assert "<td>zendesk</td>" in row
    assert ", 0 changed, 0 removed" in row


def test_without_a_session_the_list_is_not_shown(served: Served) -> None:
    answer = served.client.get("/kb")
    assert answer.status_code in (303, 401)
