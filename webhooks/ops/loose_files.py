"""The warning about a SQLite file that other users of the machine can read."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

from storage.sqlite import loose_files

log = logging.getLogger("textlogin.database")


def warn(path: Path | None) -> None:
    """Say how to mend the file and those beside it. None: PostgreSQL."""
    if path is not None and (loose := loose_files(path)):
        names = shlex.join(map(str, loose))
        log.warning("Others can read the database, which holds phones. Run: chmod 600 %s", names)
