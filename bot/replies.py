"""The answers to a phone, and how often: a notice once per cause, a hint once in ten minutes.

Replies decide nothing: a text has the same effect whether its answer is sent or not.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bot import ceilings, limits
from bot.changes import Changes
from bot.limits import Refusal
from bot.locale import locale_of
from bot.policy import (
    CODE_ALONE_PER_CODE,
    QUIET_MS,
    REPLY_LIFE_MS,
    STOP_QUIET_MS,
    UNCOUNTED_WRONG_PER_DAY,
)
from bot.records import HOUR_MS, MINUTE_MS, Verification

#: A wait of up to this many seconds is given in seconds, one of up to so many minutes in minutes,
#: one of up to so many hours in hours, a longer one as "tomorrow".
_LONGEST_IN_SECONDS, _LONGEST_IN_MINUTES, _LONGEST_IN_HOURS = 120, 90, 3


class Replies:
    """Answers to one text. Nothing goes to a pair that has opted out, except `say_start`.

    `about` returns the verification whose locale the answers take.
    """

    __slots__ = ("_about", "_changes", "_number", "_opted_out", "_phone")

    def __init__(
        self,
        changes: Changes,
        phone: str,
        number: str,
        *,
        about: Callable[[], Verification | None],
        opted_out: bool,
    ) -> None:
        self._changes = changes
        self._phone = phone
        self._number = number
        self._about = about
        self._opted_out = opted_out

    def say(self, kind: str, **params: str) -> None:
        """Send an answer that counts towards the phone's replies of the hour and the day."""
        if not self._opted_out:
            self._say(kind, params)

    def conclude(self, kind: str, **params: str) -> None:
        """Send a final answer, such as "verified" or "denied": always sent, never counted, and
        still worth sending for as long as a code lives."""
        if not self._opted_out:
            self._send(kind, params, self._changes.policy.code_ttl_ms)

    def wrong(self, kind: str, **params: str) -> None:
        """Answer a wrong code. The first ones of a day are always answered; a person who texts
        more of them is rarer than one who wants to flood the phone."""
        phone = self._changes.phone(self._phone)
        if limits.wrong_today(phone, self._changes.now) <= UNCOUNTED_WRONG_PER_DAY:
            self.conclude(kind, **params)
        else:
            self.say(kind, **params)

    def hint(self, kind: str) -> None:
        """Send a hint, at most one within `QUIET_MS`."""
        phone = self._changes.phone(self._phone)
        if phone.hint_notified_until <= self._changes.now:
            self._changes.put(replace(phone, hint_notified_until=self._quiet_until()))
            self.say(kind)

    def code_alone(self, digits: int) -> None:
        """Say that a code is to be sent by itself, a few times for each code."""
        phone = self._changes.phone(self._phone)
        if phone.code_alone_said < CODE_ALONE_PER_CODE:
            self._changes.put(replace(phone, code_alone_said=phone.code_alone_said + 1))
            self.say("code_alone", digits=str(digits))

    def help(self) -> None:
        """Answer HELP, a few times an hour."""
        phone = limits.count_help(self._changes.phone(self._phone), self._changes.now)
        if phone is None or self._opted_out:
            return
        self._changes.put(phone)
        contact = self._changes.policy.support_contact
        if contact is None:
            self.say("help")
        else:
            self.say("help_contact", contact=contact)

    def nothing_waits(self) -> None:
        """Say that nothing is pending, at most once within `QUIET_MS`."""
        phone = self._changes.phone(self._phone)
        if phone.nothing_notified_until <= self._changes.now:
            self._changes.put(replace(phone, nothing_notified_until=self._quiet_until()))
            self.say("nothing_waits")

    def already_done(self, until: int) -> None:
        """Say that the code was accepted already, once per approval.

        `until` (ms), the end of the time in which a NO takes it back, identifies the approval.
        """
        phone = self._changes.phone(self._phone)
        if phone.done_notified_until != until:
            self._changes.put(replace(phone, done_notified_until=until))
            self.say("already_done")

    def wait(self, refusal: Refusal) -> None:
        """Say how long to wait for another code: once per wait, however often LOGIN is texted."""
        phone = self._changes.phone(self._phone)
        if refusal.until <= phone.wait_notified_until:
            return
        self._changes.put(replace(phone, wait_notified_until=refusal.until))
        seconds = -(-(refusal.until - self._changes.now) // 1000)  # rounded up
        minutes, hours = -(-seconds // 60), -(-seconds // 3600)
        if seconds <= _LONGEST_IN_SECONDS:
            self.say("wait_seconds", seconds=str(seconds))
        elif minutes <= _LONGEST_IN_MINUTES:
            self.say("wait_minutes", minutes=str(minutes))
        elif hours <= _LONGEST_IN_HOURS:
            self.say("wait_hours", hours=str(hours))
        else:
            self.say("wait_tomorrow")

    def refs_blocked(self, until: int) -> None:
        """Say until when (ms) refs are ignored, once an hour."""
        phone = self._changes.phone(self._phone)
        if phone.refs_notified_until <= self._changes.now:
            quiet_until = self._changes.now + HOUR_MS
            self._changes.put(replace(phone, refs_notified_until=quiet_until))
            self.say("refs_blocked", minutes=self.minutes_until(until))

    def locked(self) -> None:
        """Say that replying is locked, once per lock."""
        phone = self._changes.phone(self._phone)
        if phone.locked_until > phone.lock_notified_until:
            self._changes.put(replace(phone, lock_notified_until=phone.locked_until))
            self.say("locked", minutes=self.minutes_until(phone.locked_until))

    def stopped(self) -> None:
        """Confirm an opt-out that Telnyx may not know, at most once within `STOP_QUIET_MS`."""
        pair, now = self._changes.conversation(self._phone, self._number), self._changes.now
        if not self._opted_out and (pair.stop_confirmed_at or 0) <= now - STOP_QUIET_MS:
            self._changes.put(replace(pair, stop_confirmed_at=now))
            self.conclude("stopped")

    def say_start(self) -> None:
        """Tell a phone that has stopped us how it gets texts again, once within
        `STOP_QUIET_MS`."""
        pair, now = self._changes.conversation(self._phone, self._number), self._changes.now
        if (pair.start_told_at or 0) <= now - STOP_QUIET_MS:
            self._changes.put(replace(pair, start_told_at=now))
            self._say("say_start", {})

    def minutes_until(self, until: int) -> str:
        """Whole minutes until a time (ms), rounded up, at least one."""
        return str(max(-(-(until - self._changes.now) // MINUTE_MS), 1))

    def _quiet_until(self) -> int:
        return self._changes.now + QUIET_MS

    def _say(self, kind: str, params: dict[str, str]) -> None:
        phone = limits.count_reply(self._changes.phone(self._phone), self._changes.now)
        if phone is not None:
            self._changes.put(phone)
            self._send(kind, params)

    def _send(self, kind: str, params: dict[str, str], life_ms: int = REPLY_LIFE_MS) -> None:
        changes = self._changes
        if not ceilings.allows_text(changes):
            return
        params["app"] = changes.policy.app_name
        changes.send(
            kind,
            self._phone,
            self._number,
            locale=locale_of(changes.phone(self._phone), self._about()),
            params=params,
            life_ms=life_ms,
        )
