"""`hercules rules`: test and check rule files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json

if TYPE_CHECKING:
    from hercules.model import Limits, Refusal
    from hercules.rulebook import Rulebook
    from hercules.rules.samples import Sample

app = typer.Typer(no_args_is_help=True, help="Test and check rules.")
Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files or folders instead of the usual one.")]


@app.command("lint")
def lint(paths: Paths = None, json: AsJson = False, config: Config = None) -> None:
    """Load rules and tell what is wrong with them, each with file:line:column and a way to mend it."""
    from hercules.rulebook import errors_of

    book, _ = _load(paths, config)
    errors = errors_of(book.ruleset.refusals)
    warnings = [each for each in book.ruleset.refusals if each not in errors]
    if json:
        print_json(
            {
                "rules": len(book.ruleset.rules),
                "errors": [_finding(each) for each in errors],
                "warnings": [_finding(each) for each in warnings],
            }
        )
    else:
        for each in [*errors, *warnings]:
            typer.echo(str(each))
        typer.echo(f"{len(book.ruleset.rules)} rules, {len(errors)} errors, {len(warnings)} warnings")
    raise typer.Exit(1 if errors else 0)


@app.command("test")
def run(
    paths: Paths = None,
    matrix: Annotated[
        bool, typer.Option("--matrix/--no-matrix", help="Also run every rule on the samples of all others.")
    ] = True,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Run every rule on its hit and miss samples, through the very scan of the service."""
    from datetime import UTC, datetime

    from hercules.rulebook import errors_of
    from hercules.rules.samples import missing_samples, run_samples

    book, samples = _load(paths, config)
    report = run_samples(book.ruleset, samples, _limits(config), datetime.now(UTC), matrix)
    errors = errors_of(book.ruleset.refusals)
    missing = missing_samples(book.ruleset.rules, samples)
    bad = [each for each in missing if each.code.startswith("E-")]
    for each in [*errors, *missing]:
        typer.echo(str(each), err=json)
    if json:
        print_json(report.plain())
    else:
        for failure in report.failures:
            typer.echo(f"{failure.rule}: {failure.sample}: {failure.why}")
        typer.echo(
            f"{report.rules} rules: {report.fired} of {report.hits} hit samples fired, "
            f"{report.silent} of {report.misses} miss samples silent"
        )
        if report.pairs:
            typer.echo(f"{report.crossed} of {report.pairs} foreign samples fired where they should not")
    raise typer.Exit(0 if report.good and not errors and not bad else 1)


def _load(paths: Paths, config: Config) -> tuple[Rulebook, tuple[Sample, ...]]:
    """The rules below the paths with their samples, from the samples folder and from beside the rules."""
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
    return book, tuple(sample for sample in samples if sample.rule_id.lower() in known)


def _limits(config: Config) -> Limits:
    from hercules.settings import load_settings

    return load_settings(config).limits()


def _finding(each: Refusal) -> dict[str, object]:
    return {
        "code": each.code,
        "rule": each.rule,
        "file": each.file,
        "line": each.line,
        "column": each.column,
        "message": each.message,
        "fix": each.fix,
    }
