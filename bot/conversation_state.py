"""The state of a phone's conversation as its text arrives: what is open, and in which phase."""

from __future__ import annotations

from enum import Enum

from bot.changes import Changes
from bot.expiry import has_live_code, is_recent_approval
from bot.policy import LATE_DELIVERY_MS, STRONG_DIGITS
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


def phase_after(before: Phase, changes: Changes, phone: str, number: str) -> Phase:
    """The phase once these changes are made. What is easy to see is not looked up: each text needs
    it, for the log."""
    rows = changes.rows
    if not rows.verifications and not rows.conversations:
        if changes.phone(phone).locked_until <= changes.now or before is Phase.OPTED_OUT:
            return before
    elif before is Phase.IDLE and not rows.conversations:
        for changed in rows.verifications.values():
            if changed.code_entry == "reply" and has_live_code(changed):
                return Phase.AWAITING
    return ConversationState(changes, phone, number, changes.now).phase


class ConversationState:
    """One phone's state before its text changes anything.

    `received_at` (ms) is when Telnyx received the text. If that is less than `LATE_DELIVERY_MS`
    ago, it matters in two things: `expired_under_way` and `known_to_sender`.
    """

    __slots__ = ("_changes", "_number", "_phone", "_received_at", "phase", "verifications")

    def __init__(self, changes: Changes, phone: str, number: str, received_at: int) -> None:
        self._changes = changes
        self._phone = phone
        self._number = number
        is_recent = received_at >= changes.now - LATE_DELIVERY_MS
        self._received_at = min(received_at, changes.now) if is_recent else changes.now
        self.verifications = changes.verifications_of(phone)
        self.phase = self._find_phase()

    def _find_phase(self) -> Phase:
        if self._changes.conversation(self._phone, self._number).opted_out_at is not None:
            return Phase.OPTED_OUT
        if self.is_locked:
            return Phase.LOCKED
        if not self.verifications:
            return Phase.IDLE
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

    @property
    def has_own_stop(self) -> bool:
        """Whether the opt-out is one that only START ends."""
        return self._changes.conversation(self._phone, self._number).own_stop_at is not None

    @property
    def has_code_out(self) -> bool:
        """Whether a code that this phone has got still approves something."""
        return any(map(has_live_code, self.verifications))

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
        known = self.subject()
        if known is not None:
            return (known.digits,)
        return (self._changes.policy.code_length, STRONG_DIGITS)

    def awaited(self) -> Verification | None:
        """The verification that a code by text would approve."""
        for verification in self.verifications:
            if verification.code_entry == "reply" and has_live_code(verification):
                return verification
        return None

    def expired_under_way(self) -> Verification | None:
        """The pending verification whose code was live when Telnyx received the text, and has
        expired while the text was under way."""
        for one in reversed(self.open_replies()):
            lived_until = one.code_expires_at or 0
            if one.awaiting == "login" and one.seed is not None and lived_until > self._received_at:
                return one
        return None

    def known_to_sender(self) -> list[Verification]:
        """The verifications of this phone that were open when Telnyx received the text: a NO leaves
        later ones alone."""
        return [one for one in self.verifications if (one.claimed_at or 0) <= self._received_at]

    def live_page_codes(self) -> list[Verification]:
        """Those whose live code is to be typed on a page."""
        return [one for one in self.open() if one.code_entry == "page" and has_live_code(one)]

    def dead_standalone(self) -> Verification | None:
        """The newest stand-alone login whose code has expired."""
        dead = [one for one in self.open_replies() if one.client is None]
        return dead[-1] if dead else None

    def approved(self) -> Verification | None:
        """The newest of the approvals that a NO takes back."""
        now = self._changes.now
        recent = [one for one in self.verifications if is_recent_approval(one, now)]
        return max(recent, key=lambda one: (one.completed_at or 0, one.id), default=None)

    def subject(self) -> Verification | None:
        """What the conversation is about: the verification that an answer most likely concerns."""
        return self.awaited() or (self.newest_open() if self.open() else self.approved())

    def claimed_with(self, ref: str) -> Verification | None:
        """The pending verification that this phone has claimed with this ref."""
        for verification in self.verifications:
            if verification.ref == ref and verification.claimed_at is not None:
                return verification if verification.status == "pending" else None
        return None
