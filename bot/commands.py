"""The commands: every change of state begins as one of these small frozen values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from bot.intents import Intent
from bot.records import CodeEntry, Method

#: The web app of verifications that the hosted pages open for themselves. No registered web app has
#: this name: names begin with a letter or a digit.
PAGES_CLIENT = "_pages"
#: How one try to send a message ended: accepted, refused for good, to be retried soon, or held
#: until the operator has fixed the account.
SendOutcome = Literal["sent", "refused", "retry", "held"]
#: How one try at a callback ended; `gone` disables its URL.
CallbackOutcome = Literal["delivered", "retry", "gone"]


class TextReceived(Struct, frozen=True):
    """A phone texted one of our numbers. `received_at` (ms) is when Telnyx received it.

    `autoresponse` is STOP, START or HELP where Telnyx took the text for it and answers it itself;
    `language` that of a word in it, where only one language has the word.
    """

    event_id: str
    message_id: str
    phone: str
    number: str
    intent: Intent
    received_at: int
    autoresponse: str | None = None
    language: str | None = None


class EventIgnored(Struct, frozen=True):
    """A webhook event that changes nothing, recorded so that its duplicate is recognised."""

    event_id: str


class DeliveryReported(Struct, frozen=True):
    """Telnyx's receipt for one of our messages. `status` and `error` are Telnyx's words."""

    event_id: str
    provider_id: str
    status: str
    error: str | None = None


class VerificationRequested(Struct, frozen=True):
    """A web app opens a verification.

    `refs` are candidates: the first one that is free is used. `life` is in ms. `origin` is the
    host in the last line of a code's message, `address` the IP address of the user's browser.
    `discreet`: the outcome does not tell whether the phone may have a code (see `decoy`).
    """

    client: str
    method: Method
    number: str
    refs: tuple[str, ...]
    phone: str | None = None
    code_entry: CodeEntry = "reply"
    reference: str | None = None
    label: str | None = None
    locale: str = ""
    life: int | None = None
    origin: str | None = None
    callback_url: str | None = None
    address: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""
    discreet: bool = False


class Access(Struct, frozen=True):
    """Who asks about one verification: a web app by name, or the holder of its poll token (None).

    `standalone` web apps also see logins that no web app opened; an `operator` sees every one.
    """

    client: str | None
    standalone: bool = False
    operator: bool = False


#: The operator's support.
OPERATOR = Access(None, operator=True)


class CodeChecked(Struct, frozen=True):
    """A code was typed in the browser. `discreet`: see `VerificationRequested`. `reply_only`: the
    web apps that do not accept the binding `browser_code`."""

    id: str
    access: Access
    code: str
    discreet: bool = False
    reply_only: frozenset[str] = frozenset()


class ResendRequested(Struct, frozen=True):
    """Another code was asked for in the browser; `address` is set if a poll token was used.
    `discreet`: see `VerificationRequested`."""

    id: str
    access: Access
    address: str | None = None
    discreet: bool = False


class CancelRequested(Struct, frozen=True):
    """The web app or its user gives up the verification, or the operator ends it."""

    id: str
    access: Access


class UnlockRequested(Struct, frozen=True):
    """The operator ends every lock of a phone."""

    phone: str


class Redeemed(Struct, frozen=True):
    """A web app turns an approval into its one login."""

    id: str
    access: Access
    idempotency_key: str | None = None


class MessageSettled(Struct, frozen=True):
    """The sender reports how one try to send a message ended."""

    message_id: str
    outcome: SendOutcome
    provider_id: str | None = None
    error: str | None = None


class OutboxSwept(Struct, frozen=True):
    """A process with `room` free send slots leases due messages that no process holds."""

    room: int


class CallbackSettled(Struct, frozen=True):
    """How one try at a callback ended. `answer` describes the response to people; `retry_after`
    is in ms."""

    id: str
    outcome: CallbackOutcome
    answer: str
    retry_after: int = 0


class CallbacksSwept(Struct, frozen=True):
    """A process leases up to `room` due callbacks that no process holds, at most a few per web
    app, and none of the web apps in `busy`, which have enough calls under way."""

    owner: str
    room: int
    busy: tuple[str, ...] = ()


class HoldersLost(Struct, frozen=True):
    """Processes that held leases have died. `holders` are their lease owners."""

    holders: tuple[str, ...]


class LeasesReturned(Struct, frozen=True):
    """A process gives back messages that it has not sent."""

    message_ids: tuple[str, ...]


class RowsPurged(Struct, frozen=True):
    """Rows of one table that a read has found to be over `before` (ms), or to be about a phone that
    is to be forgotten, by their keys."""

    table: str
    keys: tuple[str | int, ...]
    before: int


class PhoneForgotten(Struct, frozen=True):
    """Everything about a phone is deleted but its opt-outs, which become hashes.

    `hashes` has one for each of our numbers. Rows of long ago are deleted before, by their keys
    (see `RowsPurged`).
    """

    phone: str
    hashes: dict[str, str]


class OwnValueSet(Struct, frozen=True):
    """One of the service's own values is set, if it still is `instead_of` (None: not set)."""

    name: str
    value: str
    instead_of: str | None


#: The commands that the hour's usage counts: they may send a text or compare a code.
COUNTED = (
    TextReceived,
    CodeChecked,
    VerificationRequested,
    ResendRequested,
    DeliveryReported,
    MessageSettled,
)

Command = (
    TextReceived
    | EventIgnored
    | DeliveryReported
    | VerificationRequested
    | CodeChecked
    | ResendRequested
    | CancelRequested
    | UnlockRequested
    | Redeemed
    | CallbackSettled
    | CallbacksSwept
    | MessageSettled
    | OutboxSwept
    | LeasesReturned
    | HoldersLost
    | RowsPurged
    | PhoneForgotten
    | OwnValueSet
)
