"""The source `confluence` against a local wiki: parts, labels, restrictions, rate limits, expired tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from hercules.model import SettingsError
from hercules.sources.source import SourcePage
from tests.sources.kit import Waits, read, source_of
from tests.sources.servers import BASIC, TOKEN, USER, Answer, Asked, Web, Wiki, running


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    service = Wiki()
    with running(service):
        for number in range(1, 6):
            service.put(str(number), f"Page {number}", f"<p>Words of page {number}.</p>")
        yield service


def table(wiki: Wiki, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "kind": "confluence",
        "base_url": wiki.url + wiki.root,
        "private_hosts": [wiki.url.removeprefix("http://")],
        "space": "KB",
        "user": USER,
        "token": TOKEN,
    }
    return values | changes


def test_all_parts_of_a_space_are_read(wiki: Wiki) -> None:
    pages, problems, _ = read(source_of(table(wiki)))
    assert problems == []
    assert sorted(pages) == ["1", "2", "3", "4", "5"]
    page = pages["1"]
    assert (page.title, page.media, page.data) == ("Page 1", "storage", b"<p>Words of page 1.</p>")
    assert page.url == f"{wiki.url}/wiki/spaces/KB/pages/1"
    assert page.audience == "public"
    assert page.updated_at is not None
    assert page.updated_at.isoformat() == "2026-10-08T09:10:11+00:00"
    assert [asked.one("start", "0") for asked in wiki.asked] == ["0", "1", "2", "3"], "each overlaps by one"
    assert {asked.headers["authorization"] for asked in wiki.asked} == {BASIC}


def test_data_center_has_no_wiki_in_its_path_and_takes_a_bearer_token() -> None:
    service = Wiki(root="", allowed=(f"Bearer {TOKEN}",))
    with running(service):
        for number in range(1, 4):
            service.put(str(number), f"Page {number}", "<p>Words.</p>")
        pages, problems, _ = read(source_of(table(service, user="")))
    assert (sorted(pages), problems) == (["1", "2", "3"], [])
    assert service.asked[0].path == "/rest/api/content"


def test_cloud_has_its_pages_below_wiki() -> None:
    source = source_of(
        {"kind": "confluence", "base_url": "https://acme.atlassian.net", "space": "KB", "token": "t"}
    )
    assert source.where == "https://acme.atlassian.net/wiki, space KB"


def test_pages_with_a_label_are_found_in_all_spaces_or_some(wiki: Wiki) -> None:
    wiki.put("10", "Labelled", "<p>x</p>", labels=("kb-public", "other"))
    wiki.put("11", "Elsewhere", "<p>x</p>", space="OPS", labels=("kb-public",))
    wiki.put("12", "Third", "<p>x</p>", space="OPS", labels=("how-to",))
    everywhere, _, _ = read(source_of(table(wiki, space=[], label="kb-public")))
    assert sorted(everywhere) == ["10", "11"]
    assert everywhere["10"].tags == ("kb-public", "other")
    here, _, _ = read(source_of(table(wiki, label=["kb-public", "how-to"])))
    assert sorted(here) == ["10"]


def test_restricted_pages_and_all_below_them_are_internal(wiki: Wiki) -> None:
    wiki.put("20", "Secret", "<p>x</p>", readers=("ann",))
    wiki.put("21", "Below it", "<p>x</p>", below=("1", "20"))
    wiki.put("22", "Open", "<p>x</p>", below=("1",))
    wiki.put("23", "Below what we may not see", "<p>x</p>", below=("404",))
    wiki.put("24", "Not told", "<p>x</p>")
    del wiki.pages["24"]["restrictions"]
    pages, problems, _ = read(source_of(table(wiki)))
    assert problems == []
    internal = {key for key, page in pages.items() if page.audience == "internal"}
    assert internal == {"20", "21", "23", "24"}
    assert sum(asked.path.endswith("/404") for asked in wiki.asked) == 1


def test_a_page_without_its_text_is_named_and_the_others_are_read(wiki: Wiki) -> None:
    del wiki.pages["3"]["body"]
    pages, problems, _ = read(source_of(table(wiki)))
    assert sorted(pages) == ["1", "2", "4", "5"]
    assert [(each.key, each.ended) for each in problems] == [("3", False)]
    assert "'Page 3' (3) came without its text" in problems[0].message


def test_a_rate_limit_is_kept(wiki: Wiki) -> None:
    wiki.busy, wiki.wait = 2, "7"
    waits = Waits()
    pages, problems, _ = read(source_of(table(wiki), waits))
    assert (len(pages), problems, waits.seconds) == (5, [], [7.0, 7.0])


def test_a_wait_longer_than_the_pass_may_take_ends_it_at_once(wiki: Wiki) -> None:
    wiki.busy, wiki.wait = 99, "3000"
    waits = Waits()
    pages, problems, _ = read(source_of(table(wiki), waits))
    assert (pages, waits.seconds, len(wiki.asked)) == ({}, [], 1)
    assert problems[0].ended
    assert "asks us to wait 3000 s, which is more than the pass has left" in problems[0].message


def test_a_pass_ends_by_its_deadline_whatever_the_service_does(wiki: Wiki) -> None:
    def slow(asked: Asked) -> bool:
        time.sleep(0.2)
        return False

    wiki.first = slow
    _, problems, _ = read(source_of(table(wiki, deadline=0.5)))
    assert problems[-1].ended
    assert "took longer than 0.5 s" in problems[-1].message


def test_a_service_that_asks_again_and_again_is_given_up(wiki: Wiki) -> None:
    wiki.busy, wiki.wait = 99, "1"
    _, problems, _ = read(source_of(table(wiki)))
    assert len(wiki.asked) == 4
    assert "/wiki/rest/api/content was answered with 429, 4 times" in problems[0].message


def test_a_pass_that_is_to_end_waits_no_longer(wiki: Wiki) -> None:
    wiki.busy = 9
    _, problems, _ = read(source_of(table(wiki), Waits(end=True)))
    assert len(wiki.asked) == 1
    assert "the pass was stopped" in problems[0].message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"token": "expired-4711"},
            "docs: the token was refused (401); it may have expired: renew sources.docs.token",
        ),
        ({"token": None, "user": ""}, "docs: it wants credentials (401): set sources.docs.token"),
        (
            {"space": "NONE"},
            "docs: /wiki/rest/api/content is not there (404); look at sources.docs.space",
        ),
    ],
)
def test_what_the_service_refuses_is_one_sentence_that_names_the_setting(
    wiki: Wiki, changes: dict[str, object], told: str
) -> None:
    pages, problems, _ = read(source_of(table(wiki, **changes)))
    assert pages == {}
    assert [each.message for each in problems] == [told]
    assert problems[0].ended
    assert "expired-4711" not in str(problems)


def test_a_token_that_expires_on_the_way_keeps_what_was_read(wiki: Wiki) -> None:
    def expired(asked: Asked) -> Answer | bool:
        return (401, {}, {}) if asked.one("start") == "3" else False

    wiki.first = expired
    pages, problems, _ = read(source_of(table(wiki)))
    assert sorted(pages) == ["1", "2", "3", "4"]
    assert problems[0].ended


# --- listings that move while they are read -----------------------------------------------------------


@pytest.mark.parametrize("removed", ["1", "3", "4"])
def test_a_page_removed_while_the_space_is_listed_hides_no_other(wiki: Wiki, removed: str) -> None:
    """All behind it move one forward, past the part that is asked for next."""
    for number in range(6, 14):
        wiki.put(str(number), f"Page {number}", "<p>Words.</p>")
    wiki.part = 4

    def remove(asked: Asked) -> bool:
        if asked.one("start") == "3":
            wiki.pages.pop(removed, None)
        return False

    wiki.first = remove
    source = source_of(table(wiki))
    found = [each.key for each in source.read() if isinstance(each, SourcePage)]
    assert sorted(found, key=int) == [str(number) for number in range(1, 14)], (
        "each once, the removed one too"
    )


def test_a_page_added_while_the_space_is_listed_costs_nothing(wiki: Wiki) -> None:
    def add(asked: Asked) -> bool:
        if asked.one("start") == "1" and "0" not in wiki.pages:
            former = dict(wiki.pages)
            wiki.pages.clear()
            wiki.put("0", "Page 0", "<p>New.</p>")
            wiki.pages.update(former)
        return False

    wiki.first = add
    found = [each.key for each in source_of(table(wiki)).read() if isinstance(each, SourcePage)]
    assert sorted(found) == ["1", "2", "3", "4", "5"], "each once"


def test_a_space_that_never_holds_still_is_a_problem_that_removes_nothing(wiki: Wiki) -> None:
    for number in range(6, 30):
        wiki.put(str(number), f"Page {number}", "<p>Words.</p>")

    def remove(asked: Asked) -> bool:
        if asked.one("start") == "1":
            del wiki.pages[min(wiki.pages, key=int)]
        return False

    wiki.first = remove
    _, problems, _ = read(source_of(table(wiki)))
    assert problems[0].ended
    assert "pages were removed while they were listed" in problems[0].message


def test_gaps_of_pages_that_we_may_not_see_are_no_movement(wiki: Wiki) -> None:
    """They are left out of a part after it was counted."""

    def gaps(asked: Asked) -> Answer:
        start = int(asked.one("start", "0"))
        part = [page for page in list(wiki.pages.values())[start : start + 2] if page["id"] not in ("2", "3")]
        onward = {"next": f"/rest/api/content?expand=x&limit=2&start={start + 2}"} if start < 4 else {}
        return 200, {"results": part, "start": start, "limit": 2, "size": len(part), "_links": onward}, {}

    wiki.first = gaps
    pages, problems, _ = read(source_of(table(wiki)))
    assert (sorted(pages), problems, len(wiki.asked)) == (["1", "4", "5"], [], 3)


def test_a_listing_by_cursor_is_followed_as_it_is(wiki: Wiki) -> None:
    def by_cursor(asked: Asked) -> Answer:
        at = int(asked.one("cursor", "0"))
        part = list(wiki.pages.values())[at : at + 2]
        onward = {"next": f"/rest/api/content/search?cursor={at + 2}&limit=2"} if at < 4 else {}
        return 200, {"results": part, "start": at, "limit": 2, "size": len(part), "_links": onward}, {}

    wiki.first = by_cursor
    pages, problems, _ = read(source_of(table(wiki, label="any")))
    assert (len(pages), problems, len(wiki.asked)) == (5, [], 3)


def test_half_a_json_is_asked_for_again_and_then_told(wiki: Wiki) -> None:
    halves = [b'{"results": [{"id": "1', b""]

    def broken(asked: Asked) -> Answer | bool:
        return (200, halves.pop(), {}) if halves else False

    wiki.first = broken
    pages, problems, _ = read(source_of(table(wiki)))
    assert (len(pages), problems) == (5, [])
    wiki.first = lambda asked: (200, b'{"results": [', {})
    _, problems, _ = read(source_of(table(wiki)))
    assert "was answered with what is no whole JSON: it breaks off or errs at line 1" in problems[0].message


def test_a_connection_cut_in_the_middle_is_tried_again(wiki: Wiki) -> None:
    cuts: list[Answer | None] = [(200, b'{"results"', {"content-length": "999"}), None]

    def cut(asked: Asked) -> Answer | bool | None:
        return cuts.pop() if cuts else False

    wiki.first = cut
    pages, problems, _ = read(source_of(table(wiki)))
    assert (len(pages), problems) == (5, [])


@pytest.mark.parametrize("said", [{"results": {}}, [], "text", {"results": ["x", 7, None]}])
def test_json_of_another_form_is_a_problem(wiki: Wiki, said: object) -> None:
    wiki.first = lambda asked: (200, said, {})
    pages, problems, _ = read(source_of(table(wiki)))
    assert pages == {}
    assert problems[0].ended


def test_a_listing_that_leads_back_ends(wiki: Wiki) -> None:
    path = "/wiki/rest/api/content?round=1"
    wiki.first = lambda asked: (200, {"results": [], "_links": {"next": path}}, {})
    _, problems, _ = read(source_of(table(wiki)))
    assert "the listing does not come to an end" in problems[0].message
    assert len(wiki.asked) == 2


def test_credentials_never_follow_a_redirect_to_another_host(wiki: Wiki) -> None:
    other = Web(paths={"/": (200, {"results": []}, {})})
    with running(other):
        wiki.first = lambda asked: (302, b"", {"location": f"{other.url}/"})
        _, problems, _ = read(source_of(table(wiki)))
        assert other.asked == []
        wiki.first = lambda asked: (200, {"results": [], "_links": {"next": f"{other.url}/"}}, {})
        _, more, _ = read(source_of(table(wiki)))
        assert other.asked == []
    assert "redirects to where we do not follow" in problems[0].message
    assert "is not in the list of hosts" in more[0].message
    assert TOKEN not in str(problems + more)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"space": []}, "sources.docs.space: write the key of a space"),
        ({"base_url": "http://wiki.example.com"}, "sources.docs.base_url: http is not safe"),
        ({"base_url": "wiki"}, "sources.docs.base_url: write a URL such as"),
        ({"base_url": "https://me:secret@wiki.example.com"}, "without a password"),
        ({"spaec": "KB"}, "sources.docs.spaec: no such setting; known are allow_shrink, audience, base_url"),
        ({"token": None}, "sources.docs.token: a user needs a token too"),
        ({"token": "a\nb", "user": ""}, "sources.docs.token: a header"),
        ({"desks": ["nobody"]}, "sources.docs.desks: there is no desk 'nobody'"),
        ({"kind": "wiki"}, "sources.docs.kind: there is no kind 'wiki'; known are confluence, folder"),
    ],
)
def test_wrong_settings_are_named(wiki: Wiki, changes: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        source_of(table(wiki, **changes))
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_no_secret_shows_in_the_settings_or_the_source(wiki: Wiki) -> None:
    from hercules.settings import Settings

    values = table(wiki, headers={"X-Key": "header-canary"})
    settings = Settings.model_validate({"sources": {"docs": values}})
    source = source_of(values)
    shown = f"{settings!r} {settings.sources!r} {source!r} {vars(source)!r}"
    assert TOKEN not in shown
    assert "header-canary" not in shown


def test_a_page_above_is_asked_for_once(wiki: Wiki) -> None:
    for number in ("71", "72"):
        wiki.put(number, f"Below {number}", "<p>x</p>", below=("70",))
    wiki.put("70", "Above", "<p>x</p>", space="OTHER", readers=("someone",))
    pages, _, _ = read(source_of(table(wiki)))
    assert {pages[number].audience for number in ("71", "72")} == {"internal"}
    assert len([asked for asked in wiki.asked if asked.path.endswith("/content/70")]) == 1
