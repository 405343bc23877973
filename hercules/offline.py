"""The engines without a database: rules and articles straight from their folders, for the command line."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from hercules import library
from hercules.answer.suggest import AnswerOptions
from hercules.desks.generic import GenericDesk
from hercules.desks.jsonbody import read_json
from hercules.events import TicketOpened
from hercules.folders import Folders, find_folders
from hercules.kb.index import SearchIndex, engine_for, open_index
from hercules.kb.query import QueryOptions
from hercules.look import Engines
from hercules.model import Article, BadDelivery, Delivery, DeskError, Part, Ticket
from hercules.rulebook import load_rulebook
from hercules.settings import DeskSettings, Settings
from hercules.wiring import index_options, sources

TICKET_SHAPE = '{"id": "4711", "subject": "Cannot start", "description": "Since the update ..."}'
_OF_A_TICKET = frozenset(("id", "subject", "description"))


@contextmanager
def offline_engines(settings: Settings, rules: Sequence[Path] = (), desk_id: str = "") -> Iterator[Engines]:
    """Engines over the folders of these settings, or over other rule folders, as this desk uses them.

    The service's index is used when it holds the same articles, else one is built for the while.
    """
    desk = settings.desks.get(desk_id, DeskSettings())
    folders = find_folders(settings)
    held = library.held(sources(folders, settings), settings, folders.data)
    seen = sorted((each for each in held if each.desk_id in (desk_id, "*")), key=lambda each: each.desk_id)
    by_name = {article.id: article for article in seen} | {article.key: article for article in seen}
    with offline_index(settings, folders, held) as index:
        yield Engines(
            ruleset=load_rulebook(rules or (folders.rules,), settings.rules).ruleset,
            index=index,
            limits=settings.limits(),
            query=query_options(settings, index_options(settings, folders).synonyms),
            answers=AnswerOptions(
                hold_from=settings.kb.hold_from,
                say_from=settings.kb.say_from if desk.say_from is None else desk.say_from,
            ),
            find_article=by_name.get,
            products=frozenset(desk.products),
        )


def query_options(settings: Settings, synonyms: str) -> QueryOptions:
    """How tickets are asked, from the settings; `synonyms` is the text of that file."""
    return QueryOptions(
        terms_max=settings.kb.terms_max, postings_max=settings.kb.postings_max, synonyms=synonyms
    )


@contextmanager
def offline_index(settings: Settings, folders: Folders, held: Sequence[Article]) -> Iterator[SearchIndex]:
    """An index of exactly these articles."""
    options = index_options(settings, folders)
    engine = engine_for(settings.kb.engine, len(held))
    index = open_index(folders.index, options, engine)
    if library.holds(index, held):
        yield index
        index.close()
        return
    index.close()
    with tempfile.TemporaryDirectory(prefix="hercules-index-") as folder:
        index = open_index(Path(folder) / "index", options, engine)
        index.rebuild(held, mark=library.mark_of(held))
        yield index
        index.close()


def read_ticket(body: bytes, now: datetime) -> tuple[Ticket, list[Part]]:
    """A ticket in the generic desk's own shape, or bare, with its inline files.

    Raises BadDelivery naming the path.
    """
    desk = GenericDesk("answer", DeskSettings(unsigned=True), NoClient())
    delivery = Delivery("answer", "answer", {}, as_delivery(body), now)
    for event in desk.read(delivery):
        if isinstance(event, TicketOpened) and event.ticket:
            files = [
                Part(each.name, data=each.content)
                for each in event.ticket.attachments
                if each.content is not None
            ]
            return event.ticket, files
    raise BadDelivery('type: this is no opened ticket; write "ticket.created"')


def as_delivery(body: bytes) -> bytes:
    """A bare ticket, or one as `{"ticket": {...}}`, as the generic desk sends it; any other body as it is.

    Raises BadDelivery for what is no JSON.
    """
    value = read_json(body).value
    if not isinstance(value, dict) or "type" in value:
        return body
    ticket = value.get("ticket", value)
    if not isinstance(ticket, dict) or not ticket.keys() & _OF_A_TICKET:
        raise BadDelivery(f"this is no ticket; write {TICKET_SHAPE}")
    return json.dumps({"type": "ticket.created", "ticket": {"id": "1", **ticket}}).encode()


class NoClient:
    """A client that reaches nobody: the command line fetches no files."""

    def send(self, method: str, url: str, **_: object) -> NoReturn:
        """Refused."""
        raise DeskError("nothing is sent from here", "no", permanent=True)

    def stream(self, url: str, **_: object) -> NoReturn:
        """Refused."""
        raise DeskError("nothing is fetched from here", "no", permanent=True)
