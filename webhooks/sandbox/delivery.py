"""Webhooks on their way: signed by a throw-away key, posted, tried again as Telnyx does.

Each goes its own way, so they arrive in any order; one that fails three times is lost.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import httpx
from nacl.signing import SigningKey

from webhooks.sandbox.events import Event

Post = Callable[[bytes, dict[str, str]], Awaitable[int]]

logger = logging.getLogger(__name__)


class Delivery:
    """Owns the tasks: they live between `start` and `stop`, and what breaks in one is logged.

    A webhook is posted `len(retry_after) + 1` times at most, `retry_after` seconds apart, and
    has `timeout` seconds (Telnyx's two) to be answered.
    """

    def __init__(
        self,
        post: Post,
        *,
        retry_after: Sequence[float],
        now: Callable[[], float],
        timeout: float = 2.0,
    ) -> None:
        self._post = post
        self._retry_after = tuple(retry_after)
        self._now = now
        self._timeout = timeout
        self._key = SigningKey.generate()
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def public_key(self) -> str:
        """The raw Ed25519 public key in base64, as in TELNYX_PUBLIC_KEY."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def start(self) -> None:
        """Let webhooks out."""
        self._running = True

    async def stop(self) -> None:
        """End all tasks and wait until they have ended."""
        self._running = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(self, event: Event) -> None:
        """Post the webhook, and again if need be; returns at once."""
        self.spawn(self._deliver(event))

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` as a task that ends with `stop`."""
        if not self._running:
            work.close()
            logger.warning("the sandbox is not running: a webhook is lost")
            return
        task = asyncio.get_running_loop().create_task(work)
        # The loop holds its tasks weakly; this reference keeps them from being collected.
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a task of the sandbox failed", exc_info=error)

    async def _deliver(self, event: Event) -> None:
        for attempt, pause in enumerate((0.0, *self._retry_after), start=1):
            await asyncio.sleep(pause)
            if await self._arrives(event, attempt):
                return
        logger.warning("webhook %s was not accepted and is lost", event.data["id"])

    async def _arrives(self, event: Event, attempt: int) -> bool:
        body = event.body(attempt)
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(body, self._headers(body))
        except (OSError, httpx.HTTPError) as error:  # a timeout is an OSError too
            logger.warning("webhook %s: %s", event.data["id"], type(error).__name__)
            return False
        except Exception:
            # Over a socket this would be a 500, and Telnyx would come again.
            logger.exception("webhook %s: the service broke", event.data["id"])
            return False
        return 200 <= status < 300

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now()))
        signature = self._key.sign(timestamp.encode() + b"|" + body).signature
        return {
            "content-type": "application/json",
            "telnyx-timestamp": timestamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
