"""`textlogin setup`: makes the Telnyx side as the service needs it, after showing the changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from webhooks.cli import checks
from webhooks.cli.doctor import line
from webhooks.cli.output import fail
from webhooks.cli.telnyx_side import TelnyxSide, Unreadable
from webhooks.settings import load

if TYPE_CHECKING:
    from telnyx import Telnyx


class Change(NamedTuple):
    """One thing that is made different, and the call that does it."""

    what: str
    before: object
    after: object
    apply: Callable[[Telnyx], object]


def setup(*, dry_run: bool, yes: bool) -> None:
    """Show the changes, make them, and say what is left to do. Exits with 1 if Telnyx refuses."""
    with closing(TelnyxSide(load())) as side:
        _setup(side, dry_run=dry_run, yes=yes)


def _setup(side: TelnyxSide, *, dry_run: bool, yes: bool) -> None:
    try:
        wanted = [*profile_changes(side), *number_changes(side)]
        for change in wanted:
            typer.echo(f"{change.what}: {_shown(change.before)} → {_shown(change.after)}")
        if not wanted:
            typer.echo("Nothing to change.")
        elif dry_run:
            typer.echo("Nothing is changed: this is a dry run.")
        elif yes or typer.confirm("Change this at Telnyx?"):
            for change in wanted:
                side.change(change.apply)
            typer.echo("Done.")
        else:
            raise typer.Exit(1)
    except Unreadable as error:
        fail(f"Telnyx cannot be set up. {error}")
    _print_what_is_left(side)


def profile_changes(side: TelnyxSide) -> Iterator[Change]:
    """What differs on the messaging profile. Raises Unreadable."""
    found, id = side.profile(), side.profile_id()
    for name, after in wanted_profile(side).items():
        before = getattr(found, name)
        if before != after:
            yield Change(f"profile's {name}", before, after, _update(id, {name: after}))


def wanted_profile(side: TelnyxSide) -> dict[str, Any]:
    """The profile's members as the service needs them. Raises Unreadable."""
    found, url = side.profile(), checks.webhook_url(side)
    allowed = list(found.whitelisted_destinations or ())
    regions = side.settings.allowed_regions
    missing = [] if "*" in allowed else [one for one in regions if one not in allowed]
    wanted: dict[str, Any] = {
        "enabled": True,
        "webhook_api_version": "2",
        "whitelisted_destinations": ["*"] if "*" in missing else [*allowed, *missing],
        "smart_encoding": False,
    }
    if url is not None:
        wanted["webhook_url"] = url
    if found.redaction_enabled:
        wanted["redaction_level"] = 1
    return wanted


def number_changes(side: TelnyxSide) -> Iterator[Change]:
    """Our numbers that are not on the profile. Raises Unreadable."""
    profile_id = side.profile_id()
    for number in side.settings.telnyx_phone_number:
        found = side.number(number)
        if found is not None and found.id and found.messaging_profile_id != profile_id:
            before = found.messaging_profile_id
            yield Change(f"profile of {number}", before, profile_id, _assign(found.id, profile_id))


def _update(id: str, members: dict[str, Any]) -> Callable[[Telnyx], object]:
    return lambda sdk: sdk.messaging_profiles.update(id, **members)


def _assign(number_id: str, profile_id: str) -> Callable[[Telnyx], object]:
    return lambda sdk: sdk.phone_numbers.messaging.update(
        number_id, messaging_profile_id=profile_id
    )


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _print_what_is_left(side: TelnyxSide) -> None:
    """What the checks find that only a person can mend."""
    found = {name: checks.run(name, side) for name in checks.CHECKS}
    left = [
        line(name, finding)
        for name, finding in found.items()
        if finding.state != "ok" and finding.mend != checks.SETUP
    ]
    if left:
        typer.echo("\nWhat only you can do:")
        for one in left:
            typer.echo(f"  {one}")
