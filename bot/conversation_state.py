"""The state of a phone's conversation as its text arrives: what is open, and in which phase."""

from __future__ import annotations

from enum import Enum

from bot.changes import Changes
from bot.expiry import has_live_code, is_recent_approval
from bot.policy import STRONG_DIGITS
from bot.records import Verification


class Phase(Enum):
    """The phases of a conversation. If several apply, the first one counts."""

    OPTED_OUT = "opted out"
    LOCKED = "replying is locked"
    AWAITING = "a reply is awaited, its code is live"
    DEAD = "the code is dead, the verification open"
    PAGE = "only page codes are pending"
    APPROVED = "approved less than ten minutes ago"
    IDLE = "idle"


class ConversationState:
    """One phone's state before its text changes anything."""

    __slots__ = ("_changes", "_number", "_phone", "phase", "verifications")

    def __init__(self, changes: Changes, phone: str, number: str) -> None:
        self._changes = changes
        self._phone = phone
        self._number = number
        self.verifications = changes.verifications_of(phone)
        self.phase = self._find_phase()

    def _find_phase(self) -> Phase:
        if self._changes.conversation(self._phone, self._number).opted_out_at is not None:
            return Phase.OPTED_OUT
        if self.is_locked:
            return Phase.LOCKED
        if self.awaited() is not None:
            return Phase.AWAITING
        if self.open_replies():
            return Phase.DEAD
        if self.open():
            return Phase.PAGE
        return Phase.IDLE if self.approved() is None else Phase.APPROVED

    @property
    def is_locked(self) -> bool:
        """Whether this phone's replies are locked: codes by text do not count."""
        return self._changes.phone(self._phone).locked_until > self._changes.now

    def open(self) -> list[Verification]:
        """Pending verifications whose code was sent to this phone, oldest first."""
        return [one for one in self.verifications if one.status == "pending" and one.codes]

    def open_replies(self) -> list[Verification]:
        """The open verifications whose code is to be returned by text."""
        return [one for one in self.open() if one.code_entry == "reply"]

    def newest_open(self) -> Verification:
        """The one that RESEND is about: the awaited one, else the newest whose code is to be
        returned by text, else the newest of all. Needs an open one."""
        replies = self.open_replies()
        return self.awaited() or (replies or self.open())[-1]

    def code_lengths(self) -> tuple[int, ...]:
        """The lengths (digits) of a code that this phone may mean."""
        known = self.awaited() or (self.newest_open() if self.open() else self.approved())
        if known is not None:
            return (known.digits,)
        return (self._changes.policy.code_length, STRONG_DIGITS)

    def awaited(self) -> Verification | None:
        """The verification that a code by text would approve."""
        for verification in self.verifications:
            if verification.code_entry == "reply" and has_live_code(verification):
                return verification
        return None

    def dead_standalone(self) -> Verification | None:
        """The newest stand-alone login whose code has expired."""
        dead = [one for one in self.open_replies() if one.client is None]
        return dead[-1] if dead else None

    def approved(self) -> Verification | None:
        """The newest approval that a NO still takes back."""
        now = self._changes.now
        recent = [one for one in self.verifications if is_recent_approval(one, now)]
        return max(recent, key=lambda one: (one.completed_at or 0, one.id), default=None)

    def claimed_with(self, ref: str) -> Verification | None:
        """The pending verification that this phone has claimed with this ref."""
        for verification in self.verifications:
            if verification.ref == ref and verification.claimed_at is not None:
                return verification if verification.status == "pending" else None
        return None
