"""What is stored: one frozen record per row, and the registry of tables.

`storage.tables` has the same fields in the same order. Times are whole milliseconds since the
epoch, 0 or None where there is none. A list of times is one comma-separated text, oldest first,
so that all windows of a phone are columns of its one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from bot.kept_records import ForgottenOptOut as ForgottenOptOut
from bot.kept_records import OwnValue as OwnValue

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
#: A time (ms) that does not come. JSON can carry it exactly.
NEVER = 2**53 - 1

#: `text`: the user texts first. `sms`: a code goes out at once.
Method = Literal["text", "sms"]
#: Where the code is given back: by text, or typed in the browser.
CodeEntry = Literal["reply", "page"]
FinalStatus = Literal["approved", "denied", "expired", "max_attempts_reached", "canceled", "failed"]
Status = Literal["pending", FinalStatus]
#: What a pending verification waits for: LOGIN from the phone, or the code.
Awaiting = Literal["login", "code"]
#: What an approval rests on, the strongest last.
Binding = Literal["sms_reply", "sms_reply_ref", "browser_code"]
Reason = Literal[
    "opted_out",
    "undeliverable",
    "region_not_allowed",
    "number_not_allowed",
    "blocked",
    "repudiated",
    "superseded",
    "sender_misconfigured",
]
#: Why a number gets no codes, by text or on a page.
Forbidden = Literal["region_not_allowed", "number_not_allowed"]
Delivery = Literal["queued", "sent", "delivered", "failed"]
MessageState = Literal["queued", "sent", "failed", "expired", "withdrawn"]
CallbackState = Literal["queued", "delivered", "failed", "disabled"]
#: What a webhook event was: a receipt, or one that changes nothing.
WebhookEventKind = Literal["receipt", "other"]


class Phone(Struct, frozen=True):
    """The limits of one phone, for all our numbers together.

    `codes_at` and `cooldown_until` concern codes that the phone asked for by text, `page_…` those
    that pages and web apps asked for. `texts`: see `duplicates`; `locale` is the last one used.
    `wrong_in_a_row` counts wrong codes since the last approval; `page_closed_until`: see
    `page_door`.
    """

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
    page_codes_at: str = ""
    page_cooldown_until: int = 0
    code_alone_said: int = 0
    refs_notified_until: int = 0
    helped_at: str = ""
    locale: str = ""
    wrong_in_a_row: int = 0
    page_closed_until: int = 0


class Conversation(Struct, frozen=True):
    """One phone and one of our numbers; the row exists once either has opted out or in.

    `own_stop_at` is set while an opt-out lasts that Telnyx may not know: only START ends it.
    """

    phone: str
    number: str
    opted_out_at: int | None = None
    opted_in_at: int | None = None
    own_stop_at: int | None = None
    stop_confirmed_at: int | None = None
    start_told_at: int | None = None


class Verification(Struct, frozen=True):
    """One attempt to prove that a person holds a phone.

    `status` is the committed one: `expiry.as_of` says how it reads now. `codes` counts the codes
    sent; `spent` recognises the code that approved it, after `seed` is erased. `locale` is the web
    app's wish, empty if it has none. `repudiated_at`: a NO came after the approval. `address`
    is the client address that asked for it, if known.
    """

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
    locale: str = ""
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
    repudiated_at: int | None = None
    address: str | None = None


class Message(Struct, frozen=True):
    """One text of ours, in the outbox while `state` is `queued`.

    `params` is JSON. `code` says which code of its verification it carries (1 is the first),
    None for other texts. `tries` counts the tries of this `round`; each round has an idempotency
    key of its own.
    """

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
    """One webhook event other than a text, kept so that its duplicate is recognised. `unmatched`
    is 1 for a receipt that came before the sender's own report."""

    event_id: str
    kind: WebhookEventKind
    message_id: str | None
    status: str | None
    error: str | None
    unmatched: int | None
    received_at: int


class Address(Struct, frozen=True):
    """One client address that codes were asked for from; an IPv6 address counts as its /64."""

    address: str
    codes_at: str = ""


class IdempotentRequest(Struct, frozen=True):
    """An `Idempotency-Key` and what it opened or redeemed. `key` begins with the web app's name."""

    key: str
    fingerprint: str
    verification_id: str
    created_at: int


class Callback(Struct, frozen=True):
    """One callback to a web app, in the outbox while `state` is `queued`.

    `snapshot` is the verification at that moment, as JSON, so that each try sends the same bytes.
    """

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


class Guard(Struct, frozen=True):
    """What `guard` counts of one prefix, address or region, as `key` says: times of codes that
    pages and web apps asked for and that approved nothing, and times of approvals. `regions` of an
    address are `region:time` pairs. `hours` of a web app are `hour:codes:approvals` instead of the
    times, because it may have thousands."""

    key: str
    unused_at: str = ""
    approved_at: str = ""
    regions: str = ""
    hours: str = ""


class Usage(Struct, frozen=True):
    """The texts of one hour (hours since the epoch) over all phones. `page_codes`: those that pages
    and web apps asked for. `sprayed`, `judged`: 1 once `spraying` or `conversion` says so."""

    hour: int
    codes: int = 0
    page_codes: int = 0
    texts: int = 0
    right_codes: int = 0
    wrong_codes: int = 0
    sprayed: int = 0
    judged: int = 0

    def plus(self, other: Usage) -> Usage:
        """The sums."""
        return Usage(
            self.hour,
            self.codes + other.codes,
            self.page_codes + other.page_codes,
            self.texts + other.texts,
            self.right_codes + other.right_codes,
            self.wrong_codes + other.wrong_codes,
            self.sprayed + other.sprayed,
            self.judged + other.judged,
        )


class Endpoint(Struct, frozen=True):
    """A callback URL that answered 410: disabled until a callback to it is replayed."""

    key: str
    disabled_at: int | None


class Table(NamedTuple):
    """The record type of one table, and the fields of its primary key."""

    record: type[Struct]
    key: tuple[str, ...]


#: The tables that the writer changes. What handles all of them loops over this registry. The table
#: of web apps is not among them: only the command line writes it.
TABLES: Mapping[str, Table] = {
    "phones": Table(Phone, ("phone",)),
    "conversations": Table(Conversation, ("phone", "number")),
    "verifications": Table(Verification, ("id",)),
    "messages": Table(Message, ("id",)),
    "events": Table(WebhookEvent, ("event_id",)),
    "addresses": Table(Address, ("address",)),
    "idempotent_requests": Table(IdempotentRequest, ("key",)),
    "callbacks": Table(Callback, ("id",)),
    "endpoints": Table(Endpoint, ("key",)),
    "usage": Table(Usage, ("hour",)),
    "guards": Table(Guard, ("key",)),
    "forgotten_opt_outs": Table(ForgottenOptOut, ("hash",)),
    "own_values": Table(OwnValue, ("name",)),
}
