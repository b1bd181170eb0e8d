"""The answers to a phone, and how often: a notice once per cause, a hint once in ten minutes.

Replies decide nothing: a text has the same effect whether its answer is sent or not.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot import limits
from bot.changes import Changes
from bot.limits import Refusal
from bot.policy import QUIET_MS, REPLY_LIFE_MS
from bot.records import MINUTE_MS

#: A wait of up to this many seconds is given in seconds, a longer one in minutes.
_LONGEST_IN_SECONDS = 120


class Replies:
    """Answers to one text. Nothing goes to a pair that has opted out."""

    __slots__ = ("_changes", "_number", "_opted_out", "_phone")

    def __init__(self, changes: Changes, phone: str, number: str, *, opted_out: bool) -> None:
        self._changes = changes
        self._phone = phone
        self._number = number
        self._opted_out = opted_out

    def say(self, kind: str, **params: str) -> None:
        """Send an answer that counts towards the phone's replies per hour."""
        if self._opted_out:
            return
        phone = limits.count_reply(self._changes.phone(self._phone), self._changes.now)
        if phone is not None:
            self._changes.put(phone)
            self._send(kind, params)

    def conclude(self, kind: str, **params: str) -> None:
        """Send a final answer, such as "verified" or "denied": always sent, never counted, and
        still worth sending for as long as a code lives."""
        if not self._opted_out:
            self._send(kind, params, self._changes.policy.code_ttl_ms)

    def hint(self, kind: str) -> None:
        """Send a hint, at most one within `QUIET_MS`."""
        phone = self._changes.phone(self._phone)
        if phone.hint_notified_until <= self._changes.now:
            self._changes.put(replace(phone, hint_notified_until=self._quiet_until()))
            self.say(kind)

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
        if seconds <= _LONGEST_IN_SECONDS:
            self.say("wait_seconds", seconds=str(seconds))
        else:
            self.say("wait_minutes", minutes=str(-(-seconds // 60)))

    def locked(self) -> None:
        """Say that replying is locked, once per lock."""
        phone = self._changes.phone(self._phone)
        if phone.locked_until > phone.lock_notified_until:
            self._changes.put(replace(phone, lock_notified_until=phone.locked_until))
            self.say("locked", minutes=self.minutes_until(phone.locked_until))

    def minutes_until(self, until: int) -> str:
        """Whole minutes until a time (ms), rounded up, at least one."""
        return str(max(-(-(until - self._changes.now) // MINUTE_MS), 1))

    def _quiet_until(self) -> int:
        return self._changes.now + QUIET_MS

    def _send(self, kind: str, params: dict[str, str], life_ms: int = REPLY_LIFE_MS) -> None:
        params["app"] = self._changes.policy.app_name
        self._changes.send(kind, self._phone, self._number, params=params, life_ms=life_ms)
