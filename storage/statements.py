"""The SQL of the hot path, built once per table from the schema.

One upsert per table and batch: executemany on SQLite; on PostgreSQL one JSON parameter that the
server expands (a quarter of our CPU time for the same rows).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

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
    ForgottenOptOut,
    Guard,
    IdempotentRequest,
    Message,
    OwnValue,
    Phone,
    Usage,
    Verification,
    WebhookEvent,
)

__all__ = ["Query", "Select", "Statements", "TableStatements", "Write", "storage"]

R = TypeVar("R", bound=Struct)

DriverRow = Sequence[Any]


class Write(NamedTuple):
    """A statement that writes. On SQLite `parameters` are many rows, for executemany."""

    sql: str
    parameters: Any

    def run(self, connection: Connection) -> None:
        """Execute it outside the writer, on a connection of SQLAlchemy's."""
        connection.exec_driver_sql(self.sql, self.parameters)


class Query(NamedTuple):
    """A SELECT with its parameters."""

    select: Select
    parameters: tuple[Any, ...]

    def records(self, rows: Iterable[DriverRow]) -> list[Any]:
        """The records in these rows. Each row has one record per table of the SELECT; those of a
        LEFT JOIN that found nothing are left out."""
        return self.select.records(rows)

    def run(self, connection: Connection) -> list[Any]:
        """The records that it finds, read outside the writer, on a connection of SQLAlchemy's."""
        rows = connection.exec_driver_sql(self.select.sql, self.parameters).fetchall()
        return self.records(cast(Sequence[DriverRow], rows))


class Select:
    """A SELECT of the columns of one table, or of several that are joined."""

    def __init__(self, sql: str, records: Sequence[type[Struct]], *, sqlite: bool) -> None:
        self.sql = sql if sqlite else sql.replace("?", "%s")
        self._record = records[0]
        self._width = len(self._record.__struct_fields__)
        self._joined = records[1:]
        self._sqlite = sqlite

    def of(self, *parameters: Any) -> Query:
        """With its parameters; a list is one parameter."""
        return Query(self, tuple(map(_json_list, parameters)) if self._sqlite else parameters)

    def records(self, rows: Iterable[DriverRow]) -> list[Struct]:
        """See `Query.records`."""
        if not self._joined:
            return [self._record(*row) for row in rows]
        found: list[Struct] = []
        for row in rows:
            found.append(self._record(*row[: self._width]))
            begin = self._width
            for record in self._joined:
                end = begin + len(record.__struct_fields__)
                if row[begin] is not None:
                    found.append(record(*row[begin:end]))
                begin = end
        return found


class Join(NamedTuple):
    """A table to LEFT JOIN, and on which condition."""

    table: TableStatements[Any]
    on: str


class TableStatements(Generic[R]):
    """The statements of one table."""

    def __init__(self, record: type[R], table: Table, *, sqlite: bool) -> None:
        self._record = record
        self._sqlite = sqlite
        self._columns = ", ".join(f"{table.name}.{column.name}" for column in table.columns)
        self._name = table.name
        self._upsert = _upsert(table, sqlite=sqlite)
        self._finds: dict[str, Select] = {}

    # -- SQL, `?` for a parameter --------------------------------------------------------------

    def select(self, rest: str, *joins: Join) -> Select:
        """SELECT the records and those of the joined tables, followed by `rest`."""
        columns = ", ".join((self._columns, *(join.table._columns for join in joins)))
        joined = " ".join(f"LEFT JOIN {join.table._name} ON {join.on}" for join in joins)
        sql = f"SELECT {columns} FROM {self._name} {joined} {rest}"
        records = [self._record, *(join.table._record for join in joins)]
        return Select(sql, records, sqlite=self._sqlite)

    def among(self, column: str, rest: str = "", *joins: Join) -> Select:
        """SELECT … WHERE the column is one of a list parameter, followed by `rest`."""
        return self.select(f"WHERE {self.one_of(column)} {rest}", *joins)

    def one_of(self, column: str) -> str:
        """The condition that a column is one of a list parameter."""
        column = f"{self._name}.{column}"
        if self._sqlite:
            return f"{column} IN (SELECT value FROM json_each(?))"
        return f"{column} = ANY(?)"

    def after(self, column: str) -> Select:
        """SELECT the first rows, by this column, whose column is greater than a parameter."""
        return self.select(f"WHERE {column} > ? ORDER BY {column} LIMIT ?")

    # -- reads and writes ----------------------------------------------------------------------

    def find(self, column: str, keys: Collection[str]) -> Query:
        """The records whose column is one of `keys`."""
        if column not in self._finds:
            self._finds[column] = self.among(column)
        return self._finds[column].of(list(keys))

    def write(self, records: Collection[R]) -> Write:
        """Insert the records, or replace the rows with the same key."""
        if self._sqlite:
            return Write(self._upsert, [msgspec.structs.astuple(record) for record in records])
        return Write(self._upsert, (msgspec.json.encode(list(records)).decode(),))

    def delete(self, column: str, keys: Collection[str | int]) -> Write:
        """Delete the rows whose column is one of `keys`."""
        sql = f"DELETE FROM {self._name} WHERE {self.one_of(column)}"
        if self._sqlite:
            return Write(sql, [(_json_list(list(keys)),)])
        return Write(sql.replace("?", "%s"), (list(map(str, keys)),))


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
    usage: TableStatements[Usage]
    guards: TableStatements[Guard]
    forgotten_opt_outs: TableStatements[ForgottenOptOut]
    own_values: TableStatements[OwnValue]

    def __init__(self, *, sqlite: bool) -> None:
        self.is_sqlite = sqlite
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
