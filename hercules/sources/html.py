"""HTML pages of a folder, or of a list of URLs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from hercules.calling import Answer, Reach
from hercules.model import SettingsError
from hercules.settings import SourceSettings
from hercules.sources.calls import Asking, Caller, credentials, reach_of
from hercules.sources.files import read_folder
from hercules.sources.source import (
    Deleted,
    Problem,
    Source,
    SourceFailed,
    SourcePage,
    Table,
    Tools,
    own_settings,
    wrong,
)

_PAGE_MAX_BYTES = 4 << 20
_ENDINGS = (".html", ".htm", ".xhtml")


class HtmlSettings(Table):
    """Settings of the kind `html` beside `folder`: addresses of pages, and hosts of a private network."""

    urls: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()


class HtmlKind:
    """The kind `html`: with `folder` its files, with `urls` the pages there."""

    @classmethod
    def reach(cls, name: str, settings: SourceSettings) -> Reach:
        """The hosts of the URLs. Raises SettingsError."""
        own = own_settings(HtmlSettings, name, settings)
        found = [reach_of(name, {"urls": url}, own.private_hosts) for url in own.urls]
        hosts = frozenset(host for reach in found for host in reach.hosts)
        private = frozenset(host for reach in found for host in reach.private_hosts)
        return Reach(hosts, private_hosts=private, plain_hosts=private)

    @classmethod
    def make(cls, name: str, settings: SourceSettings, tools: Tools) -> Source:
        """The source of these settings. Raises SettingsError."""
        own = own_settings(HtmlSettings, name, settings)
        if (settings.folder is None) == (not own.urls):
            raise SettingsError(
                wrong(name, "folder", "write either the folder of HTML files or urls = [...]")
            )
        if settings.folder is not None:
            return HtmlFolder(name, settings.folder)
        headers = credentials(name, settings)
        if headers and len(cls.reach(name, settings).hosts) > 1:
            what = "with a token or headers write one source for each host, so that no other host gets them"
            raise SettingsError(wrong(name, "urls", what))
        asking = Asking(name, headers, settings.deadline, "urls")
        return HtmlPages(name, own.urls, asking, tools)


class HtmlFolder:
    """Every HTML file below a folder, in the same bounds as the kind `folder`."""

    local = True
    complete = True
    steady = False

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._folder = name, folder

    @property
    def where(self) -> str:
        """The folder."""
        return str(self._folder)

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """Pages and Problems by path."""
        for found in read_folder(self._folder, _ENDINGS, _PAGE_MAX_BYTES):
            if isinstance(found, Problem):
                yield replace(found, key=found.name)
            else:
                yield SourcePage(found[0], found[0], found[1], "html")


class HtmlPages:
    """The pages at a list of URLs; one that is not there any more is gone, one that fails is a Problem."""

    local = False
    complete = True
    steady = True

    def __init__(self, name: str, urls: tuple[str, ...], asking: Asking, tools: Tools) -> None:
        self.name, self._urls, self._asking, self._tools = name, urls, asking, tools

    @property
    def where(self) -> str:
        """The first address and how many follow."""
        more = f" and {len(self._urls) - 1} more" if len(self._urls) > 1 else ""
        return f"{_shown(self._urls[0])}{more}"

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """The pages in the order of the settings."""
        caller = Caller(self._asking, self._tools)
        for url in dict.fromkeys(self._urls):
            yield self._page(caller, url)

    def _page(self, caller: Caller, url: str) -> SourcePage | Deleted | Problem:
        key = _shown(url)
        try:
            answer = caller.answer(url, _PAGE_MAX_BYTES)
            if answer.status in (404, 410):
                return Deleted(key)
            if not 200 <= answer.status < 300:
                raise caller.refused(url, answer.status)
        except SourceFailed as error:
            return Problem(key, str(error), key)
        kind = answer.headers.get("content-type", "text/html").lower()
        if "html" not in kind:
            return Problem(key, f"{key} is no HTML page but {kind.partition(';')[0][:60]!r}.", key)
        return SourcePage(key, key, _as_utf8(answer, kind), "html", url=url)


def _shown(url: str) -> str:
    """Host and path, and the query where there is one: what names a page."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc}{parts.path.rstrip('/')}{query}"


def _as_utf8(answer: Answer, kind: str) -> bytes:
    """The page in UTF-8 when its header names an old encoding that Python knows."""
    charset = kind.partition("charset=")[2].partition(";")[0].strip(" \"'")
    if not charset.startswith(("iso", "windows", "cp", "latin", "koi8", "shift", "euc", "gb", "big5")):
        return answer.body
    try:
        return answer.body.decode(charset).encode()
    except (LookupError, ValueError):
        return answer.body
