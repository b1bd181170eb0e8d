"""Sends messages to Telnyx after the commit that has queued them, and reports the results.

A result is reported as a command. While the SDK is being loaded, messages wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.codes import Secrets
from bot.commands import LeasesReturned, MessageSettled, OutboxSwept
from bot.outbound import Outbound
from bot.records import Message
from bot.telnyx_errors import NAMES
from bot.wording import Catalogue, CodeGone, compose
from storage.commit import Commit
from storage.errors import Unavailable
from storage.writer import Writer
from webhooks.telnyx.messages_api import SEND_TIMEOUT_S, Account, MessagesApi
from webhooks.telnyx.send_queue import SendQueue

log = logging.getLogger("textlogin.sender")

#: At most this many sends are under way at a time.
CONCURRENCY = 64
SWEEP_INTERVAL_S = 1.0
#: A try ends this long before its lease does.
_LEASE_MARGIN_MS = 500
#: No try begins with less time left, unless the message's whole life is shorter.
_SHORTEST_TRY_MS = 1_000
_STOP_TIMEOUT_S = 5.0
_RETURN_TIMEOUT_S = 1.0


class Sender:
    """Runs on the event loop from `start` to `stop`."""

    def __init__(
        self,
        writer: Writer,
        account: Account,
        catalogue: Catalogue,
        secrets: Secrets,
        clock: Callable[[], int],
    ) -> None:
        self._writer = writer
        self._slots = writer.slots
        self._account = account
        self._catalogue = catalogue
        self._secrets = secrets
        self._clock = clock
        self._queue = SendQueue(writer.slots)
        self._api: MessagesApi | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []
        self._is_stopping = False
        #: What was wrong with the last try of this process; None if it went well.
        self.trouble: str | None = None
        writer.subscribe(self.take)

    def start(self) -> None:
        """Load the SDK, and sweep the outbox every second."""
        self._background = [asyncio.create_task(self._open()), asyncio.create_task(self._sweep())]

    def take(self, commit: Commit) -> None:
        """Send what a commit has leased to this process; drop what it has withdrawn."""
        for id in commit.withdrawn:
            self._queue.drop(id)
        for outbound in commit.outbound:
            self._queue.add(outbound)
        self._pump()

    async def stop(self) -> None:
        """Finish the sends under way, and return the leases of the other messages."""
        self._is_stopping = True
        if self._sending:
            await asyncio.wait(self._sending, timeout=_STOP_TIMEOUT_S)
        for task in (*self._background, *self._sending):
            task.cancel()
        await asyncio.gather(*self._background, *self._sending, return_exceptions=True)
        await self._return_leases(self._queue.held_ids(), timeout_s=_RETURN_TIMEOUT_S)
        if self._api is not None:
            await self._api.close()

    # -- in the background ---------------------------------------------------------------------

    async def _open(self) -> None:
        self._api = await MessagesApi.open(self._account)
        log.info("Telnyx SDK loaded, ready to send")
        self._pump()

    async def _sweep(self) -> None:
        """Lease due messages that no process holds: those of a process that died, and those that
        wait for another try."""
        while True:
            await asyncio.sleep(SWEEP_INTERVAL_S)
            if self._api is None:
                continue
            try:
                await self._writer.submit(OutboxSwept(self._slots.free))
            except Unavailable as error:
                log.debug("Cannot sweep the outbox: %s", error)

    async def _return_leases(self, ids: tuple[str, ...], timeout_s: float | None = None) -> None:
        """Let any process send these messages. If this fails, their leases expire."""
        if not ids:
            return
        try:
            await asyncio.wait_for(self._writer.submit(LeasesReturned(ids)), timeout_s)
        except (Unavailable, TimeoutError) as error:
            log.warning("Cannot return %d leases: %s", len(ids), str(error) or type(error).__name__)

    # -- one message ---------------------------------------------------------------------------

    def _pump(self) -> None:
        """Begin sends until the queue is empty or CONCURRENCY are under way."""
        api = self._api
        while api is not None and not self._is_stopping and len(self._sending) < CONCURRENCY:
            message = self._queue.pop()
            if message is None:
                return
            task = asyncio.create_task(self._send(api, message))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Unexpected error while sending", exc_info=error)
        self._pump()

    async def _send(self, api: MessagesApi, message: Message) -> None:
        """Try to send one message, then let the next one of its phone follow."""
        outbound = self._queue.held(message.id)
        result = None if outbound is None else await self._try(api, outbound)
        if result is not None:
            self.trouble = _trouble(result)
            await self._report(result)
            self._queue.drop(message.id)
            if result.outcome in ("retry", "held"):  # those that follow must not overtake it
                await self._return_leases(self._queue.drop_following(message.phone))
        self._queue.finish(message.phone)

    async def _try(self, api: MessagesApi, outbound: Outbound) -> MessageSettled | None:
        """Try once; None if there is no time. An unexpected error must not stop the phone's other
        messages: the message is tried again while it may be sent."""
        message = outbound.message
        left_ms = self._time_left_ms(message)
        if left_ms is None:
            self._queue.drop(message.id)  # a sweep leases it again or expires it
            return None
        try:
            text = compose(outbound, self._catalogue, self._secrets)
            return await api.send(message, text, min(left_ms / 1000, SEND_TIMEOUT_S))
        except CodeGone:
            return MessageSettled(message.id, "refused", error="code_gone")
        except Exception:
            log.exception("Unexpected error while sending a message, retrying")
            return MessageSettled(message.id, "retry", error="unforeseen")

    def _time_left_ms(self, message: Message) -> int | None:
        """How long a try may take within the message's lease and life; None if that is too short
        for a try."""
        left_ms = min(message.lease_until - _LEASE_MARGIN_MS, message.send_before) - self._clock()
        life_ms = message.send_before - message.created_at
        return left_ms if left_ms >= min(_SHORTEST_TRY_MS, life_ms) else None

    async def _report(self, result: MessageSettled) -> None:
        """Record how a try ended. If this fails, the lease expires and the message is sent again
        under the same idempotency key."""
        try:
            await self._writer.submit(result)
        except Unavailable as error:
            log.warning("Cannot record a send: %s", error)


def _trouble(result: MessageSettled) -> str | None:
    """Not for a text that Telnyx refuses because of its phone: that says nothing of the next."""
    if result.outcome not in ("held", "retry"):
        return None
    error = result.error or "unknown"
    return f"the last send failed: {error} {NAMES.get(error, '')}".rstrip()


SenderFactory = Callable[[Writer, Account, Catalogue, Secrets, Callable[[], int]], Sender]
