"""The stand-in over HTTP: Telnyx's API under `/v2`, what phones send and receive, its page."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from webhooks.sandbox import problems, refusals
from webhooks.sandbox.account_api import AccountApi
from webhooks.sandbox.body import decode, read
from webhooks.sandbox.clock import DemoClock, parse_advance
from webhooks.sandbox.deliveries import Deliveries
from webhooks.sandbox.delivery import Delivery, Post
from webhooks.sandbox.entries import log_webhook
from webhooks.sandbox.events import message_event, message_resource, message_summary, text_event
from webhooks.sandbox.faults import Faults, parse_faults
from webhooks.sandbox.guard import Guard
from webhooks.sandbox.idempotency import check_key
from webhooks.sandbox.log import Log
from webhooks.sandbox.messages import Message, parse_message
from webhooks.sandbox.page import Page
from webhooks.sandbox.problems import InvalidError, UnavailableError
from webhooks.sandbox.profile import Profile
from webhooks.sandbox.refusals import authenticate
from webhooks.sandbox.request_log import RequestLog
from webhooks.sandbox.telnyx import Telnyx
from webhooks.sandbox.texts import parse_text

MAX_MESSAGE_BODY = 64 * 1024
MAX_TEXT_BODY = 16 * 1024
#: The most that `GET /messages` lists.
MAX_LISTED = 500
MAX_ID_DIGITS = 15
#: The longest that a call for the log is held, in seconds.
MAX_WAIT_S = 25
PREFIX = "/sandbox"


class Sandbox:
    """Telnyx in memory, with one `number`.

    `post(url, body, headers)` delivers one webhook and returns the HTTP status; `webhook_url` is
    where texts from phones and receipts go at first, unless a message names its own URLs.
    `clock` gives the times. `latency` is the time in seconds that the API takes to answer, a
    message to be sent, and again to be delivered. `retry_after` are the seconds between the
    attempts to deliver a webhook. `api_key` is the web app's, for the page. Serve `routes`; they
    have no lifespan, so call `start` before the first request and `stop` after the last.
    """

    def __init__(
        self,
        *,
        number: str,
        post: Post,
        webhook_url: str,
        clock: DemoClock,
        latency: float = 0.0,
        retry_after: Sequence[float] = (0.5, 2.0),
        api_key: str = "",
    ) -> None:
        self._number = number
        self._latency = latency
        self.clock = clock
        self._profile = Profile(number=number, webhook_url=webhook_url, at=clock.wall())
        self._telnyx = Telnyx(clock, profile=self._profile)
        self._deliveries = Deliveries()
        #: What passes. The demo adds what the service reports about itself.
        self.log = Log(clock)
        self._faults = Faults()
        self._delivery = Delivery(
            post,
            retry_after=retry_after,
            clock=clock,
            on_attempt=partial(log_webhook, self.log),
            faults=self._faults,
            deliveries=self._deliveries,
        )
        self.public_key: str = self._delivery.public_key
        self._page = Page({"number": number, "key": api_key, "public_key": self.public_key})
        self.app = self._build()
        #: The page, and `app` below it.
        self.routes: Sequence[BaseRoute] = (
            Route(PREFIX, self._page.show, middleware=[Middleware(Guard)]),
            Mount(PREFIX, self.app),
        )

    def start(self) -> None:
        """Begin to deliver webhooks."""
        self._delivery.start()

    async def stop(self) -> None:
        """Cancel what is under way; webhooks that are not delivered are lost."""
        self.log.close()
        await self._delivery.stop()

    def _build(self) -> Starlette:
        account = AccountApi(
            profile=self._profile,
            telnyx=self._telnyx,
            deliveries=self._deliveries,
            faults=self._faults,
            clock=self.clock,
        )
        api = Starlette(
            routes=[
                Route("/messages", self._send, methods=["POST"]),
                Route("/messages/{id}", self._retrieve),
                *account.routes(),
            ],
            exception_handlers=dict(refusals.HANDLERS),
            middleware=[Middleware(RequestLog, log=self.log, clock=self.clock)],
        )
        app = Starlette(
            routes=[
                Mount("/v2", api),
                Route("/texts", self._text, methods=["POST"]),
                Route("/messages", self._messages),
                Route("/clock", self._read_or_advance, methods=["GET", "POST"]),
                Route("/log", self._read_log),
                Route("/faults", self._read_or_change_faults, methods=["GET", "POST"]),
                Route("/static/{name}", self._page.file),
            ],
            exception_handlers=dict(problems.HANDLERS),
            middleware=[Middleware(Guard)],
        )
        for router in (app.router, api.router):
            router.redirect_slashes = False  # an unknown path is not found, not moved
        return app

    async def _send(self, request: Request) -> Response:
        authenticate(request)
        raw = await read(request, MAX_MESSAGE_BODY)  # also while it is down, for the log
        self._faults.refuse()
        key = request.headers.get("idempotency-key")
        check_key(key)
        wanted = parse_message(decode(raw), number=self._number)
        await asyncio.sleep(self._latency)
        answer, message = self._telnyx.send(wanted, raw, key)
        # After the answer, so that no receipt arrives before the id of its message.
        deliver = BackgroundTask(self._begin_delivery, message) if message else None
        return Response(answer, media_type="application/json", background=deliver)

    async def _begin_delivery(self, message: Message) -> None:
        self._delivery.spawn(self._deliver(message))

    async def _deliver(self, message: Message) -> None:
        await asyncio.sleep(self._latency)
        self._telnyx.leave(message)
        self._report("message.sent", message)
        await asyncio.sleep(self._latency)
        self._telnyx.finalize(message)
        self._report("message.finalized", message)

    def _report(self, event_type: str, message: Message) -> None:
        self._delivery.send(message_event(event_type, message, self._now()), message.webhooks)

    async def _retrieve(self, request: Request) -> Response:
        self._faults.refuse()
        authenticate(request)
        message = self._telnyx.find(request.path_params["id"])
        return JSONResponse({"data": message_resource(message)})

    async def _text(self, request: Request) -> Response:
        body = decode(await read(request, MAX_TEXT_BODY))
        text = parse_text(body, number=self._number)
        self._telnyx.receive(text)
        event = text_event(text, self._now())
        self._delivery.send(event, [*filter(None, [self._profile.webhook_url])])
        return JSONResponse({"data": event.data["payload"]}, status_code=202)

    async def _messages(self, request: Request) -> Response:
        phone_number = request.query_params.get("phone_number")
        if phone_number is not None and phone_number.startswith(" "):
            # An unescaped plus: a query string decodes it to a space.
            phone_number = "+" + phone_number[1:]
        newest = deque(self._telnyx.got(phone_number), maxlen=MAX_LISTED)
        return JSONResponse({"data": [message_summary(message) for message in newest]})

    async def _read_or_advance(self, request: Request) -> Response:
        if request.method == "POST":
            await self._advance(request)
        return JSONResponse(self.clock.reading())

    async def _advance(self, request: Request) -> None:
        seconds = parse_advance(decode(await read(request, MAX_TEXT_BODY)))
        try:
            await self.clock.advance(seconds)
        except sqlite3.Error as error:
            raise UnavailableError from error

    async def _read_log(self, request: Request) -> Response:
        after = _number(request, "after", MAX_ID_DIGITS, "must be the `next` of an earlier answer")
        wait = _number(request, "wait", 4, "must be a whole number of seconds")
        if wait:
            await self.log.wait(after, min(wait, MAX_WAIT_S))
        return JSONResponse(self.log.after(after))

    async def _read_or_change_faults(self, request: Request) -> Response:
        if request.method == "POST":
            self._faults.change(parse_faults(decode(await read(request, MAX_TEXT_BODY))))
        return JSONResponse(self._faults.reading())

    def _now(self) -> float:
        """Seconds since the epoch, by the real clock."""
        return self.clock.wall() / 1000


def _number(request: Request, name: str, most_digits: int, wanted: str) -> int:
    value = request.query_params.get(name, "0")
    if not (value.isascii() and value.isdecimal() and len(value) <= most_digits):
        raise InvalidError({name: wanted})
    return int(value)
