"""The SQL of the hot path: built once per table from the schema, run by `exec_driver_sql`.

One upsert per table and batch: executemany on SQLite; on PostgreSQL one JSON parameter that the
server expands (a quarter of our CPU time for the same rows).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table
from sqlmodel import SQLModel

import storage.tables  # fills the metadata
from bot.records import (
    TABLES,
    Address,
    Callback,
    Conversation,
    Endpoint,
    IdempotentRequest,
    Message,
    Phone,
    Verification,
    WebhookEvent,
)

__all__ = ["Statements", "TableStatements", "storage"]

R = TypeVar("R", bound=Struct)
S = TypeVar("S", bound=Struct)


class TableStatements(Generic[R]):
    """Reads and writes the rows of one table as records."""

    def __init__(self, record: type[R], table: Table, *, sqlite: bool) -> None:
        self._record = record
        self._sqlite = sqlite
        self._columns = ", ".join(f"{table.name}.{column.name}" for column in table.columns)
        self._name = table.name
        self._width = len(table.columns)
        self._upsert = _upsert(table, sqlite=sqlite)
        self._selects: dict[str, str] = {}

    # -- SQL, `?` for a parameter --------------------------------------------------------------

    def select(self, rest: str) -> str:
        """SELECT the record's columns, followed by `rest`."""
        return self._marked(f"SELECT {self._columns} FROM {self._name} {rest}")

    def among(self, column: str, rest: str = "") -> str:
        """SELECT … WHERE the column is one of a list parameter, followed by `rest`."""
        key = f"{column}|{rest}"
        if key not in self._selects:
            self._selects[key] = self.select(f"WHERE {self.one_of(column)} {rest}")
        return self._selects[key]

    def with_each(self, other: TableStatements[S], on: str, column: str, rest: str = "") -> str:
        """Like `among`, with the matching rows of the `other` table: a LEFT JOIN, to save a
        round trip."""
        return self._marked(
            f"SELECT {self._columns}, {other._columns} FROM {self._name} "
            f"LEFT JOIN {other._name} ON {on} WHERE {self.one_of(column)} {rest}"
        )

    def one_of(self, column: str) -> str:
        """The condition that a column is one of a list parameter."""
        column = f"{self._name}.{column}"
        if self._sqlite:
            return f"{column} IN (SELECT value FROM json_each(?))"
        return f"{column} = ANY(?)"

    def _marked(self, sql: str) -> str:
        return sql if self._sqlite else sql.replace("?", "%s")

    # -- reads and writes ----------------------------------------------------------------------

    def find(self, connection: Connection, column: str, keys: Collection[str]) -> list[R]:
        """The records whose column is one of `keys`."""
        if not keys:
            return []
        return self.read(connection, self.among(column), (list(keys),))

    def read(self, connection: Connection, sql: str, parameters: tuple[Any, ...]) -> list[R]:
        """The records that a select finds. A list is one parameter."""
        return [self._record(*row) for row in self._rows(connection, sql, parameters)]

    def read_with(
        self,
        other: TableStatements[S],
        connection: Connection,
        sql: str,
        parameters: tuple[Any, ...],
    ) -> Iterator[tuple[R, S | None]]:
        """The pairs of records that a select of `with_each` finds."""
        width = self._width
        for row in self._rows(connection, sql, parameters):
            joined = other._record(*row[width:]) if row[width] is not None else None
            yield self._record(*row[:width]), joined

    def write(self, connection: Connection, records: Collection[R]) -> None:
        """Insert the records, or replace the rows with the same key."""
        if not records:
            return
        if self._sqlite:
            rows = [msgspec.structs.astuple(record) for record in records]
            connection.exec_driver_sql(self._upsert, rows)
        else:
            encoded = msgspec.json.encode(list(records)).decode()
            connection.exec_driver_sql(self._upsert, (encoded,))

    def _rows(
        self, connection: Connection, sql: str, parameters: tuple[Any, ...]
    ) -> Sequence[Sequence[Any]]:
        if self._sqlite:
            parameters = tuple(map(_json_list, parameters))
        cursor = connection.exec_driver_sql(sql, parameters).cursor
        return [] if cursor is None else cursor.fetchall()


class Statements:
    """The statements of every table in `records.TABLES`, for one kind of database."""

    phones: TableStatements[Phone]
    conversations: TableStatements[Conversation]
    verifications: TableStatements[Verification]
    messages: TableStatements[Message]
    events: TableStatements[WebhookEvent]
    addresses: TableStatements[Address]
    idempotent_requests: TableStatements[IdempotentRequest]
    callbacks: TableStatements[Callback]
    endpoints: TableStatements[Endpoint]

    def __init__(self, *, sqlite: bool) -> None:
        schema = SQLModel.metadata.tables
        for name, (record, _) in TABLES.items():
            setattr(self, name, TableStatements(record, schema[name], sqlite=sqlite))

    def of(self, name: str) -> TableStatements[Any]:
        """The statements of the table with this name."""
        statements: TableStatements[Any] = getattr(self, name)
        return statements


def _json_list(value: Any) -> Any:
    """SQLite takes a list parameter as JSON."""
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value


def _upsert(table: Table, *, sqlite: bool) -> str:
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    columns = ", ".join(names)
    if sqlite:
        source = f"VALUES ({', '.join('?' * len(names))})"
    else:
        source = f"SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, %s::json)"
    return (
        f"INSERT INTO {table.name} ({columns}) {source} "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )
