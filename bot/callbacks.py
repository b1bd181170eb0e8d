"""Callbacks to web apps: which changes are announced, who sends one next, when it is retried.

Standard Webhooks 1.0: the schedule, `Retry-After`, and 410 for a URL that takes no more.
"""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from bot.changes import Draft
from bot.commands import CallbackSettled, CallbacksSwept
from bot.records import DAY, HOUR, MINUTE, Callback, Endpoint, Verification
from bot.snapshot import Outcome, Recorded, Snapshot

#: Ms from one try to the next; after the last one it is given up.
SCHEDULE = (
    *(5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR),
    24 * HOUR,
)
#: Longer than a try may take, so that no second process sends it meanwhile.
LEASE = 20_000


def announce(draft: Draft) -> None:
    """Queue a callback for each verification ended by this decision that wants one."""
    for verification in draft.rows.verifications.values():
        if verification.callback_url is None or verification.client is None:
            continue
        event = _event(draft.snapshot.rows.verifications.get(verification.id), verification)
        if event is not None:
            draft.put_callback(_callback(verification, event, draft))


def endpoint_key(client: str, url: str) -> str:
    """A web app's URL, as `Endpoint.key`."""
    return f"{client} {url}"


def is_disabled(snapshot: Snapshot, client: str, url: str) -> bool:
    """Whether the URL has answered 410."""
    endpoint = snapshot.rows.endpoints.get(endpoint_key(client, url))
    return endpoint is not None and endpoint.disabled_at is not None


def sweep(draft: Draft, command: CallbacksSwept) -> Outcome:
    """Due callbacks go to the sweeping process. Expiries that nobody read are written down, so
    that they are announced too."""
    for id in draft.snapshot.expired:
        verification = draft.verification(id)
        if verification is not None and verification.status == "expired":
            draft.put_verification(verification)
    for id in draft.snapshot.due_callbacks:
        callback = draft.snapshot.rows.callbacks[id]
        if not _is_due(callback, draft.now):
            continue
        if is_disabled(draft.snapshot, callback.client, callback.url):
            draft.put_callback(replace(callback, state="disabled"))
        else:
            until = draft.now + LEASE
            draft.put_callback(replace(callback, lease_owner=command.owner, lease_until=until))
    return Recorded()


def settle(draft: Draft, report: CallbackSettled) -> Outcome:
    """How one try ended."""
    callback = draft.snapshot.rows.callbacks.get(report.id)
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
            draft.put_callback(replace(tried, state="delivered"))
        case "gone":
            draft.put_callback(replace(tried, state="disabled"))
            key = endpoint_key(callback.client, callback.url)
            draft.put_endpoint(Endpoint(key, draft.now))
        case _:
            draft.put_callback(_later(draft, tried, report.retry_after))
    return Recorded()


def _is_due(callback: Callback, now: int) -> bool:
    """Still so: a late report may have come before the sweep, in the same batch."""
    return callback.state == "queued" and max(callback.not_before, callback.lease_until) <= now


def _later(draft: Draft, tried: Callback, retry_after: int) -> Callback:
    if tried.tries > len(SCHEDULE):
        return replace(tried, state="failed")
    wait = SCHEDULE[tried.tries - 1]
    jitter = int(tried.id[-2:], 16) / 256 * 0.2  # up to a fifth more, so that not all come at once
    wait = max(int(wait * (1 + jitter)), min(retry_after, DAY))
    return replace(tried, not_before=draft.now + wait)


def _event(before: Verification | None, after: Verification) -> str | None:
    if after.status == "pending":
        return None
    if before is None or before.status == "pending":
        return f"verification.{after.status}"
    return None if before.status == after.status else "verification.repudiated"


def _callback(verification: Verification, event: str, draft: Draft) -> Callback:
    client, url = verification.client or "", verification.callback_url or ""
    return Callback(
        id=draft.fresh.id("evt", draft.now),
        client=client,
        url=url,
        type=event,
        verification_id=verification.id,
        snapshot=json.encode(replace(verification, spent=None)).decode(),
        created_at=draft.now,
        state="disabled" if is_disabled(draft.snapshot, client, url) else "queued",
        not_before=draft.now,
    )
