"""Phones that log in at a steady rate: each texts LOGIN and replies with the code it gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine

from tests.benchmarks.phones import Phones as Numbers
from tests.faults.ledger import Ledger
from tests.faults.webhook_delivery import WebhookDelivery
from tests.harness.telnyx_events import text_event

#: How long a person needs, made short.
_REPLY_S = 0.05


class Phones:
    """The load. Its methods belong to one event loop."""

    def __init__(self, ledger: Ledger, webhooks: WebhookDelivery) -> None:
        self._ledger = ledger
        self._webhooks = webhooks
        self._numbers = Numbers()
        self._texting: asyncio.Task[None] | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def start(self, per_second: float) -> None:
        """Begin logins at this rate from now on, each from a fresh phone."""
        await self.stop()
        self._texting = asyncio.create_task(self._text_steadily(per_second))

    async def stop(self) -> None:
        """Begin no more logins; those under way go on."""
        if self._texting is not None:
            self._texting.cancel()

    async def give_up(self) -> None:
        """Begin no more logins, and repeat no webhook any more."""
        await self.stop()
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def log_in(self, *phones: str) -> None:
        """Begin the logins of these phones, beside the others."""
        for phone in phones:
            self._begin(phone)

    def receive(self, phone: str, text: str) -> None:
        """A text reaches its phone."""
        code = self._ledger.receive(phone, text)
        if code is not None:
            self._spawn(self._reply(phone, code))

    def report(self, receipt: bytes) -> None:
        """Telnyx reports what became of a text."""
        self._spawn(self._post(receipt))

    async def _text_steadily(self, per_second: float) -> None:
        due = time.monotonic()
        while True:
            due += 1 / per_second
            await asyncio.sleep(due - time.monotonic())
            self._begin(*self._numbers.take(1))

    def _begin(self, phone: str) -> None:
        self._ledger.begin(phone)
        self._spawn(self._log_in(phone))

    async def _log_in(self, phone: str) -> None:
        login = self._ledger.logins[phone]
        login.process = await self._webhooks.deliver(text_event("LOGIN", phone))
        login.acknowledged_at = time.monotonic()

    async def _reply(self, phone: str, code: str) -> None:
        await asyncio.sleep(_REPLY_S)
        await self._webhooks.deliver(text_event(code, phone))
        self._ledger.logins[phone].reply_acknowledged_at = time.monotonic()

    async def _post(self, event: bytes) -> None:
        await self._webhooks.deliver(event)

    def _spawn(self, delivery: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(delivery)
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
