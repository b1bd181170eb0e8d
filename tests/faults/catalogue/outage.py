"""A long outage of Telnyx on a simulated clock, in this process."""

from __future__ import annotations

import time
from itertools import count

import httpx

from tests.faults.databases import approvals
from tests.faults.fault import BOTH, Bar, simulated_fault
from tests.faults.ledger import Ledger
from tests.faults.outcome import Outcome, settle
from tests.harness.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.harness.eventually import until
from tests.harness.phone import code_in
from tests.harness.running_service import RunningService, running_service

_SWEEP_MS = 10 * SECOND_MS
_LIVES_MS = 4 * MINUTE_MS
_phones = (f"+1415556{number:04}" for number in count())


@simulated_fault(BOTH)
async def hour_without_telnyx(url: str) -> Outcome:
    """Telnyx is unreachable for an hour, and a phone texts LOGIN every minute.

    Then the codes that still live are sent, once, and approve. Those that have died are not.
    """
    ledger = Ledger()
    async with running_service(url) as service:
        service.telnyx.failure = httpx.ConnectError("unreachable")
        began_at = service.clock()
        dead: list[str] = []
        alive: list[str] = []
        while (passed := service.clock() - began_at) < HOUR_MS:
            if passed % MINUTE_MS == 0:
                group = alive if passed >= HOUR_MS - _LIVES_MS else dead
                group.append(await _log_in(service, ledger))
            await service.sweep_after(_SWEEP_MS)
        service.telnyx.failure = None
        recovery_s = await _recover(service, ledger)
        for phone in alive:
            await _reply(service, ledger, phone)
        late = 0
        for phone in dead:
            del ledger.logins[phone]
            late += len(await service.texts_to(phone))
    outcome = settle(ledger, approvals(url), recovery_s, Bar())
    outcome.problems += [f"{late} dead codes sent"] if late else []
    return outcome


async def _log_in(service: RunningService, ledger: Ledger) -> str:
    phone = next(_phones)
    login = ledger.begin(phone)
    status = await service.text(phone, "LOGIN")
    ledger.answers[status] += 1
    if status == 200:
        login.acknowledged_at = time.monotonic()
    return phone


async def _recover(service: RunningService, ledger: Ledger) -> float:
    """A fresh LOGIN, to the end; seconds until its code came."""
    began_at = time.monotonic()
    phone = await _log_in(service, ledger)
    await service.phone(phone).code()
    recovery_s = time.monotonic() - began_at
    await _reply(service, ledger, phone)
    return recovery_s


async def _reply(service: RunningService, ledger: Ledger, phone: str) -> None:
    """Wait for the code, reply with it, and enter all texts that came into the ledger."""
    await service.sweep_after(_SWEEP_MS)
    reader = service.phone(phone)
    status = await reader.text(code_in(await reader.reads()))
    ledger.answers[status] += 1
    ledger.logins[phone].reply_acknowledged_at = time.monotonic()
    await until(lambda: not service.telnyx.under_way)
    await service.idle()
    for text in await service.texts_to(phone):
        ledger.receive(phone, text["text"])
