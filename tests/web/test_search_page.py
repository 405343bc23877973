"""The search box: highlights, filters with counts, did-you-mean, and the same by the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import httpx
import pytest

from hercules.kb.article import sealed
from hercules.model import Article
from hercules.posting import article_url
from hercules.web.facets import age_of, chosen_of, facets, narrowed
from tests.serving import Served, serving, wait_for
from tests.web.kit import log_in

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def page(key: str, **fields: object) -> Article:
    return sealed(Article(id=f"folder:{key}", title=key, body="", **fields))  # type: ignore[arg-type]  # test data


PAGES = {
    each.id: each
    for each in (
        page("a", product="jira", versions=("9.4", "9.12"), updated_at=NOW - timedelta(days=20)),
        page("b", product="jira", versions=("9.4",), updated_at=NOW - timedelta(days=2000)),
        page("c", product="redis", source="wiki"),
    )
}


def test_filters_count_what_parts_the_hits() -> None:
    found = {facet.name: facet.choices for facet in facets(PAGES.values(), "x y", {}, NOW)}
    assert [(each.value, each.count) for each in found["product"]] == [("jira", 2), ("redis", 1)]
    assert [(each.value, each.count) for each in found["version"]] == [("9.4", 2), ("9.12", 1)]
    assert {each.value for each in found["age"]} == {"half a year", "older", "undated"}
    assert found["source"][0].query == "q=x+y&source=folder"
    assert not any(each.chosen for choices in found.values() for each in choices)


def test_a_chosen_value_narrows_and_can_be_dropped() -> None:
    kept, filters = narrowed(PAGES, "x", {"product": "jira", "version": "9.12"}, NOW)
    assert list(kept) == ["folder:a"]
    product = next(facet for facet in filters if facet.name == "product")
    assert [(each.value, each.count, each.chosen) for each in product.choices] == [("jira", 1, True)]
    assert product.choices[0].query == "q=x&version=9.12"
    nothing, filters = narrowed(PAGES, "x", {"source": "<b>&"}, NOW)
    assert nothing == {}
    assert filters[0].choices[0].query == "q=x"


def test_parameters_are_bounded_and_others_ignored() -> None:
    assert chosen_of({"product": "x" * 500, "q": "y", "page": "2", "age": ""}) == {"product": "x" * 80}


@pytest.mark.parametrize(
    ("days", "span"), [(0, "half a year"), (300, "a year"), (900, "three years"), (2000, "older")]
)
def test_ages(days: int, span: str) -> None:
    assert age_of(page("x", updated_at=NOW - timedelta(days=days)), NOW) == span


# --- the page -----------------------------------------------------------------------------------------


class Marks(HTMLParser):
    """The texts in `mark`, and the links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marked: list[str] = []
        self.links: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "mark"
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.marked.append(data)
            self._inside = False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("search")) as found:
        yield found


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[httpx.Client]:
    with log_in(served) as client:
        yield client


def test_hits_are_marked(browser: httpx.Client) -> None:
    shown = Marks(browser.get("/kb", params={"q": "volume quota"}).text)
    assert {each.casefold() for each in shown.marked} & {"volume", "quota"}


def test_what_is_typed_is_shown_as_text(browser: httpx.Client) -> None:
    for typed in ("<script>alert(1)</script>", "ORA-01555x", "\u202e\u05d0"):
        answered = browser.get("/kb", params={"q": typed})
        assert answered.status_code == 200
        assert "<script>alert" not in answered.text


def test_the_api_tells_hits_filters_and_snippets(served: Served) -> None:
    told = served.client.get("/api/search", params={"q": "volume quota"}, headers=served.api()).json()
    assert set(told) == {"hits", "filters", "did_you_mean"}
    assert "quota" in told["hits"][0]["snippet"].casefold()
    params = {"q": "volume quota", "source": "elsewhere"}
    narrowed_to = served.client.get("/api/search", params=params, headers=served.api()).json()
    assert narrowed_to["hits"] == []
    assert narrowed_to["filters"]["source"] == {"elsewhere": 0}


