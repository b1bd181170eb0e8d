"""The changed rows of a batch → one upsert per table."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.snapshot import Rows
from storage.statements import Statements


def apply(rows: Rows, connection: Connection, statements: Statements) -> None:
    """Write every row, in the order of `records.TABLES`."""
    for name, records in rows.tables():
        statements.of(name).write(connection, records)
