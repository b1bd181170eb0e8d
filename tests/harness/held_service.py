"""A service that synchronous tests share: its event loop runs only while one of them uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlmodel import SQLModel

from tests.harness.generated_request import GeneratedRequest, RequestAnswer, answer_to
from tests.harness.running_service import RunningService, running_service

T = TypeVar("T")

#: Every row of every table, by the table's name; and the ids of what Telnyx has accepted.
State = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class HeldService:
    """The service, and what it holds."""

    service: RunningService
    _runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the service's loop do this work."""
        return self._runner.run(work)

    def answer(self, request: GeneratedRequest) -> RequestAnswer:
        return self.run(answer_to(self.service.app, request))

    def settled(self) -> State:
        """The whole state, once nothing is being sent."""
        self.run(self.service.idle())
        return self.state()

    def state(self) -> State:
        """The whole state but the time of the last commit."""
        tables = sorted(SQLModel.metadata.tables.keys() - {"last_commit"})
        rows = {table: sorted(self._rows(table), key=repr) for table in tables}
        return rows | {"accepted by Telnyx": [(id,) for id in sorted(self.service.telnyx.accepted)]}

    def _rows(self, table: str) -> list[tuple[Any, ...]]:
        return self.service.rows(f"SELECT * FROM {table}")


@contextmanager
def held_service(database_url: str, **changes: Any) -> Iterator[HeldService]:
    """A running service; `changes` are those of `running_service`."""
    with asyncio.Runner() as runner:
        context = running_service(database_url, **changes)
        service = runner.run(context.__aenter__())
        try:
            yield HeldService(service, runner)
        finally:
            runner.run(context.__aexit__(None, None, None))
