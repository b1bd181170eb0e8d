"""The changed rows of a batch → one upsert per table."""

from __future__ import annotations

from bot.snapshot import Rows
from storage.statements import Statements, Write


def writes(rows: Rows, statements: Statements) -> list[Write]:
    """What writes every row, in the order of `records.TABLES`."""
    return [statements.of(name).write(records) for name, records in rows.tables()]
