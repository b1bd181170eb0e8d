"""Alarms: what the operator should see in the log at once."""

from __future__ import annotations

import logging

from bot.events import CeilingNear, ConversionLow, Event, SprayingNoticed
from bot.policy import STRONG_DIGITS
from storage.commit import Commit

log = logging.getLogger("textlogin.alarms")


def watch(commit: Commit) -> None:
    """Log the alarms among the events of a commit."""
    for event in commit.events:
        _warn(event)


def _warn(event: Event) -> None:
    match event:
        case CeilingNear():
            log.warning(
                "%s: %d of %d are used. At most four fifths are for pages and web apps",
                event.limit.upper(),
                event.used,
                event.ceiling,
            )
        case SprayingNoticed():
            log.warning(
                "%d of the %d codes compared in this hour were wrong: somebody guesses at many "
                "phones. New codes have %d digits for at least 24 hours",
                event.wrong,
                event.compared,
                STRONG_DIGITS,
            )
        case ConversionLow():
            log.warning(
                "Only %d of the %d codes of the last hour approved a login. Texts may not arrive, "
                "or somebody has them sent for nothing",
                event.approved,
                event.codes,
            )
