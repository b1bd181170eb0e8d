"""Whether the writer can write, and what the log says about it."""

from __future__ import annotations

import logging
import time

from storage.causes import describe

log = logging.getLogger("textlogin.writer")


class Outage:
    """Begins with a batch that the database did not take, ends with the next one that it took.

    Logs one line at its begin and one at its end. For the writer's thread; `is_on` for any.
    """

    def __init__(self) -> None:
        self._began_at: float | None = None

    @property
    def is_on(self) -> bool:
        """Whether the last batch failed."""
        return self._began_at is not None

    def begin(self, cause: Exception) -> None:
        """A batch failed because of `cause`."""
        if self._began_at is None:
            self._began_at = time.monotonic()
            why = describe(cause)
            fields = {"event": "database_lost", "fields": {"cause": why}}
            log.error("The database is unavailable: %s", why, extra=fields)

    def end(self) -> None:
        """A batch was committed."""
        if self._began_at is not None:
            lasted_s, self._began_at = time.monotonic() - self._began_at, None
            fields = {"event": "database_back", "fields": {"seconds": round(lasted_s, 1)}}
            log.warning("The database is available again after %.1f s", lasted_s, extra=fields)
