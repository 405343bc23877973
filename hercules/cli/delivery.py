"""`hercules delivery`: deliveries that could not be read, and running them again."""

from __future__ import annotations

from typing import Annotated

import typer

from hercules.cli.shared import Config, fail, short_house

app = typer.Typer(no_args_is_help=True, help="List deliveries and run them again.")


@app.command("list")
def list_some(
    state: Annotated[str, typer.Option(help="unreadable, dead, new, retry, done or all.")] = "",
    limit: int = 50,
    config: Config = None,
) -> None:
    """Deliveries, newest first; without --state those that need a person."""
    from typing import cast

    from hercules.store import inbox
    from hercules.store.inbox import STATES, InboxState

    if state and state != "all" and state not in STATES:
        raise fail(f"--state must be all or one of {', '.join(STATES)}", 2)
    wanted = STATES if state == "all" else (cast(InboxState, state),) if state else ("unreadable", "dead")
    with short_house(config) as house, house.db.read() as conn:
        rows = inbox.list_some(conn, house.desk_ids, wanted, limit)
    for row in rows:
        typer.echo(
            f"{row.received_at:%Y-%m-%d %H:%M:%S} {row.state:10} {row.desk_id} {row.delivery_id} {row.why}"
        )
    if not rows:
        typer.echo("No such deliveries.")


@app.command("show")
def show(
    delivery_id: str,
    desk: Annotated[str, typer.Option(help="The desk, when two desks have this delivery id.")] = "",
    config: Config = None,
) -> None:
    """Print what a desk sent, redacted and without its files: what a map is written after."""
    from hercules.keeping import keep_body
    from hercules.store import inbox
    from hercules.text import clean

    with short_house(config) as house, house.db.read() as conn:
        desks = [desk] if desk else sorted(house.desks)
        rows = [row for each in desks if (row := inbox.get(conn, each, delivery_id))]
    if not rows:
        raise fail(f"there is no delivery {delivery_id}; `hercules delivery list --state all` shows them")
    for row in rows:
        typer.echo(f"{row.desk_id} {row.state} {row.why}".rstrip(), err=True)
        typer.echo(clean(_indented(keep_body(row.body).decode("utf-8"))))


def _indented(text: str) -> str:
    import json

    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


@app.command("retry")
def retry(
    delivery_id: str,
    desk: Annotated[str, typer.Option(help="The desk, when two desks have this delivery id.")] = "",
    config: Config = None,
) -> None:
    """Run an unreadable or dead delivery again."""
    from functools import partial

    from hercules.store import inbox

    with short_house(config) as house:
        desks = [desk] if desk else sorted(house.desks)
        found = [
            each for each in desks if house.db.do(partial(inbox.again, desk_id=each, delivery_id=delivery_id))
        ]
    if not found:
        raise fail(f"no delivery {delivery_id} waits to be run again; `hercules delivery list` shows them")
    typer.echo(f"{', '.join(found)}: {delivery_id} will be run again by the service.")


@app.command("posts")
def posts(config: Config = None) -> None:
    """Notes and replies that did not arrive: outcome unknown, given up, or to be tried again (retry)."""
    from hercules.store import outbox

    with short_house(config) as house, house.db.read() as conn:
        rows = outbox.list_some(conn, house.desk_ids, ("unknown", "dead"))
        later = outbox.list_some(conn, house.desk_ids, ("retry",))
    for row in (*rows, *later):
        again = f", next {row.not_before:%H:%M:%S} UTC" if row.state == "retry" else ""
        typer.echo(f"{row.state:8} {row.kind:6} {row.desk_id}  {row.subject}  {row.key}  {row.why}{again}")
    if not rows:
        typer.echo("No post waits for a person.")
    elif any(row.state == "dead" for row in rows):
        typer.echo("Send what was given up (dead) again: hercules delivery resend DESK [TICKET] --all")


@app.command("resend")
def resend(
    desk: str,
    ticket_id: Annotated[str, typer.Argument(help="One ticket; left out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All posts of the desk that were given up.")] = False,
    config: Config = None,
) -> None:
    """Send notes and replies again that were given up, once what stopped them is mended."""
    from hercules.store import outbox

    if bool(ticket_id) == every:
        raise fail("name one ticket, or say --all for all posts of the desk", 2)
    with short_house(config) as house:
        now = house.clock()
        count = house.db.do(lambda conn: outbox.again_all(conn, desk, now, ticket_id or None))
    if not count:
        raise fail(f"no post of {desk} was given up; `hercules delivery posts` shows them")
    typer.echo(f"{count} will be sent again by the service.")


@app.command("resolve")
def resolve(
    desk: str,
    ticket_id: str,
    kind: Annotated[str, typer.Argument(help="note or reply")],
    posted: Annotated[bool, typer.Option("--posted/--not-posted", help="What you saw at the desk.")],
    config: Config = None,
) -> None:
    """Tell what became of a post of unknown outcome, or send one again that was given up (--not-posted)."""
    from typing import cast

    from hercules.model import Visibility
    from hercules.store import outbox

    if kind not in ("note", "reply"):
        raise fail("kind must be note or reply", 2)
    which = cast(Visibility, kind)
    with short_house(config) as house:
        now = house.clock()
        done = house.db.do(lambda conn: outbox.resolve(conn, desk, which, ticket_id, posted, now))
        if not done and not posted:
            done = house.db.do(lambda conn: outbox.again(conn, desk, which, ticket_id, now))
    if not done:
        raise fail(
            "no such post of unknown outcome, and none that was given up; see `hercules delivery posts`"
        )
    typer.echo("Recorded." if posted else "It will be sent.")
