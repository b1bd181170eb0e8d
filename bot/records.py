"""What is remembered, as frozen values; `storage.tables` holds the same fields in the same order.

Times are whole milliseconds since the epoch, 0 or None where there is none. Lists of times are
stored as one comma-separated text, oldest first, so that a phone's windows travel in its own row.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

#: `text`: the user texts first. `sms`: a code goes out at once.
Method = Literal["text", "sms"]
#: Where the code is given back: by text, or typed in the browser.
CodeEntry = Literal["reply", "page"]
FinalStatus = Literal["approved", "denied", "expired", "max_attempts_reached", "canceled", "failed"]
Status = Literal["pending"] | FinalStatus
Awaiting = Literal["login", "code"]
#: What an approval rests on, the strongest last.
Binding = Literal["sms_reply", "sms_reply_ref", "browser_code"]
Reason = Literal[
    "opted_out", "undeliverable", "region_not_allowed", "locked", "repudiated", "superseded"
]
Delivery = Literal["queued", "sent", "delivered", "failed"]
MessageState = Literal["queued", "sent", "failed", "expired", "withdrawn"]
CallbackState = Literal["queued", "delivered", "failed", "disabled"]
#: What a webhook event was: a receipt, or one that changes nothing.
WebhookEventKind = Literal["receipt", "other"]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

#: The longest a verification can stay open, however often a code is sent again.
LONGEST_LIFE_MS = 30 * MINUTE_MS
#: How long after an approval a NO still takes it back and a second code is "already done".
REPUDIATION_WINDOW_MS = 10 * MINUTE_MS
#: Nothing older than this about a phone changes what happens next.
RECENT_MS = LONGEST_LIFE_MS + REPUDIATION_WINDOW_MS


class Phone(Struct, frozen=True):
    """One phone's limits, over all our numbers and both doors; `texts` is `bot.duplicates`'s."""

    phone: str
    codes_at: str = ""
    cooldown_until: int = 0
    wrong_at: str = ""
    wrong_texts_at: str = ""
    locked_until: int = 0
    ref_misses_at: str = ""
    replies_at: str = ""
    wait_notified_until: int = 0
    lock_notified_until: int = 0
    nothing_notified_until: int = 0
    hint_notified_until: int = 0
    done_notified_until: int = 0
    texts: str = ""


class Conversation(Struct, frozen=True):
    """One phone and one of our numbers; a row exists once there is something to remember."""

    phone: str
    number: str
    opted_out_at: int | None = None
    opted_in_at: int | None = None


class Verification(Struct, frozen=True):
    """One try to prove that someone holds a phone. `status` as committed; see `lifetime`."""

    id: str
    revision: int
    client: str | None
    method: Method
    code_entry: CodeEntry
    status: Status
    awaiting: Awaiting | None
    phone: str | None
    number: str
    created_at: int
    expires_at: int
    attempts_left: int
    ref: str | None = None
    claimed_at: int | None = None
    reference: str | None = None
    label: str | None = None
    locale: str = "en"
    binding: Binding | None = None
    reason: Reason | None = None
    delivery: Delivery | None = None
    message_id: str | None = None
    seed: str | None = None
    secret_id: str | None = None
    digits: int = 6
    codes: int = 0
    code_expires_at: int | None = None
    resend_at: int | None = None
    completed_at: int | None = None
    redeemed_at: int | None = None
    spent: str | None = None
    origin: str | None = None
    callback_url: str | None = None


class Message(Struct, frozen=True):
    """One text of ours, waiting in the outbox until `state` leaves `queued`."""

    id: str
    phone: str
    number: str
    kind: str
    locale: str
    params: str
    created_at: int
    send_before: int
    verification_id: str | None = None
    code: int | None = None
    state: MessageState = "queued"
    not_before: int = 0
    tries: int = 0
    round: int = 0
    lease_owner: str | None = None
    lease_until: int = 0
    provider_id: str | None = None
    error: str | None = None
    delivery: Delivery | None = None


class WebhookEvent(Struct, frozen=True):
    """One webhook that was no text of a phone's: what makes a second one a duplicate."""

    event_id: str
    kind: WebhookEventKind
    message_id: str | None
    status: str | None
    error: str | None
    unmatched: int | None
    received_at: int


class Address(Struct, frozen=True):
    """One address that codes were asked for from; of IPv6 the /64."""

    address: str
    codes_at: str = ""


class IdempotentRequest(Struct, frozen=True):
    """A web app's `Idempotency-Key` and what it opened; `key` holds the web app's name too."""

    key: str
    fingerprint: str
    verification_id: str
    created_at: int


class Callback(Struct, frozen=True):
    """One event for a web app, until `state` leaves `queued`. `snapshot` is the verification as
    it was, in JSON, so that each try sends the same bytes."""

    id: str
    client: str
    url: str
    type: str
    verification_id: str
    snapshot: str
    created_at: int
    state: CallbackState = "queued"
    tries: int = 0
    not_before: int = 0
    lease_owner: str | None = None
    lease_until: int = 0
    answer: str | None = None


class Endpoint(Struct, frozen=True):
    """A URL that has answered 410: nothing goes there until its web app is set anew."""

    key: str
    disabled_at: int | None


class Outbound(Struct, frozen=True):
    """A message and the verification whose code it carries: what its text is made from."""

    message: Message
    verification: Verification | None
