"""A verification as JSON, as it reads now, and the ETag that tells one state from another."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
from msgspec import Struct

from bot.expiry import as_of
from bot.phone import mask
from bot.records import Verification

#: Seconds between two polls that a web app is asked to keep (RFC 8628, section 3.2).
INTERVAL = 2


class Login(Struct, frozen=True):
    """What the user texts, and where to; `sms_uri` by RFC 5724."""

    ref: str | None
    text: str
    phone_number: str
    sms_uri: str


class VerificationObject(Struct, frozen=True):
    """The object of the API. Times are RFC 3339 in UTC."""

    id: str
    status: str
    awaiting: str | None
    method: str
    code_entry: str
    phone_number: str | None
    binding: str | None
    reason: str | None
    delivery: str | None
    attempts_left: int
    reference: str | None
    login: Login | None
    created_at: str
    expires_at: str
    code_expires_at: str | None
    resend_at: str | None
    completed_at: str | None
    redeemed_at: str | None
    interval: int
    poll_token: str | msgspec.UnsetType = msgspec.UNSET


def present(
    verification: Verification,
    now: int,
    *,
    masked: bool = False,
    poll_token: str | msgspec.UnsetType = msgspec.UNSET,
) -> VerificationObject:
    """The object at `now`; `masked` for the holder of a poll token."""
    current = as_of(verification, now)
    phone = current.phone
    return VerificationObject(
        current.id,
        current.status,
        current.awaiting,
        current.method,
        current.code_entry,
        mask(phone) if phone and masked else phone,
        current.binding,
        current.reason,
        current.delivery,
        current.attempts_left,
        current.reference,
        _login(current) if current.method == "text" else None,
        iso(current.created_at),
        iso(current.expires_at),
        _maybe(current.code_expires_at),
        _maybe(current.resend_at),
        _maybe(current.completed_at),
        _maybe(current.redeemed_at),
        INTERVAL,
        poll_token,
    )


def etag(verification: Verification, now: int) -> str:
    """Changes with every commit, and with what time alone changes (RFC 9110, section 8.8.3)."""
    current = as_of(verification, now)
    return f'"{current.revision}-{current.status}-{current.awaiting or "over"}"'


def encode(shown: VerificationObject) -> bytes:
    """JSON bytes."""
    return msgspec.json.encode(shown)


def encode_page(shown: list[VerificationObject], following: str | None) -> bytes:
    """JSON bytes of a page; `next` is the cursor of the following one."""
    return msgspec.json.encode({"data": shown, "next": following})


def iso(at: int) -> str:
    """Milliseconds as RFC 3339."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _maybe(at: int | None) -> str | None:
    return None if at is None else iso(at)


def _login(verification: Verification) -> Login:
    ref, number = verification.ref, verification.number
    text = f"LOGIN {ref}" if ref else "LOGIN"
    return Login(ref, text, number, f"sms:{number}?body={quote(text)}")
