"""Passes over sources in a running house: what is read again, what stays, what is followed by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from hercules import library
from hercules.house import House
from hercules.kb.pages import read_page
from hercules.library import pulling
from hercules.model import SettingsError
from hercules.settings import Settings
from hercules.sources.source import Deleted, Problem, SourcePage
from hercules.store import articles, passes
from hercules.wiring import build
from tests.serving import DESK, serving, wait_for
from tests.sources.servers import TOKEN, HelpCenter, running


@dataclass
class Listed:
    """A source that offers what it is told to."""

    items: Sequence[SourcePage | Deleted | Problem] = ()
    complete: bool = True
    steady: bool = True
    local: bool = False
    name: str = "listed"
    where: str = "here"

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        yield from self.items


def page(key: str, words: str = "Words.", **more: Any) -> SourcePage:
    return SourcePage(key, key, words.encode(), "plain", title=f"Title {key}", **more)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with serving(tmp_path, work=False) as served:
        yield served.house


def held(house: House) -> set[str]:
    with house.db.read() as conn:
        return {each.id for each in articles.of_source(conn, "listed")}


def test_a_page_that_is_as_it_was_is_not_read_again(house: House) -> None:
    source = Listed([page(str(number)) for number in range(5)])
    assert library.pull(house, source).changed == 5
    with patch.object(pulling, "read_page", side_effect=AssertionError("read again")):
        assert library.pull(house, source) == library.Pulled(5, 0, 0, ())
    read: list[str] = []

    def noted(given: Any, origin: Any) -> Any:
        read.append(given.key)
        return original(given, origin)

    original = read_page
    source.items = [page("0", "Other words."), *source.items[1:]]
    with patch.object(pulling, "read_page", noted):
        assert library.pull(house, source).changed == 1
        assert read == ["0"]
        library.pull(house, source, full=True)
    assert sorted(read) == ["0", "0", "1", "2", "3", "4"]


def test_only_what_changed_goes_to_the_index(house: House) -> None:
    source = Listed([page(str(number), f"Word{number}") for number in range(40)])
    library.pull(house, source)
    library.sync(house)
    put: list[tuple[list[str], list[str]]] = []
    write = house.index.write

    def noted(fresh: Any, deleted: Any = (), **more: Any) -> int:
        put.append(([each.id for each in fresh], list(deleted)))
        return write(fresh, deleted, **more)

    source.items = [page("0", "Gearbox."), *source.items[1:39]]
    library.pull(house, source)
    with (
        patch.object(type(house.index), "write", lambda _, *given, **more: noted(*given, **more)),
        patch.object(type(house.index), "rebuild", side_effect=AssertionError("built anew")),
    ):
        assert library.sync(house)
        assert not library.sync(house)
    assert put == [(["listed:0"], ["listed:39"])]
    assert house.index.stats().articles == 40
    with house.db.read() as conn:
        assert library.holds(house.index, articles.all_articles(conn))


def test_an_index_of_another_history_is_built_anew(house: House) -> None:
    source = Listed([page(str(number)) for number in range(30)])
    library.pull(house, source)
    library.sync(house)
    seq, _, rest = house.index.mark.partition(".")
    with house.db.read() as conn:
        everything = list(articles.all_articles(conn))
    house.index.rebuild(everything[:-3], mark=f"{seq}.0123456789ab.{rest.rpartition('.')[2]}x")
    source.items = [page("0", "Changed."), *source.items[1:]]
    library.pull(house, source)
    assert library.sync(house)
    assert house.index.stats().articles == 31


def test_a_page_that_fails_keeps_its_article_and_the_others_are_followed(house: House) -> None:
    source = Listed([page("a"), page("b"), page("c")])
    library.pull(house, source)
    source.items = [page("a"), Problem("b", "It came without its text.", "b")]
    pulled = library.pull(house, source)
    assert (pulled.removed, len(pulled.problems)) == (1, 1)
    assert held(house) == {"listed:a", "listed:b"}
    with house.db.read() as conn:
        assert passes.last_passes(conn)["listed"].problems == ("b: It came without its text.",)


@pytest.mark.parametrize(
    "problem", [Problem("listed", "The token was refused.", ended=True), Problem("item 4", "It has no id.")]
)
def test_a_pass_that_saw_only_a_part_removes_nothing_but_what_was_said(
    house: House, problem: Problem
) -> None:
    source = Listed([page("a"), page("b"), page("c")])
    library.pull(house, source)
    source.items = [page("a"), Deleted("b"), problem]
    assert library.pull(house, source).removed == 1
    assert held(house) == {"listed:a", "listed:c"}
    source.items = [page("a")]
    assert library.pull(house, source).removed == 1


def test_a_page_listed_twice_is_one_and_two_of_one_id_are_a_problem(house: House) -> None:
    source = Listed([page("a"), page("b"), page("a"), page("b", "Other words.")])
    pulled = library.pull(house, source)
    assert pulled.seen == 2
    assert ["used twice" in each.message for each in pulled.problems] == [True]


def test_what_is_set_for_a_source_counts_for_all_of_its_pages(tmp_path: Path) -> None:
    table = {"audience": "internal", "desks": [DESK], "product": "Acme", "languages": ["es", "en"]}
    with serving(tmp_path, work=False, sources={"listed": table}) as served:
        house = served.house
        library.pull(house, Listed([page("a"), page("b", language="fr"), page("c", language="en-GB")]))
        with house.db.read() as conn:
            found = {each.key: each for each in articles.of_source(conn, "listed")}
    assert found.keys() == {"a", "c"}
    article = found["a"]
    assert (article.audience, article.desk_id, article.product, article.language) == (
        "internal",
        DESK,
        "acme",
        "es",
    )


def test_a_running_service_follows_a_source_afar_and_stops_while_it_waits(tmp_path: Path) -> None:
    center = HelpCenter(allowed=(f"Bearer {TOKEN}",))
    with running(center) as host:
        center.put(1, "The piston knocks", "<p>Replace the ring.</p>")
        table = {
            "kind": "zendesk",
            "base_url": center.url,
            "token": TOKEN,
            "every": 0.2,
            "private_hosts": [host],
        }
        with serving(tmp_path, sources={"help": table}) as served:
            house = served.house
            assert wait_for(lambda: _titles(house) == {"The piston knocks"})
            center.articles[1]["title"] = "The piston rattles"
            assert wait_for(lambda: _titles(house) == {"The piston rattles"})
            assert wait_for(lambda: house.index.stats().articles == 1)
            center.busy, center.wait = 1000, "500"
            assert wait_for(lambda: house.afar.locked())


def test_a_wrong_setting_of_a_source_refuses_the_start(tmp_path: Path) -> None:
    wrong = {"wiki": {"kind": "confluence", "base_url": "https://a.example"}}
    settings = Settings.model_validate({"data": tmp_path / "data", "sources": wrong})
    with pytest.raises(SettingsError, match=r"sources\.wiki\.space: write the key of a space"):
        build(settings, exclusive=True)
    assert not (tmp_path / "data").exists()


def _titles(house: House) -> set[str]:
    with house.db.read() as conn:
        return {each.title for each in articles.all_articles(conn)}
