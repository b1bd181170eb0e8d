"""The application: `create_app(settings)`. Nothing is built at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from storage.writer import wall_clock
from webhooks.api.docs import Docs
from webhooks.api.qr import Qr
from webhooks.api.verifications import Verifications
from webhooks.clients.cors import Cors
from webhooks.http import problems
from webhooks.http.asgi import Disconnected, RequestId
from webhooks.ops import logs
from webhooks.ops.health import Health
from webhooks.service import Service
from webhooks.settings import Settings, load
from webhooks.telnyx import inbound
from webhooks.telnyx.inbound import Inbound
from webhooks.telnyx.sender import Sender, SenderFactory
from webhooks.telnyx.signature import Verifier
from webhooks.watch.poll import PREFIX, Poll
from webhooks.watch.sse import SUFFIX, EventStream

if TYPE_CHECKING:
    import httpx


def create_app(
    settings: Settings | None = None,
    *,
    http_client: httpx.AsyncClient | None = None,
    make_sender: SenderFactory = Sender,
    clock: Callable[[], int] = wall_clock,
    extra_routes: list[BaseRoute] | None = None,
    callbacks_anywhere: bool = False,
) -> ASGIApp:
    """The service as an ASGI application, settings from the environment unless given.

    Tests pass `http_client` (for Telnyx's API), `make_sender` and `clock` (milliseconds). The
    demo passes `extra_routes` for its stand-in Telnyx, and `callbacks_anywhere` to allow callbacks
    over http on loopback.
    """
    settings = settings or load()
    logs.configure(settings.log_format, settings.log_level)
    service = Service(
        settings,
        http_client=http_client,
        make_sender=make_sender,
        clock=clock,
        callbacks_anywhere=callbacks_anywhere,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Service]]:
        await service.open()
        try:
            yield {"service": service}
        finally:
            await service.close()

    poll = Poll(
        service.live,
        service.reader,
        service.clients,
        clock,
        max_wait=settings.max_wait,
        max_waiters=settings.max_waiters,
    )
    stream = EventStream(poll, service.live)
    app = Starlette(
        routes=[
            *Health(service).routes(),
            *Verifications(service).routes(),
            Route(f"{PREFIX}{{id}}", poll, methods=["GET"]),  # the dispatcher's: here for the 405
            Route(f"{PREFIX}{{id}}{SUFFIX}", stream, methods=["GET"]),
            *Qr(service).routes(),
            *Docs().routes(),
            *(extra_routes or ()),
        ],
        exception_handlers={
            problems.Problem: problems.on_problem,
            Disconnected: problems.on_disconnected,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_error,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would carry the caller's Host and credential
    verifier = Verifier(settings.telnyx_public_key, clock)
    webhook = Inbound(
        service.writer,
        verifier,
        frozenset(settings.telnyx_phone_number),
        clock,
        service.timeouts,
    )
    dispatcher = Dispatcher(webhook, poll, stream, RequestId(app))
    return Cors(dispatcher, frozenset(settings.cors_origins), service.clients)


class Dispatcher:
    """Sends what must be fast past Starlette's stack, everything else into it."""

    def __init__(self, webhook: Inbound, poll: Poll, stream: EventStream, rest: ASGIApp) -> None:
        self._webhook = webhook
        self._poll = poll
        self._stream = stream
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._app(scope)(scope, receive, send)

    def _app(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._rest
        path: str = scope["path"]
        if path == inbound.PATH:
            return self._webhook
        if scope["method"] in ("GET", "HEAD") and path.startswith(PREFIX) and path != PREFIX:
            end = path.find("/", len(PREFIX))
            if end < 0:
                return self._poll
            if path[end:] == SUFFIX:
                return self._stream
        return self._rest
