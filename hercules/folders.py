"""Where data lies on disk, and reading rules, samples and tickets from there as plain bytes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hercules.model import Part, SettingsError
from hercules.settings import Settings

_PACKAGE = Path(__file__).resolve().parent
YAML_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Folders:
    """The data folders in use: one's own in the working folder, else the starter set that ships with us."""

    data: Path
    rules: Path
    samples: Path
    articles: Path
    synonyms: Path
    index: Path


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a data folder: its path for messages, its place below the folder, and its bytes."""

    path: str
    below: tuple[str, ...]
    data: bytes


def starter(*names: str) -> Path:
    """A folder of the starter set: inside the installed package, or beside it in a checkout."""
    packed = _PACKAGE.joinpath("starter", *names)
    return packed if packed.exists() else _PACKAGE.parent.joinpath(*names)


def find_folders(settings: Settings) -> Folders:
    """The folders these settings mean: the one set, else one below the working folder, else the starter."""
    here = Path.cwd()

    def pick(given: Path | None, *names: str) -> Path:
        if given is not None:
            return given
        local = here.joinpath(*names)
        return local if local.exists() else starter(*names)

    own_kb = (here / "kb_index").is_dir()
    index = settings.kb.index or (here / "kb_index" / "index" if own_kb else settings.data / "kb_index")
    return Folders(
        data=settings.data,
        rules=pick(settings.rules.folder, "rules"),
        samples=pick(settings.rules.samples, "sample_logs"),
        articles=pick(settings.kb.folder, "kb_index", "articles"),
        synonyms=pick(settings.kb.synonyms, "kb_index", "synonyms.txt"),
        index=index,
    )


def files_below(root: Path) -> Iterator[Path]:
    """Every regular file at or below `root`, sorted, without hidden ones and without following links."""
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def rule_files(roots: Iterable[Path], file_max_bytes: int) -> Iterator[FoundFile]:
    """The YAML files below the roots. A file over the limit is cut one byte past it, so that it is refused.

    Raises SettingsError when a root is not there.
    """
    for root in roots:
        if not root.exists():
            raise SettingsError(f"{root}: no such rules folder")
        for path in files_below(root):
            if path.suffix.lower() in YAML_SUFFIXES:
                yield _found(path, root, file_max_bytes + 1)


def sample_files(
    root: Path, file_max_bytes: int = 64 << 20, only: Collection[str] | None = None
) -> Iterator[FoundFile]:
    """The files of a samples folder (`<product>/<rule-id>/hit1.log`); none when there is no such folder.

    `only`: those of the rules with these ids, which are in lower case.
    """
    for path in files_below(root) if root.is_dir() else ():
        if only is None or path.parent.name.lower() in only:
            yield _found(path, root, file_max_bytes)


def _found(path: Path, root: Path, limit: int) -> FoundFile:
    with path.open("rb") as file:
        data = file.read(limit)
    below = path.relative_to(root).parts if path != root else (path.name,)
    return FoundFile(str(path), below, data)


def parts_of(paths: Iterable[Path]) -> Iterator[Part]:
    """Files and folders of the command line as parts to open; names are told as the user wrote them.

    Raises SettingsError for a path that is not there.
    """
    for given in paths:
        if not given.exists():
            raise SettingsError(f"{given}: no such file or folder")
        for path in files_below(given):
            yield Part(str(path), path=path)
