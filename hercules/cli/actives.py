"""`hercules actives put`: the denominator of the contact index."""

from __future__ import annotations

from typing import Annotated

import typer

from hercules.cli.shared import Config, fail, short_house

app = typer.Typer(no_args_is_help=True, help="Say how many customers were active.")


@app.callback()
def group() -> None:
    """Say how many customers were active."""


@app.command("put")
def put(
    desk: Annotated[str, typer.Option(help="The desk.")],
    period: Annotated[str, typer.Option(help="The month, such as 2026-10.")],
    count: Annotated[int, typer.Option(min=0, help="Distinct customers active in that period.")],
    segment: Annotated[str, typer.Option(help="A part of the customers, if you count by parts.")] = "all",
    unit: Annotated[str, typer.Option(help="customer or organisation.")] = "customer",
    source: Annotated[str, typer.Option(help="Where the number comes from.")] = "command line",
    config: Config = None,
) -> None:
    """Store how many customers were active in a period; the newest statement counts."""
    from hercules import views

    if unit not in ("customer", "organisation"):
        raise fail("--unit must be customer or organisation", 2)
    with short_house(config) as house:
        views.put_actives(house, desk, period, unit, source, [(segment, count)], "command line")
    typer.echo(f"{desk} {period}: {count} active {unit}s ({segment})")
