"""What one process serves with: made from the settings, opened and closed by the lifespan."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.wording import Catalogue
from storage.database import Database
from storage.fresh import ProcessFresh
from storage.queries import Reader
from storage.writer import Commit, Writer, wall_clock
from webhooks.access import Clients
from webhooks.sender import Account, Sender
from webhooks.settings import Settings

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("textlogin")


class Service:
    """The parts, wired. `http_client`, `clock` and `fresh` are the seams that tests use."""

    def __init__(
        self,
        settings: Settings,
        *,
        http_client: httpx.AsyncClient | None = None,
        clock: Callable[[], int] = wall_clock,
        fresh: ProcessFresh | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.policy = settings.policy()
        self.database = Database(settings.database_url)
        self.clients = Clients(settings.api_keys, self.policy.secrets)
        self.reader = Reader(self.database)
        self.writer = Writer(
            self.database, self.policy, on_commit=self._on_commit, clock=clock, fresh=fresh
        )
        account = Account(
            settings.telnyx_api_key.get_secret_value(), settings.telnyx_base_url, http_client
        )
        self.sender = Sender(account, catalogue(), self.policy.secrets, clock)

    async def open(self) -> None:
        """Claims a SQLite file (raises DatabaseInUse), starts the writer and the sender."""
        self.database.claim()
        self.writer.start()
        self.sender.start(self.writer)

    async def close(self) -> None:
        """Finishes the sends, writes what is waiting, gives leases and the file back."""
        await self.sender.stop()
        await self.writer.stop()
        self.reader.close()
        self.database.dispose()

    def _on_commit(self, commit: Commit) -> None:
        self.sender.take(commit)


def catalogue() -> Catalogue:
    """Every language in `bot/locales`."""
    languages = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in files("bot").joinpath("locales").iterdir()
        if entry.name.endswith(".toml")
    }
    return Catalogue(languages)
