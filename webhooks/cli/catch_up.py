"""`textlogin catch-up`: what the service does by itself, now."""

from __future__ import annotations

import asyncio

import typer

from storage.clock import SteadyClock
from storage.database import Database, DatabaseInUse
from storage.errors import Unavailable
from storage.queries import Reader
from storage.send_slots import SendSlots
from storage.writer import Writer
from webhooks.cli.output import because, fail
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.service import vocabulary
from webhooks.settings import Settings, load
from webhooks.telnyx.catch_up import CatchUp, CaughtUp
from webhooks.telnyx.messages_api import Account, ApiError


def catch_up() -> None:
    """Carry out missed texts and opt-outs. A service that runs, or the next one, sends the
    answers. Exits with 1 if Telnyx or the database is not available."""
    settings = load()
    database = Database(settings.database_url)
    try:
        database.claim()
        found = asyncio.run(_once(settings, database))
    except DatabaseInUse:
        fail(
            "A service runs on this SQLite file. It catches up by itself: at its start, and every "
            "five minutes."
        )
    except ApiError as error:
        fail(f"{error}.")
    except Unavailable as error:
        fail(f"{because(error)} Did you run `textlogin migrate`?")
    finally:
        database.dispose()
    typer.echo(f"Caught up: {found.texts} texts and {found.opt_outs} opt-outs had not arrived.")


async def _once(settings: Settings, database: Database) -> CaughtUp:
    clock = SteadyClock()
    writer = Writer(database, settings.policy(), clock=clock)
    writer.slots = SendSlots(capacity=0)  # this process sends nothing: a service does
    reader = Reader(database, timeout_s=ANSWER_TIMEOUT_S)
    account = Account(settings.telnyx_api_key.get_secret_value(), settings.telnyx_base_url)
    catching_up = CatchUp(
        writer,
        reader,
        account,
        numbers=frozenset(settings.telnyx_phone_number),
        vocabulary=vocabulary(settings.app_name),
        clock=clock,
        is_shared=False,
    )
    writer.start()
    try:
        return await catching_up.once()
    finally:
        await catching_up.stop()
        await writer.stop()
        reader.close()
