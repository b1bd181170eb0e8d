"""The two kinds of columns that the tables have."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text


def text_column(
    *, key: bool = False, null: bool = False, default: str | None = None
) -> Column[str]:
    """A text of any length."""
    return Column(Text, primary_key=key, nullable=null, server_default=default)


def number(*, key: bool = False, null: bool = False, default: str | None = None) -> Column[int]:
    """A whole number, such as a time in ms."""
    return Column(
        BigInteger, primary_key=key, nullable=null, server_default=default, autoincrement=False
    )
