"""Delivers webhooks: signs them with a throw-away key, posts them, retries as Telnyx does.

Each is delivered by a task of its own, so they arrive in any order. One that fails three times at
each of its URLs is lost.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import product
from typing import Protocol

import httpx
from nacl.signing import SigningKey

from webhooks.sandbox.clock import RealClock
from webhooks.sandbox.deliveries import Attempt, Deliveries
from webhooks.sandbox.events import Event
from webhooks.sandbox.faults import Faults, WebhookFault

#: URL, body and headers to HTTP status.
Post = Callable[[str, bytes, dict[str, str]], Awaitable[int]]


class OnAttempt(Protocol):
    """Called after each try: it began `at` ms; it has either a `status` or an `error`."""

    def __call__(
        self,
        *,
        at: int,
        url: str,
        headers: dict[str, str],
        body: bytes,
        status: int | None,
        error: str | None,
    ) -> None:
        """Take note."""


DROPPED = "lost on purpose"

logger = logging.getLogger(__name__)


class Delivery:
    """Runs tasks between `start` and `stop`, and logs their errors.

    A webhook is posted at most `len(retry_after) + 1` times to each URL, `retry_after` seconds
    apart. The receiver has `timeout` seconds to answer it (Telnyx waits 2 s).
    """

    def __init__(
        self,
        post: Post,
        *,
        retry_after: Sequence[float],
        clock: RealClock,
        on_attempt: OnAttempt,
        faults: Faults | None = None,
        deliveries: Deliveries | None = None,
        timeout: float = 2.0,
    ) -> None:
        self._post = post
        self._retry_after = tuple(retry_after)
        self._clock = clock
        self._on_attempt = on_attempt
        self._faults = faults or Faults()
        self._deliveries = deliveries or Deliveries()
        self._timeout = timeout
        self._key = SigningKey.generate()
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def public_key(self) -> str:
        """The raw Ed25519 public key in base64, as in TELNYX_PUBLIC_KEY."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def start(self) -> None:
        """Begin to deliver webhooks."""
        self._running = True

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        self._running = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(self, event: Event, urls: Sequence[str]) -> None:
        """Deliver a webhook in the background to the first of the URLs that accepts it."""
        if urls:
            self.spawn(self._deliver(event, urls, self._faults.take()))

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` as a task that ends with `stop`."""
        if not self._running:
            work.close()
            logger.warning("The sandbox is not running: a webhook is lost")
            return
        task = asyncio.get_running_loop().create_task(work)
        # The event loop keeps only weak references to its tasks.
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Unexpected error in the sandbox", exc_info=error)

    async def _deliver(self, event: Event, urls: Sequence[str], fault: WebhookFault | None) -> None:
        if fault == "drop":
            self._drop(event, urls[0])
            return
        attempts: list[Attempt] = []
        pauses = (0.0, *self._retry_after)
        for number, (url, pause) in enumerate(product(urls, pauses), start=1):
            await asyncio.sleep(pause)
            attempts.append(await self._try(event, url, number))
            if attempts[-1].is_accepted:
                if fault == "duplicate":
                    await self._try(event, url, number + 1)
                self._deliveries.add(event, attempts)
                return
        self._deliveries.add(event, attempts)
        logger.warning("Webhook %s was not accepted and is lost", event.data["id"])

    def _drop(self, event: Event, url: str) -> None:
        at, body = self._clock(), event.body(1, url)
        headers = self._headers(body)
        self._on_attempt(at=at, url=url, headers=headers, body=body, status=None, error=DROPPED)
        now = self._clock.wall()
        self._deliveries.add(event, [Attempt(url, headers, now, now, None)])

    async def _try(self, event: Event, url: str, attempt: int) -> Attempt:
        started_at = self._clock.wall()
        at, body = self._clock(), event.body(attempt, url)
        headers = self._headers(body)
        status, error = None, None
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(url, body, headers)
        except (OSError, httpx.HTTPError) as failed:  # a timeout is an OSError too
            error = type(failed).__name__
            logger.warning("Webhook %s: %s", event.data["id"], error)
        except Exception as failed:
            # Over a socket this would be a 500, and Telnyx would retry.
            error = type(failed).__name__
            logger.exception("Webhook %s: unexpected error in the service", event.data["id"])
        self._on_attempt(at=at, url=url, headers=headers, body=body, status=status, error=error)
        return Attempt(url, headers, started_at, self._clock.wall(), status)

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(self._clock.wall() // 1000)
        signature = self._key.sign(timestamp.encode() + b"|" + body).signature
        return {
            "content-type": "application/json",
            "telnyx-timestamp": timestamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
