"""Callbacks to web apps (Standard Webhooks 1.0), from an outbox like that of messages.

They have their own tasks and connections, so that a web app that hangs does not delay codes.
Redirects are not followed, response bodies are not read, and only public hosts are called.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from bot.commands import CallbackSettled, CallbacksSwept
from bot.policy import CALLBACKS_PER_CLIENT
from bot.records import Callback, Verification
from storage.clock import Clock
from storage.commit import Commit
from storage.errors import Unavailable
from storage.writer import Writer
from webhooks import verification_json
from webhooks.clients.authentication import Clients
from webhooks.clients.callback_secrets import CallbackSecrets, DecryptionFailed
from webhooks.clients.signing import sign

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("textlogin.callbacks")

#: At most this many calls are under way at a time.
CONCURRENCY = 32
CALL_TIMEOUT_S = 15.0
SWEEP_INTERVAL_S = 1.0
_STOP_TIMEOUT_S = 2.0
_LONGEST_RETRY_AFTER = 64  # characters


class Attempt(msgspec.Struct, frozen=True):
    """One call to a web app: what was sent, and how it ended."""

    callback: Callback
    headers: dict[str, str]
    body: bytes
    settled: CallbackSettled


class Callbacks:
    """Runs on the event loop from `start` to `stop`.

    `anywhere` also allows http and private hosts, for the sandbox.
    """

    def __init__(
        self,
        writer: Writer,
        clients: Clients,
        callback_secrets: CallbackSecrets,
        clock: Clock,
        *,
        anywhere: bool = False,
    ) -> None:
        self._writer = writer
        self._owner = writer.slots.owner
        self._clients = clients
        self._callback_secrets = callback_secrets
        self._clock = clock
        self._anywhere = anywhere
        self._session: aiohttp.ClientSession | None = None
        self._due = asyncio.Event()
        self._sending: dict[asyncio.Task[None], Callback] = {}
        self._background: list[asyncio.Task[None]] = []
        self._on_attempt: list[Callable[[Attempt], None]] = []
        writer.subscribe(self.take)

    def start(self) -> None:
        """Sweep now, every second, and when a callback is queued."""
        self._background = [asyncio.create_task(self._sweep())]

    def subscribe(self, on_attempt: Callable[[Attempt], None]) -> None:
        """Call `on_attempt` on the event loop after each call to a web app."""
        self._on_attempt.append(on_attempt)

    def take(self, commit: Commit) -> None:
        """Begin the callbacks that a commit has leased to this process; sweep if it queued any."""
        for callback in commit.callbacks:
            if callback.lease_owner is None:
                self._due.set()
            elif callback.lease_owner == self._owner and self._session is not None:
                self._begin(self._session, callback)

    def may_call(self, url: str) -> bool:
        """Whether this callback URL is allowed."""
        from webhooks.clients.public_hosts import may_call

        return self._anywhere or may_call(url)

    async def stop(self) -> None:
        """Finish the calls under way; leases of other callbacks expire."""
        session, self._session = self._session, None  # so callbacks of a last sweep do not begin
        for task in self._background:
            task.cancel()
        if self._sending:
            await asyncio.wait(self._sending, timeout=_STOP_TIMEOUT_S)
        tasks = list(self._sending)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    # -- the outbox ----------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Again and again, lease as many due callbacks as may begin now."""
        self._session = await open_session(self._anywhere)
        while True:
            self._due.clear()
            room = CONCURRENCY - len(self._sending)
            if room > 0:
                try:
                    await self._writer.submit(CallbacksSwept(self._owner, room, self._busy()))
                except Unavailable as error:
                    log.debug("Cannot sweep the callbacks: %s", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), SWEEP_INTERVAL_S)

    def _busy(self) -> tuple[str, ...]:
        """Web apps that already have the most calls under way that one may have."""
        calls = Counter(callback.client for callback in self._sending.values())
        return tuple(client for client, count in calls.items() if count >= CALLBACKS_PER_CLIENT)

    def _begin(self, session: aiohttp.ClientSession, callback: Callback) -> None:
        # Leased again, since its lease expired during the call. After a call is recorded, which its
        # task learns a moment later, there is one try more.
        this = (callback.id, callback.tries)
        if any(this == (other.id, other.tries) for other in self._sending.values()):
            return
        task = asyncio.create_task(self._send(session, callback))
        self._sending[task] = callback
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Unexpected error in a callback", exc_info=error)
        self._due.set()

    # -- one callback --------------------------------------------------------------------------

    async def _send(self, session: aiohttp.ClientSession, callback: Callback) -> None:
        """Try once, and record how it ended."""
        settled = await self._try(session, callback)
        try:
            await self._writer.submit(settled)
        except Unavailable as error:
            log.warning("Cannot record callback %s: %s", callback.id, error)

    async def _try(self, session: aiohttp.ClientSession, callback: Callback) -> CallbackSettled:
        client = self._clients.named(callback.client)
        if client is None or not client.callback_secrets:
            return CallbackSettled(callback.id, "retry", "web app not known to this process")
        if not self.may_call(callback.url):
            return CallbackSettled(callback.id, "retry", "not a public https URL")
        try:
            secrets = [self._callback_secrets.open(one) for one in client.callback_secrets]
        except DecryptionFailed:
            return CallbackSettled(callback.id, "retry", "its secret needs an older SECRET_KEY")
        return await self._post(session, callback, secrets)

    async def _post(
        self, session: aiohttp.ClientSession, callback: Callback, secrets: list[str]
    ) -> CallbackSettled:
        body = _body(callback)
        headers = sign(secrets, callback.id, self._clock.wall() // 1000, body)
        settled = await self._call(session, callback, headers, body)
        for on_attempt in self._on_attempt:
            on_attempt(Attempt(callback, headers, body, settled))
        return settled

    async def _call(
        self,
        session: aiohttp.ClientSession,
        callback: Callback,
        headers: dict[str, str],
        body: bytes,
    ) -> CallbackSettled:
        import aiohttp

        try:
            async with session.post(
                callback.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                retry_after = response.headers.get("Retry-After")
                return _classify(callback, response.status, retry_after, self._clock.wall())
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return CallbackSettled(callback.id, "retry", type(error).__name__)


def _body(callback: Callback) -> bytes:
    """The same bytes for each try: the verification as it was when the event happened."""
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
    return CallbackSettled(callback.id, "retry", str(status), _retry_after_ms(retry_after, now))


def _retry_after_ms(retry_after: str | None, now: int) -> int:
    """A `Retry-After` header in ms; 0 if it is missing or malformed. The header is in seconds or
    a date (RFC 9110, section 10.2.3); `now` in ms."""
    if not retry_after or len(retry_after) > _LONGEST_RETRY_AFTER:
        return 0
    if retry_after.isascii() and retry_after.isdigit():
        return int(retry_after[:9]) * 1000
    try:
        return max(int(parsedate_to_datetime(retry_after).timestamp() * 1000) - now, 0)
    except (ValueError, OverflowError):
        return 0


async def open_session(anywhere: bool) -> aiohttp.ClientSession:
    """A session without cookies or retries. Unless `anywhere`, it reaches public hosts only.
    aiohttp is slow to import, so a thread does it."""
    for module in ("aiohttp", "webhooks.clients.public_hosts"):
        await asyncio.to_thread(importlib.import_module, module)
    import aiohttp

    from webhooks.clients.public_hosts import public_connector

    limits: dict[str, Any] = {"use_dns_cache": False, "limit": CONCURRENCY, "force_close": True}
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(**limits) if anywhere else public_connector(**limits),
        timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
