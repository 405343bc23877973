"""Bringing the tables of a database file up to what this version of Hercules knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from hercules.model import StoreError

# Every revision there is, oldest first: known here so that a current file opens without alembic.
REVISIONS = ("0001", "0002", "0003", "0004")
_FOLDER = Path(__file__).parent / "migrations"


def behind(connection: sa.Connection) -> bool:
    """True when tables are missing. StoreError when the file is foreign or was written by a newer version."""
    names = set(sa.inspect(connection).get_table_names())
    if "alembic_version" not in names:
        if names:
            raise StoreError("The file hercules.db holds tables of another program; use another data folder.")
        return True
    found = [
        str(each) for each in connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars()
    ]
    unknown = [each for each in found if each not in REVISIONS]
    if unknown:
        raise StoreError(
            f"The database was written by a newer Hercules (its tables are {unknown[0]}, this version knows "
            f"{REVISIONS[-1]}); install the newer version again, or restore a backup from before."
        )
    return found != [REVISIONS[-1]]


def upgrade(connection: sa.Connection) -> None:
    """Run all migrations that are missing, inside the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # A percent sign would be read as the start of a reference to another option.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
