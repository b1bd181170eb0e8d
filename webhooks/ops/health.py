"""Liveness and readiness checks, for load balancers. They name failing parts, never values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storage.errors import Unavailable
from storage.migrate import is_behind
from storage.outage import Outage
from storage.queries import Reader
from storage.sqlite import is_missing
from webhooks.http.problems import RETRY_AFTER_S, Problem
from webhooks.ops.preload import Preload

#: A SQLite file that was never made, or is gone.
_MISSING = "missing: textlogin migrate creates it"
_NO_STORE = {"Cache-Control": "no-store"}


class Health:
    """`/healthz` and `/readyz`. `sending` says what is wrong with the last send, if anything."""

    def __init__(
        self,
        reader: Reader,
        outage: Outage,
        preload: Preload,
        sending: Callable[[], str | None],
    ) -> None:
        self._reader = reader
        self._outage = outage
        self._preload = preload
        self._sending = sending

    def routes(self) -> list[Route]:
        """The routes. Neither needs a credential."""
        return [Route("/healthz", self.health), Route("/readyz", self.ready)]

    async def health(self, request: Request) -> Response:
        """200 while the process runs, whatever the state of the database."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """200 if webhooks can be accepted, else 503 (a Problem) with each check's result. Trouble
        at Telnyx is a warning: other processes would have it too."""
        checks = {
            "settings": "ok",
            "startup": self._preload.state,
            **await self._check_database(),
        }
        failing = [name for name, result in checks.items() if result != "ok"]
        if failing:
            headers = _NO_STORE | {"Retry-After": str(RETRY_AFTER_S)}
            detail = f"Not ready: {' and '.join(failing)}."
            raise Problem("unavailable", detail, headers=headers, checks=checks, **self._warnings())
        told = {"status": "ok", "checks": checks, **self._warnings()}
        return JSONResponse(told, headers=_NO_STORE)

    def _warnings(self) -> dict[str, Any]:
        trouble = self._sending()
        return {} if trouble is None else {"warnings": {"telnyx": trouble}}

    async def _check_database(self) -> dict[str, str]:
        """Whether it can be read, and whether the last write succeeded. A database that is *ahead*
        of this code is ready: old processes serve during a deploy."""
        try:
            behind = is_behind(await self._reader.revision())
        except Unavailable as error:
            database = _MISSING if is_missing(error.__cause__) else "unavailable"
            return {"database": database, "migrations": "unknown"}
        if behind:
            return {"database": "ok", "migrations": "behind: run textlogin migrate"}
        return {"database": "refuses writes" if self._outage.is_on else "ok", "migrations": "ok"}
