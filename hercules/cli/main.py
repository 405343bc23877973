"""The command `hercules` with all of its verbs and groups."""

from __future__ import annotations

from typing import Annotated

import typer

from hercules import __version__
from hercules.cli import (
    actives,
    answer,
    backtest,
    delivery,
    demo,
    desk,
    init,
    kb,
    report,
    review,
    rules,
    scan,
    serve,
)

app = typer.Typer(
    name="hercules",
    help="Reads the logs customers attach to tickets and suggests the articles that explain them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # loading what draws boxes takes longer than all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"hercules {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Reads the logs customers attach to tickets and suggests the articles that explain them."""


app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("scan")(scan.scan)
app.command("answer")(answer.answer)
app.command("backtest")(backtest.backtest)
app.add_typer(report.app, name="report")
app.add_typer(review.app, name="review")
app.add_typer(rules.app, name="rules")
app.add_typer(kb.app, name="kb")
app.add_typer(actives.app, name="actives")
app.add_typer(desk.app, name="desk")
app.add_typer(delivery.app, name="delivery")
