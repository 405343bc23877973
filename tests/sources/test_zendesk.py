"""The source `zendesk` against a local help center: cursors, drafts, segments, labels, hostile answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hercules.kb.article import ArticleRefused
from hercules.kb.pages import Origin, read_page
from hercules.model import SettingsError
from tests.patience import ending
from tests.sources.kit import Waits, read, source_of
from tests.sources.servers import BASIC_TOKEN, TOKEN, USER, Answer, Asked, HelpCenter, running


@pytest.fixture
def center() -> Iterator[HelpCenter]:
    service = HelpCenter()
    with running(service):
        for number in range(101, 106):
            service.put(number, f"Article {number}", f"<p>Words of {number}.</p>")
        yield service


def table(center: HelpCenter, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "kind": "zendesk",
        "base_url": center.url,
        "private_hosts": [center.url.removeprefix("http://")],
        "user": USER,
        "token": TOKEN,
    }
    return values | changes


def test_all_articles_are_read_by_cursor(center: HelpCenter) -> None:
    pages, problems, _ = read(source_of(table(center)))
    assert problems == []
    assert sorted(pages) == ["101", "102", "103", "104", "105"]
    page = pages["101"]
    assert (page.title, page.media, page.language) == ("Article 101", "html", "en-us")
    assert page.url == "https://help.example.com/hc/en-us/articles/101"
    assert page.updated_at is not None
    assert page.updated_at.day == 8, "when it was edited, not when a vote changed it"
    assert [asked.one("page[after]") for asked in center.asked] == ["", "102", "104"]
    assert center.asked[0].one("page[size]") == "100"
    assert {asked.headers["authorization"] for asked in center.asked} == {BASIC_TOKEN}


def test_drafts_and_what_only_some_may_read(center: HelpCenter) -> None:
    center.put(201, "Draft", "<p>x</p>", draft=True)
    center.put(202, "For agents", "<p>x</p>", segment=77)
    center.put(203, "Not told", "<p>x</p>")
    del center.articles[203]["user_segment_id"]
    pages, _, _ = read(source_of(table(center)))
    assert pages["201"].status == "draft"
    assert {key for key, page in pages.items() if page.audience == "internal"} == {"202", "203"}


def test_only_articles_with_a_label_are_taken(center: HelpCenter) -> None:
    center.put(301, "Labelled", "<p>x</p>", labels=("Robot", "b"))
    pages, _, _ = read(source_of(table(center, label="robot")))
    assert sorted(pages) == ["301"]
    assert pages["301"].tags == ("Robot", "b")


def test_a_rate_limit_is_kept_and_an_expired_token_told(center: HelpCenter) -> None:
    center.busy, center.wait = 1, "11"
    waits = Waits()
    pages, problems, _ = read(source_of(table(center), waits))
    assert (len(pages), problems, waits.seconds) == (5, [], [11.0])
    _, problems, _ = read(source_of(table(center, token="old")))
    assert [each.message for each in problems] == [
        "docs: the token was refused (401); it may have expired: renew sources.docs.token"
    ]
    _, problems, _ = read(source_of(table(center, locale="xx")))
    assert problems[0].message.endswith("is not there (404); look at sources.docs.locale")
    with pytest.raises(SettingsError, match=r"sources\.docs\.locale"):
        source_of(table(center, locale="../users"))


def test_an_article_of_20_mb_is_refused_and_the_others_are_read(center: HelpCenter) -> None:
    center.put(150, "Huge", "<p>word </p>" * ((20 << 20) // 12))
    with ending():
        pages, problems, _ = read(source_of(table(center)))
        assert problems == []
        assert len(pages) == 6
        with pytest.raises(ArticleRefused, match="Huge"):
            read_page(pages["150"], Origin("docs"))


def test_an_answer_of_50_mb_is_not_read_to_its_end(center: HelpCenter) -> None:
    def huge(asked: Asked) -> Answer | bool:
        return (200, b'{"articles": [' + b" " * (50 << 20), {}) if asked.one("page[after]") else False

    center.first = huge
    pages, problems, _ = read(source_of(table(center)))
    assert sorted(pages) == ["101", "102"]
    assert problems[0].ended
    assert "larger than 33554432 bytes" in problems[0].message


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 200_000,
        b'{"articles": [' + b"[]," * 600_000 + b"[]]}",
        b'{"articles": ' + b"9" * 10_000 + b"}",
        b'{"articles": [{"id": 1e999}, {"id": null}, {"id": "\\ud800"}]}',
        b"\xff\xfe\x00",
        b"",
        json.dumps({"articles": [{"id": 5, "title": "t", "body": 7}], "links": {"next": 7}}).encode(),
    ],
)
def test_hostile_json_is_a_problem_and_never_an_error(center: HelpCenter, raw: bytes) -> None:
    center.first = lambda asked: (200, raw, {})
    with ending():
        _, problems, _ = read(source_of(table(center)))
    assert problems
