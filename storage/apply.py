"""A batch's rows → one upsert a table."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.snapshot import Rows
from storage.statements import Dialect


def apply(rows: Rows, connection: Connection, tables: Dialect) -> None:
    """Writes them all."""
    tables.phones.write(connection, list(rows.phones.values()))
    tables.conversations.write(connection, list(rows.conversations.values()))
    tables.verifications.write(connection, list(rows.verifications.values()))
    tables.messages.write(connection, list(rows.messages.values()))
    tables.events.write(connection, list(rows.events.values()))
    tables.addresses.write(connection, list(rows.addresses.values()))
    tables.requests.write(connection, list(rows.requests.values()))
    tables.callbacks.write(connection, list(rows.callbacks.values()))
    tables.endpoints.write(connection, list(rows.endpoints.values()))
