"""`hercules answer`: the whole route of one ticket but the post, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, AskedDesk, Config, asked_desk, fail, places, print_json

if TYPE_CHECKING:
    from hercules.model import Item, Suggestion


def answer(
    ticket: Annotated[Path, typer.Argument(help="A ticket (JSON), as below.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Its files; else those beside it in NAME/.")
    ] = None,
    desk: AskedDesk = "",
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what would be suggested for a ticket. Nothing is stored and nothing is sent.

    A ticket is {"id": "4711", "subject": "Cannot start", "description": "Since the update ..."},
    and if you like "product", "version", "tags" and "attachments". What a generic desk sends,
    {"type": "ticket.created", "ticket": {...}}, is taken as well.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from hercules.codec import to_plain
    from hercules.folders import parts_of
    from hercules.look import look
    from hercules.offline import offline_engines, read_ticket
    from hercules.rulebook import errors_of
    from hercules.settings import load_settings

    if not ticket.is_file():
        raise fail(f"{ticket}: no such file", 2)
    settings = load_settings(config)
    now, desk_id = datetime.now(UTC), asked_desk(settings, desk)
    asked, inline = read_ticket(ticket.read_bytes(), now)
    beside = ticket.with_suffix("")
    roots = files if files else [beside] if beside.is_dir() else []
    asked = replace(asked, desk_id=desk_id or asked.desk_id)
    with offline_engines(settings, desk_id=desk_id) as engines:
        for refusal in errors_of(engines.ruleset.refusals):
            typer.echo(str(refusal), err=True)
        seen = look(asked, [*inline, *parts_of(roots)], engines, now, "answer")
    if json:
        print_json(to_plain(seen.suggestion))
    else:
        _tell(seen.suggestion, engines.answers.say_from)


def _tell(suggestion: Suggestion, say_from: float) -> None:
    """The answers with their proof, and what the customer would read of them."""
    from hercules.answer.reply import left_out, shows_customer, write

    if not suggestion.items:
        typer.echo("Silence: nothing stands above the threshold.")
        return
    for item in suggestion.items:
        _tell_item(item)
    typer.echo("")
    if max(item.confidence for item in suggestion.items) < say_from:
        typer.echo(
            f"All below say_from = {say_from:.2f}: nothing would be posted, it would wait for a review."
        )
    for sentence in left_out(suggestion):
        typer.echo(sentence)
    if shows_customer(suggestion):
        typer.echo("The reply would say:\n")
        typer.echo(write(suggestion, "reply", "plain").body)
    else:
        typer.echo("The customer would get no reply: nothing else is left.")


def _tell_item(item: Item) -> None:
    typer.echo(f"{item.confidence:.2f}  {item.title}\n      {item.why}")
    for place in places(item.evidence, item.count):
        typer.echo(f"      {place}")
