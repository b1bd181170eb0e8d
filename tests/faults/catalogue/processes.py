"""The service's processes are killed, restarted, paused."""

from __future__ import annotations

import signal

from tests.faults.fault import BOTH, Bar, Plan, fault
from tests.faults.testbed import Testbed

#: Recovery includes the start of a process, and the import of Telnyx's SDK before its first send:
#: about five seconds of CPU time, while it answers the webhooks that have piled up.
_START = (Plan(alone=True), Bar(recovery_s=10))


@fault(BOTH, *_START)
def kill(bed: Testbed) -> None:
    """A process is killed (SIGKILL) every 2.4 s, on PostgreSQL each in turn.

    What was acknowledged survives in the database; the next process sends it, once.
    """
    _end(bed, signal.SIGKILL, bed.options.kills, 2.4)


@fault(BOTH, *_START)
def stop(bed: Testbed) -> None:
    """A process is stopped in order (SIGTERM) twice, as by a deployment.

    It finishes what it has begun and gives the rest back.
    """
    _end(bed, signal.SIGTERM, 2, 5)


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


def _end(bed: Testbed, how: signal.Signals, times: int, every_s: float) -> None:
    """Recovery begins with the last one, so it includes the start of a process."""
    for number in range(times):
        if number:
            bed.hold(every_s)
        bed.processes[number % len(bed.processes)].signal(how)
