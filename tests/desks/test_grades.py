"""The README grades every kind of desk as its adapter does, and links its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.wiring import DESKS

from .grades import README, in_readme, main, table


def test_the_readme_shows_what_the_adapters_say() -> None:
    """Mended by `python -m tests.desks.grades`."""
    assert in_readme()[1] == table()


def test_the_table_is_written_as_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = README.read_text(encoding="utf-8")
    copy = tmp_path / "README.md"
    copy.write_text(before.replace("| yes |", "| no |"), encoding="utf-8")
    monkeypatch.setattr("tests.desks.grades.README", copy)
    assert in_readme()[1] != table()
    main()
    assert in_readme()[1] == table()
    assert copy.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", DESKS)
def test_every_kind_has_a_page_of_its_own(name: str) -> None:
    page = README.parent / DESKS[name].setup.docs
    assert page.is_file()
    text = page.read_text(encoding="utf-8")
    assert f'kind = "{name}"' in text
    assert f"--kind {name}" in text or name == "generic"
    assert "desk check" in text or name == "generic"
