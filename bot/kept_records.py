"""Records that retention never deletes. Part of the registry in `bot.records`."""

from __future__ import annotations

from msgspec import Struct


class ForgottenOptOut(Struct, frozen=True):
    """The opt-out of a phone that was forgotten. `hash` is keyed and covers the phone and our
    number; the times (ms) are those of its `Conversation`."""

    hash: str
    opted_out_at: int | None
    own_stop_at: int | None


class OwnValue(Struct, frozen=True):
    """Something that the service keeps for itself, by name: see `storage.own_values`."""

    name: str
    value: str
