"""Callbacks to web apps: Standard Webhooks 1.0, from an outbox like the texts'.

They have their own tasks and connections: a web app that hangs delays no code. Redirects are not
followed, answers are not read, and only public hosts are reached.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import importlib
import logging
from collections import Counter
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from bot.commands import CallbackSettled, CallbacksSwept
from bot.policy import CALLBACKS_PER_CLIENT
from bot.records import Callback, Verification
from storage.writer import Commit, Unavailable, Writer
from webhooks import verification_json
from webhooks.clients.authentication import Clients
from webhooks.clients.callback_secrets import PREFIX, CallbackSecrets, DecryptionFailed

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("textlogin.callbacks")

CONCURRENCY = 32
TIMEOUT = 15.0
SWEEP_EVERY = 1.0
_USER_AGENT = "Textlogin"


class Callbacks:
    """Sends what is due. `anywhere` lifts https and public hosts, for the sandbox alone."""

    def __init__(
        self,
        clients: Clients,
        callback_secrets: CallbackSecrets,
        clock: Callable[[], int],
        *,
        anywhere: bool = False,
    ) -> None:
        self._clients = clients
        self._callback_secrets = callback_secrets
        self._clock = clock
        self._anywhere = anywhere
        self._writer: Writer | None = None
        self._session: aiohttp.ClientSession | None = None
        self._due = asyncio.Event()
        self._sending: dict[asyncio.Task[None], Callback] = {}
        self._sweeping: asyncio.Task[None] | None = None

    def start(self, writer: Writer) -> None:
        """Looks for what is due, now and every second."""
        self._writer = writer
        self._sweeping = asyncio.create_task(self._sweep())

    def take(self, commit: Commit) -> None:
        """What a commit has queued, or leased to this process."""
        assert self._writer is not None
        under_way = {callback.id for callback in self._sending.values()}
        for callback in commit.callbacks:
            if callback.lease_owner is None:
                self._due.set()
            elif (
                callback.lease_owner == self._writer.slots.owner
                and callback.id not in under_way  # an old lease ran out here
                and self._session is not None
            ):
                task = asyncio.create_task(self._send(self._session, callback))
                self._sending[task] = callback
                task.add_done_callback(self._sent)

    def may_call(self, url: str) -> bool:
        """Whether a callback URL is one that will be called."""
        from webhooks.clients.public_hosts import may_call

        return self._anywhere or may_call(url)

    async def stop(self, patience: float = 2.0) -> None:
        """Lets the calls under way end; leases of others run out by themselves."""
        session, self._session = self._session, None  # what a last sweep leases is not begun
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._sending:
            await asyncio.wait(self._sending, timeout=patience)
        tasks = list(self._sending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    async def _sweep(self) -> None:
        assert self._writer is not None
        self._session = await _open_session(self._anywhere)
        while True:
            self._due.clear()
            room = CONCURRENCY - len(self._sending)
            if room > 0:
                try:
                    owner = self._writer.slots.owner
                    await self._writer.submit(CallbacksSwept(owner, room, self._busy()))
                except Unavailable as error:
                    log.debug("no sweep: %s", error)
            try:
                await asyncio.wait_for(self._due.wait(), SWEEP_EVERY)
            except TimeoutError:
                continue

    def _busy(self) -> tuple[str, ...]:
        """Web apps whose calls take up their share of the room."""
        calls = Counter(callback.client for callback in self._sending.values())
        return tuple(client for client, many in calls.items() if many >= CALLBACKS_PER_CLIENT)

    async def _send(self, session: aiohttp.ClientSession, callback: Callback) -> None:
        """One try, and the report on it."""
        assert self._writer is not None
        settled = await self._try(session, callback)
        if settled.outcome != "delivered":
            log.warning("callback %s: %s (%s)", callback.id, settled.outcome, settled.answer)
        try:
            await self._writer.submit(settled)
        except Unavailable as error:
            log.warning("callback %s could not be recorded (%s)", callback.id, error)

    async def _try(self, session: aiohttp.ClientSession, callback: Callback) -> CallbackSettled:
        import aiohttp

        client = self._clients.named(callback.client)
        if client is None or client.callback_secret is None:
            return CallbackSettled(callback.id, "retry", "no such web app here (yet)")
        if not self.may_call(callback.url):
            return CallbackSettled(callback.id, "retry", "not a public https URL")
        try:
            secret = self._callback_secrets.open(client.callback_secret)
        except DecryptionFailed:
            return CallbackSettled(callback.id, "retry", "its secret needs an older SECRET_KEY")
        body = _body(callback)
        headers = sign(secret, callback.id, self._clock() // 1000, body)
        try:
            async with session.post(
                callback.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return _classify(
                    callback, response.status, response.headers.get("Retry-After"), self._clock()
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return CallbackSettled(callback.id, "retry", type(error).__name__)

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a callback failed in an unforeseen way", exc_info=error)
        self._due.set()


def sign(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "user-agent": _USER_AGENT,
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _body(callback: Callback) -> bytes:
    """The same bytes at each try: the verification as it was when it happened."""
    verification = msgspec.json.decode(callback.snapshot, type=Verification)
    return msgspec.json.encode(
        {
            "type": callback.type,
            "timestamp": verification_json.iso(callback.created_at),
            "data": verification_json.present(verification, callback.created_at),
        }
    )


def _classify(
    callback: Callback, status: int, retry_after: str | None, now: int
) -> CallbackSettled:
    if 200 <= status < 300:
        return CallbackSettled(callback.id, "delivered", str(status))
    if status == 410:
        return CallbackSettled(callback.id, "gone", "410")
    return CallbackSettled(callback.id, "retry", str(status), _wait(retry_after, now))


def _wait(retry_after: str | None, now: int) -> int:
    """`Retry-After` in ms: seconds, or a date (RFC 9110, section 10.2.3)."""
    if not retry_after or len(retry_after) > 64:
        return 0
    if retry_after.isascii() and retry_after.isdigit():
        return int(retry_after[:9]) * 1000
    try:
        return max(int(parsedate_to_datetime(retry_after).timestamp() * 1000) - now, 0)
    except (ValueError, OverflowError):
        return 0


async def _open_session(anywhere: bool) -> aiohttp.ClientSession:
    """aiohttp takes a while to import: beside the loop, while webhooks are served."""
    for module in ("aiohttp", "webhooks.clients.public_hosts"):
        await asyncio.to_thread(importlib.import_module, module)
    import aiohttp

    from webhooks.clients.public_hosts import public_connector

    limits: dict[str, Any] = {"use_dns_cache": False, "limit": CONCURRENCY, "force_close": True}
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(**limits) if anywhere else public_connector(**limits),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
