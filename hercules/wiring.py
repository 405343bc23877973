"""The only place that names concrete parts: desks, sources, reports, after-effects and timers."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from hercules import library
from hercules.calling import Client
from hercules.desks.chatwoot import ChatwootDesk
from hercules.desks.desk import CallLimits, Desk, DeskKind
from hercules.desks.django_helpdesk import DjangoHelpdeskDesk
from hercules.desks.generic import GenericDesk
from hercules.desks.github import GitHubDesk
from hercules.desks.jira import JiraDesk
from hercules.desks.jsonbody import JsonLimits
from hercules.desks.zammad import ZammadDesk
from hercules.desks.zendesk import ZendeskDesk
from hercules.events import Event, Recorded
from hercules.folders import Folders, find_folders
from hercules.house import Clock, House, RulesBox, no_step
from hercules.kb.index import FieldWeights, IndexOptions, engine_for, open_index, open_meaning
from hercules.metrics import Metrics
from hercules.model import HerculesError, Period, SettingsError, Table
from hercules.outbound import (
    Breaker,
    BreakerLimits,
    BreakerState,
    BreakingClient,
    OutboundClient,
    Phase,
)
from hercules.redact import redact
from hercules.reports import contact_index, deflection
from hercules.reports import rules as rules_report
from hercules.reports.report import ReportOptions
from hercules.rulebook import errors_of, gated, load_rulebook
from hercules.settings import DeskSettings, Settings
from hercules.sources.confluence import ConfluenceKind
from hercules.sources.folder import FolderSource
from hercules.sources.html import HtmlKind
from hercules.sources.jsonlist import JsonKind
from hercules.sources.source import Kind as SourceKind
from hercules.sources.source import Pause, Source, Tools
from hercules.sources.zendesk import ZendeskKind
from hercules.store import articles as article_store
from hercules.store import desks as desk_store
from hercules.store import inbox, people
from hercules.store.attachments import Attachments
from hercules.store.db import Connection, Database, open_database
from hercules.store.keys import own_key
from hercules.text import cut, one_line

Report = Callable[[Sequence[Recorded], Period, datetime, ReportOptions], Table]
After = Callable[[House, Recorded], None]
Timer = Callable[[House], object]

DESKS: Mapping[str, DeskKind] = {
    "generic": GenericDesk,
    "jira": JiraDesk,
    "github": GitHubDesk,
    "django-helpdesk": DjangoHelpdeskDesk,
    "zendesk": ZendeskDesk,
    "zammad": ZammadDesk,
    "chatwoot": ChatwootDesk,
}
SOURCES: Mapping[str, SourceKind] = {
    "folder": FolderSource,
    "html": HtmlKind,
    "json": JsonKind,
    "confluence": ConfluenceKind,
    "zendesk": ZendeskKind,
}
CLOSE_WAIT_S = 10.0
REPORTS: Mapping[str, Report] = {
    "contact-index": contact_index.make,
    "deflection": deflection.make,
    "rules": rules_report.make,
}
AFTER: Mapping[type[Event], tuple[After, ...]] = {}
BREAKER_SHOWN: Mapping[Phase, int] = {"closed": 0, "trying": 1, "open": 2}


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
    sources(folders, settings)  # a wrong setting is told at the start
    book = load_rulebook((folders.rules,), settings.rules)
    if exclusive:  # a short command answers no ticket
        book = gated(book, settings.limits(), clock())
    limits = BreakerLimits(settings.breaker.failures, settings.breaker.pause, settings.breaker.pause_max)
    breakers = {desk_id: Breaker(desk_id, clock, limits) for desk_id in settings.desks}
    desks = {desk_id: make_desk(desk_id, settings, clock, breakers[desk_id]) for desk_id in settings.desks}
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
            index=open_index(folders.index, index_options(settings, folders), _engine(settings, db)),
            rulesets=RulesBox(book),
            metrics=Metrics(),
            clock=clock,
            pepper=own_key(folders.data, "pepper"),
            base_url=settings.public_url(),
            synonyms=_synonyms_of(folders, settings),
            breakers=breakers,
            step=step,
        )
        if exclusive:
            _take_up_breakers(house)
        house.metrics.rules_refused.set(len({error.file for error in errors_of(book.ruleset.refusals)}))
        for desk_id in desks:
            db.do(partial(desk_store.live_since, desk_id=desk_id, now=clock()))
    except BaseException:
        db.close()
        raise
    return house


def close(house: House) -> None:
    """Close what a house holds open, after what is under way in the background."""
    house.closing.set()
    if house.afar.acquire(timeout=CLOSE_WAIT_S):
        house.afar.release()
    house.index.close()
    house.db.close()


def _sleep(seconds: float) -> bool:
    """The pause of a command: nobody but Ctrl-C ends it early."""
    time.sleep(seconds)
    return False


def sources(folders: Folders, settings: Settings | None = None, pause: Pause = _sleep) -> tuple[Source, ...]:
    """The places articles come from: those that are set, else the folder of articles.

    Raises SettingsError naming the setting that is wrong.
    """
    if settings is None or not settings.sources:
        return (FolderSource(folders.articles),)
    return tuple(_source(name, folders, settings, pause) for name in settings.sources)


def _source(name: str, folders: Folders, settings: Settings, pause: Pause) -> Source:
    common = settings.sources[name]
    kind = SOURCES.get(common.kind)
    if kind is None:
        known = ", ".join(sorted(SOURCES))
        raise SettingsError(f"sources.{name}.kind: there is no kind {common.kind!r}; known are {known}")
    unknown = sorted(set(common.desks) - {"*", *settings.desks})
    if unknown:
        raise SettingsError(f"sources.{name}.desks: there is no desk {unknown[0]!r}; write * for all desks")
    if common.kind == "folder" and common.folder is None:
        common = common.model_copy(update={"folder": folders.articles})
    client = OutboundClient.of(kind.reach(name, common))
    return kind.make(name, common, Tools(client, pause, settings.fetch.deadline))


def _engine(settings: Settings, db: Database) -> str:
    """The engine of the index for as many articles as the database holds."""
    with db.read() as conn:
        return engine_for(settings.kb.engine, article_store.count(conn))


def index_options(settings: Settings, folders: Folders) -> IndexOptions:
    """How the index is built and asked, from the settings."""
    weight, semantic = settings.kb.weight, settings.kb.semantic
    return IndexOptions(
        weights=FieldWeights(weight.title, weight.symptoms, weight.headings, weight.body, weight.exact),
        b=settings.kb.b,
        synonyms=_synonyms_of(folders, settings),
        meaning=open_meaning(semantic.model, semantic.tokenizer) if semantic.on else None,
    )


def _synonyms_of(folders: Folders, settings: Settings) -> str:
    """The text of the synonyms, '' where there are none. Raises SettingsError for what is no text."""
    path = folders.synonyms
    if settings.kb.synonyms is None and not path.exists():
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"kb.synonyms: {path} cannot be read: {error}; save it as UTF-8 text") from error


def kind_of(desk_id: str, common: DeskSettings) -> DeskKind:
    """The kind of a desk. Raises SettingsError naming those there are."""
    kind = DESKS.get(common.kind)
    if kind is None:
        raise SettingsError(
            f"desks.{desk_id}.kind: there is no desk kind {common.kind!r}; "
            f"known are {', '.join(sorted(DESKS))}"
        )
    return kind


def make_desk(
    desk_id: str,
    settings: Settings,
    clock: Clock,
    breaker: Breaker,
    seen: Callable[[Client], Client] = lambda client: client,
) -> Desk:
    """One desk of the settings; `seen` may put something around its client. Raises SettingsError."""
    common = settings.desks[desk_id]
    kind = kind_of(desk_id, common)
    limits = CallLimits(
        deadline_s=settings.fetch.deadline,
        attachment_deadline_s=settings.fetch.attachment_deadline,
        answer_max_bytes=settings.fetch.answer_max,
    )
    json_limits = JsonLimits(settings.door.json_depth_max, settings.door.json_nodes_max)
    reach = kind.reach(desk_id, common)
    breaking = seen(BreakingClient(OutboundClient.of(reach), breaker, reach.hosts))
    return kind(desk_id, common, breaking, limits=limits, json_limits=json_limits, clock=clock)


def _take_up_breakers(house: House) -> None:
    """Go on as the last process left off, so that a desk that told us to wait is not asked; keep changes."""
    with house.db.read() as conn:
        known = desk_store.breaker_rows(conn, house.desk_ids)
    for desk_id, breaker in house.breakers.items():
        row = known.get(desk_id)
        if row is not None:
            phase: Phase = "closed" if row.phase == "closed" else "open"
            breaker.take_up(BreakerState(phase, row.failures, row.pause_s, row.until, row.why))
        house.metrics.breaker.labels(desk_id).set(BREAKER_SHOWN[breaker.state.phase])
        breaker.tell(partial(_breaker_changed, house, desk_id))


def _breaker_changed(house: House, desk_id: str, state: BreakerState) -> None:
    house.metrics.breaker.labels(desk_id).set(BREAKER_SHOWN[state.phase])
    why = cut(redact(one_line(state.why)), 300)
    log.warning("breaker", desk_id=desk_id, phase=state.phase, why=why)
    row = desk_store.BreakerRow(
        desk_id, state.phase, house.clock(), state.failures, state.pause_s, state.until, why
    )
    try:
        house.db.do(partial(desk_store.save_breaker, row=row))
    except HerculesError as error:  # it is for the next start only: the call goes on
        log.error("breaker not kept", desk_id=desk_id, why=str(error))


# --- timers -------------------------------------------------------------------------------------------


def prune(house: House) -> None:
    """Drop raw things that were kept long enough, also of desks that are gone, and sessions that ended."""
    now = house.clock()
    before = now - timedelta(days=house.settings.keep.raw)
    with house.db.read() as conn:
        desk_ids = desk_store.ever_seen(conn)
    for desk_id in sorted(desk_ids):
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
    """Follow the sources that are due, and the index the articles."""
    library.follow(house, sources(house.folders, house.settings, house.closing.wait))


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


def hush_log() -> None:
    """No log, for a command that tells by itself what fails."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class _Log(structlog.PrintLogger):
    """A log that cannot be written, on a full disk for one, stops nobody's work."""

    def msg(self, message: str) -> None:
        """Write a line, or lose it."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def _redacted(logger: object, name: str, entry: MutableMapping[str, object]) -> MutableMapping[str, object]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in entry.items()}
