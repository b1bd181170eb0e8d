"""The history of a phone or of one verification, for the commands and the operator pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot.expiry import as_of
from bot.phone import mask
from bot.policy import Policy
from bot.records import Verification
from bot.wording import Catalogue
from storage.histories import Records
from webhooks.support import limits_now, message_story, verification_story
from webhooks.support.line import Line
from webhooks.support.times import clock_time


class About(Struct, frozen=True):
    """What may be shown of a verification: no phone, and nothing that a code could be made from.
    `summary` and `opener` are for people; times are in ms."""

    id: str
    summary: str
    opener: str
    status: str
    reason: str | None
    binding: str | None
    delivery: str | None
    client: str | None
    method: str
    attempts_left: int
    created_at: int
    completed_at: int | None

    @classmethod
    def of(cls, one: Verification) -> About:
        """As it reads now."""
        same = ("id", "status", "reason", "binding", "delivery", "client", "method")
        counted = ("attempts_left", "created_at", "completed_at")
        return cls(
            summary=verification_story.summary(one),
            opener=verification_story.opener(one.client),
            **{name: getattr(one, name) for name in (*same, *counted)},
        )

    def as_json(self) -> dict[str, Any]:
        """For machines. Times are UTC."""
        times = {"created_at": clock_time(self.created_at), "completed_at": None}
        if self.completed_at is not None:
            times["completed_at"] = clock_time(self.completed_at)
        told = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in told.items() if name != "opener"} | times


class History(Struct, frozen=True):
    """`phone` is masked unless it was asked for; None where no phone has claimed the verification.
    `state` is what is true of the phone now. `verifications` as they read now and `lines` are
    oldest first."""

    phone: str | None
    now: int
    state: list[str]
    verifications: list[About]
    lines: list[Line]
    is_locked: bool

    def lines_of(self, id: str) -> list[Line]:
        """Those about one verification."""
        return [line for line in self.lines if line.verification == id]

    def other_lines(self) -> list[Line]:
        """Those about none of the verifications."""
        known = {one.id for one in self.verifications}
        return [line for line in self.lines if line.verification not in known]

    def as_json(self) -> bytes:
        """For machines. Times are UTC."""
        return msgspec.json.encode(
            {
                "phone": self.phone,
                "now": clock_time(self.now),
                "state": self.state,
                "verifications": [one.as_json() for one in self.verifications],
                "history": [
                    {
                        "at": clock_time(line.at),
                        "words": line.words,
                        "verification": line.verification,
                    }
                    for line in self.lines
                ],
            }
        )


def history(records: Records, policy: Policy, catalogue: Catalogue, *, reveal: bool) -> History:
    """From what is stored."""
    phone = records.phone
    read = [as_of(one, records.now) for one in records.verifications]
    lines = sorted(_lines(records, read, policy, catalogue), key=lambda line: line.at)
    return History(
        phone=phone if phone is None or reveal else mask(phone),
        now=records.now,
        state=limits_now.sentences(records, policy),
        verifications=list(map(About.of, read)),
        lines=lines,
        is_locked=limits_now.is_locked(records),
    )


def _lines(
    records: Records, read: list[Verification], policy: Policy, catalogue: Catalogue
) -> Iterator[Line]:
    """Of those at the same time, causes come first."""
    for one in read:
        yield from verification_story.beginning(one)
    codes = [message for message in records.messages if message.code is not None]
    replies = [message for message in records.messages if message.code is None]
    for message in codes:
        yield message_story.of_message(message, catalogue)
    for line in _of_phone(records, read):
        yield _placed(line, read)
    for one in read:
        yield from verification_story.ending(one, policy.max_attempts)
    for message in replies:
        yield _placed(message_story.of_message(message, catalogue), read)
    yield from map(message_story.of_callback, records.callbacks)


def _of_phone(records: Records, read: list[Verification]) -> Iterator[Line]:
    first = min((one.created_at for one in read), default=0)
    for at in limits_now.wrong_codes(records):
        if at >= first:
            yield Line(at, "Wrong code", tone="bad")
    for pair in records.conversations:
        if pair.opted_out_at is not None:
            yield Line(pair.opted_out_at, f"Opted out of texts from {pair.number}", tone="bad")
        if pair.opted_in_at is not None:
            yield Line(pair.opted_in_at, f"Opted in to texts from {pair.number}")


def _placed(line: Line, read: list[Verification]) -> Line:
    """With the newest verification that was open then: rows about a phone do not name one."""
    for one in reversed(read):
        if one.created_at <= line.at <= (one.completed_at or line.at):
            return replace(line, verification=one.id)
    return line