@pytest.mark.parametrize("name", ["q", "product", "version", "source", "age"])
def test_hostile_parameters_are_answered(served: Served, browser: httpx.Client, name: str) -> None:
    for value in ("\x00", "' OR 1=1", "((((", "\u202e", "x" * 6_000, "title:*"):
        params = {"q": "quota", name: value}
        assert browser.get("/kb", params=params).status_code == 200
        assert served.client.get("/api/search", params=params, headers=served.api()).status_code == 200


def test_nothing_found_offers_the_nearest_headings_and_an_article_to_write(
    served: Served, browser: httpx.Client
) -> None:
    page = browser.get("/kb", params={"q": "a reachd volme"}).text
    assert "No article shares these words." in page
    assert "/kb/folder%3Aacme-quota" in Marks(page).links
    assert "Write an article" in page
    assert str(served.house.folders.articles) in page
    for typed in ("zzqqxx", "<b>", "-x", '"', "\u202e", "9" * 300):
        page = browser.get("/kb", params={"q": typed}).text
        assert "The nearest headings" not in page, typed
        assert "Write an article" in page
    assert "Write an article" not in browser.get("/kb", params={"q": "volume quota"}).text
    assert "Write an article" not in browser.get("/kb", params={"q": " "}).text


# --- odd names ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Articles of odd file names, and one key in two sources."""
    place = tmp_path_factory.mktemp("odd")
    (place / "service").mkdir()
    for folder, name, words in (
        ("one", "what? 50%25 #1 & <b>", "Gamma"),
        ("one", "\u00bfqu\u00e9", "Delta"),
        ("one", "setup", "Alpha"),
        ("two", "setup", "Beta"),
    ):
        (place / folder).mkdir(exist_ok=True)
        (place / folder / f"{name}.md").write_text(f"# Quokka {words}\n\nQuokka text of {words}.\n", "utf-8")
    (place / "synonyms.txt").write_text("lonely\n")
    sources = {name: {"kind": "folder", "folder": place / name} for name in ("one", "two")}
    kb = {"folder": place / "service" / "articles", "index": place / "index"}
    with serving(place / "service", sources=sources, kb=kb | {"synonyms": place / "synonyms.txt"}) as served:
        assert wait_for(lambda: served.house.index.stats().articles == 4)
        yield served


def heading(answered: httpx.Response) -> str:
    """The heading of an article's page."""
    return answered.text.partition("<h1>")[2].partition("</h1>")[0]


def test_every_link_leads_to_its_article(odd: Served) -> None:
    with log_in(odd) as browser:
        for query in ("", "quokka"):
            page = browser.get("/kb", params={"q": query}).text
            links = {link for link in Marks(page).links if link.startswith("/kb/")}
            titles = {heading(browser.get(link)) for link in links}
            assert titles == {f"Quokka {words}" for words in ("Alpha", "Beta", "Gamma", "Delta")}, query
        for article_id, words in (("one:setup", "Alpha"), ("two:setup", "Beta")):
            sent = article_url(odd.house, article_id).removeprefix(odd.house.base_url)
            assert heading(odd.client.get(sent)) == f"Quokka {words}", "also to a customer"


def test_few_hits_offer_near_spellings_beside_them(odd: Served) -> None:
    with log_in(odd) as browser:
        page = browser.get("/kb", params={"q": "beta quokak"}).text
    assert "Quokka Beta" in page
    assert "/kb?q=quokka" in Marks(page).links


def test_lines_of_the_synonyms_that_are_left_out_are_told(odd: Served) -> None:
    with log_in(odd) as browser:
        assert "synonyms.txt:1:1: E-SYNONYM: write `a, b =&gt; c` or `a, b`" in browser.get("/kb").text
