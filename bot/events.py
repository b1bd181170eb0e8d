"""Decision events: what happened, as typed facts that a `Decision` carries beside its changes.

They are for logs, metrics and histories; no decision depends on them. Times and durations are in
ms.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from bot.records import Binding, Reason

#: Why a text has no effect.
Ignored = Literal["flood", "late", "number_not_allowed", "region_not_allowed"]
#: What closes the page door: too many wrong codes in a row, or a NO.
DoorClosedBy = Literal["wrong_in_a_row", "no"]
#: What the fraud guard counts, and which count refuses.
GuardedBy = Literal["prefix", "address", "region", "regions_of_address", "web_app"]
#: Where a code was entered or asked for: in a text, or on a web app's page.
Door = Literal["text", "page"]


class WrongCode(Struct, frozen=True):
    """A code was compared and did not match."""

    verification_id: str
    phone: str
    door: Door
    attempts_left: int


class Locked(Struct, frozen=True):
    """Too many wrong codes by text: this phone's replies do not count until `until`."""

    phone: str
    until: int


class Approved(Struct, frozen=True):
    """The right code. `after` is the time since the verification was opened."""

    verification_id: str
    phone: str
    binding: Binding
    after: int


class Denied(Struct, frozen=True):
    """A NO: a pending verification was denied, or an approval taken back (`repudiated`)."""

    verification_id: str
    phone: str
    reason: Reason | None


class Repudiated(Struct, frozen=True):
    """A NO more than 10 minutes after an approval: the approval stands, the web app is told."""

    verification_id: str
    phone: str


class Refused(Struct, frozen=True):
    """A code was asked for and a limit refused it until `until`."""

    phone: str
    door: Door
    limit: str
    until: int


class Unlocked(Struct, frozen=True):
    """The operator has ended every lock of this phone."""

    phone: str


class CeilingNear(Struct, frozen=True):
    """A ceiling on cost is used up to `policy.ALARM_SHARE`."""

    limit: str
    used: int
    ceiling: int


class GuardRefused(Struct, frozen=True):
    """The fraud guard refuses a code until `until`, or would if it was `enforced`."""

    phone: str
    by: GuardedBy
    until: int
    enforced: bool


class RequestFailed(Struct, frozen=True):
    """A page or a web app asked for a code that this phone may not have."""

    verification_id: str
    phone: str
    reason: Reason


class TextIgnored(Struct, frozen=True):
    """A text has no effect, unless it ends a web app's request. `flood`: its phone has sent too
    many. `late`: it was received longer ago than a code lives."""

    phone: str
    why: Ignored


class PageDoorClosed(Struct, frozen=True):
    """Pages and web apps get no codes for this phone until `until`, or until it logs in by text.
    `records.NEVER` is no time."""

    phone: str
    until: int
    by: DoorClosedBy


class SprayingNoticed(Struct, frozen=True):
    """So many of the codes `compared` in an hour are wrong that somebody guesses at many phones.
    New codes are longer for at least 24 hours."""

    wrong: int
    compared: int


class ConversionLow(Struct, frozen=True):
    """Of the `codes` of an hour few were `approved`."""

    codes: int
    approved: int


Event = (
    WrongCode
    | Locked
    | Approved
    | Denied
    | Repudiated
    | Refused
    | RequestFailed
    | TextIgnored
    | PageDoorClosed
    | Unlocked
    | CeilingNear
    | GuardRefused
    | SprayingNoticed
    | ConversionLow
)
