"""The wall clock steps, while each text needs a second try.

Backoffs, leases and the lives of codes are lengths of time: a step changes none of them.
"""

from __future__ import annotations

from tests.faults import telnyx
from tests.faults.fault import BOTH, SQLITE, Bar, Plan, fault
from tests.faults.testbed import Testbed

_CLOCK = Plan(clock="ours")
#: The second try comes after 0.5 s, at the next sweep. A webhook that is signed before the step and
#: received after it is too old or too new (403).
_ON_TIME = Bar(code_s=5, answers=(0, 200, 403, 503))


@fault(BOTH, _CLOCK, _ON_TIME)
def clock_back_120_s(bed: Testbed) -> None:
    """The clock steps back by two minutes: codes and second tries are sent on time."""
    _step(bed, -120)


@fault(BOTH, _CLOCK, _ON_TIME)
def clock_back_3600_s(bed: Testbed) -> None:
    """The clock steps back by an hour: codes and second tries are sent on time."""
    _step(bed, -3600)


@fault(BOTH, _CLOCK, _ON_TIME)
def clock_forward_3600_s(bed: Testbed) -> None:
    """The clock steps forward by an hour: a live code stays good, second tries are on time."""
    _step(bed, 3600)


@fault(SQLITE, Plan(clock="faketime", rate=2), _ON_TIME)
def clock_back_by_faketime(bed: Testbed) -> None:
    """The clock steps back by two minutes, by Debian's faketime."""
    _step(bed, -120)


def _step(bed: Testbed, seconds: int) -> None:
    with bed.telnyx_answers(telnyx.fail_first_tries):
        bed.hold(2)
        bed.clock.step(seconds)
        bed.hold(8)
