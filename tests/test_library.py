"""Articles from their folder to the database and the index; rules reloaded while the service runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hercules import library
from hercules.house import House
from hercules.rulebook import load_rulebook
from hercules.settings import RulesSettings
from hercules.sources.folder import FolderSource
from hercules.store import articles
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


def test_rules_are_swapped_while_the_service_runs(served: Served) -> None:
    path = served.house.folders.rules / "acme" / "acme-second.yaml"
    path.write_text(RULE.replace("acme-quota-exceeded", "acme-second"))
    assert wait_for(lambda: len(served.house.rulesets.now.rules) == 2)
    path.write_text("id: acme-second\nnonsense: [")
    assert wait_for(lambda: served.house.rulesets.now.refusals)
    assert len(served.house.rulesets.now.rules) == 2
