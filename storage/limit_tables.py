"""The tables of limits over many phones. Part of the schema in `storage.tables`."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import Field, SQLModel

from storage.columns import number as _number
from storage.columns import text_column as _text


class UsageRow(SQLModel, table=True):
    """`bot.records.Usage`."""

    __tablename__: ClassVar[str] = "usage"

    hour: int = Field(sa_column=_number(key=True))
    codes: int = Field(sa_column=_number())
    page_codes: int = Field(sa_column=_number())
    texts: int = Field(sa_column=_number())
    right_codes: int = Field(sa_column=_number(default="0"))
    wrong_codes: int = Field(sa_column=_number(default="0"))
    sprayed: int = Field(sa_column=_number(default="0"))
    judged: int = Field(sa_column=_number(default="0"))


class GuardRow(SQLModel, table=True):
    """`bot.records.Guard`."""

    __tablename__: ClassVar[str] = "guards"

    key: str = Field(sa_column=_text(key=True))
    unused_at: str = Field(sa_column=_text())
    approved_at: str = Field(sa_column=_text())
    regions: str = Field(sa_column=_text())
    hours: str = Field(sa_column=_text(default=""))
