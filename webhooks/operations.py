"""Is it alive, is it ready: for load balancers and whoever is on call. Parts, never values."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storage.migrate import is_behind
from storage.writer import Unavailable
from webhooks.service import Service


class Operations:
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
        ready = all(state == "ok" for state in checks.values())
        body = {"status": "ok" if ready else "unavailable", "checks": checks}
        return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})
