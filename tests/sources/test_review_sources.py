"""A broken or hostile service neither ends other sources, nor removes articles, nor gets a token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules import library
from hercules.kb.pages import Origin, read_page
from hercules.model import SettingsError
from hercules.sources.source import Deleted, Problem, SourcePage
from hercules.store import articles
from tests.serving import serving, wait_for
from tests.sources.kit import read, source_of
from tests.sources.servers import Answer, Asked, HelpCenter, Web, running


@pytest.mark.parametrize("onward", ["http://[", "//[::1", "https://a.example:port/x"])
def test_a_next_part_at_no_address_ends_the_pass_with_a_sentence(onward: str) -> None:
    web = Web()
    with running(web) as host:
        web.paths = {"/kb": (200, {"items": [{"id": "1", "title": "a", "body": "b"}], "next": onward}, {})}
        values = {"kind": "json", "url": f"{web.url}/kb", "items": "items", "next": "next"}
        pages, problems, _ = read(source_of({**values, "private_hosts": [host]}))
    assert list(pages) == ["1"]
    assert [each.ended for each in problems] == [True]


def test_a_listing_that_breaks_off_is_not_taken_for_all_there_is() -> None:
    center = HelpCenter()
    center.put(101, "One", "<p>x</p>")

    def cut_off(asked: Asked) -> Answer | bool:
        said = {"articles": list(center.articles.values()), "meta": {"has_more": True}, "links": {}}
        return 200, said, {}

    center.first = cut_off
    with running(center):
        host = center.url.removeprefix("http://")
        values = {"kind": "zendesk", "base_url": center.url, "private_hosts": [host]}
        pages, problems, _ = read(source_of(values))
    assert list(pages) == ["101"]
    assert [each.ended for each in problems] == [True]


def test_a_token_is_for_one_host() -> None:
    urls = ["https://kb.example.com/a", "https://docs.example.org/b"]
    with pytest.raises(SettingsError, match=r"sources\.docs\.urls: .*one source for each host"):
        source_of({"kind": "html", "urls": urls, "token": "canary"})
    source_of({"kind": "html", "urls": urls})
    source_of({"kind": "html", "urls": [urls[0], "https://kb.example.com/b"], "token": "canary"})


class Broken:
    """A source whose pass ends in an error of ours."""

    name, where = "broken", "nowhere"
    local, complete, steady = False, True, True

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        raise RuntimeError("a bug")


class Sound(Broken):
    """A source with one page."""

    name = "sound"

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        yield SourcePage("1", "1", b"Words.", "plain", title="Title")


@pytest.mark.parametrize("local", [False, True])
def test_a_source_that_fails_holds_up_no_other(tmp_path: Path, local: bool) -> None:
    broken, sound = Broken(), Sound()
    broken.local = sound.local = local
    with serving(tmp_path, work=False) as served:
        house = served.house
        library.follow(house, [broken, sound])

        def held() -> bool:
            with house.db.read() as conn:
                return bool(list(articles.of_source(conn, "sound")))

        assert wait_for(held)
        assert wait_for(lambda: not any("hercules-sources" in each.name for each in threading.enumerate()))
        assert house.index.stats().articles >= 1


def test_a_lone_surrogate_in_a_field_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "kb.json"
    texts = {"id": "a\ud800b", "title": "t\udfff\0", "body": "b\ud83d", "product": "\ud800"}
    item = {**texts, "tags": ["\udc00"]}
    file.write_text(json.dumps([item]), encoding="ascii")
    named = {"product": "product", "tags": "tags"}
    source = source_of({"kind": "json", "file": file, "map": named})
    pages, _, _ = read(source)
    (article,) = read_page(next(iter(pages.values())), Origin("docs"))
    for text in (article.id, article.title, article.body, article.product, *article.tags):
        text.encode()
    with serving(tmp_path / "s", work=False) as served:
        assert library.pull(served.house, source).changed == 1
        assert library.pull(served.house, source).changed == 0
