"""Options that take several names, and their meaning."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar

import typer

E = TypeVar("E", bound=StrEnum)


def several(kind: type[E], what: str) -> typer.models.OptionInfo:
    """An option for members of an enum."""
    names = ", ".join(kind)
    text = f"Only these {what}, separated by commas or spaces: {names}. Default: all."
    option: typer.models.OptionInfo = typer.Option(help=text)
    return option


def selected(kind: type[E], values: list[str] | None) -> list[E]:
    """The members that an option names, in the order of the enum; all if it names none."""
    names = re.findall(r"[^,\s]+", " ".join(values or []))
    for name in names:
        if name not in set(kind):
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(kind)}.")
    return [member for member in kind if member in names or not names]
