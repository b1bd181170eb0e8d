"""`textlogin show`, `stats`, `unlock` and `cancel`: for support."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import msgspec
import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.commands import OPERATOR, CancelRequested, Command, UnlockRequested
from bot.outcomes import AlreadyFinished, NotFound, Outcome
from bot.phone import canonical, mask
from storage.causes import describe
from storage.clock import SteadyClock
from storage.database import Database
from storage.errors import Unavailable
from storage.histories import Histories, Records
from storage.one_command import carry_out
from webhooks.cli.demo_settings import demo_settings
from webhooks.cli.output import because, fail
from webhooks.ops import logs
from webhooks.ops.journal import Journal
from webhooks.ops.logs import Lines
from webhooks.service import catalogue
from webhooks.settings import Settings, load
from webhooks.support.funnel import PRICE, Row, funnel, total
from webhooks.support.history import History, history
from webhooks.support.line import Line
from webhooks.support.times import clock_time, day_name

T = TypeVar("T")

PhoneOrId = Annotated[
    str, typer.Argument(metavar="PHONE|ID", help="A phone number, or the id of a verification.")
]
OnePhone = Annotated[str, typer.Argument(metavar="PHONE", help="A phone number.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The id of a verification: ver_…")]
Days = Annotated[int, typer.Option(min=1, max=366, help="How many days back.")]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show the whole number. This is logged.")]
Price = Annotated[float, typer.Option(min=0, help="US dollars that one text costs.")]
Demo = Annotated[bool, typer.Option("--demo", help="Act on the demo in the working directory.")]

_COLUMNS = (
    "day",
    "region",
    "asked",
    "sent",
    "delivered",
    "approved",
    "conversion",
    "texts",
    "cost",
)


def show(
    phone_or_id: PhoneOrId,
    days: Days = 30,
    json: Json = False,
    reveal: Reveal = False,
    demo: Demo = False,
) -> None:
    """Show what happened to a phone or a verification, with reasons. Numbers are masked."""
    settings = _settings(demo=demo)
    records = _records(settings, phone_or_id, days)
    if reveal and records.phone:
        _report(settings, "reveal", phone=mask(records.phone))
    told = history(records, settings.policy(), catalogue(), reveal=reveal)
    if json:
        typer.echo(told.as_json().decode())
    else:
        typer.echo("\n".join(_told(told, days)))


def stats(days: Days = 7, json: Json = False, price: Price = PRICE, demo: Demo = False) -> None:
    """Show conversion, delivery and cost by day and region. Days are UTC."""
    settings = _settings(demo=demo)
    rows = funnel(*_read(settings, lambda histories: histories.by_day(days)))
    if json:
        typer.echo(msgspec.json.encode([_as_json(row, price) for row in rows]).decode())
        return
    lines = [_COLUMNS, *(_cells(row, day_name(row.day), price) for row in rows)]
    if len(rows) > 1:
        lines.append(_cells(total(rows), "all", price))
    for cells in lines:
        typer.echo("  ".join(f"{cell:>10}" for cell in cells).rstrip())


def unlock(phone: OnePhone, demo: Demo = False) -> None:
    """End every lock of a phone: replying by text, and codes that pages ask for."""
    settings = _settings(demo=demo)
    number = _number(settings, phone)
    outcome = _carry_out(settings, UnlockRequested(number))
    if isinstance(outcome, NotFound):
        fail(f"Nothing is stored about {mask(number)}.")
    _report(settings, "unlock", phone=mask(number))
    typer.echo(f"Unlocked {mask(number)}. It may reply by text, and pages may ask for codes.")


def cancel(id: Id, demo: Demo = False) -> None:
    """End a pending verification. Its phone gets no text about it."""
    settings = _settings(demo=demo)
    outcome = _carry_out(settings, CancelRequested(id, OPERATOR))
    if isinstance(outcome, NotFound):
        fail(f"There is no verification {id}.")
    if isinstance(outcome, AlreadyFinished):
        fail(f"{id} is over already: {outcome.status}.")
    _report(settings, "cancel", verification=id)
    typer.echo(f"Canceled {id}.")


# -- reading ---------------------------------------------------------------------------------------


def _settings(*, demo: bool) -> Settings:
    settings = demo_settings() if demo else load()
    logs.configure(settings.log_format, settings.log_level)
    return settings


def _records(settings: Settings, phone_or_id: str, days: int) -> Records:
    if not phone_or_id.startswith("ver_"):
        number = _number(settings, phone_or_id)
        return _read(settings, lambda histories: histories.of_phone(number, days))
    found = _read(settings, lambda histories: histories.of_verification(phone_or_id))
    if found is None:
        fail(f"There is no verification {phone_or_id}.")
    return found


def _read(settings: Settings, query: Callable[[Histories], Callable[[Connection], T]]) -> T:
    """What a query finds. Exits with a short message if the database does not answer."""
    database = Database(settings.database_url)
    try:
        with database.reading.connect() as connection:
            histories = Histories(sqlite=database.is_sqlite, clock=SteadyClock())
            return query(histories)(connection)
    except SQLAlchemyError as error:
        fail(f"Database error: {describe(error)}.")
    finally:
        database.dispose()


def _carry_out(settings: Settings, command: Command) -> Outcome:
    database = Database(settings.database_url)
    try:
        return carry_out(database, settings.policy(), SteadyClock(), command)
    except Unavailable as error:
        fail(f"Nothing was changed. {because(error)}")
    finally:
        database.dispose()


def _report(settings: Settings, action: str, **fields: str) -> None:
    """The same line of the log as from an operator page."""
    Journal(Lines(settings.log_format, settings.log_level), None).report(
        "operator", action=action, **fields, address="command line"
    )


def _number(settings: Settings, typed: str) -> str:
    number = canonical(typed, settings.default_region)
    if number is None:
        raise typer.BadParameter(f"{typed} is neither a phone number nor an id (ver_…)")
    return number


# -- showing ---------------------------------------------------------------------------------------


def _told(told: History, days: int) -> Iterator[str]:
    yield f"{told.phone or 'No phone has claimed it'}, at {clock_time(told.now)}"
    yield from (f"  {sentence}" for sentence in told.state)
    for one in told.verifications:
        yield f"\n{one.id}: {one.summary} (opened by {one.opener})"
        yield from map(_line, told.lines_of(one.id))
    if others := told.other_lines():
        yield "\nBeside verifications:"
        yield from map(_line, others)
    if not told.lines:
        yield f"\nNothing happened in the last {days} days."


def _line(line: Line) -> str:
    return f"  {clock_time(line.at)}  {line.words}"


def _cells(row: Row, day: str, price: float) -> tuple[str, ...]:
    counts = (row.asked, row.sent, row.delivered, row.approved)
    cost = f"${row.cost(price):.2f}"
    return (day, row.region, *map(str, counts), row.conversion, str(row.texts), cost)


def _as_json(row: Row, price: float) -> dict[str, object]:
    cost = round(row.cost(price), 4)
    return {**msgspec.structs.asdict(row), "day": day_name(row.day), "cost_usd": cost}
