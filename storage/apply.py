"""The changed rows of a batch → one upsert per table, after what is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.snapshot import Deleted, Rows
from storage.statements import Statements, Write


def writes(rows: Rows, statements: Statements, deleted: Sequence[Deleted] = ()) -> list[Write]:
    """What deletes, then what writes every row, in the order of `records.TABLES`."""
    return [
        *(statements.of(one.table).delete(one.column, one.keys) for one in deleted),
        *(statements.of(name).write(records) for name, records in rows.tables()),
    ]
