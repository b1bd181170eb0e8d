"""Is it alive, is it ready: for load balancers and whoever is on call. Parts, never values."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storage.errors import Unavailable
from storage.migrate import is_behind
from webhooks.http.problems import RETRY_AFTER, Problem
from webhooks.service import Service

_NO_STORE = {"Cache-Control": "no-store"}


class Health:
    """`/healthz` and `/readyz`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Both are open: they tell nothing about anybody."""
        return [Route("/healthz", self.health), Route("/readyz", self.ready)]

    async def health(self, request: Request) -> Response:
        """The process lives, whatever the database does."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """Whether webhooks would be taken. A database *ahead* of this code is fine."""
        checks = {"settings": "ok", "database": "ok", "migrations": "ok"}
        try:
            if is_behind(await self._service.reader.revision()):
                checks["migrations"] = "behind: run textlogin migrate"
        except Unavailable:
            checks["database"] = "unavailable"
            checks["migrations"] = "unknown"
        failing = [name for name, state in checks.items() if state != "ok"]
        if failing:
            headers = _NO_STORE | {"Retry-After": str(RETRY_AFTER)}
            detail = f"Not ready: {' and '.join(failing)}."
            raise Problem("unavailable", detail, headers=headers, checks=checks)
        return JSONResponse({"status": "ok", "checks": checks}, headers=_NO_STORE)
