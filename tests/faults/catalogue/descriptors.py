"""File descriptors run out."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from socket import create_connection

from tests.faults.fault import BOTH, Bar, Plan, fault
from tests.faults.polls import held_polls
from tests.faults.testbed import Testbed

#: Phones of countries that no text has come from yet: +44 and +49.
_ABROAD = ("+447400123456", "+447400123457", "+4915112345678", "+4915112345679")
#: Idle connections, which take the descriptors that are free below the highest one.
_IDLE = 40


@fault(BOTH, Plan(processes=1, settings={"ALLOWED_REGIONS": "*"}))
def descriptors_run_out(bed: Testbed) -> None:
    """A living process may open no more files for 5 s, while the first texts of two countries come:
    it neither hangs nor ends, and works on with the connections that it has."""
    process = bed.processes[0]
    with ExitStack() as stack:
        process.limit(resource.RLIMIT_NOFILE, process.open_files())
        for _ in range(_IDLE):
            stack.enter_context(create_connection(("127.0.0.1", process.port)))
        bed.log_in(*_ABROAD)
        bed.hold(5)
        process.limit(resource.RLIMIT_NOFILE, None)
    bed.hold(1)  # a server that could not accept a connection waits a second
    bed.expect(process.answers("/healthz"), "/healthz does not answer")
    bed.expect(not process.exits, "the process ended")


#: When hundreds connect at once, a connection whose request has not come yet may be closed.
_GETS_IN = Bar(refused=0, unanswered=10, answer_s=1)


@fault(BOTH, Plan(processes=1, file_limit=256), _GETS_IN)
def polls_take_descriptors(bed: Testbed) -> None:
    """500 polls are held at a process that may open 256 files: webhooks still get in at once."""
    with held_polls(bed.processes[0].url, 500):
        bed.hold(8)
