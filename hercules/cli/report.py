"""`hercules report NAME`: the reports of the page, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, Config, short_house

if TYPE_CHECKING:
    from hercules.model import Table

app = typer.Typer(no_args_is_help=True, help="Deflection, contact index and how the rules fare.")
Desk = Annotated[str, typer.Option(help="The desk. [default: the one with most tickets]")]
PeriodOption = Annotated[
    str, typer.Option(help="A month 2026-10, a year or a day. [default: last whole month]")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


@app.command("contact-index")
def contact_index(
    desk: Desk = "", period: PeriodOption = "", json: AsJson = False, csv: Csv = False, config: Config = None
) -> None:
    """The share of active customers who asked in the period."""
    _report("contact-index", desk, period, json, csv, config)


@app.command("deflection")
def deflection(
    desk: Desk = "", period: PeriodOption = "", json: AsJson = False, csv: Csv = False, config: Config = None
) -> None:
    """How many tickets were answered, and what became of them."""
    _report("deflection", desk, period, json, csv, config)


@app.command("rules")
def rules(
    desk: Desk = "", period: PeriodOption = "", json: AsJson = False, csv: Csv = False, config: Config = None
) -> None:
    """How often each rule was suggested, posted, judged and right."""
    _report("rules", desk, period, json, csv, config)


def _report(name: str, desk: str, period: str, json: bool, csv: bool, config: Config) -> None:
    from hercules import views
    from hercules.reports.table import to_csv, to_json

    with short_house(config) as house:
        table = views.report(house, name, desk or views.busiest_desk(house), period)
    if json:
        typer.echo(to_json(table))
    elif csv:
        typer.echo(to_csv(table), nl=False)
    else:
        _print(table)


def _print(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    from hercules.reports.table import cell_text

    console = Console(highlight=False)
    console.print(table.title, style="bold", markup=False)
    console.print(table.headline, markup=False)
    desks = ", ".join(table.desk_ids)
    console.print(
        f"{desks}, {table.period.label}, as of {table.as_of:%Y-%m-%d %H:%M} UTC", style="dim", markup=False
    )
    if table.rows:
        grid = Grid(show_edge=False)
        for column in table.columns:
            grid.add_column(column.name, justify="left" if column.kind == "text" else "right")
        for row in table.rows:
            from rich.text import Text

            grid.add_row(
                *(Text(cell_text(cell, column.kind)) for column, cell in zip(table.columns, row, strict=True))
            )
        console.print(grid)
    for note in table.notes:
        console.print(note, style="dim", markup=False)
