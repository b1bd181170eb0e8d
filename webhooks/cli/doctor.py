"""`textlogin doctor`: every check, one line each."""

from __future__ import annotations

import json
from contextlib import closing

import typer

from webhooks.cli import checks
from webhooks.cli.finding import Finding
from webhooks.cli.telnyx_side import TelnyxSide
from webhooks.settings import load


def doctor(*, as_json: bool) -> None:
    """Print every check's finding. Exits with 1 if one fails."""
    with closing(TelnyxSide(load())) as side:
        _doctor(side, as_json=as_json)


def _doctor(side: TelnyxSide, *, as_json: bool) -> None:
    found: dict[str, Finding] = {}
    for name in checks.CHECKS:
        found[name] = checks.run(name, side)
        if not as_json:
            typer.echo(line(name, found[name]))
    is_well = all(finding.state != "fails" for finding in found.values())
    if as_json:
        listed = [{"name": name} | finding._asdict() for name, finding in found.items()]
        typer.echo(json.dumps({"ok": is_well, "checks": listed}, indent=2, ensure_ascii=False))
    if not is_well:
        raise typer.Exit(1)


def line(name: str, finding: Finding) -> str:
    """A finding for people."""
    mend = f" To mend it: {finding.mend}." if finding.mend else ""
    return f"{finding.state:<8} {name:<15} {finding.detail}{mend}"
