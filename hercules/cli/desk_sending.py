"""`hercules desk send`: one ticket from a file, signed as its desk signs, through the running door."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import Config, fail

if TYPE_CHECKING:
    from hercules.desks.desk import Desk
    from hercules.model import TicketRef
    from hercules.settings import Settings
    from hercules.store.db import Database
    from hercules.store.suggestions import SuggestionRow

LOOKED_AT_WITHIN_S = 20.0


def send(
    name: Annotated[str, typer.Argument(help="A desk of kind generic.")],
    ticket: Annotated[Path, typer.Argument(help="What it sends (JSON); without a map also a bare ticket.")],
    config: Config = None,
) -> None:
    """Send a ticket to the running service as the desk would; it is a real one, notes are posted.

    A bare ticket is {"id": "4711", "subject": "Cannot start", "description": "Since the update ..."}.
    """
    from hercules.folders import find_folders
    from hercules.model import BadDelivery
    from hercules.outbound import Breaker
    from hercules.settings import load_settings
    from hercules.store.db import open_database
    from hercules.wiring import hush_log, make_desk, utc_now

    hush_log()
    settings = load_settings(config)
    if name not in settings.desks or settings.desks[name].kind != "generic":
        raise fail(f"there is no desk {name!r} of kind generic; `hercules desk list` shows the desks", 2)
    if not ticket.is_file():
        raise fail(f"{ticket}: no such file", 2)
    desk = make_desk(name, settings, utc_now, Breaker(name, utc_now))
    mapped = bool((settings.desks[name].model_extra or {}).get("map"))
    body = _body(ticket, mapped=mapped)
    try:
        ref = _ref(desk, body)
    except BadDelivery as error:
        hint = f"; desks.{name} has a map, so the file holds what the desk itself sends" if mapped else ""
        raise fail(f"{ticket}: {error}{hint}") from None
    db = open_database(find_folders(settings).data, exclusive=False)
    try:
        if _row(db, ref):
            raise fail(f"ticket {ref.ticket_id} was looked at already; send one with another id")
        _deliver(settings, desk, body)
        _tell(settings, ref, _looked_at(db, ref))
    finally:
        db.close()


def _body(ticket: Path, *, mapped: bool) -> bytes:
    from hercules.offline import as_delivery

    body = ticket.read_bytes()
    return body if mapped else as_delivery(body)


def _ref(desk: Desk, body: bytes) -> TicketRef:
    """The ticket that a body opens. Raises BadDelivery naming the path."""
    from hercules.events import TicketOpened
    from hercules.model import Delivery
    from hercules.wiring import utc_now

    for event in desk.read(Delivery(desk.desk_id, "send", {}, body, utc_now())):
        if isinstance(event, TicketOpened) and event.ticket:
            return event.ticket.ref
    raise fail("this opens no ticket, so nothing was sent")


def _deliver(settings: Settings, desk: Desk, body: bytes) -> None:
    from hercules.cli import desk_checking as checking
    from hercules.model import DeskError
    from hercules.wiring import utc_now

    url = settings.public_url()
    signed = desk.test_delivery(body, utc_now())
    try:
        status = checking.deliver(settings, f"{url}/hooks/{checking.tail(desk, signed)}", signed, body)
    except DeskError as error:
        raise fail(f"{error}; is the service running at {url}? `hercules serve` starts it") from None
    if status != 202:
        raise fail(checking.let_in(status, desk.desk_id, url).detail)


def _looked_at(db: Database, ref: TicketRef) -> SuggestionRow | None:
    """What was suggested, once the service has looked at the ticket."""
    deadline = time.monotonic() + LOOKED_AT_WITHIN_S
    while (row := _row(db, ref)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return row


def _row(db: Database, ref: TicketRef) -> SuggestionRow | None:
    from hercules.store import suggestions

    with db.read() as conn:
        return suggestions.of_ticket(conn, ref.desk_id, ref.ticket_id)


def _tell(settings: Settings, ref: TicketRef, row: SuggestionRow | None) -> None:
    if row is None:
        typer.echo(
            f"Ticket {ref.ticket_id} was taken and not looked at yet: hercules delivery list --state all"
        )
        return
    first = row.suggestion.items[0].title if row.suggestion.items else "no answer"
    typer.echo(f"Ticket {ref.ticket_id}: {first}\n{row.decision.verdict}: {row.decision.reason}")
    typer.echo(f"{settings.public_url()}/review/{row.suggestion.suggestion_id}")
