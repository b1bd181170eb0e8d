"""The parts of a serving process: built from the settings, opened and closed by the lifespan."""

from __future__ import annotations

import asyncio
import gc
import logging
import tomllib
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bot import phone
from bot.vocabulary import Vocabulary
from bot.wording import Catalogue
from storage import migrate
from storage.clock import Clock, SteadyClock
from storage.commit import Commit
from storage.database import Database
from storage.errors import Unavailable
from storage.file_watch import watch_file
from storage.listen import Listener
from storage.purge import Purge
from storage.queries import Reader
from storage.takeover import Takeover
from storage.writer import Writer
from webhooks.clients import own_key
from webhooks.clients.authentication import Clients
from webhooks.clients.callback_secrets import CallbackSecrets
from webhooks.clients.callbacks import Callbacks
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.http.timeouts import Timeouts
from webhooks.operations import exposition
from webhooks.ops import loose_files
from webhooks.ops.gauges import Gauges, version
from webhooks.ops.journal import Journal
from webhooks.ops.logs import Lines
from webhooks.ops.metrics import Metrics
from webhooks.ops.preload import Preload
from webhooks.ops.shutdown import ShutdownSignals
from webhooks.setting_messages import shown
from webhooks.settings import Settings
from webhooks.telnyx.balance import Balance
from webhooks.telnyx.catch_up import CatchUp
from webhooks.telnyx.messages_api import Account
from webhooks.telnyx.sender import Sender, SenderFactory
from webhooks.watch.live import LiveVerifications

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("textlogin")

#: Between two reads of the registered web apps.
CLIENTS_INTERVAL_S = 5.0
_CANCEL_INTERVAL_S = 0.2


