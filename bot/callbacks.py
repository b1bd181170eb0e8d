"""Callbacks to web apps: which changes are announced, who sends one next, when it is retried.

Standard Webhooks 1.0: the schedule, `Retry-After`, and 410 for a URL that takes no more.
"""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from bot.changes import Changes
from bot.commands import CallbackSettled, CallbacksSwept
from bot.outcomes import Outcome, Recorded
from bot.records import DAY_MS, HOUR_MS, MINUTE_MS, Callback, Endpoint, Verification
from bot.snapshot import Snapshot

#: Ms from one try to the next; after the last one it is given up.
SCHEDULE = (
    *(
        5_000,
        5 * MINUTE_MS,
        30 * MINUTE_MS,
        2 * HOUR_MS,
        5 * HOUR_MS,
        10 * HOUR_MS,
        14 * HOUR_MS,
        20 * HOUR_MS,
    ),
    24 * HOUR_MS,
)
#: Longer than a try may take, so that no second process sends it meanwhile.
LEASE = 20_000


def announce(changes: Changes) -> None:
    """Queue a callback for each verification ended by this decision that wants one."""
    for verification in changes.rows.verifications.values():
        if verification.callback_url is None or verification.client is None:
            continue
        event = _event(changes.snapshot.rows.verifications.get(verification.id), verification)
        if event is not None:
            changes.put_callback(_callback(verification, event, changes))


def endpoint_key(client: str, url: str) -> str:
    """A web app's URL, as `Endpoint.key`."""
    return f"{client} {url}"


def is_disabled(snapshot: Snapshot, client: str, url: str) -> bool:
    """Whether the URL has answered 410."""
    endpoint = snapshot.rows.endpoints.get(endpoint_key(client, url))
    return endpoint is not None and endpoint.disabled_at is not None


def sweep(changes: Changes, command: CallbacksSwept) -> Outcome:
    """Due callbacks go to the sweeping process. Expiries that nobody read are written down, so
    that they are announced too."""
    for id in changes.snapshot.expired:
        verification = changes.verification(id)
        if verification is not None and verification.status == "expired":
            changes.put_verification(verification)
    for id in changes.snapshot.due_callbacks:
        callback = changes.snapshot.rows.callbacks[id]
        if not _is_due(callback, changes.now):
            continue
        if is_disabled(changes.snapshot, callback.client, callback.url):
            changes.put_callback(replace(callback, state="disabled"))
        else:
            until = changes.now + LEASE
            changes.put_callback(replace(callback, lease_owner=command.owner, lease_until=until))
    return Recorded()


def settle(changes: Changes, report: CallbackSettled) -> Outcome:
    """How one try ended."""
    callback = changes.snapshot.rows.callbacks.get(report.id)
    if callback is None or callback.state != "queued":
        return Recorded()
    tried = replace(
        callback,
        tries=callback.tries + 1,
        lease_owner=None,
        lease_until=0,
        answer=report.answer,
    )
    match report.outcome:
        case "delivered":
            changes.put_callback(replace(tried, state="delivered"))
        case "gone":
            changes.put_callback(replace(tried, state="disabled"))
            key = endpoint_key(callback.client, callback.url)
            changes.put_endpoint(Endpoint(key, changes.now))
        case _:
            changes.put_callback(_later(changes, tried, report.retry_after))
    return Recorded()


def _is_due(callback: Callback, now: int) -> bool:
    """Still so: a late report may have come before the sweep, in the same batch."""
    return callback.state == "queued" and max(callback.not_before, callback.lease_until) <= now


def _later(changes: Changes, tried: Callback, retry_after: int) -> Callback:
    if tried.tries > len(SCHEDULE):
        return replace(tried, state="failed")
    wait = SCHEDULE[tried.tries - 1]
    jitter = int(tried.id[-2:], 16) / 256 * 0.2  # up to a fifth more, so that not all come at once
    wait = max(int(wait * (1 + jitter)), min(retry_after, DAY_MS))
    return replace(tried, not_before=changes.now + wait)


def _event(before: Verification | None, after: Verification) -> str | None:
    if after.status == "pending":
        return None
    if before is None or before.status == "pending":
        return f"verification.{after.status}"
    return None if before.status == after.status else "verification.repudiated"


def _callback(verification: Verification, event: str, changes: Changes) -> Callback:
    client, url = verification.client or "", verification.callback_url or ""
    return Callback(
        id=changes.ids.id("evt", changes.now),
        client=client,
        url=url,
        type=event,
        verification_id=verification.id,
        snapshot=json.encode(replace(verification, spent=None)).decode(),
        created_at=changes.now,
        state="disabled" if is_disabled(changes.snapshot, client, url) else "queued",
        not_before=changes.now,
    )
