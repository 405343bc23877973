"""`hercules rules new` and `rules import`: rules from a line of a log, from CRE folders and Atlassian XML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.rulefiles import Target, counted, open_paths, targets, write_new
from hercules.cli.shared import Config, fail

if TYPE_CHECKING:
    from hercules.model import Limits, Refusal
    from hercules.rules.draft import Draft
    from hercules.settings import Settings

imports = typer.Typer(no_args_is_help=True, help="Take rules over from elsewhere.")
Source = Annotated[Path, typer.Argument(metavar="SRC", help="The file or folder to take over.")]
Dest = Annotated[
    Path, typer.Argument(metavar="DEST", help="Your rules folder; nothing in it is overwritten.")
]
_XML = ".xml"


# --- a draft ----------------------------------------------------------------------------------------


def new(
    place: Annotated[
        str, typer.Option("--from", metavar="FILE:LINE", help="The line of a log to begin with.")
    ],
    product: Annotated[str, typer.Option("--product", help="The product that writes this log.")] = "general",
    rule_id: Annotated[str, typer.Option("--id", help="The rule's id, else words of the line.")] = "",
    config: Config = None,
) -> None:
    """Draft a rule, its samples and an article from one line of a log; nothing is overwritten."""
    from datetime import UTC, datetime

    from hercules.logs.bundle import open_bundle
    from hercules.redact import Redactor
    from hercules.rules.draft import draft, pick
    from hercules.settings import load_settings

    settings = load_settings(config)
    limits, now = settings.limits(), datetime.now(UTC)
    name, line = _place(place)
    path = _outer(name)
    picked = pick(
        open_bundle(open_paths([path]), limits, now), line, limits, "" if str(path) == name else name
    )
    made = draft(picked, Redactor(), product, now.date(), rule_id)
    fresh = not _rules_folder(settings).exists()
    if not fresh:
        _refuse_taken(made, settings)
    files = list(_draft_files(made, settings))
    taken = [file.path for file in files if file.path.exists()]
    if taken:
        raise fail(f"{taken[0]} is there already; nothing was written")
    written, _ = write_new(files)
    for each in written:
        typer.echo(f"Wrote {each}")
    if picked.name != name:
        typer.echo(f"Note: the line was taken from {picked.name}")
    for note in (*made.notes, *_too_general(made, limits)):
        typer.echo(f"Note: {note}")
    if fresh:
        typer.echo(
            f"Note: {_rules_folder(settings)} is used from now on instead of the rules that came with us"
        )
    if settings.sources and not _is_read(written[-1].parent, settings):
        folder = written[-1].parent
        typer.echo(f"Note: {folder} is read by no table [sources.NAME]: move the article, or add one")
    _next_steps(made, written)


def _is_read(folder: Path, settings: Settings) -> bool:
    """True when a source of kind folder reads the articles of a folder."""
    from hercules.folders import find_folders
    from hercules.wiring import sources

    made = sources(find_folders(settings), settings)
    roots = [Path(each.where).resolve() for each in made if settings.sources[each.name].kind == "folder"]
    return any(folder.resolve().is_relative_to(root) for root in roots)


def _place(text: str) -> tuple[str, int]:
    name, _, line = text.rpartition(":")
    if not name or not line.isdecimal() or int(line) < 1:
        raise fail(f"--from takes FILE:LINE, such as app.log:120, not {text!r}", 2)
    return name, int(line)


def _outer(name: str) -> Path:
    """The file to open: of `bundle.zip!logs/app.log`, as scan tells places, the bundle."""
    parts = name.split("!")
    outer = (Path("!".join(parts[:count])) for count in range(1, len(parts)))
    return Path(name) if Path(name).exists() else next((path for path in outer if path.is_file()), Path(name))


def _refuse_taken(made: Draft, settings: Settings) -> None:
    """Ends the command when another file has a rule of this id: of two rules one would be refused."""
    from hercules.rulebook import load_rulebook

    known = load_rulebook((_rules_folder(settings),), settings.rules).ruleset.rule(made.rule_id)
    if known is not None:
        raise fail(f"rule {known.id} is in {known.file} already; nothing was written. Choose another --id")


def _rules_folder(settings: Settings) -> Path:
    return settings.rules.folder or Path("rules")


def _draft_files(made: Draft, settings: Settings) -> Iterable[Target]:
    samples = (settings.rules.samples or Path("sample_logs")) / made.product / made.rule_id
    yield Target(_rules_folder(settings) / made.product / f"{made.rule_id}.yaml", made.rule)
    yield Target(samples / "hit1.log", made.hit)
    if made.miss:
        yield Target(samples / "miss1.log", made.miss)
    articles = settings.kb.folder or Path("kb_index", "articles")
    yield Target(articles / f"{made.rule_id}.md", made.article)


def _too_general(made: Draft, limits: Limits) -> Iterable[str]:
    from datetime import UTC, datetime

    from hercules.rules.database import compile_rules
    from hercules.rules.generic import fires_on, neutral_parts
    from hercules.rules.rule import RuleFile, read_rules

    ruleset = compile_rules(*read_rules([RuleFile("draft", made.rule, made.product)]))
    for fires in fires_on(ruleset, neutral_parts(), limits, datetime.now(UTC)).values():
        yield f"the draft is too general: it {fires} of ordinary logs; add words or a second term"


def _next_steps(made: Draft, written: list[Path]) -> None:
    typer.echo("Next:")
    typer.echo(f"  1. Is {made.rule_id} a good id? Else remove the files above and add --id NAME.")
    typer.echo(f"  2. Read {written[0]}: the title, the pattern, and the four texts.")
    typer.echo(f"  3. Write the article {written[-1]}. Set its status to published, and its audience")
    typer.echo("     to public, or the customer's reply leaves it out.")
    typer.echo("  4. hercules rules test && hercules rules lint")
    typer.echo("  5. Set the rule's status to test: from then on it is suggested, after approval.")


# --- imports ----------------------------------------------------------------------------------------


@imports.command("cre")
def cre(source: Source, dest: Dest) -> None:
    """Take over a folder of CRE rules as it is, with the samples beside them; they are experimental."""
    from hercules.folders import sample_files
    from hercules.rules.import_cre import import_cre

    if not source.is_dir():
        raise fail(f"{source}: no such folder", 2)
    made = import_cre((found.below, found.data) for found in sample_files(source))
    refusals = [replace(each, file=str(source / each.file)) for each in made.refusals]
    other = _written(targets(dest, made.files), refusals)
    counts = f"{counted(made.rules, 'rule')} and {counted(made.samples, 'sample')}"
    typer.echo(f"{counts}, {counted(len(made.refusals), 'refusal')}, nothing lost")
    raise typer.Exit(1 if made.refusals or other else 0)


@imports.command("atlassian")
def atlassian(
    source: Source,
    dest: Dest,
    product: Annotated[
        str,
        typer.Option("--product", help="Else the first word of the file's name, as in jira_regex_v2.xml."),
    ] = "",
) -> None:
    """Make experimental rules of the pattern lists (RegexEntry XML) of Atlassian's log scanner."""
    from hercules.rules.import_atlassian import import_atlassian

    rules = refused = other = 0
    for part in open_paths([source]):
        if part.path is None or part.path.suffix.lower() != _XML:
            continue
        made = import_atlassian(str(part.path), _read(part.path), product or _product_of(part.path))
        other += _written(targets(dest, made.files), made.refusals)
        rules, refused = rules + len(made.files), refused + len(made.refusals)
        for lost in made.lost:
            typer.echo(f"lost: {lost}")
    if not rules and not refused:
        raise fail(f"{source} holds no entry of such a list")
    typer.echo(f"{counted(rules, 'rule')}, {refused} refused")
    raise typer.Exit(1 if refused or other else 0)


def _read(path: Path) -> bytes:
    from hercules.rules.import_atlassian import SIZE_MAX

    with path.open("rb") as file:
        return file.read(SIZE_MAX + 1)


def _product_of(path: Path) -> str:
    word = path.stem.lower().replace("-", "_").replace(".", "_").split("_")[0]
    return "".join(char for char in word if char.isascii() and char.isalnum())[:20] or "general"


def _written(files: Iterable[Target], refusals: Iterable[Refusal]) -> int:
    """Write what is new and tell the rest; how many files stand there with another content."""
    written, other = write_new(files)
    for refusal in refusals:
        typer.echo(str(refusal))
    for path in other:
        typer.echo(f"{path} is there already with another content; it was left as it is")
    typer.echo(f"wrote {counted(len(written), 'file')}")
    return len(other)
