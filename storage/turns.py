"""Which of several processes does something regular: the first one to write down that it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.commands import Command, OwnValueSet
from bot.outcomes import Outcome, Recorded
from storage.queries import Reader

Submit = Callable[[Command], Awaitable[Outcome]]


async def takes_turn(reader: Reader, submit: Submit, name: str, now: int, interval_ms: int) -> bool:
    """Whether it is this process's turn: nobody has begun within `interval_ms` before `now`. Then
    the service's own value `name` is this time (ms). Raises Unavailable."""
    before = await reader.own_value(name)
    if before is not None and now - int(before) < interval_ms:
        return False
    return await submit(OwnValueSet(name, str(now), instead_of=before)) == Recorded()
