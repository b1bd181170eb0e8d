"""The fraud guard: refuses codes that pages and web apps ask for where too many die unused.

Fraudsters make us text numbers that they are paid for, and never type the codes. So it counts codes
that died without an approval: per *prefix* (a number less its last 4 digits), per client address,
per web app, and per region outside `DEFAULT_REGION`, which a stranger could otherwise close for
all. What a phone asks for by text is never refused here: it pays for its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from bot import app_budget
from bot.changes import Changes
from bot.events import GuardedBy, GuardRefused
from bot.limits import Refusal, add, times
from bot.phone import region_of
from bot.policy import (
    DAILY_SHARE_UNUSED,
    DAILY_UNUSED,
    HOURLY_SHARE_UNUSED,
    HOURLY_UNUSED,
    MOST_APPROVALS_REMEMBERED,
    REGIONS_PER_ADDRESS,
    Policy,
)
from bot.records import DAY_MS, HOUR_MS, Guard, Verification

LIMIT = "fraud_guard"


def keys(phone: str, address: str | None, client: str | None) -> list[str]:
    """The keys of the rows that a code to this phone, asked for by this web app, concerns."""
    app = app_budget.key(client)
    return [*_keys(phone, address), app] if app else _keys(phone, address)


def _keys(phone: str, address: str | None) -> list[str]:
    found = [f"prefix {phone[:-4]}", f"region {region_of(phone)}"]
    return found if address is None else [*found, f"address {address}"]


def refusal(
    changes: Changes, phone: str, address: str | None, client: str | None
) -> Refusal | None:
    """The refusal of a code that a page or a web app asks for. With `FRAUD_GUARD` at `record` it is
    reported only."""
    mode = changes.policy.fraud_guard
    over = max(_over(changes, phone, address, client), default=None) if mode != "off" else None
    if over is None:
        return None
    until, by = over
    changes.report(GuardRefused(phone, by, until, enforced=mode == "enforce"))
    return Refusal(LIMIT, until) if mode == "enforce" else None


def count_code(changes: Changes, phone: str, address: str | None, client: str | None) -> None:
    """Count a code. It is unused until it approves."""
    now = changes.now
    app_budget.count(changes, client, codes=1)
    for guard in _guards(changes, phone, address):
        counted = replace(guard, unused_at=add(guard.unused_at, now, DAY_MS))
        if guard.key.startswith("address "):
            regions = _regions(guard, now) | {str(region_of(phone)): now}
            counted = replace(
                counted, regions=",".join(f"{one}:{at}" for one, at in regions.items())
            )
        changes.put(counted)


def count_approval(changes: Changes, approved: Verification, phone: str) -> None:
    """Count an approval by the newest code that was sent for a page: it was not unused."""
    app_budget.count(changes, approved.client, approvals=1)
    sent_at = str((approved.resend_at or 0) - changes.policy.resend_cooldown_ms)
    for guard in _guards(changes, phone, approved.address):
        unused = guard.unused_at.split(",")
        if sent_at in unused:
            unused.remove(sent_at)
        approvals = add(guard.approved_at, changes.now, DAY_MS).split(",")
        kept = ",".join(approvals[-MOST_APPROVALS_REMEMBERED:])
        changes.put(replace(guard, unused_at=",".join(unused), approved_at=kept))


#: The first word of a guard's key → what it guards by.
_KINDS: Mapping[str, GuardedBy] = {"prefix": "prefix", "address": "address", "region": "region"}


def _guards(changes: Changes, phone: str, address: str | None) -> Iterator[Guard]:
    """Those that may refuse. The default region never does."""
    for key in _keys(phone, address):
        if key != f"region {changes.policy.default_region}":
            yield changes.guard(key)


def _over(
    changes: Changes, phone: str, address: str | None, client: str | None
) -> Iterator[tuple[int, GuardedBy]]:
    """Until when (ms) each that is over its budget refuses."""
    app_until = app_budget.used_up_until(changes, client)
    if app_until is not None:
        yield app_until, "web_app"
    for guard in _guards(changes, phone, address):
        by = _KINDS[guard.key.partition(" ")[0]]
        for until in _budgets_used_up(guard, changes.now, changes.policy):
            yield until, by
        regions = _regions(guard, changes.now)
        if len(regions) >= REGIONS_PER_ADDRESS and region_of(phone) not in regions:
            yield min(regions.values()) + DAY_MS, "regions_of_address"


def _budgets_used_up(guard: Guard, now: int, policy: Policy) -> Iterator[int]:
    """When the hour's and the day's budget have room again. A code that is still out counts towards
    the day's only: people who are just logging in do not use up the hour's."""
    sent = times(guard.unused_at, now - DAY_MS)
    approved = times(guard.approved_at, now - DAY_MS)
    died = [at for at in sent if now - HOUR_MS < at <= now - policy.code_ttl_ms]
    hourly = _budget(HOURLY_UNUSED, HOURLY_SHARE_UNUSED, times(guard.approved_at, now - HOUR_MS))
    daily = _budget(DAILY_UNUSED, DAILY_SHARE_UNUSED, approved)
    if len(died) >= hourly:
        yield died[-hourly] + HOUR_MS
    if len(sent) >= daily:
        yield sent[-daily] + DAY_MS


def _budget(least: int, share: float, approved: list[int]) -> int:
    return max(least, int(share * len(approved)))


def _regions(guard: Guard, now: int) -> dict[str, int]:
    """The regions that an address asked for in the last 24 hours, and when it last did (ms)."""
    pairs = [one.split(":") for one in guard.regions.split(",") if one]
    return {region: int(at) for region, at in pairs if int(at) > now - DAY_MS}
