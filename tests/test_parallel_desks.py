"""Three desks send all at once, doubled and out of order: each ticket gets one suggestion and one note."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from hercules.desks.proof import sign_standard, standard_key
from hercules.events import Replied, Suggested, TicketOpened
from hercules.store import inbox, journal, outbox
from tests.listing import ListingDesk, Plain, listing_desk
from tests.serving import TROUBLE, Served, inline, serving, ticket_body, utc_now, wait_for

DESKS = ("east", "north", "west")
TICKETS = 20
SENDERS = 32


def news_of(ticket_id: str) -> list[tuple[str, Plain]]:
    """Ten deliveries of one ticket by id: doubled, told again under new ids, with files and comments."""
    log = inline("app.log", TROUBLE.format(word="w" + ticket_id).encode())
    opened = ticket_body(ticket_id, f"Number {ticket_id} {'abc'[int(ticket_id) % 3]}", attachments=[log])
    opened["ticket"]["requester"] = {"id": f"c{ticket_id}", "email": "", "name": ""}
    late = inline("late.log", TROUBLE.format(word="late" + ticket_id).encode())
    updated = {**opened, "type": "ticket.updated", "ticket": {**opened["ticket"], "attachments": [log, late]}}

    def comment(number: int, who: str, kind: str, text: str) -> Plain:
        author = {"id": who, "kind": kind}
        told = {"id": f"{ticket_id}-{number}", "author": author, "public": kind == "customer", "text": text}
        return {"type": "comment.created", "ticket": {"id": ticket_id}, "comment": told}

    own = comment(1, "hercules", "bot", "See H-ABCDEFGH")
    more = comment(2, f"c{ticket_id}", "customer", "And?")
    told = [opened, opened, updated, updated, own, more, opened]
    news = [(f"{ticket_id}-{number}", body) for number, body in enumerate(told)]
    return [*news, news[0], news[2], news[5]]


def deliver(served: Served, desk_id: str, desk: ListingDesk, delivery_id: str, body: Plain) -> int:
    raw = json.dumps(body).encode()
    headers = sign_standard([standard_key(desk.secret, "test")], delivery_id, utc_now(), raw)
    return httpx.post(f"{served.url}/hooks/{desk_id}", content=raw, headers=headers, timeout=30).status_code


def idle(served: Served) -> bool:
    with served.house.db.read() as conn:
        counts = outbox.states(conn, served.house.desk_ids)
        return not inbox.pending(conn) and not counts["waiting"] + counts["sending"] + counts["retry"]


@pytest.mark.parametrize("seed", [1])
def test_each_ticket_gets_one_suggestion_and_one_note(tmp_path: Path, seed: int) -> None:
    with ExitStack() as stack:
        desks = {name: stack.enter_context(listing_desk()) for name in DESKS}
        served = stack.enter_context(
            serving(tmp_path, more_desks={name: desk.settings() for name, desk in desks.items()})
        )
        mine = {str(number): DESKS[number % 3] for number in range(TICKETS)}
        all_news = [(name, *news) for ticket_id, name in mine.items() for news in news_of(ticket_id)]
        assert len(all_news) == 200
        random.Random(seed).shuffle(all_news)
        with ThreadPoolExecutor(SENDERS) as pool:
            codes = list(
                pool.map(lambda each: deliver(served, each[0], desks[each[0]], each[1], each[2]), all_news)
            )
        assert set(codes) == {202}
        assert wait_for(lambda: idle(served))
        states = served.states()
        assert states["dead"] + states["unreadable"] == 0
        kinds = Counter[tuple[str, str, str]]()
        with served.house.db.read() as conn:
            for each in journal.read(conn, served.house.desk_ids, (TicketOpened, Suggested, Replied)):
                event = each.event
                first = not isinstance(event, Suggested) or event.natural_key.endswith(":1")
                kinds[event.desk_id, event.ticket_id, type(event).__name__] += first
        wanted = {
            (name, ticket_id, kind): 1
            for ticket_id, name in mine.items()
            for kind in ("TicketOpened", "Suggested", "Replied")
        }
        assert dict(kinds) == wanted
    for name, desk in desks.items():
        assert sorted(desk.posts) == sorted((each, "note") for each, of in mine.items() if of == name)
