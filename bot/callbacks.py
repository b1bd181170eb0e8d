"""Callbacks to web apps: which changes are announced, which process sends them, and retries.

The schedule, `Retry-After`, and 410 to disable a URL follow Standard Webhooks 1.0.
"""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from bot.changes import Changes
from bot.commands import CallbackSettled, CallbacksSwept, HoldersLost
from bot.outcomes import Outcome, Recorded
from bot.policy import CALLBACK_LEASE_MS, CALLBACK_SCHEDULE_MS, LONGEST_RETRY_AFTER_MS
from bot.records import Callback, Endpoint, Verification
from bot.snapshot import Snapshot

#: A retry is late by up to this share of its wait, so that not all come at once.
_JITTER = 0.2


def announce(changes: Changes) -> None:
    """Queue a callback for each verification that these changes end or repudiate, if its web app
    wants one."""
    for verification in changes.rows.verifications.values():
        if verification.callback_url is None or verification.client is None:
            continue
        event = _event(changes.snapshot.rows.verifications.get(verification.id), verification)
        if event is not None:
            changes.put(_callback(verification, event, changes))


def sweep(changes: Changes, command: CallbacksSwept) -> Outcome:
    """Lease due callbacks to the sweeping process.

    Also stores expiries that no command has stored: they are announced, and free their refs.
    """
    for id in changes.snapshot.expired:
        verification = changes.verification(id)
        if verification is not None and verification.status == "expired":
            changes.put_verification(verification)
    for id in changes.snapshot.due_callbacks:
        callback = changes.snapshot.rows.callbacks[id]
        if not _is_due(callback, changes.now):
            continue
        if is_disabled(changes.snapshot, callback.client, callback.url):
            changes.put(replace(callback, state="disabled"))
        else:
            until = changes.now + CALLBACK_LEASE_MS
            changes.put(replace(callback, lease_owner=command.owner, lease_until=until))
    return Recorded()


def free(changes: Changes, command: HoldersLost) -> Outcome:
    """Free the callbacks of processes that have died: the next sweep leases them."""
    for id in changes.snapshot.orphaned_callbacks:
        callback = changes.snapshot.rows.callbacks[id]
        if callback.state == "queued":
            changes.put(replace(callback, lease_owner=None, lease_until=0))
    return Recorded()


def settle(changes: Changes, report: CallbackSettled) -> Outcome:
    """Record how one try ended."""
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
            changes.put(replace(tried, state="delivered"))
        case "gone":
            changes.put(replace(tried, state="disabled"))
            key = endpoint_key(callback.client, callback.url)
            changes.put(Endpoint(key, disabled_at=changes.now))
        case "retry":
            changes.put(_later(changes, tried, report.retry_after))
    return Recorded()


def endpoint_key(client: str, url: str) -> str:
    """The `Endpoint.key` of a web app's URL."""
    return f"{client} {url}"


def is_disabled(snapshot: Snapshot, client: str, url: str) -> bool:
    """Whether the URL has answered 410."""
    endpoint = snapshot.rows.endpoints.get(endpoint_key(client, url))
    return endpoint is not None and endpoint.disabled_at is not None


def _event(before: Verification | None, after: Verification) -> str | None:
    """The type of the callback about a change; None if the change needs none."""
    if after.repudiated_at is not None and (before is None or before.repudiated_at is None):
        return "verification.repudiated"
    if after.status == "pending":
        return None
    if before is None or before.status == "pending":
        return f"verification.{after.status}"
    return None


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


def _is_due(callback: Callback, now: int) -> bool:
    """Whether it is still due: a report earlier in the same batch may have settled it."""
    return callback.state == "queued" and max(callback.not_before, callback.lease_until) <= now


def _later(changes: Changes, tried: Callback, retry_after: int) -> Callback:
    if tried.tries > len(CALLBACK_SCHEDULE_MS):
        return replace(tried, state="failed")
    wait = CALLBACK_SCHEDULE_MS[tried.tries - 1]
    jitter = int(tried.id[-2:], 16) / 256 * _JITTER
    wait = max(int(wait * (1 + jitter)), min(retry_after, LONGEST_RETRY_AFTER_MS))
    return replace(tried, not_before=changes.now + wait)
