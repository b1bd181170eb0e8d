"""The disk is full, read-only, slow or stuck: PostgreSQL's, or the one of the SQLite file."""

from __future__ import annotations

from errno import ENOSPC, EROFS

from tests.faults.fault import BOTH, SQLITE, Bar, Plan, fault
from tests.faults.testbed import Testbed

_DISK = Plan(disk=True)
#: `webhooks.ops` ends a process whose batch is stuck.
_STUCK = 70


@fault(BOTH, _DISK)
def disk_full(bed: Testbed) -> None:
    """Writes fail with ENOSPC for 5 s: what cannot be stored is not acknowledged."""
    bed.disk.refuse_writes(ENOSPC)
    bed.hold(5)
    if bed.is_sqlite:  # PostgreSQL goes on within the files that it has
        bed.expect_not_ready()
    bed.disk.mend()


@fault(SQLITE, _DISK)
def disk_read_only(bed: Testbed) -> None:
    """Writes fail with EROFS for 5 s: `/readyz` says so."""
    bed.disk.refuse_writes(EROFS)
    bed.hold(5)
    bed.expect_not_ready()
    bed.disk.mend()


@fault(BOTH, _DISK, Bar(refused=0, answer_s=2))
def disk_slow(bed: Testbed) -> None:
    """Each fsync takes 300 ms more: batches grow, and nothing is refused."""
    bed.disk.delay_syncs(300)
    bed.hold(8)
    bed.disk.mend()


@fault(BOTH, _DISK, Bar(recovery_s=7))
def disk_stuck(bed: Testbed) -> None:
    """No fsync returns for 12 s. On SQLite the process ends itself after ten, with status 70, and
    is started again; with PostgreSQL the batch is given up."""
    bed.disk.hang_syncs()
    bed.hold(12)
    bed.disk.mend()
    if bed.is_sqlite:
        bed.expect(_STUCK in bed.processes[0].exits, "the process did not end itself")
