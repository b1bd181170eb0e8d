"""A service that calls a registered web app back over real HTTP on loopback.

The clock starts at the real time, since signatures are only valid within five minutes of it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.codes import Secrets
from bot.commands import CallbacksSwept
from storage.clients import ClientStore, RegisteredClient, digest
from storage.clock import wall_clock
from storage.database import Database
from tests.harness.callback_receiver import CallbackReceiver, callback_receiver
from tests.harness.clock import Clock
from tests.harness.eventually import until
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SECRET_KEY
from tests.harness.web_app import WebApp, expect
from webhooks.clients.callback_secrets import CallbackSecrets

KEY, OTHER_KEY = "tl_" + "c" * 43, "tl_" + "d" * 43
#: How many callbacks one sweep may take.
_ROOM = 32


@dataclass
class CallbackService(RunningService):
    """The service, and the receiver of its registered web app."""

    receiver: CallbackReceiver

    def shop(self) -> WebApp:
        return self.web_app(KEY)

    async def open_and_cancel(self, **members: Any) -> dict[str, Any]:
        """The shortest way to a callback."""
        opened = await self.shop().open(**members)
        return expect(await self.shop().cancel(opened["id"]), 200)

    async def sweep_callbacks(self) -> None:
        """Send due callbacks, as the service does each second."""
        await self.writer.submit(CallbacksSwept(self.writer.slots.owner, _ROOM))

    def stop_sweeping(self) -> None:
        """Lease nothing more, like a process that has died."""
        for task in self.parts.callbacks._background:
            task.cancel()

    async def sweep_when_due(self) -> None:
        """Move the clock to the next try of the earliest callback, and send it."""
        ((not_before,),) = self.rows("SELECT min(not_before) FROM callbacks WHERE state = 'queued'")
        self.clock.now = max(int(not_before), self.clock.now)
        await self.sweep_callbacks()

    async def until_callbacks(self, where: str, count: int = 1) -> None:
        """Wait until `count` callbacks match the SQL condition."""
        try:
            await until(lambda: self.count("callbacks", where) == count)
        except AssertionError as error:
            raise AssertionError(self.rows("SELECT state, tries, answer FROM callbacks")) from error


def register(
    database_url: str,
    receiver: CallbackReceiver,
    *,
    name: str = "app",
    key: str = KEY,
) -> None:
    """As `textlogin clients add` does."""
    database = Database(database_url)
    callback_secrets = CallbackSecrets(Secrets([SECRET_KEY]))
    client = RegisteredClient(
        name=name,
        key=digest(key),
        previous_key=None,
        origin=None,
        callback_url=receiver.url,
        return_to=None,
        code_entry="reply",
        accept="sms_reply,sms_reply_ref,browser_code",
        callback_secret=callback_secrets.seal(receiver.secret),
        created_at=wall_clock(),
    )
    try:
        ClientStore(database).add(client)
    finally:
        database.dispose()


@asynccontextmanager
async def service_calling(
    database_url: str,
    receiver: CallbackReceiver,
    *,
    clock: Clock | None = None,
    anywhere: bool = True,
    **changes: Any,
) -> AsyncIterator[CallbackService]:
    """A service that calls this receiver: on loopback, unless `anywhere` is False."""
    async with running_service(
        database_url,
        clock=clock or Clock(wall_clock()),
        callbacks_anywhere=anywhere,
        **changes,
    ) as service:
        yield CallbackService(**vars(service), receiver=receiver)


@asynccontextmanager
async def callback_service(database_url: str, **changes: Any) -> AsyncIterator[CallbackService]:
    """A receiver, and a service with its web app registered."""
    async with callback_receiver() as receiver:
        register(database_url, receiver)
        async with service_calling(database_url, receiver, **changes) as service:
            yield service
