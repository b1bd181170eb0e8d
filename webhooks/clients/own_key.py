"""The service's own key, which the hashes of forgotten opt-outs are made with. It is random, and
stored encrypted under the secret key, so that the secret key can change."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import cache

from bot.commands import Command, OwnValueSet
from bot.outcomes import Outcome
from storage.forgotten import OptOutHashes
from storage.queries import Reader
from webhooks.clients.callback_secrets import CallbackSecrets, DecryptionFailed

log = logging.getLogger("textlogin")

#: Its name among the service's own values.
OWN_KEY = "opt_out_key"
_KEY_BYTES = 32


async def hashes(reader: Reader, keys: CallbackSecrets) -> OptOutHashes | None:
    """What recognises forgotten phones; None if there are none. Raises Unavailable."""
    sealed = await reader.own_value(OWN_KEY)
    if sealed is None or not await reader.page("forgotten_opt_outs", "", 1):
        return None
    try:
        return OptOutHashes(bytes.fromhex(keys.open(sealed)))
    except DecryptionFailed:
        _report_lost_key(sealed)
        return None


async def make(
    reader: Reader, submit: Callable[[Command], Awaitable[Outcome]], keys: CallbackSecrets
) -> OptOutHashes:
    """The same, with a new key if there is none yet. Raises Unavailable, DecryptionFailed."""
    if await reader.own_value(OWN_KEY) is None:
        new = keys.seal(secrets.token_hex(_KEY_BYTES))
        await submit(OwnValueSet(OWN_KEY, new, instead_of=None))
    sealed = await reader.own_value(OWN_KEY)
    assert sealed is not None
    return OptOutHashes(bytes.fromhex(keys.open(sealed)))


@cache
def _report_lost_key(sealed: str) -> None:
    """Once for each key."""
    log.error(
        "No SECRET_KEY decrypts the key of forgotten opt-outs: phones that were forgotten after "
        "they had opted out are not recognised. Add the secret key that was removed"
    )
