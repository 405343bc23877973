"""How each desk stands: its breaker and the last pass over what it lists; and which files were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.BigInteger()  # microseconds since 1970 in UTC


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "files_read",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("file_key", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "ticket_id", "file_key", name="pk_files_read"),
    )
    op.create_table(
        "reconciles",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("good_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("why", TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("desk_id", name="pk_reconciles"),
    )
    op.create_table(
        "breakers",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("phase", TEXT, nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pause_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("why", TEXT, server_default="", nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", name="pk_breakers"),
    )
