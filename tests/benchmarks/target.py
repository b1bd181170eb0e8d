"""The one service process that a figure loads."""

from __future__ import annotations

import json
from collections.abc import Collection
from types import TracebackType
from typing import Self

from storage.database import Database
from tests.benchmarks.app import HELD
from tests.benchmarks.build import WORKING_TREE, Build
from tests.benchmarks.launcher import Launcher
from tests.benchmarks.traffic import Traffic


class Target:
    """The service of a build on a migrated database; its texts are held back."""

    def __init__(
        self, launcher: Launcher, traffic: Traffic, url: str, build: Build = WORKING_TREE
    ) -> None:
        self.traffic = traffic
        self.server = launcher.holding_service(build, url)
        self._launcher = launcher
        self._build = build
        self._url = url
        self._database = Database(url)

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1."""
        return self.server.port

    def held(self) -> int:
        """The number of texts held back."""
        return int(json.loads(self.server.get(HELD)[1]))

    def codes(self, phones: Collection[str]) -> dict[str, str]:
        """The code that each of these phones has been sent."""
        return self._launcher.codes(self._build, self._url, phones)

    def approved(self) -> int:
        """The number of approved verifications."""
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
