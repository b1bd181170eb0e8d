"""The SQLite file goes away, or a second process wants it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.faults.fault import SQLITE, Bar, fault
from tests.faults.testbed import Testbed


@fault(SQLITE)
def file_renamed(bed: Testbed) -> None:
    """The file is renamed for 5 s: nothing is acknowledged into a file that nobody finds."""
    _without_file(bed, bed.sqlite.path.rename)


@fault(SQLITE)
def file_deleted(bed: Testbed) -> None:
    """The file is deleted and restored 5 s later: nothing is acknowledged meanwhile."""

    def delete(kept: Path) -> None:
        os.link(bed.sqlite.path, kept)
        bed.sqlite.path.unlink()

    _without_file(bed, delete)


@fault(SQLITE, bar=Bar(refused=0))
def second_process(bed: Testbed) -> None:
    """A second process is started on the file: it refuses to start, the first goes on."""
    status = bed.start_another()
    bed.expect(status == 1, f"the second process ended with status {status}")


def _without_file(bed: Testbed, remove: Callable[[Path], object]) -> None:
    kept = bed.sqlite.path.with_name("kept.db")
    remove(kept)
    bed.hold(0.5)  # what was under way ends
    acknowledged = bed.ledger.answers[200]
    bed.hold(4.5)
    acknowledged = bed.ledger.answers[200] - acknowledged
    bed.expect_not_ready()
    kept.replace(bed.sqlite.path)
    bed.expect(not acknowledged, f"{acknowledged} webhooks acknowledged without a file")
