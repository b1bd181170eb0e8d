"""Alarms: what the operator should see in the log at once."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

from bot.events import CeilingNear
from storage.commit import Commit
from storage.sqlite import loose_files

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


def warn_of_loose_files(path: Path | None) -> None:
    """Say how to mend a SQLite file that other users of this machine can read. None: PostgreSQL."""
    if path is not None and (loose := loose_files(path)):
        names = shlex.join(map(str, loose))
        log.warning("Others can read the database, which holds phones. Run: chmod 600 %s", names)
