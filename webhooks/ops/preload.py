"""What is loaded at start, in a thread, so that nothing is opened or imported later on.

Many libraries import a module or open a file when it is first needed. On the event loop that delays
every request. In a process without free descriptors it fails; libphonenumber then even keeps a lock
for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

log = logging.getLogger("textlogin")

State = Literal["loading", "ok", "failed"]


class Preload:
    """Calls each of `loads` once. `/readyz` shows its state."""

    def __init__(self, *loads: Callable[[], object]) -> None:
        self._loads = loads
        self.state: State = "loading"

    async def run(self) -> None:
        """Load everything in a thread. An error is logged and the state stays `failed`: only
        another start can mend it."""
        try:
            await asyncio.to_thread(self._load)
        except Exception:
            log.critical("Cannot load what requests need: restart the process", exc_info=True)
            self.state = "failed"
        else:
            self.state = "ok"

    def _load(self) -> None:
        for load in self._loads:
            load()
