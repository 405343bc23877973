"""The first tables. Types are spelt out here, since a migration must not change when the code does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.BigInteger()  # microseconds since 1970 in UTC
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _inbox()
    _inbox_bodies()
    _outbox()
    _journal()
    _journal_stays()
    _tickets()
    _suggestions()
    _reviews()
    _labels()
    _articles()
    _desk_state()
    _tokens()
    _sessions()


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("body_key", TEXT, nullable=True),
        sa.Column("body_sha256", TEXT, nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tail", TEXT, server_default="", nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("state", TEXT, server_default="new", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("why", TEXT, server_default="", nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("body_since", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("desk_id", "body_key", name="uq_inbox_desk_id_body_key"),
        sa.UniqueConstraint("desk_id", "delivery_id", name="uq_inbox_desk_id_delivery_id"),
    )
    op.create_index(
        "ix_inbox_kept",
        "inbox",
        ["desk_id", "body_since"],
        sqlite_where=sa.text("body_since IS NOT NULL"),
        postgresql_where=sa.text("body_since IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["desk_id", "state", "not_before", "id"],
        sqlite_where=sa.text("state != 'done'"),
        postgresql_where=sa.text("state != 'done'"),
    )


def _inbox_bodies() -> None:
    op.create_table(
        "inbox_bodies",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "delivery_id", name="pk_inbox_bodies"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("suggestion_id", TEXT, server_default="", nullable=False),
        sa.Column("body", TEXT, server_default="", nullable=False),
        sa.Column("reviewer", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("why", TEXT, server_default="", nullable=False),
        sa.Column("remote_id", TEXT, server_default="", nullable=False),
        sa.Column("doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("desk_id", "kind", "subject", name="uq_outbox_desk_id_kind_subject"),
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["desk_id", "state", "not_before", "id"],
        sqlite_where=sa.text("state != 'sent'"),
        postgresql_where=sa.text("state != 'sent'"),
    )


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("natural_key", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("schema", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("actor", TEXT, server_default="", nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("time_is_ours", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
        sa.UniqueConstraint("desk_id", "natural_key", name="uq_journal_desk_id_natural_key"),
    )
    op.create_index("ix_journal_desk_id_ticket_id_seq", "journal", ["desk_id", "ticket_id", "seq"])
    op.create_index("ix_journal_desk_id_type_seq", "journal", ["desk_id", "type", "seq"])


def _journal_stays() -> None:
    """Whoever writes to this file by hand is stopped too."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER journal_no_{act.lower()} BEFORE {act} ON journal "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("subject", TEXT, server_default="", nullable=False),
        sa.Column("customer_key", TEXT, server_default="", nullable=False),
        sa.Column("org_key", TEXT, server_default="", nullable=False),
        sa.Column("request_type", TEXT, server_default="", nullable=False),
        sa.Column("product", TEXT, server_default="", nullable=False),
        sa.Column("version", TEXT, server_default="", nullable=False),
        sa.Column("tags", TEXT, server_default="[]", nullable=False),
        sa.Column("url", TEXT, server_default="", nullable=False),
        sa.Column("assignee", TEXT, server_default="", nullable=False),
        sa.Column("likeness", TEXT, server_default="", nullable=False),
        sa.Column("search", TEXT, server_default="", nullable=False),
        sa.Column("state", TEXT, server_default="open", nullable=False),
        sa.Column("state_at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("human_replied", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", name="pk_tickets"),
    )
    op.create_index(
        "ix_tickets_desk_id_customer_key_opened_at", "tickets", ["desk_id", "customer_key", "opened_at"]
    )
    op.create_index("ix_tickets_desk_id_opened_at", "tickets", ["desk_id", "opened_at"])


def _suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("suggestion_id", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.Column("arm", TEXT, server_default="treated", nullable=False),
        sa.Column("state", TEXT, server_default="open", nullable=False),
        sa.Column("rules_hash", TEXT, server_default="", nullable=False),
        sa.Column("title", TEXT, server_default="", nullable=False),
        sa.Column("confidence", sa.Float(), server_default="0", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", name="pk_suggestions"),
        sa.UniqueConstraint("desk_id", "suggestion_id", name="uq_suggestions_desk_id_suggestion_id"),
    )
    op.create_index(
        "ix_suggestions_desk_id_state_created_at", "suggestions", ["desk_id", "state", "created_at"]
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("suggestion_id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("reviewer", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("body", TEXT, server_default="", nullable=False),
        sa.Column("reason", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "suggestion_id", "version", name="pk_reviews"),
    )


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("rule_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "rule_id", "ticket_id", name="pk_labels"),
    )


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("article_id", TEXT, nullable=False),
        sa.Column("article_key", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("change_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "article_id", name="pk_articles"),
    )
    op.create_index("ix_articles_desk_id_article_key", "articles", ["desk_id", "article_key"])
    op.create_index("ix_articles_desk_id_source", "articles", ["desk_id", "source"])


def _desk_state() -> None:
    op.create_table(
        "desk_state",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("live_since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", name="pk_desk_state"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("token_sha256", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_tokens"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_sha256", TEXT, nullable=False),
        sa.Column("token_sha256", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("session_sha256", name="pk_sessions"),
    )
