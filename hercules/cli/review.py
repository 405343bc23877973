"""`hercules review`: the list of suggestions and a verdict, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json, short_house

if TYPE_CHECKING:
    from hercules.store.tickets import ListedTicket

app = typer.Typer(no_args_is_help=True, help="List suggestions and approve or reject them.")
By = Annotated[str, typer.Option("--by", help="Your name; it is kept with the review.")]


@app.command("list")
def list_some(
    show: Annotated[str, typer.Option(help="waiting, reviewed, trouble, silent or all.")] = "waiting",
    limit: int = 20,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Suggestions, newest first."""
    from typing import cast, get_args

    from hercules.store import tickets
    from hercules.store.tickets import TicketFilter

    if show not in get_args(TicketFilter):
        raise fail(f"--show must be one of {', '.join(get_args(TicketFilter))}", 2)
    with short_house(config) as house, house.db.read() as conn:
        rows = tickets.list_some(conn, house.desk_ids, cast(TicketFilter, show), limit=limit)
        trouble = tickets.count_some(conn, house.desk_ids, "trouble")
    if json:
        print_json(
            [
                {
                    "suggestion_id": row.suggestion_id,
                    "desk_id": row.ticket.desk_id,
                    "ticket_id": row.ticket.ticket_id,
                    "subject": row.ticket.subject,
                    "first": row.title,
                    "state": row.state,
                    "note": row.note,
                    "reply": row.reply,
                }
                for row in rows
            ]
        )
        return
    for row in rows:
        typer.echo(
            f"{row.suggestion_id or '-':22} {row.ticket.desk_id}/{row.ticket.ticket_id}  {row.ticket.subject}"
        )
        typer.echo(f"{'':22} {row.title or 'no answer'} ({_standing(row)})")
        for post in posts_in_trouble(row):
            typer.echo(f"{'':22} {post}")
    if not rows:
        typer.echo("Nothing here.")
    if trouble and show != "trouble":
        tickets_have = "1 ticket has a post" if trouble == 1 else f"{trouble} tickets have posts"
        typer.echo(f"{tickets_have} that failed: hercules review list --show trouble")


def _standing(row: ListedTicket) -> str:
    """What was decided: by the policy, or by the person who reviewed it since."""
    if row.state not in ("approved", "edited", "rejected"):
        return row.reason
    reply = {"sent": ", replied", "withdrawn": ", its reply was withdrawn"}.get(row.reply or "", "")
    return f"{row.state}{reply}"


def posts_in_trouble(row: ListedTicket) -> Iterator[str]:
    """A sentence for each post of a ticket that did not arrive."""
    for kind, state in (("note", row.note), ("reply", row.reply)):
        if state == "retry":
            yield f"the {kind} did not arrive and will be tried again: hercules delivery posts"
        elif state == "dead":
            yield f"the {kind} could not be posted"
        elif state == "unknown":
            yield f"the {kind} may have been posted or not: hercules delivery posts"


@app.command("approve")
def approve(suggestion_id: str, by: By, config: Config = None) -> None:
    """Approve a suggestion; its public reply is sent once."""
    _give(suggestion_id, "approve", by, "", config)


@app.command("reject")
def reject(
    suggestion_id: str,
    by: By,
    reason: Annotated[str, typer.Option(help="wrong, outdated, duplicate, not-needed or other.")],
    config: Config = None,
) -> None:
    """Reject a suggestion with a reason."""
    from typing import get_args

    from hercules.model import RejectReason

    if reason not in get_args(RejectReason):
        raise fail(f"--reason must be one of {', '.join(get_args(RejectReason))}", 2)
    _give(suggestion_id, "reject", by, reason, config)


def _give(suggestion_id: str, verdict: str, by: str, reason: str, config: Config) -> None:
    from typing import cast

    from hercules.model import Review, ReviewVerdict
    from hercules.posting import review
    from hercules.text import one_line

    name = one_line(by)[:80]
    if not name:
        raise fail("--by must name you; it is kept with the review", 2)
    with short_house(config) as house:
        given = Review(cast(ReviewVerdict, verdict), name, house.clock(), "", reason)
        typer.echo(review(house, suggestion_id, given).told)