class Service:
    """The parts of the service, wired together.

    Tests replace `http_client`, `make_sender`, `clock` and `answer_timeout_s` (seconds until a
    request without an outcome is answered 503), and turn `catches_up` off; the demo sets
    `callbacks_anywhere` and its own `clock`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http_client: httpx.AsyncClient | None = None,
        make_sender: SenderFactory = Sender,
        clock: Clock | None = None,
        callbacks_anywhere: bool = False,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        catches_up: bool = True,
    ) -> None:
        self.settings = settings
        self.answer_timeout_s = answer_timeout_s
        self.clock = clock = clock or SteadyClock()
        self.policy = policy = settings.policy()
        self.vocabulary = vocabulary(settings.app_name)
        self.database = Database(settings.database_url)
        self.metrics = Metrics(settings.allowed_regions)
        self.journal = Journal(
            Lines(settings.log_format, settings.log_level),
            self.metrics if settings.operations_port is not None else None,
        )
        refused = partial(self.journal.refused, "unauthorized")
        self.clients = Clients(settings.api_keys, policy.secrets, refused)
        self.reader = Reader(self.database, timeout_s=answer_timeout_s)
        self.timeouts = Timeouts()
        self.live = LiveVerifications(clock, self.timeouts)
        # Subscribers are called in this order: waiters are answered before anything is sent.
        self.writer = Writer(self.database, policy, clock=clock)
        self.takeover = Takeover(self.writer, self.reader)
        self.writer.subscribe(self._show)
        self.writer.subscribe_to_unknown_commits(self.live.clear)
        api_key = settings.telnyx_api_key.get_secret_value()
        account = Account(api_key, settings.telnyx_base_url, http_client)
        self.sender = make_sender(self.writer, account, catalogue(), policy.secrets, clock)
        self._secrets = CallbackSecrets(policy.secrets)
        self.catch_up = CatchUp(
            self.writer,
            self.reader,
            account,
            numbers=frozenset(settings.telnyx_phone_number),
            vocabulary=self.vocabulary,
            clock=clock,
            is_shared=not self.database.is_sqlite,
        )
        self._catches_up = catches_up
        self.balance = Balance(account)
        self.callbacks = Callbacks(
            self.writer,
            self.clients,
            self._secrets,
            clock,
            anywhere=callbacks_anywhere,
        )
        self.gauges = Gauges(
            self.metrics,
            reader=self.reader,
            outage=self.writer.outage,
            live=self.live,
            clock=clock,
            balance=lambda: self.balance.amount,
            count_now=self.journal.write,
        )
        exposes = (exposition.load,) if settings.operations_port is not None else ()
        # Last, so that lines are written when all else is under way.
        self.writer.subscribe(self.journal.committed)
        days = settings.retention_days
        self.purge = Purge(self.reader, self.writer.submit, clock, days=days)
        self.preload = Preload(phone.load_all, migrate.head, *exposes)
        self._signals = ShutdownSignals(self.live.close)
        self._background: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Claim a SQLite file, start the writer and its subscribers. Raises DatabaseInUse."""
        self.journal.report("settings", settings=shown(self.settings))
        self.database.claim()
        loose_files.warn(self.database.path)
        self._signals.install()
        self.writer.start()
        await self.load_clients()
        await self.look_for_opt_outs()
        self.callbacks.start()
        _settle_memory()
        others = (
            self.takeover.of_earlier_processes()
            if self.database.is_sqlite
            else self._listener().run()
        )
        self._loading = asyncio.create_task(self._load())
        self._background = [
            asyncio.create_task(self._reload()),
            asyncio.create_task(others),
            asyncio.create_task(self.purge.daily()),
        ]
        if self.database.is_sqlite:
            self._background.append(asyncio.create_task(watch_file(self.writer)))

    async def close(self) -> None:
        """End waiting requests, finish the sends under way, return the other leases, commit the
        queued commands, release the SQLite file. Takes less than 10 s if the database answers."""
        self.live.close()
        self._signals.restore()
        await _end([self._loading])  # else it could start the sender after its end
        for error in await asyncio.gather(
            self.sender.stop(), self.callbacks.stop(), return_exceptions=True
        ):
            if error is not None:
                log.error("Unexpected error while stopping", exc_info=error)
        await self.catch_up.stop()
        await self.balance.stop()
        await self.writer.stop()
        await _end(self._background)
        self.reader.close()
        self.database.dispose()
        self.journal.report("stopped")

    async def _load(self) -> None:
        """First what `/readyz` waits for, then the SDK: side by side, both would be late."""
        await self.preload.run()
        if self.preload.state == "ok":
            kind = "sqlite" if self.database.is_sqlite else "postgresql"
            self.journal.report("ready", version=version(), database=kind)
        self.sender.start()
        if self._catches_up:
            self.catch_up.start()
        if self.settings.operations_port is not None:
            self.balance.start()

    def _show(self, commit: Commit) -> None:
        self.live.committed(commit.verifications)

    def _listener(self) -> Listener:
        self.live.disconnect()  # until the listener is connected
        return Listener(
            self.database,
            lambda origin_id: origin_id == self.writer.origin_id,
            owner=self.writer.slots.owner,
            on_changed=self.live.forget,
            on_connected=self.live.connect,
            on_disconnected=self.live.disconnect,
            on_holders_lost=self.takeover.begin,
        )

    async def _reload(self) -> None:
        """Notice what commands change."""
        while True:
            await asyncio.sleep(CLIENTS_INTERVAL_S)
            await self.load_clients()
            await self.look_for_opt_outs()

    async def load_clients(self) -> None:
        """Read the registered web apps."""
        try:
            self.clients.update(await self.reader.clients())
        except Unavailable as error:
            log.debug("Cannot read the registered web apps: %s", error)

    async def look_for_opt_outs(self) -> None:
        """Recognise forgotten phones that have opted out, once there are any."""
        try:
            self.writer.look_for_opt_outs(await own_key.hashes(self.reader, self._secrets))
        except Unavailable as error:
            log.debug("Cannot read the opt-outs of forgotten phones: %s", error)


@cache
def catalogue() -> Catalogue:
    """The texts of every language in `bot/locales`; a file may have words alone."""
    sentences: dict[str, dict[str, str]] = {}
    pieces: dict[str, dict[str, str]] = {}
    for language, texts in _locales().items():
        if found := {kind: text for kind, text in texts.items() if isinstance(text, str)}:
            sentences[language], pieces[language] = found, texts.get("pieces", {})
    return Catalogue(sentences, pieces)


@cache
def vocabulary(app_name: str = "") -> Vocabulary:
    """The words of every language in `bot/locales`; `app_name` is the name of the service."""
    return Vocabulary(
        {language: texts.get("words", {}) for language, texts in _locales().items()}, app_name
    )


def _locales() -> dict[str, dict[str, Any]]:
    """The files in `bot/locales` by language. `bot` itself reads no files."""
    return {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in files("bot").joinpath("locales").iterdir()
        if entry.name.endswith(".toml")
    }


@cache
def _settle_memory() -> None:
    """Exclude what is loaded now from garbage collection, once in a process: scanning it every time
    would slow down some requests. Requests leave no reference cycles, so the collector may run
    rarely."""
    gc.freeze()  # without a collection: imports leave no garbage, and it would take 0.2 s
    gc.set_threshold(50_000, 20, 100)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until every task ends: a driver may mistake the first cancellation for a lost
    connection."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_CANCEL_INTERVAL_S)
