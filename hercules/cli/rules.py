"""`hercules rules`: test and check rule files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json

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
