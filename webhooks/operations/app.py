"""The application on the operators' port: metrics, and the routes that it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from webhooks.http import problems
from webhooks.http.asgi import OwnHeaders
from webhooks.operations.access import Access
from webhooks.operations.exposition import CONTENT_TYPE, expose
from webhooks.ops.counts import Family

_EXCEPTION_HANDLERS = {
    problems.Problem: problems.on_problem,
    HTTPException: problems.on_http_exception,
    Exception: problems.on_error,
}

#: Reads every metric of the process.
Collect = Callable[[], Awaitable[list[Family]]]


def create_operations(
    collect: Collect, *, host: str, token: str | None, routes: Sequence[BaseRoute] = ()
) -> ASGIApp:
    """`/metrics` and these routes, for callers whom `Access` lets through."""
    metrics = Route("/metrics", Metrics(collect).get)
    app = Starlette(routes=[metrics, *routes], exception_handlers=_EXCEPTION_HANDLERS)
    app.router.redirect_slashes = False  # an unknown path is not found, not moved
    return OwnHeaders(Access(app, host=host, token=token))


class Metrics:
    """`/metrics`."""

    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    async def get(self, request: Request) -> Response:
        """Every metric, in Prometheus's text format."""
        families = await self._collect()
        body = await asyncio.to_thread(expose, families)
        return Response(body, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
