"""Catches up on texts and opt-outs that Telnyx could not deliver: at the start, then regularly.

They pass the same door as webhooks: the same parser, the same command, the same duplicates. A phone
remembers its texts for some minutes only, so each one that is dealt with leaves a mark among the
webhook events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.commands import EventIgnored, TextReceived
from bot.outcomes import Duplicate
from bot.records import DAY_MS, Conversation
from bot.vocabulary import Vocabulary
from storage.clock import Clock
from storage.errors import Poisoned, Unavailable
from storage.queries import Reader
from storage.writer import Writer
from webhooks.telnyx.messages_api import Account, ApiError, MessagesApi
from webhooks.telnyx.missed import Missed, MissedTexts

log = logging.getLogger("textlogin.catch_up")

INTERVAL_S = 300.0
#: How far back it looks: at the start, and later.
_AT_START_MS = 7 * DAY_MS
_LATER_MS = DAY_MS
#: Processes that start within this time of each other start together.
_START_TOGETHER_S = 30.0


class CaughtUp(NamedTuple):
    """What was missed and is dealt with now."""

    texts: int
    opt_outs: int


class CatchUp:
    """Runs on the event loop from `start` to `stop`. With `is_shared`, other processes may serve
    the same database: one of them catches up each time."""

    def __init__(
        self,
        writer: Writer,
        reader: Reader,
        account: Account,
        *,
        numbers: frozenset[str],
        vocabulary: Vocabulary,
        clock: Clock,
        is_shared: bool,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._account = account
        self._numbers = numbers
        self._vocabulary = vocabulary
        self._clock = clock
        self._is_shared = is_shared
        self._api: MessagesApi | None = None
        self._task: asyncio.Task[None] | None = None
        self._has_failed = False

    def start(self) -> None:
        """Catch up now, and every `INTERVAL_S`."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End at once; what is committed stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._api is not None:
            await self._api.close()

    async def once(self, look_back_ms: int = _AT_START_MS) -> CaughtUp:
        """Deal with what was missed in this time. Raises ApiError, Unavailable."""
        if self._api is None:
            self._api = await MessagesApi.open(self._account)
        missed = MissedTexts(self._api, self._numbers, self._vocabulary, self._clock)
        since = self._clock.wall() - look_back_ms
        texts = await self._submit(await missed.undelivered(since))
        opt_outs = await self._submit(await self._unknown(await missed.opt_outs(since)))
        return CaughtUp(texts, opt_outs)

    # -- in the background ---------------------------------------------------------------------

    async def _run(self) -> None:
        await self._if_mine("start", _START_TOGETHER_S, _AT_START_MS)
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._if_mine("later", INTERVAL_S, _LATER_MS)

    async def _if_mine(self, kind: str, span_s: float, look_back_ms: int) -> None:
        """Catch up, unless another process does. The log has one line when it begins to fail, and
        one when it works again."""
        try:
            if await self._is_mine(kind, span_s):
                self._report(await self.once(look_back_ms))
        except (ApiError, Unavailable) as error:
            self._report_failure(str(error))
        except Exception as error:
            if not self._has_failed:
                log.exception("Unexpected error while catching up")
            self._report_failure(type(error).__name__)

    async def _is_mine(self, kind: str, span_s: float) -> bool:
        """Whether no other process has recorded that it catches up in this span of time."""
        if not self._is_shared:
            return True
        span = int(self._clock() / 1000 // span_s)
        outcome = await self._writer.submit(EventIgnored(f"catch_up_{kind}_{span}"))
        return not isinstance(outcome, Duplicate)

    def _report(self, caught_up: CaughtUp) -> None:
        if self._has_failed:
            self._has_failed = False
            log.warning("Catching up with Telnyx works again")
        if any(caught_up):
            log.warning("Caught up: %d texts and %d opt-outs that had not arrived", *caught_up)

    def _report_failure(self, reason: str) -> None:
        if not self._has_failed:
            self._has_failed = True
            log.warning("Cannot catch up with Telnyx, will try again: %s", reason)

    # -- what was missed -----------------------------------------------------------------------

    async def _submit(self, missed: Sequence[Missed]) -> int:
        """Carry out those without a mark, one after the other, and mark them. How many were new."""
        marked = await self._reader.known_events([one.mark for one in missed])
        count = 0
        for one in missed:
            if one.mark not in marked:
                count += await self._carry_out(one)
        return count

    async def _carry_out(self, one: Missed) -> bool:
        try:
            outcome = await self._writer.submit(one.command)
        except Poisoned:  # it would fail again, also when it is delivered
            outcome = Duplicate()
        await self._writer.submit(EventIgnored(one.mark))
        return not isinstance(outcome, Duplicate)

    async def _unknown(self, opt_outs: Iterable[Missed]) -> list[Missed]:
        """Those that are not recorded, and were not followed by an opt-in."""
        found = list(opt_outs)
        phones = {one.command.phone for one in found}
        pairs = await self._reader.conversations(sorted(phones))
        known = {(pair.phone, pair.number): pair for pair in pairs}
        return [
            one
            for one in found
            if _is_new(one.command, known.get((one.command.phone, one.command.number)))
        ]


def _is_new(stop: TextReceived, pair: Conversation | None) -> bool:
    if pair is None:
        return True
    return pair.opted_out_at is None and (pair.opted_in_at or 0) < stop.received_at
