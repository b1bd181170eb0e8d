"""What a text leads to: the table of (state, intent), and one function a cell.

Limits, locks and what is awaited are per phone; opt-out is per phone and our number.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, duplicates, limits
from bot.changes import Changes
from bot.commands import TextReceived
from bot.conversation_state import ConversationState, State
from bot.expiry import has_live_code
from bot.intents import (
    Code,
    CodeInSentence,
    Help,
    Intent,
    Login,
    MistypedRef,
    No,
    Resend,
    Start,
    Status,
    Stop,
)
from bot.issue import approve, count_wrong, finish, issue, kill_live_codes
from bot.limits import Refusal
from bot.outcomes import Duplicate, Outcome, Recorded
from bot.phone import region_of
from bot.policy import QUIET_MS
from bot.records import LONGEST_LIFE_MS, MINUTE_MS, REPUDIATION_WINDOW_MS, Verification


def receive(changes: Changes, text: TextReceived) -> Outcome:
    """One text, once."""
    phone = duplicates.remember(changes.phone(text.phone), text)
    if phone is None:
        return Duplicate()
    changes.put_phone(phone)
    turn = Turn(changes, text)
    match text.intent:
        case Stop():
            turn.opt_out()
        case Start():
            turn.opt_in()
        case intent if text.received_at < changes.now - changes.policy.code_ttl:
            pass  # too late: whoever sent it has moved on
        case intent if not changes.policy.allows(region_of(text.phone)):
            turn.refuse_region(intent)
        case intent:
            turn.answer(intent)
    return Recorded()


class Turn:
    """One text's turn in the conversation."""

    __slots__ = ("autoresponse", "changes", "name", "number", "received_at", "standing")

    def __init__(self, changes: Changes, text: TextReceived) -> None:
        self.changes = changes
        self.name = text.phone
        self.number = text.number
        self.received_at = text.received_at
        self.autoresponse = text.autoresponse
        self.standing = ConversationState(changes, text.phone, text.number)

    def answer(self, intent: Intent) -> None:
        """The table. A reply to a pair that opted out is dropped in `_reply`."""
        match self.standing.state, intent:
            case State.OPTED_OUT, Login(ref):
                self._login(ref)
            case State.OPTED_OUT, _:
                pass

            case _, Status():
                self._status()
            case _, Help():
                self._help()

            case _, No():
                self._deny()

            case State.LOCKED, Login() | MistypedRef() | Code() | Resend():
                self._tell_locked()
            case State.LOCKED, _:
                pass

            case _, Login(ref):
                self._login(ref)
            case _, MistypedRef():
                self._miss_ref()

            case State.AWAITING, Code(digits):
                self._check(digits)
            case State.DEAD, Code():
                self._reply("code_expired")
            case State.PAGE, Code():
                self._reply("type_on_page")
            case State.APPROVED, Code(digits):
                self._check_again(digits)
            case State.IDLE, Code():
                self._tell_nothing_waits()

            case State.AWAITING | State.DEAD | State.PAGE, Resend():
                self._issue(self.standing.newest_open())
            case _, Resend():
                self._tell_nothing_waits()

            case State.AWAITING, CodeInSentence():
                self._hint("code_alone")
            case _:
                self._hint("hint")

    def opt_out(self) -> None:
        """STOP: Telnyx answers it, we never do. Everything pending of the pair ends. One that a
        later START has overtaken on its way here is over already."""
        conversation = self.changes.conversation(self.name, self.number)
        if self.received_at < (conversation.opted_in_at or 0):
            return
        self.changes.put_conversation(replace(conversation, opted_out_at=self.received_at))
        for message in self.changes.queued(self.name):
            if message.number == self.number:
                self.changes.put_message(replace(message, state="withdrawn"))
        for verification in self.standing.live:
            if verification.status == "pending" and verification.number == self.number:
                finish(self.changes, verification, "failed", "opted_out")

    def opt_in(self) -> None:
        """START: recorded, and not answered either, unless a later STOP has overtaken it."""
        conversation = self.changes.conversation(self.name, self.number)
        if self.received_at >= (conversation.opted_out_at or 0):
            self.changes.put_conversation(
                replace(conversation, opted_out_at=None, opted_in_at=self.received_at)
            )

    def refuse_region(self, intent: Intent) -> None:
        """Nothing goes to this region; a web app that waits for this phone is told."""
        phone = self.changes.phone(self.name)
        ref = intent.ref if isinstance(intent, Login) else None
        if ref is None or limits.refs_blocked(phone, self.changes.now):
            return
        wanted = self._claimable(ref)
        if wanted is None:
            self.changes.put_phone(limits.count_ref_miss(phone, self.changes.now))
        else:
            finish(self.changes, wanted, "failed", "region_not_allowed")

    # -- LOGIN ---------------------------------------------------------------------------------

    def _login(self, ref: str | None) -> None:
        if self.standing.state is State.OPTED_OUT and self.standing.is_locked:
            return
        if ref is not None:
            self._login_with_ref(ref)
            return
        awaited = self.standing.awaited()
        if awaited is not None and awaited.client is not None:
            self._reply("reply_or_no")
            return
        earlier = awaited or self.standing.dead_standalone()
        if earlier is None or earlier.created_at + LONGEST_LIFE_MS - self.changes.now < MINUTE_MS:
            earlier = self._standalone()  # another code of the old one would die at once
        self._issue(earlier)

    def _login_with_ref(self, ref: str) -> None:
        if limits.refs_blocked(self.changes.phone(self.name), self.changes.now):
            return
        mine = self.standing.claimed_with(ref)
        if mine is not None:
            self._issue(mine)
            return
        wanted = self._claimable(ref)
        if wanted is None:
            self._miss_ref()
        else:
            self._claim(wanted)

    def _claim(self, wanted: Verification) -> None:
        """This phone is the one the page waits for; one reply is awaited at a time."""
        changes = self.changes
        refusal = limits.may_send_code(changes.phone(self.name), changes.now, changes.policy)
        if refusal is not None:
            self._tell_wait(refusal)
            return
        if wanted.code_entry == "reply":
            for older in self.standing.open_replies():
                finish(changes, older, "canceled", "superseded")
        claimed = replace(wanted, phone=self.name, number=self.number, claimed_at=changes.now)
        issue(changes, claimed)

    def _miss_ref(self) -> None:
        """Unknown, used, another phone's: the same words, so that nobody learns which."""
        phone = self.changes.phone(self.name)
        if limits.refs_blocked(phone, self.changes.now):
            return
        self.changes.put_phone(limits.count_ref_miss(phone, self.changes.now))
        self._reply("ref_unknown")

    def _claimable(self, ref: str) -> Verification | None:
        wanted = self.changes.verification_of_ref(ref)
        if wanted is None or wanted.status != "pending" or wanted.claimed_at is not None:
            return None
        return wanted if wanted.phone in (None, self.name) else None

    def _standalone(self) -> Verification:
        """A login that no page asked for."""
        changes = self.changes
        return Verification(
            changes.ids.id("ver", changes.now),
            1,
            None,
            "text",
            "reply",
            "pending",
            "login",
            self.name,
            self.number,
            changes.now,
            changes.now + min(changes.policy.verification_ttl, LONGEST_LIFE_MS),
            changes.policy.max_attempts,
            claimed_at=changes.now,
        )

    def _issue(self, verification: Verification) -> None:
        if verification.code_entry == "reply":
            self._make_room_for(verification)
        refusal = issue(self.changes, replace(verification, number=self.number))
        if refusal is not None:
            self._tell_wait(refusal)

    def _make_room_for(self, verification: Verification) -> None:
        """A newer code of the phone is alive: the one asked for again takes its place."""
        awaited = self.standing.awaited()
        if awaited is None or awaited.id == verification.id:
            return
        phone = self.changes.phone(self.name)
        if limits.may_send_code(phone, self.changes.now, self.changes.policy) is None:
            finish(self.changes, awaited, "canceled", "superseded")

    # -- codes ---------------------------------------------------------------------------------

    def _check(self, digits: str) -> None:
        changes, awaited = self.changes, self.standing.awaited()
        assert awaited is not None
        if codes.matches(codes.code(changes.policy.secrets, awaited), digits):
            approve(
                changes, awaited, digits, "sms_reply" if awaited.ref is None else "sms_reply_ref"
            )
            self._final_word("approved")
            return
        phone = limits.count_wrong(changes.phone(self.name), changes.now)
        phone = limits.count_wrong_text(phone, changes.now, changes.policy)
        left = count_wrong(changes, awaited)
        if left.status != "pending" and phone.locked_until <= changes.now:
            phone = replace(phone, locked_until=changes.now + changes.policy.lockout)
        changes.put_phone(phone)
        kill_live_codes(changes, phone)
        self._tell_wrong(left.id)

    def _tell_wrong(self, id: str) -> None:
        phone, left = self.changes.phone(self.name), self.changes.verification(id)
        assert left is not None
        if phone.locked_until > self.changes.now:
            self._final_word("now_locked", minutes=self._minutes_until(phone.locked_until))
        elif has_live_code(left):
            self._reply("wrong", left=str(left.attempts_left))
        else:
            self._reply("code_expired")

    def _check_again(self, digits: str) -> None:
        """The right code once more is somebody who is unsure, not somebody who guesses."""
        approved = self.standing.approved()
        assert approved is not None
        secrets = self.changes.policy.secrets
        if not codes.is_spent(secrets, approved.id, approved.spent, digits):
            self._hint("hint")
            return
        phone = self.changes.phone(self.name)
        until = (approved.completed_at or 0) + REPUDIATION_WINDOW_MS
        if phone.done_notified_until != until:
            self.changes.put_phone(replace(phone, done_notified_until=until))
            self._reply("already_done")

    # -- NO ------------------------------------------------------------------------------------

    def _deny(self) -> None:
        """None of it is theirs: neither what has a code out to this phone, nor an approval of just
        now, before which anybody might have put another request."""
        pending, approved = self.standing.open(), self.standing.approved()
        for verification in pending:
            finish(self.changes, verification, "denied")
        if approved is not None:
            finish(self.changes, approved, "denied", "repudiated")
        if pending or approved is not None:
            self._final_word("denied")
        elif self.standing.state is State.LOCKED:
            self._tell_locked()
        else:
            self._tell_nothing_waits()

    # -- words ---------------------------------------------------------------------------------

    def _status(self) -> None:
        phone = self.changes.phone(self.name)
        awaited = self.standing.awaited()
        params = {
            State.LOCKED: {"minutes": self._minutes_until(phone.locked_until)},
            State.AWAITING: {"left": str(awaited.attempts_left if awaited else 0)},
        }
        self._reply(
            f"status_{self.standing.state.name.lower()}", **params.get(self.standing.state, {})
        )

    def _help(self) -> None:
        if not self.autoresponse:  # else Telnyx has answered it
            self._reply("help")

    def _tell_wait(self, refusal: Refusal) -> None:
        """Once a wait: the twentieth LOGIN of an impatient thumb gets no twentieth text."""
        phone = self.changes.phone(self.name)
        if refusal.until > phone.wait_notified_until:
            self.changes.put_phone(replace(phone, wait_notified_until=refusal.until))
            seconds = -(-(refusal.until - self.changes.now) // 1000)
            if seconds <= 120:
                self._reply("wait_seconds", seconds=str(seconds))
            else:
                self._reply("wait_minutes", minutes=str(-(-seconds // 60)))

    def _tell_locked(self) -> None:
        phone = self.changes.phone(self.name)
        if phone.locked_until > phone.lock_notified_until:
            self.changes.put_phone(replace(phone, lock_notified_until=phone.locked_until))
            self._reply("locked", minutes=self._minutes_until(phone.locked_until))

    def _tell_nothing_waits(self) -> None:
        phone = self.changes.phone(self.name)
        if phone.nothing_notified_until <= self.changes.now:
            self.changes.put_phone(
                replace(phone, nothing_notified_until=self.changes.now + QUIET_MS)
            )
            self._reply("nothing_waits")

    def _hint(self, kind: str) -> None:
        phone = self.changes.phone(self.name)
        if phone.hint_notified_until <= self.changes.now:
            self.changes.put_phone(replace(phone, hint_notified_until=self.changes.now + QUIET_MS))
            self._reply(kind)

    def _reply(self, kind: str, **params: str) -> None:
        """An answer of the twenty an hour; state never depends on whether it goes out."""
        if self.standing.state is State.OPTED_OUT:
            return
        phone = limits.count_reply(self.changes.phone(self.name), self.changes.now)
        if phone is not None:
            self.changes.put_phone(phone)
            self._say(kind, params)

    def _final_word(self, kind: str, **params: str) -> None:
        if self.standing.state is not State.OPTED_OUT:
            self._say(kind, params)

    def _say(self, kind: str, params: dict[str, str]) -> None:
        params["app"] = self.changes.policy.app_name
        self.changes.send(kind, self.name, self.number, params=params)

    def _minutes_until(self, until: int) -> str:
        return str(max(-(-(until - self.changes.now) // MINUTE_MS), 1))
