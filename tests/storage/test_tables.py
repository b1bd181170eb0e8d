"""Records and tables have the same fields in the same order; a record is read as written."""

from types import NoneType
from typing import Any, Literal, get_args, get_origin

import pytest
from msgspec import Struct
from msgspec.structs import FieldInfo, fields, replace
from sqlalchemy import BigInteger, Column, Text
from sqlmodel import SQLModel

from bot.records import (
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
from storage.clients import RegisteredClient
from storage.database import Database
from storage.statements import Statements, TableStatements
from storage.tables import (
    AddressRow,
    CallbackRow,
    ClientRow,
    ConversationRow,
    EndpointRow,
    EventRow,
    ForgottenOptOutRow,
    GuardRow,
    IdempotentRequestRow,
    MessageRow,
    OwnValueRow,
    PhoneRow,
    UsageRow,
    VerificationRow,
)

PAIRS: list[tuple[type[Struct], type[SQLModel]]] = [
    (Phone, PhoneRow),
    (Conversation, ConversationRow),
    (Verification, VerificationRow),
    (Message, MessageRow),
    (WebhookEvent, EventRow),
    (Address, AddressRow),
    (IdempotentRequest, IdempotentRequestRow),
    (Callback, CallbackRow),
    (Endpoint, EndpointRow),
    (Usage, UsageRow),
    (Guard, GuardRow),
    (ForgottenOptOut, ForgottenOptOutRow),
    (OwnValue, OwnValueRow),
    (RegisteredClient, ClientRow),
]
#: Characters that a phone, Telnyx or a web app may put in a text column.
UNUSUAL = "É 日本 📱 \\ ' \" \n {} null \x7f"
LARGEST = 2**62


def columns(row: type[SQLModel]) -> list[Column[Any]]:
    return list(row.metadata.tables[str(row.__tablename__)].columns)


@pytest.mark.parametrize(("record", "row"), PAIRS)
def test_columns_are_the_records_fields_in_their_order(
    record: type[Struct], row: type[SQLModel]
) -> None:
    assert [column.name for column in columns(row)] == [field.name for field in fields(record)]


@pytest.mark.parametrize(("record", "row"), PAIRS)
def test_columns_have_the_types_of_the_fields(record: type[Struct], row: type[SQLModel]) -> None:
    for column, field in zip(columns(row), fields(record), strict=True):
        kind, optional = _kind(field)
        assert isinstance(column.type, Text if kind is str else BigInteger), column.name
        assert column.nullable == optional, column.name


def test_every_table_but_the_time_of_the_last_commit_has_a_record() -> None:
    tables = set(SQLModel.metadata.tables)
    assert {row.__tablename__ for _, row in PAIRS} == tables - {"last_commit"}


@pytest.mark.parametrize("full", [True, False], ids=["full", "empty"])
async def test_a_written_record_is_read_back_unchanged(database_url: str, full: bool) -> None:
    database = Database(database_url)
    rows = Statements(sqlite=database.is_sqlite)
    verification = _record(Verification, full)
    verification = replace(
        verification,
        method="text",
        code_entry="page",
        status="approved" if full else "pending",
        seed=None,
    )
    written: list[tuple[TableStatements[Any], str, Any]] = [
        (rows.phones, "phone", _record(Phone, full)),
        (rows.conversations, "phone", _record(Conversation, full)),
        (rows.verifications, "id", verification),
        (rows.messages, "id", replace(_record(Message, full), state="queued")),
        (rows.events, "event_id", _record(WebhookEvent, full)),
        (rows.addresses, "address", _record(Address, full)),
        (rows.idempotent_requests, "key", _record(IdempotentRequest, full)),
        (rows.callbacks, "id", replace(_record(Callback, full), state="queued")),
        (rows.endpoints, "key", _record(Endpoint, full)),
        (rows.forgotten_opt_outs, "hash", _record(ForgottenOptOut, full)),
        (rows.own_values, "name", _record(OwnValue, full)),
    ]
    for statements, key, record in written:
        for _ in range(2):  # inserted, then brought up to date
            with database.writing.begin() as connection:
                statements.write([record]).run(connection)
        with database.reading.connect() as connection:
            assert statements.find(key, [getattr(record, key)]).run(connection) == [record]
            assert statements.find(key, ["another"]).run(connection) == []
            assert statements.find(key, []).run(connection) == []
    database.dispose()


async def test_a_later_record_replaces_every_column(database_url: str) -> None:
    database = Database(database_url)
    rows = Statements(sqlite=database.is_sqlite)
    empty = _record(Phone, False)
    full = replace(_record(Phone, True), phone=empty.phone)
    for record in (empty, full, empty):
        with database.writing.begin() as connection:
            rows.phones.write([record]).run(connection)
        with database.reading.connect() as connection:
            assert rows.phones.find("phone", [empty.phone]).run(connection) == [record]
    database.dispose()


def _record(record: type[Any], full: bool) -> Any:
    """Each field at an extreme value, or as empty as it may be."""
    return record(**{field.name: _value(field, full) for field in fields(record)})


def _value(field: FieldInfo, full: bool) -> Any:
    kind, optional = _kind(field)
    if optional and not full:
        return None
    if choices := _choices(field.type):
        return choices[-1 if full else 0]
    if full:
        return UNUSUAL if kind is str else LARGEST
    return kind()


def _kind(field: FieldInfo) -> tuple[type, bool]:
    """The type of the column, and whether it may be null."""
    if _choices(field.type):
        return str, NoneType in get_args(field.type)
    options = get_args(field.type) or (field.type,)
    (kind,) = [option for option in options if option is not NoneType]
    return kind, NoneType in options


def _choices(kind: Any) -> list[str]:
    """The values of a `Literal`, also within a union; none of any other type."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [value for one in get_args(kind) for value in _choices(one)]
