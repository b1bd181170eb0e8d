"""The hot path's statements, made once a table from the schema, run by `exec_driver_sql`.

One upsert a table and batch: executemany on SQLite, on PostgreSQL one JSON parameter that the
server unfolds (a quarter of the client's time for the same rows).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table
from sqlmodel import SQLModel

from bot.records import (
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
from storage.tables import (
    AddressRow,
    CallbackRow,
    ConversationRow,
    EndpointRow,
    EventRow,
    IdempotentRequestRow,
    MessageRow,
    PhoneRow,
    VerificationRow,
)

R = TypeVar("R", bound=Struct)
S = TypeVar("S", bound=Struct)


class Statements(Generic[R]):
    """Reads and writes one table's rows as records."""

    def __init__(self, record: type[R], row: type[SQLModel], *, sqlite: bool) -> None:
        table: Table = row.metadata.tables[str(row.__tablename__)]
        self._record = record
        self._sqlite = sqlite
        self._columns = ", ".join(f"{table.name}.{column.name}" for column in table.columns)
        self._name = table.name
        self._width = len(table.columns)
        self._upsert = _upsert(table, sqlite=sqlite)
        self._selects: dict[str, str] = {}

    def among(self, column: str, rest: str = "") -> str:
        """SELECT … WHERE column is one of a list parameter; `rest` goes behind, with `?`."""
        key = f"{column}|{rest}"
        if key not in self._selects:
            self._selects[key] = self.select(f"WHERE {self.one_of(column)} {rest}")
        return self._selects[key]

    def select(self, rest: str) -> str:
        """SELECT the record's columns; `rest` with `?` for parameters."""
        return self._marked(f"SELECT {self._columns} FROM {self._name} {rest}")

    def with_each(self, other: Statements[S], on: str, column: str, rest: str = "") -> str:
        """The same as `among`, each row with the `other` table's that fit it, if any: one trip
        where two would do."""
        return self._marked(
            f"SELECT {self._columns}, {other._columns} FROM {self._name} "
            f"LEFT JOIN {other._name} ON {on} WHERE {self.one_of(column)} {rest}"
        )

    def one_of(self, column: str) -> str:
        """The test whether a column is one of a list parameter."""
        column = f"{self._name}.{column}"
        if self._sqlite:
            return f"{column} IN (SELECT value FROM json_each(?))"
        return f"{column} = ANY(?)"

    def _marked(self, sql: str) -> str:
        return sql if self._sqlite else sql.replace("?", "%s")

    def read(self, connection: Connection, sql: str, parameters: tuple[Any, ...]) -> list[R]:
        """The records that a select finds; a list parameter is one of its values."""
        return [self._record(*row) for row in self._rows(connection, sql, parameters)]

    def read_with(
        self, other: Statements[S], connection: Connection, sql: str, parameters: tuple[Any, ...]
    ) -> Iterator[tuple[R, S | None]]:
        """What a select of `with_each` finds."""
        width = self._width
        for row in self._rows(connection, sql, parameters):
            fits = row[width] is not None
            yield self._record(*row[:width]), other._record(*row[width:]) if fits else None

    def _rows(
        self, connection: Connection, sql: str, parameters: tuple[Any, ...]
    ) -> Sequence[Sequence[Any]]:
        values = tuple(
            msgspec.json.encode(value).decode()
            if self._sqlite and isinstance(value, list)
            else value
            for value in parameters
        )
        cursor = connection.exec_driver_sql(sql, values).cursor
        assert cursor is not None
        return cursor.fetchall()

    def find(self, connection: Connection, column: str, keys: Collection[str]) -> list[R]:
        """The records whose column is one of `keys`."""
        if not keys:
            return []
        return self.read(connection, self.among(column), (list(keys),))

    def write(self, connection: Connection, records: Sequence[R]) -> None:
        """Inserts, or brings what is there up to date."""
        if not records:
            return
        if self._sqlite:
            rows = [msgspec.structs.astuple(record) for record in records]
            connection.exec_driver_sql(self._upsert, rows)
        else:
            connection.exec_driver_sql(self._upsert, (msgspec.json.encode(records).decode(),))


class Dialect:
    """Every table's statements for one kind of database."""

    def __init__(self, *, sqlite: bool) -> None:
        self.phones = Statements(Phone, PhoneRow, sqlite=sqlite)
        self.conversations = Statements(Conversation, ConversationRow, sqlite=sqlite)
        self.verifications = Statements(Verification, VerificationRow, sqlite=sqlite)
        self.messages = Statements(Message, MessageRow, sqlite=sqlite)
        self.events = Statements(WebhookEvent, EventRow, sqlite=sqlite)
        self.addresses = Statements(Address, AddressRow, sqlite=sqlite)
        self.requests = Statements(IdempotentRequest, IdempotentRequestRow, sqlite=sqlite)
        self.callbacks = Statements(Callback, CallbackRow, sqlite=sqlite)
        self.endpoints = Statements(Endpoint, EndpointRow, sqlite=sqlite)


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
