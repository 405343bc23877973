"""`hercules backtest`: what would today's rules and articles have said on past tickets?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, AskedDesk, Config, asked_desk, fail, print_json

if TYPE_CHECKING:
    from hercules.backtest import Backtest


def backtest(
    tickets: Annotated[Path, typer.Argument(help="Past tickets, .jsonl or .csv.")],
    logs: Annotated[
        Path | None, typer.Option(help="Folder with their files, in <id>/ or by attachment name.")
    ] = None,
    desk: AskedDesk = "",
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Say how many past tickets would have been answered, by what, and which errors nothing explained."""
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.progress import Progress

    from hercules.backtest import read_tickets, run
    from hercules.offline import offline_engines
    from hercules.settings import load_settings

    if not tickets.is_file():
        raise fail(f"{tickets}: no such file", 2)
    if logs is not None and not logs.is_dir():
        raise fail(f"{logs}: no such folder", 2)
    settings = load_settings(config)
    desk_id = asked_desk(settings, desk)
    past = list(read_tickets(tickets, logs, datetime.now(UTC), desk_id))
    console = Console(stderr=True)
    with (
        offline_engines(settings, desk_id=desk_id) as engines,
        Progress(console=console, transient=True, disable=json or not console.is_terminal) as progress,
    ):
        task = progress.add_task("tickets", total=len(past))
        sums = run(past, engines, lambda: progress.advance(task))
    if json:
        print_json(sums.plain())
    else:
        _print(sums)


def _print(sums: Backtest) -> None:
    from hercules.stats import wilson

    plain = sums.plain()
    share = ""
    if sums.tickets:
        low, high = wilson(sums.answered, sums.tickets)
        share = f" ({sums.answered / sums.tickets:.1%}, 95% interval {low:.1%} to {high:.1%})"
    typer.echo(f"Would have answered {sums.answered} of {sums.tickets} tickets{share}")
    typer.echo(
        f"  {sums.held} more would wait for a review below the threshold, {plain['silent']} stay silent"
    )
    typer.echo(f"  of {sums.with_logs} tickets with files {sums.answered_with_logs} would be answered")
    for title, key, unit in (
        ("Rules", "rules", "tickets"),
        ("Articles", "articles", "tickets"),
        ("Error lines that nothing explained", "unexplained", "tickets"),
        ("Not read", "not_scanned", "tickets"),
    ):
        rows = plain[key]
        assert isinstance(rows, list)
        typer.echo(f"\n{title}{'' if rows else ': none'}")
        for row in rows:
            typer.echo(f"  {row['tickets']:>5} {unit}  {_line(str(row['name']))}")
    typer.echo(f"\nExamples{'' if sums.examples else ': none'}")
    for each in sums.shown():
        typer.echo(
            f"  {_line(each.ticket_id)}  {_line(each.subject)}\n"
            f"      -> {_line(each.title)} ({each.confidence:.2f}): {_line(each.why)}"
        )


def _line(text: str) -> str:
    """Text of customers on one line, without what would move the terminal."""
    from hercules.text import clean, cut, one_line

    return cut(one_line(clean(text)), 300)
