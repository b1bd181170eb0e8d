"""`textlogin demo`: the service and a stand-in for Telnyx in one process, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import httpx
import uvicorn
from msgspec.structs import asdict

from storage.clock import SteadyClock
from storage.commit import Commit
from storage.database import Database
from storage.migrate import migrate
from webhooks.app import create_app
from webhooks.cli.demo_guard import DemoGuard
from webhooks.cli.demo_settings import API_KEY, DATABASE_FILE, NUMBER, demo_settings
from webhooks.cli.desktop import open_page
from webhooks.clients.callbacks import Attempt
from webhooks.ops.descriptors import raise_limit
from webhooks.ops.server import OPTIONS
from webhooks.sandbox import (
    DemoClock,
    Log,
    OffsetTable,
    Sandbox,
    describe,
    explain,
    is_loopback,
    log_callback,
)
from webhooks.service import Service
from webhooks.settings import EXIT_CONFIG, Settings
from webhooks.telnyx.inbound import PATH

PHONE = "+14155550123"
_HTTP_TIMEOUT_S = 5
#: Where `textlogin phone` looks for the demo.
_USUAL_URL = "http://127.0.0.1:8000"

_WELCOME = """
Textlogin runs with a stand-in for Telnyx; users text {number}.

  {url}/sandbox  a phone, a web app, and all that passes between them
{login_page}  {url}/docs     the API

Be a phone, in a second terminal (type LOGIN, then the code):
  .venv/bin/textlogin phone{where}

Or use curl: text LOGIN, reply with the code, read who is verified:
  curl -s {url}/sandbox/texts -d '{{"from": "{phone}", "text": "LOGIN"}}'
  {reply}
  curl -s '{url}/v1/verifications?phone_number={phone}' -H 'Authorization: Bearer {key}'

Webhooks go to {webhook_url},
signed with this TELNYX_PUBLIC_KEY: {public_key}

Ctrl-C stops it.
"""
_LOGIN_PAGE = "  {url}/         the login page\n"
_REPLY = (
    """curl -s {url}/sandbox/texts -d "{{\\"from\\": \\"{phone}\\", \\"text\\": \\"$("""
    """curl -s '{url}/sandbox/messages?phone_number={phone}' | """
    """grep -oE ': [0-9]{{6,8}} ' | tail -1 | tr -d ': ')\\"}}\""""
)


class _Server(uvicorn.Server):
    """Calls `on_start` once it listens, and `on_stop` before it waits for open requests."""

    def __init__(
        self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's own start, then ours."""
        await super().startup(sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What waits ends first."""
        self._on_stop()
        await super().shutdown(sockets)


def run(port: int, webhook_url: str | None = None, *, opens_page: bool = False) -> None:
    """Migrates the demo's SQLite file, then serves until stopped. Raises DatabaseInUse.

    With `webhook_url`, webhooks go to another app instead of the service. `opens_page` shows the
    sandbox in a browser, where there is a desktop.
    """
    raise_limit()
    asyncio.run(_run(port, webhook_url, opens_page))


async def _run(port: int, webhook_url: str | None, opens_page: bool) -> None:
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(timeout=_HTTP_TIMEOUT_S) as http:
        offset = OffsetTable(Path(DATABASE_FILE))
        clock = DemoClock(SteadyClock(), save=offset.save)
        webhook_url = webhook_url or url + PATH
        sandbox = Sandbox(
            number=NUMBER,
            post=_poster(http),
            webhook_url=webhook_url,
            clock=clock,
            api_key=API_KEY,
        )
        settings = demo_settings(url, sandbox.public_key)
        _prepare_database(settings)
        clock.resume(offset.load())
        app = create_app(
            settings,
            clock=clock,
            extra_routes=[*sandbox.routes],
            callbacks_anywhere=True,
            frame_own_pages=True,
            loopback_origins=True,
            attach=partial(attach, sandbox),
        )
        config = uvicorn.Config(DemoGuard(app, is_loopback), host="127.0.0.1", port=port, **OPTIONS)
        has_pages = settings.pages == "on"
        welcome = _welcome(url, webhook_url, sandbox.public_key, has_pages=has_pages)
        sandbox.start()
        try:
            on_start = partial(_greet, welcome, f"{url}/sandbox" if opens_page else None)
            await _Server(config, on_start, sandbox.log.close).serve()
        finally:
            await sandbox.stop()


def attach(sandbox: Sandbox, service: Service) -> None:
    """Let waiters look again when the clock is moved, and log what the service reports."""
    sandbox.clock.subscribe(service.live.wake_all)
    service.writer.subscribe(partial(_log_decisions, sandbox.log))
    service.callbacks.subscribe(partial(_log_callback, sandbox))


def _greet(welcome: str, page: str | None) -> None:
    print(welcome, flush=True)
    if page is not None:
        open_page(page)


def _log_decisions(log: Log, commit: Commit) -> None:
    for event in commit.events:
        name, fields = type(event).__name__, asdict(event)
        log.add("decision", describe(name, fields), at=commit.now, event=name, fields=fields)
    for message in (one.message for one in commit.outbound):
        words = explain(message.kind, message.phone)
        if words and not message.tries and not message.round:
            fields = {"phone": message.phone, "verification_id": message.verification_id}
            log.add("decision", words, at=commit.now, event=message.kind, fields=fields)


def _log_callback(sandbox: Sandbox, attempt: Attempt) -> None:
    callback = attempt.callback
    log_callback(
        sandbox.log,
        at=sandbox.clock(),
        url=callback.url,
        attempt=callback.tries + 1,
        headers=attempt.headers,
        body=attempt.body,
        answer=attempt.settled.answer,
    )


def _poster(
    http: httpx.AsyncClient,
) -> Callable[[str, bytes, dict[str, str]], Awaitable[int]]:
    """A function that posts the sandbox's webhooks and returns the HTTP status."""

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        response = await http.post(url, content=body, headers=headers)
        return response.status_code

    return post


def _prepare_database(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        database.claim()
    except OSError as error:
        _exit(f"Cannot write the demo's database in this directory: {error.strerror}.")
    migrate(database)
    database.dispose()


def _welcome(url: str, webhook_url: str, public_key: str, *, has_pages: bool) -> str:
    return _WELCOME.format(
        url=url,
        login_page=_LOGIN_PAGE.format(url=url) if has_pages else "",
        number=NUMBER,
        where="" if url == _USUAL_URL else f" --url {url}",
        phone=PHONE,
        key=API_KEY,
        reply=_REPLY.format(url=url, phone=PHONE),
        webhook_url=webhook_url,
        public_key=public_key,
    )


def _exit(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(EXIT_CONFIG)
