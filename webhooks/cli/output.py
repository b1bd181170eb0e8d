"""How commands end when they fail."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(message: str, status: int = 1) -> NoReturn:
    """Print a message to standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(status)
