"""A message on its way out."""

from __future__ import annotations

from msgspec import Struct

from bot.records import Message, Verification


class Outbound(Struct, frozen=True):
    """A message and the verification whose code it carries: enough to compose its text."""

    message: Message
    verification: Verification | None
