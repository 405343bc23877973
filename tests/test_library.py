"""Articles from their folder to the database and the index; rules reloaded while the service runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules import library
from hercules.house import House
from hercules.kb.article import sealed
from hercules.kb.box import box_query, read_box
from hercules.kb.query import QueryOptions
from hercules.model import Article, Filters
from hercules.rulebook import load_rulebook
from hercules.settings import RulesSettings
from hercules.sources.folder import FolderSource
from hercules.store import articles, journal
from tests.serving import RULE, Served, serving, wait_for


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with serving(tmp_path, work=False) as served:
        yield served.house


def page(folder: Path, key: str, words: str) -> None:
    (folder / f"{key}.md").write_text(f"---\nid: {key}\ntitle: {words}\n---\n## Symptoms\n{words}\n")


def test_changed_and_removed_pages_are_followed(house: House) -> None:
    folder = house.folders.articles
    page(folder, "gearbox", "The gearbox grinds")
    pulled = library.pull(house, FolderSource(folder))
    assert (pulled.seen, pulled.changed, pulled.removed) == (2, 1, 0)
    assert library.sync(house)
    assert not library.sync(house), "nothing changed, nothing built"
    page(folder, "gearbox", "The gearbox howls")
    assert library.pull(house, FolderSource(folder)).changed == 1
    (folder / "gearbox.md").unlink()
    assert library.pull(house, FolderSource(folder)).removed == 1
    assert library.sync(house)
    assert house.index.stats().articles == 1


def test_a_source_that_shrinks_is_not_believed(house: House) -> None:
    folder = house.folders.articles
    for number in range(12):
        page(folder, f"page-{number}", f"Page number {number}")
    library.pull(house, FolderSource(folder))
    for number in range(9):
        (folder / f"page-{number}.md").unlink()
    with pytest.raises(library.RefusedToShrink, match="9 of 13"):
        library.pull(house, FolderSource(folder))
    with house.db.read() as conn:
        assert articles.count(conn) == 13
    assert library.pull(house, FolderSource(folder), allow_shrink=True).removed == 9


def test_a_bad_page_is_named_and_takes_nothing_with_it(house: House) -> None:
    folder = house.folders.articles
    page(folder, "good", "A good page")
    (folder / "bad.md").write_text("---\ntitle: [never, closed\n---\ntext")
    pulled = library.pull(house, FolderSource(folder))
    assert len(pulled.problems) == 1
    assert "bad.md" in str(pulled.problems[0])
    assert pulled.changed == 1
    (folder / "good.md").unlink()
    assert library.pull(house, FolderSource(folder)).removed == 0, "a pass with problems removes nothing"


def own(folder: Path, name: str, desk: str, words: str) -> None:
    (folder / f"{name}.md").write_text(f"---\nid: shared\ndesk: {desk}\n---\n# {words}\n")


def test_a_page_for_a_desk_that_is_not_there_is_named_and_journals_nothing(house: House) -> None:
    """A pass every few seconds would otherwise count it as changed each time, and never remove it."""
    folder = house.folders.articles
    own(folder, "stray", "nosuch", "A stray page")
    with house.db.read() as conn:
        before = journal.last_seq(conn)
    for _ in range(2):
        pulled = library.pull(house, FolderSource(folder))
        assert (pulled.seen, pulled.changed) == (1, 0)
        assert "stray.md: there is no desk 'nosuch'" in pulled.sentences[0]
    with house.db.read() as conn:
        assert journal.last_seq(conn) == before


def test_articles_of_a_desk_that_is_set_no_longer_can_go(house: House) -> None:
    stale = sealed(Article("folder@gone:x", "Of a desk that was", "Text", desk_id="gone", source="folder"))
    house.db.do(lambda conn: articles.upsert(conn, stale, 0))
    assert library.pull(house, FolderSource(house.folders.articles)).removed == 1


def test_two_desks_may_have_an_article_of_one_id(house: House) -> None:
    folder, desk = house.folders.articles, min(house.desk_ids)
    own(folder, "a", "'*'", "A quokka for everybody")
    own(folder, "b", desk, "A wombat for one desk")
    library.pull(house, FolderSource(folder))
    library.sync(house)
    query = box_query(
        read_box("quokka wombat"), house.index.words, QueryOptions(), Filters(frozenset({desk, "*"}))
    )
    ids = {hit.article_id for hit in house.index.search(query)}
    assert ids == {"folder:shared", f"folder@{desk}:shared"}


def test_the_index_comes_back_by_itself(house: House) -> None:
    for path in sorted(house.folders.index.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
    with serving(house.folders.articles.parent / "again", work=False) as other:
        assert other.house.index.stats().articles == 1


def test_a_broken_rule_file_keeps_its_last_good_rules(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "acme-quota-exceeded.yaml"
    path.parent.mkdir()
    path.write_text(RULE)
    first = load_rulebook((tmp_path,), RulesSettings())
    path.write_text(RULE.replace("title:", "titel:"))
    (tmp_path / "acme" / "new.yaml").write_text("id: [")
    second = load_rulebook((tmp_path,), RulesSettings(), first)
    assert [rule.id for rule in second.ruleset.rules] == ["acme-quota-exceeded"]
    errors = [refusal for refusal in second.ruleset.refusals if refusal.code.startswith("E-")]
    assert {Path(error.file).name for error in errors} == {"acme-quota-exceeded.yaml", "new.yaml"}
    assert any(error.line == 2 for error in errors)
    alone = load_rulebook((tmp_path,), RulesSettings())
    assert alone.ruleset.rules == ()


def test_a_rule_that_fires_on_ordinary_logs_is_for_engineers_only(served: Served) -> None:
    path = served.house.folders.rules / "acme" / "acme-loose.yaml"
    path.write_text(
        RULE.replace("acme-quota-exceeded", "acme-loose")
        .replace("disk quota of", "INFO|")
        .replace("exceeded for volume", "")
        .replace("(?P<volume>\\w+)", "")
    )
    assert wait_for(lambda: served.house.rulesets.now.rule("acme-loose"))
    loose = served.house.rulesets.now.rule("acme-loose")
    assert loose is not None
    assert loose.status == "experimental"
    written = served.house.rulesets.book.written.rule("acme-loose")
    assert written is not None
    assert written.status == "test"


def test_a_changed_rule_that_fails_its_samples_is_not_taken(house: House) -> None:
    """It keeps its last good form, a new one stays out; mending the sample alone is seen too."""
    rules, samples = house.folders.rules, house.folders.samples
    path, fresh = rules / "acme" / "acme-quota-exceeded.yaml", rules / "acme" / "acme-fresh.yaml"
    sample = samples / "acme" / "acme-quota-exceeded" / "hit9.log"
    sample.parent.mkdir(parents=True, exist_ok=True)
    sample.write_text("ERROR disk quota of vol17 overrun for volume vol17\n")
    good = house.rulesets.now.rule("acme-quota-exceeded")
    path.write_text(RULE.replace("title: ", "title: New "))
    fresh.write_text("id: acme-fresh\ntitle: Fresh\nset: {match: [ledger torn]}\ntests: {match: [nothing]}\n")
    assert library.reload_rules(house)
    assert house.rulesets.now.rule("acme-quota-exceeded") == good
    assert house.rulesets.now.rule("acme-fresh") is None
    told = [(Path(each.file).name, each.code, each.message) for each in house.rulesets.now.refusals]
    assert ("acme-fresh.yaml", "E-sample", "its sample inline:4: term 1: 0 events of 1") in told
    assert any(name == path.name and "hit9.log: term 1: 0 events of 1" in why for name, _, why in told)
    assert not library.reload_rules(house)
    sample.unlink()
    fresh.write_text(fresh.read_text().replace("nothing", "the ledger torn apart"))
    assert library.reload_rules(house)
    mended = house.rulesets.now.rule("acme-quota-exceeded")
    assert mended is not None
    assert mended.title.startswith("New ")
    assert house.rulesets.now.rule("acme-fresh")
    assert house.rulesets.now.refusals == ()


def test_a_sample_that_was_mended_is_enough(house: House) -> None:
    path = house.folders.rules / "acme" / "acme-torn.yaml"
    ticket = house.folders.samples / "acme" / "acme-torn" / "hit1.ticket.json"
    ticket.parent.mkdir(parents=True)
    ticket.write_text("{")
    path.write_text("id: acme-torn\ntitle: Torn\nwhen: {text: [ledger torn]}\n")
    assert library.reload_rules(house)
    assert "this is not JSON" in house.rulesets.now.refusals[0].message
    ticket.write_text('{"subject": "Ledger torn!"}')
    assert library.reload_rules(house)
    assert house.rulesets.now.rule("acme-torn")


def test_rules_are_swapped_while_the_service_runs(served: Served) -> None:
    path = served.house.folders.rules / "acme" / "acme-second.yaml"
    path.write_text(RULE.replace("acme-quota-exceeded", "acme-second"))
    assert wait_for(lambda: len(served.house.rulesets.now.rules) == 2)
    path.write_text("id: acme-second\nnonsense: [")
    assert wait_for(lambda: served.house.rulesets.now.refusals)
    assert len(served.house.rulesets.now.rules) == 2
