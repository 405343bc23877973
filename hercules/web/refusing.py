"""Counts the deliveries that the door refused, and keeps the counts at most every few seconds."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

import structlog

from hercules.model import HerculesError
from hercules.store import desks
from hercules.store.db import Connection, Database
from hercules.store.desks import Refusals

log = structlog.get_logger("hercules.door")

KEEP_AFTER_S = 2.0


class Refusing:
    """Of each desk how many deliveries were refused and when; anybody can cause them, so writes are few.

    Nothing of a refused delivery is kept. Belongs to one event loop.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._fresh: dict[str, Refusals] = {}
        self._keeping: asyncio.Task[None] | None = None

    def add(self, desk_id: str, now: datetime) -> None:
        """One more was refused; returns at once."""
        known = self._fresh.get(desk_id)
        self._fresh[desk_id] = Refusals(
            desk_id, known.refused + 1 if known else 1, known.first_at if known else now, now
        )
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        try:
            await asyncio.sleep(KEEP_AFTER_S)
            fresh, self._fresh = self._fresh, {}
            await asyncio.to_thread(self._db.do, partial(_store, fresh=list(fresh.values())))
        except HerculesError as error:  # they are a help for the admin only: the door goes on
            log.error("refusals not kept", why=type(error).__name__)
        finally:
            self._keeping = None


def _store(conn: Connection, fresh: list[Refusals]) -> None:
    for each in fresh:
        desks.add_refusals(conn, each)
