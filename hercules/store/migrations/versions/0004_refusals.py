"""What was refused: our posts by a desk, and a desk's deliveries by our door."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TIME = sa.BigInteger()  # microseconds since 1970 in UTC
COUNT = sa.BigInteger()


def upgrade() -> None:
    """Add the count of refusals to each post, and make the table of refused deliveries."""
    op.add_column("outbox", sa.Column("refusals", COUNT, server_default="0", nullable=False))
    op.create_table(
        "door_refusals",
        sa.Column("desk_id", TEXT, nullable=False),
        sa.Column("refused", COUNT, server_default="0", nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("desk_id", name="pk_door_refusals"),
    )
