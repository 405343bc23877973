"""The tables, and the column types that make time exact and text harmless."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from hercules.codec import Plain, from_plain, to_plain
from hercules.text import whole

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def bindable(text: str) -> str:
    """Text that every database takes: lone surrogates become U+FFFD, NUL is dropped."""
    return whole(text).replace("\x00", "")


class CleanText(TypeDecorator[str]):
    """Text made bindable on its way in, in conditions too, so that no caller can forget it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is bound for a value."""
        return None if value is None else bindable(value)


class Time(TypeDecorator[datetime]):
    """An aware time kept as an integer: microseconds since 1970 in UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """What is bound for a value; ValueError for a time without a zone."""
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The time in UTC."""
        return None if value is None else from_us(value)


def to_us(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact; ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return (at - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return EPOCH + timedelta(microseconds=us)


def to_json(value: object, *, kept_only: bool = False) -> str:
    """A value of ours as JSON text whose strings are bindable, whoever reads them back."""
    plain = to_plain(value, kept_only=kept_only)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    if text.isascii() and "\\u0000" not in text:
        return text
    return json.dumps(_bindable_plain(plain), ensure_ascii=False, allow_nan=False)


def of_json(kind: type[T], text: str) -> T:
    """The inverse of `to_json` for one of our dataclasses."""
    return from_plain(kind, json.loads(text))


def _bindable_plain(value: Plain) -> Plain:
    if isinstance(value, str):
        return bindable(value)
    if isinstance(value, list):
        return [_bindable_plain(each) for each in value]
    if isinstance(value, dict):
        return {bindable(key): _bindable_plain(each) for key, each in value.items()}
    return value


METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, CleanText, nullable=False, server_default=default)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, _SERIAL, primary_key=True, autoincrement=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false())


def _at(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Time, nullable=nullable)


def _where(condition: sa.ColumnElement[bool]) -> dict[str, Any]:
    """The options of a partial index in both databases."""
    return {"sqlite_where": condition, "postgresql_where": condition}


inbox = sa.Table(
    "inbox",
    METADATA,
    _serial("id"),
    _text("desk_id"),
    _text("delivery_id"),
    sa.Column("body_key", CleanText),  # the body's hash where a body may come only once, else NULL
    _text("body_sha256"),
    _text("headers"),
    sa.Column("body", sa.LargeBinary),  # NULL: the body lies in inbox_bodies
    _count("body_bytes"),
    _text("tail", ""),
    _at("received_at"),
    _text("state", "new"),
    _count("attempts"),
    _at("not_before"),
    _text("why", ""),
    _at("done_at", nullable=True),
    _at("body_since", nullable=True),  # since when a redacted body is kept; NULL once it is dropped
    sa.UniqueConstraint("desk_id", "delivery_id"),
    sa.UniqueConstraint("desk_id", "body_key"),
)
INBOX_OPEN = inbox.c.state != sa.literal_column("'done'")
sa.Index(
    "ix_inbox_open", inbox.c.desk_id, inbox.c.state, inbox.c.not_before, inbox.c.id, **_where(INBOX_OPEN)
)
INBOX_KEPT = inbox.c.body_since.is_not(None)
sa.Index("ix_inbox_kept", inbox.c.desk_id, inbox.c.body_since, **_where(INBOX_KEPT))

inbox_bodies = sa.Table(
    "inbox_bodies",  # large ones only: a change of state would write the whole row again
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("delivery_id", CleanText, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

outbox = sa.Table(
    "outbox",
    METADATA,
    _serial("id"),
    _text("desk_id"),
    _text("kind"),
    _text("subject"),
    _text("key"),
    _text("suggestion_id", ""),
    _text("body", ""),
    _text("reviewer", ""),
    _text("state", "waiting"),
    _count("attempts"),
    _at("not_before"),
    _text("why", ""),
    _text("remote_id", ""),
    _flag("doubt"),
    _at("created_at"),
    _at("sent_at", nullable=True),
    _count("refusals"),
    sa.UniqueConstraint("desk_id", "kind", "subject"),
)
OUTBOX_OPEN = outbox.c.state != sa.literal_column("'sent'")
sa.Index(
    "ix_outbox_open",
    outbox.c.desk_id,
    outbox.c.state,
    outbox.c.not_before,
    outbox.c.id,
    **_where(OUTBOX_OPEN),
)

journal = sa.Table(
    "journal",
    METADATA,
    _serial("seq"),
    _text("desk_id"),
    _text("natural_key"),
    _text("type"),
    _count("schema"),
    _text("ticket_id"),
    _text("actor", ""),
    _at("at"),
    _flag("time_is_ours"),
    _at("seen_at"),
    _text("data"),
    sa.UniqueConstraint("desk_id", "natural_key"),
    sa.Index(None, "desk_id", "ticket_id", "seq"),
    sa.Index(None, "desk_id", "type", "seq"),
)

tickets = sa.Table(
    "tickets",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("ticket_id", CleanText, primary_key=True),
    _text("subject", ""),
    _text("customer_key", ""),
    _text("org_key", ""),
    _text("request_type", ""),
    _text("product", ""),
    _text("version", ""),
    _text("tags", "[]"),
    _text("url", ""),
    _text("assignee", ""),
    _text("likeness", ""),  # equal for near-identical texts, as the caller judges it
    _text("search", ""),  # folded words for the list page
    _text("state", "open"),
    _at("state_at"),
    _at("opened_at"),
    _flag("human_replied"),
    _flag("backfilled"),
    _flag("demo"),
    sa.Index(None, "desk_id", "opened_at"),
    sa.Index(None, "desk_id", "customer_key", "opened_at"),
)

suggestions = sa.Table(
    "suggestions",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("ticket_id", CleanText, primary_key=True),
    _text("suggestion_id"),
    _count("version"),
    _text("verdict"),
    _text("reason", ""),
    _text("arm", "treated"),
    _text("state", "open"),
    _text("rules_hash", ""),
    _text("title", ""),
    sa.Column("confidence", sa.Float, nullable=False, server_default="0"),
    _at("created_at"),
    _at("updated_at"),
    _text("data"),
    sa.UniqueConstraint("desk_id", "suggestion_id"),
    sa.Index(None, "desk_id", "state", "created_at"),
)

reviews = sa.Table(
    "reviews",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("suggestion_id", CleanText, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    _text("verdict"),
    _text("label"),
    _text("reviewer"),
    _at("at"),
    _text("body", ""),
    _text("reason", ""),
)

labels = sa.Table(
    "labels",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("rule_id", CleanText, primary_key=True),
    sa.Column("ticket_id", CleanText, primary_key=True),
    _text("label"),
    _text("source"),
    _at("at"),
)

articles = sa.Table(
    "articles",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("article_id", CleanText, primary_key=True),
    _text("article_key"),
    _text("source"),
    _text("digest"),
    _count("change_seq"),
    _text("title"),
    _text("data"),
    sa.Index(None, "desk_id", "article_key"),
    sa.Index(None, "desk_id", "source"),
)

source_pages = sa.Table(
    "source_pages",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("source", CleanText, primary_key=True),
    sa.Column("page_key", CleanText, primary_key=True),
    _text("mark"),
    _text("articles", "[]"),
)

source_passes = sa.Table(
    "source_passes",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("source", CleanText, primary_key=True),
    _at("begun_at"),
    _at("ended_at"),
    _count("seen"),
    _count("changed"),
    _count("removed"),
    _count("failed"),
    _text("problems", "[]"),
)

desk_state = sa.Table(
    "desk_state",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    _at("live_since"),
)

reconciles = sa.Table(
    "reconciles",  # the last pass over what each desk lists
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    _at("good_at", nullable=True),  # when the last pass began that saw everything
    _at("ended_at"),
    _at("next_at"),
    _count("seen"),
    _count("found"),
    _count("failures"),  # in a row
    _text("why", ""),
)

files_read = sa.Table(
    "files_read",  # so that a file is not fetched again each time its desk lists it
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    sa.Column("ticket_id", CleanText, primary_key=True),
    sa.Column("file_key", CleanText, primary_key=True),
)

breakers = sa.Table(
    "breakers",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    _text("phase"),
    _count("failures"),
    sa.Column("pause_s", sa.Float, nullable=False, server_default="0"),
    _at("until", nullable=True),
    _text("why", ""),
    _at("changed_at"),
)

door_refusals = sa.Table(
    "door_refusals",
    METADATA,
    sa.Column("desk_id", CleanText, primary_key=True),
    _count("refused"),
    _at("first_at"),
    _at("last_at"),
)

tokens = sa.Table(
    "tokens",
    METADATA,
    sa.Column("token_sha256", CleanText, primary_key=True),
    _text("name"),
    _text("role"),
    _at("created_at"),
    _at("revoked_at", nullable=True),
)

sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session_sha256", CleanText, primary_key=True),
    _text("token_sha256"),
    _text("name"),
    _text("role"),
    _at("created_at"),
    _at("used_at"),
)
