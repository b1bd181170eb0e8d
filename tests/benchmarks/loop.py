"""An event loop in a thread of its own, on the load's core, for clients that hold connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Self, TypeVar

import uvloop

T = TypeVar("T")

_PATIENCE = 120.0


class LoopThread:
    """Runs from `with` to its end; coroutines are handed in by `wait`."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def wait(self, work: Coroutine[None, None, T]) -> T:
        """What it returns. Raises TimeoutError after two minutes."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_PATIENCE)
