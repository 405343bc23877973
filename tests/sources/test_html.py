"""The source `html`: files of a folder, and pages at URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.kb.pages import Origin, read_page
from hercules.model import SettingsError
from tests.sources.kit import read, source_of
from tests.sources.servers import Web, running

PAGE = b"<html><body><main><h1>Quota</h1><p>Raise it.</p></main></body></html>"


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_bytes(PAGE)
    (tmp_path / "sub" / "b.htm").write_bytes(PAGE)
    (tmp_path / "c.md").write_bytes(b"# no")
    (tmp_path / "out.html").symlink_to("/etc/passwd")
    source = source_of({"kind": "html", "folder": tmp_path})
    pages, problems, _ = read(source)
    assert sorted(pages) == ["a.html", "sub/b.htm"]
    assert [each.key for each in problems] == ["out.html"]
    assert (source.local, source.steady, source.where) == (True, False, str(tmp_path))


def test_pages_at_urls() -> None:
    web = Web()
    with running(web) as host:
        web.paths = {
            "/quota": (200, PAGE, {"content-type": "text/html; charset=utf-8"}),
            "/old": (
                200,
                "<h1>Größe</h1>".encode("latin-1"),
                {"content-type": "text/html; charset=ISO-8859-1"},
            ),
            "/pdf": (200, b"%PDF", {"content-type": "application/pdf"}),
            "/private": (401, b"", {}),
            "/large": (200, b"x" * (5 << 20), {"content-type": "text/html"}),
        }
        urls = [f"{web.url}/{name}" for name in ("quota", "old", "pdf", "private", "gone", "large")]
        pages, problems, gone = read(source_of({"kind": "html", "urls": urls, "private_hosts": [host]}))
    assert sorted(pages) == [f"{host}/old", f"{host}/quota"]
    assert pages[f"{host}/quota"].url == f"{web.url}/quota"
    (article,) = read_page(pages[f"{host}/old"], Origin("docs"))
    assert article.title == "Größe"
    assert [each.key for each in gone] == [f"{host}/gone"]
    assert [each.key for each in problems] == [f"{host}/pdf", f"{host}/private", f"{host}/large"]
    assert not any(each.ended for each in problems)
    assert "set sources.docs.token" in problems[1].message


@pytest.mark.parametrize("values", [{}, {"folder": "x", "urls": ["https://a.example/"]}])
def test_either_a_folder_or_urls(values: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"sources\.docs\.folder: write either"):
        source_of({"kind": "html", **values})
