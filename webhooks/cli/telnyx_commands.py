"""`textlogin doctor`, `setup`, `catch-up` and `send-test`: the Telnyx side."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes, make none.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask before the changes are made.")]
Phone = Annotated[str, typer.Argument(help="The phone that gets the text.")]


def doctor(as_json: Json = False) -> None:
    """Check the Telnyx side: one line a check, with what to do. Exits with 1 if one fails."""
    from webhooks.cli.doctor import doctor

    doctor(as_json=as_json)


def setup(dry_run: DryRun = False, yes: Yes = False) -> None:
    """Configure the messaging profile and the numbers at Telnyx, after showing the changes."""
    from webhooks.cli.setup import setup

    setup(dry_run=dry_run, yes=yes)


def catch_up() -> None:
    """Carry out texts and opt-outs that Telnyx could not deliver, as the service does by itself."""
    from webhooks.cli.catch_up import catch_up

    catch_up()


def send_test(phone: Phone) -> None:
    """Send one real text and follow it for 30 seconds. Costs what a text costs."""
    from webhooks.cli.send_test import send_test

    send_test(phone)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(setup)
    app.command("catch-up")(catch_up)
    app.command("send-test")(send_test)
