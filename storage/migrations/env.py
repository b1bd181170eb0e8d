"""How Alembic reaches the database. Run by `storage.migrate`, or by Alembic's own command."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import storage.tables  # the metadata that `alembic check` compares with
from storage.database import Database, migration_engine

__all__ = ["storage"]


def run(connection: Connection) -> None:
    """Run every pending script in one transaction: all of them, or none."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Migrate on the caller's connection, or the database of `alembic -x url=…`."""
    given = context.config.attributes.get("connection")
    if isinstance(given, Connection):
        run(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url", "sqlite:///textlogin.db")
    engine = migration_engine(Database(str(url)))
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


main()
