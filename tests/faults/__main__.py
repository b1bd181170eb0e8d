"""`make faults`: injects faults, prints a table, and exits 1 if a row breaks its bar."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from tests.benchmarks.databases import Kind
from tests.benchmarks.options import selected, several
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.options import Options
from tests.faults.row import Row, rows_table
from tests.faults.runner import measure_all

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BROKEN = 1


@app.command()
def main(
    fault: Annotated[
        list[str] | None, typer.Option(help="Only these faults, separated by commas or spaces.")
    ] = None,
    database: Annotated[list[str] | None, several(Kind, "databases")] = None,
    kills: Annotated[int, typer.Option(min=1, help="How often `kill` kills.")] = 10,
    at_once: Annotated[int, typer.Option(min=1, help="Rows that run at the same time.")] = 2,
    only_list: Annotated[bool, typer.Option("--list", help="List the faults, run none.")] = False,
) -> None:
    """Break things under the service while phones log in, and count what that costs them.

    Each row has its own processes, database and Telnyx on loopback, and ten logins a second unless
    its fault says otherwise. The ledger checks that each acknowledged LOGIN got exactly one code,
    and each acknowledged right reply exactly one approval and one text that confirms it. Recovery
    is the time from the end of the fault until every process is ready and has got a fresh phone
    its code.

    `make faults` takes the same options as variables: FAULT, DATABASE, KILLS, AT_ONCE.

    Exits 1 if a row breaks its bar.
    """
    faults, kinds = _faults(fault), selected(Kind, database)
    rows = [Row(one, kind) for one in faults for kind in kinds if kind in one.databases]
    options = Options(kills=kills)
    if only_list:
        print("\n\n".join(map(_description, faults)))
        return
    measured = measure_all(rows, options, at_once, _report)
    print(f"\n{rows_table(measured)}")
    raise typer.Exit(0 if all(one.passes for _, one in measured) else EXIT_BROKEN)


def _faults(names: list[str] | None) -> list[Fault]:
    """Those that the option names, all if it names none."""
    wanted = re.findall(r"[^,\s]+", " ".join(names or []))
    if unknown := set(wanted) - set(FAULTS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: --list shows what there is.")
    return [FAULTS[name] for name in wanted] if wanted else list(FAULTS.values())


def _description(fault: Fault) -> str:
    databases = " and ".join(fault.databases)
    return f"{fault.name} ({databases})\n    " + fault.proves.replace("\n", "\n    ")


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
