"""The service's processes are killed, restarted, paused."""

from __future__ import annotations

import signal

from tests.faults.fault import BOTH, Bar, fault
from tests.faults.testbed import Testbed

#: A process starts in about two seconds, and imports Telnyx's SDK before its first send.
_START = Bar(recovery_s=6)
_BETWEEN_S = 2.4


@fault(BOTH, bar=_START)
def kill(bed: Testbed) -> None:
    """A process is killed (SIGKILL) every 2.4 s, on PostgreSQL each in turn.

    What was acknowledged survives in the database; the next process sends it, once.
    """
    for number in range(bed.options.kills):
        bed.processes[number % len(bed.processes)].signal(signal.SIGKILL)
        if number + 1 < bed.options.kills:
            bed.hold(_BETWEEN_S)


@fault(BOTH, bar=_START)
def stop(bed: Testbed) -> None:
    """A process is stopped in order (SIGTERM) three times, as by a deployment.

    It finishes what it has begun and gives the rest back.
    """
    for number in range(3):
        bed.processes[number % len(bed.processes)].signal(signal.SIGTERM)
        bed.hold(4)


@fault(BOTH)
def pause(bed: Testbed) -> None:
    """A process is paused (SIGSTOP) for 15 s and continued, as on a machine that sleeps.

    It goes on where it was, and does not take its own pause for a stuck database.
    """
    process = bed.processes[0]
    pid = process.pid
    process.signal(signal.SIGSTOP)
    bed.hold(15)
    process.signal(signal.SIGCONT)
    bed.hold(3)
    bed.expect(process.pid == pid, "the process ended itself")
