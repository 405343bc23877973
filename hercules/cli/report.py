"""`hercules report NAME`: the reports of the page, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, Config, short_house

if TYPE_CHECKING:
    from rich.console import Console

    from hercules.model import Column, Table

app = typer.Typer(no_args_is_help=True, help="Deflection, contact index and how the rules fare.")
Desk = Annotated[str, typer.Option(help="The desk. [default: the one with most tickets]")]
PeriodOption = Annotated[
    str, typer.Option(help="A month 2026-10, a year or a day. [default: newest whole month with tickets]")
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

    console = Console(highlight=False, soft_wrap=True)
    console.print(table.title, style="bold", markup=False)
    console.print(table.headline, markup=False)
    desks = ", ".join(table.desk_ids)
    console.print(
        f"{desks}, {table.period.label}, as of {table.as_of:%Y-%m-%d %H:%M} UTC", style="dim", markup=False
    )
    columns, rows, why = _cells(table)
    if rows:
        _print_rows(console, columns, rows)
    for note in (*why, *table.notes):
        console.print(note, style="dim", markup=False)


def _cells(table: Table) -> tuple[list[Column], list[list[str]], list[str]]:
    """Columns, their cells, and the reasons of what is not there, which are told once below.

    A desk that all rows share is left out: it stands above.
    """
    from hercules.reports.table import cell_text

    places = [at for at, each in enumerate(table.columns) if each.name != "desk" or len(table.desk_ids) > 1]
    why: dict[str, dict[str, None]] = {}
    rows = []
    for row in table.rows:
        cells = []
        for column, cell in ((table.columns[at], row[at]) for at in places):
            text = cell_text(cell, column.kind)
            if cell.value is None:
                text, _, reason = text.partition(" ")
                why.setdefault(reason.strip("()"), {})[column.name] = None
            cells.append(text)
        rows.append(cells)
    told = [f"\u2013 in {', '.join(names)}: {reason}." for reason, names in why.items()]
    return [table.columns[at] for at in places], rows, told


def _print_rows(console: Console, columns: list[Column], rows: list[list[str]]) -> None:
    """A table with nothing cut off; on a terminal too narrow for it, each row as a line of its own."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(show_edge=False)
    for column in columns:
        grid.add_column(column.name, justify="left" if column.kind == "text" else "right", no_wrap=True)
    for row in rows:
        grid.add_row(*map(Text, row))
    needed = grid.__rich_measure__(console, console.options.update(max_width=10_000)).maximum
    if console.is_terminal and needed > console.width:
        for row in rows:
            named = [f"{column.name} {text}" for column, text in zip(columns[1:], row[1:], strict=True)]
            console.print(f"{row[0]}: {', '.join(named)}", markup=False)
    else:
        console.width = max(console.width, needed)
        console.print(grid)
