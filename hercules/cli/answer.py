"""`hercules answer`: the whole route of one ticket but the post, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json


def answer(
    ticket: Annotated[Path, typer.Argument(help="A ticket as the generic desk sends it (JSON).")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Its files; else those beside it in NAME/.")
    ] = None,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what would be suggested for a ticket. Nothing is stored and nothing is sent."""
    from datetime import UTC, datetime

    from hercules.answer.reply import shows_customer, write
    from hercules.codec import to_plain
    from hercules.folders import parts_of
    from hercules.look import look
    from hercules.offline import offline_engines, read_ticket
    from hercules.settings import load_settings

    if not ticket.is_file():
        raise fail(f"{ticket}: no such file", 2)
    settings = load_settings(config)
    now = datetime.now(UTC)
    asked, inline = read_ticket(ticket.read_bytes(), now)
    beside = ticket.with_suffix("")
    roots = files if files else [beside] if beside.is_dir() else []
    with offline_engines(settings) as engines:
        seen = look(asked, [*inline, *parts_of(roots)], engines, now, "answer")
    if json:
        print_json(to_plain(seen.suggestion))
        return
    if not seen.suggestion.items:
        typer.echo("Silence: nothing stands above the threshold.")
    for item in seen.suggestion.items:
        typer.echo(f"{item.confidence:.2f}  {item.title}\n      {item.why}")
    if shows_customer(seen.suggestion):
        typer.echo("\nThe reply would say:\n")
        typer.echo(write(seen.suggestion, "reply", "plain").body)
