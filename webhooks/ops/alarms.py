"""Alarms: what the operator should see in the log at once."""

from __future__ import annotations

import logging

from bot.events import CeilingNear
from storage.commit import Commit

log = logging.getLogger("textlogin.alarms")


def watch(commit: Commit) -> None:
    """Log the alarms among the events of a commit."""
    for event in commit.events:
        if isinstance(event, CeilingNear):
            log.warning(
                "%s: %d of %d are used. At most four fifths are for pages and web apps",
                event.limit.upper(),
                event.used,
                event.ceiling,
            )
