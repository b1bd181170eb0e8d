"""The operator's support ends the locks of a phone."""

from __future__ import annotations

from msgspec.structs import replace

from bot import page_door
from bot.changes import Changes
from bot.commands import UnlockRequested
from bot.events import Unlocked
from bot.outcomes import NotFound, Outcome, Recorded
from bot.records import Phone


def unlock(changes: Changes, command: UnlockRequested) -> Outcome:
    """End the lock on replies and open the page door. Codes, their tries and the limits on codes
    stay as they are. NotFound if nothing is stored about the phone."""
    known = changes.snapshot.rows.phones.get(command.phone)
    if known is None:
        return NotFound()
    changes.put(unlocked(changes.phone(command.phone)))
    changes.report(Unlocked(command.phone))
    return Recorded()


def unlocked(phone: Phone) -> Phone:
    """The phone without a lock of either door."""
    return replace(page_door.open_again(phone), locked_until=0, wrong_texts_at="")
