"""What is known of each source of articles: its pages, and its last pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.BigInteger()  # microseconds since 1970 in UTC
COUNT = sa.BigInteger()


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "source_pages",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("page_key", TEXT, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("articles", TEXT, server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "source", "page_key", name="pk_source_pages"),
    )
    op.create_table(
        "source_passes",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("seen", COUNT, server_default="0", nullable=False),
        sa.Column("changed", COUNT, server_default="0", nullable=False),
        sa.Column("removed", COUNT, server_default="0", nullable=False),
        sa.Column("failed", COUNT, server_default="0", nullable=False),
        sa.Column("problems", TEXT, server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("desk_id", "source", name="pk_source_passes"),
    )
