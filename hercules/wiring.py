"""The only place that names concrete parts: desks, sources, reports, after-effects and timers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from hercules import library
from hercules.desks.desk import CallLimits, Desk
from hercules.desks.generic import GenericDesk
from hercules.desks.jsonbody import JsonLimits
from hercules.events import Event, Recorded
from hercules.folders import Folders, find_folders
from hercules.house import Clock, House, RulesBox, no_step
from hercules.kb.index import FieldWeights, IndexOptions, open_index
from hercules.metrics import Metrics
from hercules.model import Period, SettingsError, Table
from hercules.outbound import OutboundClient
from hercules.redact import redact
from hercules.reports import contact_index, deflection
from hercules.reports import rules as rules_report
from hercules.reports.report import ReportOptions
from hercules.rulebook import errors_of, gated, load_rulebook
from hercules.settings import DeskSettings, Settings
from hercules.sources.folder import FolderSource
from hercules.sources.source import Source
from hercules.store import desks as desk_store
from hercules.store import inbox, people
from hercules.store.attachments import Attachments
from hercules.store.db import Connection, open_database
from hercules.store.keys import own_key

Report = Callable[[Sequence[Recorded], Period, datetime, ReportOptions], Table]
After = Callable[[House, Recorded], None]
Timer = Callable[[House], object]

DESKS: Mapping[str, type[GenericDesk]] = {"generic": GenericDesk}
SOURCES: Mapping[str, type[FolderSource]] = {"folder": FolderSource}
REPORTS: Mapping[str, Report] = {
    "contact-index": contact_index.make,
    "deflection": deflection.make,
    "rules": rules_report.make,
}
AFTER: Mapping[type[Event], tuple[After, ...]] = {}


log = structlog.get_logger("hercules.wiring")


def utc_now() -> datetime:
    """The time now, aware UTC."""
    return datetime.now(UTC)


def build(
    settings: Settings, *, exclusive: bool, clock: Clock = utc_now, step: Callable[[str], None] = no_step
) -> House:
    """The whole house of these settings. `exclusive` is for the one process that serves.

    Raises SettingsError, StoreError or Locked with a sentence that says what to do.
    """
    folders = find_folders(settings)
    book = load_rulebook((folders.rules,), settings.rules)
    if exclusive:  # a short command answers no ticket
        book = gated(book, settings.limits(), clock())
    desks = {desk_id: _desk(desk_id, common, settings, clock) for desk_id, common in settings.desks.items()}
    db = open_database(
        folders.data,
        exclusive=exclusive,
        waiting_max=settings.inbox.waiting_max,
        memory_max_bytes=settings.inbox.memory_max,
    )
    try:
        house = House(
            settings=settings,
            folders=folders,
            desks=desks,
            desk_settings=settings.desks,
            db=db,
            attachments=Attachments(folders.data / "attachments"),
            index=open_index(folders.index, index_options(settings, folders)),
            rulesets=RulesBox(book),
            metrics=Metrics(),
            clock=clock,
            pepper=own_key(folders.data, "pepper"),
            base_url=settings.public_url(),
            synonyms=_text_of(folders.synonyms),
            step=step,
        )
        house.metrics.rules_refused.set(len({error.file for error in errors_of(book.ruleset.refusals)}))
        for desk_id in desks:
            db.do(partial(desk_store.live_since, desk_id=desk_id, now=clock()))
    except BaseException:
        db.close()
        raise
    return house


def close(house: House) -> None:
    """Close what a house holds open."""
    house.index.close()
    house.db.close()


def sources(folders: Folders) -> tuple[Source, ...]:
    """The places articles come from."""
    return (FolderSource(folders.articles),)


def index_options(settings: Settings, folders: Folders) -> IndexOptions:
    """How the index is built and asked, from the settings."""
    weight = settings.kb.weight
    return IndexOptions(
        weights=FieldWeights(weight.title, weight.symptoms, weight.headings, weight.body, weight.exact),
        b=settings.kb.b,
        synonyms=_text_of(folders.synonyms),
    )


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _desk(desk_id: str, common: DeskSettings, settings: Settings, clock: Clock) -> Desk:
    kind = DESKS.get(common.kind)
    if kind is None:
        raise SettingsError(
            f"desks.{desk_id}.kind: there is no desk kind {common.kind!r}; "
            f"known are {', '.join(sorted(DESKS))}"
        )
    limits = CallLimits(
        deadline_s=settings.fetch.deadline,
        attachment_deadline_s=settings.fetch.attachment_deadline,
        answer_max_bytes=settings.fetch.answer_max,
    )
    json_limits = JsonLimits(settings.json_.depth_max, settings.json_.nodes_max)
    reach = kind.reach(desk_id, common)
    client = OutboundClient(
        reach.hosts | reach.file_hosts,
        credential_hosts=reach.hosts,
        private_hosts=reach.private_hosts,
        plain_hosts=reach.plain_hosts,
    )
    return kind(desk_id, common, client, limits=limits, json_limits=json_limits, clock=clock)


# --- timers -------------------------------------------------------------------------------------------


def prune(house: House) -> None:
    """Drop raw things that were kept long enough, and sessions that have ended."""
    now = house.clock()
    before = now - timedelta(days=house.settings.keep.raw)
    for desk_id in house.desks:
        house.db.do(partial(inbox.prune, desk_id=desk_id, before=before))
    session = house.settings.session
    house.db.do(lambda conn: people.prune_sessions(conn, now, session.idle, session.absolute))
    house.attachments.prune(before.timestamp())
    house.db.checkpoint()


def pack(house: House) -> None:
    """Compress attachments that were read a while ago."""
    house.attachments.compress(house.clock().timestamp() - 120.0)


def prepare(house: House) -> None:
    """Before the first ticket: an index to ask, when there is none that can be."""
    if house.index.broken or not house.index.stats().articles:
        pull(house)


def pull(house: House) -> None:
    """Follow the article folder, and the index the articles."""
    for source in sources(house.folders):
        try:
            library.pull(house, source)
        except library.RefusedToShrink as error:
            log.error("articles not followed", why=str(error))
    library.sync(house)


TIMERS: Mapping[str, tuple[float, Timer]] = {
    "rules": (2.0, library.reload_rules),
    "articles": (5.0, pull),
    "pack": (60.0, pack),
    "prune": (3600.0, prune),
}


# --- first start and log ----------------------------------------------------------------------------


def first_token(house: House) -> str | None:
    """The admin token, made now when there is none yet; None when one was told before."""
    now = house.clock()

    def make(conn: Connection) -> str | None:
        return None if people.list_tokens(conn) else people.new_token(conn, "admin", "admin", now)

    return house.db.do(make)


def set_up_log(path: Path | None = None) -> None:
    """Our log: one JSON object a line, on standard error or in a file, redacted, whatever is logged."""
    file = path.open("a", encoding="utf-8") if path else sys.stderr
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redacted,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: _Log(file),
        cache_logger_on_first_use=False,
    )


class _Log(structlog.PrintLogger):
    """A log that cannot be written, on a full disk for one, stops nobody's work."""

    def msg(self, message: str) -> None:
        """Write a line, or lose it."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def _redacted(logger: object, name: str, entry: MutableMapping[str, object]) -> MutableMapping[str, object]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in entry.items()}
