"""A message on its way out, and which one goes first."""

from __future__ import annotations

from msgspec import Struct

from bot.records import Message, Verification


class Outbound(Struct, frozen=True):
    """A message and the verification whose code it carries: enough to compose its text."""

    message: Message
    verification: Verification | None


def urgency(message: Message) -> int:
    """Its place in the order in which texts are sent: 0 for the codes of web apps, 1 for those of
    stand-alone logins, 2 for other texts.

    Anybody can text LOGIN in the name of thousands of phones. Logins that a page has begun then
    still get their codes.
    """
    if message.code is None:
        return 2
    return 1 if message.kind == "code" else 0
