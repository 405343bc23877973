"""What the commands on rules share: loading rules with samples, keys of articles, writing new files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import Config, fail

if TYPE_CHECKING:
    from hercules.folders import Folders
    from hercules.model import Part
    from hercules.rulebook import Rulebook
    from hercules.rules.samples import Sample
    from hercules.rules.writing import NewFile
    from hercules.settings import Settings

Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files or folders instead of the usual one.")]
_ARTICLE_MAX_BYTES = 512 << 10


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules of a command with their samples, and where they came from."""

    settings: Settings
    folders: Folders
    book: Rulebook
    samples: tuple[Sample, ...]


def load(paths: list[Path] | None, config: Config) -> Loaded:
    """The rules below the paths with their samples, from the samples folder and from beside the rules.

    Ends the command with 2 when a path is not there.
    """
    from datetime import UTC, datetime

    from hercules.folders import find_folders, sample_files
    from hercules.model import SettingsError
    from hercules.rulebook import load_rulebook
    from hercules.rules.samples import read_samples
    from hercules.settings import load_settings

    settings = load_settings(config)
    folders = find_folders(settings)
    roots = tuple(paths) if paths else (folders.rules,)
    try:
        book = load_rulebook(roots, settings.rules)
    except SettingsError as error:
        raise fail(str(error), 2) from None
    known = {rule.id.lower() for rule in book.ruleset.rules}
    files = [(found.below, found.data) for found in sample_files(folders.samples)]
    for root in roots:
        files += [(found.below, found.data) for found in sample_files(root)]
    samples = read_samples(files, datetime.now(UTC))
    mine = tuple(sample for sample in samples if sample.rule_id.lower() in known)
    return Loaded(settings, folders, book, mine)


def open_paths(paths: Iterable[Path]) -> list[Part]:
    """Files and folders as parts to open. Ends the command with 2 when one is not there."""
    from hercules.folders import parts_of
    from hercules.model import SettingsError

    try:
        return list(parts_of(paths))
    except SettingsError as error:
        raise fail(str(error), 2) from None


def article_keys(folder: Path) -> frozenset[str]:
    """Keys and addresses of the published articles of a folder, read from their front matter alone.

    The articles themselves are not parsed: lint must stay quick. One that cannot be read is not there.
    """
    from hercules.folders import files_below

    found = set()
    for path in files_below(folder) if folder.exists() else ():
        if path.suffix.lower() == ".md":
            with path.open("rb") as file:
                front = _front(file.read(_ARTICLE_MAX_BYTES), str(path))
            if front.get("status", "published") == "published":
                found |= {front.get("id") or path.relative_to(folder).with_suffix("").as_posix()}
                found |= {front["url"]} if "url" in front else set()
    return frozenset(found)


def _front(data: bytes, name: str) -> dict[str, str]:
    """The texts of a front matter by name, empty without one."""
    from hercules.yamlfile import MapNode, TextNode, YamlRefused, read_yaml

    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    if lines[0].strip() != b"---" or b"---" not in [line.strip() for line in lines[1:]]:
        return {}
    end = next(number for number, line in enumerate(lines) if number and line.strip() == b"---")
    try:
        tree = read_yaml(b"\n".join(lines[1:end]), name)
    except YamlRefused:
        return {"status": "unreadable"}
    pairs = tree.pairs if isinstance(tree, MapNode) else ()
    return {key.value: value.value for key, value in pairs if isinstance(value, TextNode)}


# --- writing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write and its bytes."""

    path: Path
    data: bytes


def targets(folder: Path, files: Iterable[NewFile]) -> Iterator[Target]:
    """Where new files go below a folder."""
    for file in files:
        yield Target(folder.joinpath(*file.path), file.data)


def write_new(files: Iterable[Target]) -> tuple[list[Path], list[Path]]:
    """Write files that are not there yet; gives those written and those that stand there with other bytes.

    Ends the command when a file cannot be written.
    """
    written, other = [], []
    for file in files:
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with file.path.open("xb") as out:
                out.write(file.data)
            written.append(file.path)
        except FileExistsError:
            if not file.path.is_file() or file.path.read_bytes() != file.data:
                other.append(file.path)
        except OSError as error:
            raise fail(f"{file.path} cannot be written: {error.strerror}") from None
    return written, other
