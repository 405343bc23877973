"""What the commands on rules share: loading rules with samples, keys of articles, writing new files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import Config, fail

if TYPE_CHECKING:
    from hercules.folders import Folders, FoundFile
    from hercules.model import Part, Refusal
    from hercules.rulebook import Rulebook
    from hercules.rules.samples import Sample
    from hercules.rules.writing import NewFile
    from hercules.settings import Settings

Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files or folders instead of the usual one.")]
_ARTICLE_MAX_BYTES = 512 << 10


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules of a command with their samples, and where they came from.

    `strays`: the folders with samples of no rule; empty when not all rules were read.
    """

    settings: Settings
    folders: Folders
    book: Rulebook
    samples: tuple[Sample, ...]
    strays: tuple[str, ...] = ()


def load(paths: list[Path] | None, config: Config) -> Loaded:
    """The rules below the paths with their samples, from the samples folder and from beside the rules.

    Ends the command with 2 when a path is not there.
    """
    from datetime import UTC, datetime

    from hercules.folders import find_folders, sample_files, starter
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
    own = list(sample_files(folders.samples))
    files = [(found.below, found.data) for found in own]
    for root in roots:
        files += [(found.below, found.data) for found in sample_files(root)]
    samples = read_samples(files, datetime.now(UTC))
    mine = tuple(sample for sample in samples if sample.rule_id.lower() in known)
    # Rules of one's own beside the samples that came with us leave all of those without a rule.
    same = (folders.rules == starter("rules")) == (folders.samples == starter("sample_logs"))
    whole = same and any(folders.rules.resolve().is_relative_to(root.resolve()) for root in roots)
    return Loaded(settings, folders, book, mine, _strays(own, book) if whole else ())


def _strays(files: Iterable[FoundFile], book: Rulebook) -> tuple[str, ...]:
    """The folders with samples of no rule; one whose rule was refused has a rule."""
    from hercules.rules.samples import kind_of

    known = {rule.id.lower() for rule in book.ruleset.rules}
    known |= {refusal.rule.lower() for refusal in book.ruleset.refusals}
    known |= {Path(refusal.file).stem.lower() for refusal in book.ruleset.refusals}
    folders = (Path(file.path).parent for file in files if kind_of(file.below[-1]) and len(file.below) > 1)
    return tuple(sorted({str(folder) for folder in folders if folder.name.lower() not in known}))


def open_paths(paths: Iterable[Path]) -> list[Part]:
    """Files and folders as parts to open. Ends the command with 2 when one is not there."""
    from hercules.folders import parts_of
    from hercules.model import SettingsError

    try:
        return list(parts_of(paths))
    except SettingsError as error:
        raise fail(str(error), 2) from None


def counted(count: int, what: str) -> str:
    """A count with its noun: `1 rule`, `2 rules`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# --- articles ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Articles:
    """What the articles folder has for rules: keys and addresses to suggest, and why others are not.

    `keys` None: articles come from elsewhere too, so nobody knows which there are.
    """

    keys: frozenset[str] | None
    unusable: Mapping[str, str]
    findings: tuple[Refusal, ...]


def articles_for(loaded: Loaded) -> Articles:
    """The articles of the usual folder: in full where a rule names them, else their front matter alone."""
    from hercules.folders import files_below

    folder = loaded.folders.articles
    named = {key for rule in loaded.book.ruleset.rules for key in rule.answer.kb}
    keys: set[str] = set()
    unusable: dict[str, str] = {}
    findings: list[Refusal] = []
    for path in files_below(folder) if folder.exists() else ():
        if path.suffix.lower() != ".md":
            continue
        with path.open("rb") as file:
            data = file.read(_ARTICLE_MAX_BYTES + 1)
        front = _front(data, str(path))
        own = {front.get("id") or path.relative_to(folder).with_suffix("").as_posix(), front.get("url", "")}
        own.discard("")
        why = _why_unusable(front.get("status", "published"), path, data, asked=bool(own & named))
        if why:
            unusable |= dict.fromkeys(own, why)
        else:
            keys |= own
        findings += _placeholders(str(path), data) if own & named else []
    if loaded.settings.sources:
        return Articles(*_of_sources(loaded, keys), tuple(findings))
    return Articles(frozenset(keys), unusable, tuple(findings))


def _of_sources(loaded: Loaded, keys: Iterable[str]) -> tuple[frozenset[str] | None, Mapping[str, str]]:
    """What the tables [sources.NAME] have for rules: keys and addresses, and what lies beside them unread.

    The keys are None while a source that is not on this machine was never read: nobody knows what it has.
    """
    from hercules import library
    from hercules.wiring import sources

    made = sources(loaded.folders, loaded.settings)
    passed, _ = library.last_passes(loaded.folders.data)
    if any(not source.local and source.name not in passed for source in made):
        return None, {}
    found: set[str] = set()
    where = loaded.folders.articles
    why = f"it lies in {where}, which no table [sources.NAME] reads; add one of kind folder for it"
    unusable = dict.fromkeys(keys, why)
    for each in library.held(made, loaded.settings, loaded.folders.data):
        own = {each.key, each.id, each.url} - {""}
        if each.status == "published":
            found |= own
        else:
            unusable |= dict.fromkeys(own, f"{each.id} has status: {each.status}; set it to published")
    return frozenset(found), {key: told for key, told in unusable.items() if key not in found}


def _why_unusable(status: str, path: Path, data: bytes, *, asked: bool) -> str:
    """Why an article is not to be suggested, '' when it is; it is read in full only if a rule asks for it."""
    if status in ("draft", "archived"):
        return f"{path} has status: {status}; set it to published"
    if not asked:
        return ""
    from hercules.kb.article import ArticleRefused, read_markdown

    try:
        read_markdown(str(path), data)
    except ArticleRefused as refused:
        return f"it is refused: {refused.refusals[0]}"
    return ""


def _front(data: bytes, name: str) -> dict[str, str]:
    """The texts of a front matter by name, empty without one; of one that cannot be read its id alone."""
    from hercules.yamlfile import MapNode, TextNode, YamlRefused, read_yaml

    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    if lines[0].strip() != b"---":
        return {}
    end = next((at for at, line in enumerate(lines) if at and line.strip() == b"---"), None)
    try:
        tree = read_yaml(b"\n".join(lines[1:end]), name) if end is not None else None
    except YamlRefused:
        tree = None
    if isinstance(tree, MapNode):
        return {key.value: value.value for key, value in tree.pairs if isinstance(value, TextNode)}
    written = (line.partition(b":") for line in lines[1:end])
    ids = [value.decode("utf-8", "replace").strip() for name, _, value in written if name.strip() == b"id"]
    return {"id": ids[0]} if ids else {}


def _placeholders(name: str, data: bytes) -> list[Refusal]:
    """A warning for each line of an article that a draft was written with."""
    from hercules.model import Refusal
    from hercules.rules.writing import DRAFT_ARTICLE

    return [
        Refusal(name, number, 1, "W-placeholder", f"{line!r} is still what the draft said", "Write it.")
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1)
        if line.strip() in DRAFT_ARTICLE or (line.startswith("title:") and "…" in line)
    ]


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
