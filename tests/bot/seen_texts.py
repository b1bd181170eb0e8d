"""Texts as people write them, in five languages, each with its meaning."""

from __future__ import annotations

import tomllib
from pathlib import Path

from bot import intents
from bot.intents import Code, Intent, Login, OwnStop


def _meaning(name: str) -> Intent:
    """`Login KTQMWX` is a LOGIN with this ref, `OwnStop and No` a stop that denies too."""
    kind, _, rest = name.partition(" ")
    match kind, rest:
        case "Code", digits:
            return Code(digits)
        case "OwnStop", "and No":
            return OwnStop(denies=True)
        case "Login", ref:
            return Login(ref or None)
    intent: Intent = getattr(intents, kind)()
    return intent


SEEN: list[tuple[str, Intent]] = [
    (text, _meaning(name))
    for name, group in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    ).items()
    for text in group["texts"]
]
