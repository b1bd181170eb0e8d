"""The account's balance, read now and then for the metrics."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from webhooks.telnyx.messages_api import Account, ApiError, MessagesApi

log = logging.getLogger("textlogin.balance")

INTERVAL_S = 600.0


class _Amounts(msgspec.Struct):
    available_credit: str | None = None
    balance: str | None = None


class _Answer(msgspec.Struct):
    data: _Amounts


class Balance:
    """Runs on the event loop from `start` to `stop`. `amount` is what can be spent, in the
    account's currency; None until Telnyx has told, and while it does not tell."""

    def __init__(self, account: Account) -> None:
        self.amount: float | None = None
        self._account = account
        self._api: MessagesApi | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read it now, and every `INTERVAL_S`."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._api is not None:
            await self._api.close()

    async def read(self) -> None:
        """Read it once."""
        if self._api is None:
            self._api = await MessagesApi.open(self._account)
        try:
            found = msgspec.json.decode(await self._api.get("/balance", {}), type=_Answer).data
            self.amount = float(found.available_credit or found.balance or 0)
        except (ApiError, ValueError) as error:  # msgspec's errors are ValueErrors
            log.debug("Cannot read the balance: %s", type(error).__name__)
            self.amount = None

    async def _run(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(INTERVAL_S)
