"""Which changes a web app is told of: each final status, and an approval taken back."""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from bot.records import Callback, Verification
from bot.snapshot import Fresh, Rows, Snapshot


def announce(rows: Rows, snapshot: Snapshot, now: int, fresh: Fresh) -> None:
    """Adds a callback for each verification of `rows` that has just ended and wants one."""
    for verification in rows.verifications.values():
        if verification.callback_url is None or verification.client is None:
            continue
        event = _event(snapshot.rows.verifications.get(verification.id), verification)
        if event is not None:
            callback = _callback(verification, event, snapshot, now, fresh)
            rows.callbacks[callback.id] = callback


def endpoint_key(client: str, url: str) -> str:
    """A web app's URL, as `Endpoint.key`."""
    return f"{client} {url}"


def is_disabled(snapshot: Snapshot, client: str, url: str) -> bool:
    """Whether the URL has answered 410."""
    endpoint = snapshot.rows.endpoints.get(endpoint_key(client, url))
    return endpoint is not None and endpoint.disabled_at is not None


def _event(before: Verification | None, after: Verification) -> str | None:
    if after.status == "pending":
        return None
    if before is None or before.status == "pending":
        return f"verification.{after.status}"
    return None if before.status == after.status else "verification.repudiated"


def _callback(
    verification: Verification, event: str, snapshot: Snapshot, now: int, fresh: Fresh
) -> Callback:
    client, url = verification.client or "", verification.callback_url or ""
    disabled = is_disabled(snapshot, client, url)
    return Callback(
        fresh.id("evt", now),
        client,
        url,
        event,
        verification.id,
        json.encode(replace(verification, spent=None)).decode(),
        now,
        state="disabled" if disabled else "queued",
        not_before=now,
    )
