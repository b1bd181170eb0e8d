"""A part of the service that calls Telnyx's API by itself, from its start to its stop."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from webhooks.telnyx.messages_api import Account, MessagesApi


class ApiUser(ABC):
    """Runs on the event loop. It opens its own connections, when it first needs them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._opened: MessagesApi | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to run."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End at once; what is committed stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._opened is not None:
            await self._opened.close()

    async def _api(self) -> MessagesApi:
        if self._opened is None:
            self._opened = await MessagesApi.open(self._account)
        return self._opened

    @abstractmethod
    async def _run(self) -> None:
        """Call Telnyx's API now and then. Ends when it is cancelled."""
