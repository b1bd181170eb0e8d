"""The outbox's other end: texts that a commit has queued go to Telnyx, results come back.

One idempotency key a message and round, so that a text sent twice arrives once; no retries of the
SDK's own; codes before everything else; one phone's texts in order. The SDK takes seconds to
import and is loaded in the background, while webhooks are served.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from bot.codes import Secrets
from bot.commands import LeasesReturned, MessageSettled, OutboxSwept
from bot.records import Message, Outbound
from bot.telnyx_errors import classify
from bot.wording import Catalogue, CodeGone, compose
from storage.writer import Commit, Unavailable, Writer

if TYPE_CHECKING:
    import httpx
    from telnyx import AsyncTelnyx

log = logging.getLogger("textlogin.sender")

CONCURRENCY = 64
#: Seconds that one try may take, and between two looks for what is due.
TIMEOUT = 5.0
SWEEP_EVERY = 1.0
#: A try must end before its lease does; with less time than this left it isn't begun. Ms.
_MARGIN = 500
_SHORTEST_TRY = 1_000


class Account(NamedTuple):
    """Where and as whom texts are sent."""

    api_key: str
    base_url: str | None
    http_client: httpx.AsyncClient | None = None


class _Sent(msgspec.Struct):
    id: str


class _Accepted(msgspec.Struct):
    data: _Sent


class Sender:
    """Sends what `take` is given, on the event loop."""

    def __init__(
        self,
        account: Account,
        catalogue: Catalogue,
        secrets: Secrets,
        clock: Callable[[], int],
    ) -> None:
        self._account = account
        self._catalogue = catalogue
        self._secrets = secrets
        self._clock = clock
        self._writer: Writer | None = None
        self._client: AsyncTelnyx | None = None
        self._held: dict[str, Outbound] = {}
        self._turns: dict[str, deque[Message]] = {}
        self._codes: deque[Message] = deque()
        self._others: deque[Message] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self, writer: Writer) -> None:
        """Loads the SDK and looks for what an earlier process has left."""
        self._writer = writer
        self._background = [asyncio.create_task(self._open()), asyncio.create_task(self._sweep())]

    def take(self, commit: Commit) -> None:
        """What a commit has queued for this process, or withdrawn."""
        for id in commit.withdrawn:
            self._drop(id)
        for outbound in commit.outbound:
            self._hold(outbound)
        self._pump()

    async def stop(self, patience: float = 5.0) -> None:
        """Finishes the sends under way, gives the rest back."""
        self._stopping = True
        if self._sending:
            await asyncio.wait(self._sending, timeout=patience)
        for task in (*self._background, *self._sending):
            task.cancel()
        await asyncio.gather(*self._background, *self._sending, return_exceptions=True)
        if self._held and self._writer is not None:
            try:
                returned = self._writer.submit(LeasesReturned(tuple(self._held)))
                await asyncio.wait_for(returned, 1.0)
            except (Unavailable, TimeoutError):
                log.warning(
                    "%d leases could not be given back; they end by themselves", len(self._held)
                )
        if self._client is not None:
            await self._client.close()

    # -- the outbox ----------------------------------------------------------------------------

    def _hold(self, outbound: Outbound) -> None:
        message = outbound.message
        if message.id in self._held:  # an old lease ran out here, and this is its renewal
            self._held[message.id] = outbound
            self._release()
            return
        self._held[message.id] = outbound
        turn = self._turns.get(message.phone)
        if turn is None:
            self._turns[message.phone] = deque()
            self._queue(message)
        else:
            turn.append(message)

    def _queue(self, message: Message) -> None:
        (self._others if message.code is None else self._codes).append(message)

    def _drop(self, id: str) -> None:
        """Its turn, when it comes, finds nothing."""
        if self._held.pop(id, None) is not None:
            self._release()

    def _release(self) -> None:
        assert self._writer is not None
        self._writer.slots.release()

    def _pump(self) -> None:
        while not self._stopping and self._client and len(self._sending) < CONCURRENCY:
            queue = self._codes or self._others
            if not queue:
                return
            task = asyncio.create_task(self._take_turn(queue.popleft()))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the turn of a text ended in an unforeseen way", exc_info=error)
        self._pump()

    # -- one message ---------------------------------------------------------------------------

    async def _take_turn(self, message: Message) -> None:
        """Sends one message, then lets the next of its phone have its turn."""
        outbound = self._held.get(message.id)
        result = None if outbound is None else await self._surely_try(outbound)
        if result is not None:
            await self._report(result)
            self._drop(message.id)
        turn = self._turns[message.phone]
        if result is not None and result.outcome in ("retry", "held"):
            await self._step_back(turn)  # the later ones must not overtake this one
        if turn:
            self._queue(turn.popleft())
        else:
            del self._turns[message.phone]

    async def _surely_try(self, outbound: Outbound) -> MessageSettled | None:
        """A fault of ours with one message must not end its phone's turns: it is tried again
        while it lives, by a newer process perhaps."""
        try:
            return await self._try(outbound)
        except Exception:
            log.exception("a send failed in an unforeseen way")
            return MessageSettled(outbound.message.id, "retry", error="unforeseen")

    async def _try(self, outbound: Outbound) -> MessageSettled | None:
        """One try within the message's life and lease; None where there is no time for one."""
        message, now = outbound.message, self._clock()
        left = min(message.lease_until - _MARGIN, message.send_before) - now
        if left < min(_SHORTEST_TRY, message.send_before - message.created_at):
            self._drop(message.id)  # the sweep decides what becomes of it
            return None
        try:
            text = compose(outbound, self._catalogue, self._secrets)
        except CodeGone:
            return MessageSettled(message.id, "refused", error="code_gone")
        return await self._post(message, text, min(left / 1000, TIMEOUT))

    async def _post(self, message: Message, text: str, timeout: float) -> MessageSettled:
        import httpx
        import telnyx

        assert self._client is not None
        body = {"from": message.number, "to": message.phone, "text": text}
        headers = {"Idempotency-Key": f"{message.id}-{message.round}"}
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.post(
                    "/messages",
                    cast_to=httpx.Response,
                    body=body,
                    options={"headers": headers},
                )
            accepted = msgspec.json.decode(response.content, type=_Accepted)
        except telnyx.APIStatusError as error:
            return self._classify(message, error.status_code, _code(error.body))
        except (telnyx.APIConnectionError, httpx.HTTPError, TimeoutError, OSError) as error:
            log.warning("Telnyx can't be reached (%s); trying again", type(error).__name__)
            return MessageSettled(message.id, "retry", error="unreachable")
        except (msgspec.MsgspecError, UnicodeError):
            log.warning("Telnyx answered without a message; trying again")
            return MessageSettled(message.id, "retry", error="unreadable")
        return MessageSettled(message.id, "sent", provider_id=accepted.data.id[:128])

    def _classify(self, message: Message, status: int, code: str | None) -> MessageSettled:
        outcome = classify(status, code, message.error)
        level = logging.ERROR if outcome == "held" else logging.INFO
        log.log(level, "Telnyx refused a text: HTTP %d, code %s: %s", status, code, outcome)
        return MessageSettled(message.id, outcome, error=code or str(status))

    async def _report(self, result: MessageSettled) -> None:
        """Without a commit the lease runs out and the text is sent again, under the same key."""
        assert self._writer is not None
        try:
            await self._writer.submit(result)
        except Unavailable as error:
            log.warning("a send could not be recorded (%s)", error)

    async def _step_back(self, turn: deque[Message]) -> None:
        assert self._writer is not None
        ids = tuple(message.id for message in turn if message.id in self._held)
        turn.clear()
        for id in ids:
            self._drop(id)
        if ids:
            try:
                await self._writer.submit(LeasesReturned(ids))
            except Unavailable as error:
                log.warning("%d leases could not be given back (%s)", len(ids), error)

    # -- in the background ---------------------------------------------------------------------

    async def _open(self) -> None:
        """Imports the SDK beside the loop, then starts to send."""
        self._client = await asyncio.to_thread(_client, self._account)
        log.info("ready to send")
        self._pump()

    async def _sweep(self) -> None:
        """What nobody holds: left by a process that died, waiting for another try, too late."""
        assert self._writer is not None
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            if self._client is None:
                continue
            try:
                await self._writer.submit(OutboxSwept(self._writer.slots.free))
            except Unavailable as error:
                log.debug("no sweep: %s", error)


def _client(account: Account) -> AsyncTelnyx:
    from telnyx import AsyncTelnyx, DefaultAioHttpClient

    return AsyncTelnyx(
        api_key=account.api_key,
        base_url=account.base_url,
        max_retries=0,  # its retries carry no idempotency key of ours
        timeout=TIMEOUT,
        http_client=account.http_client or DefaultAioHttpClient(cookies=_NoCookies()),
    )


class _NoCookies(CookieJar):
    """Keeps none: looking for them in each answer is a tenth of what sending a text costs."""

    def extract_cookies(self, response: object, request: object) -> None:
        """None."""

    def add_cookie_header(self, request: object) -> None:
        """None."""


def _code(body: Any) -> str | None:
    """Telnyx's own error code; `str(error)` would hold both phone numbers."""
    try:
        return str(body["errors"][0]["code"])[:16]
    except (KeyError, IndexError, TypeError):
        return None
