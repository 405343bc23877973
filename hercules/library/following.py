"""Following all sources while the service runs, and what a short command has of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from hercules.house import House
from hercules.library.indexing import sync
from hercules.library.pulling import RefusedToShrink, drop_others, origin_of, pull, read_source
from hercules.model import Article
from hercules.recording import why_of
from hercules.settings import Settings
from hercules.sources.source import Source
from hercules.store import articles, passes
from hercules.store.db import DB_NAME, Connection, open_database
from hercules.store.passes import Pass

log = structlog.get_logger("hercules.library")

AFAR_EVERY_S = 900.0
"""Seconds between two passes over a source that lies behind a network, when nothing else is set."""


def follow(house: House, made: Sequence[Source]) -> None:
    """A pass over each source that is due, and the index after the articles.

    Sources on this machine are read here, others in a thread of their own, since they may take long.
    """
    dropped = drop_others(house, {source.name for source in made})
    if dropped:
        log.info("sources are set no longer", articles=dropped)
    wanted = _due(house, made)
    for source in wanted:
        if source.local:
            _follow(house, source)
    sync(house)
    afar = [source for source in wanted if not source.local]
    if afar and house.afar.acquire(blocking=False):
        name = "hercules-sources"
        threading.Thread(target=_follow_afar, args=(house, afar), name=name, daemon=True).start()


def _due(house: House, made: Sequence[Source]) -> list[Source]:
    """The sources whose last pass began long enough ago."""
    with house.db.read() as conn:
        last = passes.last_passes(conn)
    now = house.clock()

    def due(source: Source) -> bool:
        common, before = house.settings.sources.get(source.name), last.get(source.name)
        usual = 0.0 if source.local else AFAR_EVERY_S
        every = common.every if common is not None and common.every is not None else usual
        return before is None or now - before.begun_at >= timedelta(seconds=every)

    return [source for source in made if due(source)]


def _follow(house: House, source: Source) -> None:
    """A pass over one source. Whatever goes wrong with it is logged and shown, and holds up no other."""
    begun_at = house.clock()
    try:
        pulled = pull(house, source)
    except RefusedToShrink as error:
        log.error("articles not followed", source=source.name, why=str(error))
        return
    except Exception as error:
        why = why_of(error)
        log.error("articles not followed", source=source.name, why=why)
        failed = Pass(begun_at, house.clock(), 0, 0, 0, 1, (why,))
        house.db.do(lambda conn: passes.put_pass(conn, source.name, failed))
        return
    if pulled.changed or pulled.removed:
        log.info("articles followed", source=source.name, changed=pulled.changed, removed=pulled.removed)


def _follow_afar(house: House, afar: Sequence[Source]) -> None:
    """The pass in the background: an error is logged, and the next pass tries again."""
    try:
        for source in afar:
            if not house.closing.is_set():
                _follow(house, source)
        if not house.closing.is_set():
            sync(house)
    except Exception as error:
        log.error("sources", why=why_of(error))
    finally:
        house.afar.release()


def held(made: Sequence[Source], settings: Settings, data: Path) -> list[Article]:
    """All articles for a short command: those on this machine as they are, others as last stored."""
    found: list[Article] = []
    for source in made:
        if source.local:
            found += read_source(source, origin_of(source, settings))[0]
    afar = [source.name for source in made if not source.local]
    with _reading(data if afar else None) as conn:
        if conn is not None:
            found += [each for name in afar for each in articles.of_source(conn, name)]
    return found


def last_passes(data: Path) -> tuple[dict[str, Pass], dict[str, int]]:
    """The last pass and the number of articles of each source that had a pass, by its name."""
    with _reading(data) as conn:
        return ({}, {}) if conn is None else (passes.last_passes(conn), passes.counts(conn))


@contextmanager
def _reading(data: Path | None) -> Iterator[Connection | None]:
    """A connection to the database of a data folder, None when there is none yet."""
    if data is None or not (data / DB_NAME).is_file():
        yield None
        return
    db = open_database(data, exclusive=False)
    try:
        with db.read() as conn:
            yield conn
    finally:
        db.close()
