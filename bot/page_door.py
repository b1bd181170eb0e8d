"""The page door: whether pages and web apps may have codes sent to a phone.

It closes after too many wrong codes in a row, until the phone logs in by text, and for a day after
a NO to a code that a page asked for. What the phone asks for by text is not affected.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Changes
from bot.events import DoorClosedBy, PageDoorClosed
from bot.policy import CLOSED_BY_NO_MS, WRONG_IN_A_ROW
from bot.records import NEVER, Phone, Verification


def is_closed(phone: Phone, now: int) -> bool:
    """Whether pages and web apps get no codes for this phone."""
    return phone.page_closed_until > now


def count_wrong(changes: Changes, phone: Phone) -> Phone:
    """The phone after one more wrong code, by text or on a page (NIST SP 800-63B-4, section
    3.2.2)."""
    counted = replace(phone, wrong_in_a_row=phone.wrong_in_a_row + 1)
    if counted.wrong_in_a_row < WRONG_IN_A_ROW:
        return counted
    return _closed(changes, counted, NEVER, "wrong_in_a_row")


def count_approval(phone: Phone, approved: Verification) -> Phone:
    """The phone after an approval. It opens the door if the phone has texted LOGIN for it."""
    if approved.method == "text":
        return open_again(phone)
    return replace(phone, wrong_in_a_row=0)


def close_after_no(changes: Changes, phone: Phone) -> None:
    """Close it for a day, because its owner has denied a code that a page asked for."""
    changes.put(_closed(changes, phone, changes.now + CLOSED_BY_NO_MS, "no"))


def open_again(phone: Phone) -> Phone:
    """The phone with the door open and no wrong codes in a row."""
    return replace(phone, wrong_in_a_row=0, page_closed_until=0)


def _closed(changes: Changes, phone: Phone, until: int, by: DoorClosedBy) -> Phone:
    if phone.page_closed_until >= until:
        return phone
    changes.report(PageDoorClosed(phone.phone, until, by))
    return replace(phone, page_closed_until=until)
