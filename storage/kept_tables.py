"""The tables that retention leaves alone. Part of the schema in `storage.tables`."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import Field, SQLModel

from storage.columns import number as _number
from storage.columns import text_column as _text


class ForgottenOptOutRow(SQLModel, table=True):
    """`bot.kept_records.ForgottenOptOut`."""

    __tablename__: ClassVar[str] = "forgotten_opt_outs"

    hash: str = Field(sa_column=_text(key=True))
    opted_out_at: int | None = Field(sa_column=_number(null=True))
    own_stop_at: int | None = Field(sa_column=_number(null=True))


class OwnValueRow(SQLModel, table=True):
    """`bot.kept_records.OwnValue`."""

    __tablename__: ClassVar[str] = "own_values"

    name: str = Field(sa_column=_text(key=True))
    value: str = Field(sa_column=_text())
