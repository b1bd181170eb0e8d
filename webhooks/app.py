"""The application: `create_app(settings)` wires the parts. Nothing is built at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from storage.clock import Clock
from storage.histories import Histories
from webhooks import setting_names
from webhooks.api.docs import Docs
from webhooks.api.qr import Qr
from webhooks.api.refs import Refs
from webhooks.api.verifications import Verifications
from webhooks.clients.cors import Cors
from webhooks.http import problems
from webhooks.http.asgi import Disconnected, OwnHeaders
from webhooks.http.client_ip import ClientAddresses, Network, parse_networks
from webhooks.http.head_limit import HeadLimit
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.http.paths import EVENTS_SUFFIX, VERIFICATION_PATH, VERIFICATION_PREFIX
from webhooks.operations.app import create_operations
from webhooks.operations.looks import Looks
from webhooks.operations.pages import OperatorPages
from webhooks.operations.server import OperationsServer
from webhooks.operations.sign_in import SignIn
from webhooks.ops import logs
from webhooks.ops.descriptors import most_waiters
from webhooks.ops.health import Health
from webhooks.pages.pages import Pages
from webhooks.pages.rendering import Brand, Renderer
from webhooks.pages.site import Site
from webhooks.pages.theme import Theme
from webhooks.service import Service, catalogue
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
    catches_up: bool = True,
) -> ASGIApp:
    """The service as an ASGI application. Without `settings`, they come from the environment.

    Tests pass `http_client` (for Telnyx's API), `make_sender`, `clock` and a longer
    `answer_timeout_s`, so that a slow disk fails none, and turn off that it `catches_up` with
    Telnyx by itself. The demo passes a `clock` that can be moved
    forward, `extra_routes` for its stand-in Telnyx, `callbacks_anywhere` to allow callbacks over
    http on loopback, `loopback_origins` to let pages on this machine call the API,
    `frame_own_pages` to show the login pages in a frame of its own page, and `attach`: it is called
    once with the parts, before they are opened, to subscribe to what they report.
    """
    is_given = settings is not None
    settings = settings or load()
    logs.configure(settings.log_format, settings.log_level)
    if not is_given:
        setting_names.warn_once()
    service = Service(
        settings,
        http_client=http_client,
        make_sender=make_sender,
        clock=clock,
        callbacks_anywhere=callbacks_anywhere,
        answer_timeout_s=answer_timeout_s,
        catches_up=catches_up,
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
    trusted_proxies = parse_networks(settings.trusted_proxies)
    addresses = ClientAddresses(trusted_proxies)
    app = Starlette(
        routes=[
            # The dispatcher answers GET on these two; their routes answer 405 to other methods.
            Route(VERIFICATION_PATH, poll, methods=["GET"]),
            Route(f"{VERIFICATION_PATH}{EVENTS_SUFFIX}", stream, methods=["GET"]),
            *_routes(service, addresses),
            *(_pages(service, watch, addresses, frame_own_pages) if settings.pages == "on" else ()),
            *(extra_routes or ()),
        ],
        exception_handlers=_EXCEPTION_HANDLERS,
        lifespan=_lifespan(service, trusted_proxies, _operations(service)),
    )
    app.router.redirect_slashes = False  # a redirect would carry the caller's Host and credential
    dispatcher = Dispatcher(_inbound(service), poll, stream, OwnHeaders(app))
    origins = frozenset(settings.cors_origins)
    return HeadLimit(Cors(dispatcher, origins, service.clients, loopback=loopback_origins))


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


def _routes(service: Service, addresses: ClientAddresses) -> list[Route]:
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
        addresses=addresses,
        may_call=service.callbacks.may_call,
    )
    return [
        *_health(service).routes(),
        *verifications.routes(),
        *Qr(reader=service.reader, clock=service.clock).routes(),
        *Docs(service.settings.public_url).routes(),
    ]


def _health(service: Service) -> Health:
    def sending() -> str | None:
        return service.sender.trouble

    return Health(service.reader, service.writer.outage, service.preload, sending)


def _pages(
    service: Service, watch: Watch, addresses: ClientAddresses, frame_own_pages: bool
) -> list[Route]:
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
        addresses=addresses,
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
        partial(service.journal.refused, "webhook_refused"),
        service.metrics.count_webhook if service.settings.operations_port else None,
    )


def operations_app(service: Service) -> ASGIApp:
    """The application for operators: metrics and their pages."""
    settings, secret = service.settings, service.settings.operations_token
    token = None if secret is None else secret.get_secret_value()
    looks = Looks(settings.app_name, settings.accent_color)
    pages = OperatorPages(
        looks=looks,
        reader=service.reader,
        histories=Histories(sqlite=service.database.is_sqlite, clock=service.clock),
        submit=service.writer.submit,
        policy=service.policy,
        catalogue=catalogue(),
        limits=service.metrics.limited.family,
        report=service.journal.report,
    )
    sign_in = [] if token is None else SignIn(token, looks, service.journal.report).routes()
    routes = [*pages.routes(), *sign_in]
    host = settings.operations_host
    return create_operations(service.gauges.collect, host=host, token=token, routes=routes)


def _operations(service: Service) -> OperationsServer | None:
    """The server for operators; None without an `OPERATIONS_PORT`."""
    settings = service.settings
    if settings.operations_port is None:
        return None
    app = operations_app(service)
    return OperationsServer(app, settings.operations_host, settings.operations_port)


def _lifespan(
    service: Service, trusted_proxies: list[Network], operations: OperationsServer | None
) -> Callable[[Starlette], AbstractAsyncContextManager[dict[str, Any]]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        await service.open()
        try:
            if operations is not None:
                await operations.start()
            yield {"service": service, "trusted_proxies": trusted_proxies}
        finally:
            if operations is not None:
                await operations.stop()
            await service.close()

    return lifespan
