"""Markdown files of a folder and the folders below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hercules.calling import Reach
from hercules.model import SettingsError
from hercules.settings import SourceSettings
from hercules.sources.files import read_folder
from hercules.sources.source import Deleted, Problem, SourcePage, Table, Tools, own_settings, wrong

_PAGE_MAX_BYTES = 1 << 20


class FolderSource:
    """The source `folder`: every `*.md` below a folder, hidden files and folders left out.

    A symbolic link is followed only to a file inside the folder; linked folders are not entered.
    """

    local = True
    complete = True
    steady = False

    def __init__(self, folder: Path, name: str = "folder") -> None:
        self.name = name
        self._folder = folder

    @classmethod
    def reach(cls, name: str, settings: SourceSettings) -> Reach:
        """No host at all."""
        return Reach()

    @classmethod
    def make(cls, name: str, settings: SourceSettings, tools: Tools) -> FolderSource:
        """The source of these settings. Raises SettingsError."""
        own_settings(Table, name, settings)
        if settings.folder is None:
            raise SettingsError(wrong(name, "folder", "write the folder its Markdown files lie in"))
        return cls(settings.folder, name)

    @property
    def where(self) -> str:
        """The folder."""
        return str(self._folder)

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """Pages and Problems by path. A missing folder is one Problem."""
        for found in read_folder(self._folder, (".md",), _PAGE_MAX_BYTES):
            if isinstance(found, Problem):
                yield replace(found, key=found.name.removesuffix(".md"))
            else:
                name, data = found
                yield SourcePage(name.removesuffix(".md"), name, data)
