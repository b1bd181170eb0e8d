"""The one service process that is measured, and what the load may know of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

from bot import codes
from bot.codes import Secrets
from bot.records import Verification
from storage.database import Database
from storage.dialect import Dialect
from tests.benchmarks import app, reference, serve
from tests.benchmarks.processes import Server, free_port
from tests.benchmarks.requests import NUMBER, Files, Phones, Telnyx

Command = Callable[[int], list[str]]

#: What the service logs once Telnyx's SDK is loaded.
READY_TO_SEND = "ready to send"
#: As long as a poll token, so that requests with the one or the other are of one length.
API_KEY = "k" * 69
_SECRET = "a key for the bench that everybody knows"
SECRETS = Secrets([_SECRET])


class Bench:
    """What every figure needs: a folder, the service's core, signed texts, unused phones."""

    def __init__(self, folder: Path, core: int) -> None:
        self.folder = folder
        self.files = Files(folder)
        self.telnyx = Telnyx()
        self.phones = Phones()
        self._core = core

    def reference(self) -> Server:
        """The bare route."""
        return self._start(_application(reference), {}, reference.READ)

    def holding(self, url: str) -> Server:
        """The service with its texts held back."""
        return self._start(_application(app), self._settings(url), "/readyz")

    def serving(self, url: str, **environment: str) -> Server:
        """`textlogin serve`, not waited for."""
        return self._server(_serve, self._settings(url) | environment)

    def _start(self, command: Command, environment: dict[str, str], path: str) -> Server:
        server = self._server(command, environment)
        server.wait(path)
        return server

    def _server(self, command: Command, environment: dict[str, str]) -> Server:
        port = free_port()
        return Server(
            command(port),
            port=port,
            core=self._core,
            folder=self.folder,
            environment=environment,
        )

    def _settings(self, url: str) -> dict[str, str]:
        return {
            "TELNYX_API_KEY": "no account",
            "TELNYX_PUBLIC_KEY": self.telnyx.public_key,
            "TELNYX_PHONE_NUMBER": NUMBER,
            "SECRET_KEY": _SECRET,
            "API_KEYS": f"bench:{API_KEY}",
            "DATABASE_URL": url,
        }


def _application(module: ModuleType) -> Command:
    factory = f"{module.__name__}:create"
    return lambda port: [sys.executable, "-m", serve.__name__, factory, str(port)]


def _serve(port: int) -> list[str]:
    return [sys.executable, "-m", "webhooks", "serve", "--port", str(port)]


class Target:
    """The service on one database, its texts held back."""

    def __init__(self, bench: Bench, url: str) -> None:
        self.bench = bench
        self.server = bench.holding(url)
        self._database = Database(url)
        self._rows = Dialect(sqlite=self._database.is_sqlite)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def held(self) -> int:
        """How many texts it would have sent."""
        return int(json.loads(self.server.get(app.HELD)[1]))

    def codes(self, phones: set[str]) -> dict[str, str]:
        """The code that each of these phones has been sent, made from the database."""
        select = self._rows.verifications.select("WHERE awaiting = 'code' AND code_entry = 'reply'")
        with self._database.reading.connect() as connection:
            waiting: list[Verification] = self._rows.verifications.read(connection, select, ())
        found = {one.phone: codes.code(SECRETS, one) for one in waiting if one.phone}
        return {phone: code for phone, code in found.items() if code and phone in phones}

    def approved(self) -> int:
        """How many verifications are."""
        query = "SELECT count(*) FROM verifications WHERE status = 'approved'"
        with self._database.reading.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server.stop()
        self._database.dispose()
