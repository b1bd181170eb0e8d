"""The verification object that web apps read: its JSON and its ETag, both as of a given time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from bot.expiry import as_of
from bot.phone import mask
from bot.records import (
    Awaiting,
    Binding,
    CodeEntry,
    Delivery,
    Method,
    Reason,
    Status,
    Verification,
)

#: Seconds that a web app should leave between two polls (RFC 8628, section 3.2).
POLL_INTERVAL_S = 2

#: What the holder of a poll token, who may be a stranger to the phone, does not learn about it.
_PRIVATE_REASONS = frozenset({"opted_out", "blocked"})

DateTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Login(Struct, frozen=True):
    """What the user texts, and to which number."""

    ref: Annotated[str | None, Meta(description="Six letters that identify the verification.")]
    text: Annotated[str, Meta(description="The text to send.")]
    phone_number: Annotated[str, Meta(description="The number to send it to, E.164.")]
    sms_uri: Annotated[str, Meta(description="A link that opens the text in the messages app.")]


class VerificationObject(Struct, frozen=True):
    """A verification as it reads now. Times are RFC 3339 in UTC."""

    id: Annotated[str, Meta(description="`ver_` and 47 hex digits; ids sort by age.")]
    status: Annotated[Status, Meta(description="`pending`, or how it ended.")]
    awaiting: Annotated[
        Awaiting | None,
        Meta(description="What must come next: a LOGIN text or the code; null once final."),
    ]
    method: Annotated[
        Method, Meta(description="`text`: the user texts first. `sms`: a code is sent at once.")
    ]
    code_entry: Annotated[
        CodeEntry, Meta(description="Where the code is entered: in a text reply, or on the page.")
    ]
    phone_number: Annotated[
        str | None, Meta(description="E.164; masked for the holder of a poll token.")
    ]
    binding: Annotated[
        Binding | None, Meta(description="What an approval is based on, with status approved.")
    ]
    reason: Annotated[
        Reason | None,
        Meta(
            description="Why it was denied or canceled, or why it failed; while pending, "
            "`sender_misconfigured` if the operator has to mend what sends its code."
        ),
    ]
    delivery: Annotated[
        Delivery | None, Meta(description="Delivery state of the last code's text.")
    ]
    attempts_left: Annotated[int, Meta(description="Wrong codes that are still allowed.")]
    reference: Annotated[
        str | None, Meta(description="The web app's own; null for the holder of a poll token.")
    ]
    login: Annotated[Login | None, Meta(description="How the user starts, with method text.")]
    created_at: Annotated[DateTime, Meta(description="When it was opened.")]
    expires_at: Annotated[
        DateTime, Meta(description="When it ends by itself; a new code can move it.")
    ]
    code_expires_at: Annotated[
        DateTime | None, Meta(description="When the current code dies; null before the first.")
    ]
    resend_at: Annotated[
        DateTime | None, Meta(description="The earliest time at which another code can be sent.")
    ]
    completed_at: Annotated[DateTime | None, Meta(description="When the status became final.")]
    redeemed_at: Annotated[DateTime | None, Meta(description="When it was redeemed.")]
    repudiated_at: Annotated[
        DateTime | None,
        Meta(description="When the phone's NO came after an approval, within 24 hours."),
    ]
    interval: Annotated[int, Meta(description="Seconds to leave between two polls.")]
    poll_token: (
        Annotated[str, Meta(description="Bearer token for this verification; only when created.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET


def present(
    verification: Verification,
    now: int,
    *,
    masked: bool = False,
    poll_token: str | msgspec.UnsetType = msgspec.UNSET,
) -> VerificationObject:
    """The object as of `now` (ms); `masked` hides from the holder of a poll token the
    phone, the reference and private reasons."""
    current = as_of(verification, now)
    phone = current.phone
    return VerificationObject(
        id=current.id,
        status=current.status,
        awaiting=current.awaiting,
        method=current.method,
        code_entry=current.code_entry,
        phone_number=mask(phone) if phone and masked else phone,
        binding=current.binding,
        reason=None if masked and current.reason in _PRIVATE_REASONS else current.reason,
        delivery=current.delivery,
        attempts_left=current.attempts_left,
        reference=None if masked else current.reference,
        login=_login(current) if current.method == "text" else None,
        created_at=iso(current.created_at),
        expires_at=iso(current.expires_at),
        code_expires_at=_optional_iso(current.code_expires_at),
        resend_at=_optional_iso(current.resend_at),
        completed_at=_optional_iso(current.completed_at),
        redeemed_at=_optional_iso(current.redeemed_at),
        repudiated_at=_optional_iso(current.repudiated_at),
        interval=POLL_INTERVAL_S,
        poll_token=poll_token,
    )


def etag(verification: Verification, now: int) -> str:
    """Changes with every commit, and when time alone changes the object (RFC 9110, 8.8.3)."""
    current = as_of(verification, now)
    return f'"{current.revision}-{current.status}-{current.awaiting or "over"}"'


def encode(shown: VerificationObject) -> bytes:
    """One object as JSON."""
    return msgspec.json.encode(shown)


def encode_page(shown: list[VerificationObject], next_cursor: str | None) -> bytes:
    """A page of objects as JSON; `next` is the cursor of the following page."""
    return msgspec.json.encode({"data": shown, "next": next_cursor})


def iso(at: int) -> str:
    """Milliseconds since the epoch as RFC 3339."""
    seconds, ms = divmod(at, 1000)
    return f"{_iso_second(seconds)}.{ms:03}Z"


@lru_cache(maxsize=4096)
def _iso_second(seconds: int) -> str:
    """Cached: many verifications share a second, and formatting it costs more than the rest."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def _optional_iso(at: int | None) -> str | None:
    return None if at is None else iso(at)


def _login(verification: Verification) -> Login:
    """`sms_uri` follows RFC 5724; letters and a space need no more escaping than this."""
    ref, number = verification.ref, verification.number
    text = f"LOGIN {ref}" if ref else "LOGIN"
    sms_uri = f"sms:{number}?body={text.replace(' ', '%20')}"
    return Login(ref=ref, text=text, phone_number=number, sms_uri=sms_uri)
