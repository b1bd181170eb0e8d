"""What can happen. Everything that changes state is one of these small frozen values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from bot.intents import Intent
from bot.records import CodeEntry, Method


class TextReceived(Struct, frozen=True):
    """A phone texted one of our numbers. `received_at` is Telnyx's clock, milliseconds."""

    event_id: str
    message_id: str
    phone: str
    number: str
    intent: Intent
    received_at: int
    autoresponse: bool = False


class EventIgnored(Struct, frozen=True):
    """A webhook that changes nothing, recorded so that its duplicate is known."""

    event_id: str


class DeliveryReported(Struct, frozen=True):
    """Telnyx's receipt for one of our messages; `status` in Telnyx's words."""

    event_id: str
    provider_id: str
    status: str
    error: str | None = None


class VerificationRequested(Struct, frozen=True):
    """A web app opens a verification. `refs` are candidates, the first unused one is taken.

    `life` in ms; `origin` is the host of the page's last line; `address` is where the person is.
    """

    client: str
    method: Method
    number: str
    refs: tuple[str, ...]
    phone: str | None = None
    code_entry: CodeEntry = "reply"
    reference: str | None = None
    label: str | None = None
    locale: str = "en"
    life: int | None = None
    origin: str | None = None
    callback_url: str | None = None
    address: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""


class Access(Struct, frozen=True):
    """Who asks about one verification: a web app by name, or the holder of its poll token."""

    client: str | None
    standalone: bool = False


class CodeChecked(Struct, frozen=True):
    """A code was typed in the browser."""

    id: str
    access: Access
    code: str


class ResendRequested(Struct, frozen=True):
    """Another code, asked for in the browser; `address` where a poll token asked."""

    id: str
    access: Access
    address: str | None = None


class CancelRequested(Struct, frozen=True):
    """Whoever asked for it has changed their mind."""

    id: str
    access: Access


class Redeemed(Struct, frozen=True):
    """A web app turns an approval into its one login."""

    id: str
    access: Access


#: How one try to send a message ended: accepted, refused for good, to be retried soon, or held
#: back until the operator has mended the account.
SendOutcome = Literal["sent", "refused", "retry", "held"]
#: How one try at a callback ended: `gone` disables its URL.
CallbackOutcome = Literal["delivered", "retry", "gone"]


class MessageSettled(Struct, frozen=True):
    """The sender's report on one try."""

    message_id: str
    outcome: SendOutcome
    provider_id: str | None = None
    error: str | None = None


class OutboxSwept(Struct, frozen=True):
    """A process with room for `room` more messages takes what is due and nobody holds."""

    room: int


class CallbackSettled(Struct, frozen=True):
    """The report on one try at a callback; `retry_after` in ms."""

    id: str
    outcome: CallbackOutcome
    answer: str
    retry_after: int = 0


class CallbacksSwept(Struct, frozen=True):
    """A process takes `room` callbacks that are due and nobody holds, a few of each web app and
    none of those that keep it busy already."""

    owner: str
    room: int
    busy: tuple[str, ...] = ()


class LeasesReturned(Struct, frozen=True):
    """A process that stops gives back what it has not sent."""

    message_ids: tuple[str, ...]


Command = (
    TextReceived
    | EventIgnored
    | DeliveryReported
    | VerificationRequested
    | CodeChecked
    | ResendRequested
    | CancelRequested
    | Redeemed
    | CallbackSettled
    | CallbacksSwept
    | MessageSettled
    | OutboxSwept
    | LeasesReturned
)
