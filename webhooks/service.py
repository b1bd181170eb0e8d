"""What one process serves with: made from the settings, opened and closed by the lifespan."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
import tomllib
from collections.abc import Callable
from importlib.resources import files
from types import FrameType
from typing import TYPE_CHECKING, Any

from bot.wording import Catalogue
from storage.database import Database
from storage.listen import Listener
from storage.queries import Reader
from storage.writer import Commit, Unavailable, Writer, wall_clock
from webhooks.clients.authentication import Clients
from webhooks.clients.callback_secrets import CallbackSecrets
from webhooks.clients.callbacks import Callbacks
from webhooks.http.timeouts import Timeouts
from webhooks.settings import Settings
from webhooks.telnyx.sender import Account, Sender
from webhooks.watch.live import LiveVerifications

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("textlogin")

#: Seconds between two looks for web apps that were added, rotated or removed.
CLIENTS_EVERY = 5.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Service:
    """The parts, wired. `http_client`, `sender` and `clock` are the seams that tests
    use; `callbacks_anywhere` is the sandbox's."""

    def __init__(
        self,
        settings: Settings,
        *,
        http_client: httpx.AsyncClient | None = None,
        sender: Sender | None = None,
        clock: Callable[[], int] = wall_clock,
        callbacks_anywhere: bool = False,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.policy = policy = settings.policy()
        self.database = Database(settings.database_url)
        self.clients = Clients(settings.api_keys, policy.secrets)
        self.reader = Reader(self.database)
        self.timeouts = Timeouts()
        self.live = LiveVerifications(clock, self.timeouts)
        self.writer = Writer(
            self.database,
            policy,
            on_commit=self._on_commit,
            on_doubt=self.live.clear,
            clock=clock,
        )
        account = Account(
            settings.telnyx_api_key.get_secret_value(), settings.telnyx_base_url, http_client
        )
        self.sender = sender or Sender(account, catalogue(), policy.secrets, clock)
        self.callbacks = Callbacks(
            self.clients, CallbackSecrets(policy.secrets), clock, anywhere=callbacks_anywhere
        )
        self._background: list[asyncio.Task[None]] = []
        self._signals = ShutdownSignals(self.live)

    async def open(self) -> None:
        """Claims a SQLite file (raises DatabaseInUse), starts the writer and what it feeds."""
        self.database.claim()
        self._signals.install()
        self.writer.start()
        self.sender.start(self.writer)
        await self._load_clients()
        self.callbacks.start(self.writer)
        _settle_memory()
        self._background = [
            asyncio.create_task(self._keep_clients()),
            asyncio.create_task(self.writer.keep_unstuck()),
        ]
        if not self.database.is_sqlite:
            self._background.append(asyncio.create_task(self._listener().run()))

    async def close(self) -> None:
        """Wakes who waits, finishes the sends, writes what is queued, gives leases and the file
        back: within ten seconds."""
        self.live.close()
        self._signals.restore()
        await asyncio.gather(self.sender.stop(), self.callbacks.stop())
        await self.writer.stop()
        await _end(self._background)
        self.reader.close()
        self.database.dispose()

    def _on_commit(self, commit: Commit) -> None:
        self.live.committed(commit.verifications)
        self.sender.take(commit)
        self.callbacks.take(commit)

    def _listener(self) -> Listener:
        self.live.disconnect()
        return Listener(
            self.database,
            lambda origin_id: origin_id == self.writer.origin_id,
            changed=self.live.forget,
            connected=self.live.connect,
            disconnected=self.live.disconnect,
        )

    async def _keep_clients(self) -> None:
        while True:
            await asyncio.sleep(CLIENTS_EVERY)
            await self._load_clients()

    async def _load_clients(self) -> None:
        try:
            self.clients.update(await self.reader.clients())
        except Unavailable:
            log.debug("the registered web apps can't be read just now")


class ShutdownSignals:
    """Wakes waiters when the process is told to stop: a server waits for open requests before
    it closes the application, and they would wait for that in turn."""

    def __init__(self, live: LiveVerifications) -> None:
        self._live = live
        self._previous: dict[signal.Signals, Callable[[int, FrameType | None], Any]] = {}

    def install(self) -> None:
        """In front of the server's own handlers, where it has any."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            previous = signal.getsignal(number)
            if not callable(previous):
                continue
            self._previous[number] = previous

            def warn(
                number: int,
                frame: FrameType | None,
                then: Callable[[int, FrameType | None], object] = previous,
            ) -> None:
                loop.call_soon_threadsafe(self._live.close)
                then(number, frame)

            signal.signal(number, warn)

    def restore(self) -> None:
        """As it was."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until every task ends: a driver may mistake the first cancellation for a lost
    connection."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.2)


def _settle_memory() -> None:
    """What is loaded stays: the collector need not walk through it again and again, which would
    be felt as the slowest requests. Requests leave no cycles behind, so it may come rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def catalogue() -> Catalogue:
    """Every language in `bot/locales`."""
    languages = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in files("bot").joinpath("locales").iterdir()
        if entry.name.endswith(".toml")
    }
    return Catalogue(languages)
