"""The account's balance, read now and then for the metrics."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from webhooks.telnyx.api_user import ApiUser
from webhooks.telnyx.messages_api import Account, ApiError

log = logging.getLogger("textlogin.balance")

INTERVAL_S = 600.0


class _Amounts(msgspec.Struct):
    available_credit: str | None = None
    balance: str | None = None


class _Answer(msgspec.Struct):
    data: _Amounts


class Balance(ApiUser):
    """Reads it at its start, and every `INTERVAL_S`. `amount` is what can be spent, in the
    account's currency; None until Telnyx has told, and while it does not tell."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.amount: float | None = None

    async def read(self) -> None:
        """Read it once."""
        api = await self._api()
        try:
            found = msgspec.json.decode(await api.get("/balance", {}), type=_Answer).data
            self.amount = float(found.available_credit or found.balance or 0)
        except (ApiError, ValueError) as error:  # msgspec's errors are ValueErrors
            log.debug("Cannot read the balance: %s", type(error).__name__)
            self.amount = None

    async def _run(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(INTERVAL_S)
