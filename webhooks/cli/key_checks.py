"""Whether an older SECRET_KEY may be removed. Unlike the other checks, it reads the database."""

from __future__ import annotations

import asyncio

from storage.causes import describe
from storage.database import Database
from storage.errors import Unavailable
from storage.queries import Reader
from storage.sqlite import is_missing
from webhooks.cli.finding import Finding, fails, ok, warning
from webhooks.cli.telnyx_side import TelnyxSide
from webhooks.clients.callback_secrets import CallbackSecrets
from webhooks.clients.old_keys import what_needs_old_keys
from webhooks.clients.own_key import OWN_KEY
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.settings import Settings


def secret_keys(side: TelnyxSide) -> Finding:
    """Nothing that is stored needs an older SECRET_KEY."""
    try:
        needed = asyncio.run(_what_needs_old_keys(side.settings))
    except Unavailable as error:
        if is_missing(error.__cause__):
            return ok("Nothing is stored yet.")
        cause = describe(error.__cause__ or error)
        return warning(f"Cannot be checked. The database fails: {cause}.", "see /readyz")
    if not needed:
        return ok("Nothing needs an older SECRET_KEY.")
    listed = ", ".join(needed)
    if len(side.settings.secret_key) == 1:
        return fails(
            f"SECRET_KEY does not decrypt {listed}.",
            "add the earlier key behind it, restart, run textlogin secrets reseal",
        )
    return warning(
        f"The newest SECRET_KEY does not decrypt {listed}.",
        "run textlogin secrets reseal before you remove an older one",
    )


async def _what_needs_old_keys(settings: Settings) -> list[str]:
    database = Database(settings.database_url)
    reader = Reader(database, timeout_s=ANSWER_TIMEOUT_S)
    try:
        clients, own_key = await reader.clients(), await reader.own_value(OWN_KEY)
        return what_needs_old_keys(clients, own_key, CallbackSecrets(settings.policy().secrets))
    finally:
        reader.close()
        database.dispose()
