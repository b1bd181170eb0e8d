"""How commands end when they fail."""

from __future__ import annotations

from typing import NoReturn

import typer

from storage.causes import describe
from storage.errors import Unavailable


def fail(message: str, status: int = 1) -> NoReturn:
    """Print a message to standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(status)


def because(error: Unavailable) -> str:
    """A sentence that says in words why the database does not answer."""
    cause = "" if error.__cause__ is None else f": {describe(error.__cause__)}"
    return f"Database error: {error}{cause}."
