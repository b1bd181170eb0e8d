"""The network between the service and PostgreSQL delays, goes silent or breaks."""

from __future__ import annotations

from tests.faults.fault import POSTGRESQL, Bar, Plan, fault
from tests.faults.testbed import Testbed

#: A peer that dies silently is noticed by a timeout.
_SILENT = Bar(recovery_s=7)
_NO_503 = Bar(refused=0)


@fault(POSTGRESQL)
def connections_cut(bed: Testbed) -> None:
    """Every connection is reset, three times: the next batch connects again."""
    for _ in range(3):
        bed.postgresql.proxy.cut()
        bed.hold(1)


@fault(POSTGRESQL)
def connections_refused(bed: Testbed) -> None:
    """Every connection is reset and new ones are refused for 5 s."""
    bed.postgresql.proxy.refuse()
    bed.hold(5)
    bed.postgresql.proxy.accept()


@fault(POSTGRESQL, bar=_SILENT)
def partition(bed: Testbed) -> None:
    """No packet gets through for 10 s, in either direction."""
    bed.postgresql.proxy.silence()
    bed.hold(10)
    bed.postgresql.proxy.heal()


@fault(POSTGRESQL, bar=_SILENT)
def half_open(bed: Testbed) -> None:
    """Existing connections go silent for good while new ones work, as after a lost firewall state.

    The service gives up the silent ones, and the server the lock that one of them may hold.
    """
    bed.postgresql.proxy.silence(only_existing=True)


@fault(POSTGRESQL, Plan(rate=12), _NO_503)
def distant_50_ms(bed: Testbed) -> None:
    """A round trip takes 50 ms more; 12 logins a second over two processes."""
    _move_away(bed, 0.050)


@fault(POSTGRESQL, Plan(rate=4), _NO_503)
def distant_100_ms(bed: Testbed) -> None:
    """A round trip takes 100 ms more; 4 logins a second over two processes."""
    _move_away(bed, 0.100)


def _move_away(bed: Testbed, round_trip_s: float) -> None:
    bed.postgresql.proxy.delay_s = round_trip_s / 2  # in each direction
    bed.hold(12)
    bed.postgresql.proxy.delay_s = 0
