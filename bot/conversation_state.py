"""Where a phone stands when it texts: what it has open, and which row of the table that is."""

from __future__ import annotations

from enum import Enum

from bot.changes import Changes
from bot.expiry import has_live_code, is_recent_approval
from bot.records import Verification


class State(Enum):
    """What a text meets, the first that holds."""

    OPTED_OUT = "opted out"
    LOCKED = "locked"
    AWAITING = "a reply is awaited, its code alive"
    DEAD = "the code is dead, the verification open"
    PAGE = "only page codes are pending"
    APPROVED = "approved less than ten minutes ago"
    IDLE = "idle"


class ConversationState:
    """One phone's, as its text arrives; what the text then changes is not seen here."""

    __slots__ = ("_draft", "_number", "_phone", "live", "state")

    def __init__(self, changes: Changes, phone: str, number: str) -> None:
        self._draft = changes
        self._phone = phone
        self._number = number
        self.live = changes.verifications_of(phone)
        self.state = self._find_state()

    def _find_state(self) -> State:
        if self._draft.conversation(self._phone, self._number).opted_out_at is not None:
            return State.OPTED_OUT
        if self.is_locked:
            return State.LOCKED
        if self.awaited() is not None:
            return State.AWAITING
        if self.open_replies():
            return State.DEAD
        if self.open():
            return State.PAGE
        return State.IDLE if self.approved() is None else State.APPROVED

    @property
    def is_locked(self) -> bool:
        """No code by text counts just now."""
        return self._draft.phone(self._phone).locked_until > self._draft.now

    def open(self) -> list[Verification]:
        """Pending ones that have sent this phone a code, oldest first."""
        return [one for one in self.live if one.status == "pending" and one.codes]

    def open_replies(self) -> list[Verification]:
        """Of those the ones whose code may be replied."""
        return [one for one in self.open() if one.code_entry == "reply"]

    def newest_open(self) -> Verification:
        """What RESEND means: the awaited reply, else the newest dead one, else the newest page."""
        replies = self.open_replies()
        return self.awaited() or (replies or self.open())[-1]

    def awaited(self) -> Verification | None:
        """The one that a code by text would approve."""
        for verification in self.live:
            if verification.code_entry == "reply" and has_live_code(verification):
                return verification
        return None

    def dead_standalone(self) -> Verification | None:
        """The newest login without a web app whose code has died."""
        dead = [one for one in self.open_replies() if one.client is None]
        return dead[-1] if dead else None

    def approved(self) -> Verification | None:
        """The newest approval that a NO would still take back."""
        recent = [one for one in self.live if is_recent_approval(one, self._draft.now)]
        return max(recent, key=lambda one: (one.completed_at or 0, one.id), default=None)

    def claimed_with(self, ref: str) -> Verification | None:
        """The open one that this phone has claimed with these letters."""
        for verification in self.live:
            if verification.ref == ref and verification.claimed_at is not None:
                return verification if verification.status == "pending" else None
        return None
