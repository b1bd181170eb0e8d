"""The application: `create_app(settings)` wires the parts. Nothing is built at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from storage.clock import Clock
from webhooks.api.docs import Docs
from webhooks.api.qr import Qr
from webhooks.api.refs import Refs
from webhooks.api.verifications import Verifications
from webhooks.clients.cors import Cors
from webhooks.http import problems
from webhooks.http.asgi import Disconnected, RequestId
from webhooks.http.client_ip import parse_networks
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.http.paths import EVENTS_SUFFIX, VERIFICATION_PATH, VERIFICATION_PREFIX
from webhooks.ops import logs
from webhooks.ops.descriptors import most_waiters
from webhooks.ops.health import Health
from webhooks.pages.pages import Pages
from webhooks.pages.rendering import Brand, Renderer
from webhooks.pages.site import Site
from webhooks.pages.theme import Theme
from webhooks.service import Service
from webhooks.settings import Settings, load
from webhooks.telnyx import inbound
from webhooks.telnyx.inbound import Inbound
from webhooks.telnyx.sender import Sender, SenderFactory
from webhooks.telnyx.signature import Verifier
from webhooks.watch.poll import Poll
from webhooks.watch.sse import EventStream
from webhooks.watch.watch import Watch

if TYPE_CHECKING:
    import httpx

_EXCEPTION_HANDLERS = {
    problems.Problem: problems.on_problem,
    Disconnected: problems.on_disconnected,
    HTTPException: problems.on_http_exception,
    Exception: problems.on_error,
}


def create_app(
    settings: Settings | None = None,
    *,
    http_client: httpx.AsyncClient | None = None,
    make_sender: SenderFactory = Sender,
    clock: Clock | None = None,
    extra_routes: list[BaseRoute] | None = None,
    callbacks_anywhere: bool = False,
    loopback_origins: bool = False,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    attach: Callable[[Service], None] | None = None,
    frame_own_pages: bool = False,
) -> ASGIApp:
    """The service as an ASGI application. Without `settings`, they come from the environment.

    Tests pass `http_client` (for Telnyx's API), `make_sender`, `clock` and a longer
    `answer_timeout_s`, so that a slow disk fails none. The demo passes a `clock` that can be moved
    forward, `extra_routes` for its stand-in Telnyx, `callbacks_anywhere` to allow callbacks over
    http on loopback, `loopback_origins` to let pages on this machine call the API,
    `frame_own_pages` to show the login pages in a frame of its own page, and `attach`: it is called
    once with the parts, before they are opened, to subscribe to what they report.
    """
    settings = settings or load()
    logs.configure(settings.log_format, settings.log_level)
    service = Service(
        settings,
        http_client=http_client,
        make_sender=make_sender,
        clock=clock,
        callbacks_anywhere=callbacks_anywhere,
        answer_timeout_s=answer_timeout_s,
    )
    if attach is not None:
        attach(service)
    watch = Watch(
        live=service.live,
        reader=service.reader,
        clients=service.clients,
        clock=service.clock,
        max_waiters=most_waiters(settings.max_waiters),
    )
    poll = Poll(watch, max_wait=settings.max_wait)
    stream = EventStream(watch)
    app = Starlette(
        routes=[
            # The dispatcher answers GET on these two; their routes answer 405 to other methods.
            Route(VERIFICATION_PATH, poll, methods=["GET"]),
            Route(f"{VERIFICATION_PATH}{EVENTS_SUFFIX}", stream, methods=["GET"]),
            *_routes(service),
            *(_pages(service, watch, frame_own_pages) if settings.pages == "on" else ()),
            *(extra_routes or ()),
        ],
        exception_handlers=_EXCEPTION_HANDLERS,
        lifespan=_lifespan(service),
    )
    app.router.redirect_slashes = False  # a redirect would carry the caller's Host and credential
    dispatcher = Dispatcher(_inbound(service), poll, stream, RequestId(app))
    origins = frozenset(settings.cors_origins)
    return Cors(dispatcher, origins, service.clients, loopback=loopback_origins)


class Dispatcher:
    """Calls the handlers on the hot path directly, and Starlette for everything else."""

    def __init__(
        self, inbound: Inbound, poll: Poll, stream: EventStream, starlette: ASGIApp
    ) -> None:
        self._inbound = inbound
        self._poll = poll
        self._stream = stream
        self._rest = starlette

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._app(scope)(scope, receive, send)

    def _app(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._rest
        path: str = scope["path"]
        if path == inbound.PATH:
            return self._inbound
        if (
            scope["method"] in ("GET", "HEAD")
            and path.startswith(VERIFICATION_PREFIX)
            and path != VERIFICATION_PREFIX
        ):
            end_of_id = path.find("/", len(VERIFICATION_PREFIX))
            if end_of_id < 0:
                return self._poll
            if path[end_of_id:] == EVENTS_SUFFIX:
                return self._stream
        return self._rest


def _routes(service: Service) -> list[Route]:
    verifications = Verifications(
        clients=service.clients,
        reader=service.reader,
        submit=service.writer.submit,
        timeouts=service.timeouts,
        answer_timeout_s=service.answer_timeout_s,
        clock=service.clock,
        policy=service.policy,
        refs=Refs(service.vocabulary.never_in_a_ref),
        default_region=service.settings.default_region,
        trusted_proxies=parse_networks(service.settings.trusted_proxies),
        may_call=service.callbacks.may_call,
    )
    return [
        *Health(service.reader, service.writer.outage, service.preload).routes(),
        *verifications.routes(),
        *Qr(reader=service.reader, clock=service.clock).routes(),
        *Docs(service.settings.public_url).routes(),
    ]


def _pages(service: Service, watch: Watch, frame_own_pages: bool) -> list[Route]:
    settings = service.settings
    theme = Theme(settings.accent_color)
    brand = Brand(
        app=settings.app_name,
        support=settings.support_contact,
        privacy_url=settings.privacy_url,
        terms_url=settings.terms_url,
    )
    site = Site(
        policy=service.policy,
        submit=service.writer.submit,
        new_refs=Refs(service.vocabulary.never_in_a_ref).candidates,
        watch=watch,
        clients=service.clients,
        clock=service.clock,
        timeouts=service.timeouts,
        renderer=Renderer(brand, theme, framed_by_self=frame_own_pages),
        default_region=settings.default_region,
        public_url=settings.public_url,
        trusted_proxies=parse_networks(settings.trusted_proxies),
    )
    return Pages(site, theme, max_wait=settings.max_wait).routes()


def _inbound(service: Service) -> Inbound:
    return Inbound(
        service.writer,
        Verifier(service.settings.telnyx_public_key, service.clock.wall),
        frozenset(service.settings.telnyx_phone_number),
        service.vocabulary,
        service.clock,
        service.timeouts,
        service.answer_timeout_s,
    )


def _lifespan(
    service: Service,
) -> Callable[[Starlette], AbstractAsyncContextManager[dict[str, Service]]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Service]]:
        await service.open()
        try:
            yield {"service": service}
        finally:
            await service.close()

    return lifespan
