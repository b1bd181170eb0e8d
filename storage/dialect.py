"""The hot path's statements, made once a table from the schema, run by `exec_driver_sql`.

One upsert a table and batch: executemany on SQLite, on PostgreSQL one JSON parameter that the
server unfolds (a quarter of the client's time for the same rows).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    Event,
    IdempotentRequest,
    Message,
    Phone,
    Verification,
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


class Statements(Generic[R]):
    """Reads and writes one table's rows as records."""

    def __init__(self, record: type[R], row: type[SQLModel], *, sqlite: bool) -> None:
        table: Table = row.metadata.tables[str(row.__tablename__)]
        self._record = record
        self._sqlite = sqlite
        self._columns = ", ".join(column.name for column in table.columns)
        self._name = table.name
        self._upsert = _upsert(table, sqlite=sqlite)
        self._selects: dict[str, str] = {}

    def among(self, column: str, rest: str = "") -> str:
        """SELECT … WHERE column is one of a list parameter; `rest` goes behind, with `?`."""
        key = f"{column}|{rest}"
        if key not in self._selects:
            test = (
                f"{column} IN (SELECT value FROM json_each(?))"
                if self._sqlite
                else f"{column} = ANY(?)"
            )
            self._selects[key] = self.select(f"WHERE {test} {rest}")
        return self._selects[key]

    def select(self, rest: str) -> str:
        """SELECT the record's columns; `rest` with `?` for parameters."""
        sql = f"SELECT {self._columns} FROM {self._name} {rest}"
        return sql if self._sqlite else sql.replace("?", "%s")

    def read(self, connection: Connection, sql: str, parameters: tuple[Any, ...]) -> list[R]:
        """The records that a select finds; a list parameter is one of its values."""
        values = tuple(
            msgspec.json.encode(value).decode()
            if self._sqlite and isinstance(value, list)
            else value
            for value in parameters
        )
        rows = connection.exec_driver_sql(sql, values).cursor
        assert rows is not None
        return [self._record(*row) for row in rows.fetchall()]

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
        self.events = Statements(Event, EventRow, sqlite=sqlite)
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
