"""Ends waiting requests as soon as the process receives a signal to stop.

A server closes the application only after its open requests have ended, and a poll may wait
for `MAX_WAIT` seconds.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[int, FrameType | None], Any]


class ShutdownSignals:
    """Calls `on_signal` on the event loop at SIGTERM or SIGINT, then the server's own handler."""

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self._on_signal = on_signal
        self._previous: dict[signal.Signals, Handler] = {}

    def install(self) -> None:
        """Wrap the handlers that the server has installed. Only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                self._previous[number] = handler
                signal.signal(number, self._wrap(handler, asyncio.get_running_loop()))

    def restore(self) -> None:
        """Put the server's handlers back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _wrap(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> Handler:
        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._on_signal)
            handler(number, frame)

        return handle
