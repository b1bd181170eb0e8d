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
from storage.turns import takes_turn
from storage.writer import Writer
from webhooks.telnyx.api_user import ApiUser
from webhooks.telnyx.messages_api import Account, ApiError
from webhooks.telnyx.missed import Missed, MissedTexts

log = logging.getLogger("textlogin.catch_up")

INTERVAL_S = 300.0
#: The service's own value with the time (ms) at which a process last began.
_TURN = "caught_up_at"
#: How far back it looks: at the start, and later.
_AT_START_MS = 7 * DAY_MS
_LATER_MS = DAY_MS
#: Processes that start within this time of each other start together.
_START_TOGETHER_S = 30.0


class CaughtUp(NamedTuple):
    """What was missed and is dealt with now."""

    texts: int
    opt_outs: int


class CatchUp(ApiUser):
    """Catches up at its start, and every `INTERVAL_S`. With `is_shared`, other processes may serve
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
        super().__init__(account)
        self._writer = writer
        self._reader = reader
        self._numbers = numbers
        self._vocabulary = vocabulary
        self._clock = clock
        self._is_shared = is_shared
        self._has_failed = False

    async def once(self, look_back_ms: int = _AT_START_MS) -> CaughtUp:
        """Deal with what was missed in this time. Raises ApiError, Unavailable."""
        missed = MissedTexts(await self._api(), self._numbers, self._vocabulary, self._clock)
        since = self._clock.wall() - look_back_ms
        texts = await self._submit(await missed.undelivered(since))
        opt_outs = await self._submit(await self._unknown(await missed.opt_outs(since)))
        return CaughtUp(texts, opt_outs)

    # -- in the background ---------------------------------------------------------------------

    async def _run(self) -> None:
        await self._if_mine(_START_TOGETHER_S, _AT_START_MS)
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._if_mine(INTERVAL_S, _LATER_MS)

    async def _if_mine(self, interval_s: float, look_back_ms: int) -> None:
        """Catch up, unless another process does. The log has one line when it begins to fail, and
        one when it works again."""
        try:
            if await self._is_mine(interval_s):
                self._report(await self.once(look_back_ms))
        except (ApiError, Unavailable) as error:
            self._report_failure(str(error))
        except Exception as error:
            if not self._has_failed:
                log.exception("Unexpected error while catching up")
            self._report_failure(type(error).__name__)

    async def _is_mine(self, interval_s: float) -> bool:
        if not self._is_shared:
            return True
        now, interval_ms = self._clock(), int(interval_s * 1000)
        return await takes_turn(self._reader, self._writer.submit, _TURN, now, interval_ms)

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
